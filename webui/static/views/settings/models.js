/* Base models on the Settings page: what there is, its state, adding by name or by folder, removing. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, progressBar, runAction } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { said, t } from "../../kit/texts.js";
import { jobText } from "../jobs/parts.js";
import { noteBox, reasonBox } from "../shared/form-controls.js";
import { fitBadge, modelFacts, modelShelf, modelTags } from "../shared/shelf.js";

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.BaseModelView[]} models
 */
export function settingsModels(models, ctx) {
  const list = h("div", {});
  /** @type {any} */
  const state = { drawn: "", version: "", models, shelf: null };
  const draw = (known) => {
    const stamp = JSON.stringify(known);
    if (stamp === state.drawn) return;
    Object.assign(state, { drawn: stamp, models: known });
    state.shelf?.tell();
    replaceChildren(list, known.length ? settingsModelTable(known, ctx, refresh) : settingsNoModel(ctx, refresh));
  };
  const refresh = async () => {
    const news = await ctx.news("models", state.version);
    state.version = news.version;
    if (news.value) draw(news.value);
    return Boolean(news.value);
  };
  draw(models);
  requestAnimationFrame(() => poll(list, 1500, refresh));
  return [list, settingsShelf(ctx, state, refresh)];
}

/**
 * What else there is, in a fold: it is asked for when it is opened.
 * @param {Ctx<"settings">} ctx
 */
function settingsShelf(ctx, state, refresh) {
  const body = h("div", {});
  const open = () => {
    if (!fold.open || state.shelf) return;
    state.shelf = modelShelf({ ctx: /** @type {any} */ (ctx), models: () => state.models, device: () => ["auto", null], take: refresh });
    body.append(state.shelf.node);
  };
  const fold = h("details", { class: "ts-details", id: "settings-more", ontoggle: open }, h("summary", {}, t("settings.models.more")), body);
  return fold;
}

/** @param {Ctx<"settings">} ctx */
function settingsStarter(ctx, refresh, kind = "primary") {
  const button = h("button", { type: "button", class: "ts-btn " + kind }, drawIcon("download"), t("settings.models.get_starter"));
  button.addEventListener("click", () => runAction(button, async () => { await ctx.call("get_starter"); await refresh(); }));
  return button;
}

/** @param {Ctx<"settings">} ctx */
const settingsNoModel = (ctx, refresh) => h("div", { class: "ts-empty" }, drawIcon("box"), h("p", {}, t("settings.models.none")), settingsStarter(ctx, refresh));

/** @param {Server.BaseModelView[]} models */
function settingsModelTable(models, ctx, refresh) {
  const missing = !models.some(({ source }) => source === "starter");
  return h("div", { class: "ts-stack" }, h("ul", { class: "settings-models" }, models.map((model) => settingsModel(model, ctx, refresh))),
    missing ? h("div", {}, settingsStarter(ctx, refresh, "")) : null);
}

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.BaseModelView} model
 */
function settingsModel(model, ctx, refresh) {
  const remove = h("button", { type: "button", class: "ts-icon-btn danger", "aria-label": t("settings.models.remove", { name: model.name }), title: t("settings.models.remove", { name: model.name }) }, drawIcon("trash-2"));
  remove.addEventListener("click", async () => {
    const text = t(model.source === "folder" ? "settings.models.remove_folder" : "settings.models.remove_text");
    if (!(await askFirst(t("settings.models.remove_title", { name: model.name }), text, t("settings.models.remove_do")))) return;
    await runAction(remove, async () => { await ctx.call("remove_model", model.id); await refresh(); });
  });
  const facts = [modelFacts({ ...model, ...model.facts, bytes: null }), model.facts?.hub ? t("settings.models.from", { hub: model.facts.hub }) : t("settings.models.source." + model.source)].filter(Boolean);
  return h("li", {},
    h("div", { class: "ts-stack tight" }, h("div", { class: "ts-row" }, h("b", { dir: "auto" }, model.name), settingsModelBadge(model), fitBadge(model.fits)),
      h("p", { class: "ts-small ts-soft" }, facts.join(" · ")), h("p", { class: "ts-small ts-soft ts-mono settings-path" }, model.ref),
      modelTags(model.facts || {}), settingsModelState(model, ctx, refresh)), remove);
}

/** @param {Server.BaseModelView} model */
const settingsModelBadge = (model) => {
  const [kind, icon] = { ready: ["good", "circle-check"], known: ["neutral", "download"], failed: ["danger", "circle-x"] }[model.status] || ["neutral", "clock"];
  return h("span", { class: "ts-badge " + kind }, drawIcon(icon), t("settings.models.status." + model.status));
};

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.BaseModelView} model
 */
function settingsModelState(model, ctx, refresh) {
  if (model.progress) {
    const { fraction, phase, label } = model.progress || {};
    const known = fraction !== null && fraction !== undefined;
    return [progressBar(known ? fraction : null, t("settings.models.preparing", { name: model.name })),
      h("p", { class: "ts-small ts-soft" }, said(label) || jobText(["jobs.status." + phase], {}, t("settings.models.status.preparing")), known ? " · " + format.percent(fraction) : "")];
  }
  if (model.status === "known") return settingsWeights(model, ctx, refresh);
  if (model.vocabulary) return settingsVocabulary(model, ctx, refresh);
  if (model.status !== "failed") return null;
  const again = h("button", { type: "button", class: "ts-btn small" }, drawIcon("rotate-ccw", 16), t("settings.models.again"));
  const fetchIt = { starter: () => ctx.call("get_starter"), hub: () => ctx.call("add_hub", model.ref), resized: () => ctx.call("resize_model", Number(model.ref)) }[model.source] || (() => ctx.call("add_folder", model.ref));
  again.addEventListener("click", () => runAction(again, async () => { await fetchIt(); await refresh(); }));
  return [h("p", { class: "ts-error" }, model.error ? reasonBox(model.error) : ""), h("div", {}, again)];
}

/**
 * Its weights are not here yet, and the button that fetches them.
 * @param {Server.BaseModelView} model
 * @param {Ctx<"settings">} ctx
 */
function settingsWeights(model, ctx, refresh) {
  const fetchNow = h("button", { type: "button", class: "ts-btn small" }, drawIcon("download", 16), t("settings.models.fetch_now"));
  fetchNow.addEventListener("click", () => runAction(fetchNow, async () => { await ctx.call("fetch_model", model.id); await refresh(); }));
  return [h("p", { class: "ts-small ts-soft" }, t("settings.models.known", { size: format.bytes(model.facts?.bytes), hub: model.facts?.hub || "?" })),
    model.error ? h("p", { class: "ts-error" }, reasonBox(model.error)) : null, h("div", {}, fetchNow)];
}

/**
 * What its embedding lacks, and the button that makes a copy which has it.
 * @param {Server.BaseModelView} model
 * @param {Ctx<"settings">} ctx
 */
function settingsVocabulary(model, ctx, refresh) {
  const resize = h("button", { type: "button", class: "ts-btn small" }, drawIcon("copy", 16), t("settings.models.resize"));
  resize.addEventListener("click", () => runAction(resize, async () => { await ctx.call("resize_model", model.id); await refresh(); }));
  return [noteBox("warn", reasonBox(model.vocabulary)), model.resizable && !model.resized ? h("div", {}, resize) : null];
}
