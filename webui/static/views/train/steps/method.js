/* Step 4: how it learns: the method, what it can do, its variants, then its settings and those of the training, as declared. */
import { appendAll, h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { loadPart, sentenceOf } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { noteBox } from "../../shared/form-controls.js";
import { formShow, settingsForm } from "../../shared/form.js";
import { applyChange } from "../estimate-plan.js";
import { methodPicker } from "../methods.js";
import { setParam } from "../state.js";

/** @param {Parts<"train">} w */
export function methodStepView(w, body) {
  const about = h("div", { class: "ts-stack" });
  const wrong = h("div", { class: "train-wrong" });
  const forms = h("div", { class: "ts-stack" });
  let drawn = [];
  const draw = () => {
    replaceChildren(about, aboutMethod(w, draw));
    drawn = drawForms(w, forms);
    tell();
  };
  const tell = () => {
    drawn.forEach((form) => form.setFaults(w.faults));
    replaceChildren(wrong, w.faults.method ? noteBox("danger", h("p", {}, w.faults.method), h("div", { class: "ts-row" }, ["method", "objective"].map((what) => h("span", { "data-mend": what })))) : null);
    offerMends(w, body);
  };
  const picker = methodPicker(w, (key) => { w.patch({ method: key, own: true }); draw(); }, () => showSettings(about));
  w.on("plan", tell, "step");
  w.on("plan", picker.costs, "step");
  appendAll(body, [picker.node, wrong, about, forms]);
  draw();
  picker.costs();
}

/** To the settings of the chosen method, from wherever in the long list it was chosen. */
function showSettings(about) {
  const section = about.firstElementChild;
  section.scrollIntoView({ block: "start" });
  section.focus({ preventScroll: true });
}

/**
 * The chosen method in words: what it is, what it can do, its variants, and where to read more.
 * @param {Parts<"train">} w
 */
function aboutMethod(w, redraw) {
  const method = w.method();
  return h("section", { class: "ts-card flat train-about", tabindex: "-1", "aria-label": method.label },
    h("div", { class: "train-about-words" }, h("p", {}, method.help), method.notes.map((note) => h("p", { class: "ts-soft" }, note)),
      h("a", { class: "ts-link train-learn", href: pageUrl("learn", w.draft.base_model ? { model: w.draft.base_model } : null) + "#" + method.key },
        t("train.method.learn", { method: method.label }))),
    h("ul", { class: "train-abilities ts-small" }, method.capabilities.map(trainAbility)),
    method.variants.length ? variants(w, method, redraw) : null);
}

const trainAbility = ({ label, can, reason }) => h("li", { class: can ? "yes" : "no" }, drawIcon(can ? "check" : "x", 16),
  h("span", {}, can ? label : [h("span", { class: "ts-sr" }, t("train.form.no") + ": "), h("s", {}, label), reason ? ": " + reason : ""]));

/**
 * Variants are settings of the method under a name: pressed while all of them are so, pressed again to take them back.
 * @param {Parts<"train">} w
 */
function variants(w, method, redraw) {
  const chips = method.variants.map((variant) => {
    const on = hasVariant(w, variant);
    return h("button", {
      type: "button", id: "variant-" + variant.key, class: "train-chip", "aria-pressed": String(on), title: variant.tagline,
      onclick: () => { useVariant(w, variant, !on); redraw(); },
    }, on ? drawIcon("check", 14) : null, variant.label);
  });
  const told = method.variants.filter((variant) => hasVariant(w, variant));
  return h("div", { class: "train-variants" },
    h("div", { class: "ts-row", role: "group", "aria-label": t("train.method.variants") }, h("span", { class: "ts-label" }, t("train.method.variants")), chips),
    h("p", { class: "ts-help", "aria-live": "polite" }, told.length ? told.map((one) => one.tagline).join(" ") : t("train.method.variants.none")));
}

/** @param {Parts<"train">} w */
const variantSettings = (w, variant) => [
  ...w.method().params.filter((param) => param.key in variant.values).map((param) => [param, variant.values[param.key], w.methodValues()[param.key] ?? param.default]),
  ...w.training().filter((param) => param.key in variant.training).map((param) => [param, variant.training[param.key], w.trainingValues()[param.key] ?? w.trainingDefaults()[param.key]]),
];

/** @param {Parts<"train">} w */
const hasVariant = (w, variant) => variantSettings(w, variant).every(([, wanted, now]) => JSON.stringify(wanted) === JSON.stringify(now));

/** @param {Parts<"train">} w */
function useVariant(w, variant, on) {
  for (const [param, wanted] of variantSettings(w, variant)) setParam(w, param, on ? wanted : undefined);
}

/** Settings that are gathered by a part of their own, which only some objectives load. */
const GATHERERS = { rewards: async () => (await import("../rewards/gather.js")).mountRewards };

/** @param {Parts<"train">} w */
function gatherPart(w, param) {
  const body = h("div", { class: "ts-stack" });
  const why = h("div", {});
  const holder = h("section", { class: "ts-card train-form", "aria-label": param.label }, h("h3", {}, param.label), h("p", { class: "ts-help" }, param.help), why, body);
  const tell = async () => { const { suggestionNote } = await import("../gather.js"); replaceChildren(why, suggestionNote(w, param.key)); };
  w.on("suggested", () => { tell(); view.redraw(); }, "step");
  tell();
  let drawn = /** @type {any} */ (null);
  const view = { redraw: () => loadPart(GATHERERS[param.key]).then((mount) => {
    drawn = mount(body, { ctx: w.ctx, value: w.trainingValues()[param.key] ?? param.default, dataset: w.draft.dataset, model: w.draft.base_model,
      faults: w.faults, field: param.field, onChange: (value) => { w.patch({ training: { ...w.draft.training, [param.key]: value } }); tell(); } });
  }, (error) => replaceChildren(body, noteBox("danger", sentenceOf(error)))) };
  view.redraw();
  return [holder, { setFaults: (said) => drawn?.setFaults(said) }];
}

/** @param {Parts<"train">} w */
function drawForms(w, root) {
  const method = w.method();
  const put = (param, value) => setParam(w, param, value);
  const section = (title, id, params, values, defaults) => {
    const holder = h("section", { class: "ts-card train-form", "aria-label": title }, h("h3", {}, title));
    return [holder, settingsForm(holder, { id, params, values, defaults, faults: w.faults, onchange: put })];
  };
  const parts = [];
  if (method.params.length) {
    const defaults = Object.fromEntries(method.params.map((param) => [param.key, param.default]));
    parts.push(section(t("train.method.settings", { method: method.label }), "method", method.params, w.methodValues(), defaults));
  }
  const declared = w.training(), gathered = declared.filter((param) => param.kind === "data");
  parts.unshift(...gathered.map((param) => gatherPart(w, param)));
  parts.push(section(t("train.method.training"), "training", declared.filter((param) => param.kind !== "data"), w.trainingValues(), w.trainingDefaults()));
  replaceChildren(root, parts.map(([node]) => node));
  return parts.map(([, form]) => form);
}

/**
 * At each wrong setting the nearest one that works, found by the planner, as a button.
 * @param {Parts<"train">} w
 */
async function offerMends(w, body) {
  body.querySelectorAll(".train-mend").forEach((old) => old.remove());
  if (!Object.keys(w.faults).length) return;
  const asked = w.faults;
  const mends = await w.ctx.call("mends", w.raw()).catch(() => ({}));
  if (w.faults !== asked || !body.isConnected) return;
  body.querySelectorAll(".train-mend").forEach((old) => old.remove());
  for (const [field, change] of Object.entries(mends)) {
    const place = body.querySelector(`[data-field="${CSS.escape(field)}"], [data-mend="${CSS.escape(field)}"]`);
    place?.append(h("button", { type: "button", class: "ts-btn small train-mend", onclick: () => applyChange(w, change) }, mendWords(w, change)));
  }
}

/** @param {Parts<"train">} w */
function mendWords(w, change) {
  if (change.objective) return t("train.mend.objective", { objective: w.forms.objectives.find((one) => one.key === change.objective).label });
  if (change.method) return t("train.mend.method", { method: w.forms.methods.find((one) => one.key === change.method).label });
  const [[field, value]] = Object.entries(change);
  const param = [...w.method().params, ...w.training()].find((one) => one.field === field);
  return t("train.mend.value", { label: param.label, value: formShow(param, value) });
}
