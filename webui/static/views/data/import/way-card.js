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
 * What changes which columns there are (sheet or table, whether a line names them, how quotes stand): the draft is looked at anew.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function readingFields(set, ctx) {
  const reading = set.reading || {};
  const sheets = reading.sheets || [];
  if (set.status !== "draft") return null;
  /** @param {keyof Server.ReadingWish} key */
  const field = (key, choices) => {
    const select = selectField("data-" + key, choices, reading[key], async (value) => {
      if (await runAction(select, async () => { await ctx.call("choose_reading", set.id, { [key]: value }); return true; })) location.reload();
    });
    return labelledField("data-" + key, t("data.reading." + key), select, {});
  };
  const named = (key, values) => values.map((value) => [value, t(`data.reading.${key}.${value}`)]);
  return [
    sheets.length > 1 ? field("sheet", sheets.map((name) => [name, name])) : null,
    reading.header ? field("header", named("header", ["first", "none"])) : null,
    reading.quoting ? field("quoting", named("quoting", ["doubled", "spaced", "backslash", "plain"])) : null,
  ];
}

/** Why a file was left out, in the reader's language. */
export const refusal = (params) => (params.fault ? { ...params, reason: reasonBox(params.fault) } : params);
