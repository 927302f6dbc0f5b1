/* One tuned model: lineage, numbers, downloads, rename and delete. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, openDialog, pageHead, runAction, toast } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";
import { noteBox, reasonBox } from "../shared/form-controls.js";
import { modelDownloads } from "./exports.js";
import { modelGain, modelLineage, modelTry } from "./parts.js";

/** @param {Ctx<"models">} ctx */
export async function modelDetail(root, id, ctx) {
  let model;
  try {
    model = await ctx.call("model_view", id);
  } catch (error) {
    return replaceChildren(root, h("div", { class: "ts-page" }, pageHead(t("models.title")),
      h("div", { class: "ts-empty" }, drawIcon("box"), h("p", {}, error.message),
        h("a", { class: "ts-btn primary", href: pageUrl("models") }, t("models.back")))));
  }
  document.title = model.name + " · Tunesmith";
  const downloads = modelDownloads(model, ctx);
  const scores = model.talks ? null : await (await import("./scores.js")).modelScores(model, ctx);
  replaceChildren(root, h("div", { class: "ts-page" },
    h("a", { class: "model-back", href: pageUrl("models") }, drawIcon("chevron-right"), t("models.back")),
    modelHead(model, ctx), model.changed ? noteBox("danger", reasonBox(model.changed)) : null, modelLineage(model, true), modelTiles(model), modelVotes(model, ctx), modelWeights(model, ctx), scores,
    h("div", { class: "ts-cols" }, downloads.node, modelFacts(model))));
  poll(root, 700, downloads.follow);
}

/**
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 */
function modelHead(model, ctx) {
  const button = (icon, key, run, look = "") => h("button", { type: "button", class: "ts-btn " + look, id: "model-do-" + icon, onclick: run }, drawIcon(icon), h("span", {}, t(key)));
  return pageHead(model.name, t("models.made", { when: format.when(model.created_at) }),
    modelTry(model, "ts-btn primary"),
    model.job_id ? h("a", { class: "ts-btn", href: pageUrl("train", { from_job: model.job_id }) }, drawIcon("copy"), t("models.again")) : null,
    h("a", { class: "ts-btn", id: "model-go-on", href: pageUrl("train", { starts_from: model.id }) }, drawIcon("play"), t("models.go_on")),
    button("pencil", "models.rename", () => modelRename(model, ctx)),
    button("trash-2", "models.delete", (event) => modelDelete(model, ctx, event.currentTarget), "ghost danger"));
}

/**
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 */
async function modelRename(model, ctx) {
  const input = h("input", { class: "ts-input", id: "model-name", value: model.name, maxlength: "120" });
  const field = h("div", { class: "ts-field" }, h("label", { for: "model-name" }, t("models.name")), input);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") input.closest("dialog")?.close("save"); });
  setTimeout(() => input.select(), 0);
  const said = await openDialog(t("models.rename"), field, [
    { label: t("common.cancel"), value: "" }, { label: t("models.rename_do"), value: "save", kind: "primary" }]);
  const name = input.value.trim();
  if (said !== "save" || !name || name === model.name) return;
  try {
    await ctx.call("model_rename", model.id, name);
    location.reload();
  } catch (error) {
    toast(error.message, "danger");
  }
}

/**
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 */
async function modelDelete(model, ctx, button) {
  const size = format.bytes(model.weights.reduce((sum, one) => sum + one.bytes, 0) || model.bytes);
  if (!(await askFirst(t("models.delete_title", { name: model.name }), t("models.delete_text", { size }), t("models.delete")))) return;
  const done = await runAction(button, async () => {
    await ctx.call("model_delete", model.id);
    return true;
  });
  if (done) location.assign(pageUrl("models"));
}

/**
 * What blind votes in the Playground say of it, where there are any.
 * @param {Server.NamedTuned} model
 * @param {Ctx<"models">} ctx
 */
function modelVotes(model, ctx) {
  const line = h("p", { class: "ts-soft ts-num", id: "model-votes", hidden: true });
  if (model.talks) ctx.call("model_votes", model.id).then((found) => {
    if (!found) return;
    replaceChildren(line, h("a", { class: "ts-link", href: pageUrl("playground", { evidence: "all" }) },
      t("evidence.of_model", { wins: format.number(found.wins), votes: format.number(found.votes), ties: format.number(found.ties), low: format.number(Math.floor(100 * found.low)), high: format.number(Math.ceil(100 * found.high)) })));
    line.hidden = false;
  }, () => {});
  return line;
}

/** @param {Server.NamedTuned} model */
function modelTiles(model) {
  const tile = (label, ...value) => h("div", { class: "ts-stat" }, h("b", { class: "ts-num" }, value), h("span", {}, label));
  return h("section", { class: "ts-card model-tiles", "aria-label": t("models.numbers") },
    modelGain(model),
    h("div", { class: "model-tile-grid" },
      tile(t("models.size"), format.bytes(model.bytes)),
      tile(t("models.time"), format.duration(model.seconds)),
      tile(t("models.steps"), format.number(model.steps)),
      tile(t("models.tokens"), format.number(model.tokens))));
}

/**
 * The best weights or the last ones, where the job left both.
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 */
function modelWeights(model, ctx) {
  if (!model.weights.length) return null;
  const choice = (one) => h("button", { type: "button", "aria-pressed": String(one.in_use), onclick: (event) => modelUse(model, one, ctx, event.currentTarget) },
    t("models.weights." + one.which, { step: format.number(one.step), loss: format.loss(one.val_loss) }));
  return h("section", { class: "ts-card model-weights", "aria-labelledby": "model-weights" },
    h("h2", { id: "model-weights" }, t("models.weights")),
    h("p", { class: "ts-soft" }, t("models.weights_why")),
    h("div", { class: "ts-seg", role: "group", "aria-labelledby": "model-weights" }, model.weights.map(choice)));
}

/** @param {Ctx<"models">} ctx */
async function modelUse(model, weights, ctx, button) {
  if (weights.in_use) return;
  const done = await runAction(button, async () => {
    await ctx.call("model_use_weights", model.id, weights.which);
    return true;
  });
  if (done) location.reload();
}

/** Of a merged model: its parents with their weights, and how far it is from their sum.
    @param {Server.NamedTuned} model */
function merged(model) {
  const told = model.lineage.merged;
  if (!told) return null;
  const parents = told.parents.map((one) => t("models.merge.parent", { name: one.name, weight: format.number(one.weight, 2) })).join(", ");
  return t("models.merge.from", { parents, way: told.way, rank: told.rank, same: format.percent(told.agreement) });
}

/** @param {Server.NamedTuned} model */
function modelFacts(model) {
  const fact = (key, value, mono) => (value ? [h("dt", {}, t("models.fact." + key)), h("dd", { class: mono ? "ts-mono" : "" }, value)] : null);
  return h("aside", { class: "ts-card" }, h("h2", {}, t("models.facts")),
    h("dl", { class: "ts-kv model-facts" },
      fact("objective", model.objective_label), fact("method", model.method_label), fact("format", t("models.format." + model.format)),
      fact("base", model.base_name), fact("merged", merged(model)), fact("data", model.dataset_name),
      fact("data_hash", model.dataset_hash?.slice(0, 16), true), fact("weights", model.weights_hash?.slice(0, 16), true),
      fact("job", model.job_id ? h("a", { class: "ts-link", href: pageUrl("jobs", { job: model.job_id }) }, model.job_name || "#" + model.job_id) : null)));
}
