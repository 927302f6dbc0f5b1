/* What makes an answer better: the rewards of a job, each with its weight and settings, and what they say of real answers.
   Loaded where an objective that learns by rewards is chosen. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { laterStyles, sentenceOf } from "../../../kit/server.js";
import { t } from "../../../kit/texts.js";
import { noteBox, selectField } from "../../shared/form-controls.js";
import { rewardCard } from "./one.js";
import { rewardTrial } from "./trial.js";

/**
 * Draw the rewards into `holder`. value: as a spec holds them; onChange(value): they were changed; dataset, model: ids or null.
 * @param {HTMLElement} holder
 * @param {{ ctx: Ctx<"train">, value: Record<string, any>[], onChange: (value: Record<string, any>[]) => void,
 *   dataset: number | null, model: number | null, faults?: Record<string, string>, field?: string }} options
 */
export function mountRewards(holder, { ctx, value, onChange, dataset, model, faults, field = "training.rewards" }) {
  const g = { ctx, onChange, dataset, model, field, value: structuredClone(value || []), faults: faults || {},
    forms: /** @type {Server.RewardForms | null} */ (null), cards: /** @type {any[]} */ ([]), changed: () => {}, redraw: () => {} };
  const wrong = h("p", { class: "ts-error", hidden: true });
  const list = h("ol", { class: "reward-list" });
  const adding = h("div", { class: "reward-add" });
  const trial = rewardTrial(g);
  g.changed = () => { onChange(structuredClone(g.value)); trial.again(); };
  g.redraw = () => {
    g.cards = g.value.map((one, place) => rewardCard(g, one, place));
    replaceChildren(list, g.cards.map((card) => card.node));
    replaceChildren(adding, addField(g));
    setFaults(g.faults);
  };
  const setFaults = (said) => {
    g.faults = said || {};
    wrong.textContent = g.faults[field] || "";
    wrong.hidden = !wrong.textContent;
    for (const card of g.cards) card.setFaults(g.faults);
  };
  replaceChildren(holder, wrong, list, adding, trial.node);
  Promise.all([ctx.call("rewards_form"), laterStyles("train-rewards")]).then(([forms]) => { g.forms = forms; g.redraw(); },
    (error) => replaceChildren(holder, noteBox("danger", sentenceOf(error))));
  return { setFaults, setSources: (sources) => { Object.assign(g, sources); trial.again(); } };
}

/** The choice of one more. What cannot be used here says why. */
function addField(g) {
  const { rewards, most } = g.forms;
  if (g.value.length >= most) return h("p", { class: "ts-soft ts-small" }, t("train.rewards.most", { n: most }));
  const usable = rewards.filter((one) => !one.why_not);
  const add = (key) => {
    if (!key) return;
    const form = rewards.find((one) => one.key === key);
    g.value.push({ reward: key, weight: 1, values: {} });
    g.redraw();
    g.changed();
    document.getElementById("reward-" + (g.value.length - 1) + "-head")?.focus();
    return form;
  };
  const without = rewards.filter((one) => one.why_not);
  return [
    h("label", { for: "reward-add", class: "ts-label" }, drawIcon("plus"), t("train.rewards.add")),
    selectField("reward-add", [[null, t("train.rewards.choose")], ...usable.map((one) => [one.key, one.label])], null, add),
    without.length ? h("details", { class: "ts-details ts-small" }, h("summary", {}, t("train.rewards.not_here", { n: without.length })),
      h("ul", {}, without.map((one) => h("li", {}, h("b", {}, one.label), " ", one.why_not.message)))) : null,
  ];
}
