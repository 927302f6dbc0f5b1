/* What the other ways to bring data share. */
import { h } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { labelledField, reasonBox, selectField } from "../../shared/form-controls.js";

export const wayCard = (key, close, ...children) => h("section", { class: "ts-card", "aria-labelledby": "data-way-title" },
  h("div", { class: "ts-spread data-way-head" }, h("h2", { id: "data-way-title" }, t("data." + key + ".title")),
    h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("data.sources.close"), title: t("data.sources.close"), onclick: close }, drawIcon("x"))),
  h("p", { class: "ts-soft ts-small" }, t("data." + key + ".help")), children);

export const goTo = (id) => location.assign(pageUrl("data", { dataset: id }));

/**
 * Another sheet of an Excel file has other columns: the draft is looked at anew.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function sheetField(set, ctx) {
  const sheets = set.reading?.sheets || [];
  if (set.status !== "draft" || sheets.length < 2) return null;
  const select = selectField("data-sheet", sheets.map((name) => [name, name]), set.reading.sheet, async (name) => {
    if (await runAction(select, async () => { await ctx.call("choose_sheet", set.id, name); return true; })) location.reload();
  });
  return labelledField("data-sheet", t("data.reading.sheet"), select, {});
}

/** Why a file was left out, in the reader's language. */
export const refusal = (params) => (params.fault ? { ...params, reason: reasonBox(params.fault) } : params);
