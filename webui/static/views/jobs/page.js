/* The Jobs page: the list, or one job when the address names it (?job=7). */
"use strict";

TS.views.jobs = function (root, _value, ctx) {
  const id = Number(TS.query("job"));
  return id ? TS.jobDetail(root, id, ctx) : TS.jobList(root, ctx);
};

TS.jobList = function (root, ctx) {
  const groups = ["running", "waiting", "finished"].map((name) => {
    const list = TS.h("ul", { class: "job-list", "aria-label": TS.t("jobs.group." + name) });
    const count = TS.h("span", { class: "ts-soft ts-num" });
    return { name, list, count, node: TS.h("section", { class: "job-group", hidden: true },
      TS.h("h2", {}, TS.t("jobs.group." + name), " ", count), jobListHead(name), list) };
  });
  const empty = TS.h("div", { class: "ts-empty", hidden: true },
    TS.icon("list-checks"), TS.h("p", {}, TS.t("jobs.empty")), TS.h("p", { class: "ts-soft" }, TS.t("jobs.empty_more")),
    TS.job.link("wand-sparkles", TS.t("jobs.train"), TS.url("train"), "primary"));
  const loading = TS.h("div", { class: "job-skeleton", role: "status", "aria-label": TS.t("jobs.loading") }, TS.h("i"), TS.h("i"), TS.h("i"));
  const add = TS.job.link("plus", TS.t("jobs.train"), TS.url("train"), "primary");
  TS.replace(root, TS.h("div", { class: "ts-page" },
    TS.head(TS.t("jobs.title"), TS.t("jobs.lead"), add), loading, empty, groups.map((group) => group.node)));

  let version = "";
  const refresh = async () => {
    const news = await ctx.call("jobs_list", version);
    version = news.version;
    if (news.jobs) draw(news.jobs);
  };
  const draw = (jobs) => {
    loading.hidden = true;
    empty.hidden = jobs.some((job) => job.trains);
    add.hidden = !empty.hidden;
    for (const group of groups) {
      const mine = jobs.filter((job) => jobGroup(job) === group.name);
      if (group.name === "waiting") mine.sort((a, b) => (a.queue_place ?? 0) - (b.queue_place ?? 0));
      group.node.hidden = mine.length === 0;
      group.count.textContent = mine.length;
      TS.keyed(group.list, mine, (job) => job.id, (job) => jobRow(job, ctx, refresh));
    }
  };
  TS.poll(root, 1000, refresh);
};

function jobGroup(job) {
  if (job.status === "queued") return "waiting";
  return TS.job.ACTIVE.has(job.status) ? "running" : "finished";
}

function jobListHead(name) {
  const columns = ["job", name === "waiting" ? "queue" : "progress", name === "waiting" ? null : "loss", name === "waiting" ? "asked" : "when"];
  return TS.h("div", { class: "job-row job-columns", "aria-hidden": "true" },
    columns.map((column) => TS.h("span", { class: "ts-label" }, column ? TS.t("jobs.column." + column) : "")),
    TS.h("span", { class: "job-cell-actions" }));
}

function jobRow(job, ctx, refresh) {
  const facts = [TS.job.kind(job), job.base_model_name, job.dataset_name].filter(Boolean);
  return TS.h("li", { class: "job-row", "data-job": job.id },
    TS.h("div", { class: "job-cell-job" },
      TS.h("a", { class: "job-name", id: "job-link-" + job.id, href: TS.url("jobs", { job: job.id }) }, job.name),
      TS.h("div", { class: "job-facts ts-small ts-soft" }, facts.map((fact, i) => [i ? " · " : "", TS.h("bdi", {}, fact)])),
      job.comparison_id ? TS.h("a", { class: "ts-badge neutral job-compared", id: "job-compared-" + job.id, href: TS.url("compare", { comparison: job.comparison_id }) }, TS.icon("gauge"), TS.t("compare.part_of")) : null),
    TS.h("div", { class: "job-cell-progress" },
      TS.h("div", { class: "job-status-line" }, TS.job.badge(job), TS.h("span", { class: "ts-small ts-soft" }, TS.job.soon(job))),
      jobShowsBar(job) ? TS.job.bar(job) : null,
      job.status === "failed" && job.error ? TS.h("p", { class: "ts-small job-why" }, TS.job.error(job.error)) : null),
    jobLosses(job),
    TS.h("div", { class: "job-cell-when ts-small ts-soft" }, TS.job.when(job.finished_at || job.started_at || job.created_at)),
    TS.h("div", { class: "job-cell-actions" }, jobQuick(job, ctx, refresh)));
}

const jobShowsBar = (job) => TS.job.ACTIVE.has(job.status) || (["stopped", "interrupted", "failed"].includes(job.status) && job.step > 0);

function jobLosses(job) {
  if (!job.trains || job.status === "queued") return TS.h("div", { class: "job-cell-loss" });
  const one = (kind, value) => TS.h("div", { class: "job-loss" },
    TS.h("span", { class: "ts-small " + kind }, TS.t("jobs.loss.short." + kind)), TS.h("b", { class: "ts-num" }, TS.format.loss(value)));
  return TS.h("div", { class: "job-cell-loss" }, one("train", job.train_loss), one("val", job.val_loss));
}

/** The few things that one does from the list; everything else is in the job's own view. */
function jobQuick(job, ctx, refresh) {
  const quick = (icon, key, run, extra = {}) => {
    const label = TS.t(key, { name: job.name });
    return TS.h("button", {
      type: "button", class: "ts-icon-btn", id: `job-${job.id}-${icon}`, "aria-label": label, title: label,
      onclick: async (event) => { await run(event.currentTarget); await refresh(); }, ...extra,
    }, TS.icon(icon));
  };
  const act = (icon, action) => quick(icon, `jobs.quick.${action}`, (button) => TS.job.act(ctx, button, job, action));
  const move = (icon, direction, may) => quick(icon, `jobs.quick.${direction}`,
    (button) => TS.act(button, () => ctx.call("job_move", job.id, direction)), { disabled: !may });
  const visit = (icon, key, href) => {
    const label = TS.t(key, { name: job.name });
    return TS.h("a", { class: "ts-icon-btn", href, "aria-label": label, title: label }, TS.icon(icon));
  };
  const can = job.can || {};
  return [
    job.status === "queued" ? [move("arrow-up", "up", can.move_up), move("arrow-down", "down", can.move_down)] : null,
    can.stop ? act("square", "stop") : null,
    job.status === "queued" && can.cancel ? act("x", "cancel") : null,
    can.resume ? act("play", "resume") : null,
    job.tuned_id ? visit("messages-square", "jobs.quick.chat", TS.url("playground", { tuned: job.tuned_id })) : null,
    visit("chevron-right", "jobs.quick.open", TS.url("jobs", { job: job.id })),
  ];
}
