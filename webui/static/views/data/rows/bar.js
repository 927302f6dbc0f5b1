/* Above the rows: search, splits, more filters, the order, and how rows are shown. */
"use strict";
TS.data = TS.data || {};

TS.data.browserBar = function (self) {
  const again = () => TS.data.browseAnew(self);
  const soon = TS.debounce(250, again);
  const set = (key) => (value) => { self.query[key] = value; again(); };
  const search = TS.h("input", { type: "search", class: "ts-input", id: "data-search", placeholder: TS.t("data.search.placeholder"), "aria-label": TS.t("data.search"),
    oninput: () => { self.query.text = search.value.trim(); soon(); } });
  const splits = ["train", "val", "test"].filter((split) => self.set[split + "_rows"]);
  return TS.h("div", { class: "ts-stack tight data-browser-bar" },
    TS.h("div", { class: "data-search-line" }, search,
      TS.segments("data-split", TS.t("data.rows.filter"), [["", TS.t("data.rows.all")], ...splits.map((split) => [split, TS.t("data.rows." + split)])], "", set("split")),
      TS.data.sortControls(self)),
    TS.data.moreFilters(self));
};

/** The order of the rows: by what, and which way round. */
TS.data.sortControls = function (self) {
  const turn = TS.h("button", { type: "button", class: "ts-icon-btn", onclick: () => { self.query.descending = !self.query.descending; tell(); TS.data.browseAnew(self); } });
  const tell = () => {
    const label = TS.t(self.query.descending ? "data.sort.descending" : "data.sort.ascending");
    turn.setAttribute("aria-label", label);
    turn.title = label;
    TS.replace(turn, TS.icon(self.query.descending ? "arrow-down" : "arrow-up"));
  };
  tell();
  self.sort = TS.select("data-sort", TS.data.SORTS.map((key) => [key, TS.t("data.sort." + key)]), self.query.sort, async (key) => {
    self.query.sort = key;
    if (key === "tokens") await TS.data.someModel(self);
    TS.data.browseAnew(self);
  });
  self.sort.setAttribute("aria-label", TS.t("data.sort"));
  return TS.h("div", { class: "data-sort" }, self.sort, turn);
};

/** Filters that are needed less often, folded away. */
TS.data.moreFilters = function (self) {
  const count = TS.h("span", { class: "ts-soft" });
  const set = (key) => (value) => {
    self.query[key] = value;
    const active = ["language", "turns", "column", "check"].filter((one) => self.query[one]).length;
    count.textContent = active ? TS.t("data.filter.active", { n: active }) : "";
    TS.data.browseAnew(self);
  };
  const stats = self.set.stats || {};
  const any = ["", TS.t("data.filter.any")];
  const values = TS.h("div", {});
  const grid = TS.h("div", { class: "form-grid" },
    TS.field("data-filter-language", TS.t("data.language"), TS.select("data-filter-language", [any, ...Object.keys(stats.languages || {}).map((code) => [code, TS.t("data.language." + code)])], "", set("language")), {}),
    TS.field("data-filter-turns", TS.t("data.filter.turns"), TS.select("data-filter-turns", [any, ...Object.keys(stats.turns || {}).map((turns) => [turns, turns])], "", set("turns")), {}));
  const fold = TS.h("details", { class: "ts-details data-filters" }, TS.h("summary", {}, TS.t("data.filter.more"), " ", count), grid);
  fold.addEventListener("toggle", () => TS.data.lateFilters(self, grid, values, set), { once: true });
  if (self.query.check) { fold.open = true; count.textContent = TS.t("data.filter.active", { n: 1 }); }
  return fold;
};

/** Filters by columns and findings, which have to be asked for. */
TS.data.lateFilters = async function (self, grid, values, set) {
  const { columns, checks } = await self.ctx.call("row_filters", self.set.id);
  const any = ["", TS.t("data.filter.any")];
  if (checks.length) {
    grid.append(TS.field("data-filter-check", TS.t("data.filter.findings"), TS.select("data-filter-check",
      [any, ["any", TS.t("data.filter.some_finding")], ...checks.map((check) => [check.key, check.label + " (" + TS.format.number(check.rows) + ")"])], self.query.check, set("check")), {}));
  }
  if (!columns.length) return;
  const pick = async (column) => {
    self.query.value = "";
    if (!column) { TS.replace(values); return set("column")(""); }
    const found = await self.ctx.call("column_values", self.set.id, column);
    self.query.value = found[0] ?? "";
    TS.replace(values, TS.field("data-filter-value", TS.t("data.filter.value"), TS.select("data-filter-value", found.map((value) => [value, value]), found[0], set("value")), {}));
    return set("column")(column);
  };
  grid.append(TS.field("data-filter-column", TS.t("data.filter.column"), TS.select("data-filter-column", [any, ...columns.map((column) => [column, column])], "", pick), {}), values);
};

/** Chat, as written, or tokens of a model. */
TS.data.viewSwitch = function (self) {
  const models = TS.h("div", { class: "ts-row" });
  const show = async (view) => {
    self.view = view;
    TS.replace(models);
    if (view === "tokens" && await TS.data.someModel(self)) {
      const pick = TS.select("data-rows-model", self.models.map((model) => [model.id, model.name]), self.model, (model) => { self.model = model; TS.data.drawRows(self); });
      pick.setAttribute("aria-label", TS.t("data.tokens.model"));
      TS.replace(models, TS.data.tokenKey(), pick);
    }
    TS.data.drawRows(self);
  };
  return TS.h("div", { class: "ts-row" }, models, TS.segments("data-view", TS.t("data.view"), ["chat", "raw", "tokens"].map((view) => [view, TS.t("data.view." + view)]), "chat", show));
};

/** The chosen model, or the first one that is ready; null where there is none. */
TS.data.someModel = async function (self) {
  if (!self.models.length) self.models = await self.ctx.call("models");
  self.model ??= self.models[0]?.id ?? null;
  return self.model;
};
