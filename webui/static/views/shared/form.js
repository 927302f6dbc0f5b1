/* The generic form: draws what webui/forms.py generated from the declarations, and nothing that is not declared. */
"use strict";

/** Draw the form of `params` into `root`.
    values: what the user changed, by key; defaults: key -> default; onchange(param, value): undefined means "back to the default".
    Returns {setFaults(faults by field)}. */
TS.form = function (root, { id, params, values, defaults, faults, onchange }) {
  const fields = params.map((param) => TS.formField(id, param, values[param.key], defaults[param.key], onchange));
  const shown = fields.filter((field) => !field.param.advanced);
  const folded = fields.filter((field) => field.param.advanced);
  const changed = () => folded.filter((field) => field.changed()).length;
  const count = TS.h("span", { class: "ts-soft" });
  const retell = () => { count.textContent = changed() ? TS.t("train.form.changed", { n: changed() }) : ""; };
  for (const field of folded) field.onretell = retell;
  retell();
  const fold = folded.length ? TS.h("details", { class: "ts-details form-fold" },
    TS.h("summary", {}, TS.t(shown.length ? "train.form.more" : "train.form.all", { n: folded.length }), " ", count),
    TS.h("div", { class: "form-grid" }, folded.map((field) => field.node))) : null;
  TS.append(root, [shown.length ? TS.h("div", { class: "form-grid" }, shown.map((field) => field.node)) : null, fold]);
  const setFaults = (said) => {
    for (const field of fields) field.node.setError(said[field.param.field]);
    if (fold && folded.some((field) => said[field.param.field])) fold.open = true;
  };
  setFaults(faults || {});
  return { setFaults };
};

/** One control with label, help, what is usual, unit, bounds and a way back to the default. */
TS.formField = function (formId, param, value, standard, onchange) {
  const id = formId + "-" + param.key;
  const self = { param, onretell: null };
  let current = value === undefined ? standard : value;
  self.changed = () => JSON.stringify(current) !== JSON.stringify(standard);
  const reset = TS.h("button", {
    type: "button", class: "ts-btn ghost small field-reset",
    "aria-label": TS.t("train.form.reset", { label: param.label, value: TS.formShow(param, standard) }),
    title: TS.t("train.form.reset_short", { value: TS.formShow(param, standard) }),
  }, TS.icon("rotate-ccw"));
  const tell = () => { reset.classList.toggle("away", !self.changed()); self.onretell?.(); };
  const control = TS.formControls[TS.formKind(param)](id, param, current, (next) => {
    current = next;
    tell();
    onchange(param, self.changed() ? next : undefined);
  });
  reset.addEventListener("click", () => {
    current = standard;
    control.show(standard);
    tell();
    onchange(param, undefined);
    control.focus.focus();
  });
  self.node = control.field({ help: TS.formHelp(param), extra: reset });
  self.node.dataset.field = param.field;
  tell();
  return self;
};

TS.formKind = (param) => ({ int: "number", float: "number" }[param.kind] || param.kind);

/** A value as a reader sees it: labels of choices, plain numbers. */
TS.formShow = function (param, value) {
  if (value === null || value === undefined) return TS.t("train.form.automatic");
  if (param.kind === "bool") return TS.t(value ? "train.form.yes" : "train.form.no");
  const label = (one) => param.choices.find((choice) => choice.value === one)?.label ?? String(one);
  if (param.kind === "multi") return value.map(label).join(", ");
  return param.choices.length ? label(value) : String(value);
};

/** Whole numbers with their thousands apart, small ones as they are. */
TS.formBound = (value) => (Number.isInteger(value) ? TS.format.number(value) : String(value));

/** The way to the word that explains a setting: {key, name}. */
TS.termLink = (term) => TS.h("a", { class: "ts-link field-term", href: TS.url("learn") + "#term-" + term.key, title: TS.t("learn.glossary.link", { name: term.name }),
  "aria-label": TS.t("learn.glossary.link", { name: term.name }) }, TS.t("learn.glossary.short"));

TS.formHelp = function (param) {
  const bounds = param.minimum !== null && param.maximum !== null && param.minimum !== undefined && param.maximum !== undefined
    ? TS.t("train.form.bounds", { minimum: TS.formBound(param.minimum), maximum: TS.formBound(param.maximum) }) : "";
  return [param.help, param.usual ? " " + TS.t("train.form.usual", { usual: param.usual }) : "",
    bounds ? TS.h("span", { class: "field-bounds" }, " " + bounds) : "", param.term ? [" ", TS.termLink(param.term)] : ""];
};

/* One maker a kind: (id, param, value, oninput) -> {field(options) -> node with setError, show(value), focus}. */
TS.formControls = {
  number(id, param, value, oninput) {
    const plain = param.scale === "log";
    const input = TS.h("input", {
      class: "ts-input ts-num", id, type: plain ? "text" : "number", inputmode: param.kind === "int" ? "numeric" : "decimal",
      step: plain ? null : String(param.kind === "int" ? param.step || 1 : "any"), min: plain ? null : String(param.minimum ?? ""),
      max: plain ? null : String(param.maximum ?? ""), value: String(value ?? ""), autocomplete: "off",
      placeholder: param.optional ? TS.t("train.form.automatic") : "",
      oninput: () => oninput(TS.formNumber(input.value)),
    });
    const box = TS.h("div", { class: "field-box" }, input, param.unit ? TS.h("span", { class: "field-unit" }, param.unit) : null);
    return TS.formPlain(id, param, input, box, (next) => { input.value = String(next ?? ""); });
  },
  text(id, param, value, oninput) {
    const input = TS.h("input", { class: "ts-input", id, type: "text", value: value ?? "", oninput: () => oninput(input.value) });
    return TS.formPlain(id, param, input, input, (next) => { input.value = next ?? ""; });
  },
  choice(id, param, value, oninput) {
    const options = param.choices.map((choice) => [choice.value, choice.label]);
    const select = TS.select(id, options, value, oninput);
    return TS.formPlain(id, param, select, select, (next) => { select.selectedIndex = options.findIndex(([one]) => one === next); });
  },
  bool(id, param, value, oninput) {
    const input = TS.h("input", { class: "ts-check", id, type: "checkbox", checked: Boolean(value), onchange: () => oninput(input.checked) });
    return TS.formPlain(id, param, input, input, (next) => { input.checked = Boolean(next); });
  },
  multi(id, param, value, oninput) {
    const boxes = param.choices.map((choice) => TS.h("input", {
      type: "checkbox", class: "ts-check", id: id + "-" + choice.value, value: String(choice.value), checked: (value || []).includes(choice.value),
      onchange: () => oninput(param.choices.filter((_one, at) => boxes[at].checked).map((one) => one.value)),
    }));
    const list = TS.h("div", { class: "field-checks" }, param.choices.map((choice, at) =>
      TS.h("label", { class: "field-check", for: boxes[at].id }, boxes[at], TS.h("span", {}, choice.label))));
    return {
      focus: boxes[0],
      show: (next) => boxes.forEach((box, at) => { box.checked = next.includes(param.choices[at].value); }),
      field: (options) => TS.formGroup(id, param, list, options),
    };
  },
};

/** What a number field holds: a number, or what was typed, so that the check can name it. */
TS.formNumber = function (typed) {
  const text = typed.trim();
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
};

TS.formPlain = (id, param, input, box, show) => ({
  focus: input, show, field: (options) => TS.field(id, param.label, input, { ...options, box }),
});

/** A group of checkboxes with one legend, help and error. */
TS.formGroup = function (id, param, list, { help, extra }) {
  const wrong = TS.h("p", { class: "ts-error", id: id + "-error", hidden: true });
  const field = TS.h("fieldset", { class: "ts-field wide", "aria-describedby": id + "-help " + id + "-error" },
    TS.h("legend", { class: "ts-label" }, param.label), TS.h("div", { class: "field-corner" }, extra),
    list, TS.h("p", { class: "ts-help", id: id + "-help" }, help), wrong);
  field.setError = (text) => { wrong.textContent = text || ""; wrong.hidden = !text; };
  return field;
};
