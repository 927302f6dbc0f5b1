/* The leaderboard: sortable columns, mean ± spread, the best value marked only when it is no accident. Cards on a phone. */
import { drawKeyed, h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, t } from "../../kit/texts.js";
import { compareKey } from "./parts.js";
import { JOB_ACTIVE, JOB_LOOK, jobError } from "../jobs/parts.js";
import { labelledField, selectField } from "../shared/form-controls.js";

/* How the number of a metric is shown, by its declared style. */
export const STYLES = {
  loss: (x) => format.loss(x),
  percent: (x) => format.percent(x),
  number: (x, decimals) => format.number(x, x < 100 ? decimals : 0),
};

const COSTS = [
  { key: "seconds", group: "cost", show: (x) => format.duration(x) }, { key: "tokens_per_s", group: "cost", down: true, show: (x) => format.number(x) },
  { key: "memory_mb", group: "cost", show: (x) => format.memory(x) }, { key: "disk", group: "cost", show: (x) => format.bytes(x) },
  { key: "trained", group: "parameters", count: true, show: (x) => format.count(x) }, { key: "changed", group: "parameters", count: true, show: (x) => format.count(x) },
  { key: "rank", group: "parameters", count: true, show: (x) => format.number(x) },
];

/** Every column: the declared metrics of that kind of comparison, then what it cost. */
export const compareColumns = (metrics, ofObjectives) => [
  ...metrics.filter((one) => (ofObjectives ? !one.loss : !one.only)).map((one) => ({ key: one.key, group: "quality", label: one.label, about: one.help, down: one.better === "high", curve: one.curve, show: (x) => STYLES[one.style](x, one.decimals) })),
  ...COSTS.map((one) => ({ ...one, label: t("compare.column." + one.key), about: t("compare.about." + one.key) })),
];

/** @param {Parts<"compare">} b */
export function compareTable(b, root) {
  const heads = new Map();
  const sortBy = (key, down) => { b.sort = { key, down }; draw(); };
  const head = (column) => {
    const button = h("button", { type: "button", class: "compare-sort", id: "compare-sort-" + column.key, title: column.about,
      onclick: () => sortBy(column.key, b.sort.key === column.key ? !b.sort.down : Boolean(column.down)) }, column.label, drawIcon("arrow-down"));
    const cell = h("th", { scope: "col", "data-num": true }, button);
    heads.set(column.key, cell);
    return cell;
  };
  const groups = ["quality", "cost", "parameters"].map((group) => h("th", { scope: "colgroup", class: "compare-group", colspan: String(b.columns.filter((one) => one.group === group).length) }, t("compare.group." + group)));
  const body = h("tbody", {});
  const picker = selectField("compare-sort-by", b.columns.map((one) => [one.key, one.label]), b.sort.key, (key) => sortBy(key, Boolean(b.columns.find((one) => one.key === key).down)));
  replaceChildren(root, h("div", { class: "compare-sorter" }, labelledField("compare-sort-by", t("compare.sort"), picker, {})),
    h("div", { class: "ts-table-wrap compare-wrap", tabindex: "0", role: "region", "aria-label": t("compare.table") },
      h("table", { class: "ts-table compare-table" }, h("thead", {}, h("tr", { class: "compare-groups" }, h("td", {}), groups),
        h("tr", {}, h("th", { scope: "col" }, t("compare.column.entrant")), b.columns.map(head))), body)),
    h("p", { class: "ts-small ts-soft compare-legend" }, t("compare.legend")));
  const draw = () => {
    for (const [key, cell] of heads) {
      if (key === b.sort.key) cell.setAttribute("aria-sort", b.sort.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    picker.value = b.sort.key;
    drawKeyed(body, compareSorted(b), (row) => row.key, (row) => compareRow(b, row));
  };
  return { draw };
}

/**
 * Rows in the chosen order; those without the number come last, in their own order.
 * @param {Parts<"compare">} b
 */
function compareSorted(b) {
  const column = b.columns.find((one) => one.key === b.sort.key);
  const value = (row) => (column.count ? row.counts[column.key] : row.cells[column.key]?.mean) ?? null;
  const sign = b.sort.down ? -1 : 1;
  return b.view.rows.map((row, place) => ({ row, place, at: value(row) }))
    .sort((x, y) => Number(x.at === null) - Number(y.at === null) || (x.at !== null && y.at !== null ? sign * (x.at - y.at) : 0) || x.place - y.place).map(({ row }) => row);
}

/**
 * @param {Parts<"compare">} b
 * @param {Server.LeaderboardRow} row
 */
function compareRow(b, row) {
  const style = b.styles.get(row.key);
  return h("tr", { "data-entrant": row.key, class: "compare-row " + row.kind },
    h("th", { scope: "row", class: "compare-who" }, who(b, row, style)),
    b.columns.map((column) => compareCell(row, column)));
}

/** @param {Server.LeaderboardRow} row */
function compareCell(row, column) {
  const { label } = column;
  if (column.count) {
    const count = row.counts[column.key];
    return h("td", { class: "ts-num", "data-label": label, title: count === null || count === undefined ? null : format.number(count) }, count === null || count === undefined ? "–" : column.show(count));
  }
  const cell = row.cells[column.key];
  if (!cell) {
    const now = column.curve && row.now !== null ? h("span", { class: "ts-soft" }, column.show(row.now), h("span", { class: "ts-sr" }, " " + t("compare.now"))) : "–";
    return h("td", { class: "ts-num", "data-label": label }, now);
  }
  const mark = cell.mark ? h("span", { class: "compare-mark" }, cell.mark === "best" ? drawIcon("check") : "≈", h("span", { class: "ts-sr" }, t("compare.mark." + cell.mark))) : null;
  return h("td", { class: "ts-num " + (cell.mark || ""), "data-label": label, title: cell.mark ? t("compare.mark." + cell.mark) : null },
    h("span", { class: "compare-value" }, mark, column.show(cell.mean)), cell.spread ? h("small", { class: "compare-spread" }, "± ", column.show(cell.spread)) : null);
}

/**
 * Name, kind, how far it is, and the ways from here: its jobs, the chat.
 * @param {Parts<"compare">} b
 * @param {Server.LeaderboardRow} row
 */
function who(b, row, style) {
  const name = h("span", { class: "compare-name" }, compareKey(style), row.label);
  if (row.kind === "base") return [name, h("span", { class: "ts-small ts-soft" }, t("compare.base.about"))];
  const several = row.runs.length > 1;
  const tuned = row.runs.find((run) => run.tuned_id)?.tuned_id;
  const chat = tuned ? h("a", { class: "ts-icon-btn", href: pageUrl("playground", { tuned }), "aria-label": t("compare.chat", { name: row.label }), title: t("compare.chat", { name: row.label }) }, drawIcon("messages-square")) : null;
  return [h("span", { class: "ts-spread" }, name, chat),
    h("span", { class: "compare-state" }, row.partial ? h("span", { class: "ts-badge warn" }, t("compare.partial")) : null,
      row.runs.map((run) => runLink(b, row, run, several)))];
}

/**
 * @param {Parts<"compare">} b
 * @param {Server.LeaderboardRow} row
 */
function runLink(b, row, run, several) {
  const [, icon] = JOB_LOOK[run.status] || ["neutral", "info"];
  const state = run.whole ? t("jobs.status.succeeded") : t("jobs.status." + run.status);
  const words = several ? t("compare.run", { seed: run.seed }) : t("compare.job");
  const active = JOB_ACTIVE.has(run.status);
  const link = h("a", { class: "compare-run", id: "compare-run-" + run.job_id, href: pageUrl("jobs", { job: run.job_id }), title: [state, jobError(run.error)].filter(Boolean).join(": ") },
    drawIcon(run.whole ? "circle-check" : icon), words, run.whole ? null : " · " + state, active ? h("span", { class: "ts-num" }, " " + format.percent(run.fraction)) : null, h("span", { class: "ts-sr" }, ` ${row.label}: ${state}`));
  const over = ["failed", "cancelled", "interrupted"].includes(run.status) || (run.status === "stopped" && !run.whole);
  if (!over) return link;
  const label = t("compare.again", { name: row.label });
  return [link, h("button", { type: "button", class: "ts-icon-btn", id: "compare-again-" + run.job_id, "aria-label": label, title: label, onclick: (event) => b.act(event.currentTarget, () => b.ctx.call("compare_again", b.id, run.job_id)) }, drawIcon("rotate-ccw"))];
}
