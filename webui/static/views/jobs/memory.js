/* A job's memory: what it really uses against what the plan said and what it may use; and, where it was too much, what to change. */
"use strict";

TS.jobMemory = function () {
  const holder = TS.h("div", {});
  const told = TS.h("p", { class: "ts-small ts-soft job-memory-told" });
  const estimate = TS.h("div", {});
  const node = TS.h("section", { class: "ts-card job-chart-card job-memory", hidden: true }, holder, told, estimate);
  let chart = null, drawn = null;
  const update = (metrics, markers, job, plan) => {
    const points = TS.jobMetric.MEMORY.map((name) => metrics[name]).find((found) => found?.length) || [];
    node.hidden = points.length === 0;
    if (node.hidden) return;
    const series = TS.jobMemory.series(points, plan);
    const title = TS.t("jobs.memory.title");
    if (chart) chart.update(series, markers);
    else chart = TS.chart(holder, { title, yLabel: title, compact: true, series, markers });
    told.textContent = TS.jobMemory.words(points, job, plan);
    if (plan && drawn !== plan.need_mb) TS.replace(estimate, TS.jobEstimate(plan));
    drawn = plan?.need_mb;
  };
  return { node, update };
};

TS.jobMemory.FAR = 3; // a limit further above than this would press the other lines flat

/** What was measured, and level lines for the plan and, where it is near enough to be seen, the limit. */
TS.jobMemory.series = function (points, plan) {
  const used = { name: "used", kind: "tuned", label: TS.t("jobs.memory.used"), points };
  if (!plan) return [used];
  const level = (value) => [[points[0][0], value], [points.at(-1)[0], value]];
  const planned = { name: "planned", kind: "neutral", dash: [7, 4], color: "--ts-base", label: TS.t("jobs.memory.planned"), points: level(plan.need_mb) };
  const limit = { name: "limit", kind: "neutral", dash: [2, 4], color: "--ts-danger", label: TS.t("jobs.memory.limit"), points: level(plan.limit_mb) };
  const highest = Math.max(plan.need_mb, ...points.map(([, value]) => value));
  return plan.limit_mb <= TS.jobMemory.FAR * highest ? [used, planned, limit] : [used, planned];
};

/** "Planned 1,180 MB, measured 1,120 MB", and the time when the job has ended. */
TS.jobMemory.words = function (points, job, plan) {
  const highest = job.result?.peak_memory_mb || Math.max(...points.map(([, value]) => value));
  if (!plan) return TS.t("jobs.memory.measured", { measured: TS.format.number(highest) });
  const numbers = { planned: TS.format.number(plan.need_mb), measured: TS.format.number(highest), limit: TS.format.number(plan.limit_mb) };
  const memory = TS.t(TS.job.ACTIVE.has(job.status) ? "jobs.memory.so_far" : "jobs.memory.compared", numbers);
  const took = job.result?.elapsed_s;
  if (job.status !== "succeeded" || !took || !plan.seconds) return memory;
  return memory + " " + TS.t("jobs.memory.time", { planned: TS.format.duration(plan.seconds), took: TS.format.duration(took) });
};

/** The estimate that the job started with, folded. */
TS.jobEstimate = function ({ items, need_mb: need, limit_mb: limit }, open = false) {
  const megabytes = (value) => TS.t("jobs.memory.mb", { mb: TS.format.number(value) });
  const name = (key) => TS.job.text(["plan.memory." + key], {}, key);
  const line = (label, value, look = "") => [TS.h("dt", { class: look }, label), TS.h("dd", { class: "ts-num " + look }, megabytes(value))];
  return TS.h("details", { class: "ts-details job-estimate", open }, TS.h("summary", {}, TS.t("jobs.memory.estimate", { need: megabytes(need), limit: megabytes(limit) })),
    TS.h("dl", { class: "ts-kv" }, items.map((item) => line(name(item.key), item.mb)), line(TS.t("jobs.memory.total"), need, "sum"), line(TS.t("jobs.memory.limit"), limit, "sum")));
};

/** After memory ran out for good: the estimate beside the limit, and the change that would fit, one click from a new start. */
TS.jobAdvice = function (job, advice, ctx) {
  const params = job.error?.params;
  if (job.status !== "failed" || !params?.items) return null;
  const start = async (event) => {
    const id = await TS.act(event.currentTarget, () => ctx.call("job_start_changed", job.id));
    if (id) location.assign(TS.url("jobs", { job: id }));
  };
  const change = advice?.length ? [
    TS.h("h2", {}, TS.t("jobs.advice.title")),
    TS.h("dl", { class: "ts-kv" }, advice.map((row) => [TS.h("dt", {}, row.label), TS.h("dd", { class: "ts-num" }, row.value)])),
    TS.h("div", { class: "ts-row" }, TS.job.button("refresh-cw", TS.t("jobs.advice.do"), { class: "ts-btn primary", id: "job-do-changed", title: TS.t("jobs.advice.help"), onclick: start }))] : null;
  return TS.h("section", { class: "ts-card job-advice" }, change, TS.jobEstimate(params, true));
};
