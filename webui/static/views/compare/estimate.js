/* Beside the form of a comparison: how many jobs, how long all of them, and the start. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, runAction } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { compareRoughly } from "./parts.js";
import { labelledField } from "../shared/form-controls.js";

/** @param {Parts<"compare">} f */
export function compareDrawEstimate(estimate, f) {
  const name = h("input", { class: "ts-input", id: "compare-name", type: "text", maxlength: "80", value: f.draft.name, placeholder: f.autoName(), oninput: () => f.patch({ name: name.value }) });
  const named = labelledField("compare-name", t("compare.name"), name, {});
  const facts = h("dl", { class: "estimate-facts" });
  const start = h("button", { type: "button", class: "ts-btn primary", id: "compare-start", onclick: () => compareStart(start, f) }, drawIcon("play"), t("compare.start"));
  const why = h("p", { class: "ts-error" });
  const said = h("p", { class: "ts-sr", role: "status" });
  replaceChildren(estimate, h("div", { class: "ts-card" }, h("h2", {}, t("compare.estimate")), facts, why, named, start, h("p", { class: "ts-help" }, t("compare.estimate.queue"))), said);
  f.on(() => {
    const rows = estimateFacts(f);
    estimate.classList.toggle("stale", Boolean(f.busy));
    replaceChildren(facts, rows.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", { class: "ts-num" }, value))));
    why.textContent = compareLacking(f);
    named.setError(f.faults.name);
    name.placeholder = f.autoName();
    start.disabled = Boolean(compareLacking(f)) || !f.plan || f.finished;
    if (f.plan && !f.busy) said.textContent = rows.map(([label, value]) => label + " " + value).join(", ");
  });
}

/** @param {Parts<"compare">} f */
function estimateFacts(f) {
  const seeds = f.shared("seeds"), plan = f.plan;
  const most = plan ? Math.max(...Object.values(plan.entrants).map((one) => one.memory_mb || 0)) : 0;
  return [
    [t("compare.estimate.entrants"), format.number(f.draft.chosen.length)],
    [t("compare.estimate.repeats"), format.number(Number(seeds) || 1)],
    [t("compare.estimate.jobs"), plan ? format.number(plan.jobs) : "–"],
    [t("compare.estimate.memory"), most ? format.memory(most) : "–"],
    [t("compare.estimate.time"), plan && plan.seconds !== null ? t("train.estimate.about", { time: compareRoughly(plan.seconds) }) : "–"],
  ];
}

/**
 * Why it cannot start; empty when it can.
 * @param {Parts<"compare">} f
 */
function compareLacking(f) {
  if (!f.draft.base_model) return t("compare.lacks.model");
  if (!f.draft.dataset) return t("compare.lacks.data");
  if (!f.draft.chosen.length) return t("compare.lacks.entrants");
  if (f.problem) return f.problem;
  const broken = f.draft.chosen.filter((key) => f.plan?.entrants[key]?.error).length;
  if (broken || Object.keys(f.faults).length) return t("compare.lacks.faults", { n: broken || Object.keys(f.faults).length });
  return "";
}

/** @param {Parts<"compare">} f */
async function compareStart(button, f) {
  const unfit = f.draft.chosen.filter((key) => f.plan.entrants[key]?.verdict?.ok === false).map((key) => f.entrant(key).label);
  if (unfit.length && !(await askFirst(t("compare.unfit.title"), t("compare.unfit.text", { names: unfit.join(", ") }), t("compare.unfit.start")))) return;
  f.finished = true;
  f.stopSaving();
  const made = await runAction(button, async () => {
    try {
      return await f.ctx.call("compare_begin", f.raw(), f.draft.key);
    } catch (error) {
      Object.assign(f, { faults: error.faults || {}, finished: false });
      f.tell();
      throw error;
    }
  });
  if (made) location.assign(pageUrl("compare", { comparison: made }));
}
