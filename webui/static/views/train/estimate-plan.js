/** What the estimate shows of a plan: its memory, what was measured, time, disk and steps, each with what it is made of. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { said, t } from "../../kit/texts.js";
import { noteBox } from "../shared/form-controls.js";
import { setObjective, setParam } from "./state.js";
import { memoryView } from "./estimate-memory.js";

/**
 * Returns {node, show(plan, time)}; `time`: of the whole job, in words; `verdict`: the place of what is said of the plan.
 * @param {Parts<"train">} w
 */
export function planView(w, verdict) {
  const memory = memoryView();
  const checked = h("div", { class: "estimate-checked ts-small" });
  const [time, disk, steps] = ["time", "disk", "steps"].map(foldView);
  const show = (plan, words) => {
    memory.show(plan);
    tellChecks(checked, w);
    steps.show(plan ? format.number(plan.steps) : "–", plan ? trainFacts(plan, w) : []);
    tellTime(time, plan, words);
    tellDisk(disk, plan);
    replaceChildren(verdict, trainVerdict(w), weightsLine(w));
  };
  return { node: h("div", { class: "estimate-plan" }, memory.node, checked, h("div", { class: "estimate-costs" }, time.node, disk.node, steps.node)), show };
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
    ...(plan.attention ? [[t("train.estimate.attention"), plan.attention.message]] : []),
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
async function tellChecks(holder, w) {
  if (!Object.keys(w.checks).length) return replaceChildren(holder);
  const { checkedLines } = await import("./check.js");
  return replaceChildren(holder, checkedLines(w));
}

/** @param {Server.PlanView} plan */
const tellTime = (view, plan, time) => view.show(time, (plan?.time?.parts || []).map((part) => [t("plan.time." + part.key), format.duration(part.seconds)]), plan ? timeWords(plan.time) : "");

const fileSize = (mb) => format.bytes(mb * 1e6);

/** @param {Server.PlanView} plan */
const tellDisk = (view, plan) => view.show(plan ? t("train.estimate.of", { used: fileSize(plan.disk.total_mb), limit: t("train.estimate.free", { mb: fileSize(plan.disk.free_mb) }) }) : "–",
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
 * @param {{}} [more] other properties of the button
 */
export const changeButton = (w, change, id, more) => (Object.keys(change || {}).length
  ? h("button", { type: "button", class: "ts-btn small", id, onclick: () => applyChange(w, change), ...more }, t("train.estimate.apply")) : null);

/**
 * What a plan warns of, with the button that takes the reason away where the planner knows one.
 * @param {Parts<"train">} w
 */
export const planWarnings = (w, warnings) => (warnings || []).map((one) => noteBox("warn", h("p", {}, one.message),
  changeButton(w, one.change, null, { "data-warning": one.code })));

/**
 * Take over the change that the planner proposes: {"training.max_length": 256, "method": "qlora"}.
 * @param {Parts<"train">} w
 */
export function applyChange(w, change) {
  if (change.objective) setObjective(w, change.objective);
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
 * What a start would fetch first: how much, from where, and onto how much free disk.
 * @param {Parts<"train">} w
 */
export function weightsWords(w) {
  const model = w.model();
  if (model?.status !== "known") return "";
  return t("train.estimate.weights", { name: model.name, size: format.bytes(model.facts?.bytes), hub: model.facts?.hub || "?", free: w.plan?.disk ? fileSize(w.plan.disk.free_mb) : "–" });
}

/** @param {Parts<"train">} w */
function weightsLine(w) {
  const words = w.plan && !w.planned() ? weightsWords(w) : "";
  return words ? h("p", { class: "ts-small estimate-weights" }, drawIcon("download", 16), h("span", {}, words)) : null;
}
