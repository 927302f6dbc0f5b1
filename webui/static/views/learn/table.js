/* All methods in one table, from their declarations and the chosen model's numbers. Each head sorts. */
"use strict";
TS.learn = TS.learn || {};

/** Columns: what to sort by (numbers or words) and how to show it. `ability` columns are what a method declares it can do. */
TS.learn.columns = (page) => {
  const cost = (key) => TS.learn.cost(page, key);
  const number = (key, read, show) => ({ key, sort: (m) => (cost(m.key) ? read(cost(m.key)) : null), show: (m) => (cost(m.key) ? show(cost(m.key)) : "–"), number: true });
  const ability = (key) => ({
    key, ability: true,
    sort: (m) => Number(m.capabilities.find((one) => one.key === key).can),
    show: (m) => TS.learn.yesNo(m.capabilities.find((one) => one.key === key)),
  });
  return [
    { key: "method", sort: (m) => m.label.toLowerCase(), show: (m) => TS.h("a", { class: "ts-link", href: "#" + m.key }, m.label) },
    number("trained", (c) => c.trained, (c) => TS.train.count(c.trained)),
    number("share", (c) => c.share, (c) => TS.learn.share(c.share)),
    number("changed", (c) => c.changed, (c) => TS.train.count(c.changed)),
    number("rank", (c) => c.rank ?? 0, (c) => TS.learn.rank(c)),
    number("size", (c) => c.bytes, (c) => TS.format.bytes(c.bytes)),
    number("memory", (c) => c.memory_mb, (c) => TS.train.megabytes(c.memory_mb)),
    ...["merge", "toggle", "quantised_base", "packing", "batch"].map(ability),
  ];
};

TS.learn.yesNo = ({ can, reason }) => TS.h("span", { class: "learn-can " + (can ? "yes" : "no"), title: reason || null },
  TS.icon(can ? "check" : "x", 16), TS.h("span", { class: "ts-sr" }, TS.t(can ? "train.form.yes" : "train.form.no")));

TS.learn.table = function (page) {
  const order = { key: null, down: false };
  const holder = TS.h("div", { class: "ts-table-wrap learn-table", tabindex: "0", role: "region", "aria-label": TS.t("learn.compare.short") });
  const draw = () => {
    const columns = TS.learn.columns(page);
    TS.replace(holder, TS.h("table", { class: "ts-table" },
      TS.h("caption", { class: "ts-sr" }, TS.t("learn.compare.title")),
      TS.h("thead", {}, TS.h("tr", {}, columns.map((column) => TS.learn.columnHead(column, order, draw)))),
      TS.h("tbody", {}, TS.learn.sorted(page.methods, columns, order).map((method) => TS.h("tr", {}, columns.map((column, at) =>
        TS.h(at ? "td" : "th", { class: column.number ? "ts-num" : column.ability ? "learn-ability" : "", scope: at ? null : "row" }, column.show(method))))))));
  };
  page.on(draw);
  draw();
  return TS.h("div", { class: "ts-stack tight" }, holder, TS.h("p", { class: "ts-help" }, TS.t("learn.compare.help")));
};

TS.learn.columnHead = function (column, order, draw) {
  const mine = order.key === column.key;
  const sort = () => {
    Object.assign(order, mine ? { down: !order.down } : { key: column.key, down: false });
    draw();
  };
  return TS.h("th", { class: column.number ? "ts-num" : column.ability ? "learn-ability" : "", scope: "col", "aria-sort": mine ? (order.down ? "descending" : "ascending") : "none" },
    TS.h("button", { type: "button", id: "learn-sort-" + column.key, class: "learn-sort", title: TS.t(`learn.column.${column.key}.help`), onclick: sort },
      TS.t("learn.column." + column.key), mine ? TS.icon(order.down ? "chevron-down" : "chevron-up", 14) : null));
};

/** What has no number comes last, whichever way is asked for. */
TS.learn.sorted = function (methods, columns, { key, down }) {
  const column = columns.find((one) => one.key === key);
  if (!column) return methods;
  const compare = (a, b) => {
    const [one, other] = [column.sort(a), column.sort(b)];
    if (one === null || other === null) return (one === null) - (other === null);
    return (one < other ? -1 : one > other ? 1 : 0) * (down ? -1 : 1);
  };
  return [...methods].sort(compare);
};
