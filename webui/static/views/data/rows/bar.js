/* Above the rows: search, splits, more filters, the order, and how rows are shown. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";
import { tokenKey } from "./row.js";
import { debounce, labelledField, segments, selectField } from "../../shared/form-controls.js";

/** @param {Parts<"data">} self */
export function browserBar(self) {
  const again = () => self.anew();
  const soon = debounce(250, again);
  const set = (key) => (value) => { self.query[key] = value; again(); };
  const search = h("input", { type: "search", class: "ts-input", id: "data-search", placeholder: t("data.search.placeholder"), "aria-label": t("data.search"),
    oninput: () => { self.query.text = search.value.trim(); soon(); } });
  const splits = ["train", "val", "test"].filter((split) => self.set[split + "_rows"]);
  return h("div", { class: "ts-stack tight data-browser-bar" },
    h("div", { class: "data-search-line" }, search,
      segments("data-split", t("data.rows.filter"), [["", t("data.rows.all")], ...splits.map((split) => [split, t("data.rows." + split)])], "", set("split")),
      sortControls(self)),
    moreFilters(self));
}

/**
 * The order of the rows: by what, and which way round.
 * @param {Parts<"data">} self
 */
function sortControls(self) {
  const turn = h("button", { type: "button", class: "ts-icon-btn", onclick: () => { self.query.descending = !self.query.descending; tell(); self.anew(); } });
  const tell = () => {
    const label = t(self.query.descending ? "data.sort.descending" : "data.sort.ascending");
    turn.setAttribute("aria-label", label);
    turn.title = label;
    replaceChildren(turn, drawIcon(self.query.descending ? "arrow-down" : "arrow-up"));
  };
  tell();
  self.sort = selectField("data-sort", SORTS.map((key) => [key, t("data.sort." + key)]), self.query.sort, async (key) => {
    self.query.sort = key;
    if (key === "tokens") await someModel(self);
    self.anew();
  });
  self.sort.setAttribute("aria-label", t("data.sort"));
  return h("div", { class: "data-sort" }, self.sort, turn);
}

/**
 * Filters that are needed less often, folded away.
 * @param {Parts<"data">} self
 */
function moreFilters(self) {
  const count = h("span", { class: "ts-soft" });
  const set = (key) => (value) => {
    self.query[key] = value;
    const active = ["language", "turns", "column", "check"].filter((one) => self.query[one]).length;
    count.textContent = active ? t("data.filter.active", { n: active }) : "";
    self.anew();
  };
  const stats = self.set.stats || {};
  const any = ["", t("data.filter.any")];
  const values = h("div", {});
  const grid = h("div", { class: "form-grid" },
    labelledField("data-filter-language", t("data.language"), selectField("data-filter-language", [any, ...Object.keys(stats.languages || {}).map((code) => [code, t("data.language." + code)])], "", set("language")), {}),
    labelledField("data-filter-turns", t("data.filter.turns"), selectField("data-filter-turns", [any, ...Object.keys(stats.turns || {}).map((turns) => [turns, turns])], "", set("turns")), {}));
  const fold = h("details", { class: "ts-details data-filters" }, h("summary", {}, t("data.filter.more"), " ", count), grid);
  fold.addEventListener("toggle", () => lateFilters(self, grid, values, set), { once: true });
  if (self.query.check) { fold.open = true; count.textContent = t("data.filter.active", { n: 1 }); }
  return fold;
}

/**
 * Filters by columns and findings, which have to be asked for.
 * @param {Parts<"data">} self
 */
async function lateFilters(self, grid, values, set) {
  const { columns, checks } = await self.ctx.call("row_filters", self.set.id);
  const any = ["", t("data.filter.any")];
  if (checks.length) {
    grid.append(labelledField("data-filter-check", t("data.filter.findings"), selectField("data-filter-check",
      [any, ["any", t("data.filter.some_finding")], ...checks.map((check) => [check.key, check.label + " (" + format.number(check.rows) + ")"])], self.query.check, set("check")), {}));
  }
  if (!columns.length) return;
  const pick = async (column) => {
    self.query.value = "";
    if (!column) { replaceChildren(values); return set("column")(""); }
    const found = await self.ctx.call("column_values", self.set.id, column);
    self.query.value = found[0] ?? "";
    replaceChildren(values, labelledField("data-filter-value", t("data.filter.value"), selectField("data-filter-value", found.map((value) => [value, value]), found[0], set("value")), {}));
    return set("column")(column);
  };
  grid.append(labelledField("data-filter-column", t("data.filter.column"), selectField("data-filter-column", [any, ...columns.map((column) => [column, column])], "", pick), {}), values);
}

/**
 * Chat, as written, or tokens of a model.
 * @param {Parts<"data">} self
 */
export function viewSwitch(self) {
  const models = h("div", { class: "ts-row" });
  const show = async (view) => {
    self.view = view;
    replaceChildren(models);
    if (view === "tokens" && await someModel(self)) {
      const pick = selectField("data-rows-model", self.models.map((model) => [model.id, model.name]), self.model, (model) => { self.model = model; self.draw(); });
      pick.setAttribute("aria-label", t("data.tokens.model"));
      replaceChildren(models, tokenKey(), pick);
    }
    self.draw();
  };
  return h("div", { class: "ts-row" }, models, segments("data-view", t("data.view"), ["chat", "raw", "tokens"].map((view) => [view, t("data.view." + view)]), "chat", show));
}

/**
 * The chosen model, or the first one that is ready; null where there is none.
 * @param {Parts<"data">} self
 */
async function someModel(self) {
  if (!self.models.length) self.models = await self.ctx.call("models");
  self.model ??= self.models[0]?.id ?? null;
  return self.model;
}

export const SORTS = ["file", "id", "characters", "answer", "turns", "tokens"];
