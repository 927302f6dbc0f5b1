/* Step 1: which model learns. */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};

TS.train.steps.model = function (w, body) {
  const list = TS.h("div", {});
  const draw = () => TS.replace(list, TS.train.modelChoices(w));
  TS.append(body, [list, TS.train.addModel(w)]);
  w.on("lists", draw, "step");
  draw();
  TS.train.watchModels(w, list);
};

/** While a model is being prepared, its progress moves. */
TS.train.watchModels = function (w, root) {
  let stop = null;
  const look = async () => {
    if (!root.isConnected || !w.models.some((one) => one.status === "preparing")) { stop?.(); stop = null; return; }
    await w.refresh();
  };
  const start = () => { if (!stop && w.models.some((one) => one.status === "preparing")) stop = TS.poll(root, 1000, look); };
  w.on("lists", start, "step");
  setTimeout(start, 0);
};

TS.train.modelChoices = function (w) {
  if (!w.models.length) return TS.train.noModel(w);
  const rank = (model) => (model.source === "starter" ? 0 : 1);
  const models = [...w.models].sort((a, b) => rank(a) - rank(b));
  return TS.choices(TS.t("train.model.title"), models.map((model) => ({
    value: model.id, disabled: model.status !== "ready", content: TS.train.modelCard(model), label: model.name,
  })), w.draft.base_model, (id) => w.patch({ base_model: id }), "cards");
};

/** An empty list holds the button that fills it. */
TS.train.noModel = function (w) {
  const button = TS.h("button", { type: "button", class: "ts-btn primary", id: "train-get-starter", onclick: () => TS.act(button, async () => {
    await w.ctx.call("get_starter");
    await w.refresh();
  }) }, TS.icon("download"), TS.t("train.model.get_starter"));
  return TS.h("div", { class: "ts-empty" }, TS.icon("box"), TS.h("p", {}, TS.t("train.model.none")), button);
};

TS.train.preparing = (model) => {
  const { label, fraction } = model.progress || {};
  const known = TS.said(label) || TS.t("train.model.preparing");
  return fraction === null || fraction === undefined ? known : known + " " + TS.format.percent(fraction);
};

TS.train.modelCard = (model) => [
  TS.h("div", { class: "ts-spread" }, TS.h("b", { dir: "auto" }, model.name), TS.train.modelBadge(model)),
  TS.h("div", { class: "ts-soft ts-small" }, [
    model.parameters ? TS.t("train.model.parameters", { n: TS.train.count(model.parameters) }) : null,
    model.context_length ? TS.t("train.model.context", { n: TS.format.number(model.context_length) }) : null,
    TS.t("train.model.source." + model.source),
  ].filter(Boolean).join(" · ")),
  model.status === "preparing" ? TS.progress(model.progress?.fraction, TS.t("train.model.progress", { name: model.name })) : null,
  model.status === "failed" && model.error ? TS.h("div", { class: "ts-error" }, TS.reason(model.error)) : null,
];

TS.train.modelBadge = (model) => ({
  ready: () => (model.source === "starter" ? TS.h("span", { class: "ts-badge good" }, TS.t("train.model.starter")) : null),
  preparing: () => TS.h("span", { class: "ts-badge neutral" }, TS.train.preparing(model)),
  failed: () => TS.h("span", { class: "ts-badge danger" }, TS.t("train.model.failed")),
}[model.status]?.());

/** 134,515,008 -> "135 M". */
TS.train.count = (n) => (n >= 1e9 ? TS.format.number(n / 1e9, n < 1e10 ? 1 : 0) + " B" : n >= 1e6 ? TS.format.number(n / 1e6, n < 1e7 ? 1 : 0) + " M" : n >= 1e4 ? TS.format.number(n / 1e3) + " k" : TS.format.number(n));

/** Another model: a name on the hub, or a folder (Settings). */
TS.train.addModel = function (w) {
  const input = TS.h("input", { class: "ts-input", id: "train-hub", type: "text", placeholder: "HuggingFaceTB/SmolLM2-360M-Instruct", autocomplete: "off", spellcheck: "false" });
  const button = TS.h("button", { class: "ts-btn" }, TS.icon("download"), TS.t("train.model.add"));
  const field = TS.field("train-hub", TS.t("train.model.hub"), input, { help: TS.t("train.model.hub.help"), box: TS.h("div", { class: "train-inline" }, input, button) });
  const form = TS.h("form", { onsubmit: async (event) => {
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
  return TS.h("details", { class: "ts-details", open: !w.models.length }, TS.h("summary", {}, TS.t("train.model.other")),
    TS.h("div", { class: "ts-stack" }, form,
      TS.h("p", { class: "ts-help" }, TS.t("train.model.folder"), " ", TS.h("a", { class: "ts-link", href: TS.url("settings") }, TS.t("train.model.settings")))));
};
