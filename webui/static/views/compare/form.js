/* A new comparison: model and data, who takes part, what everybody gets; what it costs stands beside it. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { openDialog, pageHead, toast } from "../../kit/parts.js";
import { sentenceOf } from "../../kit/server.js";
import { pageUrl, queryValue, t } from "../../kit/texts.js";
import { compareDrawEstimate } from "./estimate.js";
import { compareBack, compareRoughly } from "./parts.js";
import { misfitList } from "../data/misfits.js";
import {
  debounce, keepDraft, labelledField, noteBox, onlyLatest, rateFor, reasonBox, selectField, watchFit,
} from "../shared/form-controls.js";
import { formNumber, settingsForm } from "../shared/form.js";

/** @param {Ctx<"compare">} ctx */
export async function compareForm(root, forms, ctx) {
  const panel = h("div", { class: "ts-stack loose compare-form", "aria-busy": "true" }, ["block", "block"].map((kind) => h("i", { class: "ts-bone " + kind, "aria-hidden": "true" })));
  const estimate = h("aside", { class: "compare-estimate", "aria-label": t("compare.estimate") });
  replaceChildren(root, h("div", { class: "ts-page" }, compareBack(), pageHead(t("compare.new.title"), t("compare.new.lead")), h("div", { class: "ts-cols" }, panel, estimate)));
  const query = Object.fromEntries(["dataset", "model"].map((key) => [key, queryValue(key)]).filter(([, given]) => given));
  let loaded;
  try {
    loaded = await ctx.call("compare_start", query);
  } catch (error) {
    panel.removeAttribute("aria-busy");
    return replaceChildren(panel, noteBox("danger", error.message));
  }
  const f = formState(forms, ctx, loaded);
  panel.removeAttribute("aria-busy");
  replaceChildren(panel, loaded.warnings.map((one) => noteBox("warn", reasonBox(one))), inputs(f), entrants(f), compareBudget(f));
  compareDrawEstimate(estimate, f);
  return f.replan();
}

/**
 * The draft, what can be chosen, the plan; saves and plans by itself.
 * @param {Ctx<"compare">} ctx
 */
function formState(forms, ctx, loaded) {
  const f = { forms, ctx, ...loaded, plan: null, faults: {}, problem: "", listeners: [] };
  f.on = (task) => f.listeners.push(task);
  f.tell = () => f.listeners.forEach((task) => task());
  f.settle = () => {
    const ready = f.models.filter((one) => one.status === "ready");
    if (!f.models.some((one) => COMPARED.has(one.status) && one.id === f.draft.base_model)) f.draft.base_model = (ready.find((one) => one.source === "starter") || ready[0])?.id ?? null;
    if (!f.datasets.some((one) => one.id === f.draft.dataset)) f.draft.dataset = f.datasets[0]?.id ?? null;
  };
  f.offered = () => {
    const kind = f.datasets.find((one) => one.id === f.draft.dataset)?.kind;
    const fit = f.forms.entrants.filter((one) => one.kinds.includes(kind));
    return fit.length ? fit : f.forms.entrants.filter((one) => !one.objective);
  };
  f.settleChosen = () => { // what is chosen and can take part; where that is nothing of what was chosen, what is usual
    const offered = f.offered(), wanted = new Set(f.draft.chosen.filter((key) => offered.some((one) => one.key === key)));
    if (!wanted.size && f.draft.chosen.length) for (const one of offered) if (one.recommended || !one.trains) wanted.add(one.key);
    for (const one of offered) if (one.always) wanted.add(one.key);
    f.draft.chosen = offered.map((one) => one.key).filter((key) => wanted.has(key));
  };
  f.entrant = (key) => f.forms.entrants.find((one) => one.key === key);
  f.shared = (key) => f.draft.shared[key] ?? f.forms.shared.find((one) => one.key === key).default;
  f.autoName = () => t("compare.auto_name", { data: f.datasets.find((one) => one.id === f.draft.dataset)?.name || "" }).trim().slice(0, 80);
  f.raw = () => ({
    name: f.draft.name.trim() || f.autoName(), base_model: f.draft.base_model, dataset: f.draft.dataset, shared: f.draft.shared,
    device: f.draft.device, memory_mb: f.draft.memory_mb,
    judged_by: f.draft.judged_by || [],
    entrants: f.draft.chosen.map(f.entrant).map(({ key, method, variant, objective }) => ({ method, variant, objective, ...(f.draft.own[key] || {}) })),
  });
  f.ready = () => Boolean(f.draft.base_model && f.draft.dataset && f.draft.chosen.length);
  const save = debounce(300, () => { if (!f.finished) f.ctx.call("compare_save", f.draft).catch((error) => { if (error.code !== "away") toast(sentenceOf(error), "danger"); }); });
  const ask = onlyLatest(async () => (f.ready() ? f.ctx.call("compare_plan", f.raw()) : null),
    (plan) => { Object.assign(f, { plan, faults: {}, problem: "", busy: false }); f.tell(); },
    (error) => { Object.assign(f, { plan: null, faults: error.faults || {}, problem: Object.keys(error.faults || {}).length ? "" : error.message, busy: false }); f.tell(); });
  const later = debounce(200, ask);
  f.replan = () => { f.busy = true; f.tell(); later(); };
  f.patch = (changes) => { Object.assign(f.draft, changes); save(); f.replan(); };
  f.stopSaving = save.cancel;
  keepDraft("compare", save, () => (f.finished ? null : f.draft));
  f.settle();
  f.settleChosen();
  return f;
}

/** States of a model that can be planned with: the weights of a known one come at the start. */
const COMPARED = new Set(["known", "ready"]);

const section = (number, title, lead, ...body) => h("section", { class: "ts-stack compare-section", "aria-labelledby": "compare-part-" + number },
  h("div", {}, h("h2", { id: "compare-part-" + number }, title), lead ? h("p", { class: "ts-soft" }, lead) : null), body);

/** @param {Parts<"compare">} f */
function inputs(f) {
  const choice = (id, label, rows, key, empty, page) => {
    if (!rows.length) return labelledField(id, label, h("a", { class: "ts-btn", id, href: pageUrl(page) }, drawIcon("plus"), empty), {});
    const options = rows.map((one) => [one.id, one.status === "known" ? t("compare.model_bare", { name: one.name, size: format.bytes(one.facts?.bytes) }) : one.name]);
    return labelledField(id, label, selectField(id, options, f.draft[key], (value) => { f.draft[key] = value; f.settleChosen(); f.drawEntrants?.(); f.patch({}); }), {});
  };
  const models = f.models.filter((one) => COMPARED.has(one.status));
  const model = choice("compare-model", t("compare.model"), models, "base_model", t("compare.no_model"), "settings");
  const data = choice("compare-data", t("compare.data"), f.datasets, "dataset", t("compare.no_data"), "data");
  f.on(() => { model.setError(f.faults.base_model); data.setError(f.faults.dataset); });
  return section(1, t("compare.part.inputs"), "", h("div", { class: "ts-card" }, h("div", { class: "form-grid" }, model, data)), misfitsOfInputs(f));
}

/** What of the data does not fit the model, asked again when either changes. */
function misfitsOfInputs(f) {
  const holder = h("div", { class: "compare-misfits", "aria-live": "polite" });
  const use = (id) => {
    const select = document.querySelector("select#compare-model");
    if (select instanceof HTMLSelectElement) select.value = String(id);
    f.patch({ base_model: id });
  };
  let asked = "";
  const draw = (found) => {
    const list = misfitList(found, { dataset: f.draft.dataset, model: use });
    replaceChildren(holder, list ? noteBox(found.findings[0].level, list) : null);
  };
  f.on(() => {
    const { base_model: model, dataset } = f.draft;
    const now = JSON.stringify([model, dataset]);
    if (now === asked || !dataset) return;
    asked = now;
    replaceChildren(holder);
    watchFit(() => f.ctx.call("compare_fit", model, dataset), draw, () => now === asked && holder.isConnected);
  });
  return holder;
}

/** @param {Parts<"compare">} f */
function entrants(f) {
  const holder = h("div", { class: "compare-entrants-holder" });
  f.drawEntrants = () => replaceChildren(holder, drawEntrants(f));
  f.drawEntrants();
  return holder;
}

/** @param {Parts<"compare">} f */
function drawEntrants(f) {
  const offered = f.offered(), objectives = offered.some((one) => one.objective);
  const first = offered.filter((one) => one.recommended || !one.trains);
  const others = offered.filter((one) => !first.includes(one));
  const cards = (list) => h("div", { class: "compare-entrants" }, list.map((one) => entrantCard(f, one)));
  const fold = others.length ? h("details", { class: "ts-details", id: "compare-all", open: others.some((one) => f.draft.chosen.includes(one.key)) },
    h("summary", {}, t("compare.all_methods", { n: others.length })), cards(others)) : null;
  const wrong = h("p", { class: "ts-error", role: "alert" });
  f.on(() => { wrong.textContent = f.faults.entrants || ""; });
  return section(2, t(objectives ? "compare.part.objectives" : "compare.part.entrants"), t(objectives ? "compare.part.objectives.lead" : "compare.part.entrants.lead"),
    cards(first), fold, objectives ? judge(f) : null, wrong);
}

/** What says which of two answers is better.
    @param {Parts<"compare">} f */
function judge(f) {
  const options = [[0, t("compare.rule.usual")], ...f.reward_models.map((one) => [one.id, t("compare.rule.model", { name: one.name })])];
  const chosen = f.draft.judged_by?.[0]?.values?.model || 0;
  const pick = (id) => f.patch({ judged_by: id ? [{ reward: f.reward_key, weight: 1, values: { model: id } }] : [] });
  return labelledField("compare-rule", t("compare.rule"), selectField("compare-rule", options, chosen, pick), { help: t("compare.rule.help") });
}

/** @param {Parts<"compare">} f */
function entrantCard(f, one) {
  const id = "compare-entrant-" + one.key;
  const box = h("input", { type: "checkbox", class: "ts-check", id, checked: f.draft.chosen.includes(one.key), disabled: one.always, onchange: () => {
    const chosen = new Set(f.draft.chosen);
    if (box.checked) chosen.add(one.key);
    else chosen.delete(one.key);
    f.patch({ chosen: f.forms.entrants.map((other) => other.key).filter((key) => chosen.has(key)) });
  } });
  const cost = h("span", { class: "ts-small ts-soft ts-num" });
  const wrong = h("p", { class: "ts-error", id: id + "-error" });
  const adjust = one.params.length ? h("button", { type: "button", class: "ts-btn ghost small", "aria-label": t("compare.adjust", { name: one.label }), onclick: () => compareAdjust(f, one) },
    drawIcon("settings"), h("span", {}, t("compare.adjust_short"))) : null;
  const card = h("div", { class: "compare-entrant", "data-entrant": one.key },
    h("label", { class: "compare-pick", for: id }, box, h("span", {}, h("b", {}, one.label), h("span", { class: "ts-small ts-soft" }, one.tagline))),
    wrong, h("div", { class: "ts-spread compare-entrant-foot" }, cost, adjust));
  f.on(() => {
    const mine = f.plan?.entrants[one.key];
    const said = entrantFault(f, one, mine);
    cost.textContent = box.checked && mine?.memory_mb !== undefined ? t("compare.cost", { time: compareRoughly(mine.seconds), memory: format.memory(mine.memory_mb) }) : "";
    wrong.textContent = box.checked ? said : "";
    if (adjust) adjust.hidden = !box.checked;
    adjust?.classList.toggle("changed", Boolean(Object.keys(f.draft.own[one.key]?.method_params || {}).length + Object.keys(f.draft.own[one.key]?.training || {}).length));
  });
  return card;
}

/**
 * What keeps an entrant from starting, or what the planner warns of.
 * @param {Parts<"compare">} f
 */
function entrantFault(f, one, mine) {
  const fault = Object.entries(f.faults).find(([field]) => field === "entrants." + one.key || field.startsWith(`entrants.${one.key}.`));
  if (fault) return fault[1];
  if (mine?.error) return reasonBox(mine.error);
  return mine?.verdict && !mine.verdict.ok ? mine.verdict.message : "";
}

/**
 * One entrant's own settings: everything else is the same for all.
 * @param {Parts<"compare">} f
 */
async function compareAdjust(f, one) {
  const own = f.draft.own[one.key] || {};
  const values = { ...own.method_params, ...own.training };
  const rate = rateFor(one.rates, f.models.find((model) => model.id === f.draft.base_model));
  const defaults = Object.fromEntries(one.params.map((param) => [param.key, (param.key === "learning_rate" ? rate : null) ?? param.default]));
  const body = h("div", { class: "ts-stack" }, h("p", { class: "ts-soft" }, t("compare.adjust.lead")));
  const faults = Object.fromEntries(Object.entries(f.faults).map(([field, text]) => [field.replace(`entrants.${one.key}.`, ""), text]));
  settingsForm(body, { id: "own", params: one.params, values, defaults, faults, onchange: (param, value) => {
    const part = param.field.startsWith("method.") ? "method_params" : "training";
    const mine = f.draft.own[one.key] || {};
    const next = { ...mine[part] };
    if (value === undefined) delete next[param.key];
    else next[param.key] = value;
    f.patch({ own: { ...f.draft.own, [one.key]: { ...mine, [part]: next } } });
  } });
  await openDialog(one.label, body, [{ label: t("compare.adjust.done"), value: "done", kind: "primary" }], { wide: true });
}

/** @param {Parts<"compare">} f */
function compareBudget(f) {
  const card = h("div", { class: "ts-card" });
  const defaults = Object.fromEntries(f.forms.shared.map((param) => [param.key, param.default]));
  const form = settingsForm(card, { id: "shared", params: f.forms.shared, values: f.draft.shared, defaults, faults: {}, onchange: (param, value) => {
    const shared = { ...f.draft.shared };
    if (value === undefined) delete shared[param.key];
    else shared[param.key] = value;
    f.patch({ shared });
  } });
  const device = selectField("compare-device", [["auto", t("compare.device.auto")], ...f.devices.filter((one) => one.usable !== false).map((one) => [one.key, one.name])], f.draft.device, (value) => f.patch({ device: value }));
  const memory = h("input", { class: "ts-input ts-num", id: "compare-memory", type: "number", min: "0", step: "any", value: f.draft.memory_mb ? String(Math.round(Number(f.draft.memory_mb) / 10) / 100) : "", placeholder: t("compare.memory.none"),
    oninput: () => { const typed = formNumber(memory.value); f.patch({ memory_mb: typed === "" ? null : typeof typed === "string" ? typed : Number(typed) * 1000 }); } });
  const fields = { "budget.device": labelledField("compare-device", t("compare.device"), device, {}),
    "budget.memory_mb": labelledField("compare-memory", t("compare.memory"), memory, { help: t("compare.memory.help"), box: h("div", { class: "field-box" }, memory, h("span", { class: "field-unit" }, "GB")) }) };
  (card.querySelector(".form-fold > .form-grid") || card).append(...Object.values(fields));
  f.on(() => {
    form.setFaults(f.faults);
    for (const [key, field] of Object.entries(fields)) field.setError(f.faults[key]);
    const byTime = f.shared("held") === "time";
    card.querySelector('[data-field="shared.epochs"]')?.toggleAttribute("hidden", byTime);
    card.querySelector('[data-field="shared.minutes"]')?.toggleAttribute("hidden", !byTime);
  });
  return section(3, t("compare.part.budget"), t("compare.part.budget.lead"), card);
}
