/** The estimate: always beside the wizard (on a phone: a line above the navigation). Memory, time, disk, steps, and Start. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { loadPart } from "../../kit/server.js";
import { said, t } from "../../kit/texts.js";
import { whyLine } from "./steps.js";

/** @param {Parts<"train">} w */
export function trainDrawEstimate(aside, w) {
  const at = estimateParts(w);
  replaceChildren(aside,
    h("div", { class: "estimate-line" }, at.smallWhy.node, at.toggle, at.small),
    h("div", { class: "ts-card estimate-card", id: "train-estimate-body" }, h("h2", {}, t("train.estimate")),
      at.empty, at.plan.node, at.verdict, at.start, at.why.node, at.queue, at.only),
    h("p", { class: "ts-sr", role: "status" }));
  const spoken = aside.querySelector('[role="status"]');
  const tell = () => tellEstimate(at, w, aside, spoken);
  at.toggle.addEventListener("click", () => {
    const open = aside.classList.toggle("open");
    at.toggle.setAttribute("aria-expanded", String(open));
  });
  for (const event of ["plan", "draft", "lists", "checks"]) w.on(event, tell);
  w.on("busy", () => aside.classList.add("stale"));
  tell();
}

/** @param {Parts<"train">} w */
const estimateParts = (w, verdict = h("div", { class: "estimate-verdict" })) => ({
  toggle: h("button", { type: "button", class: "estimate-toggle", "aria-expanded": "false", "aria-controls": "train-estimate-body", "aria-label": t("train.estimate.more") }),
  small: startButton(w, "train-start-small"),
  start: startButton(w, "train-start"),
  why: whyLine(w, "train-why"),
  smallWhy: whyLine(w, "train-why-small"),
  empty: h("p", { class: "ts-soft ts-small estimate-empty" }),
  plan: planHolder(w, verdict),
  verdict,
  queue: h("p", { class: "ts-help" }, t("train.estimate.queue")),
  only: h("p", { class: "estimate-only ts-small", id: "train-planned-only" }),
});

const START = async () => (await import("./start.js")).trainStart;

/** @param {Parts<"train">} w */
const startButton = (w, id) => {
  const button = h("button", { type: "button", class: "ts-btn primary", id, "aria-describedby": id.replace("start", "why"), onclick: async () => (await runAction(button, () => loadPart(START)))?.(button, w) }, drawIcon("play"), t("train.estimate.start"));
  return button;
};

/** @param {Parts<"train">} w */
function tellEstimate(at, w, aside, spoken) {
  const plan = w.plan;
  aside.classList.toggle("stale", Boolean(w.busy));
  const used = plan ? format.memory(plan.memory.total_mb) : "–";
  const time = plan ? t("train.estimate.about", { time: format.roughly(plan.seconds) }) : "–";
  at.empty.textContent = plan ? "" : trainLacking(w);
  at.empty.hidden = Boolean(plan);
  replaceChildren(at.toggle, h("span", { class: "ts-num" }, plan ? used : t("train.estimate")), plan ? h("span", { class: "ts-num ts-soft" }, time) : null, drawIcon("chevron-up"));
  at.plan.show(plan, time);
  tellStart(at, w);
  if (plan && !w.busy) spoken.textContent = t("train.estimate.said", { memory: used, time, steps: format.number(plan.steps) });
}

/**
 * On hardware that is only planned for there is nothing to start: a sentence takes the button's place.
 * @param {Parts<"train">} w
 */
function tellStart(at, w) {
  const planned = w.planned();
  at.start.disabled = at.small.disabled = !w.complete() || w.finished;
  at.start.hidden = at.small.hidden = at.queue.hidden = Boolean(planned);
  at.only.hidden = !planned;
  at.why.tell();
  at.smallWhy.tell();
  if (planned) at.only.textContent = t("train.estimate.planned_only", { device: said(planned.name) });
}

/** @param {Parts<"train">} w */
function trainLacking(w) {
  const open = ["model", "data", "method"].filter((step) => !w.done(step)).map((step) => t("train.step." + step));
  return open.length ? t("train.estimate.missing", { steps: open.join(", ") }) : w.problem ? "" : t("train.estimate.empty");
}

/**
 * The place of the plan's numbers and verdict; what shows and explains them is loaded with the first plan.
 * @param {Parts<"train">} w
 */
function planHolder(w, verdict) {
  const bare = [t("train.estimate.memory"), t("train.estimate.time"), t("train.estimate.disk"), t("train.estimate.steps")].map((name) => h("div", { class: "ts-spread ts-small" }, h("span", { class: "ts-soft" }, name), h("span", { class: "ts-num" }, "–")));
  const node = h("div", { class: "estimate-plan" }, bare);
  let view = /** @type {any} */ (null), newest = /** @type {any[]} */ ([]);
  const show = async (...now) => {
    newest = now;
    if (!view && (w.plan || w.problem)) {
      const part = await import("./estimate-plan.js").catch(() => null); // asked for again with the next plan
      if (!part) return;
      view ||= part.planView(w, verdict);
      if (!view.node.isConnected) replaceChildren(node, view.node);
    }
    view?.show(...newest);
  };
  return { node, show };
}
