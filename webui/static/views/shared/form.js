/* The generic form: draws what webui/forms.py generated from the declarations, and nothing that is not declared. */
import { appendAll, h } from "../../kit/dom.js";
import { format, typedNumber } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, t } from "../../kit/texts.js";
import { labelledField, selectField } from "./form-controls.js";

/**
 * Draw the form of `params` into `root`.
 * values: what the user changed, by key; defaults: key -> default; onchange(param, value): undefined means "back to the default".
 * Returns {setFaults(faults by field)}.
 * @param {HTMLElement} root
 * @param {{
 *   id: string, params: Server.ParamForm[], values: Record<string, any>, defaults: Record<string, any>,
 *   faults?: Record<string, string>, onchange: (param: Server.ParamForm, value: any) => void,
 * }} options
 */
export function settingsForm(root, { id, params, values, defaults, faults, onchange }) {
  const fields = params.map((param) => formField(id, param, values[param.key], defaults[param.key], onchange));
  const shown = fields.filter((field) => !field.param.advanced);
  const folded = fields.filter((field) => field.param.advanced);
  const changed = () => folded.filter((field) => field.changed()).length;
  const count = h("span", { class: "ts-soft" });
  const retell = () => { count.textContent = changed() ? t("train.form.changed", { n: changed() }) : ""; };
  for (const field of folded) field.onretell = retell;
  retell();
  const fold = folded.length ? h("details", { class: "ts-details form-fold" },
    h("summary", {}, t(shown.length ? "train.form.more" : "train.form.all", { n: folded.length }), " ", count),
    h("div", { class: "form-grid" }, folded.map((field) => field.node))) : null;
  appendAll(root, [shown.length ? h("div", { class: "form-grid" }, shown.map((field) => field.node)) : null, fold]);
  const setFaults = (said) => {
    for (const field of fields) field.node.setError(said[field.param.field]);
    if (fold && folded.some((field) => said[field.param.field])) fold.open = true;
  };
  setFaults(faults || {});
  return { setFaults };
}

/** One control with label, help, what is usual, unit, bounds and a way back to the default. */
function formField(formId, param, value, standard, onchange) {
  const id = formId + "-" + param.key;
  /** @type {any} */
  const self = { param, onretell: null };
  let current = value === undefined ? standard : value;
  self.changed = () => JSON.stringify(current) !== JSON.stringify(standard);
  const reset = h("button", {
    type: "button", class: "ts-btn ghost small field-reset",
    "aria-label": t("train.form.reset", { label: param.label, value: formShow(param, standard) }),
    title: t("train.form.reset_short", { value: formShow(param, standard) }),
  }, drawIcon("rotate-ccw"));
  const tell = () => { reset.classList.toggle("away", !self.changed()); self.onretell?.(); };
  const control = FORM_CONTROLS[formKind(param)](id, param, current, (next) => {
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
  self.node = control.field({ help: formHelp(param), extra: reset });
  self.node.dataset.field = param.field;
  tell();
  return self;
}

const formKind = (param) => ({ int: "number", float: "number" }[param.kind] || param.kind);

/** A value as a reader sees it: labels of choices, plain numbers. */
export function formShow(param, value) {
  if (value === null || value === undefined) return t("train.form.automatic");
  if (param.kind === "bool") return t(value ? "train.form.yes" : "train.form.no");
  const label = (one) => param.choices.find((choice) => choice.value === one)?.label ?? String(one);
  if (param.kind === "data") return t("train.form.chosen", { n: value.length });
  if (param.kind === "multi") return value.map(label).join(", ");
  return param.choices.length ? label(value) : String(value);
}

/** Whole numbers with their thousands apart, small ones as they are. */
const formBound = (value) => (Number.isInteger(value) ? format.number(value) : String(value));

/** The way to the word that explains a setting: {key, name}. */
const termLink = (term) => h("a", { class: "ts-link field-term", href: pageUrl("learn") + "#term-" + term.key, title: t("learn.glossary.link", { name: term.name }),
  "aria-label": t("learn.glossary.link", { name: term.name }) }, t("learn.glossary.short"));

function formHelp(param) {
  const bounds = param.minimum !== null && param.maximum !== null && param.minimum !== undefined && param.maximum !== undefined
    ? t("train.form.bounds", { minimum: formBound(param.minimum), maximum: formBound(param.maximum) }) : "";
  return [param.help, param.usual ? " " + t("train.form.usual", { usual: param.usual }) : "",
    bounds ? h("span", { class: "field-bounds" }, " " + bounds) : "", param.term ? [" ", termLink(param.term)] : ""];
}

/* One maker a kind: (id, param, value, oninput) -> {field(options) -> node with setError, show(value), focus}. */
export const FORM_CONTROLS = {
  number(id, param, value, oninput) {
    const plain = param.scale === "log";
    const input = h("input", {
      class: "ts-input ts-num", id, type: plain ? "text" : "number", inputmode: param.kind === "int" ? "numeric" : "decimal",
      step: plain ? null : String(param.kind === "int" ? param.step || 1 : "any"), min: plain ? null : String(param.minimum ?? ""),
      max: plain ? null : String(param.maximum ?? ""), value: String(value ?? ""), autocomplete: "off",
      placeholder: param.optional ? t("train.form.automatic") : "",
      oninput: () => oninput(formNumber(input.value)),
    });
    const box = h("div", { class: "field-box" }, input, param.unit ? h("span", { class: "field-unit" }, param.unit) : null);
    return formPlain(id, param, input, box, (next) => { input.value = String(next ?? ""); });
  },
  text(id, param, value, oninput) {
    const told = { class: "ts-input", id, oninput: () => oninput(input.value) };
    const input = param.lines > 1 ? h("textarea", { ...told, rows: param.lines }) : h("input", { ...told, type: "text" });
    input.value = value ?? "";
    return formPlain(id, param, input, input, (next) => { input.value = next ?? ""; });
  },
  choice(id, param, value, oninput) {
    const options = param.choices.map((choice) => [choice.value, choice.label]);
    const select = selectField(id, options, value, oninput);
    return formPlain(id, param, select, select, (next) => { select.selectedIndex = options.findIndex(([one]) => one === next); });
  },
  bool(id, param, value, oninput) {
    const input = h("input", { class: "ts-check", id, type: "checkbox", checked: Boolean(value), onchange: () => oninput(input.checked) });
    return formPlain(id, param, input, input, (next) => { input.checked = Boolean(next); });
  },
  multi(id, param, value, oninput) {
    const boxes = param.choices.map((choice) => h("input", {
      type: "checkbox", class: "ts-check", id: id + "-" + choice.value, value: String(choice.value), checked: (value || []).includes(choice.value),
      onchange: () => oninput(param.choices.filter((_one, at) => boxes[at].checked).map((one) => one.value)),
    }));
    const list = h("div", { class: "field-checks" }, param.choices.map((choice, at) =>
      h("label", { class: "field-check", for: boxes[at].id }, boxes[at], h("span", {}, choice.label))));
    return {
      focus: boxes[0],
      show: (next) => boxes.forEach((box, at) => { box.checked = next.includes(param.choices[at].value); }),
      field: (options) => formGroup(id, param, list, options),
    };
  },
};

/** What a number field holds: a number, or what was typed, so that the check can name it. */
export const formNumber = (typed) => typedNumber(typed) ?? typed.trim();

const formPlain = (id, param, input, box, show) => ({
  focus: input, show, field: (options) => labelledField(id, param.label, input, { ...options, box }),
});

/** A group of checkboxes with one legend, help and error. */
function formGroup(id, param, list, { help, extra }) {
  const wrong = h("p", { class: "ts-error", id: id + "-error", hidden: true });
  /** @type {any} */
  const field = h("fieldset", { class: "ts-field wide", "aria-describedby": id + "-help " + id + "-error" },
    h("legend", { class: "ts-label" }, param.label), h("div", { class: "field-corner" }, extra),
    list, h("p", { class: "ts-help", id: id + "-help" }, help), wrong);
  field.setError = (text) => { wrong.textContent = text || ""; wrong.hidden = !text; };
  return field;
}
