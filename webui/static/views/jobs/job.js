/* One job: what happens, in words and numbers, live. Its parts are drawn by charts.js, samples.js and story.js. */
"use strict";

TS.jobDetail = function (root, id, ctx) {
  const slots = {};
  const slot = (name, tag = "div", look = "") => (slots[name] = TS.h(tag, { class: `job-${name} ${look}` }));
  const page = TS.h("div", { class: "ts-page job-page" },
    TS.h("a", { class: "job-back", href: TS.url("jobs") }, TS.icon("chevron-right"), TS.t("jobs.back")),
    slot("head", "header"), slot("notes"), slot("meter"), slot("tiles"), slot("charts"), slot("figures"), slot("samples"),
    TS.h("div", { class: "job-columns-2" }, slot("events", "section", "ts-card"), slot("settings", "section", "ts-card")),
    slot("log"));
  TS.replace(root, page);
  const parts = { charts: null, samples: TS.jobSamples(slots.samples), events: TS.jobEvents(slots.events), log: TS.jobLog(slots.log) };
  slots.settings.hidden = true;
  const data = { metrics: {}, cursors: {}, attempt: null, checkpoints: [], events: [], drawn: {} };

  const refresh = async () => {
    let feed;
    try {
      feed = await ctx.call("job_feed", id, jobCursors(data));
    } catch (error) {
      if (error.code !== "not_found") throw error; // asked again at the next tick
      return jobGone(root, error);
    }
    jobMerge(data, feed, parts);
    const job = feed.job;
    document.title = job.name + " · Tunesmith";
    jobOnce(data, "head", [job.name, job.status, job.stalled, job.can, job.tuned_id, job.headline], () => jobHead(slots.head, job, ctx, refresh));
    jobOnce(data, "notes", [job.status, job.stalled, job.error, job.request, job.result?.ended], () => TS.replace(slots.notes, jobNotes(job), TS.jobAdvice(job, feed.advice, ctx)));
    jobOnce(data, "meter", job, () => TS.replace(slots.meter, jobMeter(job)));
    jobOnce(data, "tiles", [job, jobLast(data.metrics)], () => TS.replace(slots.tiles, jobTiles(job, data.metrics)));
    if (job.trains) {
      parts.charts = parts.charts || TS.jobCharts(slots.charts);
      jobOnce(data, "charts", [data.cursors, data.attempt, feed.checkpoints, job.status, feed.plan], () =>
        parts.charts.update(data.metrics, jobMarkers(data.checkpoints, data.events), job, feed.plan, feed.charts));
      parts.figures = parts.figures || TS.jobFigures(slots.figures);
      const known = TS.jobRanks.known(feed.charts);
      jobOnce(data, "figures", Object.entries(data.metrics).map(([name, points]) => (known.has(name) ? 0 : points.length)), () => parts.figures.update(data.metrics, feed.charts));
    }
    parts.samples.show(job);
    if (!data.settings) {
      await TS.jobSettings(slots.settings, id, ctx);
      data.settings = true;
    }
  };
  TS.poll(root, 600, refresh);
};

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
  parts.events.add(feed.events);
  parts.samples.add(feed.samples);
  parts.log.add(feed.logs);
  Object.assign(data, { cursors: feed.cursors, attempt: feed.job.attempt, checkpoints: feed.checkpoints });
  if (Object.values(data.metrics).some((points) => points.length > JOB_MOST_POINTS)) data.cursors = { ...feed.cursors, metric: 0 };
}

function jobMarkers(checkpoints, events) {
  const told = events.filter((event) => event.step !== null && ["warning", "error"].includes(event.kind));
  return [
    ...checkpoints.map((one) => ({ x: one.step, label: TS.t("jobs.checkpoint", { step: TS.format.number(one.step) }), kind: "checkpoint" })),
    ...told.map((event) => ({ x: event.step, label: TS.jobEventText(event), kind: event.kind === "error" ? "danger" : "warn" })),
  ];
}

function jobHead(slot, job, ctx, refresh) {
  const facts = [job.base_model_name, job.dataset_name, TS.job.kind(job)].filter(Boolean);
  TS.replace(slot,
    TS.h("div", { class: "job-title" },
      TS.h("div", { class: "ts-row" }, TS.h("h1", {}, job.name), TS.job.badge(job)),
      TS.h("p", { class: "ts-small ts-soft" }, facts.map((fact, i) => [i ? " → " : "", TS.h("bdi", {}, fact)])),
      TS.h("p", { class: "ts-lead job-headline", role: "status", "aria-live": "polite" }, TS.job.headline(job))),
    TS.h("div", { class: "ts-row job-actions" }, jobButtons(job, ctx, refresh)));
}

function jobButtons(job, ctx, refresh) {
  const can = job.can || {};
  const act = (icon, action, look = "") => TS.job.button(icon, TS.t(`jobs.${action}.do`), {
    id: "job-do-" + action, class: "ts-btn " + look, title: TS.t(`jobs.${action}.help`),
    onclick: async (event) => {
      const done = await TS.job.act(ctx, event.currentTarget, job, action);
      if (done && action === "delete") location.assign(TS.url("jobs"));
      else if (done) await refresh();
    },
  });
  return [
    job.tuned_id ? TS.job.link("messages-square", TS.t("jobs.chat"), TS.url("playground", { tuned: job.tuned_id }), "primary") : null,
    job.tuned_id ? TS.job.link("download", TS.t("jobs.take"), TS.url("models", { model: job.tuned_id })) : null,
    can.resume ? act("play", "resume", job.tuned_id ? "" : "primary") : null,
    can.stop ? act("square", "stop") : null,
    can.cancel ? act("x", "cancel", "ghost") : null,
    job.trains ? TS.job.link("copy", TS.t("jobs.again"), TS.url("train", { from_job: job.id })) : null,
    can.delete ? act("trash-2", "delete", "ghost") : null,
  ];
}

/** What went wrong comes first: the cause, and what to do. */
function jobNotes(job) {
  const note = (kind, icon, title, text) => TS.h("div", { class: "ts-note " + kind, role: kind === "danger" ? "alert" : "status" },
    TS.icon(icon), TS.h("div", {}, TS.h("strong", {}, title), text ? TS.h("p", {}, text) : null));
  const state = TS.job.state(job);
  if (state === "failed") return note("danger", "circle-x", TS.t("jobs.note.failed"), TS.job.error(job.error));
  if (state === "interrupted") return note("warn", "triangle-alert", TS.t("jobs.note.interrupted"), job.error ? TS.job.error(job.error) : TS.t("jobs.note.interrupted_text"));
  if (state === "stalled") return note("warn", "triangle-alert", TS.t("jobs.note.stalled"), TS.t("jobs.note.stalled_text"));
  if (state === "stopped") return note("info", "info", TS.t(job.result?.ended === "time" ? "jobs.note.stopped_time" : "jobs.note.stopped"), TS.t("jobs.note.stopped_text"));
  if (state === "stopping") {
    return note("info", "info", TS.t(job.request === "cancel" ? "jobs.note.cancelling" : "jobs.note.stopping"));
  }
  return null;
}

function jobMeter(job) {
  if (job.status === "succeeded" || job.status === "cancelled") return null;
  const steps = job.total_steps
    ? TS.t("jobs.steps_of", { step: TS.format.number(job.step), total: TS.format.number(job.total_steps) })
    : job.step ? TS.t("jobs.step_n", { step: TS.format.number(job.step) }) : "";
  const phase = job.phase && TS.job.ACTIVE.has(job.status) ? TS.job.phase(job) : "";
  return TS.h("div", { class: "ts-card job-meter-card" },
    TS.h("div", { class: "ts-spread" },
      TS.h("span", { class: "ts-num job-percent" }, TS.format.percent(TS.job.fraction(job))),
      TS.h("span", { class: "ts-soft" }, [steps, phase].filter(Boolean).join(" · ")),
      TS.h("span", { class: "job-left" }, TS.job.soon(job) === phase ? "" : TS.job.soon(job))),
    TS.job.bar(job));
}

function jobGone(root, error) {
  TS.replace(root, TS.h("div", { class: "ts-page" }, TS.h("h1", {}, TS.t("jobs.title")),
    TS.h("div", { class: "ts-empty" }, TS.icon("list-checks"), TS.h("p", {}, error.message),
      TS.job.link("list-checks", TS.t("jobs.back"), TS.url("jobs"), "primary"))));
}
