/* One reward of a job: what it says, its weight, its settings. */
import { h } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";
import { labelledField } from "../../shared/form-controls.js";
import { formNumber, settingsForm } from "../../shared/form.js";

/** The card of the reward at a place: {node, setFaults}. */
export function rewardCard(g, one, place) {
  const id = "reward-" + place;
  const form = g.forms.rewards.find((known) => known.key === one.reward);
  const remove = h("button", { type: "button", class: "ts-icon-btn", title: t("train.rewards.remove"),
    "aria-label": t("train.rewards.remove_one", { name: form?.label || one.reward }),
    onclick: () => { g.value.splice(place, 1); g.redraw(); g.changed(); document.getElementById("reward-add")?.focus(); } }, drawIcon("x"));
  if (!form) return { node: h("li", { class: "reward-card" }, h("b", {}, one.reward), remove), setFaults: () => {} };
  const weight = weightField(g, one, id);
  const settings = h("div", {});
  const params = form.params.map((param) => ownParam(g, form, param, place)).filter(Boolean);
  const drawn = params.length ? settingsForm(settings, {
    id, params, values: one.values, defaults: Object.fromEntries(params.map((param) => [param.key, param.default])),
    onchange: (param, value) => {
      if (value === undefined) delete one.values[param.key];
      else one.values[param.key] = value;
      g.changed();
    },
  }) : null;
  const wrong = h("p", { class: "ts-error", hidden: true });
  const node = h("li", { class: "reward-card", "data-reward": one.reward },
    h("div", { class: "ts-spread" }, h("h4", { id: id + "-head", tabindex: "-1" }, form.label), h("div", { class: "reward-tools" }, weight, remove)),
    h("p", { class: "ts-help" }, form.help), noticesOf(form), wrong, settings);
  const setFaults = (said) => {
    const own = said[g.field + "." + place + ".reward"] || said[g.field + "." + place] || "";
    wrong.textContent = own;
    wrong.hidden = !own;
    weight.setError(said[g.field + "." + place + ".weight"]);
    drawn?.setFaults(said);
  };
  return { node, setFaults };
}

function weightField(g, one, id) {
  const input = h("input", { class: "ts-input ts-num", id: id + "-weight", type: "number", step: "any", min: String(-g.forms.heaviest), max: String(g.forms.heaviest),
    value: String(one.weight), autocomplete: "off", oninput: () => { one.weight = formNumber(input.value); g.changed(); } });
  return labelledField(id + "-weight", t("train.rewards.weight"), input);
}

/** What a reward takes, said before somebody waits for it. */
const noticesOf = (form) => [
  form.needs.includes("model") ? h("p", { class: "ts-soft ts-small" }, t("train.rewards.needs_model")) : null,
  form.asks_of_rows.includes("reference") ? h("p", { class: "ts-soft ts-small" }, t("train.rewards.needs_reference")) : null,
];

/** A setting with the choices that this machine has; null where there is nothing to choose. */
function ownParam(g, form, param, place) {
  const choices = g.forms.choices;
  const field = g.field + "." + place + "." + param.key;
  const named = (list) => [...(param.optional ? [{ value: null, label: t("train.rewards.nobody") }] : []), ...list.map((one) => ({ value: one.id, label: one.name }))];
  if (param.source === "reward_model") return { ...param, field, choices: missing(named(choices.reward_models)) };
  if (param.source === "model") return { ...param, field, choices: named(choices.models) };
  if (param.source === "reward_file") return { ...param, field, choices: missing(choices.files.map((one) => ({ value: one, label: one + ".py" }))) };
  if (param.key !== "host" || !form.needs.includes("endpoint")) return { ...param, field };
  if (!choices.service) return null;
  const { host, model } = choices.service;
  return { ...param, field, kind: "choice", choices: [{ value: null, label: t("train.rewards.nobody") }, { value: host, label: t("train.rewards.service", { host, model }) }] };
}

/** A list that begins with nothing, so that what is chosen was chosen. */
const missing = (list) => [{ value: null, label: t("train.rewards.choose") }, ...list];
