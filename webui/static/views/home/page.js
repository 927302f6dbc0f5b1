/* The start page: the offer of a first lesson, what runs, what is done, the machine in one line. */
"use strict";

TS.views.home = async function (root, _value, ctx) {
  const slots = { offer: TS.h("section", {}), running: TS.h("section", {}), finished: TS.h("section", {}), next: TS.h("section", {}), machine: TS.h("p", { class: "home-machine ts-small" }) };
  const head = TS.h("header", { class: "home-head" }, TS.h("h1", {}, TS.t("home.title")), TS.h("p", { class: "ts-lead" }, TS.t("home.lead")));
  const page = TS.h("div", { class: "ts-page home" });
  const show = async (drawn) => {
    const state = await ctx.call("overview");
    if (!drawn.size) TS.homeFrame(page, head, slots, state, ctx);
    for (const [part, draw] of Object.entries(TS.homeParts)) {
      const stamp = JSON.stringify(state[part]);
      if (drawn.get(part) === stamp) continue;
      drawn.set(part, stamp);
      draw(slots[part], state[part]);
    }
  };
  const drawn = new Map();
  TS.poll(root, 1500, async () => {
    await show(drawn);
    if (page.isConnected) return;
    root.replaceChildren(page);
    TS.homeMachine(slots.machine, await ctx.call("machine"));
  });
};

/** Newcomers see the offer first; whoever has trained something sees their work first. */
TS.homeFrame = function (page, head, slots, state, ctx) {
  const work = [slots.running, slots.finished];
  const known = state.finished.length > 0;
  TS.append(page, known ? [head, ...work, slots.offer, slots.machine] : [head, slots.offer, ...work, slots.next, slots.machine]);
  TS.homeOffer(slots.offer, ctx, known);
  if (!known) TS.homeNext(slots.next);
};

TS.homeParts = {
  running(slot, jobs) {
    if (!jobs.length) return TS.replace(slot);
    return TS.replace(slot, TS.h("h2", {}, TS.t("home.running")), TS.h("div", { class: "ts-stack" }, jobs.map(TS.homeRunning)));
  },
  finished(slot, jobs) {
    if (!jobs.length) return TS.replace(slot);
    return TS.replace(slot, TS.h("h2", {}, TS.t("home.finished")), TS.h("div", { class: "ts-grid" }, jobs.map(TS.homeFinished)));
  },
};

TS.homeRunning = (job) => TS.h("a", { class: "ts-card home-running", href: TS.url("jobs", { job: job.id }) },
  TS.h("div", { class: "ts-stack tight" },
    TS.h("div", { class: "ts-row" }, TS.h("b", { dir: "auto" }, job.name), TS.job.badge(job)),
    TS.h("p", { class: "ts-soft" }, TS.job.headline(job)),
    job.status === "queued" ? null : TS.h("div", { class: "home-bar" }, TS.job.bar(job), TS.h("span", { class: "ts-small ts-num" }, TS.format.percent(TS.job.fraction(job))))),
  job.spark.length > 1 ? TS.h("div", { class: "home-spark" }, TS.sparkline(job.spark, TS.t("home.spark", { name: job.name })),
    TS.h("span", { class: "ts-small ts-soft" }, TS.t("home.loss"), " ", TS.h("b", { class: "ts-num" }, TS.format.loss(job.spark.at(-1)[1])))) : null);

TS.homeFinished = (job) => TS.h("article", { class: "ts-card" },
  TS.h("div", { class: "ts-stack tight" },
    TS.h("div", { class: "ts-spread" }, TS.h("h3", { dir: "auto" }, TS.h("a", { class: "home-plain", href: TS.url("jobs", { job: job.id }) }, job.name)),
      TS.h("span", { class: "ts-badge tuned" }, TS.t("home.tuned"))),
    TS.h("p", { class: "ts-small ts-soft" }, TS.t("home.made_from", { model: job.base_model_name || "–", data: job.dataset_name || "–" })),
    TS.h("p", { class: "ts-small ts-soft" }, TS.format.when(job.finished_at))),
  TS.h("div", { class: "ts-row home-actions" },
    TS.h("a", { class: "ts-btn primary small", href: TS.url("playground", { tuned: job.tuned_id }) }, TS.icon("messages-square", 16), TS.t("home.chat")),
    TS.h("a", { class: "ts-btn small", href: TS.url("models", { model: job.tuned_id }) }, TS.icon("download", 16), TS.t("home.take_away"))));

/** The way for one's own data, in three steps. */
TS.homeNext = function (slot) {
  const step = (n, page, icon) => TS.h("a", { class: "ts-card home-step", href: TS.url(page) },
    TS.h("span", { class: "home-step-icon" }, TS.icon(icon, 20)),
    TS.h("h3", {}, TS.t(`home.step${n}.title`)), TS.h("p", { class: "ts-small ts-soft" }, TS.t(`home.step${n}.text`)));
  TS.replace(slot, TS.h("h2", {}, TS.t("home.own")),
    TS.h("div", { class: "ts-grid" }, step(1, "data", "database"), step(2, "train", "wand-sparkles"), step(3, "playground", "messages-square")));
};

TS.homeMachine = function (slot, machine) {
  const gb = (mb) => TS.format.number(mb / 1000, mb < 10000 ? 1 : 0) + " GB";
  const gpus = machine.gpus.length ? machine.gpus.map((gpu) => gpu.name).join(", ") : TS.t("home.machine.no_gpu");
  TS.replace(slot, TS.icon("cpu", 16), TS.h("span", {}, TS.t("home.machine", { cores: machine.cores, ram: gb(machine.ram_mb), gpus, disk: gb(machine.disk_free_mb) }), " ",
    TS.h("a", { class: "ts-link", href: TS.url("settings") }, TS.t("home.machine.more"))));
};
