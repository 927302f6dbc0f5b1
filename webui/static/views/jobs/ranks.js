/* What a method tells of itself while it learns: numbers for each module as heat maps (layers down, checks across, a map for
   each kind of module), single numbers as small charts. Shown only where there are such metrics. */
"use strict";

TS.jobRanks = {
  /* What is drawn elsewhere; `added` are the charts of the job's objective. */
  known: (added = []) => new Set(["tokens", ...TS.jobMetric.MEMORY, ...[...TS.jobMetric.LOSS, ...TS.jobMetric.SMALL].map(([name]) => name), ...added.map((one) => one.key)]),
  WIDEST: 240,
};

TS.jobFigures = function (root) {
  const maps = TS.h("div", { class: "ts-stack" });
  const small = TS.h("div", { class: "job-chart-grid" });
  const charts = {};
  TS.replace(root, maps, small);
  const update = (metrics, added) => {
    const known = TS.jobRanks.known(added);
    const told = Object.entries(metrics).filter(([name]) => !known.has(name));
    TS.replace(maps, TS.jobRanks.groups(told).map(([figure, series]) => TS.jobRanks.card(figure, series)));
    for (const [name, points] of told.filter(([name]) => !name.includes("/"))) TS.jobRanks.chart(small, charts, name, points);
  };
  return { update };
};

TS.jobRanks.word = (figure) => { const key = "jobs.figure." + figure; return TS.t(key) === key ? figure.replaceAll("_", " ") : TS.t(key); };

/** "rank/layers.3.self_attn.q_proj" -> the figure "rank", its series by module. */
TS.jobRanks.groups = function (told) {
  const groups = new Map();
  for (const [name, points] of told) {
    const at = name.indexOf("/");
    if (at < 1) continue;
    const figure = name.slice(0, at);
    groups.set(figure, [...(groups.get(figure) || []), { module: name.slice(at + 1), points }]);
  }
  return [...groups];
};

TS.jobRanks.chart = function (holder, charts, name, points) {
  if (points.length < 2) return;
  const label = TS.jobRanks.word(name);
  const series = [{ name, label, kind: "neutral", points }];
  if (charts[name]) return charts[name].update(series, []);
  const card = TS.h("section", { class: "ts-card job-chart-small" });
  holder.append(card);
  charts[name] = TS.chart(card, { title: label, yLabel: label, compact: true, series, markers: [] });
};

/** The number of the layer and the kind of the module, out of its name. */
TS.jobRanks.place = function (module) {
  const found = module.match(/^(?:.*?\.)?(\d+)\.(.+)$/);
  return found ? { layer: Number(found[1]), kind: found[2] } : { layer: 0, kind: module };
};

TS.jobRanks.card = function (figure, series) {
  const kinds = new Map();
  for (const { module, points } of series) {
    const { layer, kind } = TS.jobRanks.place(module);
    kinds.set(kind, [...(kinds.get(kind) || []), { layer, points }]);
  }
  const steps = [...new Set(series.flatMap(({ points }) => points.map(([step]) => step)))].sort((a, b) => a - b);
  const most = Math.max(1, ...series.flatMap(({ points }) => points.map(([, value]) => value)));
  const word = TS.jobRanks.word(figure);
  return TS.h("section", { class: "ts-card job-ranks", "aria-label": word },
    TS.h("div", { class: "ts-spread" }, TS.h("h2", {}, word), TS.jobRanks.scale(most)),
    TS.h("p", { class: "ts-small ts-soft" }, TS.t("jobs.ranks.lead", { first: TS.format.number(steps[0]), last: TS.format.number(steps.at(-1)) })),
    TS.h("div", { class: "job-rank-maps", tabindex: "0", role: "group", "aria-label": word },
      [...kinds].map(([kind, rows]) => TS.jobRanks.map(kind, rows.sort((a, b) => a.layer - b.layer), steps, most))),
    TS.jobRanks.table(kinds, steps));
};

TS.jobRanks.scale = (most) => TS.h("span", { class: "job-rank-scale ts-small ts-num", "aria-hidden": "true" }, "0", TS.h("i", {}), TS.format.number(most, 2));

TS.jobRanks.now = (points) => points.at(-1)[1];

/** Layers from top to bottom, checks from left to right; the deeper the colour, the higher the number. */
TS.jobRanks.map = function (kind, rows, steps, most) {
  const cell = Math.max(2, Math.min(16, TS.jobRanks.WIDEST / steps.length)), gap = cell > 6 ? 1.5 : 0, high = 10;
  const width = steps.length * cell, height = rows.length * high;
  const cells = rows.flatMap(({ layer, points }, row) => points.map(([step, value]) => TS.svg("rect", {
    class: "job-rank-cell", x: steps.indexOf(step) * cell, y: row * high, width: cell - gap, height: high - 1.5, rx: gap,
    "fill-opacity": (0.05 + 0.95 * Math.max(0, value) / most).toFixed(3),
  }, TS.svg("title", {}, TS.t("jobs.ranks.cell", { layer, step: TS.format.number(step), value: TS.format.number(value, 2) })))));
  const mean = rows.reduce((sum, { points }) => sum + TS.jobRanks.now(points), 0) / rows.length;
  const told = TS.t("jobs.ranks.mean", { kind, mean: TS.format.number(mean, 1) });
  return TS.h("figure", { class: "job-rank-map" },
    TS.svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": told }, cells),
    TS.h("figcaption", { class: "ts-small" }, TS.h("span", { class: "ts-mono" }, kind.split(".").at(-1)), TS.h("span", { class: "ts-soft" }, TS.t("jobs.ranks.now", { mean: TS.format.number(mean, 1) }))));
};

TS.jobRanks.table = function (kinds, steps) {
  const layers = [...new Set([...kinds.values()].flat().map(({ layer }) => layer))].sort((a, b) => a - b);
  const value = (rows, layer) => { const row = rows.find((one) => one.layer === layer); return row ? TS.format.number(TS.jobRanks.now(row.points), 2) : "–"; };
  return TS.h("details", { class: "ts-details ts-small" }, TS.h("summary", {}, TS.t("jobs.ranks.table", { step: TS.format.number(steps.at(-1)) })),
    TS.h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": TS.t("jobs.ranks.table", { step: TS.format.number(steps.at(-1)) }) }, TS.h("table", { class: "ts-table" },
      TS.h("thead", {}, TS.h("tr", {}, TS.h("th", { scope: "col" }, TS.t("jobs.ranks.layer")), [...kinds.keys()].map((kind) => TS.h("th", { scope: "col", class: "ts-num" }, kind.split(".").at(-1))))),
      TS.h("tbody", {}, layers.map((layer) => TS.h("tr", {}, TS.h("th", { scope: "row", class: "ts-num" }, layer), [...kinds.values()].map((rows) => TS.h("td", { class: "ts-num" }, value(rows, layer)))))))));
};
