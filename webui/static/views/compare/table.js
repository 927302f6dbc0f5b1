/* The leaderboard: sortable columns, mean ± spread, the best value marked only when it is no accident. Cards on a phone. */
"use strict";
TS.compare = TS.compare || {};

/* How the number of a metric is shown, by its declared style. */
TS.compare.STYLES = {
  loss: (x) => TS.format.loss(x),
  percent: (x) => TS.format.percent(x),
  number: (x, decimals) => TS.format.number(x, x < 100 ? decimals : 0),
};

TS.compare.COSTS = [
  { key: "seconds", group: "cost", show: (x) => TS.format.duration(x) }, { key: "tokens_per_s", group: "cost", down: true, show: (x) => TS.format.number(x) },
  { key: "memory_mb", group: "cost", show: (x) => TS.format.bytes(x * 1e6) }, { key: "disk", group: "cost", show: (x) => TS.format.bytes(x) },
  { key: "trained", group: "parameters", count: true, show: (x) => TS.train.count(x) }, { key: "changed", group: "parameters", count: true, show: (x) => TS.train.count(x) },
  { key: "rank", group: "parameters", count: true, show: (x) => TS.format.number(x) },
];

/** Every column: the declared metrics, then what it cost. */
TS.compare.columns = (metrics) => [
  ...metrics.map((one) => ({ key: one.key, group: "quality", label: one.label, about: one.help, down: one.better === "high", curve: one.curve, show: (x) => TS.compare.STYLES[one.style](x, one.decimals) })),
  ...TS.compare.COSTS.map((one) => ({ ...one, label: TS.t("compare.column." + one.key), about: TS.t("compare.about." + one.key) })),
];

TS.compare.table = function (b, root) {
  const heads = new Map();
  const sortBy = (key, down) => { b.sort = { key, down }; draw(); };
  const head = (column) => {
    const button = TS.h("button", { type: "button", class: "compare-sort", id: "compare-sort-" + column.key, title: column.about,
      onclick: () => sortBy(column.key, b.sort.key === column.key ? !b.sort.down : Boolean(column.down)) }, column.label, TS.icon("arrow-down"));
    const cell = TS.h("th", { scope: "col", "data-num": true }, button);
    heads.set(column.key, cell);
    return cell;
  };
  const groups = ["quality", "cost", "parameters"].map((group) => TS.h("th", { scope: "colgroup", class: "compare-group", colspan: String(b.columns.filter((one) => one.group === group).length) }, TS.t("compare.group." + group)));
  const body = TS.h("tbody", {});
  const picker = TS.select("compare-sort-by", b.columns.map((one) => [one.key, one.label]), b.sort.key, (key) => sortBy(key, Boolean(b.columns.find((one) => one.key === key).down)));
  TS.replace(root, TS.h("div", { class: "compare-sorter" }, TS.field("compare-sort-by", TS.t("compare.sort"), picker, {})),
    TS.h("div", { class: "ts-table-wrap compare-wrap", tabindex: "0", role: "region", "aria-label": TS.t("compare.table") },
      TS.h("table", { class: "ts-table compare-table" }, TS.h("thead", {}, TS.h("tr", { class: "compare-groups" }, TS.h("td", {}), groups),
        TS.h("tr", {}, TS.h("th", { scope: "col" }, TS.t("compare.column.entrant")), b.columns.map(head))), body)),
    TS.h("p", { class: "ts-small ts-soft compare-legend" }, TS.t("compare.legend")));
  const draw = () => {
    for (const [key, cell] of heads) {
      if (key === b.sort.key) cell.setAttribute("aria-sort", b.sort.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    picker.value = b.sort.key;
    TS.keyed(body, TS.compare.sorted(b), (row) => row.key, (row) => TS.compare.row(b, row));
  };
  return { draw };
};

/** Rows in the chosen order; those without the number come last, in their own order. */
TS.compare.sorted = function (b) {
  const column = b.columns.find((one) => one.key === b.sort.key);
  const value = (row) => (column.count ? row.counts[column.key] : row.cells[column.key]?.mean) ?? null;
  const sign = b.sort.down ? -1 : 1;
  return b.view.rows.map((row, place) => ({ row, place, at: value(row) }))
    .sort((x, y) => (x.at === null) - (y.at === null) || (x.at !== null && y.at !== null ? sign * (x.at - y.at) : 0) || x.place - y.place).map(({ row }) => row);
};

TS.compare.row = function (b, row) {
  const style = b.styles.get(row.key);
  return TS.h("tr", { "data-entrant": row.key, class: "compare-row " + row.kind },
    TS.h("th", { scope: "row", class: "compare-who" }, TS.compare.who(b, row, style)),
    b.columns.map((column) => TS.compare.cell(row, column)));
};

TS.compare.cell = function (row, column) {
  const { label } = column;
  if (column.count) {
    const count = row.counts[column.key];
    return TS.h("td", { class: "ts-num", "data-label": label, title: count === null || count === undefined ? null : TS.format.number(count) }, count === null || count === undefined ? "–" : column.show(count));
  }
  const cell = row.cells[column.key];
  if (!cell) {
    const now = column.curve && row.now !== null ? TS.h("span", { class: "ts-soft" }, column.show(row.now), TS.h("span", { class: "ts-sr" }, " " + TS.t("compare.now"))) : "–";
    return TS.h("td", { class: "ts-num", "data-label": label }, now);
  }
  const mark = cell.mark ? TS.h("span", { class: "compare-mark" }, cell.mark === "best" ? TS.icon("check") : "≈", TS.h("span", { class: "ts-sr" }, TS.t("compare.mark." + cell.mark))) : null;
  return TS.h("td", { class: "ts-num " + (cell.mark || ""), "data-label": label, title: cell.mark ? TS.t("compare.mark." + cell.mark) : null },
    TS.h("span", { class: "compare-value" }, mark, column.show(cell.mean)), cell.spread ? TS.h("small", { class: "compare-spread" }, "± ", column.show(cell.spread)) : null);
};

/** Name, kind, how far it is, and the ways from here: its jobs, the chat. */
TS.compare.who = function (b, row, style) {
  const name = TS.h("span", { class: "compare-name" }, TS.compare.key(style), row.label);
  if (row.kind === "base") return [name, TS.h("span", { class: "ts-small ts-soft" }, TS.t("compare.base.about"))];
  const several = row.runs.length > 1;
  const tuned = row.runs.find((run) => run.tuned_id)?.tuned_id;
  const chat = tuned ? TS.h("a", { class: "ts-icon-btn", href: TS.url("playground", { tuned }), "aria-label": TS.t("compare.chat", { name: row.label }), title: TS.t("compare.chat", { name: row.label }) }, TS.icon("messages-square")) : null;
  return [TS.h("span", { class: "ts-spread" }, name, chat),
    TS.h("span", { class: "compare-state" }, row.partial ? TS.h("span", { class: "ts-badge warn" }, TS.t("compare.partial")) : null,
      row.runs.map((run) => TS.compare.runLink(b, row, run, several)))];
};

TS.compare.runLink = function (b, row, run, several) {
  const [, icon] = TS.job.LOOK[run.status] || ["neutral", "info"];
  const state = run.whole ? TS.t("jobs.status.succeeded") : TS.t("jobs.status." + run.status);
  const words = several ? TS.t("compare.run", { seed: run.seed }) : TS.t("compare.job");
  const active = TS.job.ACTIVE.has(run.status);
  const link = TS.h("a", { class: "compare-run", id: "compare-run-" + run.job_id, href: TS.url("jobs", { job: run.job_id }), title: [state, TS.job.error(run.error)].filter(Boolean).join(": ") },
    TS.icon(run.whole ? "circle-check" : icon), words, run.whole ? null : " · " + state, active ? TS.h("span", { class: "ts-num" }, " " + TS.format.percent(run.fraction)) : null, TS.h("span", { class: "ts-sr" }, ` ${row.label}: ${state}`));
  const over = ["failed", "cancelled", "interrupted"].includes(run.status) || (run.status === "stopped" && !run.whole);
  if (!over) return link;
  const label = TS.t("compare.again", { name: row.label });
  return [link, TS.h("button", { type: "button", class: "ts-icon-btn", id: "compare-again-" + run.job_id, "aria-label": label, title: label, onclick: (event) => b.act(event.currentTarget, "compare_again", run.job_id) }, TS.icon("rotate-ccw"))];
};
