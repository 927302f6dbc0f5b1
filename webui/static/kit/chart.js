/* lineChart(root, {series: [{name, label, kind, points, color, dash}], title, yLabel, log, smoothing, markers: [{x, label, kind}], compact})
   -> {update(series, markers), destroy()}. `color` (a token's name) and `dash` tell more series apart than there are kinds; `band` ([[x, spread], ...]) is drawn around a line. Updates redraw the canvas in place; zoom, smoothing and scale stay as they are. */
import uPlot from "../vendor/uplot/uPlot.js";
import { align, chartMathSmooth, chartMathTable, clean, csv, describe, short, thin, tickLabels } from "./chart-math.js";
import { h, replaceChildren } from "./dom.js";
import { format } from "./format.js";
import { drawIcon } from "./icons.js";
import { saveFile } from "./parts.js";
import { t } from "./texts.js";

export function lineChart(root, options) {
  const chart = new Chart(root, options);
  return { update: (series, markers) => chart.update(series, markers), destroy: () => chart.destroy() };
}

class Chart {
  static KINDS = { train: "--ts-train", val: "--ts-val", base: "--ts-base", tuned: "--ts-tuned", fewshot: "--ts-fewshot", neutral: "--ts-base" };
  static ROWS = 200;
  static numbers = 0;
  /** @type {any} */ uplot = null;
  /** @type {any} */ zoom = null;
  /** @type {any} */ tableStamp = null;
  /** @type {any} */ legend = null;
  /** @type {any} */ where = null;
  /** @type {any} */ plot = null;
  /** @type {any} */ empty = null;
  /** @type {any} */ tableHolder = null;
  /** @type {any} */ resetButton = null;
  /** @type {any} */ tableButton = null;
  /** @type {any} */ root = null;

  constructor(root, options) {
    this.options = options;
    this.series = options.series || [];
    this.markers = options.markers || [];
    this.smoothing = options.compact ? 0 : options.smoothing ?? 0;
    this.log = Boolean(options.log);
    this.id = "ts-chart-" + (Chart.numbers += 1);
    this.build(root);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.plot);
    this.rebuild = this.rebuild.bind(this);
    window.addEventListener("ts:scheme", this.rebuild);
    this.rebuild();
  }

  /* ---- the frame: title, legend, controls, plot, table ---- */

  build(root) {
    const compact = this.options.compact;
    this.legend = h("ul", { class: "ts-chart-legend" });
    this.where = h("span", { class: "ts-chart-where ts-small ts-soft" });
    this.plot = h("div", { class: "ts-chart-plot", role: "img" });
    this.empty = h("p", { class: "ts-chart-empty ts-soft" }, t("chart.empty"));
    this.tableHolder = h("div", { class: "ts-chart-table", id: this.id + "-table", hidden: true });
    this.resetButton = this.tool("zoom-out", "chart.reset", () => this.setZoom(null));
    this.tableButton = this.tool("table", "chart.table", () => this.toggleTable());
    this.tableButton.setAttribute("aria-expanded", "false");
    this.tableButton.setAttribute("aria-controls", this.tableHolder.id);
    const tools = h("div", { class: "ts-chart-tools" }, compact ? null : this.controls(), this.resetButton, this.tableButton,
      compact ? null : [this.tool("image", "chart.save_png", () => this.savePng()), this.tool("download", "chart.save_csv", () => this.saveCsv())]);
    this.root = h("figure", { class: "ts-chart" + (compact ? " compact" : ""), "aria-label": this.options.title },
      h("div", { class: "ts-chart-head" }, h(compact ? "h3" : "h2", {}, this.options.title), tools),
      h("div", { class: "ts-chart-now" }, this.legend, this.where), this.plot, this.empty, this.tableHolder);
    root.append(this.root);
  }

  tool(icon, key, action) {
    return h("button", { type: "button", class: "ts-icon-btn", title: t(key), "aria-label": t(key) + ": " + this.options.title, onclick: action }, drawIcon(icon));
  }

  controls() {
    const output = h("output", { class: "ts-num" }, this.smoothing.toFixed(2));
    const slider = h("input", { type: "range", class: "ts-range", min: "0", max: "0.99", step: "0.01", value: String(this.smoothing) });
    slider.addEventListener("input", () => {
      this.smoothing = Number(slider.value);
      output.textContent = this.smoothing.toFixed(2);
      this.draw();
    });
    const log = h("input", { type: "checkbox", checked: this.log });
    log.addEventListener("change", () => { this.log = log.checked; this.rebuild(); });
    return [h("label", { class: "ts-chart-smooth ts-small" }, t("chart.smoothing"), slider, output),
      h("label", { class: "ts-check ts-small" }, log, t("chart.log"))];
  }

  /* ---- uPlot ---- */

  color(kind) {
    return getComputedStyle(document.documentElement).getPropertyValue(Chart.KINDS[kind] || Chart.KINDS.neutral).trim();
  }

  paint({ kind, color }) {
    return color ? this.token(color) : this.color(kind);
  }

  token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  size() {
    const width = Math.max(120, this.plot.clientWidth);
    return { width, height: this.options.compact ? 150 : Math.round(Math.min(380, Math.max(240, width * 0.42))) };
  }

  /** Two lines a series: the raw values, faint while smoothing, and the smoothed ones. Columns: x, raw 1, smooth 1, raw 2 ... */
  columns() {
    const usable = (y) => (y === undefined ? undefined : y === null || (this.log && y <= 0) ? null : y);
    const [xs, ...columns] = align(this.series.map(({ points }) => clean(points)));
    const pairs = columns.map((column, i) => {
      const raw = column.map(usable);
      return [raw, this.series[i].kind === "val" ? raw : this.smoothColumn(raw)];
    });
    return [xs, ...pairs.flat(), ...this.series.flatMap((one, i) => (one.band ? this.bandColumns(xs, columns[i], new Map(one.band)).map((column) => column.map(usable)) : []))];
  }

  /** So far above and below a line as its band says. */
  bandColumns(xs, column, spread) {
    return [1, -1].map((sign) => column.map((y, k) => (Number.isFinite(y) ? (spread.has(xs[k]) ? y + sign * spread.get(xs[k]) : null) : y)));
  }

  /** The two edges of each band, and what is filled between them. */
  bands() {
    const banded = this.series.filter((one) => one.band), first = 1 + 2 * this.series.length;
    return { lines: banded.flatMap(() => [{}, {}].map(() => ({ stroke: "transparent", width: 0, points: { show: false } }))),
      bands: banded.map((one, k) => ({ series: [first + 2 * k, first + 2 * k + 1], fill: this.paint(one) + "26" })) };
  }

  smoothColumn(column) {
    const places = column.flatMap((y, i) => (y === undefined ? [] : [i]));
    const values = chartMathSmooth(places.map((i) => column[i]), this.smoothing);
    const smooth = new Array(column.length).fill(undefined);
    places.forEach((place, k) => { smooth[place] = values[k]; });
    return smooth;
  }

  lines() {
    return this.series.flatMap((one) => {
      const { kind, label } = one;
      const color = this.paint(one);
      const val = kind === "val";
      const raw = { label, stroke: color + "55", width: 1, points: { show: false }, show: !val && this.smoothing > 0 };
      const few = (u, i, first, last) => val || last - first < 3; // a lone value has no line
      const line = { label, stroke: color, width: 2, dash: one.dash || (val ? [7, 4] : []),
        points: { show: few, size: 7, fill: this.token("--ts-surface"), stroke: color, width: 2 } };
      return [raw, line];
    });
  }

  axes() {
    const font = "12px " + this.token("--ts-mono");
    const common = { stroke: this.token("--ts-soft"), font, grid: { stroke: this.token("--ts-line"), width: 1 }, ticks: { show: false } };
    const text = (_u, values) => tickLabels(values);
    const wide = (_u, labels) => Math.max(54, 12 + 7.4 * Math.max(0, ...(labels || []).map((label) => label.length)));
    return [{ ...common, values: text, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6], space: 56, size: 30 },
      { ...common, values: text, size: wide, space: 32 }];
  }

  rebuild() {
    this.uplot?.destroy();
    this.uplot = null;
    this.shape = this.shapeNow();
    if (this.plot.clientWidth === 0) return;
    const { lines, bands } = this.bands();
    const options = { ...this.size(), bands, legend: { show: false }, padding: [12, 12, 0, 0], axes: this.axes(),
      series: [{}, ...this.lines(), ...lines], scales: { x: { time: false }, y: this.log ? { distr: 3 } : {} },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 8 }, bind: { dblclick: () => () => { this.setZoom(null); return null; } } },
      hooks: { setCursor: [() => this.showValues()], setSelect: [(u) => this.select(u)], draw: [(u) => this.drawMarkers(u)] } };
    this.uplot = new uPlot(options, this.columns(), this.plot);
    this.draw();
  }

  draw() {
    const empty = !this.series.some(({ points }) => points?.length);
    this.empty.hidden = !empty;
    this.plot.hidden = empty;
    this.plot.setAttribute("aria-label", describe(this.options.title, this.series));
    this.resetButton.hidden = this.zoom === null;
    if (!this.uplot) return empty ? undefined : this.resize();
    this.series.forEach(({ kind }, i) => {
      const faint = this.uplot.series[1 + 2 * i], show = kind !== "val" && this.smoothing > 0;
      if (faint.show !== show) this.uplot.setSeries(1 + 2 * i, { show });
    });
    this.uplot.setData(this.columns(), this.zoom === null);
    if (this.zoom) this.uplot.setScale("x", { min: this.zoom[0], max: this.zoom[1] });
    this.showValues();
    return undefined;
  }

  resize() {
    if (this.plot.clientWidth === 0) return;
    if (!this.uplot) return this.rebuild();
    const size = this.size();
    if (size.width !== this.uplot.width || size.height !== this.uplot.height) this.uplot.setSize(size);
  }

  select(u) {
    if (u.select.width < 4) return;
    const zoom = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.setZoom(zoom);
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.draw();
  }

  drawMarkers(u) {
    const { ctx, bbox } = u;
    const ratio = uPlot.pxRatio;
    ctx.save();
    for (const { x, kind } of this.markers) {
      const left = Math.round(u.valToPos(x, "x", true));
      if (left < bbox.left || left > bbox.left + bbox.width) continue;
      ctx.strokeStyle = ctx.fillStyle = this.token({ danger: "--ts-danger", warn: "--ts-warn" }[kind] || "--ts-line-strong");
      ctx.lineWidth = ratio;
      ctx.setLineDash([2 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(left, bbox.top);
      ctx.lineTo(left, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      for (const [dx, dy] of [[-4, 0], [4, 0], [0, 6]]) ctx.lineTo(left + dx * ratio, bbox.top + dy * ratio);
      ctx.fill();
    }
    ctx.restore();
  }

  /* ---- words and numbers ---- */

  showValues() {
    const u = this.uplot;
    const at = u?.cursor.idx ?? null;
    const data = u?.data;
    const items = this.series.map(({ kind, label, color, dash }, i) => {
      const column = data ? data[1 + 2 * i] : []; // the values themselves: smoothing is for the eye
      const value = at === null ? column.findLast((y) => Number.isFinite(y)) : this.nearest(column, at);
      return h("li", {}, h("i", { class: "ts-chart-key " + kind, style: color ? { borderColor: `var(${color})`, borderTopStyle: dash?.length ? "dashed" : "solid" } : null }), h("span", {}, label), h("b", { class: "ts-num" }, short(value)));
    });
    replaceChildren(this.legend, items);
    const x = at === null ? null : data[0][at];
    this.where.textContent = x === null || x === undefined ? "" : [t("chart.step") + " " + format.number(x), ...this.markersAt(x)].join(" · ");
    this.refreshTable();
  }

  nearest(column, at) {
    for (let i = at; i >= 0; i -= 1) if (Number.isFinite(column[i])) return column[i];
    return undefined;
  }

  markersAt(x) {
    const xs = this.uplot.data[0];
    const reach = (xs.at(-1) - xs[0]) / 80;
    return this.markers.filter((marker) => marker.label && Math.abs(marker.x - x) <= reach).map(({ label }) => label);
  }

  toggleTable() {
    this.tableHolder.hidden = !this.tableHolder.hidden;
    this.tableButton.setAttribute("aria-expanded", String(!this.tableHolder.hidden));
    this.tableStamp = null;
    this.refreshTable();
  }

  refreshTable() {
    const stamp = this.series.map(({ points }) => points.length).join();
    if (this.tableHolder.hidden || stamp === this.tableStamp) return;
    this.tableStamp = stamp;
    const [header, rows] = chartMathTable(this.series, t("chart.step"));
    replaceChildren(this.tableHolder, h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": this.options.title },
      h("table", { class: "ts-table" }, h("thead", {}, h("tr", {}, header.map((cell) => h("th", { scope: "col", "data-num": true }, cell)))),
        h("tbody", {}, thin(rows, Chart.ROWS).map((row) => h("tr", {}, row.map((cell, i) =>
          h("td", { class: "ts-num" }, i === 0 ? format.number(cell) : short(cell)))))))));
  }

  update(series, markers) {
    this.series = series;
    this.markers = markers || [];
    if (this.shapeNow() !== this.shape) this.rebuild();
    this.draw();
  }

  shapeNow() {
    return this.series.map(({ name, kind, color, dash, band }) => [name, kind, color, dash, Boolean(band)]).join(";");
  }

  fileName(suffix) {
    return (this.options.title.replace(/[^\p{L}\p{N}]+/gu, "-") || "chart") + suffix;
  }

  saveCsv() {
    saveFile(this.fileName(".csv"), "\ufeff" + csv(this.series, t("chart.step")), "text/csv;charset=utf-8");
  }

  savePng() {
    if (!this.uplot) return;
    const source = this.uplot.ctx.canvas, ratio = uPlot.pxRatio, top = 56 * ratio;
    const canvas = h("canvas", { width: source.width, height: source.height + top });
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    ctx.fillStyle = this.token("--ts-surface");
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.drawImage(source, 0, top);
    const write = (text, x, y, color, weight) => {
      ctx.font = `${weight} ${14 * ratio}px ${this.token("--ts-sans")}`;
      ctx.fillStyle = color;
      ctx.fillText(text, x, y);
      return x + ctx.measureText(text).width + 20 * ratio;
    };
    write(this.options.title, 16 * ratio, 24 * ratio, this.token("--ts-ink"), 600);
    let x = 16 * ratio;
    for (const one of this.series) x = write("— " + one.label, x, 46 * ratio, this.paint(one), 500);
    canvas.toBlob((blob) => saveFile(this.fileName(".png"), blob));
  }

  destroy() {
    window.removeEventListener("ts:scheme", this.rebuild);
    this.sizes.disconnect();
    this.uplot?.destroy();
    this.root.remove();
  }
}
