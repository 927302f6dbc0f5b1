/* A job's numbers: the tiles with what counts now, the loss large, everything else small beside each other. */
import { lineChart } from "../../kit/chart.js";
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { jobMemory } from "./memory.js";
import { JOB_ACTIVE, JOB_METRICS, jobLink } from "./parts.js";

export const jobLast = (metrics) => Object.fromEntries(Object.entries(metrics).map(([name, points]) => [name, points.at(-1)?.[1]]));

export function jobCharts(root) {
  const charts = {};
  const big = h("div", { class: "job-chart-big" });
  const small = h("div", { class: "job-chart-grid" });
  const memory = jobMemory();
  const wait = h("p", { class: "ts-soft job-chart-wait" }, drawIcon("gauge"), t("jobs.chart.wait"));
  replaceChildren(root, wait, h("section", { class: "ts-card job-chart-card", hidden: true }, big,
    h("p", { class: "ts-small ts-soft" }, t("jobs.chart.lead"))), memory.node, small);

  const put = (holder, name, options, series, markers) => {
    if (!charts[name]) charts[name] = lineChart(holder(), { ...options, series, markers });
    else charts[name].update(series, markers);
  };
  const update = (metrics, markers, job, plan, added = []) => {
    memory.update(metrics, markers, job, plan);
    const loss = JOB_METRICS.LOSS.filter(([name]) => metrics[name]?.length)
      .map(([name, kind]) => ({ name, kind, label: t("jobs.loss." + kind), points: metrics[name] }));
    const any = loss.length > 0;
    wait.hidden = any || !JOB_ACTIVE.has(job.status);
    if (big.parentElement) big.parentElement.hidden = !any;
    if (any) put(() => big, "loss", { title: t("jobs.chart.loss"), yLabel: t("jobs.chart.loss"), smoothing: 0.6, log: false }, loss, markers);
    const shown = [...JOB_METRICS.SMALL.map(([name, key, help]) => [name, t(key), t(help)]), ...added.map((one) => [one.key, one.label, one.help])];
    for (const [name, label, help] of shown) {
      if (!(metrics[name]?.length > 1)) continue;
      const holder = () => {
        const inner = h("div", {});
        small.append(h("section", { class: "ts-card job-chart-small" }, inner, help ? h("p", { class: "ts-small ts-soft job-chart-help" }, help) : null));
        return inner;
      };
      put(holder, name, { title: label, yLabel: label, compact: true }, [{ name, label, kind: "neutral", points: metrics[name] }], []);
    }
  };
  return { update };
}

/** @param {Server.NamedJob} job */
export function jobTiles(job, metrics) {
  if (!job.trains) return jobResultTiles(job);
  const last = jobLast(metrics);
  const tile = (label, value, unit = "", line = "") => h("div", { class: "ts-stat" },
    h("b", { class: "ts-num" }, value, unit ? h("small", {}, " " + unit) : null), h("span", line ? { "data-line": line } : {}, label));
  if (!Object.keys(last).length) return null;
  const memory = last.memory_device_mb || last.memory_process_mb;
  return h("div", { class: "job-tile-grid" },
    tile(t("jobs.loss.train"), format.loss(job.train_loss ?? last.train_loss), "", "train"),
    tile(t("jobs.loss.val"), format.loss(job.val_loss ?? last.val_loss), "", "val"),
    tile(t("jobs.tile.step"), format.number(job.step)),
    tile(t("jobs.tile.tokens"), format.number(last.tokens)),
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
