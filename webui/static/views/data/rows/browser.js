/* The rows of a ready data set: search, filters, order, and each row as chat, as written, or as tokens. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { queryValue, t } from "../../../kit/texts.js";
import { openSet } from "../open-set.js";
import { browserBar, viewSwitch } from "./bar.js";
import { pendingBar } from "./edit.js";
import { dataRow, fillTokens } from "./row.js";
import { noteBox } from "../../shared/form-controls.js";

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function rowsCard(set, ctx) {
  const self = {
    set, ctx, query: { sort: "file", descending: false, check: queryValue("found") || "" }, view: "chat", model: null, models: [],
    starts: [0], page: 0, run: 0, rows: [],
    list: h("div", { class: "data-rows", "aria-busy": "true" }),
    pager: h("div", { class: "data-pager" }),
    looked: h("div", { class: "data-looked ts-small ts-soft", role: "status" }),
  };
  self.draw = (part) => dataDrawRows(self, part);
  self.anew = () => browseAnew(self);
  self.pending = pendingBar(self);
  const card = h("section", { class: "ts-card data-browser", "aria-labelledby": "data-rows-title" },
    h("div", { class: "ts-spread" }, h("h2", { id: "data-rows-title" }, t("data.rows.title")), viewSwitch(self)),
    browserBar(self), self.looked, self.list, self.pager, self.pending.node);
  self.card = card;
  browse(self);
  return card;
}

/**
 * Start again from the first row, after the query changed.
 * @param {Parts<"data">} self
 */
const browseAnew = (self) => { Object.assign(self, { starts: [0], page: 0 }); return browse(self); };

/**
 * Load the page of rows; a search goes on in slices until there are enough, and can be stopped.
 * @param {Parts<"data">} self
 */
async function browse(self) {
  const mine = (self.run += 1);
  let cursor = self.starts[self.page];
  let part = { done: false, total: 0, exact: true };
  self.rows = [];
  self.list.setAttribute("aria-busy", "true");
  try {
    if (self.query.sort === "tokens" && !(await dataMeasured(self, mine))) return;
    while (mine === self.run && self.rows.length < openSet.pageRows && !part.done) {
      part = await self.ctx.call("browse_rows", self.set.id, queryOf(self), cursor, openSet.pageRows - self.rows.length);
      if (mine !== self.run) return;
      cursor = part.next;
      const grown = part.rows.length;
      self.rows.push(...part.rows);
      if (grown || part.exact || part.done) dataDrawRows(self);
      tellLooked(self, part, cursor, mine);
    }
    self.starts[self.page + 1] = cursor;
    dataDrawRows(self, part);
    tellLooked(self, { ...part, rest: true }, cursor, mine);
    drawPager(self, part);
  } catch (error) {
    if (mine !== self.run) return;
    replaceChildren(self.list, noteBox(error.code === "data.audit.missing" ? "info" : "danger", error.message));
    replaceChildren(self.pager);
    replaceChildren(self.looked);
  } finally {
    if (mine === self.run) self.list.removeAttribute("aria-busy");
  }
}

/** @param {Parts<"data">} self */
const queryOf = (self) => ({ ...self.query, model: self.query.sort === "tokens" ? self.model : null });

/**
 * How far a search looked, with a way to stop it; quiet where the numbers alone tell.
 * @param {Parts<"data">} self
 */
function tellLooked(self, part, cursor, mine) {
  if (part.exact) return replaceChildren(self.looked);
  const going = !part.rest && !part.done && self.rows.length < openSet.pageRows;
  const stop = going ? h("button", { type: "button", class: "ts-btn ghost small", id: "data-search-stop", onclick: () => {
    if (mine === self.run) self.run += 1;
    self.list.removeAttribute("aria-busy");
    self.starts[self.page + 1] = cursor;
    drawPager(self, part);
    tellLooked(self, { ...part, rest: true }, cursor, mine);
  } }, drawIcon("circle-stop"), t("data.search.stop")) : null;
  return replaceChildren(self.looked, t(part.done ? "data.search.all" : "data.search.looked",
    { n: format.number(cursor), total: format.number(part.total), found: format.number(self.rows.length) }), stop);
}

/**
 * @param {Parts<"data">} self
 * @param {any} [part]
 */
function dataDrawRows(self, part) {
  if (self.rows.length) replaceChildren(self.list, self.rows.map((row) => dataRow(row, self)));
  else if (part) replaceChildren(self.list, h("p", { class: "ts-soft" }, t(isFiltered(self.query) ? "data.rows.no_match" : "data.rows.none")));
  if (self.view === "tokens") fillTokens(self);
}

const isFiltered = (query) => ["text", "split", "language", "turns", "column", "check"].some((key) => query[key]);

/** @param {Parts<"data">} self */
function drawPager(self, part) {
  const turn = (page) => { self.page = page; browse(self); self.card.scrollIntoView({ block: "start" }); };
  if (part.exact) {
    return replaceChildren(self.pager, dataPager(self.starts[self.page], part.total, (offset) => {
      self.starts = Array.from({ length: 2 + offset / openSet.pageRows }, (_one, at) => at * openSet.pageRows);
      turn(offset / openSet.pageRows);
    }));
  }
  const from = self.page * openSet.pageRows;
  if (part.done && self.page === 0) return replaceChildren(self.pager);
  return replaceChildren(self.pager, turner("left", t("data.rows.previous"), () => turn(self.page - 1), self.page === 0),
    h("span", { class: "ts-small ts-num", role: "status" }, self.rows.length ? t("data.rows.found", { from: format.number(from + 1), to: format.number(from + self.rows.length) }) : ""),
    turner("right", t("data.rows.next"), () => turn(self.page + 1), part.done));
}

const turner = (icon, label, onclick, off) => h("button", { type: "button", class: "ts-icon-btn" + (icon === "left" ? " flip" : ""), "aria-label": label, title: label, disabled: off, onclick }, drawIcon("chevron-right"));

/** Pages of a list whose length is known. turn(offset). */
export function dataPager(offset, total, turn) {
  if (total <= openSet.pageRows) return [];
  const last = Math.floor((total - 1) / openSet.pageRows) * openSet.pageRows;
  return [
    turner("left", t("data.rows.previous"), () => turn(Math.max(0, offset - openSet.pageRows)), offset === 0),
    h("span", { class: "ts-small ts-num", role: "status" }, t("data.rows.range", { from: format.number(offset + 1), to: format.number(Math.min(total, offset + openSet.pageRows)), total: format.number(total) })),
    turner("right", t("data.rows.next"), () => turn(Math.min(last, offset + openSet.pageRows)), offset >= last)];
}

/**
 * Before rows can be sorted by tokens, all are counted, in slices. Resolves to false when that was stopped.
 * @param {Parts<"data">} self
 */
async function dataMeasured(self, mine) {
  if (!self.model) throw new Error(t("data.tokens.no_model"));
  for (;;) {
    const { measured, total } = await self.ctx.call("measure_tokens", self.set.id, self.model);
    if (mine !== self.run) return false;
    if (measured >= total) { replaceChildren(self.looked); return true; }
    replaceChildren(self.looked, t("data.tokens.counting", { n: format.number(measured), total: format.number(total) }),
      h("button", { type: "button", class: "ts-btn ghost small", id: "data-count-stop", onclick: () => { self.query.sort = "file"; browseAnew(self); self.sort.selectedIndex = 0; } }, drawIcon("circle-stop"), t("data.search.stop")));
  }
}
