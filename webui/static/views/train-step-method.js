/* Step 3: how it learns: the method, then its settings and those of the training, as declared. */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};

TS.train.steps.method = function (w, body) {
  const costs = new Map();
  const cards = TS.choices(TS.t("train.method.title"), TS.train.offered(w).map((method) => ({
    value: method.key, label: method.label, content: TS.train.methodCard(method, costs),
  })), w.draft.method, (key) => { w.patch({ method: key }); drawForms(); }, "cards three");
  const about = TS.h("div", { class: "ts-stack" });
  const forms = TS.h("div", { class: "ts-stack" });
  let drawn = [];
  const drawForms = () => {
    TS.replace(about, TS.train.aboutMethod(w.method()));
    drawn = TS.train.drawForms(w, forms);
  };
  w.on("plan", () => drawn.forEach((form) => form.setFaults(w.faults)), "step");
  TS.append(body, [cards, about, forms]);
  drawForms();
  TS.train.askCosts(w, costs);
};

/** Recommended methods first; a chosen one that is not among them is shown too. */
TS.train.offered = (w) => [...w.forms.methods].sort((a, b) => Number(b.recommended) - Number(a.recommended));

TS.train.methodCard = function (method, costs) {
  const cost = TS.h("span", { class: "train-cost ts-small" }, "\u00a0");
  costs.set(method.key, cost);
  return [TS.h("b", {}, method.label), TS.h("span", { class: "ts-soft" }, method.tagline), cost];
};

/** What each method would cost here, on its card. A method that cannot be planned keeps quiet. */
TS.train.askCosts = function (w, costs) {
  if (!w.done("model") || !w.done("data")) return;
  for (const [key, holder] of costs) {
    const raw = { ...w.raw(), method: key, method_params: w.draft.method_params_by[key] || {}, training: { ...w.draft.training, ...(w.draft.training_by[key] || {}) } };
    w.ctx.call("plan_now", raw).then((plan) => {
      holder.textContent = TS.t("train.method.cost", { memory: TS.train.megabytes(plan.memory.total_mb), trained: TS.train.count(plan.trainable) });
    }).catch(() => { holder.textContent = "\u00a0"; });
  }
};

TS.train.aboutMethod = (method) => TS.note("", TS.h("p", {}, method.help), method.notes.map((note) => TS.h("p", {}, note)));

TS.train.drawForms = function (w, root) {
  const method = w.method();
  const put = (param, value) => TS.train.setParam(w, param, value);
  const section = (title, id, params, values, defaults) => {
    const holder = TS.h("section", { class: "ts-card train-form", "aria-label": title }, TS.h("h3", {}, title));
    return [holder, TS.form(holder, { id, params, values, defaults, faults: w.faults, onchange: put })];
  };
  const parts = [];
  if (method.params.length) {
    const defaults = Object.fromEntries(method.params.map((param) => [param.key, param.default]));
    parts.push(section(TS.t("train.method.settings", { method: method.label }), "method", method.params, w.methodValues(), defaults));
  }
  parts.push(section(TS.t("train.method.training"), "training", w.forms.training, w.trainingValues(), w.trainingDefaults()));
  TS.replace(root, parts.map(([node]) => node));
  return parts.map(([, form]) => form);
};
