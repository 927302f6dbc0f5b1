/** The steps of the wizard: their order and addresses, the browser's history through them, and what is in the way of going on. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { queryValue, said, t } from "../../kit/texts.js";

/** In the order in which they are gone through. */
export const STEPS = ["model", "data", "budget", "method", "review"];

/** States of a model that can be planned with: the weights of a known one come at the start. */
export const USABLE = new Set(["known", "ready"]);

/** The address of a step. */
const stepUrl = (step) => location.pathname + "?" + new URLSearchParams({ step });

/** The step that an address asks for, where it is a step and open. */
const asked = (w) => {
  const step = queryValue("step") ?? "";
  return STEPS.includes(step) && w.reachable(step) ? step : null;
};

/** Follow the address: `show(step)` draws a step. Returns {on(step): a new place; stay(): the same place, whatever it shows now}. */
export function walkSteps(w, show) {
  const stay = () => history.replaceState(null, "", stepUrl(w.draft.step));
  w.draft.step = asked(w) || w.draft.step;
  stay();
  window.addEventListener("popstate", () => {
    const step = asked(w);
    if (!step) stay();
    else if (step !== w.draft.step) show(step);
  });
  return { stay, on: (step) => { if (step !== w.draft.step) history.pushState(null, "", stepUrl(step)); } };
}

const unready = (w) => {
  const model = w.model();
  if (!model || model.status === "failed") return { key: "train.why.model" };
  return USABLE.has(model.status) ? null : { key: "train.why.model_waits", params: { model: model.name } };
};

const untaught = (w) => {
  const set = w.dataset();
  if (!set) return { key: "train.why.data" };
  return w.teaches(set) ? null : { key: "train.why.unfit", params: { data: set.name } };
};

const AREAS = { base_model: "model", dataset: "data", method: "method", training: "method", budget: "budget", name: "review" };

/** The step that holds the setting of a fault: "training.batch_size" -> "method". */
export const stepOfField = (field) => AREAS[field.split(".")[0]] || "method";

/** What is in the way: {key, params, step, field}, the first step first; null where nothing is.
    `only`: of that step alone. */
export function whyNot(w, only) {
  const fields = Object.keys(w.faults);
  const faults = { key: "train.estimate.faults", params: { n: fields.length }, field: fields[0] };
  const found = [["model", unready(w)], ["data", untaught(w)], ...fields.slice(0, 1).map((field) => [stepOfField(field), faults])];
  const [step, reason] = found.find(([at, one]) => one && (!only || at === only)) || [];
  return reason ? { ...reason, step } : null;
}

/** {node, tell()}: tell() looks again. `only`: what is open in that step alone, without a link. */
export function whyLine(w, id, only) {
  const node = h("p", { class: "train-why", id, hidden: true });
  let shown = "";
  const tell = () => {
    const reason = w.finished || (!only && w.planned()) ? null : whyNot(w, only);
    const now = JSON.stringify([reason, w.draft.step]);
    if (now === shown) return;
    shown = now;
    node.hidden = !reason;
    replaceChildren(node, reason ? [h("span", {}, t(reason.key, reason.params)), only ? null : whyLink(w, reason, id)] : null);
  };
  return { node, tell };
}

function whyLink(w, { step, field }, id) {
  if (step === w.draft.step && !field) return null;
  const go = async (event) => {
    event.preventDefault();
    await w.go(step);
    if (field) focusField(field);
  };
  const words = field ? t("train.estimate.show_fault") : t("train.why.go", { step: t("train.step." + step) });
  return h("a", { class: "ts-link", id: id + "-go", href: stepUrl(step), onclick: go }, words);
}

/** To the setting, out of whatever folds it away. */
function focusField(field) {
  const holder = document.querySelector(`[data-field="${CSS.escape(field)}"]`);
  holder?.closest("details")?.setAttribute("open", "");
  /** @type {HTMLElement | null | undefined} */ (holder?.querySelector("input, select, textarea"))?.focus();
}

export const GOALS = ["quality", "fastest", "smallest"];

/**
 * The budget in a few words, for the bar and the review.
 * @param {Parts<"train">} w
 */
export function budgetWords(w) {
  const { memory_mb: memory, minutes, disk_mb: disk, goal } = w.draft.budget;
  const device = w.device();
  return [device ? said(device.name) : t("train.budget.auto"), typeof memory === "number" ? format.memory(memory) : null,
    typeof minutes === "number" ? format.duration(minutes * 60) : null,
    typeof disk === "number" ? t("train.budget.on_disk", { size: format.bytes(disk * 1e6) }) : null,
    goal && goal !== GOALS[0] ? t("train.goal." + goal) : null].filter(Boolean).join(", ");
}
