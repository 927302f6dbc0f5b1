/** Step 1: which model learns. */
import { appendAll, h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { pageUrl, said, t } from "../../../kit/texts.js";
import { choiceCards, labelledField, noteBox, reasonBox } from "../../shared/form-controls.js";

/** @param {Parts<"train">} w */
export function modelStepView(w, body) {
  const list = h("div", {}), note = h("div", {});
  const tell = () => { replaceChildren(note, vocabularyNote(w)); misfitNote(w, note); };
  const draw = () => { replaceChildren(list, modelChoices(w, tell)); tell(); };
  appendAll(body, [list, note, addModel(w)]);
  w.on("lists", draw, "step");
  w.on("fits", tell, "step");
  draw();
  watchModels(w, list);
}

/**
 * What of the data set that was chosen does not fit the model, where the model is chosen.
 * @param {Parts<"train">} w
 */
async function misfitNote(w, note) {
  const found = w.fits[w.draft.dataset];
  if (!found?.findings.some((one) => one.level !== "info")) return;
  const { trainMisfits } = await import("../fit.js");
  if (found === w.fits[w.draft.dataset]) note.append(noteBox(found.findings[0].level, trainMisfits(w, w.dataset())));
}

/**
 * While a model is being prepared, its progress moves.
 * @param {Parts<"train">} w
 */
function watchModels(w, root) {
  let stop = /** @type {(() => void) | null} */ (null);
  const look = async () => {
    if (!root.isConnected || !w.models.some((one) => one.status === "preparing")) { stop?.(); stop = null; return; }
    await w.refresh();
  };
  const start = () => { if (!stop && w.models.some((one) => one.status === "preparing")) stop = poll(root, 1000, look); };
  w.on("lists", start, "step");
  setTimeout(start, 0);
}

/** @param {Parts<"train">} w */
function modelChoices(w, onpick) {
  if (!w.models.length) return noModel(w);
  const rank = (model) => (model.source === "starter" ? 0 : 1);
  const models = [...w.models].sort((a, b) => rank(a) - rank(b));
  return choiceCards(t("train.model.title"), models.map((model) => ({
    value: model.id, disabled: model.status !== "ready", content: trainModelCard(model), label: model.name,
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

const trainModelCard = (model) => [
  h("div", { class: "ts-spread" }, h("b", { dir: "auto" }, model.name), modelBadge(model)),
  h("div", { class: "ts-soft ts-small" }, [
    model.parameters ? t("train.model.parameters", { n: format.count(model.parameters) }) : null,
    model.context_length ? t("train.model.context", { n: format.number(model.context_length) }) : null,
    t("train.model.source." + model.source),
  ].filter(Boolean).join(" · ")),
  model.status === "preparing" ? progressBar(model.progress?.fraction, t("train.model.progress", { name: model.name })) : null,
  model.status === "failed" && model.error ? h("div", { class: "ts-error" }, reasonBox(model.error)) : null,
];

const modelBadge = (model) => ({
  ready: () => (model.source === "starter" ? h("span", { class: "ts-badge good" }, t("train.model.starter")) : null),
  preparing: () => h("span", { class: "ts-badge neutral" }, preparing(model)),
  failed: () => h("span", { class: "ts-badge danger" }, t("train.model.failed")),
}[model.status]?.());

/**
 * Another model: a name on the hub, or a folder (Settings).
 * @param {Parts<"train">} w
 */
function addModel(w) {
  const input = h("input", { class: "ts-input", id: "train-hub", type: "text", placeholder: "HuggingFaceTB/SmolLM2-360M-Instruct", autocomplete: "off", spellcheck: "false" });
  const button = h("button", { class: "ts-btn" }, drawIcon("download"), t("train.model.add"));
  const field = labelledField("train-hub", t("train.model.hub"), input, { help: t("train.model.hub.help"), box: h("div", { class: "train-inline" }, input, button) });
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    field.setError("");
    try {
      await w.ctx.call("add_hub", input.value.trim());
      input.value = "";
      await w.refresh();
    } catch (error) {
      field.setError(error.message);
    }
    button.disabled = false;
  } }, field);
  return h("details", { class: "ts-details", open: !w.models.length }, h("summary", {}, t("train.model.other")),
    h("div", { class: "ts-stack" }, form,
      h("p", { class: "ts-help" }, t("train.model.folder"), " ", h("a", { class: "ts-link", href: pageUrl("settings") }, t("train.model.settings")))));
}
