/* Charts of the report: bars of a distribution and tables of shares. Each can be read without seeing it. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";
import { segments } from "../../shared/form-controls.js";

/** Bars [[from, to, rows]...] of `spread`, with a label that says the gist and a table behind a fold. `unit`: "characters" or "tokens". */
function lengthBars(spread, unit) {
  const number = format.number;
  const gist = t("data.report.gist." + unit, { median: number(spread.median), p95: number(spread.p95), longest: number(spread.longest) });
  const most = Math.max(1, ...spread.bars.map(([, , rows]) => rows));
  const range = ([from, to]) => (to - from === 1 ? number(from) : t("data.report.range", { from: number(from), to: number(to - 1) }));
  return h("figure", { class: "data-histogram" },
    h("div", { class: "data-bars", role: "img", "aria-label": gist }, spread.bars.map((bar) =>
      h("span", { title: t("data.report.bar." + unit, { range: range(bar), rows: number(bar[2]) }) },
        h("i", { style: { height: Math.max(bar[2] ? 2 : 0, (100 * bar[2]) / most) + "%" } })))),
    h("div", { class: "ts-spread ts-small ts-soft ts-num", "aria-hidden": "true" },
      h("span", {}, number(spread.bars[0]?.[0] ?? 0)), h("span", { class: "data-axis" }, t("data.report.axis." + unit)), h("span", {}, number(spread.longest))),
    h("figcaption", { class: "ts-small ts-soft" }, gist),
    h("details", { class: "ts-details ts-small" }, h("summary", {}, t("data.report.as_table")),
      h("table", { class: "ts-table data-tight" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("data.report.axis." + unit)), h("th", { scope: "col", class: "ts-num" }, t("data.rows")))),
        h("tbody", {}, spread.bars.map((bar) => h("tr", {}, h("th", { scope: "row", class: "ts-num" }, range(bar)), h("td", { class: "ts-num" }, number(bar[2]))))))));
}

/** A table of shares: [[name, rows]...] with a bar each. */
export function shares(caption, pairs, total) {
  const most = Math.max(1, ...pairs.map(([, rows]) => rows));
  return h("table", { class: "ts-table data-shares" },
    h("caption", { class: "ts-small ts-soft" }, caption),
    h("thead", { class: "ts-visually-hidden" }, h("tr", {}, ["value", "bar", "rows", "share"].map((key) => h("th", { scope: "col" }, t("data.report.column." + key))))),
    h("tbody", {}, pairs.map(([name, rows]) => h("tr", {},
      h("th", { scope: "row", dir: "auto" }, name),
      h("td", { class: "data-share", "aria-hidden": "true" }, rows ? h("i", { style: { width: Math.max(1, (100 * rows) / most) + "%" } }) : null),
      h("td", { class: "ts-num" }, format.number(rows)),
      h("td", { class: "ts-num ts-soft" }, format.percent(rows / (total || 1), rows && rows / total < 0.1 ? 1 : 0))))));
}

/** One card that shows one of several distributions at a time. parts: [[key, label, spread]...]. */
export function lengthParts(name, label, parts, unit) {
  const shown = parts.filter(([, , spread]) => spread && spread.bars.length);
  const holder = h("div", {});
  const show = (key) => replaceChildren(holder, lengthBars(shown.find(([one]) => one === key)[2], unit));
  if (!shown.length) return h("p", { class: "ts-soft" }, t("data.report.none"));
  show(shown[0][0]);
  return h("div", { class: "ts-stack" },
    shown.length > 1 ? segments(name, label, shown.map(([key, text]) => [key, text]), shown[0][0], show) : null, holder);
}
