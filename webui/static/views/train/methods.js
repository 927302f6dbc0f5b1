/* The methods to choose from: the recommended ones, or all of them by family with a search. Each with what it costs here. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { debounce, onlyLatest, radioKeys, reasonBox } from "../shared/form-controls.js";

/** Returns {node, costs()}: costs() asks again what the methods would cost for the form as it is: the chosen one at once,
    all of them when something changed that they share. */
export function methodPicker(w, onpick, onsettings) {
  const self = { all: false, query: "", found: {} };
  const group = h("div", { class: "train-methods", role: "radiogroup", "aria-label": t("train.method.title") });
  const search = methodSearch(self, () => draw());
  const toggle = h("button", { type: "button", id: "train-all-methods", class: "ts-btn small", "aria-expanded": "false", onclick: () => {
    self.all = !self.all;
    self.query = search.input.value = "";
    draw();
    if (self.all) search.input.focus();
  } });
  const jump = h("button", { type: "button", class: "ts-btn small", id: "train-to-settings", onclick: onsettings });
  const foot = h("div", { class: "train-jump" }, jump);
  const pick = (key) => { onpick(key); mark(); };
  const mark = () => {
    /** @type {NodeListOf<HTMLElement>} */ (group.querySelectorAll('[role="radio"]')).forEach((card) => card.setAttribute("aria-checked", String(card.dataset.value === w.draft.method)));
    replaceChildren(jump, t("train.method.settings", { method: w.method().label }), drawIcon("arrow-down"));
  };
  const draw = () => {
    toggle.setAttribute("aria-expanded", String(self.all));
    replaceChildren(toggle, drawIcon(self.all ? "chevron-up" : "layers"), t(self.all ? "train.method.fewer" : "train.method.all", { n: w.forms.methods.length }));
    search.node.hidden = foot.hidden = !self.all;
    replaceChildren(group, self.all ? methodFamilies(w, self) : methodCards(w, self, offered(w)));
    rove(group);
    showCosts(group, self.found);
    mark();
  };
  group.addEventListener("click", (event) => pickedCard(event, pick));
  group.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); pickedCard(event, pick); } });
  group.addEventListener("click", () => rove(group));
  radioKeys(group);
  draw();
  const told = (found) => { Object.assign(self.found, found); showCosts(group, self.found); };
  const all = onlyLatest(() => askCosts(w, w.forms.methods), told, () => {});
  const one = onlyLatest(() => askCosts(w, [w.method()]), told, () => {});
  const later = debounce(1000, all);
  let shared = /** @type {string | null} */ (null);
  const costs = () => {
    const now = JSON.stringify([w.draft.training, w.draft.budget, w.draft.base_model, w.draft.dataset]);
    if (shared === null) all();
    else if (shared !== now) later();
    if (shared !== null) one();
    shared = now;
  };
  return { node: h("div", { class: "ts-stack tight" }, h("div", { class: "train-methods-tools" }, search.node, toggle), group, foot), costs };
}

export function pickedCard(event, pick) {
  const card = event.target.closest('[role="radio"]');
  if (card) pick(card.dataset.value);
}

/** One card of the group is in the tab order: the chosen one, or the first where it is not shown. */
export function rove(group) {
  const cards = [...group.querySelectorAll('[role="radio"]')];
  const chosen = cards.find((card) => card.getAttribute("aria-checked") === "true") || cards[0];
  cards.forEach((card) => card.setAttribute("tabindex", card === chosen ? "0" : "-1"));
}

function methodSearch(self, draw) {
  const input = h("input", { class: "ts-input", id: "train-method-search", type: "search", autocomplete: "off", placeholder: t("train.method.search"),
    "aria-label": t("train.method.search"), oninput: () => { self.query = input.value.trim().toLowerCase(); draw(); } });
  return { input, node: h("div", { class: "train-search" }, drawIcon("search"), input) };
}

/**
 * The recommended methods; a chosen one that is not among them is shown too.
 * @param {Parts<"train">} w
 */
const offered = (w) => w.forms.methods.filter((method) => method.recommended || method.key === w.draft.method);

/** @param {Parts<"train">} w */
function methodFamilies(w, self) {
  const hit = (method) => [method.key, method.label, method.tagline, method.help, ...method.variants.map((one) => one.label)].join(" ").toLowerCase().includes(self.query);
  const groups = w.forms.families.map((family) => [family, w.forms.methods.filter((method) => method.family === family.key && hit(method))]).filter(([, methods]) => methods.length);
  if (!groups.length) return h("p", { class: "ts-soft" }, t("train.method.none_found"));
  return groups.map(([family, methods]) => h("div", { class: "train-family", role: "group", "aria-label": family.label },
    h("h3", {}, family.label), methodCards(w, self, methods)));
}

/** @param {Parts<"train">} w */
const methodCards = (w, self, methods) => h("div", { class: "ts-choices cards three" }, methods.map((method) => h("div", {
  class: "ts-choice", id: "choice-" + method.key, role: "radio", "aria-checked": String(method.key === w.draft.method), "data-value": method.key, tabindex: "-1",
}, h("b", {}, method.label), h("span", { class: "ts-soft" }, method.tagline), h("span", { class: "train-cost ts-small", "data-cost": method.key }, "\u00a0"))));

/**
 * What each method would cost here, with what was changed for it.
 * @param {Parts<"train">} w
 */
async function askCosts(w, methods) {
  if (!w.done("model") || !w.done("data")) return {};
  const settings = Object.fromEntries(methods.map(({ key }) => [key, {
    method_params: w.draft.method_params_by[key] || {}, training: w.trainingValues(key),
  }]));
  return w.ctx.call("method_costs", w.raw(), settings);
}

function showCosts(group, found) {
  for (const holder of group.querySelectorAll("[data-cost]")) {
    const cost = found[holder.dataset.cost];
    holder.classList.toggle("over", Boolean(cost && !cost.fault && !cost.ok));
    holder.classList.toggle("cannot", Boolean(cost?.fault));
    if (!cost) replaceChildren(holder, "\u00a0");
    else if (cost.fault) replaceChildren(holder, drawIcon("triangle-alert", 14), h("span", { class: "train-why", title: reasonBox(cost.fault) }, reasonBox(cost.fault)));
    else replaceChildren(holder, h("span", { class: "ts-num" }, t("train.method.memory", { memory: format.memory(cost.memory_mb) })),
      h("span", { class: "ts-num" }, t("train.method.result", { size: format.bytes(cost.bytes) })),
      cost.ok ? null : h("span", {}, t("train.method.unfit")));
  }
}
