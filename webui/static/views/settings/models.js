/* Base models on the Settings page: what there is, its state, adding by name or by folder, removing. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, progressBar, runAction } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { said, t } from "../../kit/texts.js";
import { jobText } from "../jobs/parts.js";
import { labelledField, noteBox, reasonBox } from "../shared/form-controls.js";

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.BaseModelView[]} models
 */
export function settingsModels(models, ctx) {
  const list = h("div", {});
  const state = { drawn: "", version: "" };
  const draw = (known) => {
    const stamp = JSON.stringify(known);
    if (stamp === state.drawn) return;
    state.drawn = stamp;
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
  return [list, h("div", { class: "ts-card settings-add" },
    settingsAdd("hub", (name) => ctx.call("add_hub", name), "HuggingFaceTB/SmolLM2-360M-Instruct", refresh),
    settingsAdd("folder", (path) => ctx.call("add_folder", path), "/home/me/models/my-model", refresh))];
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
  const facts = [t("settings.models.source." + model.source), model.parameters ? t("settings.models.parameters", { n: format.count(model.parameters) }) : null,
    model.context_length ? t("settings.models.context", { n: format.number(model.context_length) }) : null].filter(Boolean);
  return h("li", {},
    h("div", { class: "ts-stack tight" }, h("div", { class: "ts-row" }, h("b", { dir: "auto" }, model.name), settingsModelBadge(model)),
      h("p", { class: "ts-small ts-soft" }, facts.join(" · ")), h("p", { class: "ts-small ts-soft ts-mono settings-path" }, model.ref),
      settingsModelState(model, ctx, refresh)), remove);
}

/** @param {Server.BaseModelView} model */
const settingsModelBadge = (model) => {
  const [kind, icon] = { ready: ["good", "circle-check"], failed: ["danger", "circle-x"] }[model.status] || ["neutral", "clock"];
  return h("span", { class: "ts-badge " + kind }, drawIcon(icon), t("settings.models.status." + model.status));
};

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.BaseModelView} model
 */
function settingsModelState(model, ctx, refresh) {
  if (model.status === "preparing") {
    const { fraction, phase, label } = model.progress || {};
    const known = fraction !== null && fraction !== undefined;
    return [progressBar(known ? fraction : null, t("settings.models.preparing", { name: model.name })),
      h("p", { class: "ts-small ts-soft" }, said(label) || jobText(["jobs.status." + phase], {}, t("settings.models.status.preparing")), known ? " · " + format.percent(fraction) : "")];
  }
  if (model.vocabulary) return settingsVocabulary(model, ctx, refresh);
  if (model.status !== "failed") return null;
  const again = h("button", { type: "button", class: "ts-btn small" }, drawIcon("rotate-ccw", 16), t("settings.models.again"));
  const fetchIt = { starter: () => ctx.call("get_starter"), hub: () => ctx.call("add_hub", model.ref), resized: () => ctx.call("resize_model", Number(model.ref)) }[model.source] || (() => ctx.call("add_folder", model.ref));
  again.addEventListener("click", () => runAction(again, async () => { await fetchIt(); await refresh(); }));
  return [h("p", { class: "ts-error" }, model.error ? reasonBox(model.error) : ""), h("div", {}, again)];
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

function settingsAdd(key, send, placeholder, refresh) {
  const id = "settings-add-" + key;
  const input = h("input", { class: "ts-input", id, type: "text", placeholder, autocomplete: "off", spellcheck: "false", autocapitalize: "off", required: true });
  const button = h("button", { class: "ts-btn" }, drawIcon("plus"), t("settings.models.add"));
  button.setAttribute("aria-label", t(`settings.models.add_${key}`));
  const field = labelledField(id, t("settings.models." + key), input, { help: t(`settings.models.${key}.help`), box: h("div", { class: "settings-inline" }, input, button) });
  const add = async () => {
    field.setError("");
    button.disabled = true;
    try {
      await send(input.value);
      input.value = "";
      await refresh();
    } catch (error) {
      field.setError(error.message);
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { onsubmit: (event) => { event.preventDefault(); add(); } }, field);
}
