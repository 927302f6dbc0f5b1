/* The tab "Shape": how the data set stands, and the operations that change it: the usual ones first, the others by groups. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { openSet } from "../open-set.js";
import { dataOperation } from "../operation.js";
import { rewritePanel } from "./rewrite.js";
import { noteBox, selectField } from "../../shared/form-controls.js";

const SHAPE_USUAL = ["split_random", "paraphrase", "limit_rows"];
const SHAPE_GROUPS = ["split", "size", "augment", "combine", "wording", "convert"];
const SHAPE_ICONS = { split: "git-branch", size: "table", augment: "sparkles", combine: "layers", wording: "pencil", convert: "messages-square" };

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function shapeTab(set, ctx) {
  const self = { set, ctx, now: h("section", { class: "ts-card shape-now", "aria-labelledby": "shape-now-title" }), body: h("div", { class: "ts-stack loose" }) };
  self.node = h("div", { class: "ts-stack loose data-shape", "aria-busy": "true" }, self.now, self.body);
  replaceChildren(self.now, h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  shapeBegin(self);
  return self.node;
}

/** @param {Parts<"data">} self */
async function shapeBegin(self) {
  try {
    const [now, operations] = await Promise.all([self.ctx.call("shape_now", self.set.id), self.ctx.call("operations", self.set.id)]);
    self.operations = operations.filter((one) => SHAPE_GROUPS.includes(one.group));
    shapeNow(self, now);
    shapeList(self);
    const { wanted } = openSet;
    openSet.wanted = null;
    const operation = self.operations.find((one) => one.key === wanted?.operation);
    if (operation) openWanted(self, operation, wanted?.values);
    else if (openSet.toRewrite) self.body.querySelector('[data-shape="rewrite"]')?.click();
  } catch (error) {
    replaceChildren(self.node, noteBox("danger", error.message));
  }
  self.node.removeAttribute("aria-busy");
}

/** The operation that the address names is open, with the settings that it names, and in view. */
function openWanted(self, operation, asked = new URLSearchParams()) {
  const named = operation.params.filter((param) => asked.has("set_" + param.key));
  const begin = Object.fromEntries(named.map((param) => [param.key, asked.get("set_" + param.key)]));
  shapeOpen(self, operation, () => dataOperation(self.set, self.ctx, shapeDefault(self, operation), { begin }));
  self.body.scrollIntoView({ block: "start" });
}

/* ---------------------------------------------------------------- how it stands */

/** @param {Parts<"data">} self */
function shapeNow(self, now) {
  const splits = ["train", "val", "test"].filter((split) => now.splits[split]);
  self.column = now.column;
  const total = splits.reduce((sum, split) => sum + now.splits[split], 0) || 1;
  replaceChildren(self.now,
    h("h2", { id: "shape-now-title" }, t("shape.now")),
    h("div", { class: "data-split" },
      h("div", { class: "data-split-bar", "aria-hidden": "true" }, splits.map((split) => h("i", { class: split, style: { width: (100 * now.splits[split]) / total + "%" } }))),
      h("div", { class: "shape-keys ts-small" }, splits.map((split) => h("span", { class: "data-key " + split }, t("shape.part." + split, { n: format.number(now.splits[split]), share: format.percent(now.splits[split] / total) }))))),
    now.splits.val ? null : noteBox("warn", t("shape.no_val")),
    now.made ? h("p", { class: "ts-soft ts-small" }, t("shape.made", { share: format.percent(now.made) })) : null,
    shapeBalance(self, now));
}

const shapeColumn = (name) => (name === "@answer" ? t("shape.column.answer") : name === "@file" ? t("shape.column.file") : name);

/**
 * The largest groups as bars; another column can be looked at.
 * @param {Parts<"data">} self
 */
function shapeBalance(self, now) {
  if (!now.looked) return null;
  if (!now.columns.length) return h("p", { class: "ts-soft ts-small" }, t("shape.no_labels"));
  const options = now.columns.map((name) => [name, shapeColumn(name)]);
  if (!now.column) options.unshift([null, t("shape.column.choose")]);
  const select = selectField("shape-column", options, now.column, async (column) => {
    const other = await runAction(select, () => self.ctx.call("shape_now", self.set.id, column));
    if (!other) return;
    shapeNow(self, other);
    self.now.querySelector("#shape-column").focus();
  });
  const bar = (label, share, className) => h("div", { class: "shape-bar " + className },
    h("dt", { dir: "auto" }, label), h("dd", {}, h("i", { "aria-hidden": "true", style: { width: Math.max(0.5, 100 * share) + "%" } }), h("span", { class: "ts-num" }, format.percent(share))));
  return h("div", { class: "ts-stack tight" },
    h("div", { class: "ts-row shape-by" }, h("label", { for: "shape-column", class: "ts-label" }, t("shape.balance")), select),
    now.groups.length ? h("dl", { class: "shape-bars" },
      now.groups.map(([value, share]) => bar(value ?? t("shape.column.empty"), share, value === null ? "none" : "")),
      now.others > 0 ? bar(t("shape.others", { n: format.number(now.different - now.groups.length) }), now.others, "none") : null) : null,
    now.groups.length && !now.whole ? h("p", { class: "ts-soft ts-small" }, t("shape.estimated", { n: format.number(now.looked) })) : null);
}

/* ---------------------------------------------------------------- what can be done */

/**
 * @param {Parts<"data">} self
 * @param {any} [back]
 */
function shapeList(self, back) {
  const usual = SHAPE_USUAL.map((key) => self.operations.find((one) => one.key === key)).filter(Boolean);
  const rest = (group) => self.operations.filter((one) => one.group === group && !usual.includes(one));
  const rewrite = self.set.kind === "text" ? [] : [shapeCard(self, { key: "rewrite", group: "augment", label: t("rewrite.title"), help: t("rewrite.lead") }, () => rewritePanel(self.set, self.ctx))];
  const groups = SHAPE_GROUPS.map((group) => [group, [...rest(group).map((one) => shapeCard(self, one)), ...(group === "augment" ? rewrite : [])]]);
  replaceChildren(self.body,
    h("section", { class: "ts-stack", "aria-labelledby": "shape-usual" },
      h("div", {}, h("h2", { id: "shape-usual" }, t("shape.usual")), h("p", { class: "ts-soft" }, t("shape.lead"))),
      h("div", { class: "shape-cards" }, usual.map((one) => shapeCard(self, one)))),
    groups.filter(([, cards]) => cards.length).map(([group, cards]) => h("section", { class: "ts-stack tight", "aria-labelledby": "shape-" + group },
      h("h2", { id: "shape-" + group, class: "shape-group" }, t("shape.group." + group)),
      h("div", { class: "shape-cards" }, cards))));
  if (back) self.body.querySelector(`[data-shape="${back}"]`)?.focus();
}

/**
 * One operation as a card: its name and one sentence.
 * @param {Parts<"data">} self
 * @param {any} operation
 * @param {() => any} [panel]
 */
const shapeCard = (self, operation, panel) => h("button", {
  type: "button", class: "shape-card", "data-shape": operation.key,
  onclick: () => shapeOpen(self, operation, panel || (() => dataOperation(self.set, self.ctx, shapeDefault(self, operation)))),
}, h("span", { class: "shape-name" }, drawIcon(SHAPE_ICONS[operation.group]), operation.label), h("span", { class: "ts-soft ts-small" }, operation.help));

/**
 * The column that is shown above is the first choice where rows are grouped by a label; a column that is called so, where a time is asked for.
 * @param {Parts<"data">} self
 * @param {Server.OperationForm} operation
 */
const shapeDefault = (self, operation) => ({ ...operation, params: operation.params.map((param) => {
  if (param.key !== "column") return param;
  const named = (value) => param.choices.some((one) => one.value === value) && value;
  const first = operation.key === "split_time" ? param.choices.find((one) => TIME_NAMES.test(String(one.value)))?.value
    : named("@answer") && self.column && named(self.column);
  return first ? { ...param, default: first } : param;
}) });
const TIME_NAMES = /date|time|created|updated|\u65e5\u671f|\u65f6\u95f4|\u6642\u9593|\u5e74\u6708/i;

/**
 * @param {Parts<"data">} self
 * @param {Server.OperationForm} operation
 */
function shapeOpen(self, operation, panel) {
  const back = h("button", { type: "button", class: "ts-btn ghost small shape-back", onclick: () => shapeList(self, operation.key) }, drawIcon("arrow-right"), t("shape.back"));
  const title = h("h2", { tabindex: "-1", id: "shape-open" }, operation.label);
  replaceChildren(self.body, h("section", { class: "ts-card shape-open", "aria-labelledby": "shape-open" },
    h("div", {}, back), h("div", {}, title, h("p", { class: "ts-soft" }, operation.help)), panel()));
  title.focus({ preventScroll: true });
  self.body.scrollIntoView({ block: "nearest" });
}
