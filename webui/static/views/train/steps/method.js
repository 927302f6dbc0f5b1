/* Step 4: how it learns: the method, what it can do, its variants, then its settings and those of the training, as declared. */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};

TS.train.steps.method = function (w, body) {
  const about = TS.h("div", { class: "ts-stack" });
  const wrong = TS.h("div", { class: "train-wrong" });
  const forms = TS.h("div", { class: "ts-stack" });
  let drawn = [];
  const draw = () => {
    TS.replace(about, TS.train.aboutMethod(w, draw));
    drawn = TS.train.drawForms(w, forms);
    tell();
  };
  const tell = () => {
    drawn.forEach((form) => form.setFaults(w.faults));
    TS.replace(wrong, w.faults.method ? TS.note("danger", TS.h("p", {}, w.faults.method), TS.h("div", { "data-mend": "method" })) : null);
    TS.train.offerMends(w, body);
  };
  const picker = TS.train.methodPicker(w, (key) => { w.patch({ method: key, own: true }); draw(); }, () => TS.train.showSettings(about));
  w.on("plan", tell, "step");
  w.on("plan", picker.costs, "step");
  TS.append(body, [picker.node, wrong, about, forms]);
  draw();
  picker.costs();
};

/** To the settings of the chosen method, from wherever in the long list it was chosen. */
TS.train.showSettings = function (about) {
  const section = about.firstElementChild;
  section.scrollIntoView({ block: "start" });
  section.focus({ preventScroll: true });
};

/** The chosen method in words: what it is, what it can do, its variants, and where to read more. */
TS.train.aboutMethod = function (w, redraw) {
  const method = w.method();
  return TS.h("section", { class: "ts-card flat train-about", tabindex: "-1", "aria-label": method.label },
    TS.h("div", { class: "train-about-words" }, TS.h("p", {}, method.help), method.notes.map((note) => TS.h("p", { class: "ts-soft" }, note)),
      TS.h("a", { class: "ts-link train-learn", href: TS.url("learn", w.draft.base_model ? { model: w.draft.base_model } : null) + "#" + method.key },
        TS.t("train.method.learn", { method: method.label }))),
    TS.h("ul", { class: "train-abilities ts-small" }, method.capabilities.map(TS.train.ability)),
    method.variants.length ? TS.train.variants(w, method, redraw) : null);
};

TS.train.ability = ({ label, can, reason }) => TS.h("li", { class: can ? "yes" : "no" }, TS.icon(can ? "check" : "x", 16),
  TS.h("span", {}, can ? label : [TS.h("span", { class: "ts-sr" }, TS.t("train.form.no") + ": "), TS.h("s", {}, label), reason ? ": " + reason : ""]));

/** Variants are settings of the method under a name: pressed while all of them are so, pressed again to take them back. */
TS.train.variants = function (w, method, redraw) {
  const chips = method.variants.map((variant) => {
    const on = TS.train.hasVariant(w, variant);
    return TS.h("button", {
      type: "button", id: "variant-" + variant.key, class: "train-chip", "aria-pressed": String(on), title: variant.tagline,
      onclick: () => { TS.train.useVariant(w, variant, !on); redraw(); },
    }, on ? TS.icon("check", 14) : null, variant.label);
  });
  const told = method.variants.filter((variant) => TS.train.hasVariant(w, variant));
  return TS.h("div", { class: "train-variants" },
    TS.h("div", { class: "ts-row", role: "group", "aria-label": TS.t("train.method.variants") }, TS.h("span", { class: "ts-label" }, TS.t("train.method.variants")), chips),
    TS.h("p", { class: "ts-help", "aria-live": "polite" }, told.length ? told.map((one) => one.tagline).join(" ") : TS.t("train.method.variants.none")));
};

TS.train.variantSettings = (w, variant) => [
  ...w.method().params.filter((param) => param.key in variant.values).map((param) => [param, variant.values[param.key], w.methodValues()[param.key] ?? param.default]),
  ...w.training().filter((param) => param.key in variant.training).map((param) => [param, variant.training[param.key], w.trainingValues()[param.key] ?? w.trainingDefaults()[param.key]]),
];

TS.train.hasVariant = (w, variant) => TS.train.variantSettings(w, variant).every(([, wanted, now]) => JSON.stringify(wanted) === JSON.stringify(now));

TS.train.useVariant = function (w, variant, on) {
  for (const [param, wanted] of TS.train.variantSettings(w, variant)) TS.train.setParam(w, param, on ? wanted : undefined);
};

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
  parts.push(section(TS.t("train.method.training"), "training", w.training(), w.trainingValues(), w.trainingDefaults()));
  TS.replace(root, parts.map(([node]) => node));
  return parts.map(([, form]) => form);
};

/** At each wrong setting the nearest one that works, found by the planner, as a button. */
TS.train.offerMends = async function (w, body) {
  body.querySelectorAll(".train-mend").forEach((old) => old.remove());
  if (!Object.keys(w.faults).length) return;
  const asked = w.faults;
  const mends = await w.ctx.call("mends", w.raw()).catch(() => ({}));
  if (w.faults !== asked || !body.isConnected) return;
  body.querySelectorAll(".train-mend").forEach((old) => old.remove());
  for (const [field, change] of Object.entries(mends)) {
    const place = body.querySelector(`[data-field="${CSS.escape(field)}"], [data-mend="${CSS.escape(field)}"]`);
    place?.append(TS.h("button", { type: "button", class: "ts-btn small train-mend", onclick: () => TS.train.applyChange(w, change) }, TS.train.mendWords(w, change)));
  }
};

TS.train.mendWords = function (w, change) {
  if (change.method) return TS.t("train.mend.method", { method: w.forms.methods.find((one) => one.key === change.method).label });
  const [[field, value]] = Object.entries(change);
  const param = [...w.method().params, ...w.training()].find((one) => one.field === field);
  return TS.t("train.mend.value", { label: param.label, value: TS.formShow(param, value) });
};
