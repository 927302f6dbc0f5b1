/** Step 1: which model learns. */
import { appendAll, h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { said, t } from "../../../kit/texts.js";
import { choiceCards, noteBox, reasonBox } from "../../shared/form-controls.js";
import { USABLE } from "../steps.js";
import { modelFacts, modelShelf, modelTags } from "../../shared/shelf.js";

/** @param {Parts<"train">} w */
export function modelStepView(w, body) {
  const list = h("div", {}), note = h("div", { class: "ts-stack" });
  const { device, memory_mb: limit } = w.draft.budget;
  const shelf = modelShelf({
    ctx: w.ctx, models: () => w.models, chosen: () => w.draft.base_model, device: () => [device || "auto", typeof limit === "number" ? limit : null],
    take: async (id) => { w.draft.base_model = id; await w.refresh(); w.patch({ base_model: id }); w.replan(); w.tell("lists"); }, told: () => draw(),
  });
  const tell = () => { replaceChildren(note, vocabularyNote(w), weightsNote(w), misfitNote(w)); shelf.tell(); };
  const draw = () => { replaceChildren(list, modelChoices(w, tell, shelf.fitOf)); tell(); };
  appendAll(body, [h("h3", {}, t("train.model.here")), list, note, shelf.node]);
  w.on("lists", draw, "step");
  w.on("fits", tell, "step");
  draw();
  watchModels(w, list);
}

/**
 * What of the data set that was chosen does not fit the model, where the model is chosen.
 * @param {Parts<"train">} w
 */
function misfitNote(w) {
  const found = w.fits[w.draft.dataset], place = h("div", {});
  if (!found?.findings.some((one) => one.level !== "info")) return null;
  import("../fit.js").then(({ trainMisfits }) => {
    if (found === w.fits[w.draft.dataset]) place.append(noteBox(found.findings[0].level, trainMisfits(w, w.dataset())));
  }, () => {}); // the next steps say it too
  return place;
}

/**
 * While a model is being prepared, its progress moves.
 * @param {Parts<"train">} w
 */
function watchModels(w, root) {
  let stop = /** @type {(() => void) | null} */ (null);
  const look = async () => {
    if (!root.isConnected || !w.models.some((one) => one.progress)) { stop?.(); stop = null; return; }
    await w.refresh();
  };
  const start = () => { if (!stop && w.models.some((one) => one.progress)) stop = poll(root, 1000, look); };
  w.on("lists", start, "step");
  setTimeout(start, 0);
}

/** @param {Parts<"train">} w */
function modelChoices(w, onpick, fitOf) {
  if (!w.models.length) return noModel(w);
  const rank = (model) => (model.source === "starter" ? 0 : 1);
  const models = [...w.models].sort((a, b) => rank(a) - rank(b));
  return choiceCards(t("train.model.title"), models.map((model) => ({
    value: model.id, disabled: !USABLE.has(model.status), content: trainModelCard(model, fitOf(model)), label: model.name,
  })), w.draft.base_model, (id) => { w.patch({ base_model: id }); onpick(); }, "cards");
}

/**
 * What the chosen model's embedding lacks, and the button that makes a copy which has it, or takes the one that is there.
 * @param {Parts<"train">} w
 */
function vocabularyNote(w) {
  const model = w.models.find((one) => one.id === w.draft.base_model);
  if (!model?.vocabulary) return [];
  const copy = w.models.find((one) => one.id === model.resized);
  const offer = copy ? useCopy(w, copy) : model.resizable ? makeCopy(w, model) : null;
  return [noteBox("warn", reasonBox(model.vocabulary), offer ? h("div", {}, offer) : null)];
}

/**
 * @param {Parts<"train">} w
 * @param {Server.BaseModelView} model
 */
function makeCopy(w, model) {
  const button = h("button", { type: "button", class: "ts-btn small", onclick: () => runAction(button, async () => {
    await w.ctx.call("resize_model", model.id);
    await w.refresh();
  }) }, drawIcon("copy", 16), t("train.model.resize", { name: model.name }));
  return button;
}

/**
 * @param {Parts<"train">} w
 * @param {Server.BaseModelView} copy
 */
const useCopy = (w, copy) => h("button", { type: "button", class: "ts-btn small", disabled: copy.status !== "ready",
  onclick: () => { w.patch({ base_model: copy.id }); w.tell("lists"); } }, t("train.model.use_copy", { name: copy.name }));

/**
 * An empty list holds the button that fills it.
 * @param {Parts<"train">} w
 */
function noModel(w) {
  const button = h("button", { type: "button", class: "ts-btn primary", id: "train-get-starter", onclick: () => runAction(button, async () => {
    await w.ctx.call("get_starter");
    await w.refresh();
  }) }, drawIcon("download"), t("train.model.get_starter"));
  return h("div", { class: "ts-empty" }, drawIcon("box"), h("p", {}, t("train.model.none")), button);
}

const preparing = (model) => {
  const { label, fraction } = model.progress || {};
  const known = said(label) || t("train.model.preparing");
  return fraction === null || fraction === undefined ? known : known + " " + format.percent(fraction);
};

const trainModelCard = (model, fits) => [
  h("div", { class: "ts-spread" }, h("b", { dir: "auto" }, model.name), model.status === "known" ? null : modelBadge(model)),
  h("div", { class: "ts-soft ts-small" }, [modelFacts({ ...model, ...model.facts, bytes: null }), model.facts?.hub ? t("train.model.from", { hub: model.facts.hub }) : t("train.model.source." + model.source)].filter(Boolean).join(" · ")),
  fits || model.facts ? h("div", { class: "ts-row" }, fits, modelTags(model.facts || {})) : null,
  model.status === "known" ? modelBadge(model) : null,
  model.progress ? progressBar(model.progress.fraction, t("train.model.progress", { name: model.name })) : null,
  model.error ? h("div", { class: "ts-error" }, reasonBox(model.error)) : null,
];

const modelBadge = (model) => ({
  ready: () => (model.source === "starter" ? h("span", { class: "ts-badge good" }, t("train.model.starter")) : null),
  known: () => h("span", { class: "ts-badge neutral" }, drawIcon("download"), model.progress ? preparing(model) : t("train.model.known", { size: format.bytes(model.facts?.bytes) })),
  preparing: () => h("span", { class: "ts-badge neutral" }, preparing(model)),
  failed: () => h("span", { class: "ts-badge danger" }, t("train.model.failed")),
}[model.status]?.());

/**
 * The chosen model's weights come at the start, or now.
 * @param {Parts<"train">} w
 */
function weightsNote(w) {
  const model = w.model();
  if (model?.status !== "known") return null;
  const words = { name: model.name, size: format.bytes(model.facts?.bytes), hub: model.facts?.hub || "?" };
  if (model.progress) return noteBox("info", t("train.model.coming", words));
  const button = h("button", { type: "button", class: "ts-btn small", id: "train-fetch-now", onclick: () => runAction(button, async () => {
    await w.ctx.call("fetch_model", model.id);
    await w.refresh();
  }) }, drawIcon("download", 16), t("train.model.fetch_now"));
  return noteBox("info", h("p", {}, t("train.model.known.text", words)), h("div", { class: "pick-now" }, button));
}
