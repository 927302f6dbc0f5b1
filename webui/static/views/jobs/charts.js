/* A job's numbers: the tiles with what counts now, the loss large, everything else small beside each other. */
import { lineChart } from "../../kit/chart.js";
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { figureMetrics, figureSeries } from "./figures.js";
import { jobMemory } from "./memory.js";
import { JOB_ACTIVE, JOB_METRICS, jobLink } from "./parts.js";

export const jobLast = (metrics) => Object.fromEntries(Object.entries(metrics).map(([name, points]) => [name, points.at(-1)?.[1]]));

/** `drawn`: how the numbers of the job's objective are drawn together; without any, all charts stand in one grid. */
export function jobCharts(root) {
  const charts = {};
  const big = h("div", { class: "job-chart-big" });
  const bigCard = h("section", { class: "ts-card job-chart-card", hidden: true }, big);
  const lead = h("p", { class: "ts-small ts-soft" });
  bigCard.append(lead);
  const rest = h("div", { class: "job-chart-grid" });
  const memory = jobMemory();
  const wait = h("p", { class: "ts-soft job-chart-wait" }, drawIcon("gauge"), t("jobs.chart.wait"));
  const grids = { rest };
  const sections = h("div", { class: "ts-stack job-chart-sections" });
  replaceChildren(root, wait, bigCard, sections, memory.node, rest);

  const put = (holder, name, options, series, markers) => {
    if (!charts[name]) charts[name] = lineChart(holder(), { ...options, series, markers });
    else charts[name].update(series, markers);
  };
  const small = (section, name, label, help, series) => put(() => {
    const inner = h("div", {});
    grids[section].append(h("section", { class: "ts-card job-chart-small" + (series.length > 1 ? " lined" : "") }, inner, help ? h("p", { class: "ts-small ts-soft job-chart-help" }, help) : null));
    return inner;
  }, name, { title: label, yLabel: label, compact: true }, series, []);

  /** Which one is large stays so: a chart is drawn once, where it belongs. */
  const large = (name, title, help, series, markers) => {
    lead.textContent = help;
    put(() => big, name, { title, yLabel: title, smoothing: 0.6, log: false }, series, markers);
  };

  /** @param {Server.ChartRow[]} added
      @param {Server.JobFigures} drawn */
  const update = (metrics, markers, job, plan, added = [], drawn = { sections: [], figures: [] }) => {
    memory.update(metrics, markers, job, plan);
    sectionGrids(sections, drawn.sections, grids, [memory.node, rest]);
    const loss = JOB_METRICS.LOSS.filter(([name]) => metrics[name]?.length)
      .map(([name, kind]) => ({ name, kind, label: t("jobs.loss." + kind), points: metrics[name] }));
    const main = drawn.figures.find((one) => one.large);
    const any = Object.keys(metrics).length > 0 && (loss.length > 0 || drawn.figures.some((one) => figureSeries(one, metrics).length));
    wait.hidden = any || !JOB_ACTIVE.has(job.status);
    bigCard.hidden = main ? !figureSeries(main, metrics).length : !loss.length;
    if (loss.length && !main) large("loss", t("jobs.chart.loss"), t(drawn.figures.length ? "jobs.chart.lead.other" : "jobs.chart.lead"), loss, markers);
    for (const figure of drawn.figures) {
      const series = figureSeries(figure, metrics);
      if (!series.length) continue;
      if (figure === main) large(figure.key, figure.label, figure.help, series, markers);
      else small(figure.section, figure.key, figure.label, figure.help, series);
    }
    if (main && loss.some((one) => one.points.length > 1)) small("rest", "loss", t("jobs.chart.loss"), "", loss);
    const known = figureMetrics(drawn.figures, metrics);
    const alone = added.filter((one) => !known.has(one.key)).map((one) => [one.key, one.label, one.help]);
    for (const [name, label, help] of [...JOB_METRICS.SMALL.map(([key, word, says]) => [key, t(word), t(says)]), ...alone]) {
      if (metrics[name]?.length > 1) small("rest", name, label, help, [{ name, label, kind: "neutral", points: metrics[name] }]);
    }
    for (const node of sections.children) /** @type {HTMLElement} */ (node).hidden = !node.querySelector(".ts-chart");
  };
  return { update };
}

/**
 * A heading for each group of figures, made once; what every job has then stands under one of its own.
 * @param {Server.FigureSectionRow[]} rows
 */
function sectionGrids(holder, rows, grids, common) {
  if (!rows.length || holder.childElementCount) return;
  const section = (key, label, says, open, ...children) => {
    const node = h("details", { class: "job-chart-section", "data-section": key, open }, h("summary", {}, h("h2", {}, label), h("span", { class: "ts-small ts-soft" }, says)),
      h("div", { class: "ts-stack" }, children));
    holder.append(node);
  };
  for (const { key, label, says } of rows) {
    grids[key] = h("div", { class: "job-chart-grid" });
    section(key, label, says, true, grids[key]);
  }
  section("rest", t("jobs.chart.rest"), t("jobs.chart.rest.says"), !PHONE.matches, common);
}

const PHONE = matchMedia("(max-width: 860px)");

/** What counts first: what tells of the result, where that is not the loss.
    @param {Server.NamedJob} job
    @param {Server.FigureRow[]} [figures] */
export function jobTiles(job, metrics, figures = []) {
  if (!job.trains) return jobResultTiles(job);
  const last = jobLast(metrics);
  const tile = (label, value, unit = "", line = "") => h("div", { class: "ts-stat" },
    h("b", { class: "ts-num" }, value, unit ? h("small", {}, " " + unit) : null), h("span", line ? { "data-line": line } : {}, label));
  if (!Object.keys(last).length) return null;
  const memory = last.memory_device_mb || last.memory_process_mb;
  const merit = job.outcome && { ...job.outcome, drawn: figures.find((one) => one.lines.some((line) => line.metric === job.outcome?.metric)) };
  return h("div", { class: "job-tile-grid" },
    merit?.drawn ? tile(merit.drawn.label, merit.share ? format.percent(merit.last) : format.number(merit.last, 2), "", "val") : null,
    merit?.drawn?.large ? null : tile(t("jobs.loss.train"), format.loss(job.train_loss ?? last.train_loss), "", "train"), // beside a reward it tells nothing
    merit?.drawn?.large ? null : tile(t("jobs.loss.val"), format.loss(job.val_loss ?? last.val_loss), "", "val"),
    tile(t("jobs.tile.step"), format.number(job.step)),
    merit?.drawn ? null : tile(t("jobs.tile.tokens"), format.number(last.tokens)),
    tile(t("jobs.tile.speed"), format.number(last.tokens_per_s), t("jobs.unit.tokens_s")),
    tile(t("jobs.tile.memory"), memory ? format.memory(memory) : "–"));
}

/**
 * What an export or a model's preparation made.
 * @param {Server.NamedJob} job
 */
function jobResultTiles(job) {
  if (!job.gives_file) return null;
  return h("div", { class: "ts-row" }, jobLink("download", t("jobs.download"), "/files/export/" + job.id, "primary"));
}
