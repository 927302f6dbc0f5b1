/* The tab "Shape": how the data set stands, and the operations that change it: the usual ones first, the others by groups. */
"use strict";
TS.data = TS.data || {};
TS.data.tab = TS.data.tab || {};

TS.data.SHAPE_USUAL = ["split_random", "paraphrase", "limit_rows"];
TS.data.SHAPE_GROUPS = ["split", "size", "augment", "combine", "wording", "convert"];
TS.data.SHAPE_ICONS = { split: "git-branch", size: "table", augment: "sparkles", combine: "layers", wording: "pencil", convert: "messages-square" };

TS.data.tab.shape = function (set, ctx) {
  const self = { set, ctx, now: TS.h("section", { class: "ts-card shape-now", "aria-labelledby": "shape-now-title" }), body: TS.h("div", { class: "ts-stack loose" }) };
  self.node = TS.h("div", { class: "ts-stack loose data-shape", "aria-busy": "true" }, self.now, self.body);
  TS.replace(self.now, TS.h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  TS.data.shapeBegin(self);
  return self.node;
};

TS.data.shapeBegin = async function (self) {
  try {
    const [now, operations] = await Promise.all([self.ctx.call("shape_now", self.set.id), self.ctx.call("operations", self.set.id)]);
    self.operations = operations.filter((one) => TS.data.SHAPE_GROUPS.includes(one.group));
    TS.data.shapeNow(self, now);
    TS.data.shapeList(self);
    if (TS.data.toRewrite) self.body.querySelector('[data-shape="rewrite"]')?.click();
  } catch (error) {
    TS.replace(self.node, TS.note("danger", error.message));
  }
  self.node.removeAttribute("aria-busy");
};

/* ---------------------------------------------------------------- how it stands */

TS.data.shapeNow = function (self, now) {
  const splits = ["train", "val", "test"].filter((split) => now.splits[split]);
  self.column = now.column;
  const total = splits.reduce((sum, split) => sum + now.splits[split], 0) || 1;
  TS.replace(self.now,
    TS.h("h2", { id: "shape-now-title" }, TS.t("shape.now")),
    TS.h("div", { class: "data-split" },
      TS.h("div", { class: "data-split-bar", "aria-hidden": "true" }, splits.map((split) => TS.h("i", { class: split, style: { width: (100 * now.splits[split]) / total + "%" } }))),
      TS.h("div", { class: "shape-keys ts-small" }, splits.map((split) => TS.h("span", { class: "data-key " + split }, TS.t("shape.part." + split, { n: TS.format.number(now.splits[split]), share: TS.format.percent(now.splits[split] / total) }))))),
    now.splits.val ? null : TS.note("warn", TS.t("shape.no_val")),
    now.made ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("shape.made", { share: TS.format.percent(now.made) })) : null,
    TS.data.shapeBalance(self, now));
};

TS.data.shapeColumn = (name) => (name === "@answer" ? TS.t("shape.column.answer") : name === "@file" ? TS.t("shape.column.file") : name);

/** The largest groups as bars; another column can be looked at. */
TS.data.shapeBalance = function (self, now) {
  if (!now.looked) return null;
  const options = now.columns.map((name) => [name, TS.data.shapeColumn(name)]);
  if (!now.column) options.unshift([null, TS.t("shape.column.choose")]);
  const select = TS.select("shape-column", options, now.column, async (column) => {
    const other = await TS.act(select, () => self.ctx.call("shape_now", self.set.id, column));
    if (!other) return;
    TS.data.shapeNow(self, other);
    self.now.querySelector("#shape-column").focus();
  });
  const bar = (label, share, className) => TS.h("div", { class: "shape-bar " + className },
    TS.h("dt", { dir: "auto" }, label), TS.h("dd", {}, TS.h("i", { "aria-hidden": "true", style: { width: Math.max(0.5, 100 * share) + "%" } }), TS.h("span", { class: "ts-num" }, TS.format.percent(share))));
  return TS.h("div", { class: "ts-stack tight" },
    TS.h("div", { class: "ts-row shape-by" }, TS.h("label", { for: "shape-column", class: "ts-label" }, TS.t("shape.balance")), select),
    now.groups.length ? TS.h("dl", { class: "shape-bars" },
      now.groups.map(([value, share]) => bar(value ?? TS.t("shape.column.empty"), share, value === null ? "none" : "")),
      now.others > 0 ? bar(TS.t("shape.others", { n: TS.format.number(now.different - now.groups.length) }), now.others, "none") : null) : null,
    now.groups.length && !now.whole ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("shape.estimated", { n: TS.format.number(now.looked) })) : null);
};

/* ---------------------------------------------------------------- what can be done */

TS.data.shapeList = function (self, back) {
  const usual = TS.data.SHAPE_USUAL.map((key) => self.operations.find((one) => one.key === key)).filter(Boolean);
  const rest = (group) => self.operations.filter((one) => one.group === group && !usual.includes(one));
  const rewrite = self.set.kind === "text" ? [] : [TS.data.shapeCard(self, { key: "rewrite", group: "augment", label: TS.t("rewrite.title"), help: TS.t("rewrite.lead") }, () => TS.data.rewritePanel(self.set, self.ctx))];
  const groups = TS.data.SHAPE_GROUPS.map((group) => [group, [...rest(group).map((one) => TS.data.shapeCard(self, one)), ...(group === "augment" ? rewrite : [])]]);
  TS.replace(self.body,
    TS.h("section", { class: "ts-stack", "aria-labelledby": "shape-usual" },
      TS.h("div", {}, TS.h("h2", { id: "shape-usual" }, TS.t("shape.usual")), TS.h("p", { class: "ts-soft" }, TS.t("shape.lead"))),
      TS.h("div", { class: "shape-cards" }, usual.map((one) => TS.data.shapeCard(self, one)))),
    groups.filter(([, cards]) => cards.length).map(([group, cards]) => TS.h("section", { class: "ts-stack tight", "aria-labelledby": "shape-" + group },
      TS.h("h2", { id: "shape-" + group, class: "shape-group" }, TS.t("shape.group." + group)),
      TS.h("div", { class: "shape-cards" }, cards))));
  if (back) self.body.querySelector(`[data-shape="${back}"]`)?.focus();
};

/** One operation as a card: its name and one sentence. */
TS.data.shapeCard = (self, operation, panel) => TS.h("button", {
  type: "button", class: "shape-card", "data-shape": operation.key,
  onclick: () => TS.data.shapeOpen(self, operation, panel || (() => TS.data.operation(self.set, self.ctx, TS.data.shapeDefault(self, operation)))),
}, TS.h("span", { class: "shape-name" }, TS.icon(TS.data.SHAPE_ICONS[operation.group]), operation.label), TS.h("span", { class: "ts-soft ts-small" }, operation.help));

/** The column that is shown above is the first choice where rows are grouped by a label; a column that is called so, where a time is asked for. */
TS.data.shapeDefault = (self, operation) => ({ ...operation, params: operation.params.map((param) => {
  if (param.key !== "column") return param;
  const named = (value) => param.choices.some((one) => one.value === value) && value;
  const first = operation.key === "split_time" ? param.choices.find((one) => TS.data.TIME_NAMES.test(one.value))?.value
    : named("@answer") && self.column && named(self.column);
  return first ? { ...param, default: first } : param;
}) });
TS.data.TIME_NAMES = /date|time|created|updated|\u65e5\u671f|\u65f6\u95f4|\u6642\u9593|\u5e74\u6708/i;

TS.data.shapeOpen = function (self, operation, panel) {
  const back = TS.h("button", { type: "button", class: "ts-btn ghost small shape-back", onclick: () => TS.data.shapeList(self, operation.key) }, TS.icon("arrow-right"), TS.t("shape.back"));
  const title = TS.h("h2", { tabindex: "-1", id: "shape-open" }, operation.label);
  TS.replace(self.body, TS.h("section", { class: "ts-card shape-open", "aria-labelledby": "shape-open" },
    TS.h("div", {}, back), TS.h("div", {}, title, TS.h("p", { class: "ts-soft" }, operation.help)), panel()));
  title.focus({ preventScroll: true });
  self.body.scrollIntoView({ block: "nearest" });
};
