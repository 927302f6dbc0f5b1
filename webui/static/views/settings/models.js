/* Base models on the Settings page: what there is, its state, adding by name or by folder, removing. */
"use strict";

TS.settingsModels = function (models, ctx) {
  const list = TS.h("div", {});
  const state = { drawn: "" };
  const draw = (known) => {
    const stamp = JSON.stringify(known);
    if (stamp === state.drawn) return;
    state.drawn = stamp;
    TS.replace(list, known.length ? TS.settingsModelTable(known, ctx, refresh) : TS.settingsNoModel(ctx, refresh));
  };
  const refresh = async () => draw(await ctx.call("models"));
  draw(models);
  requestAnimationFrame(() => TS.poll(list, 1500, refresh));
  return [list, TS.h("div", { class: "ts-card settings-add" },
    TS.settingsAdd("hub", "add_hub", "HuggingFaceTB/SmolLM2-360M-Instruct", ctx, refresh),
    TS.settingsAdd("folder", "add_folder", "/home/me/models/my-model", ctx, refresh))];
};

TS.settingsStarter = function (ctx, refresh, kind = "primary") {
  const button = TS.h("button", { type: "button", class: "ts-btn " + kind }, TS.icon("download"), TS.t("settings.models.get_starter"));
  button.addEventListener("click", () => TS.act(button, async () => { await ctx.call("get_starter"); await refresh(); }));
  return button;
};

TS.settingsNoModel = (ctx, refresh) => TS.h("div", { class: "ts-empty" }, TS.icon("box"), TS.h("p", {}, TS.t("settings.models.none")), TS.settingsStarter(ctx, refresh));

TS.settingsModelTable = function (models, ctx, refresh) {
  const missing = !models.some(({ source }) => source === "starter");
  return TS.h("div", { class: "ts-stack" }, TS.h("ul", { class: "settings-models" }, models.map((model) => TS.settingsModel(model, ctx, refresh))),
    missing ? TS.h("div", {}, TS.settingsStarter(ctx, refresh, "")) : null);
};

TS.settingsModel = function (model, ctx, refresh) {
  const remove = TS.h("button", { type: "button", class: "ts-icon-btn danger", "aria-label": TS.t("settings.models.remove", { name: model.name }), title: TS.t("settings.models.remove", { name: model.name }) }, TS.icon("trash-2"));
  remove.addEventListener("click", async () => {
    const text = TS.t(model.source === "folder" ? "settings.models.remove_folder" : "settings.models.remove_text");
    if (!(await TS.confirm(TS.t("settings.models.remove_title", { name: model.name }), text, TS.t("settings.models.remove_do")))) return;
    await TS.act(remove, async () => { await ctx.call("remove_model", model.id); await refresh(); });
  });
  const facts = [TS.t("settings.models.source." + model.source), model.parameters ? TS.t("settings.models.parameters", { n: TS.train.count(model.parameters) }) : null,
    model.context_length ? TS.t("settings.models.context", { n: TS.format.number(model.context_length) }) : null].filter(Boolean);
  return TS.h("li", {},
    TS.h("div", { class: "ts-stack tight" }, TS.h("div", { class: "ts-row" }, TS.h("b", { dir: "auto" }, model.name), TS.settingsModelBadge(model)),
      TS.h("p", { class: "ts-small ts-soft" }, facts.join(" · ")), TS.h("p", { class: "ts-small ts-soft ts-mono settings-path" }, model.ref),
      TS.settingsModelState(model, ctx, refresh)), remove);
};

TS.settingsModelBadge = (model) => {
  const [kind, icon] = { ready: ["good", "circle-check"], failed: ["danger", "circle-x"] }[model.status] || ["neutral", "clock"];
  return TS.h("span", { class: "ts-badge " + kind }, TS.icon(icon), TS.t("settings.models.status." + model.status));
};

TS.settingsModelState = function (model, ctx, refresh) {
  if (model.status === "preparing") {
    const { fraction, phase, label } = model.progress || {};
    const known = fraction !== null && fraction !== undefined;
    return [TS.progress(known ? fraction : null, TS.t("settings.models.preparing", { name: model.name })),
      TS.h("p", { class: "ts-small ts-soft" }, TS.said(label) || TS.job.text(["jobs.status." + phase], {}, TS.t("settings.models.status.preparing")), known ? " · " + TS.format.percent(fraction) : "")];
  }
  if (model.status !== "failed") return null;
  const again = TS.h("button", { type: "button", class: "ts-btn small" }, TS.icon("rotate-ccw", 16), TS.t("settings.models.again"));
  const [name, args] = model.source === "starter" ? ["get_starter", []] : [model.source === "hub" ? "add_hub" : "add_folder", [model.ref]];
  again.addEventListener("click", () => TS.act(again, async () => { await ctx.call(name, ...args); await refresh(); }));
  return [TS.h("p", { class: "ts-error" }, model.error ? TS.reason(model.error) : ""), TS.h("div", {}, again)];
};

TS.settingsAdd = function (key, name, placeholder, ctx, refresh) {
  const id = "settings-add-" + key;
  const input = TS.h("input", { class: "ts-input", id, type: "text", placeholder, autocomplete: "off", spellcheck: "false", autocapitalize: "off", required: true });
  const button = TS.h("button", { class: "ts-btn" }, TS.icon("plus"), TS.t("settings.models.add"));
  button.setAttribute("aria-label", TS.t(`settings.models.add_${key}`));
  const field = TS.field(id, TS.t("settings.models." + key), input, { help: TS.t(`settings.models.${key}.help`), box: TS.h("div", { class: "settings-inline" }, input, button) });
  const add = async () => {
    field.setError("");
    button.disabled = true;
    try {
      await ctx.call(name, input.value);
      input.value = "";
      await refresh();
    } catch (error) {
      field.setError(error.message);
    } finally {
      button.disabled = false;
    }
  };
  return TS.h("form", { onsubmit: (event) => { event.preventDefault(); add(); } }, field);
};
