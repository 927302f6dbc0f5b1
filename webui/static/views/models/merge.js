/* Merging: several tuned models of one base become a new one, each with a weight. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, runAction } from "../../kit/parts.js";
import { pageUrl, said, t } from "../../kit/texts.js";
import { choiceCards, labelledField, noteBox, reasonBox, selectField } from "../shared/form-controls.js";

const FEWEST = 2;
const AGAINST = -1; // the slider's ends; a number beyond them is typed
const TWICE = 2;

/** @param {Ctx<"models">} ctx */
export async function mergeModels(root, ctx) {
  const form = await ctx.call("merge_form");
  const page = (...content) => replaceChildren(root, h("div", { class: "ts-page" },
    h("a", { class: "model-back", href: pageUrl("models") }, drawIcon("chevron-right"), t("models.back")),
    pageHead(t("models.merge.title"), t("models.merge.lead")), content));
  if (!form.bases.length) return page(h("div", { class: "ts-empty" }, drawIcon("box"), h("p", {}, t("models.merge.none"))));
  const wish = { base: form.bases[0], weights: new Map(), way: form.ways[0], rank: "", name: "" };
  const models = h("div", { class: "ts-stack", id: "merge-models" });
  const foot = h("p", { class: "ts-soft", id: "merge-sums", role: "status" });
  const start = h("button", { type: "button", class: "ts-btn primary", id: "merge-start", onclick: () => runAction(start, () => begin(wish, ctx)) },
    drawIcon("git-branch"), h("span", {}, t("models.merge.start")));
  const rank = mergeRank(wish, () => sums());
  const sums = () => mergeSums(wish, foot, start, rank);
  const draw = () => { wish.weights.clear(); replaceChildren(models, wish.base.models.map((one) => mergeModel(one, wish, form.strongest, sums))); sums(); };
  const name = h("input", { class: "ts-input", id: "merge-name", maxlength: "120", oninput: (event) => { wish.name = event.target.value; } });
  page(h("section", { class: "ts-card ts-stack", "aria-labelledby": "merge-which" }, h("h2", { id: "merge-which" }, t("models.merge.which")),
    form.bases.length > 1 ? labelledField("merge-base", t("models.merge.base"),
      selectField("merge-base", form.bases.map((one) => [one.id, one.name]), wish.base.id, (id) => { wish.base = form.bases.find((one) => one.id === id) || wish.base; draw(); }))
      : h("p", { class: "ts-soft" }, t("models.merge.of_base", { base: wish.base.name })), models),
  h("section", { class: "ts-card ts-stack", "aria-labelledby": "merge-how" }, h("h2", { id: "merge-how" }, t("models.merge.how")),
    choiceCards(t("models.merge.how"), form.ways.map((way) => ({ value: way.key, content: [h("b", {}, said(way.label)), h("p", { class: "ts-small ts-soft" }, said(way.help))] })),
      wish.way.key, (key) => { wish.way = form.ways.find((one) => one.key === key) || wish.way; sums(); }),
    rank, labelledField("merge-name", t("models.merge.name"), name, { help: t("models.merge.name_help") })),
  h("div", { class: "ts-row" }, start, foot));
  return draw();
}

/** A model with its box, and its weight as a slider and a number once it is chosen.
    @param {Server.MergeCandidate} one */
function mergeModel(one, wish, strongest, changed) {
  if (one.refused) return noteBox("info", h("p", {}, reasonBox(one.refused)));
  const id = "merge-" + one.id;
  const number = h("input", { class: "ts-input", type: "number", id: id + "-weight", min: -strongest, max: strongest, step: "0.05", value: "1", "aria-label": t("models.merge.weight", { name: one.name }) });
  const slider = h("input", { type: "range", class: "ts-range", min: AGAINST, max: TWICE, step: "0.05", value: "1", "aria-label": t("models.merge.weight", { name: one.name }) });
  const weight = h("div", { class: "ts-row", hidden: true }, slider, number);
  const put = (from, to) => { to.value = from.value; wish.weights.set(one.id, from.value.trim() === "" ? 0 : Number(from.value)); changed(); };
  slider.addEventListener("input", () => put(slider, number));
  number.addEventListener("input", () => put(number, slider));
  const box = h("input", { type: "checkbox", id, onchange: () => {
    weight.hidden = !box.checked;
    if (box.checked) put(number, slider);
    else wish.weights.delete(one.id);
    changed();
  } });
  return h("div", { class: "ts-spread", "data-model": one.id }, h("label", { class: "ts-check", for: id }, box, h("span", {}, one.name),
    h("span", { class: "ts-small ts-soft ts-num" }, t("models.merge.rank_of", { rank: one.rank, size: format.bytes(one.bytes) }))), weight);
}

/** The rank of the result, where it is to be chosen. */
function mergeRank(wish, changed) {
  const input = h("input", { class: "ts-input", type: "number", id: "merge-rank", min: "1", step: "1", placeholder: t("models.merge.rank_usual"),
    oninput: () => { wish.rank = input.value.trim(); changed(); } });
  return labelledField("merge-rank", t("models.merge.rank"), input, { help: t("models.merge.rank_help") });
}

/** What comes of the choice: the rank, and whether it can be started. */
function mergeSums(wish, foot, start, rank) {
  rank.hidden = wish.way.rank !== "chosen";
  const ranks = wish.base.models.filter((one) => wish.weights.has(one.id)).map((one) => one.rank);
  start.disabled = ranks.length < FEWEST;
  const sum = ranks.reduce((all, one) => all + one, 0);
  const made = wish.way.rank === "sum" ? sum : Number(wish.rank) || Math.max(...ranks);
  foot.textContent = ranks.length < FEWEST ? t("models.merge.choose") : t("models.merge.sums", { count: ranks.length, rank: made });
}

/** @param {Ctx<"models">} ctx */
async function begin(wish, ctx) {
  const parents = [...wish.weights].map(([id, weight]) => ({ id, weight }));
  const rank = wish.way.rank === "chosen" && wish.rank ? Number(wish.rank) : null;
  const job = await ctx.call("merge_begin", { parents, way: wish.way.key, rank, name: wish.name });
  location.assign(pageUrl("jobs", { job }));
}
