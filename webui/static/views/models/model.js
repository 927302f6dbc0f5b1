/* One tuned model: lineage, numbers, downloads, rename and delete. */
"use strict";

TS.modelDetail = async function (root, id, ctx) {
  let model;
  try {
    model = await ctx.call("model_view", id);
  } catch (error) {
    return TS.replace(root, TS.h("div", { class: "ts-page" }, TS.head(TS.t("models.title")),
      TS.h("div", { class: "ts-empty" }, TS.icon("box"), TS.h("p", {}, error.message),
        TS.h("a", { class: "ts-btn primary", href: TS.url("models") }, TS.t("models.back")))));
  }
  document.title = model.name + " · Tunesmith";
  const downloads = TS.modelDownloads(model, ctx);
  TS.replace(root, TS.h("div", { class: "ts-page" },
    TS.h("a", { class: "model-back", href: TS.url("models") }, TS.icon("chevron-right"), TS.t("models.back")),
    modelHead(model, ctx), TS.modelLineage(model, true), modelTiles(model),
    TS.h("div", { class: "ts-cols" }, downloads.node, modelFacts(model))));
  TS.poll(root, 700, downloads.follow);
};

function modelHead(model, ctx) {
  const button = (icon, key, run, look = "") => TS.h("button", { type: "button", class: "ts-btn " + look, id: "model-do-" + icon, onclick: run }, TS.icon(icon), TS.h("span", {}, TS.t(key)));
  return TS.head(model.name, TS.t("models.made", { when: TS.format.when(model.created_at) }),
    TS.h("a", { class: "ts-btn primary", href: TS.url("playground", { tuned: model.id }) }, TS.icon("messages-square"), TS.t("models.chat")),
    model.job_id ? TS.h("a", { class: "ts-btn", href: TS.url("train", { from_job: model.job_id }) }, TS.icon("copy"), TS.t("models.again")) : null,
    button("pencil", "models.rename", () => modelRename(model, ctx)),
    button("trash-2", "models.delete", (event) => modelDelete(model, ctx, event.currentTarget), "ghost danger"));
}

async function modelRename(model, ctx) {
  const input = TS.h("input", { class: "ts-input", id: "model-name", value: model.name, maxlength: "120" });
  const field = TS.h("div", { class: "ts-field" }, TS.h("label", { for: "model-name" }, TS.t("models.name")), input);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") input.closest("dialog").close("save"); });
  setTimeout(() => input.select(), 0);
  const said = await TS.dialog(TS.t("models.rename"), field, [
    { label: TS.t("common.cancel"), value: "" }, { label: TS.t("models.rename_do"), value: "save", kind: "primary" }]);
  const name = input.value.trim();
  if (said !== "save" || !name || name === model.name) return;
  try {
    await ctx.call("model_rename", model.id, name);
    location.reload();
  } catch (error) {
    TS.toast(error.message, "danger");
  }
}

async function modelDelete(model, ctx, button) {
  const size = TS.format.bytes(model.bytes);
  if (!(await TS.confirm(TS.t("models.delete_title", { name: model.name }), TS.t("models.delete_text", { size }), TS.t("models.delete")))) return;
  const done = await TS.act(button, async () => {
    await ctx.call("model_delete", model.id);
    return true;
  });
  if (done) location.assign(TS.url("models"));
}

function modelTiles(model) {
  const tile = (label, ...value) => TS.h("div", { class: "ts-stat" }, TS.h("b", { class: "ts-num" }, value), TS.h("span", {}, label));
  return TS.h("section", { class: "ts-card model-tiles", "aria-label": TS.t("models.numbers") },
    TS.modelGain(model),
    TS.h("div", { class: "model-tile-grid" },
      tile(TS.t("models.size"), TS.format.bytes(model.bytes)),
      tile(TS.t("models.time"), TS.format.duration(model.seconds)),
      tile(TS.t("models.steps"), TS.format.number(model.steps)),
      tile(TS.t("models.tokens"), TS.format.number(model.tokens))));
}

function modelFacts(model) {
  const fact = (key, value, mono) => (value ? [TS.h("dt", {}, TS.t("models.fact." + key)), TS.h("dd", { class: mono ? "ts-mono" : "" }, value)] : null);
  return TS.h("aside", { class: "ts-card" }, TS.h("h2", {}, TS.t("models.facts")),
    TS.h("dl", { class: "ts-kv model-facts" },
      fact("objective", model.objective_label), fact("method", model.method_label), fact("format", TS.t("models.format." + model.format)),
      fact("base", model.base_name), fact("data", model.dataset_name),
      fact("data_hash", model.dataset_hash?.slice(0, 16), true), fact("weights", model.weights_hash?.slice(0, 16), true),
      fact("job", model.job_id ? TS.h("a", { class: "ts-link", href: TS.url("jobs", { job: model.job_id }) }, model.job_name || "#" + model.job_id) : null)));
}
