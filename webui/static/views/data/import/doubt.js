/* A file that cannot be read in the encoding that fits best: it is kept, and another one can be chosen. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { pageHead, runAction } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { dataBack } from "../badges.js";
import { encodingName, noteLine } from "./map-fields.js";
import { labelledField, selectField } from "../../shared/form-controls.js";

/**
 * Whether nobody could read the draft yet.
 * @param {Server.DatasetView} set
 */
export const inDoubt = (set) => set.status === "draft" && (set.detection || []).some((one) => one.code === "encoding.refused");

/**
 * Why it cannot be read, how it would look in other encodings, and the choice among all of them.
 * @param {Server.DatasetView} set
 * @param {Ctx<"data">} ctx
 */
export function doubtPage(page, set, discard, ctx) {
  const choices = [[null, t("data.doubt.choose")], ...set.encodings.map((one) => [one, encodingName(one)])];
  const select = selectField("data-doubt", choices, null, async (encoding) => {
    if (encoding && await runAction(select, async () => { await ctx.call("choose_encoding", set.id, encoding); return true; })) location.reload();
  });
  replaceChildren(page, dataBack(), pageHead(set.name, t("data.doubt.lead")),
    h("section", { class: "ts-card ts-stack" }, h("h2", {}, t("data.doubt.title")), (set.detection || []).map(noteLine),
      labelledField("data-doubt", t("data.found.encoding"), select, { help: t("data.doubt.help") }), h("div", { class: "ts-row" }, discard)));
}
