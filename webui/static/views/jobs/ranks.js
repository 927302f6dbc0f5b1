/* What a method tells of itself while it learns: numbers for each module as heat maps (layers down, checks across, a map for
   each kind of module), single numbers as small charts. Shown only where there are such metrics. */
import { lineChart } from "../../kit/chart.js";
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { hasText, t } from "../../kit/texts.js";
import { JOB_METRICS, SAMPLE_REWARD } from "./parts.js";
import { svgNode } from "../learn/diagram-kit.js";

/* What is drawn elsewhere; `added` are the charts of the job's objective. */
export const ranksKnown = (added = []) => new Set(["tokens", ...JOB_METRICS.MEMORY, ...[...JOB_METRICS.LOSS, ...JOB_METRICS.SMALL].map(([name]) => name), ...added.map((one) => one.key)]);
const WIDEST = 240;

export function jobFigures(root) {
  const maps = h("div", { class: "ts-stack" });
  const small = h("div", { class: "job-chart-grid" });
  const charts = {};
  replaceChildren(root, maps, small);
  const update = (metrics, added) => {
    const known = ranksKnown(added);
    const told = Object.entries(metrics).filter(([name]) => !known.has(name) && !name.startsWith(SAMPLE_REWARD)); // those stand on the samples
    replaceChildren(maps, ranksGroups(told).map(([figure, series]) => ranksCard(figure, series)));
    for (const [name, points] of told.filter(([figure]) => !figure.includes("/"))) ranksChart(small, charts, name, points);
  };
  return { update };
}

const ranksWord = (figure) => { const key = "jobs.figure." + figure; return hasText(key) ? t(key) : figure.replaceAll("_", " "); };

/** "rank/layers.3.self_attn.q_proj" -> the figure "rank", its series by module. */
function ranksGroups(told) {
  const groups = new Map();
  for (const [name, points] of told) {
    const at = name.indexOf("/");
    if (at < 1) continue;
    const figure = name.slice(0, at);
    groups.set(figure, [...(groups.get(figure) || []), { module: name.slice(at + 1), points }]);
  }
  return [...groups];
}

function ranksChart(holder, charts, name, points) {
  if (points.length < 2) return;
  const label = ranksWord(name);
  const series = [{ name, label, kind: "neutral", points }];
  if (charts[name]) return charts[name].update(series, []);
  const card = h("section", { class: "ts-card job-chart-small" });
  holder.append(card);
  charts[name] = lineChart(card, { title: label, yLabel: label, compact: true, series, markers: [] });
}

/** The number of the layer and the kind of the module, out of its name. */
function place(module) {
  const found = module.match(/^(?:.*?\.)?(\d+)\.(.+)$/);
  return found ? { layer: Number(found[1]), kind: found[2] } : { layer: 0, kind: module };
}

function ranksCard(figure, series) {
  const kinds = new Map();
  for (const { module, points } of series) {
    const { layer, kind } = place(module);
    kinds.set(kind, [...(kinds.get(kind) || []), { layer, points }]);
  }
  const steps = [...new Set(series.flatMap(({ points }) => points.map(([step]) => step)))].sort((a, b) => a - b);
  const most = Math.max(1, ...series.flatMap(({ points }) => points.map(([, value]) => value)));
  const word = ranksWord(figure);
  return h("section", { class: "ts-card job-ranks", "aria-label": word },
    h("div", { class: "ts-spread" }, h("h2", {}, word), scale(most)),
    h("p", { class: "ts-small ts-soft" }, t("jobs.ranks.lead", { first: format.number(steps[0]), last: format.number(steps.at(-1)) })),
    h("div", { class: "job-rank-maps", tabindex: "0", role: "group", "aria-label": word },
      [...kinds].map(([kind, rows]) => map(kind, rows.sort((a, b) => a.layer - b.layer), steps, most))),
    ranksTable(kinds, steps));
}

const scale = (most) => h("span", { class: "job-rank-scale ts-small ts-num", "aria-hidden": "true" }, "0", h("i", {}), format.number(most, 2));

const now = (points) => points.at(-1)[1];

/** Layers from top to bottom, checks from left to right; the deeper the colour, the higher the number. */
function map(kind, rows, steps, most) {
  const cell = Math.max(2, Math.min(16, WIDEST / steps.length)), gap = cell > 6 ? 1.5 : 0, high = 10;
  const width = steps.length * cell, height = rows.length * high;
  const cells = rows.flatMap(({ layer, points }, row) => points.map(([step, value]) => svgNode("rect", {
    class: "job-rank-cell", x: steps.indexOf(step) * cell, y: row * high, width: cell - gap, height: high - 1.5, rx: gap,
    "fill-opacity": (0.05 + 0.95 * Math.max(0, value) / most).toFixed(3),
  }, svgNode("title", {}, t("jobs.ranks.cell", { layer, step: format.number(step), value: format.number(value, 2) })))));
  const mean = rows.reduce((sum, { points }) => sum + now(points), 0) / rows.length;
  const told = t("jobs.ranks.mean", { kind, mean: format.number(mean, 1) });
  return h("figure", { class: "job-rank-map" },
    svgNode("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": told }, cells),
    h("figcaption", { class: "ts-small" }, h("span", { class: "ts-mono" }, kind.split(".").at(-1)), h("span", { class: "ts-soft" }, t("jobs.ranks.now", { mean: format.number(mean, 1) }))));
}

function ranksTable(kinds, steps) {
  const layers = [...new Set([...kinds.values()].flat().map(({ layer }) => layer))].sort((a, b) => a - b);
  const value = (rows, layer) => { const row = rows.find((one) => one.layer === layer); return row ? format.number(now(row.points), 2) : "–"; };
  return h("details", { class: "ts-details ts-small" }, h("summary", {}, t("jobs.ranks.table", { step: format.number(steps.at(-1)) })),
    h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": t("jobs.ranks.table", { step: format.number(steps.at(-1)) }) }, h("table", { class: "ts-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("jobs.ranks.layer")), [...kinds.keys()].map((kind) => h("th", { scope: "col", class: "ts-num" }, kind.split(".").at(-1))))),
      h("tbody", {}, layers.map((layer) => h("tr", {}, h("th", { scope: "row", class: "ts-num" }, layer), [...kinds.values()].map((rows) => h("td", { class: "ts-num" }, value(rows, layer)))))))));
}
