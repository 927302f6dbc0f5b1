/** The estimate: always beside the wizard (on a phone: a line above the navigation). Memory, time, disk, steps, and Start. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, toast } from "../../kit/parts.js";
import { pageUrl, said, t } from "../../kit/texts.js";
import { noteBox } from "../shared/form-controls.js";
import { memoryView } from "./estimate-memory.js";
import { setParam } from "./state.js";
import { whyLine } from "./steps.js";

/** @param {Parts<"train">} w */
export function trainDrawEstimate(aside, w) {
  const at = estimateParts(w);
  replaceChildren(aside,
    h("div", { class: "estimate-line" }, at.smallWhy.node, at.toggle, at.small),
    h("div", { class: "ts-card estimate-card", id: "train-estimate-body" }, h("h2", {}, t("train.estimate")),
      at.empty, at.memory.node, at.checked, h("div", { class: "estimate-costs" }, at.time.node, at.disk.node, at.steps.node), at.verdict, at.start, at.why.node, at.queue, at.only),
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
const estimateParts = (w) => ({
  toggle: h("button", { type: "button", class: "estimate-toggle", "aria-expanded": "false", "aria-controls": "train-estimate-body", "aria-label": t("train.estimate.more") }),
  small: startButton(w, "train-start-small"),
  start: startButton(w, "train-start"),
  why: whyLine(w, "train-why"),
  smallWhy: whyLine(w, "train-why-small"),
  empty: h("p", { class: "ts-soft ts-small estimate-empty" }),
  memory: memoryView(),
  checked: h("div", { class: "estimate-checked ts-small" }),
  time: foldView("time"),
  disk: foldView("disk"),
  steps: foldView("steps"),
  verdict: h("div", { class: "estimate-verdict" }),
  queue: h("p", { class: "ts-help" }, t("train.estimate.queue")),
  only: h("p", { class: "estimate-only ts-small", id: "train-planned-only" }),
});

/** @param {Parts<"train">} w */
const startButton = (w, id) => {
  const button = h("button", { type: "button", class: "ts-btn primary", id, "aria-describedby": id.replace("start", "why"), onclick: () => trainStart(button, w) }, drawIcon("play"), t("train.estimate.start"));
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
  at.memory.show(plan);
  tellChecks(at, w);
  at.steps.show(plan ? format.number(plan.steps) : "–", plan ? trainFacts(plan, w) : []);
  tellTime(at, plan, time);
  tellDisk(at, plan);
  replaceChildren(at.verdict, trainVerdict(w));
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
 * @param {Parts<"train">} w
 * @param {Server.PlanView} plan
 */
function trainFacts(plan, w) {
  const share = w.model()?.parameters ? plan.trainable / w.model().parameters : null;
  const trained = format.count(plan.trainable);
  return [
    [t("train.estimate.trained"), share === null ? trained : t("train.estimate.share", { n: trained, share: format.percent(share, share < 0.1 ? 1 : 0) })],
    ...reachFacts(plan.reach),
    [t("train.estimate.tokens"), format.number(plan.tokens_per_epoch)],
    [t("train.estimate.runs"), deviceWord(plan)],
  ];
}

/** The model's own names of what is adapted, and of what stays as it is. */
const reachFacts = ({ adapted, kept }) => [["adapted", adapted], ["kept", kept]]
  .filter(([, names]) => names.length)
  .map(([key, names]) => [t("train.estimate." + key), names.map((name) => name === "experts" ? t("train.estimate.experts") : name).join(", ")]);

/** From when to when, and how that is known. */
const timeWords = (time) => t("train.estimate.range", { low: format.roughly(time.low), high: format.roughly(time.high), how: t("train.estimate.time." + time.source) });

const deviceWord = ({ device, precision }) => [said(device.kind), precision.dtype].join(", ");

/** A number of the estimate that opens into what it is made of. */
function foldView(name) {
  const value = h("span", { class: "ts-num" }, "–");
  const below = h("p", { class: "ts-small" });
  const parts = h("ul", { class: "ts-small" });
  const node = h("details", { class: "estimate-fold" }, h("summary", {}, h("span", { class: "ts-soft" }, t("train.estimate." + name)), value), parts);
  const show = (text, rows, more) => {
    value.textContent = text;
    below.textContent = more || "";
    replaceChildren(parts, rows.map(([label, size]) => h("li", {}, h("span", {}, label), h("span", { class: "ts-num" }, size))));
  };
  return { node: h("div", { class: "estimate-folded" }, node, below), show };
}

/**
 * What a dry run or a few real steps measured, once there was one.
 * @param {Parts<"train">} w
 */
async function tellChecks(at, w) {
  if (!Object.keys(w.checks).length) return replaceChildren(at.checked);
  const { checkedLines } = await import("./check.js");
  return replaceChildren(at.checked, checkedLines(w));
}

/** @param {Server.PlanView} plan */
const tellTime = (at, plan, time) => at.time.show(time, (plan?.time?.parts || []).map((part) => [t("plan.time." + part.key), format.duration(part.seconds)]), plan ? timeWords(plan.time) : "");

const fileSize = (mb) => format.bytes(mb * 1e6);

/** @param {Server.PlanView} plan */
const tellDisk = (at, plan) => at.disk.show(plan ? t("train.estimate.of", { used: fileSize(plan.disk.total_mb), limit: t("train.estimate.free", { mb: fileSize(plan.disk.free_mb) }) }) : "–",
  (plan?.disk.items || []).map((item) => [t("plan.disk." + item.key), fileSize(item.mb)]));

/**
 * Fits, or what would make it fit, with the button that does it. Wrong settings are told beside the button that they block.
 * @param {Parts<"train">} w
 */
function trainVerdict(w) {
  if (w.problem && !Object.keys(w.faults).length && w.problem.code !== "away") return noteBox("danger", w.problem.message);
  const verdict = w.plan?.verdict;
  if (!verdict?.code) return null;
  const text = verdict.message;
  if (verdict.ok && verdict.code !== "verdict.fits") return noteBox("info", text);
  if (verdict.ok) return h("p", { class: "data-health good" }, drawIcon("circle-check"), t("train.estimate.fits"));
  return noteBox("warn", h("p", {}, text), changeButton(w, verdict.change, "train-apply"));
}

/**
 * Takes over what the planner proposes, where it does.
 * @param {Parts<"train">} w
 */
export const changeButton = (w, change, id) => (Object.keys(change || {}).length
  ? h("button", { type: "button", class: "ts-btn small", id, onclick: () => applyChange(w, change) }, t("train.estimate.apply")) : null);

/**
 * Take over the change that the planner proposes: {"training.max_length": 256, "method": "qlora"}.
 * @param {Parts<"train">} w
 */
export function applyChange(w, change) {
  if (change.method) w.patch({ method: change.method, own: true });
  if (change.base_model) w.patch({ base_model: change.base_model });
  for (const [field, value] of Object.entries(change)) {
    const [area, key] = field.split(".");
    if (area === "budget") w.patch({ budget: { ...w.draft.budget, [key]: value } });
    const params = area === "training" ? w.training() : area === "method" && key ? w.method().params : [];
    const param = params.find((one) => one.key === key);
    if (param) setParam(w, param, value);
  }
  w.redraw();
}

/**
 * Start once: the key of the draft makes a second click the same job.
 * @param {Parts<"train">} w
 */
async function trainStart(button, w) {
  if (w.finished || button.getAttribute("aria-busy") || !w.complete()) return;
  const verdict = w.plan?.verdict;
  if (verdict && !verdict.ok && !(await askFirst(t("train.estimate.unfit.title"), verdict.message, t("train.estimate.unfit.start")))) return;
  button.setAttribute("aria-busy", "true");
  try {
    await w.saved(); // a save that arrives after the start would bring the draft back
    w.finished = true;
    const job = await w.ctx.call("begin", w.raw(), w.draft.key);
    w.save.cancel();
    location.assign(pageUrl("jobs", { job }));
  } catch (error) {
    w.finished = false;
    button.removeAttribute("aria-busy");
    w.faults = error.faults || {};
    w.tell("plan");
    if (!Object.keys(w.faults).length) toast(error.message, "danger");
  }
}
