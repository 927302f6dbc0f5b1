/* One job: what happens, in words and numbers, live. Its parts are drawn by charts.js, samples.js and story.js. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar } from "../../kit/parts.js";
import { loadPart, poll } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";
import { jobCharts, jobLast, jobTiles } from "./charts.js";
import { figureMetrics } from "./figures.js";
import { jobLabels } from "./labels.js";
import { jobAdvice } from "./memory.js";
import {
  JOB_ACTIVE, jobAct, jobBadge, jobBar, jobBlind, jobButton, jobError, jobDownload, jobFraction, jobHeadline, jobKind, jobLink, jobPhase,
  jobSoon, jobStage, jobState, jobTone, jobTry,
} from "./parts.js";
import { jobFigures, ranksKnown } from "./ranks.js";
import { jobSamples } from "./samples.js";
import { jobEventText, jobEvents, jobLog, jobSettings } from "./story.js";
import { inTurn } from "../shared/in-turn.js";

/** @param {Ctx<"jobs">} ctx */
export function jobDetail(root, id, ctx) {
  /** @type {Record<string, any>} */
  const slots = {};
  const slot = (name, tag = "div", look = "") => (slots[name] = h(tag, { class: `job-${name} ${look}` }));
  const page = h("div", { class: "ts-page job-page" },
    h("a", { class: "job-back", href: pageUrl("jobs") }, drawIcon("chevron-right"), t("jobs.back")),
    slot("head", "header"), slot("labels"), slot("notes"), slot("meter"), slot("tiles"), slot("charts"), slot("figures"), slot("samples"), slot("kept"),
    h("div", { class: "job-columns-2" }, slot("events", "section", "ts-card"), slot("settings", "section", "ts-card")),
    slot("log"));
  replaceChildren(root, page);
  /** @type {any} */
  const parts = { charts: null, samples: jobSamples(slots.samples), events: jobEvents(slots.events), log: jobLog(slots.log) };
  slots.settings.hidden = true;
  const data = { version: "", metrics: {}, cursors: {}, attempt: null, checkpoints: [], events: [], drawn: {} };

  const refresh = inTurn(async () => {
    let news;
    try {
      news = await ctx.news("job_feed", data.version, id, jobCursors(data));
    } catch (error) {
      if (error.code !== "not_found") throw error; // asked again at the next tick
      return jobGone(root, error);
    }
    if (news.value) show(news.value);
    data.version = news.version;
    if (!data.settings) {
      await jobSettings(slots.settings, id, ctx);
      data.settings = true;
    }
    return Boolean(news.value);
  });
  /** @param {Server.NamedJobFeed} feed */
  const show = (feed) => {
    jobMerge(data, feed, parts);
    const job = feed.job;
    document.title = job.name + " · Tunesmith";
    jobOnce(data, "head", [job.name, job.status, job.stalled, job.can, job.tuned_id, job.headline], () => jobHead(slots.head, job, ctx, refresh));
    jobOnce(data, "labels", [job.tags, job.note], () => jobLabels(slots.labels, job, ctx, refresh));
    jobOnce(data, "notes", [job.status, !job.step, job.stalled, job.error, job.request, job.result?.ended], () => replaceChildren(slots.notes, jobNotes(job), jobAdvice(job, feed.advice, ctx)));
    jobOnce(data, "meter", job, () => replaceChildren(slots.meter, jobMeter(job)));
    jobOnce(data, "tiles", [job, jobLast(data.metrics)], () => replaceChildren(slots.tiles, jobTiles(job, data.metrics, feed.figures.figures)));
    if (job.trains) {
      parts.charts = parts.charts || jobCharts(slots.charts);
      jobOnce(data, "charts", [data.cursors, data.attempt, feed.checkpoints, job.status, feed.plan], () =>
        parts.charts.update(data.metrics, jobMarkers(data.checkpoints, data.events), job, feed.plan, feed.charts, feed.figures));
      parts.figures = parts.figures || jobFigures(slots.figures);
      const known = ranksKnown([...feed.charts, ...figureNames(feed.figures.figures, data.metrics)]);
      jobOnce(data, "figures", Object.entries(data.metrics).map(([name, points]) => (known.has(name) ? 0 : points.length)), () => parts.figures.update(data.metrics, [...feed.charts, ...figureNames(feed.figures.figures, data.metrics)]));
    }
    if (job.talks && (feed.checkpoints.length || data.drawn.kept)) jobOnce(data, "kept", [feed.checkpoints, job.tuned_id], () => showKept(slots.kept, job, feed.checkpoints));
    parts.samples.begins(job.starts_from);
    parts.samples.rewarded(data.metrics);
    parts.samples.show();
  };
  poll(root, 600, refresh);
}

async function showKept(slot, job, checkpoints) {
  try {
    (await loadPart(() => import("./checkpoints.js"))).jobCheckpoints(slot, job, checkpoints);
  } catch (error) {
    console.warn(error);
  }
}

/** What figures draw, in the shape of charts: [{key}]. */
const figureNames = (figures, metrics) => [...figureMetrics(figures, metrics)].map((key) => ({ key }));

/** Draw a part only when what it shows has changed: controls keep their focus, screen readers stay quiet. */
function jobOnce(data, part, what, draw) {
  const text = JSON.stringify(what);
  if (data.drawn[part] === text) return;
  data.drawn[part] = text;
  draw();
}

const jobCursors = ({ attempt, cursors }) => ({
  attempt, after_event: cursors.event || 0, after_log: cursors.log || 0,
  after_sample: cursors.sample || 0, after_metric: cursors.metric || 0,
});
const JOB_MOST_POINTS = 4000; // then the series are read again, thinned by the server

/** Add what is new. A new attempt takes up at a checkpoint: then everything is read again. */
function jobMerge(data, feed, parts) {
  if (feed.reset) {
    Object.assign(data, { metrics: {}, events: [] });
    parts.samples.clear();
    parts.events.clear();
    parts.log.clear();
  }
  if (!data.cursors.metric) data.metrics = {};
  for (const [name, points] of Object.entries(feed.metrics)) {
    data.metrics[name] = (data.metrics[name] || []).concat(points);
  }
  data.events.push(...feed.events);
  parts.events.add(feed.events, feed.job);
  parts.samples.add(feed.samples);
  parts.log.add(feed.logs);
  Object.assign(data, { cursors: feed.cursors, attempt: feed.job.attempt, checkpoints: feed.checkpoints });
  if (Object.values(data.metrics).some((points) => points.length > JOB_MOST_POINTS)) data.cursors = { ...feed.cursors, metric: 0 };
}

function jobMarkers(checkpoints, events) {
  const told = events.filter((event) => event.step !== null && ["warning", "error"].includes(event.kind));
  return [
    ...checkpoints.map((one) => ({ x: one.step, label: t("jobs.checkpoint", { step: format.number(one.step) }), kind: "checkpoint" })),
    ...told.map((event) => ({ x: event.step, label: jobEventText(event), kind: event.kind === "error" ? "danger" : "warn" })),
  ];
}

/**
 * @param {Ctx<"jobs">} ctx
 * @param {Server.NamedJob} job
 */
function jobHead(slot, job, ctx, refresh) {
  const facts = [job.base_model_name, job.dataset_name, job.objective_label, jobKind(job)].filter(Boolean);
  replaceChildren(slot,
    h("div", { class: "job-title" },
      h("div", { class: "ts-row" }, h("h1", {}, job.name), jobBadge(job), job.stage ? jobStage(job) : null),
      h("p", { class: "ts-small ts-soft" }, facts.map((fact, i) => [i ? " → " : "", h("bdi", {}, fact)])),
      h("p", { class: "ts-lead job-headline", "data-tone": jobTone(job), role: "status", "aria-live": "polite" },
        jobTone(job) ? drawIcon(jobTone(job) === "good" ? "circle-check" : "triangle-alert") : null, h("span", {}, jobHeadline(job)))),
    h("div", { class: "ts-row job-actions" }, jobButtons(job, ctx, refresh)));
}

/**
 * @param {Ctx<"jobs">} ctx
 * @param {Server.NamedJob} job
 */
function jobButtons(job, ctx, refresh) {
  const can = job.can || {};
  const act = (icon, action, look = "") => jobButton(icon, t(`jobs.${action}.do`), {
    id: "job-do-" + action, class: "ts-btn " + look, title: action === "resume" && job.resume_advice ? jobError(job.resume_advice) : t(`jobs.${action}.help`),
    onclick: async (event) => {
      const done = await jobAct(ctx, event.currentTarget, job, action);
      if (done && action === "delete") location.assign(pageUrl("jobs"));
      else if (done) await refresh();
    },
  });
  return [
    job.tuned_id ? [jobTry(job, "jobs.chat", "primary"), jobBlind(job)] : null,
    job.tuned_id ? jobLink("download", t("jobs.take"), pageUrl("models", { model: job.tuned_id })) : null,
    job.shown_at ? jobLink("table", t("jobs.open_at." + job.shown_at[0]), pageUrl(job.shown_at[0], { [job.shown_at[1]]: job.id }), "primary") : null,
    can.resume ? act("play", "resume", job.tuned_id || job.shown_at || !job.resuming_helps ? "" : "primary") : null,
    can.stop ? act("square", "stop") : null,
    can.cancel ? act("x", "cancel", "ghost") : null,
    job.trains ? jobLink("copy", t("jobs.again"), pageUrl("train", { from_job: job.id })) : null,
    can.delete ? act("trash-2", "delete", "ghost") : null,
  ];
}

/**
 * What went wrong comes first: the cause, and what to do.
 * @param {Server.NamedJob} job
 */
function jobNotes(job) {
  const note = (kind, icon, title, text) => h("div", { class: "ts-note " + kind, role: kind === "danger" ? "alert" : "status" },
    drawIcon(icon), h("div", {}, h("strong", {}, title), text ? h("p", {}, text) : null, job.resume_advice ? h("p", {}, jobError(job.resume_advice)) : null));
  const state = jobState(job);
  if (state === "failed") return note("danger", "circle-x", t("jobs.note.failed"), jobError(job.error));
  if (state === "interrupted") return note("warn", "triangle-alert", t("jobs.note.interrupted"), job.error ? jobError(job.error) : t("jobs.note.interrupted_text"));
  if (state === "stalled") return note("warn", "triangle-alert", t("jobs.note.stalled"), t("jobs.note.stalled_text"));
  if (state === "stopped" && job.trains) return note("info", "info", jobStopped(job), "");
  if (state === "stopping") {
    const early = job.trains && !job.step ? "headline.stopping.early" : "jobs.note.stopping";
    return note("info", "info", t(job.request === "cancel" ? "jobs.note.cancelling" : early));
  }
  return null;
}

/** @param {Server.NamedJob} job */
function jobStopped(job) {
  if (job.checkpoint_step === null && !job.tuned_id) return t("headline.stopped.early");
  return t(job.result?.ended === "time" ? "jobs.note.stopped_time" : "jobs.note.stopped");
}

/** @param {Server.NamedJob} job */
function jobMeter(job) {
  if (job.status === "succeeded" || job.status === "cancelled") return null;
  if (job.waits_for) return jobWeights(job);
  const steps = job.total_steps
    ? t("jobs.steps_of", { step: format.number(job.step), total: format.number(job.total_steps) })
    : job.step ? t("jobs.step_n", { step: format.number(job.step) }) : "";
  const phase = job.phase && JOB_ACTIVE.has(job.status) ? jobPhase(job) : "";
  return h("div", { class: "ts-card job-meter-card" },
    h("div", { class: "ts-spread" },
      h("span", { class: "ts-num job-percent" }, format.percent(jobFraction(job))),
      h("span", { class: "ts-soft" }, [steps, phase].filter(Boolean).join(" · ")),
      h("span", { class: "job-left" }, jobSoon(job) === phase ? "" : jobSoon(job))),
    jobBar(job));
}

/**
 * The weights of its base model come first: how far they are.
 * @param {Server.NamedJob} job
 */
function jobWeights(job) {
  const coming = /** @type {Server.WeightsComing} */ (job.waits_for);
  return h("div", { class: "ts-card job-meter-card" },
    h("div", { class: "ts-spread" }, h("span", {}, t("jobs.weights.lead", { name: job.base_model_name || "?" })), coming.total_mb ? h("span", { class: "ts-num" }, jobDownload(coming)) : null),
    progressBar(coming.total_mb ? coming.done_mb / coming.total_mb : null, t("jobs.weights.progress", { name: job.base_model_name || "?" })));
}

function jobGone(root, error) {
  replaceChildren(root, h("div", { class: "ts-page" }, h("h1", {}, t("jobs.title")),
    h("div", { class: "ts-empty" }, drawIcon("list-checks"), h("p", {}, error.message),
      jobLink("list-checks", t("jobs.back"), pageUrl("jobs"), "primary"))));
}
