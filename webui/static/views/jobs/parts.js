/* What the list of jobs and one job's own view share: status, progress, sentences, actions, and keyed drawing. */
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, runAction, toast } from "../../kit/parts.js";
import { hasText, pageLocale, pageUrl, said, t } from "../../kit/texts.js";
import { dayOf } from "./words.js";

export const JOB_ACTIVE = new Set(["starting", "running", "stopping"]);
export const JOB_LOOK = {
  queued: ["neutral", "clock"], starting: ["train", "refresh-cw"], running: ["train", "play"], stopping: ["warn", "square"],
  succeeded: ["good", "circle-check"], stopped: ["neutral", "square"], cancelled: ["neutral", "x"],
  failed: ["danger", "circle-x"], interrupted: ["warn", "triangle-alert"], stalled: ["warn", "triangle-alert"],
};
const JOB_WORSE = ["warn", "triangle-alert"];
/** It is done, and what it made is no better than what it began with: nothing to show in green. */
const jobGotWorse = (job) => job.status === "succeeded" && jobTone(job) === "warn";
/** [kind, icon] of a state that the job has or had. */
export const jobLook = (state, job) => (state === "succeeded" && jobGotWorse(job) ? JOB_WORSE : JOB_LOOK[state]);
/** The status as people should read it: a worker that went silent is not "running". */
export const jobState = (job) => (job.stalled && JOB_ACTIVE.has(job.status) ? "stalled" : job.status);

export function jobBadge(job) {
  const state = jobState(job);
  const [kind, icon] = jobLook(state, job) || ["neutral", "info"];
  return h("span", { class: "ts-badge job-badge " + kind, "data-status": state }, drawIcon(icon), t("jobs.status." + state));
}

export function jobFraction(job) {
  if (job.status === "succeeded") return 1;
  if (job.fraction !== null && job.fraction !== undefined) return job.fraction;
  return job.total_steps ? Math.min(1, job.step / job.total_steps) : 0;
}

export function jobBar(job) {
  const percent = Math.round(100 * jobFraction(job));
  const look = jobGotWorse(job) ? " warn" : { succeeded: " good", failed: " danger", interrupted: " warn", stopped: " still", cancelled: " still" }[job.status] || "";
  return h("div", {
    class: "ts-progress" + look, role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100",
    "aria-valuenow": String(percent), "aria-label": t("jobs.progress_of", { name: job.name }),
  }, h("i", { style: { width: percent + "%" } }));
}

/** How far the weights are that a job waits for. */
export const jobDownload = (coming) => (coming.total_mb ? t("jobs.weights_of", coming) : t("jobs.weights"));

/** "about 4 min left", the place in the queue, or when it ended: one short line under the bar. */
export function jobSoon(job) {
  if (job.status === "queued") {
    if (job.waits_for) return jobDownload(job.waits_for);
    return job.queue_place > 1 ? t("jobs.queue_place", { n: job.queue_place }) : t("jobs.queue_next");
  }
  if (JOB_ACTIVE.has(job.status)) {
    if (job.status === "stopping") return t("jobs.status.stopping");
    if (job.seconds_left !== null && job.seconds_left !== undefined && (job.trains || job.step > 0)) {
      return t("jobs.left", { time: format.duration(job.seconds_left) });
    }
    return job.phase ? jobPhase(job) : t("jobs.status." + job.status);
  }
  return job.seconds === null || job.seconds === undefined ? "" : t("jobs.took", { time: format.duration(job.seconds) });
}

export const jobPhase = (job) => said(job.phase_label);

/** The first of `keys` that the catalogue has, filled in; else `fallback`. */
export function jobText(keys, params, fallback) {
  const key = keys.find(hasText);
  return key ? t(key, params) : fallback;
}

export const jobError = (error) => (error ? error.message ?? t("jobs.error_unknown", { code: error.code }) : "");

export const jobHeadline = (job) => (job.headline?.text ? said(job.headline.text) : job.headline ? jobText(["headline." + job.headline.code], job.headline.params, "") : "");

/** Good news, bad news or neither: where the sentence is about a number that can get better or worse. */
export const jobTone = (job) => job.headline?.tone || null;

/** The day and the time; with the year where it is another one. */
export function jobWhen(epoch) {
  if (!epoch) return "";
  const date = new Date(epoch * 1000), which = dayOf(epoch);
  const day = which === "today" ? t("jobs.day.today") : which === "yesterday" ? t("jobs.day.yesterday")
    : date.toLocaleDateString(pageLocale(), { year: which === "date" ? "numeric" : undefined, month: "short", day: "numeric" });
  const time = date.toLocaleTimeString(pageLocale(), { timeStyle: "short" });
  return h("time", { datetime: date.toISOString(), title: format.when(epoch) }, t("jobs.when.at", { day, time }));
}

export const jobKind = (job) => (job.trains ? job.method_label || job.method : said(job.title));

/** What the buttons of a question say: to do it, and for a job that is being discarded to keep it. */
const choiceWords = (job, action) => (action === "cancel" ? [t("jobs.cancel.sure"), t(job.trains ? "jobs.cancel.keep" : "jobs.cancel.keep_other")] : [t(`jobs.${action}.do`)]);

/**
 * Stop, cancel, resume or delete; what cannot be undone asks once. Resolves to true when it was done.
 * @param {Ctx<"jobs">} ctx
 */
export async function jobAct(ctx, button, job, action) {
  if (action === "cancel" || action === "delete") {
    const sure = await askFirst(t(`jobs.${action}.title`, { name: job.name }), t(`jobs.${action}.text`), ...choiceWords(job, action));
    if (!sure) return false;
  }
  const done = await runAction(button, async () => {
    await ctx.call("job_act", job.id, action);
    return true;
  });
  if (done) toast(t(`jobs.${action}.done`, { name: job.name }), "good");
  return Boolean(done);
}

export function jobButton(icon, label, attributes) {
  return h("button", { type: "button", class: "ts-btn", ...attributes }, drawIcon(icon), h("span", {}, label));
}
/**
 * The way to try what a job made: to talk with it, or to score with a reward model. `words`: key of what it says where it talks.
 * @param {Server.NamedJob | Server.JobView} job
 */
export const jobTry = (job, words, look = "") => (job.talks
  ? jobLink("messages-square", t(words), pageUrl("playground", { tuned: job.tuned_id }), look)
  : jobLink("gauge", t("models.score"), pageUrl("playground", { scorer: job.tuned_id }), look));

/**
 * The way to vote on a finished model's answers and the base's without their names.
 * @param {Server.NamedJob | Server.JobView} job
 */
export const jobBlind = (job) => (job.talks ? jobLink("thumbs-up", t("arena.with_base"), pageUrl("playground", { arena: "new", tuned: job.tuned_id })) : null);

export function jobLink(icon, label, href, look = "") {
  return h("a", { class: "ts-btn " + look, href }, drawIcon(icon), h("span", {}, label));
}

/** Which job of a recipe it is; leads to all of them. */
export const jobStage = (job) => h("a", { class: "ts-badge neutral job-compared", id: "job-stage-" + job.id, href: pageUrl("jobs", { recipe: job.stage.run }) },
  drawIcon("list-checks"), t("recipe.part_of", { place: job.stage.place, of: job.stage.of }));

/* What the numbers begin with that tell the reward of a sample answer; its question's place follows. */
export const SAMPLE_REWARD = "sample_reward/";

export const JOB_METRICS = {
  MEMORY: ["memory_device_mb", "memory_process_mb"], // of the device where it has its own
  LOSS: [["train_loss", "train"], ["val_loss", "val"]],
  SMALL: [
    ["learning_rate", "jobs.metric.learning_rate", "jobs.metric.learning_rate.help"],
    ["grad_norm", "jobs.metric.grad_norm", "jobs.metric.grad_norm.help"],
    ["tokens_per_s", "jobs.metric.speed", "jobs.metric.speed.help"],
  ],
};
