/* Step 3: what it may cost and what matters most; the plans that keep to it follow (offers.js). */
import { appendAll, h } from "../../../kit/dom.js";
import { t } from "../../../kit/texts.js";
import { choiceCards, labelledField } from "../../shared/form-controls.js";
import { formNumber } from "../../shared/form.js";
import { devicePicker } from "../device.js";
import { offersPart } from "../offer-cards.js";
import { GOALS } from "../steps.js";

/** @param {Parts<"train">} w */
export function budgetStepView(w, body) {
  const put = (key, value) => {
    const budget = { ...w.draft.budget };
    if (value === null || value === "") delete budget[key];
    else budget[key] = value;
    w.patch({ budget });
  };
  const devices = devicePicker(w, (key) => put("device", key));
  const fields = Object.fromEntries(["memory_mb", "minutes", "disk_mb"].map((key) => [
    "budget." + key, limitField(w, key, key === "minutes" ? 1 : PER_GB, (value) => put(key, value))]));
  for (const [key, field] of Object.entries({ ...fields, "budget.device": devices })) field.dataset.field = key;
  const faults = () => Object.entries(fields).forEach(([key, field]) => field.setError(w.faults[key]));
  w.on("plan", faults, "step");
  faults();
  const goals = choiceCards(t("train.budget.goal"), GOALS.map((goal) => ({ value: goal, label: t("train.goal." + goal), content: [
    h("b", {}, t("train.goal." + goal)), h("span", { class: "ts-soft ts-small" }, t("train.goal." + goal + ".help"))] })),
  w.draft.budget.goal || GOALS[0], (goal) => put("goal", goal === GOALS[0] ? null : goal), "three");
  const part = (key, ...nodes) => h("section", { class: "ts-stack tight", "aria-label": t("train.budget." + key) }, h("h3", {}, t("train.budget." + key)), nodes);
  appendAll(body, [part("device", devices), part("limits", h("div", { class: "ts-card" }, h("div", { class: "train-limits" }, Object.values(fields)))),
    part("goal", goals), offersPart(w)]);
}

const PER_GB = 1000;

/**
 * A limit that may stay empty. `scale` turns what is typed (GB) into what is kept (MB).
 * @param {Parts<"train">} w
 */
function limitField(w, key, scale, put) {
  const kept = w.draft.budget[key];
  const shown = typeof (kept ?? "") === "string" ? kept ?? "" : Math.round((100 * Number(kept)) / scale) / 100;
  const input = h("input", { class: "ts-input ts-num", id: "train-" + key, type: "number", min: "0", step: "any", value: String(shown), placeholder: t("train.budget.no_limit"),
    oninput: () => { const typed = formNumber(input.value); put(typeof typed === "string" ? typed : Number(typed) * scale); } });
  return labelledField("train-" + key, t("train.budget." + key), input, {
    help: t("train.budget." + key + ".help"),
    box: h("div", { class: "field-box" }, input, h("span", { class: "field-unit" }, t("train.budget." + key + ".unit"))),
  });
}
