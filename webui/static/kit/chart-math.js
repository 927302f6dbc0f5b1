/* The arithmetic of charts, without a page: smoothing, alignment, numbers as text, tables. */
import { pageLocale, t } from "./texts.js";

/** Debiased exponential moving average: the first values are not pulled towards 0. `weight` from 0 (raw) to below 1. */
export function chartMathSmooth(values, weight) {
  let sum = 0, scale = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    sum = weight * sum + (1 - weight) * value;
    scale = weight * scale + (1 - weight);
    return sum / scale;
  });
}

/** Points with numbers only, in the order of x; the last one wins where two share an x. */
export function clean(points) {
  const byX = new Map();
  for (const [x, y] of points || []) if (Number.isFinite(x)) byX.set(x, Number.isFinite(y) ? y : null);
  return [...byX].sort((a, b) => a[0] - b[0]);
}

/** Series on one x axis, as uPlot wants them: [xs, ys of the first, ys of the second ...]; undefined where one has no value. */
export function align(lists) {
  const xs = [...new Set(lists.flatMap((points) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  const columns = lists.map((points) => {
    const column = new Array(xs.length).fill(undefined);
    for (const [x, y] of points) column[/** @type {number} */ (place.get(x))] = y;
    return column;
  });
  return [xs, ...columns];
}

/** A number for an axis or a legend: three to four significant digits, exponents only where they must be. */
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001) return value.toExponential(1).replace("e-", "e−");
  if (size >= 10000) return value.toLocaleString(pageLocale(), { maximumFractionDigits: 0 });
  return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
}

/** Labels of an axis: as `short` says them, with as many more digits as it takes to place each tick where it stands. */
export function tickLabels(values) {
  const known = values.filter(Number.isFinite);
  const gap = Math.min(...known.slice(1).map((value, i) => Math.abs(value - known[i])).filter(Boolean));
  const near = (round) => known.every((value) => !(Math.abs(round(value) - value) > gap / 50));
  let digits = 0;
  if (!near(shortened)) for (digits = 4; digits < 15 && !near((value) => Number(value.toPrecision(digits))); digits += 1);
  return values.map((value) => (Number.isFinite(value) ? (digits ? exact(value, digits) : short(value)) : ""));
}

/** The number that `short` says. */
function shortened(value) {
  const size = Math.abs(value);
  return size >= 10000 ? Math.round(value) : Number(value.toPrecision(size < 0.001 ? 2 : size >= 1000 ? 4 : 3));
}

/** A number with so many significant digits at most. */
function exact(value, digits) {
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e-", "e−");
  if (size >= 10000) return value.toLocaleString(pageLocale(), { maximumSignificantDigits: digits });
  return String(Number(value.toPrecision(digits)));
}

/** [header, rows] of all series, one row a step. */
export function chartMathTable(series, stepName) {
  const [xs, ...columns] = align(series.map(({ points }) => clean(points)));
  return [[stepName, ...series.map(({ label }) => label)], xs.map((x, i) => [x, ...columns.map((column) => column[i] ?? null)])];
}

const RISKY = /^'*[=+\-@\t\r\n＝＋－＠]/; // texts that a spreadsheet would run as a formula, as engine/core/cells.py has them

export function csv(series, stepName) {
  const plain = (cell) => (cell === null ? "" : typeof cell === "string" && RISKY.test(cell) ? "'" + cell : String(cell));
  const quote = (cell) => { const text = plain(cell); return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text; };
  const [header, rows] = chartMathTable(series, stepName);
  return [header, ...rows].map((row) => row.map(quote).join(",")).join("\r\n") + "\r\n";
}

/** At most `most` of the rows, evenly spread, the last one among them. */
export function thin(rows, most) {
  if (rows.length <= most) return rows;
  return Array.from({ length: most }, (_, i) => rows[Math.round(i * (rows.length - 1) / (most - 1))]);
}

/** What the chart shows, for those who cannot see it. */
export function describe(title, series) {
  const lines = series.map(({ label, points }) => {
    const known = clean(points).filter(([, y]) => y !== null);
    if (!known.length) return label;
    return t("chart.line", { label, first: short(known[0][1]), last: short(known[known.length - 1][1]) });
  });
  return t("chart.describe", { title, lines: lines.join("; ") });
}
