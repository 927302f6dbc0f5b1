/* All methods in one table, from their declarations and the chosen model's numbers. Each head sorts. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { learnCost, learnShare, rank } from "./parts.js";

/**
 * Columns: what to sort by (numbers or words) and how to show it. `ability` columns are what a method declares it can do.
 * @param {Parts<"learn">} page
 */
const learnColumns = (page) => {
  const cost = (key) => learnCost(page, key);
  const number = (key, read, show) => ({ key, sort: (m) => (cost(m.key) ? read(cost(m.key)) : null), show: (m) => (cost(m.key) ? show(cost(m.key)) : "–"), number: true });
  const ability = (key) => ({
    key, ability: true,
    sort: (m) => Number(m.capabilities.find((one) => one.key === key).can),
    show: (m) => yesNo(m.capabilities.find((one) => one.key === key)),
  });
  return [
    { key: "method", sort: (m) => m.label.toLowerCase(), show: (m) => h("a", { class: "ts-link", href: "#" + m.key }, m.label) },
    number("trained", (c) => c.trained, (c) => format.count(c.trained)),
    number("share", (c) => c.share, (c) => learnShare(c.share)),
    number("changed", (c) => c.changed, (c) => format.count(c.changed)),
    number("rank", (c) => c.rank ?? 0, (c) => rank(c)),
    number("size", (c) => c.bytes, (c) => format.bytes(c.bytes)),
    number("memory", (c) => c.memory_mb, (c) => format.memory(c.memory_mb)),
    ...["merge", "toggle", "quantised_base", "packing", "batch"].map(ability),
  ];
};

const yesNo = ({ can, reason }) => h("span", { class: "learn-can " + (can ? "yes" : "no"), title: reason || null },
  drawIcon(can ? "check" : "x", 16), h("span", { class: "ts-sr" }, t(can ? "train.form.yes" : "train.form.no")));

/** @param {Parts<"learn">} page */
export function learnTable(page) {
  const order = { key: null, down: false };
  const holder = h("div", { class: "ts-table-wrap learn-table", tabindex: "0", role: "region", "aria-label": t("learn.compare.short") });
  const draw = () => {
    const columns = learnColumns(page);
    replaceChildren(holder, h("table", { class: "ts-table" },
      h("caption", { class: "ts-sr" }, t("learn.compare.title")),
      h("thead", {}, h("tr", {}, columns.map((column) => columnHead(column, order, draw)))),
      h("tbody", {}, learnSorted(page.methods, columns, order).map((method) => h("tr", {}, columns.map((column, at) =>
        h(at ? "td" : "th", { class: column.number ? "ts-num" : column.ability ? "learn-ability" : "", scope: at ? null : "row" }, column.show(method))))))));
  };
  page.on(draw);
  draw();
  return h("div", { class: "ts-stack tight" }, holder, h("p", { class: "ts-help" }, t("learn.compare.help")));
}

function columnHead(column, order, draw) {
  const mine = order.key === column.key;
  const sort = () => {
    Object.assign(order, mine ? { down: !order.down } : { key: column.key, down: false });
    draw();
  };
  return h("th", { class: column.number ? "ts-num" : column.ability ? "learn-ability" : "", scope: "col", "aria-sort": mine ? (order.down ? "descending" : "ascending") : "none" },
    h("button", { type: "button", id: "learn-sort-" + column.key, class: "learn-sort", title: t(`learn.column.${column.key}.help`), onclick: sort },
      t("learn.column." + column.key), mine ? drawIcon(order.down ? "chevron-down" : "chevron-up", 14) : null));
}

/** What has no number comes last, whichever way is asked for. */
function learnSorted(methods, columns, { key, down }) {
  const column = columns.find((one) => one.key === key);
  if (!column) return methods;
  const compare = (a, b) => {
    const [one, other] = [column.sort(a), column.sort(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return (one < other ? -1 : one > other ? 1 : 0) * (down ? -1 : 1);
  };
  return [...methods].sort(compare);
}
