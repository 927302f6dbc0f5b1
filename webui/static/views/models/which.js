/* "Which form do I need?" for those who have not opened a model yet: the model, then the place where it shall run. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead } from "../../kit/parts.js";
import { pageUrl, queryId, queryValue, t } from "../../kit/texts.js";
import { labelledField, selectField } from "../shared/form-controls.js";
import { exportPlaces } from "./places.js";

/** @param {Ctx<"models">} ctx */
export async function modelWhich(root, ctx) {
  const { value } = await ctx.news("models_list", "");
  const rows = value?.rows || [];
  const slot = h("div", { class: "ts-stack" });
  const show = async (id) => {
    const model = rows.find((one) => one.id === id);
    if (!model) return;
    const places = exportPlaces(model, ctx, async (forms, kept) => {
      await ctx.call("model_export", id, forms, kept);
      location.assign(pageUrl("models", { model: id, for: queryValue("for") || "" }) + "#model-made");
    }, "h2");
    await places.refresh();
    replaceChildren(slot, places.node);
  };
  const first = queryId("of") || rows[0]?.id;
  replaceChildren(root, h("div", { class: "ts-page model-which" }, h("a", { class: "model-back", href: pageUrl("models") }, drawIcon("chevron-right"), t("models.back")),
    pageHead(t("models.which"), t("models.which_lead")),
    rows.length ? labelledField("which-model", t("models.which_model"), selectField("which-model", rows.map((one) => [one.id, one.name]), first, show))
      : h("div", { class: "ts-empty" }, drawIcon("box"), h("p", {}, t("models.empty")), h("a", { class: "ts-btn primary", href: pageUrl("train") }, drawIcon("wand-sparkles"), t("models.train"))),
    slot));
  await show(first);
}
