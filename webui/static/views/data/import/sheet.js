/* A small spreadsheet: columns to name, cells to type in, a block of Excel to paste; one deletion can be taken back. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { toast } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";

const SHEET_PAGE = 100;

/** {columns, rows} to edit; `changed(value)` hears of every change. Returns {node, value()}. */
export function dataSheet({ columns, rows, changed }) {
  const self = { columns: [...columns], rows: rows.map((row) => [...row]), first: 0, removed: null };
  self.node = h("div", { class: "sheet" });
  self.changed = () => changed({ columns: self.columns, rows: self.rows });
  self.value = () => ({ columns: self.columns, rows: self.rows });
  sheetPad(self);
  sheetDraw(self);
  self.node.addEventListener("keydown", (event) => sheetKey(self, event));
  self.node.addEventListener("paste", (event) => sheetPaste(self, event));
  return self;
}

/** Every row is as long as there are columns, and there is always an empty row to go on with. */
function sheetPad(self) {
  const width = self.columns.length;
  self.rows = self.rows.map((row) => Array.from({ length: width }, (_, place) => row[place] ?? ""));
  while (self.rows.length < 3 || self.rows.at(-1).some(Boolean)) self.rows.push(Array(width).fill(""));
}

function sheetDraw(self) {
  const shown = self.rows.slice(self.first, self.first + SHEET_PAGE);
  const body = h("tbody", {}, shown.map((row, place) => sheetRow(self, row, self.first + place)));
  const head = h("tr", {}, h("td", { class: "sheet-corner" }), self.columns.map((name, column) => sheetHead(self, name, column)),
    h("td", { class: "sheet-corner" }, sheetButton("plus", t("data.sheet.add_column"), () => sheetAddColumn(self))));
  replaceChildren(self.node,
    h("div", { class: "ts-table-wrap sheet-wrap" }, h("table", { class: "sheet-table", "aria-label": t("data.sheet.grid"), style: { minWidth: 84 + 180 * self.columns.length + "px" } }, h("thead", {}, head), body)),
    h("div", { class: "ts-spread" },
      h("button", { type: "button", class: "ts-btn small", onclick: () => sheetAddRows(self, 10) }, drawIcon("plus"), t("data.sheet.add_rows")),
      sheetPager(self), sheetUndo(self)));
}

const sheetButton = (icon, label, onclick, tabIndex = 0) =>
  h("button", { type: "button", class: "ts-icon-btn", "aria-label": label, title: label, onclick, tabIndex }, drawIcon(icon));

function sheetHead(self, name, column) {
  const input = h("input", { class: "sheet-name", type: "text", value: name, maxlength: "100", "data-column": column, "aria-label": t("data.sheet.column", { n: column + 1 }),
    oninput: () => { self.columns[column] = input.value; self.changed(); } });
  const remove = self.columns.length > 1
    ? sheetButton("x", t("data.sheet.remove_column", { column: name }), () => sheetRemove(self, "column", column), -1) : null;
  return h("th", { scope: "col" }, h("div", { class: "sheet-head" }, input, remove));
}

const sheetRow = (self, row, number) => h("tr", {},
  h("th", { scope: "row", class: "sheet-number" }, number + 1),
  row.map((text, column) => h("td", {}, sheetCell(self, text, number, column))),
  h("td", { class: "sheet-end" }, sheetButton("trash-2", t("data.sheet.remove_row", { n: number + 1 }), () => sheetRemove(self, "row", number), -1)));

function sheetCell(self, text, row, column) {
  const cell = h("textarea", { class: "sheet-cell", rows: "1", dir: "auto", "data-row": row, "data-column": column, "aria-label": t("data.sheet.cell", { column: self.columns[column], row: row + 1 }),
    oninput: () => {
      self.rows[row][column] = cell.value;
      if (row === self.rows.length - 1 && cell.value) {
        sheetPad(self);
        const last = self.rows.length - 1;
        if (last < self.first + SHEET_PAGE) self.node.querySelector("tbody").append(sheetRow(self, self.rows[last], last));
      }
      self.changed();
    } });
  cell.value = text;
  return cell;
}

/** Enter goes down, arrows leave a cell where the text ends; Shift and Enter begin a new line. */
function sheetKey(self, event) {
  const at = event.target;
  if (event.isComposing || at.dataset.column === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const column = Number(at.dataset.column), row = at.dataset.row === undefined ? -1 : Number(at.dataset.row);
  const start = at.selectionStart === 0 && at.selectionEnd === 0, end = at.selectionStart === at.value.length;
  const single = !at.value.includes("\n") && at.scrollHeight < 48;
  const to = { Enter: event.shiftKey ? null : [row + 1, column], ArrowDown: single || end ? [row + 1, column] : null, ArrowUp: single || start ? [row - 1, column] : null,
    ArrowLeft: start ? [row, column - 1] : null, ArrowRight: end && at.selectionEnd === at.value.length ? [row, column + 1] : null }[event.key];
  if (!to) return;
  if (event.key === "Enter" || sheetFocus(self, ...to)) event.preventDefault();
  if (event.key === "Enter") sheetGo(self, ...to);
}

/** Focus a cell that is drawn; row -1 is the head. */
function sheetFocus(self, row, column) {
  const found = self.node.querySelector(row < 0 ? `.sheet-name[data-column="${column}"]` : `.sheet-cell[data-row="${row}"][data-column="${column}"]`);
  found?.focus();
  found?.setSelectionRange(found.value.length, found.value.length);
  return found;
}

/** Focus a cell, which may be on the next page or not there yet. */
function sheetGo(self, row, column) {
  if (row >= self.rows.length) self.rows.push(Array(self.columns.length).fill(""));
  if (sheetFocus(self, row, column)) return;
  self.first = Math.floor(row / SHEET_PAGE) * SHEET_PAGE;
  sheetDraw(self);
  sheetFocus(self, row, column);
}

function sheetAddColumn(self) {
  self.columns.push(sheetName(self));
  sheetPad(self);
  sheetDraw(self);
  const input = sheetFocus(self, -1, self.columns.length - 1);
  input?.select();
  self.changed();
}

function sheetName(self) {
  let number = self.columns.length + 1;
  while (self.columns.includes(t("data.sheet.new_column", { n: number }))) number += 1;
  return t("data.sheet.new_column", { n: number });
}

function sheetAddRows(self, count) {
  const from = self.rows.length;
  for (let i = 0; i < count; i += 1) self.rows.push(Array(self.columns.length).fill(""));
  sheetDraw(self);
  sheetGo(self, from, 0);
}

/** Take a row or a column out; the last one taken out can be put back. */
function sheetRemove(self, kind, place) {
  if (kind === "row") self.removed = { kind, place, row: self.rows.splice(place, 1)[0] };
  else self.removed = { kind, place, name: self.columns.splice(place, 1)[0], cells: self.rows.map((row) => row.splice(place, 1)[0]) };
  sheetPad(self);
  sheetDraw(self);
  self.node.querySelector(".sheet-undo button")?.focus();
  self.changed();
}

function sheetUndo(self) {
  const gone = self.removed;
  const said = !gone ? null : gone.kind === "row" ? t("data.sheet.removed_row", { n: gone.place + 1 }) : t("data.sheet.removed_column", { column: gone.name });
  return h("div", { class: "ts-row ts-small sheet-undo", role: "status" }, said && [h("span", { class: "ts-soft", dir: "auto" }, said),
    h("button", { type: "button", class: "ts-btn small", onclick: () => sheetPutBack(self) }, drawIcon("rotate-ccw"), t("data.sheet.undo"))]);
}

function sheetPutBack(self) {
  const { kind, place, row, name, cells } = self.removed;
  if (kind === "row") self.rows.splice(place, 0, row);
  else {
    self.columns.splice(place, 0, name);
    self.rows.forEach((one, at) => one.splice(place, 0, cells[at] ?? ""));
  }
  self.removed = null;
  sheetPad(self);
  sheetDraw(self);
  sheetGo(self, kind === "row" ? place : 0, kind === "row" ? 0 : place);
  self.changed();
}

function sheetPager(self) {
  const total = self.rows.length, size = SHEET_PAGE;
  if (total <= size) return null;
  const turn = (to) => { self.first = to; sheetDraw(self); };
  const back = sheetButton("chevron-right", t("data.rows.previous"), () => turn(Math.max(0, self.first - size)));
  const next = sheetButton("chevron-right", t("data.rows.next"), () => turn(self.first + size));
  back.classList.add("flip");
  back.disabled = self.first === 0;
  next.disabled = self.first + size >= total;
  return h("div", { class: "data-pager" }, back, h("span", { class: "ts-small ts-num" }, t("data.sheet.page", {
    from: format.number(self.first + 1), to: format.number(Math.min(total, self.first + size)), total: format.number(total) })), next);
}

/** A block out of a spreadsheet goes into the cells from here on; into the head, its first line names the columns. */
function sheetPaste(self, event) {
  const at = event.target;
  const text = event.clipboardData?.getData("text/plain") || "";
  const html = event.clipboardData?.getData("text/html") || "";
  if (at.dataset?.column === undefined || !(text.includes("\t") || /<table[\s>]/i.test(html))) return;
  event.preventDefault();
  const block = readBlock(text);
  const column = Number(at.dataset.column), inHead = at.dataset.row === undefined, row = inHead ? 0 : Number(at.dataset.row);
  const width = column + Math.max(...block.map((cells) => cells.length));
  while (self.columns.length < width) self.columns.push(sheetName(self));
  if (inHead) (block.shift() || []).forEach((name, place) => { self.columns[column + place] = name.trim() || self.columns[column + place]; });
  while (self.rows.length < row + block.length) self.rows.push([]);
  sheetPad(self);
  block.forEach((cells, down) => cells.forEach((cell, right) => { self.rows[row + down][column + right] = cell; }));
  sheetPad(self);
  sheetDraw(self);
  sheetFocus(self, row, column);
  toast(t("data.sheet.pasted", { rows: format.number(block.length), columns: width - column }), "good");
  self.changed();
}

/** The cells of a copied block: tabs between cells, line ends between rows; a cell with either stands in quotes. */
function readBlock(text) {
  /** @type {string[][]} */
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/y;
  while (cell.lastIndex < text.length) {
    const found = /** @type {RegExpExecArray} */ (cell.exec(text));
    const row = rows[rows.length - 1];
    row.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] === "\t" && cell.lastIndex === text.length) row.push("");
    if (found[3] !== "\t" && cell.lastIndex < text.length) rows.push([]);
  }
  return rows;
}
