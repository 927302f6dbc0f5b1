/** The wizard's state: the draft, what can be chosen, the plan. Saves and plans by itself when the draft changes. */
import { toast } from "../../kit/parts.js";
import { whenBack } from "../../kit/server.js";
import { t } from "../../kit/texts.js";
import { debounce, keepDraft, onlyLatest, rateFor, watchFit } from "../shared/form-controls.js";
import { offering } from "./offers.js";
import { STEPS, USABLE, budgetWords } from "./steps.js";

/** @param {Ctx<"train">} ctx */
export function trainState(ctx, forms, loaded) {
  const listeners = [];
  const w = { ctx, forms, draft: loaded.draft, models: loaded.models, datasets: loaded.datasets, devices: loaded.devices, catalogue: loaded.catalogue, checks: {}, plan: null, problem: null, faults: {}, finished: false };
  w.on = (event, task, owner) => listeners.push({ event, task, owner });
  w.off = (owner) => listeners.splice(0, listeners.length, ...listeners.filter((one) => one.owner !== owner));
  w.tell = (event) => [...listeners].filter((one) => one.event === event).forEach((one) => one.task());
  choosing(w);
  saving(w);
  planning(w);
  offering(w);
  fitting(w);
  w.patch = (changes) => {
    const before = JSON.stringify(w.raw());
    Object.assign(w.draft, changes);
    w.save();
    if (JSON.stringify(w.raw()) !== before) w.replan();
    w.tell("draft");
  };
  w.replace = (draft) => { w.draft = draft; w.settle(); w.save(); w.replanNow(); w.tell("draft"); };
  w.settle();
  return w;
}

/**
 * Reads of the draft: the chosen things, the settings in force, the raw spec for the services.
 * @param {Parts<"train">} w
 */
function choosing(w) {
  w.model = () => w.models.find((one) => one.id === w.draft.base_model);
  w.dataset = () => w.datasets.find((one) => one.id === w.draft.dataset);
  w.objective = () => w.forms.objectives.find((one) => one.key === w.draft.objective) || w.forms.objectives[0];
  w.training = () => w.objective().params;
  w.gathers = () => w.training().filter((param) => param.kind === "data");
  w.teaches = (set) => w.objective().learns_from.includes(set.kind);
  w.method = () => w.forms.methods.find((one) => one.key === w.draft.method);
  w.device = () => w.devices.find((one) => one.key === w.draft.budget.device) || w.planned();
  w.planned = () => w.catalogue.find((one) => one.key === w.draft.budget.device);
  w.autoName = () => [w.dataset()?.name, w.method()?.label].filter(Boolean).join(" · ").slice(0, 120) || t("train.name.auto");
  w.done = (step) => ({ model: () => USABLE.has(w.model()?.status), data: () => Boolean(w.dataset() && w.teaches(w.dataset())), method: () => Boolean(w.method()), budget: () => true, review: () => w.complete() }[step]());
  w.reachable = (step) => STEPS.slice(0, STEPS.indexOf(step)).every((one) => w.done(one));
  w.complete = () => ["model", "data", "method"].every(w.done) && !Object.keys(w.faults).length;
  w.chosen = (step) => ({
    model: () => w.model()?.name, data: () => w.dataset()?.name, method: () => w.method()?.label,
    budget: () => budgetWords(w), review: () => (w.complete() && w.plan ? t("train.step.ready") : ""),
  }[step]());
  /* Only settings that the objective has are in force, each from where `setParam` puts it. */
  w.trainingValues = (method = w.draft.method) => {
    const shared = w.draft.training;
    const own = { ...shared, ...(w.draft.training_by[method] || {}) };
    const held = (param) => (param.per_method ? own : shared);
    const known = new Set(w.forms.objectives.flatMap((one) => one.params.map((param) => param.key)));
    const unknown = Object.entries(own).filter(([key]) => !known.has(key)); // what no objective has is a fault to be told
    return Object.fromEntries([...w.training().filter((param) => param.key in held(param)).map((param) => [param.key, held(param)[param.key]]), ...unknown]);
  };
  w.methodValues = () => w.draft.method_params_by[w.draft.method] || {};
  w.trainingDefaults = () => Object.fromEntries(w.training().map((param) => [param.key, (param.per_method ? methodDefaults(w)[param.key] : null) ?? param.default]));
  w.raw = () => ({
    version: w.forms.version, objective: w.objective().key, name: w.draft.name.trim() || w.autoName(), base_model: w.draft.base_model, dataset: w.draft.dataset, starts_from: w.draft.starts_from, method: w.draft.method,
    method_params: { ...w.methodValues() }, training: w.trainingValues(), budget: { ...w.draft.budget },
    sample_prompts: w.draft.sample_prompts.split("\n").map((one) => one.trim()).filter(Boolean),
  });
  /* What is gone is not chosen any more; the only ready model is. */
  w.settle = () => {
    if (!w.model()) w.draft.base_model = null;
    if (!w.dataset()) w.draft.dataset = null;
    if (!w.method()) w.draft.method = w.forms.methods[0].key;
    const ready = w.models.filter((one) => one.status === "ready");
    const first = ready.find((one) => one.source === "starter") || (ready.length === 1 ? ready[0] : null);
    if (!w.draft.base_model && first) w.draft.base_model = first.id;
  };
  w.refresh = async () => {
    const lists = await w.ctx.call("lists");
    const { models, datasets, devices, catalogue } = w, was = w.done("model");
    if (JSON.stringify(lists) === JSON.stringify({ models, datasets, devices, catalogue })) return;
    Object.assign(w, lists);
    w.settle();
    if (was !== w.done("model")) w.replan();
    w.tell("lists");
  };
}

/**
 * A method's own defaults; its learning rate follows the size of the model and what is learnt.
 * @param {Parts<"train">} w
 */
function methodDefaults(w) {
  const { rates = [], defaults = {}, family = "" } = w.method() || {}, rate = rateFor(rates, w.model());
  return { ...defaults, learning_rate: rate && Number((rate * (w.objective().rates?.[family] ?? 1)).toPrecision(2)) };
}

/**
 * Choose what is learnt. What was typed for an objective waits until it is chosen again: a maximum length is no block length.
 * @param {Parts<"train">} w
 */
export function setObjective(w, key) {
  const { training, training_by } = w.draft;
  if (key === w.objective().key) return;
  const { [key]: back, ...waiting } = { ...w.draft.by_objective, [w.objective().key]: { training, training_by } };
  w.patch({ objective: key, training: {}, training_by: {}, ...back, by_objective: waiting });
}

/**
 * Settings that the user changed: per method where the default is the method's, shared where it is not.
 * @param {Parts<"train">} w
 */
export function setParam(w, param, value) {
  const put = (values) => {
    const next = { ...values };
    if (value === undefined) delete next[param.key];
    else next[param.key] = value;
    return next;
  };
  const method = w.draft.method;
  const mine = (by) => ({ ...by, [method]: put(by[method] || {}) });
  if (param.field.startsWith("method.")) w.patch({ own: true, method_params_by: mine(w.draft.method_params_by) });
  else if (param.per_method) w.patch({ own: true, training_by: mine(w.draft.training_by) });
  else w.patch({ own: true, training: put(w.draft.training) });
}

/**
 * Saving: 300 ms after a change, and at once when the page is left; one after the other, so that none overtakes.
 * @param {Parts<"train">} w
 */
function saving(w) {
  const send = async () => {
    if (w.finished) return;
    try {
      await w.ctx.call("save", w.draft);
    } catch (error) {
      if (error.code !== "away") toast(error.message, "danger");
    }
  };
  let last = Promise.resolve();
  w.save = debounce(300, () => (last = last.then(send)));
  w.saved = () => { w.save.flush(); return last; };
  keepDraft("train", w.save, () => (w.finished ? null : w.draft));
  window.addEventListener("pageshow", (event) => { if (event.persisted && w.finished) location.reload(); });
}

/**
 * Planning: shortly after a change; the newest answer counts. Faults belong to fields, other refusals to the estimate.
 * @param {Parts<"train">} w
 */
function planning(w) {
  w.replanNow = onlyLatest(async () => {
    if (!w.done("model") || !w.done("data")) return null;
    return w.ctx.call("plan_now", w.raw());
  }, (plan) => {
    Object.assign(w, { plan, faults: {}, problem: null, busy: false });
    w.tell("plan");
  }, (error) => {
    Object.assign(w, { plan: null, faults: error.faults || {}, problem: error, busy: false });
    w.tell("plan");
  });
  const later = debounce(60, w.replanNow);
  w.replan = () => { w.busy = true; later(); w.tell("busy"); };
  w.replan.flush = later.flush;
  whenBack(() => { w.save(); w.replanNow(); });
}

/** `w.fits` holds what is known of each data set; "fits" is told when it changes. */
function fitting(w) {
  let asked = "";
  w.fits = {};
  const look = () => {
    const { base_model: model } = w.draft;
    const { key } = w.objective();
    const now = JSON.stringify([model, key, w.datasets.map((set) => [set.id, set.content_hash]), w.models.map((one) => [one.id, one.status])]);
    if (now === asked) return;
    asked = now;
    w.fits = {};
    watchFit(() => w.ctx.call("wizard_fits", model, key), (fits) => { w.fits = fits; w.tell("fits"); }, () => now === asked && !w.finished);
  };
  w.on("draft", look);
  w.on("lists", look);
  w.lookAtFits = look;
  whenBack(() => { asked = ""; look(); });
}
