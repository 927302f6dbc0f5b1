/* The rows of a ready data set: search, filters, order, and each row as chat, as written, or as tokens. */
"use strict";
TS.data = TS.data || {};
TS.data.SORTS = ["file", "id", "characters", "answer", "turns", "tokens"];

TS.data.rowsCard = function (set, ctx) {
  const self = {
    set, ctx, query: { sort: "file", descending: false, check: TS.query("found") || "" }, view: "chat", model: null, models: [],
    starts: [0], page: 0, run: 0, rows: [],
    list: TS.h("div", { class: "data-rows", "aria-busy": "true" }),
    pager: TS.h("div", { class: "data-pager" }),
    looked: TS.h("div", { class: "data-looked ts-small ts-soft", role: "status" }),
  };
  self.pending = TS.data.pendingBar(self);
  const card = TS.h("section", { class: "ts-card data-browser", "aria-labelledby": "data-rows-title" },
    TS.h("div", { class: "ts-spread" }, TS.h("h2", { id: "data-rows-title" }, TS.t("data.rows.title")), TS.data.viewSwitch(self)),
    TS.data.browserBar(self), self.looked, self.list, self.pager, self.pending.node);
  self.card = card;
  TS.data.browse(self);
  return card;
};

/** Start again from the first row, after the query changed. */
TS.data.browseAnew = (self) => { Object.assign(self, { starts: [0], page: 0 }); return TS.data.browse(self); };

/** Load the page of rows; a search goes on in slices until there are enough, and can be stopped. */
TS.data.browse = async function (self) {
  const mine = (self.run += 1);
  let cursor = self.starts[self.page];
  let part = { done: false, total: 0, exact: true };
  self.rows = [];
  self.list.setAttribute("aria-busy", "true");
  try {
    if (self.query.sort === "tokens" && !(await TS.data.measured(self, mine))) return;
    while (mine === self.run && self.rows.length < TS.data.pageRows && !part.done) {
      part = await self.ctx.call("browse_rows", self.set.id, TS.data.queryOf(self), cursor, TS.data.pageRows - self.rows.length);
      if (mine !== self.run) return;
      cursor = part.next;
      const grown = part.rows.length;
      self.rows.push(...part.rows);
      if (grown || part.exact || part.done) TS.data.drawRows(self);
      TS.data.tellLooked(self, part, cursor, mine);
    }
    self.starts[self.page + 1] = cursor;
    TS.data.drawRows(self, part);
    TS.data.tellLooked(self, { ...part, rest: true }, cursor, mine);
    TS.data.drawPager(self, part);
  } catch (error) {
    if (mine !== self.run) return;
    TS.replace(self.list, TS.note(error.code === "data.audit.missing" ? "info" : "danger", error.message));
    TS.replace(self.pager);
    TS.replace(self.looked);
  } finally {
    if (mine === self.run) self.list.removeAttribute("aria-busy");
  }
};

TS.data.queryOf = (self) => ({ ...self.query, model: self.query.sort === "tokens" ? self.model : null });

/** How far a search looked, with a way to stop it; quiet where the numbers alone tell. */
TS.data.tellLooked = function (self, part, cursor, mine) {
  if (part.exact) return TS.replace(self.looked);
  const going = !part.rest && !part.done && self.rows.length < TS.data.pageRows;
  const stop = going ? TS.h("button", { type: "button", class: "ts-btn ghost small", id: "data-search-stop", onclick: () => {
    if (mine === self.run) self.run += 1;
    self.list.removeAttribute("aria-busy");
    self.starts[self.page + 1] = cursor;
    TS.data.drawPager(self, part);
    TS.data.tellLooked(self, { ...part, rest: true }, cursor, mine);
  } }, TS.icon("circle-stop"), TS.t("data.search.stop")) : null;
  return TS.replace(self.looked, TS.t(part.done ? "data.search.all" : "data.search.looked",
    { n: TS.format.number(cursor), total: TS.format.number(part.total), found: TS.format.number(self.rows.length) }), stop);
};

TS.data.drawRows = function (self, part) {
  if (self.rows.length) TS.replace(self.list, self.rows.map((row) => TS.data.row(row, self)));
  else if (part) TS.replace(self.list, TS.h("p", { class: "ts-soft" }, TS.t(TS.data.isFiltered(self.query) ? "data.rows.no_match" : "data.rows.none")));
  if (self.view === "tokens") TS.data.fillTokens(self);
};

TS.data.isFiltered = (query) => ["text", "split", "language", "turns", "column", "check"].some((key) => query[key]);

TS.data.drawPager = function (self, part) {
  const turn = (page) => { self.page = page; TS.data.browse(self); self.card.scrollIntoView({ block: "start" }); };
  if (part.exact) {
    return TS.replace(self.pager, TS.data.pager(self.starts[self.page], part.total, (offset) => {
      self.starts = Array.from({ length: 2 + offset / TS.data.pageRows }, (_one, at) => at * TS.data.pageRows);
      turn(offset / TS.data.pageRows);
    }));
  }
  const from = self.page * TS.data.pageRows;
  if (part.done && self.page === 0) return TS.replace(self.pager);
  return TS.replace(self.pager, TS.data.turner("left", TS.t("data.rows.previous"), () => turn(self.page - 1), self.page === 0),
    TS.h("span", { class: "ts-small ts-num", role: "status" }, self.rows.length ? TS.t("data.rows.found", { from: TS.format.number(from + 1), to: TS.format.number(from + self.rows.length) }) : ""),
    TS.data.turner("right", TS.t("data.rows.next"), () => turn(self.page + 1), part.done));
};

TS.data.turner = (icon, label, onclick, off) => TS.h("button", { type: "button", class: "ts-icon-btn" + (icon === "left" ? " flip" : ""), "aria-label": label, title: label, disabled: off, onclick }, TS.icon("chevron-right"));

/** Pages of a list whose length is known. turn(offset). */
TS.data.pager = function (offset, total, turn) {
  if (total <= TS.data.pageRows) return [];
  const last = Math.floor((total - 1) / TS.data.pageRows) * TS.data.pageRows;
  return [
    TS.data.turner("left", TS.t("data.rows.previous"), () => turn(Math.max(0, offset - TS.data.pageRows)), offset === 0),
    TS.h("span", { class: "ts-small ts-num", role: "status" }, TS.t("data.rows.range", { from: TS.format.number(offset + 1), to: TS.format.number(Math.min(total, offset + TS.data.pageRows)), total: TS.format.number(total) })),
    TS.data.turner("right", TS.t("data.rows.next"), () => turn(Math.min(last, offset + TS.data.pageRows)), offset >= last)];
};

/** Before rows can be sorted by tokens, all are counted, in slices. Resolves to false when that was stopped. */
TS.data.measured = async function (self, mine) {
  if (!self.model) throw new Error(TS.t("data.tokens.no_model"));
  for (;;) {
    const { measured, total } = await self.ctx.call("measure_tokens", self.set.id, self.model);
    if (mine !== self.run) return false;
    if (measured >= total) { TS.replace(self.looked); return true; }
    TS.replace(self.looked, TS.t("data.tokens.counting", { n: TS.format.number(measured), total: TS.format.number(total) }),
      TS.h("button", { type: "button", class: "ts-btn ghost small", id: "data-count-stop", onclick: () => { self.query.sort = "file"; TS.data.browseAnew(self); self.sort.selectedIndex = 0; } }, TS.icon("circle-stop"), TS.t("data.search.stop")));
  }
};
