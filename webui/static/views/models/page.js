/* The Models page: what was made, where it came from, what to do with it. One model when the address names it (?model=2). */
import { drawKeyed, h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { pageUrl, queryId, queryValue, t } from "../../kit/texts.js";
import { reasonBox } from "../shared/form-controls.js";
import { longList } from "../shared/long-list.js";
import { modelGain, modelLineage, modelTry } from "./parts.js";

/** @type {View<"models">} */
export async function view(root, _value, ctx) {
  if (queryId("merge")) return (await import("./merge.js")).mergeModels(root, ctx);
  const id = queryId("model");
  if (queryValue("which")) return (await import("./which.js")).modelWhich(root, ctx);
  return id ? (await import("./model.js")).modelDetail(root, id, ctx) : modelList(root, ctx);
}

/** @param {Ctx<"models">} ctx */
function modelList(root, ctx) {
  const grid = h("ul", { class: "model-grid" });
  const empty = h("div", { class: "ts-empty", hidden: true }, drawIcon("box"), h("p", {}, t("models.empty")),
    h("p", { class: "ts-soft" }, t("models.empty_more")),
    h("a", { class: "ts-btn primary", href: pageUrl("train") }, drawIcon("wand-sparkles"), t("models.train")));
  const merge = h("a", { class: "ts-btn", id: "models-merge", href: pageUrl("models", { merge: 1 }), hidden: true }, drawIcon("git-branch"), t("models.merge"));
  const list = longList({
    follows: (a, b) => a.id < b.id,
    draw: (rows) => drawKeyed(grid, rows, (model) => model.id, modelCard),
    more: (last) => ctx.call("models_more", last.id),
  });
  replaceChildren(root, h("div", { class: "ts-page" }, pageHead(t("models.title"), t("models.lead"), h("a", { class: "ts-btn", id: "models-which", href: pageUrl("models", { which: "1" }) }, drawIcon("info"), t("models.which")), merge), empty, grid, list.foot));
  let version = "";
  poll(root, 3000, async () => {
    const news = await ctx.news("models_list", version);
    version = news.version;
    if (!news.value) return false;
    empty.hidden = news.value.count > 0;
    merge.hidden = news.value.count < 2;
    list.show(news.value.rows, news.value.count);
    return true;
  });
}

/** @param {Server.ListedTuned} model */
function modelCard(model) {
  return h("li", { class: "ts-card model-card", "data-model": model.id },
    h("div", { class: "ts-spread" },
      h("h2", {}, h("a", { class: "model-name", href: pageUrl("models", { model: model.id }) }, model.name)),
      h("span", { class: "ts-badge " + (model.format === "shots" ? "fewshot" : "tuned") }, t(model.talks ? "models.format." + model.format : "models.scorer"))),
    model.changed ? h("p", { class: "ts-error" }, h("span", { class: "ts-badge danger" }, drawIcon("triangle-alert"), t("models.changed")), " ", reasonBox(model.changed)) : null,
    modelLineage(model, false),
    modelGain(model),
    h("p", { class: "ts-small ts-soft ts-num" }, [format.bytes(model.bytes), model.seconds ? t("models.trained_in", { time: format.duration(model.seconds) }) : null,
      format.when(model.created_at)].filter(Boolean).join(" · ")),
    h("div", { class: "ts-row" },
      modelTry(model, "ts-btn small primary"),
      h("a", { class: "ts-btn small", href: pageUrl("models", { model: model.id }), "aria-label": t("models.take_named", { name: model.name }) }, drawIcon("download"), t("models.take"))));
}
