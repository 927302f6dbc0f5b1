/* Charts of the report: bars of a distribution and tables of shares. Each can be read without seeing it. */
"use strict";
TS.data = TS.data || {};

/** Bars [[from, to, rows]...] of `spread`, with a label that says the gist and a table behind a fold. `unit`: "characters" or "tokens". */
TS.data.lengthBars = function (spread, unit) {
  const number = TS.format.number;
  const gist = TS.t("data.report.gist." + unit, { median: number(spread.median), p95: number(spread.p95), longest: number(spread.longest) });
  const most = Math.max(1, ...spread.bars.map(([, , rows]) => rows));
  const range = ([from, to]) => (to - from === 1 ? number(from) : TS.t("data.report.range", { from: number(from), to: number(to - 1) }));
  return TS.h("figure", { class: "data-histogram" },
    TS.h("div", { class: "data-bars", role: "img", "aria-label": gist }, spread.bars.map((bar) =>
      TS.h("span", { title: TS.t("data.report.bar." + unit, { range: range(bar), rows: number(bar[2]) }) },
        TS.h("i", { style: { height: Math.max(bar[2] ? 2 : 0, (100 * bar[2]) / most) + "%" } })))),
    TS.h("div", { class: "ts-spread ts-small ts-soft ts-num", "aria-hidden": "true" },
      TS.h("span", {}, number(spread.bars[0]?.[0] ?? 0)), TS.h("span", { class: "data-axis" }, TS.t("data.report.axis." + unit)), TS.h("span", {}, number(spread.longest))),
    TS.h("figcaption", { class: "ts-small ts-soft" }, gist),
    TS.h("details", { class: "ts-details ts-small" }, TS.h("summary", {}, TS.t("data.report.as_table")),
      TS.h("table", { class: "ts-table data-tight" },
        TS.h("thead", {}, TS.h("tr", {}, TS.h("th", { scope: "col" }, TS.t("data.report.axis." + unit)), TS.h("th", { scope: "col", class: "ts-num" }, TS.t("data.rows")))),
        TS.h("tbody", {}, spread.bars.map((bar) => TS.h("tr", {}, TS.h("th", { scope: "row", class: "ts-num" }, range(bar)), TS.h("td", { class: "ts-num" }, number(bar[2]))))))));
};

/** A table of shares: [[name, rows]...] with a bar each. */
TS.data.shares = function (caption, pairs, total) {
  const most = Math.max(1, ...pairs.map(([, rows]) => rows));
  return TS.h("table", { class: "ts-table data-shares" },
    TS.h("caption", { class: "ts-small ts-soft" }, caption),
    TS.h("thead", { class: "ts-visually-hidden" }, TS.h("tr", {}, ["value", "bar", "rows", "share"].map((key) => TS.h("th", { scope: "col" }, TS.t("data.report.column." + key))))),
    TS.h("tbody", {}, pairs.map(([name, rows]) => TS.h("tr", {},
      TS.h("th", { scope: "row", dir: "auto" }, name),
      TS.h("td", { class: "data-share", "aria-hidden": "true" }, rows ? TS.h("i", { style: { width: Math.max(1, (100 * rows) / most) + "%" } }) : null),
      TS.h("td", { class: "ts-num" }, TS.format.number(rows)),
      TS.h("td", { class: "ts-num ts-soft" }, TS.format.percent(rows / (total || 1), rows && rows / total < 0.1 ? 1 : 0))))));
};

/** One card that shows one of several distributions at a time. parts: [[key, label, spread]...]. */
TS.data.lengthParts = function (name, label, parts, unit) {
  const shown = parts.filter(([, , spread]) => spread && spread.bars.length);
  const holder = TS.h("div", {});
  const show = (key) => TS.replace(holder, TS.data.lengthBars(shown.find(([one]) => one === key)[2], unit));
  if (!shown.length) return TS.h("p", { class: "ts-soft" }, TS.t("data.report.none"));
  show(shown[0][0]);
  return TS.h("div", { class: "ts-stack" },
    shown.length > 1 ? TS.segments(name, label, shown.map(([key, text]) => [key, text]), shown[0][0], show) : null, holder);
};
