/* "What should it learn from?": one card for each family of objectives, and below it the ways of the chosen one. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { choiceCards } from "../../shared/form-controls.js";
import { setObjective } from "../state.js";
import { sourcePicture } from "./source-pictures.js";

/**
 * The question with its answers; `onpick` after another objective was taken.
 * @param {Parts<"train">} w
 */
export function sourceChoices(w, onpick) {
  const ways = h("div", { class: "ts-stack tight source-ways" });
  const take = (key) => { setObjective(w, key); onpick(); };
  const tell = () => replaceChildren(ways, waysOf(w, take));
  const sources = w.forms.sources.filter((source) => objectivesOf(w, source).length);
  const options = sources.map((source) => ({ value: valueOf(w, source), label: source.label, content: sourceCard(w, source) }));
  const pick = (value) => {
    const source = sources.find((one) => valueOf(w, one) === value);
    if (source.key !== w.objective().family) take(firstOf(w, source).key);
    tell();
  };
  tell();
  const chosen = sources.find((one) => one.key === w.objective().family);
  return h("div", { class: "ts-stack train-objectives" },
    choiceCards(t("train.data.title"), options, chosen && valueOf(w, chosen), pick, "sources"), ways);
}

/** The objectives of a family, in their order.
    @param {Parts<"train">} w */
const objectivesOf = (w, source) => w.forms.objectives.filter((one) => one.family === source.key);

/** What a tap on a family takes: the first of its objectives that can use the chosen data. */
function firstOf(w, source) {
  const found = objectivesOf(w, source), kind = w.dataset()?.kind;
  return found.find((one) => one.learns_from.includes(kind) && !one.rare) || found[0];
}

/** A family with one objective is called like that. */
const valueOf = (w, source) => {
  const found = objectivesOf(w, source);
  return found.length > 1 ? source.key : found[0].key;
};

/** @param {Parts<"train">} w */
function sourceCard(w, source) {
  const suits = source.kinds.includes(w.dataset()?.kind);
  const sets = w.datasets.filter((set) => source.kinds.includes(set.kind)).length;
  return [sourcePicture(source.key),
    h("div", { class: "source-words" }, h("b", {}, source.label), h("span", { class: "ts-soft ts-small" }, source.says)),
    h("span", { class: "source-data ts-small" }, suits ? h("span", { class: "ts-badge good" }, t("train.sources.suits"))
      : h("span", { class: "ts-soft" }, sets ? t("train.sources.sets", { n: sets }) : t("train.sources.no_sets")))];
}

/**
 * What the chosen objective does; where its family has others, a card for each, the rare ones behind a button.
 * @param {Parts<"train">} w
 */
function waysOf(w, take) {
  const words = h("p", { class: "ts-soft ts-small" });
  const tell = () => replaceChildren(words, w.objective().help, " ",
    h("a", { class: "ts-link", href: pageUrl("learn") + "#objective-" + w.objective().key }, t("train.objective.learn")));
  tell();
  const all = objectivesOf(w, { key: w.objective().family });
  if (all.length < 2) return words;
  const [usual, rare] = [all.filter((one) => !one.rare), all.filter((one) => one.rare)];
  const holder = h("div", {});
  const pick = (key) => { take(key); tell(); };
  const cards = (shown) => choiceCards(t("train.sources.how"), shown.map((one) => ({ value: one.key, label: one.label, content: wayCard(one, one === all[0]) })),
    w.objective().key, pick, "cards");
  const more = h("button", { type: "button", class: "ts-btn ghost small", id: "train-more-ways", onclick: () => {
    replaceChildren(holder, cards(all));
    /** @type {HTMLElement | null} */ (holder.querySelector(`[data-value="${CSS.escape(rare[0].key)}"]`))?.focus();
  } }, t("train.sources.more", { n: rare.length }));
  const open = !rare.length || rare.includes(w.objective());
  replaceChildren(holder, cards(open ? all : usual), open ? null : more);
  return [h("h3", {}, t("train.sources.how")), holder, words];
}

const wayCard = (one, first) => [h("div", { class: "ts-row" }, h("b", {}, one.label), first ? h("span", { class: "ts-badge good" }, t("train.sources.first")) : null),
  h("span", { class: "ts-soft ts-small" }, one.tagline)];
