/* Overlaid curves, held-out and training loss beside each other, one line an entrant, and the answers side by side. */
import { lineChart } from "../../kit/chart.js";
import { drawKeyed, h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { compareKey } from "./parts.js";
import { cutPreview } from "../shared/cut-preview.js";

const SHOWN = 6;

/** @param {Parts<"compare">} b */
export function curves(b, root) {
  const charts = {};
  const hidden = new Set(b.view.rows.filter((row) => row.kind !== "base").slice(SHOWN).map((row) => row.key));
  const toggles = h("div", { class: "compare-toggles", role: "group", "aria-label": t("compare.curves.which") });
  const places = { val_loss: h("div", { class: "ts-card" }), train_loss: h("div", { class: "ts-card" }) };
  let data = {};
  replaceChildren(root, h("h2", {}, t("compare.curves")), toggles, h("div", { class: "compare-charts" }, Object.values(places)));
  const toggle = (key) => {
    if (!hidden.delete(key)) hidden.add(key);
    show();
  };
  const show = () => {
    drawKeyed(toggles, b.view.rows.map((row) => ({ key: row.key, label: row.label, shown: !hidden.has(row.key) })), (one) => one.key, (one) =>
      h("button", { type: "button", id: "compare-line-" + one.key, class: "compare-toggle", "aria-pressed": String(one.shown), onclick: () => toggle(one.key) }, compareKey(b.styles.get(one.key)), one.label));
    for (const [name, holder] of Object.entries(places)) {
      const series = compareSeries(b, data, name, hidden);
      if (charts[name]) charts[name].update(series);
      else charts[name] = lineChart(holder, { title: t("compare.chart." + name), yLabel: t("compare.chart." + name), smoothing: name === "train_loss" ? 0.6 : 0, series });
    }
  };
  return { draw: (found) => { data = found; show(); } };
}

/**
 * One line an entrant; the base and what does not train are level lines to beat.
 * @param {Parts<"compare">} b
 */
function compareSeries(b, data, name, hidden) {
  const last = Math.max(1, ...Object.values(data).flatMap((lines) => Object.values(lines).map((points) => points.at(-1)?.[0] || 0)));
  const metric = b.forms.metrics.find((one) => one.curve === name);
  const across = (value) => (Number.isFinite(value) ? [[0, value], [last, value]] : []);
  return b.view.rows.filter((row) => !hidden.has(row.key)).map((row) => {
    const own = data[row.key]?.[name] || [];
    const level = row.kind === "tuned" ? null : row.cells[metric?.key]?.mean;
    return { name: row.key, label: row.label, ...b.styles.get(row.key), points: level === null ? own : across(level) };
  }).filter((one) => one.points.length);
}

/**
 * The scored questions, one at a time: what was expected, and what everyone said.
 * @param {Parts<"compare">} b
 */
export function answers(b, root) {
  let rows = [], at = 0, drawn = "";
  const go = (step) => { at = (at + step + rows.length) % rows.length; show(); };
  const show = () => {
    root.hidden = !rows.length;
    if (!rows.length) return;
    at = Math.min(at, rows.length - 1);
    const stamp = JSON.stringify([at, rows.length, rows[at]]);
    if (stamp === drawn) return;
    drawn = stamp;
    const button = (icon, key, step) => h("button", { type: "button", class: "ts-btn small", id: "compare-" + key, disabled: rows.length < 2, onclick: () => go(step) }, icon === "arrow-left" ? drawIcon(icon) : null, t(key === "previous" ? "compare.previous" : "compare.next"), icon === "arrow-right" ? drawIcon(icon) : null);
    replaceChildren(root, h("div", { class: "ts-spread" }, h("h2", {}, t("compare.answers")),
      h("div", { class: "ts-row" }, h("span", { class: "ts-small ts-soft", role: "status" }, t("compare.question_of", { n: at + 1, all: rows.length })), button("arrow-left", "previous", -1), button("arrow-right", "next", 1))),
    answerCards(b, rows[at]));
  };
  return { draw: (found) => { rows = found; show(); } };
}

/** @param {Parts<"compare">} b */
function answerCards(b, one) {
  const plain = (text) => text.trim().split(/\s+/).join(" ").toLowerCase();
  const card = (row, answer) => h("article", { class: "compare-answer " + row.kind, style: { borderTopColor: `var(${b.styles.get(row.key).color})` } },
    h("header", { class: "ts-spread" }, h("b", {}, row.label), plain(answer) === plain(one.expected) ? h("span", { class: "ts-badge good" }, drawIcon("check"), t("jobs.samples.same")) : null),
    cutPreview(h("p", { dir: "auto" }, answer || h("em", { class: "ts-soft" }, t("jobs.samples.nothing")))));
  const said = b.view.rows.map((row) => [row, row.kind === "base" ? one.base : one.answers[row.key]]).filter(([, answer]) => answer !== undefined && answer !== null);
  return h("div", { class: "ts-card compare-asked" },
    h("div", { class: "ts-bubble user", dir: "auto" }, one.question),
    h("div", { class: "sample-expected" }, h("span", { class: "ts-label" }, t("jobs.samples.expected")), h("p", { dir: "auto" }, one.expected)),
    h("div", { class: "compare-said" }, said.map(([row, answer]) => card(row, answer))));
}
