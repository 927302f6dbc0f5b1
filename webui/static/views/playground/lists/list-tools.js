/* What finds rows in a table of answers: a search, a choice of rows, an order; and the way of a row into a conversation. */
import { h } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { debounce, labelledField, selectField } from "../../shared/form-controls.js";

const UPWARDS = ["", "question"]; // orders that begin with the smallest

/** Fields that write `page.wish` and have the rows asked for anew. */
export function listTools(page, sides) {
  const wish = { search: "", only: "", sort: "", down: false };
  const changed = () => {
    const any = wish.search.trim() || wish.only || wish.sort;
    page.seek(any ? { ...wish, down: !UPWARDS.includes(wish.sort) } : null);
  };
  const later = debounce(250, changed);
  const search = h("input", { class: "ts-input", id: "list-search", type: "search", maxlength: "200", dir: "auto", oninput: () => { wish.search = search.value; later(); } });
  const choose = (name, options) => selectField("list-" + name, options, wish[name], (value) => { wish[name] = value; changed(); });
  const only = [["", t("playground.rows.all")], ["differ", t("playground.rows.differ")], ["same", t("playground.rows.same")], ["failed", t("playground.rows.failed")], ["cut", t("playground.rows.cut")]];
  const sort = [["", t("playground.rows.asked")], ["unlike", t("playground.rows.unlike")], ["question", t("playground.rows.question")], ...sides.map((side) => [side.side, t("playground.rows.longest", { name: side.label })])];
  return h("div", { class: "play-list-find" }, labelledField("list-search", t("playground.rows.search"), search), labelledField("list-only", t("playground.rows.only"), choose("only", only)),
    labelledField("list-sort", t("playground.rows.sort"), choose("sort", sort)));
}

/** A row's question with its place, what else filled it, and the way into the playground. */
export function rowHead(page, row) {
  const label = t("playground.rows.open", { n: row.place + 1 });
  const others = Object.entries(row.values || {}).filter(([, value]) => value && !row.question.includes(value));
  return h("th", { scope: "row" }, h("span", { class: "play-row-place" }, h("span", { class: "ts-num ts-soft ts-small" }, String(row.place + 1)),
    h("button", { type: "button", class: "ts-icon-btn", "aria-label": label, title: label, onclick: (event) => runAction(event.currentTarget, async () => {
      location.assign(pageUrl("playground", { conversation: await page.ctx.call("list_open", page.id, row.place) }));
    }) }, drawIcon("messages-square"))), h("span", { class: "play-row-text", dir: "auto" }, row.question),
  others.map(([name, value]) => h("p", { class: "ts-small ts-soft", dir: "auto" }, `${name}: ${value}`)));
}
