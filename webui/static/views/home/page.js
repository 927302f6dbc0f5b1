/* The start page: the offer of a first lesson, what runs, what is done, the machine in one line. */
import { appendAll, h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { sparkline } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";
import { homeOffer } from "./lesson.js";
import { jobBadge, jobBar, jobFraction, jobHeadline, jobTone } from "../jobs/parts.js";

/** @type {View<"home">} */
export async function view(root, _value, ctx) {
  const slots = { offer: h("section", {}), running: h("section", {}), finished: h("section", {}), next: h("section", {}), machine: h("p", { class: "home-machine ts-small" }) };
  const head = h("header", { class: "home-head" }, h("h1", {}, t("home.title")), h("p", { class: "ts-lead" }, t("home.lead")));
  const page = h("div", { class: "ts-page home" });
  let version = "";
  const show = async (drawn) => {
    const news = await ctx.news("overview", version), state = news.value;
    version = news.version;
    if (!state) return false;
    if (!drawn.size) homeFrame(page, head, slots, state, ctx);
    for (const [part, draw] of Object.entries(homeParts)) {
      const stamp = JSON.stringify(state[part]);
      if (drawn.get(part) === stamp) continue;
      drawn.set(part, stamp);
      draw(slots[part], state[part]);
    }
    return true;
  };
  const drawn = new Map();
  poll(root, 1500, async () => {
    const fresh = await show(drawn);
    if (page.isConnected) return fresh;
    root.replaceChildren(page);
    homeMachine(slots.machine, await ctx.call("machine"));
    return fresh;
  });
}

/**
 * What runs comes first. Newcomers see the offer then; whoever has trained something sees their work.
 * @param {Ctx<"home">} ctx
 */
function homeFrame(page, head, slots, state, ctx) {
  const known = state.finished.length > 0;
  appendAll(page, [head, slots.running, ...(known ? [slots.finished, slots.offer] : [slots.offer, slots.finished, slots.next]), slots.machine]);
  homeOffer(slots.offer, ctx, known);
  if (!known) homeNext(slots.next);
}

const homeParts = {
  running(slot, jobs) {
    if (!jobs.length) return replaceChildren(slot);
    return replaceChildren(slot, h("h2", {}, t("home.running")), h("div", { class: "ts-stack" }, jobs.map(homeRunning)));
  },
  finished(slot, jobs) {
    if (!jobs.length) return replaceChildren(slot);
    return replaceChildren(slot, h("h2", {}, t("home.finished")), h("div", { class: "ts-grid" }, jobs.map(homeFinished)));
  },
};

/** @param {Server.HomeJob} job */
const homeRunning = (job) => h("a", { class: "ts-card home-running", href: pageUrl("jobs", { job: job.id }) },
  h("div", { class: "ts-stack tight" },
    h("div", { class: "ts-row" }, h("b", { dir: "auto" }, job.name), jobBadge(job)),
    h("p", { class: jobTone(job) === "warn" ? "ts-warn-text" : "ts-soft" }, jobHeadline(job)),
    job.status === "queued" ? null : h("div", { class: "home-bar" }, jobBar(job), h("span", { class: "ts-small ts-num" }, format.percent(jobFraction(job))))),
  job.spark && job.spark.length > 1 ? h("div", { class: "home-spark" }, sparkline(job.spark, t("home.spark", { name: job.name })),
    h("span", { class: "ts-small ts-soft" }, t("home.loss"), " ", h("b", { class: "ts-num" }, format.loss(job.spark[job.spark.length - 1][1])))) : null);

/** @param {Server.HomeJob} job */
const homeFinished = (job) => h("article", { class: "ts-card" },
  h("div", { class: "ts-stack tight" },
    h("div", { class: "ts-spread" }, h("h3", { dir: "auto" }, h("a", { class: "home-plain", href: pageUrl("jobs", { job: job.id }) }, job.name)),
      h("span", { class: "ts-badge tuned" }, t("home.tuned"))),
    h("p", { class: "ts-small ts-soft" }, t("home.made_from", { model: job.base_model_name || "–", data: job.dataset_name || "–" })),
    h("p", { class: "ts-small ts-soft" }, format.when(job.finished_at))),
  h("div", { class: "ts-row home-actions" },
    h("a", { class: "ts-btn primary small", href: pageUrl("playground", job.talks ? { tuned: job.tuned_id } : { scorer: job.tuned_id }) },
      drawIcon(job.talks ? "messages-square" : "gauge", 16), t(job.talks ? "home.chat" : "models.score")),
    h("a", { class: "ts-btn small", href: pageUrl("models", { model: job.tuned_id }) }, drawIcon("download", 16), t("home.take_away"))));

/** The way for one's own data, in three steps. */
function homeNext(slot) {
  const step = (n, page, icon) => h("a", { class: "ts-card home-step", href: pageUrl(page) },
    h("span", { class: "home-step-icon" }, drawIcon(icon, 20)),
    h("h3", {}, t(`home.step${n}.title`)), h("p", { class: "ts-small ts-soft" }, t(`home.step${n}.text`)));
  replaceChildren(slot, h("h2", {}, t("home.own")),
    h("div", { class: "ts-grid" }, step(1, "data", "database"), step(2, "train", "wand-sparkles"), step(3, "playground", "messages-square")));
}

/** @param {Server.MachineView} machine */
function homeMachine(slot, machine) {
  const gpus = machine.gpus.length ? machine.gpus.map((gpu) => gpu.name).join(", ") : t("home.machine.no_gpu");
  replaceChildren(slot, drawIcon("cpu", 16), h("span", {}, t("home.machine", { cores: machine.cores, ram: format.memory(machine.ram_mb), gpus, disk: format.memory(machine.disk_free_mb) }), " ",
    h("a", { class: "ts-link", href: pageUrl("settings") }, t("home.machine.more"))));
}
