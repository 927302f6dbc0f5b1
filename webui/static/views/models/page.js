/* The Models page: what was made, where it came from, what to do with it. One model when the address names it (?model=2). */
"use strict";

TS.views.models = function (root, _value, ctx) {
  const id = Number(TS.query("model"));
  return id ? TS.modelDetail(root, id, ctx) : modelList(root, ctx);
};

function modelList(root, ctx) {
  const grid = TS.h("ul", { class: "model-grid" });
  const empty = TS.h("div", { class: "ts-empty", hidden: true }, TS.icon("box"), TS.h("p", {}, TS.t("models.empty")),
    TS.h("p", { class: "ts-soft" }, TS.t("models.empty_more")),
    TS.h("a", { class: "ts-btn primary", href: TS.url("train") }, TS.icon("wand-sparkles"), TS.t("models.train")));
  const page = TS.h("div", { class: "ts-page" }, TS.head(TS.t("models.title"), TS.t("models.lead")), empty, grid);
  TS.replace(root, page);
  TS.poll(root, 3000, async () => {
    const models = await ctx.call("models_list");
    empty.hidden = models.length > 0;
    TS.keyed(grid, models, (model) => model.id, modelCard);
  });
}

function modelCard(model) {
  return TS.h("li", { class: "ts-card model-card", "data-model": model.id },
    TS.h("div", { class: "ts-spread" },
      TS.h("h2", {}, TS.h("a", { class: "model-name", href: TS.url("models", { model: model.id }) }, model.name)),
      TS.h("span", { class: "ts-badge " + (model.format === "shots" ? "fewshot" : "tuned") }, TS.t("models.format." + model.format))),
    TS.modelLineage(model, false),
    modelGain(model),
    TS.h("p", { class: "ts-small ts-soft ts-num" }, [TS.format.bytes(model.bytes), model.seconds ? TS.t("models.trained_in", { time: TS.format.duration(model.seconds) }) : null,
      TS.format.when(model.created_at)].filter(Boolean).join(" · ")),
    TS.h("div", { class: "ts-row" },
      TS.h("a", { class: "ts-btn small primary", href: TS.url("playground", { tuned: model.id }) }, TS.icon("messages-square"), TS.t("models.chat")),
      TS.h("a", { class: "ts-btn small", href: TS.url("models", { model: model.id }), "aria-label": TS.t("models.take_named", { name: model.name }) }, TS.icon("download"), TS.t("models.take"))));
}

/** Validation loss before and after: what the training changed, on rows that it never saw. */
function modelGain(model) {
  if (model.val_loss === null) return null;
  const before = model.base_val_loss;
  return TS.h("div", { class: "model-gain" },
    TS.h("span", { class: "ts-label" }, TS.t("models.val_loss")),
    TS.h("span", { class: "ts-num" },
      before === null ? null : [TS.h("span", { class: "model-before" }, TS.format.loss(before)), TS.icon("arrow-right"), TS.h("span", { class: "ts-sr" }, TS.t("models.becomes"))],
      TS.h("b", { class: "model-after" }, TS.format.loss(model.val_loss))),
    before !== null ? TS.h("span", { class: "ts-badge " + (model.val_loss < before ? "good" : "warn") },
      TS.t(model.val_loss < before ? "models.better" : "models.worse", { percent: TS.format.percent(Math.abs(1 - model.val_loss / before)) })) : null);
}
TS.modelGain = modelGain;

/** base -> data -> method -> model, as a small line; `linked` ones lead to each of them. */
TS.modelLineage = function (model, linked) {
  const node = (kind, icon, label, text, href) => TS.h("li", { class: "model-node " + kind },
    TS.h("span", { class: "model-node-mark" }, TS.icon(icon)),
    TS.h("span", { class: "model-node-text" }, TS.h("small", { class: "ts-soft" }, label),
      linked && href ? TS.h("a", { class: "ts-link", href }, text) : TS.h("span", {}, text)));
  return TS.h("ol", { class: "model-line" + (linked ? " large" : ""), "aria-label": TS.t("models.lineage") },
    node("base", "layers", TS.t("models.node.base"), model.base_name, null),
    node("data", "database", TS.t("models.node.data"), model.dataset_name, model.dataset_id ? TS.url("data", { dataset: model.dataset_id }) : null),
    node("method", "wand-sparkles", TS.t("models.node.method"), model.method_label, model.job_id ? TS.url("jobs", { job: model.job_id }) : null),
    node("tuned", "box", TS.t("models.node.model"), model.name, null));
};
