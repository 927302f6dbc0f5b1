/* A job's memory: what it really uses against what the plan said and what it may use; and, where it was too much, what to change. */
import { lineChart } from "../../kit/chart.js";
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { runAction } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { JOB_ACTIVE, JOB_METRICS, jobButton, jobText } from "./parts.js";

export function jobMemory() {
  const holder = h("div", {});
  const told = h("p", { class: "ts-small ts-soft job-memory-told" });
  const estimate = h("div", {});
  const node = h("section", { class: "ts-card job-chart-card job-memory", hidden: true }, holder, told, estimate);
  let chart = /** @type {any} */ (null), drawn = /** @type {any} */ (null);
  const update = (metrics, markers, job, plan) => {
    const points = JOB_METRICS.MEMORY.map((name) => metrics[name]).find((found) => found?.length) || [];
    node.hidden = points.length === 0;
    if (node.hidden) return;
    const series = memorySeries(points, plan);
    const title = t("jobs.memory.title");
    if (chart) chart.update(series, markers);
    else chart = lineChart(holder, { title, yLabel: title, compact: true, series, markers });
    told.textContent = memoryWords(points, job, plan);
    if (plan && drawn !== plan.need_mb) replaceChildren(estimate, jobEstimate(plan));
    drawn = plan?.need_mb;
  };
  return { node, update };
}

const FAR = 3; // a limit further above than this would press the other lines flat

const inGb = (mb) => mb / 1000; // as the chart's axis says it

/**
 * What was measured, and level lines for the plan and, where it is near enough to be seen, the limit.
 * @param {Server.PromisedPlan} plan
 */
function memorySeries(points, plan) {
  const used = { name: "used", kind: "tuned", label: t("jobs.memory.used"), points: points.map(([step, mb]) => [step, inGb(mb)]) };
  if (!plan) return [used];
  const level = (value) => [[points[0][0], inGb(value)], [points.at(-1)[0], inGb(value)]];
  const planned = { name: "planned", kind: "neutral", dash: [7, 4], color: "--ts-base", label: t("jobs.memory.planned"), points: level(plan.need_mb) };
  const limit = { name: "limit", kind: "neutral", dash: [2, 4], color: "--ts-danger", label: t("jobs.memory.limit"), points: level(plan.limit_mb) };
  const highest = Math.max(plan.need_mb, ...points.map(([, value]) => value));
  return plan.limit_mb <= FAR * highest ? [used, planned, limit] : [used, planned];
}

/**
 * "Estimate 1.18 GB, measured 1.12 GB", and the time when the job has ended.
 * @param {Server.NamedJob} job
 * @param {Server.PromisedPlan} plan
 */
function memoryWords(points, job, plan) {
  const highest = job.result?.peak_memory_mb || Math.max(...points.map(([, value]) => value));
  if (!plan) return t("jobs.memory.measured", { measured: format.memory(highest) });
  const numbers = { planned: format.memory(plan.need_mb), measured: format.memory(highest), limit: format.memory(plan.limit_mb) };
  const memory = t(JOB_ACTIVE.has(job.status) ? "jobs.memory.so_far" : "jobs.memory.compared", numbers);
  const took = job.seconds;
  if (job.status !== "succeeded" || took === null || !plan.seconds) return memory;
  return memory + " " + t("jobs.memory.time", { planned: format.duration(plan.seconds), took: format.duration(took) });
}

/** The estimate that the job started with, folded. */
function jobEstimate({ items, need_mb: need, limit_mb: limit }, open = false) {
  const name = (key) => jobText(["plan.memory." + key], {}, key);
  const line = (label, value, look = "") => [h("dt", { class: look }, label), h("dd", { class: "ts-num " + look }, format.memory(value))];
  return h("details", { class: "ts-details job-estimate", open }, h("summary", {}, t("jobs.memory.estimate", { need: format.memory(need), limit: format.memory(limit) })),
    h("dl", { class: "ts-kv" }, items.map((item) => line(name(item.key), item.mb)), line(t("jobs.memory.total"), need, "sum"), line(t("jobs.memory.limit"), limit, "sum")));
}

/**
 * After memory ran out for good: the estimate beside the limit, and the change that would fit, one click from a new start.
 * @param {Ctx<"jobs">} ctx
 * @param {Server.NamedJob} job
 */
export function jobAdvice(job, advice, ctx) {
  const params = job.error?.params;
  if (job.status !== "failed" || !params?.items) return null;
  const start = async (event) => {
    const id = await runAction(event.currentTarget, () => ctx.call("job_start_changed", job.id));
    if (id) location.assign(pageUrl("jobs", { job: id }));
  };
  const change = advice?.length ? [
    h("h2", {}, t("jobs.advice.title")),
    h("dl", { class: "ts-kv" }, advice.map((row) => [h("dt", {}, row.label), h("dd", { class: "ts-num" }, row.value)])),
    h("div", { class: "ts-row" }, jobButton("refresh-cw", t("jobs.advice.do"), { class: "ts-btn primary", id: "job-do-changed", title: t("jobs.advice.help"), onclick: start }))] : null;
  return h("section", { class: "ts-card job-advice" }, change, jobEstimate(/** @type {any} */ (params), true));
}
