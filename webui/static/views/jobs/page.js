/* The Jobs page: the list, or one job when the address names it (?job=7). */
import { drawKeyed, h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, runAction } from "../../kit/parts.js";
import { laterStyles, poll } from "../../kit/server.js";
import { pageUrl, queryId, queryValue, t } from "../../kit/texts.js";
import { jobFilter } from "./filter.js";
import { jobTags } from "./labels.js";
import { longList } from "../shared/long-list.js";
import { JOB_ACTIVE, jobAct, jobBadge, jobBar, jobError, jobKind, jobLink, jobSoon, jobStage, jobWhen } from "./parts.js";

const FACETS_EVERY = 10000; // milliseconds
const ENDED_EVERY = 3000; // and at once when a job has left the others

const idsOf = (jobs) => JSON.stringify((jobs || []).map((job) => job.id).sort());

/** @type {View<"jobs">} */
export async function view(root, _value, ctx) {
  const id = queryId("job"), run = queryValue("recipe");
  if (run) return recipes(root, run, ctx);
  return id ? (await import("./job.js")).jobDetail(root, id, ctx) : jobList(root, ctx);
}

/** @param {Ctx<"jobs">} ctx */
async function recipes(root, run, ctx) {
  await laterStyles("jobs-recipe");
  return run === "new" ? (await import("./recipe-form.js")).recipeForm(root, ctx) : (await import("./recipe.js")).recipeRun(root, Number(run) || 0, ctx);
}

/** @param {Ctx<"jobs">} ctx */
function jobList(root, ctx) {
  const groups = ["running", "waiting", "finished"].map((name) => {
    const list = h("ul", { class: "job-list", "aria-label": t("jobs.group." + name) });
    const count = h("span", { class: "ts-soft ts-num" });
    return { name, list, count, node: h("section", { class: "job-group", hidden: true },
      h("h2", {}, t("jobs.group." + name), " ", count), jobListHead(name), list) };
  });
  const empty = h("div", { class: "ts-empty", hidden: true },
    drawIcon("list-checks"), h("p", {}, t("jobs.empty")), h("p", { class: "ts-soft" }, t("jobs.empty_more")),
    jobLink("wand-sparkles", t("jobs.train"), pageUrl("train"), "primary"));
  const loading = h("div", { class: "job-skeleton", role: "status", "aria-label": t("jobs.loading") }, h("i"), h("i"), h("i"));
  const add = jobLink("plus", t("jobs.train"), pageUrl("train"), "primary");
  const none = h("p", { class: "ts-soft job-none", role: "status", hidden: true }, t("jobs.filter.none"));
  let asked = 0, facetsAt = 0, endedAt = 0;
  const blank = () => ({ now: /** @type {any} */ ({ version: "", value: null }), ended: /** @type {any} */ ({ version: "", value: null }) });
  let known = blank(), facets = { version: "" };
  const older = longList({
    follows: (a, b) => jobEnded(a) - jobEnded(b) < 0 || (jobEnded(a) === jobEnded(b) && a.id < b.id),
    draw: (rows) => drawGroup("finished", rows, known.ended.value?.count ?? rows.length),
    more: (last) => ctx.call("jobs_more", filter.wanted(), jobEnded(last), last.id),
  });
  const filter = jobFilter(() => { known = blank(); asked += 1; endedAt = 0; older.forget(); refresh(); });
  replaceChildren(root, h("div", { class: "ts-page" },
    pageHead(t("jobs.title"), t("jobs.lead"), add, jobLink("git-branch", t("recipe.title"), pageUrl("jobs", { recipe: "new" }))), filter.node, loading, empty, none, groups.map((group) => group.node), older.foot));

  const refresh = async () => {
    const mine = asked, wanted = filter.wanted();
    const now = await ctx.news("jobs_now", known.now.version, wanted);
    if (mine !== asked) return undefined; // narrowed otherwise meanwhile
    const moved = now.value && idsOf(now.value) !== idsOf(known.now.value);
    const due = moved || Date.now() - endedAt > ENDED_EVERY;
    const ended = due ? await ctx.news("jobs_ended", known.ended.version, wanted) : { ...known.ended, value: null };
    if (mine !== asked) return undefined;
    if (due) endedAt = Date.now();
    known = { now: { ...now, value: now.value || known.now.value }, ended: { ...ended, value: ended.value || known.ended.value } };
    if (now.value || ended.value) draw(known.now.value, known.ended.value, Boolean(ended.value));
    if (Date.now() - facetsAt > FACETS_EVERY) await refreshFacets();
    return Boolean(now.value || ended.value);
  };
  const refreshFacets = async () => {
    facetsAt = Date.now();
    const news = await ctx.news("jobs_facets", facets.version);
    facets = news;
    if (news.value) filter.show(news.value);
  };
  /** @param {Server.ListedJob[]} jobs
      @param {Server.EndedJobs} ended */
  const draw = (jobs, ended, fresh) => {
    const all = Object.keys(filter.wanted()).length === 0, nothing = !jobs.length && !ended.count;
    loading.hidden = true;
    empty.hidden = !all || [...jobs, ...ended.rows].some((job) => job.trains);
    none.hidden = all || !nothing;
    add.hidden = !empty.hidden;
    filter.node.hidden = all && nothing;
    const running = jobs.filter((job) => job.status !== "queued");
    const waiting = jobs.filter((job) => job.status === "queued").sort((a, b) => (a.queue_place ?? 0) - (b.queue_place ?? 0));
    drawGroup("running", running, running.length);
    drawGroup("waiting", waiting, waiting.length);
    if (fresh) older.show(ended.rows, ended.count);
    older.drop(new Set(jobs.map((job) => job.id)));
  };
  const drawGroup = (name, rows, count) => {
    const group = groups[["running", "waiting", "finished"].indexOf(name)];
    group.node.hidden = rows.length === 0;
    group.count.textContent = count;
    drawKeyed(group.list, rows, (job) => job.id, (job) => jobRow(job, ctx, refresh));
  };
  poll(root, 1000, refresh);
}

/** By when the list orders the jobs that ended. */
const jobEnded = (job) => job.finished_at ?? job.created_at;

function jobListHead(name) {
  const columns = ["job", name === "waiting" ? "queue" : "progress", name === "waiting" ? null : "loss", name === "waiting" ? "asked" : "when"];
  return h("div", { class: "job-row job-columns", "aria-hidden": "true" },
    columns.map((column) => h("span", { class: "ts-label" }, column ? t("jobs.column." + column) : "")),
    h("span", { class: "job-cell-actions" }));
}

/**
 * @param {Ctx<"jobs">} ctx
 * @param {Server.ListedJob} job
 */
function jobRow(job, ctx, refresh) {
  const facts = [jobKind(job), job.objective_label, job.base_model_name, job.dataset_name].filter(Boolean);
  return h("li", { class: "job-row", "data-job": job.id },
    h("div", { class: "job-cell-job" },
      h("a", { class: "job-name", id: "job-link-" + job.id, href: pageUrl("jobs", { job: job.id }) }, job.name),
      h("div", { class: "job-facts ts-small ts-soft" }, facts.map((fact, i) => [i ? " · " : "", h("bdi", {}, fact)])),
      job.note ? h("p", { class: "job-row-note ts-small", dir: "auto", title: job.note }, job.note) : null,
      job.tags.length ? h("div", { class: "job-tags" }, jobTags(job)) : null,
      job.comparison_id ? h("a", { class: "ts-badge neutral job-compared", id: "job-compared-" + job.id, href: pageUrl("compare", { comparison: job.comparison_id }) }, drawIcon("gauge"), t("compare.part_of")) : null,
      job.stage ? jobStage(job) : null),
    h("div", { class: "job-cell-progress" },
      h("div", { class: "job-status-line" }, jobBadge(job), h("span", { class: "ts-small ts-soft" }, jobSoon(job))),
      jobShowsBar(job) ? jobBar(job) : null,
      job.status === "failed" && job.error ? h("p", { class: "ts-small job-why" }, jobError(job.error)) : null),
    jobLosses(job),
    h("div", { class: "job-cell-when ts-small ts-soft" }, jobWhen(job.finished_at || job.started_at || job.created_at)),
    h("div", { class: "job-cell-actions" }, jobQuick(job, ctx, refresh)));
}

/** @param {Server.ListedJob} job */
const jobShowsBar = (job) => JOB_ACTIVE.has(job.status) || (["stopped", "interrupted", "failed"].includes(job.status) && job.step > 0);

/** @param {Server.ListedJob} job */
function jobLosses(job) {
  if (!job.trains || job.status === "queued") return h("div", { class: "job-cell-loss" });
  const one = (kind, value) => h("div", { class: "job-loss" },
    h("span", { class: "ts-small " + kind }, t("jobs.loss.short." + kind)), h("b", { class: "ts-num" }, format.loss(value)));
  if (job.by_reward) return h("div", { class: "job-cell-loss" }, one("reward", job.reward));
  return h("div", { class: "job-cell-loss" }, one("train", job.train_loss), one("val", job.val_loss));
}

/**
 * The few things that one does from the list; everything else is in the job's own view.
 * @param {Ctx<"jobs">} ctx
 * @param {Server.ListedJob} job
 */
function jobQuick(job, ctx, refresh) {
  const quick = (icon, key, run, extra = {}) => {
    const label = t(key, { name: job.name });
    return h("button", {
      type: "button", class: "ts-icon-btn", id: `job-${job.id}-${icon}`, "aria-label": label, title: label,
      onclick: async (event) => { await run(event.currentTarget); await refresh(); }, ...extra,
    }, drawIcon(icon));
  };
  const act = (icon, action) => quick(icon, `jobs.quick.${action}`, (button) => jobAct(ctx, button, job, action));
  const move = (icon, direction, may) => quick(icon, `jobs.quick.${direction}`,
    (button) => runAction(button, () => ctx.call("job_move", job.id, direction)), { disabled: !may });
  const visit = (icon, key, href) => {
    const label = t(key, { name: job.name });
    return h("a", { class: "ts-icon-btn", href, "aria-label": label, title: label }, drawIcon(icon));
  };
  const can = job.can || {};
  return [
    job.status === "queued" ? [move("arrow-up", "up", can.move_up), move("arrow-down", "down", can.move_down)] : null,
    can.stop ? act("square", "stop") : null,
    job.status === "queued" && can.cancel ? act("x", "cancel") : null,
    can.resume ? act("play", "resume") : null,
    job.tuned_id ? job.talks
      ? visit("messages-square", "jobs.quick.chat", pageUrl("playground", { tuned: job.tuned_id }))
      : visit("gauge", "jobs.quick.score", pageUrl("playground", { scorer: job.tuned_id })) : null,
    visit("chevron-right", "jobs.quick.open", pageUrl("jobs", { job: job.id })),
  ];
}
