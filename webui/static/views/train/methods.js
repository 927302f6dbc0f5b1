/* The methods to choose from: the recommended ones, or all of them by family with a search. Each with what it costs here. */
"use strict";
TS.train = TS.train || {};

/** Returns {node, costs()}: costs() asks again what the methods would cost for the form as it is: the chosen one at once,
    all of them when something changed that they share. */
TS.train.methodPicker = function (w, onpick, onsettings) {
  const self = { all: false, query: "", found: {} };
  const group = TS.h("div", { class: "train-methods", role: "radiogroup", "aria-label": TS.t("train.method.title") });
  const search = TS.train.methodSearch(self, () => draw());
  const toggle = TS.h("button", { type: "button", id: "train-all-methods", class: "ts-btn small", "aria-expanded": "false", onclick: () => {
    self.all = !self.all;
    self.query = search.input.value = "";
    draw();
    if (self.all) search.input.focus();
  } });
  const jump = TS.h("button", { type: "button", class: "ts-btn small", id: "train-to-settings", onclick: onsettings });
  const foot = TS.h("div", { class: "train-jump" }, jump);
  const pick = (key) => { onpick(key); mark(); };
  const mark = () => {
    group.querySelectorAll('[role="radio"]').forEach((card) => card.setAttribute("aria-checked", String(card.dataset.value === w.draft.method)));
    TS.replace(jump, TS.t("train.method.settings", { method: w.method().label }), TS.icon("arrow-down"));
  };
  const draw = () => {
    toggle.setAttribute("aria-expanded", String(self.all));
    TS.replace(toggle, TS.icon(self.all ? "chevron-up" : "layers"), TS.t(self.all ? "train.method.fewer" : "train.method.all", { n: w.forms.methods.length }));
    search.node.hidden = foot.hidden = !self.all;
    TS.replace(group, self.all ? TS.train.methodFamilies(w, self) : TS.train.methodCards(w, self, TS.train.offered(w)));
    TS.train.rove(group);
    TS.train.showCosts(group, self.found);
    mark();
  };
  group.addEventListener("click", (event) => TS.train.pickedCard(event, pick));
  group.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); TS.train.pickedCard(event, pick); } });
  group.addEventListener("click", () => TS.train.rove(group));
  TS.radioKeys(group);
  draw();
  const told = (found) => { Object.assign(self.found, found); TS.train.showCosts(group, self.found); };
  const all = TS.latest(() => TS.train.askCosts(w, w.forms.methods), told, () => {});
  const one = TS.latest(() => TS.train.askCosts(w, [w.method()]), told, () => {});
  const later = TS.debounce(1000, all);
  let shared = null;
  const costs = () => {
    const now = JSON.stringify([w.draft.training, w.draft.budget, w.draft.base_model, w.draft.dataset]);
    if (shared === null) all();
    else if (shared !== now) later();
    if (shared !== null) one();
    shared = now;
  };
  return { node: TS.h("div", { class: "ts-stack tight" }, TS.h("div", { class: "train-methods-tools" }, search.node, toggle), group, foot), costs };
};

TS.train.pickedCard = function (event, pick) {
  const card = event.target.closest('[role="radio"]');
  if (card) pick(card.dataset.value);
};

/** One card of the group is in the tab order: the chosen one, or the first where it is not shown. */
TS.train.rove = function (group) {
  const cards = [...group.querySelectorAll('[role="radio"]')];
  const chosen = cards.find((card) => card.getAttribute("aria-checked") === "true") || cards[0];
  cards.forEach((card) => card.setAttribute("tabindex", card === chosen ? "0" : "-1"));
};

TS.train.methodSearch = function (self, draw) {
  const input = TS.h("input", { class: "ts-input", id: "train-method-search", type: "search", autocomplete: "off", placeholder: TS.t("train.method.search"),
    "aria-label": TS.t("train.method.search"), oninput: () => { self.query = input.value.trim().toLowerCase(); draw(); } });
  return { input, node: TS.h("div", { class: "train-search" }, TS.icon("search"), input) };
};

/** The recommended methods; a chosen one that is not among them is shown too. */
TS.train.offered = (w) => w.forms.methods.filter((method) => method.recommended || method.key === w.draft.method);

TS.train.methodFamilies = function (w, self) {
  const hit = (method) => [method.key, method.label, method.tagline, method.help, ...method.variants.map((one) => one.label)].join(" ").toLowerCase().includes(self.query);
  const groups = w.forms.families.map((family) => [family, w.forms.methods.filter((method) => method.family === family.key && hit(method))]).filter(([, methods]) => methods.length);
  if (!groups.length) return TS.h("p", { class: "ts-soft" }, TS.t("train.method.none_found"));
  return groups.map(([family, methods]) => TS.h("div", { class: "train-family", role: "group", "aria-label": family.label },
    TS.h("h3", {}, family.label), TS.train.methodCards(w, self, methods)));
};

TS.train.methodCards = (w, self, methods) => TS.h("div", { class: "ts-choices cards three" }, methods.map((method) => TS.h("div", {
  class: "ts-choice", id: "choice-" + method.key, role: "radio", "aria-checked": String(method.key === w.draft.method), "data-value": method.key, tabindex: "-1",
}, TS.h("b", {}, method.label), TS.h("span", { class: "ts-soft" }, method.tagline), TS.h("span", { class: "train-cost ts-small", "data-cost": method.key }, "\u00a0"))));

/** What each method would cost here, with what was changed for it. */
TS.train.askCosts = async function (w, methods) {
  if (!w.done("model") || !w.done("data")) return {};
  const settings = Object.fromEntries(methods.map(({ key }) => [key, {
    method_params: w.draft.method_params_by[key] || {}, training: w.trainingValues(key),
  }]));
  return w.ctx.call("method_costs", w.raw(), settings);
};

TS.train.showCosts = function (group, found) {
  for (const holder of group.querySelectorAll("[data-cost]")) {
    const cost = found[holder.dataset.cost];
    holder.classList.toggle("over", Boolean(cost && !cost.fault && !cost.ok));
    holder.classList.toggle("cannot", Boolean(cost?.fault));
    if (!cost) TS.replace(holder, "\u00a0");
    else if (cost.fault) TS.replace(holder, TS.icon("triangle-alert", 14), TS.h("span", { class: "train-why", title: TS.reason(cost.fault) }, TS.reason(cost.fault)));
    else TS.replace(holder, TS.h("span", { class: "ts-num" }, TS.t("train.method.memory", { memory: TS.train.megabytes(cost.memory_mb) })),
      TS.h("span", { class: "ts-num" }, TS.t("train.method.result", { size: TS.format.bytes(cost.bytes) })),
      cost.ok ? null : TS.h("span", {}, TS.t("train.method.unfit")));
  }
};
