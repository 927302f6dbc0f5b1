/* A small spreadsheet: columns to name, cells to type in, a block of Excel to paste; one deletion can be taken back. */
"use strict";
TS.data = TS.data || {};

TS.data.SHEET_PAGE = 100;

/** {columns, rows} to edit; `changed(value)` hears of every change. Returns {node, value()}. */
TS.data.sheet = function ({ columns, rows, changed }) {
  const self = { columns: [...columns], rows: rows.map((row) => [...row]), first: 0, removed: null };
  self.node = TS.h("div", { class: "sheet" });
  self.changed = () => changed({ columns: self.columns, rows: self.rows });
  self.value = () => ({ columns: self.columns, rows: self.rows });
  TS.data.sheetPad(self);
  TS.data.sheetDraw(self);
  self.node.addEventListener("keydown", (event) => TS.data.sheetKey(self, event));
  self.node.addEventListener("paste", (event) => TS.data.sheetPaste(self, event));
  return self;
};

/** Every row is as long as there are columns, and there is always an empty row to go on with. */
TS.data.sheetPad = function (self) {
  const width = self.columns.length;
  self.rows = self.rows.map((row) => Array.from({ length: width }, (_, place) => row[place] ?? ""));
  while (self.rows.length < 3 || self.rows.at(-1).some(Boolean)) self.rows.push(Array(width).fill(""));
};

TS.data.sheetDraw = function (self) {
  const shown = self.rows.slice(self.first, self.first + TS.data.SHEET_PAGE);
  const body = TS.h("tbody", {}, shown.map((row, place) => TS.data.sheetRow(self, row, self.first + place)));
  const head = TS.h("tr", {}, TS.h("td", { class: "sheet-corner" }), self.columns.map((name, column) => TS.data.sheetHead(self, name, column)),
    TS.h("td", { class: "sheet-corner" }, TS.data.sheetButton("plus", TS.t("data.sheet.add_column"), () => TS.data.sheetAddColumn(self))));
  TS.replace(self.node,
    TS.h("div", { class: "ts-table-wrap sheet-wrap" }, TS.h("table", { class: "sheet-table", "aria-label": TS.t("data.sheet.grid"), style: { minWidth: 84 + 180 * self.columns.length + "px" } }, TS.h("thead", {}, head), body)),
    TS.h("div", { class: "ts-spread" },
      TS.h("button", { type: "button", class: "ts-btn small", onclick: () => TS.data.sheetAddRows(self, 10) }, TS.icon("plus"), TS.t("data.sheet.add_rows")),
      TS.data.sheetPager(self), TS.data.sheetUndo(self)));
};

TS.data.sheetButton = (icon, label, onclick, tabIndex = 0) =>
  TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": label, title: label, onclick, tabIndex }, TS.icon(icon));

TS.data.sheetHead = function (self, name, column) {
  const input = TS.h("input", { class: "sheet-name", type: "text", value: name, maxlength: "100", "data-column": column, "aria-label": TS.t("data.sheet.column", { n: column + 1 }),
    oninput: () => { self.columns[column] = input.value; self.changed(); } });
  const remove = self.columns.length > 1
    ? TS.data.sheetButton("x", TS.t("data.sheet.remove_column", { column: name }), () => TS.data.sheetRemove(self, "column", column), -1) : null;
  return TS.h("th", { scope: "col" }, TS.h("div", { class: "sheet-head" }, input, remove));
};

TS.data.sheetRow = (self, row, number) => TS.h("tr", {},
  TS.h("th", { scope: "row", class: "sheet-number" }, number + 1),
  row.map((text, column) => TS.h("td", {}, TS.data.sheetCell(self, text, number, column))),
  TS.h("td", { class: "sheet-end" }, TS.data.sheetButton("trash-2", TS.t("data.sheet.remove_row", { n: number + 1 }), () => TS.data.sheetRemove(self, "row", number), -1)));

TS.data.sheetCell = function (self, text, row, column) {
  const cell = TS.h("textarea", { class: "sheet-cell", rows: "1", dir: "auto", "data-row": row, "data-column": column, "aria-label": TS.t("data.sheet.cell", { column: self.columns[column], row: row + 1 }),
    oninput: () => {
      self.rows[row][column] = cell.value;
      if (row === self.rows.length - 1 && cell.value) {
        TS.data.sheetPad(self);
        const last = self.rows.length - 1;
        if (last < self.first + TS.data.SHEET_PAGE) self.node.querySelector("tbody").append(TS.data.sheetRow(self, self.rows[last], last));
      }
      self.changed();
    } });
  cell.value = text;
  return cell;
};

/** Enter goes down, arrows leave a cell where the text ends; Shift and Enter begin a new line. */
TS.data.sheetKey = function (self, event) {
  const at = event.target;
  if (event.isComposing || at.dataset.column === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const column = Number(at.dataset.column), row = at.dataset.row === undefined ? -1 : Number(at.dataset.row);
  const start = at.selectionStart === 0 && at.selectionEnd === 0, end = at.selectionStart === at.value.length;
  const single = !at.value.includes("\n") && at.scrollHeight < 48;
  const to = { Enter: event.shiftKey ? null : [row + 1, column], ArrowDown: single || end ? [row + 1, column] : null, ArrowUp: single || start ? [row - 1, column] : null,
    ArrowLeft: start ? [row, column - 1] : null, ArrowRight: end && at.selectionEnd === at.value.length ? [row, column + 1] : null }[event.key];
  if (!to) return;
  if (event.key === "Enter" || TS.data.sheetFocus(self, ...to)) event.preventDefault();
  if (event.key === "Enter") TS.data.sheetGo(self, ...to);
};

/** Focus a cell that is drawn; row -1 is the head. */
TS.data.sheetFocus = function (self, row, column) {
  const found = self.node.querySelector(row < 0 ? `.sheet-name[data-column="${column}"]` : `.sheet-cell[data-row="${row}"][data-column="${column}"]`);
  found?.focus();
  found?.setSelectionRange(found.value.length, found.value.length);
  return found;
};

/** Focus a cell, which may be on the next page or not there yet. */
TS.data.sheetGo = function (self, row, column) {
  if (row >= self.rows.length) self.rows.push(Array(self.columns.length).fill(""));
  if (TS.data.sheetFocus(self, row, column)) return;
  self.first = Math.floor(row / TS.data.SHEET_PAGE) * TS.data.SHEET_PAGE;
  TS.data.sheetDraw(self);
  TS.data.sheetFocus(self, row, column);
};

TS.data.sheetAddColumn = function (self) {
  self.columns.push(TS.data.sheetName(self));
  TS.data.sheetPad(self);
  TS.data.sheetDraw(self);
  const input = TS.data.sheetFocus(self, -1, self.columns.length - 1);
  input?.select();
  self.changed();
};

TS.data.sheetName = function (self) {
  let number = self.columns.length + 1;
  while (self.columns.includes(TS.t("data.sheet.new_column", { n: number }))) number += 1;
  return TS.t("data.sheet.new_column", { n: number });
};

TS.data.sheetAddRows = function (self, count) {
  const from = self.rows.length;
  for (let i = 0; i < count; i += 1) self.rows.push(Array(self.columns.length).fill(""));
  TS.data.sheetDraw(self);
  TS.data.sheetGo(self, from, 0);
};

/** Take a row or a column out; the last one taken out can be put back. */
TS.data.sheetRemove = function (self, kind, place) {
  if (kind === "row") self.removed = { kind, place, row: self.rows.splice(place, 1)[0] };
  else self.removed = { kind, place, name: self.columns.splice(place, 1)[0], cells: self.rows.map((row) => row.splice(place, 1)[0]) };
  TS.data.sheetPad(self);
  TS.data.sheetDraw(self);
  self.node.querySelector(".sheet-undo button")?.focus();
  self.changed();
};

TS.data.sheetUndo = function (self) {
  const gone = self.removed;
  const said = !gone ? null : gone.kind === "row" ? TS.t("data.sheet.removed_row", { n: gone.place + 1 }) : TS.t("data.sheet.removed_column", { column: gone.name });
  return TS.h("div", { class: "ts-row ts-small sheet-undo", role: "status" }, said && [TS.h("span", { class: "ts-soft", dir: "auto" }, said),
    TS.h("button", { type: "button", class: "ts-btn small", onclick: () => TS.data.sheetPutBack(self) }, TS.icon("rotate-ccw"), TS.t("data.sheet.undo"))]);
};

TS.data.sheetPutBack = function (self) {
  const { kind, place, row, name, cells } = self.removed;
  if (kind === "row") self.rows.splice(place, 0, row);
  else {
    self.columns.splice(place, 0, name);
    self.rows.forEach((one, at) => one.splice(place, 0, cells[at] ?? ""));
  }
  self.removed = null;
  TS.data.sheetPad(self);
  TS.data.sheetDraw(self);
  TS.data.sheetGo(self, kind === "row" ? place : 0, kind === "row" ? 0 : place);
  self.changed();
};

TS.data.sheetPager = function (self) {
  const total = self.rows.length, size = TS.data.SHEET_PAGE;
  if (total <= size) return null;
  const turn = (to) => { self.first = to; TS.data.sheetDraw(self); };
  const back = TS.data.sheetButton("chevron-right", TS.t("data.rows.previous"), () => turn(Math.max(0, self.first - size)));
  const next = TS.data.sheetButton("chevron-right", TS.t("data.rows.next"), () => turn(self.first + size));
  back.classList.add("flip");
  back.disabled = self.first === 0;
  next.disabled = self.first + size >= total;
  return TS.h("div", { class: "data-pager" }, back, TS.h("span", { class: "ts-small ts-num" }, TS.t("data.sheet.page", {
    from: TS.format.number(self.first + 1), to: TS.format.number(Math.min(total, self.first + size)), total: TS.format.number(total) })), next);
};

/** A block out of a spreadsheet goes into the cells from here on; into the head, its first line names the columns. */
TS.data.sheetPaste = function (self, event) {
  const at = event.target;
  const text = event.clipboardData?.getData("text/plain") || "";
  const html = event.clipboardData?.getData("text/html") || "";
  if (at.dataset?.column === undefined || !(text.includes("\t") || /<table[\s>]/i.test(html))) return;
  event.preventDefault();
  const block = TS.data.readBlock(text);
  const column = Number(at.dataset.column), inHead = at.dataset.row === undefined, row = inHead ? 0 : Number(at.dataset.row);
  const width = column + Math.max(...block.map((cells) => cells.length));
  while (self.columns.length < width) self.columns.push(TS.data.sheetName(self));
  if (inHead) (block.shift() || []).forEach((name, place) => { self.columns[column + place] = name.trim() || self.columns[column + place]; });
  while (self.rows.length < row + block.length) self.rows.push([]);
  TS.data.sheetPad(self);
  block.forEach((cells, down) => cells.forEach((cell, right) => { self.rows[row + down][column + right] = cell; }));
  TS.data.sheetPad(self);
  TS.data.sheetDraw(self);
  TS.data.sheetFocus(self, row, column);
  TS.toast(TS.t("data.sheet.pasted", { rows: TS.format.number(block.length), columns: width - column }), "good");
  self.changed();
};

/** The cells of a copied block: tabs between cells, line ends between rows; a cell with either stands in quotes. */
TS.data.readBlock = function (text) {
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    rows.at(-1).push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] === "\t" && cell.lastIndex === text.length) rows.at(-1).push("");
    if (found[3] !== "\t" && cell.lastIndex < text.length) rows.push([]);
  }
  return rows;
};
