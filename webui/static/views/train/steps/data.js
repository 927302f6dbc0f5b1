/* Step 2: what it learns from, by which objective, and the data. */
import { appendAll, h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { SAMPLES, dataBadges } from "../../data/badges.js";
import { previewRow } from "../../data/import/map.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { choiceCards, noteBox, onlyLatest } from "../../shared/form-controls.js";
import { misfitWays, warnings } from "../../data/misfits.js";
import { trainMisfits } from "../fit.js";
import { setObjective } from "../state.js";
import { sourceChoices } from "./sources.js";

/** @param {Parts<"train">} w */
export function dataStepView(w, body) {
  const list = h("div", { class: "ts-stack" });
  const taste = h("div", { class: "train-taste" });
  const peek = onlyLatest((id) => (id ? w.ctx.call("peek", id) : []), (rows) => replaceChildren(taste, trainTaste(rows)), () => replaceChildren(taste));
  const [now, others] = ["now", "others"].map(() => h("div", { class: "ts-stack train-way-out" }));
  const notes = () => {
    replaceChildren(now, wayOut(w));
    replaceChildren(others, otherSets(w));
    for (const place of list.querySelectorAll("[data-fit]")) replaceChildren(place, misfitWords(w, Number(place.getAttribute("data-fit"))));
  };
  const sources = h("div", { class: "train-sources" });
  const ask = () => replaceChildren(sources, sourceChoices(w, draw));
  const pick = (id) => { w.patch({ dataset: id }); ask(); notes(); peek(id); };
  const draw = () => {
    replaceChildren(list, h("h3", {}, t("train.step.data")), now, dataChoices(w, pick), others);
    notes();
  };
  appendAll(body, [sources, list, moreData(w, pick), taste]);
  w.on("lists", () => { ask(); draw(); }, "step");
  w.on("fits", notes, "step");
  ask();
  draw();
  peek(w.draft.dataset);
}

/** @param {Parts<"train">} w */
const dataChoices = (w, pick) => (offered(w).length
  ? choiceCards(t("train.step.data"), offered(w).map((set) => ({ value: set.id, content: trainDataCard(w, set), label: set.name, disabled: !w.teaches(set) })), w.draft.dataset, pick, "cards")
  : h("p", { class: "ts-soft" }, w.datasets.length ? t("train.data.none_fits", { kinds: w.objective().usable }) : t("train.data.none")));

/**
 * What can be learnt from, and what is chosen; the others stand below, with what they are for.
 * @param {Parts<"train">} w
 */
const offered = (w) => w.datasets.filter((set) => w.teaches(set) || set.id === w.draft.dataset);

/** @param {Parts<"train">} w */
const trainDataCard = (w, set) => [
  h("div", { class: "ts-spread" }, h("b", { dir: "auto" }, set.name), dataBadges(set)),
  h("div", { class: "ts-soft ts-small" }, t("train.data.rows", { train: format.number(set.train_rows), val: format.number(set.val_rows) }),
    set.rejected ? " · " + t("train.data.rejected", { n: format.number(set.rejected) }) : ""),
  h("div", { class: "ts-small", "data-fit": set.id }),
];

/**
 * On a card, what does not fit in words alone: the ways out stand beside the cards.
 * @param {Parts<"train">} w
 */
const misfitWords = (w, id) => (warnings(w.fits[id])?.findings || []).map((one) => h("p", { class: "misfit-words " + one.level }, one.message));

/**
 * What of the chosen data set does not fit, with its way out.
 * @param {Parts<"train">} w
 */
function wayOut(w) {
  const set = w.dataset();
  const found = set && trainMisfits(w, set, (key) => takeWith(w, set, key));
  return found ? noteBox(w.fits[set.id].findings[0].level, h("b", { dir: "auto" }, set.name), found) : null;
}

/** Another objective, with the data that it suits.
    @param {Parts<"train">} w */
function takeWith(w, set, key) {
  setObjective(w, key);
  w.patch({ dataset: set.id });
  w.redraw();
}

/**
 * Data sets for other objectives: each with one tap to be learnt from as it is meant.
 * @param {Parts<"train">} w
 */
function otherSets(w) {
  const rest = w.datasets.filter((set) => !w.teaches(set) && set.id !== w.draft.dataset);
  if (!rest.length) return null;
  return h("details", { class: "ts-details train-others", open: rest.length <= OPEN_OTHERS },
    h("summary", {}, t("train.data.others", { n: rest.length })),
    h("ul", {}, rest.map((set) => h("li", {}, h("span", { class: "ts-row" }, h("b", { dir: "auto" }, set.name), dataBadges(set)), otherWays(w, set)))));
}

const OPEN_OTHERS = 6;

/** @param {Parts<"train">} w */
function otherWays(w, set) {
  const ways = (w.fits[set.id]?.findings || []).filter((one) => one.code.startsWith("kind.")).flatMap((one) => one.ways);
  return misfitWays({ ways: ways.slice(0, 1) }, { dataset: set.id, objective: (key) => takeWith(w, set, key) });
}

/**
 * Samples that are not there yet, and the way to the Data page.
 * @param {Parts<"train">} w
 */
function moreData(w, pick) {
  const row = h("div", { class: "ts-row train-more" });
  const draw = () => {
    const taken = new Set(w.datasets.map((set) => set.sample_key));
    replaceChildren(row,
      h("a", { class: "ts-btn", href: pageUrl("data") }, drawIcon("upload"), t("train.data.upload")),
      SAMPLES.filter((key) => !taken.has(key)).map((key) => {
        const button = h("button", { type: "button", class: "ts-btn ghost", id: "train-sample-" + key, onclick: () => runAction(button, async () => {
          const id = await w.ctx.call("use_sample", key);
          await w.refresh();
          pick(id);
          w.tell("lists");
        }) }, drawIcon("sparkles"), t("train.data.sample." + key));
        return button;
      }));
  };
  w.on("lists", draw, "step");
  draw();
  return row;
}

const trainTaste = (rows) => (rows.length ? [h("h3", {}, t("train.data.taste")),
  rows.map((row) => h("div", { class: "data-row" }, cutPreview(previewRow(row))))] : null);
