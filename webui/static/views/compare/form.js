/* A new comparison: model and data, who takes part, what everybody gets; what it costs stands beside it. */
"use strict";
TS.compare = TS.compare || {};

TS.compare.form = async function (root, forms, ctx) {
  const panel = TS.h("div", { class: "ts-stack loose compare-form", "aria-busy": "true" }, ["block", "block"].map((kind) => TS.h("i", { class: "ts-bone " + kind, "aria-hidden": "true" })));
  const estimate = TS.h("aside", { class: "compare-estimate", "aria-label": TS.t("compare.estimate") });
  TS.replace(root, TS.h("div", { class: "ts-page" }, TS.compare.back(), TS.head(TS.t("compare.new.title"), TS.t("compare.new.lead")), TS.h("div", { class: "ts-cols" }, panel, estimate)));
  const query = Object.fromEntries(["dataset", "model"].map((key) => [key, TS.query(key)]).filter(([, given]) => given));
  let loaded;
  try {
    loaded = await ctx.call("compare_start", query);
  } catch (error) {
    panel.removeAttribute("aria-busy");
    return TS.replace(panel, TS.note("danger", error.message));
  }
  const f = TS.compare.formState(forms, ctx, loaded);
  panel.removeAttribute("aria-busy");
  TS.replace(panel, TS.compare.inputs(f), TS.compare.entrants(f), TS.compare.budget(f));
  TS.compare.drawEstimate(estimate, f);
  return f.replan();
};

/** The draft, what can be chosen, the plan; saves and plans by itself. */
TS.compare.formState = function (forms, ctx, loaded) {
  const f = { forms, ctx, ...loaded, plan: null, faults: {}, problem: "", listeners: [] };
  f.on = (task) => f.listeners.push(task);
  f.tell = () => f.listeners.forEach((task) => task());
  f.settle = () => {
    const ready = f.models.filter((one) => one.status === "ready");
    if (!ready.some((one) => one.id === f.draft.base_model)) f.draft.base_model = (ready.find((one) => one.source === "starter") || ready[0])?.id ?? null;
    if (!f.datasets.some((one) => one.id === f.draft.dataset)) f.draft.dataset = f.datasets[0]?.id ?? null;
  };
  f.entrant = (key) => f.forms.entrants.find((one) => one.key === key);
  f.shared = (key) => f.draft.shared[key] ?? f.forms.shared.find((one) => one.key === key).default;
  f.autoName = () => TS.t("compare.auto_name", { data: f.datasets.find((one) => one.id === f.draft.dataset)?.name || "" }).trim().slice(0, 80);
  f.raw = () => ({
    name: f.draft.name.trim() || f.autoName(), base_model: f.draft.base_model, dataset: f.draft.dataset, shared: f.draft.shared,
    device: f.draft.device, memory_mb: f.draft.memory_mb,
    entrants: f.draft.chosen.map(f.entrant).map(({ key, method, variant }) => ({ method, variant, ...(f.draft.own[key] || {}) })),
  });
  f.ready = () => Boolean(f.draft.base_model && f.draft.dataset && f.draft.chosen.length);
  const save = TS.debounce(300, () => { if (!f.finished) f.ctx.call("compare_save", f.draft).catch(() => {}); });
  const ask = TS.latest(async () => (f.ready() ? f.ctx.call("compare_plan", f.raw()) : null),
    (plan) => { Object.assign(f, { plan, faults: {}, problem: "", busy: false }); f.tell(); },
    (error) => { Object.assign(f, { plan: null, faults: error.faults || {}, problem: Object.keys(error.faults || {}).length ? "" : error.message, busy: false }); f.tell(); });
  const later = TS.debounce(200, ask);
  f.replan = () => { f.busy = true; f.tell(); later(); };
  f.patch = (changes) => { Object.assign(f.draft, changes); save(); f.replan(); };
  f.stopSaving = save.cancel;
  TS.keepDraft("compare", save, () => (f.finished ? null : f.draft));
  f.settle();
  return f;
};

TS.compare.section = (number, title, lead, ...body) => TS.h("section", { class: "ts-stack compare-section", "aria-labelledby": "compare-part-" + number },
  TS.h("div", {}, TS.h("h2", { id: "compare-part-" + number }, title), lead ? TS.h("p", { class: "ts-soft" }, lead) : null), body);

TS.compare.inputs = function (f) {
  const choice = (id, label, rows, key, empty, page) => {
    if (!rows.length) return TS.field(id, label, TS.h("a", { class: "ts-btn", id, href: TS.url(page) }, TS.icon("plus"), empty), {});
    const options = rows.map((one) => [one.id, one.name]);
    return TS.field(id, label, TS.select(id, options, f.draft[key], (value) => f.patch({ [key]: value })), {});
  };
  const models = f.models.filter((one) => one.status === "ready");
  const model = choice("compare-model", TS.t("compare.model"), models, "base_model", TS.t("compare.no_model"), "settings");
  const data = choice("compare-data", TS.t("compare.data"), f.datasets, "dataset", TS.t("compare.no_data"), "data");
  f.on(() => { model.setError(f.faults.base_model); data.setError(f.faults.dataset); });
  return TS.compare.section(1, TS.t("compare.part.inputs"), "", TS.h("div", { class: "ts-card" }, TS.h("div", { class: "form-grid" }, model, data)));
};

TS.compare.entrants = function (f) {
  const offered = f.forms.entrants;
  const first = offered.filter((one) => one.recommended || !one.trains);
  const others = offered.filter((one) => !first.includes(one));
  const cards = (list) => TS.h("div", { class: "compare-entrants" }, list.map((one) => TS.compare.entrantCard(f, one)));
  const fold = others.length ? TS.h("details", { class: "ts-details", id: "compare-all", open: others.some((one) => f.draft.chosen.includes(one.key)) },
    TS.h("summary", {}, TS.t("compare.all_methods", { n: others.length })), cards(others)) : null;
  const wrong = TS.h("p", { class: "ts-error", role: "alert" });
  f.on(() => { wrong.textContent = f.faults.entrants || ""; });
  return TS.compare.section(2, TS.t("compare.part.entrants"), TS.t("compare.part.entrants.lead"), cards(first), fold, wrong);
};

TS.compare.entrantCard = function (f, one) {
  const id = "compare-entrant-" + one.key;
  const box = TS.h("input", { type: "checkbox", class: "ts-check", id, checked: f.draft.chosen.includes(one.key), onchange: () => {
    const chosen = new Set(f.draft.chosen);
    if (box.checked) chosen.add(one.key);
    else chosen.delete(one.key);
    f.patch({ chosen: f.forms.entrants.map((other) => other.key).filter((key) => chosen.has(key)) });
  } });
  const cost = TS.h("span", { class: "ts-small ts-soft ts-num" });
  const wrong = TS.h("p", { class: "ts-error", id: id + "-error" });
  const adjust = one.params.length ? TS.h("button", { type: "button", class: "ts-btn ghost small", "aria-label": TS.t("compare.adjust", { name: one.label }), onclick: () => TS.compare.adjust(f, one) },
    TS.icon("settings"), TS.h("span", {}, TS.t("compare.adjust_short"))) : null;
  const card = TS.h("div", { class: "compare-entrant", "data-entrant": one.key },
    TS.h("label", { class: "compare-pick", for: id }, box, TS.h("span", {}, TS.h("b", {}, one.label), TS.h("span", { class: "ts-small ts-soft" }, one.tagline))),
    wrong, TS.h("div", { class: "ts-spread compare-entrant-foot" }, cost, adjust));
  f.on(() => {
    const mine = f.plan?.entrants[one.key];
    const said = TS.compare.entrantFault(f, one, mine);
    cost.textContent = box.checked && mine?.memory_mb !== undefined ? TS.t("compare.cost", { time: TS.compare.roughly(mine.seconds), memory: TS.format.bytes(mine.memory_mb * 1e6) }) : "";
    wrong.textContent = box.checked ? said : "";
    if (adjust) adjust.hidden = !box.checked;
    adjust?.classList.toggle("changed", Boolean(Object.keys(f.draft.own[one.key]?.method_params || {}).length + Object.keys(f.draft.own[one.key]?.training || {}).length));
  });
  return card;
};

/** What keeps an entrant from starting, or what the planner warns of. */
TS.compare.entrantFault = function (f, one, mine) {
  const fault = Object.entries(f.faults).find(([field]) => field === "entrants." + one.key || field.startsWith(`entrants.${one.key}.`));
  if (fault) return fault[1];
  if (mine?.error) return TS.reason(mine.error);
  return mine?.verdict && !mine.verdict.ok ? TS.t("plan." + mine.verdict.code, mine.verdict.params) : "";
};

/** One entrant's own settings: everything else is the same for all. */
TS.compare.adjust = async function (f, one) {
  const own = f.draft.own[one.key] || {};
  const values = { ...own.method_params, ...own.training };
  const defaults = Object.fromEntries(one.params.map((param) => [param.key, param.default]));
  const body = TS.h("div", { class: "ts-stack" }, TS.h("p", { class: "ts-soft" }, TS.t("compare.adjust.lead")));
  const faults = Object.fromEntries(Object.entries(f.faults).map(([field, text]) => [field.replace(`entrants.${one.key}.`, ""), text]));
  TS.form(body, { id: "own", params: one.params, values, defaults, faults, onchange: (param, value) => {
    const part = param.field.startsWith("method.") ? "method_params" : "training";
    const mine = f.draft.own[one.key] || {};
    const next = { ...mine[part] };
    if (value === undefined) delete next[param.key];
    else next[param.key] = value;
    f.patch({ own: { ...f.draft.own, [one.key]: { ...mine, [part]: next } } });
  } });
  await TS.dialog(one.label, body, [{ label: TS.t("compare.adjust.done"), value: "done", kind: "primary" }], { wide: true });
};

TS.compare.budget = function (f) {
  const card = TS.h("div", { class: "ts-card" });
  const defaults = Object.fromEntries(f.forms.shared.map((param) => [param.key, param.default]));
  const form = TS.form(card, { id: "shared", params: f.forms.shared, values: f.draft.shared, defaults, faults: {}, onchange: (param, value) => {
    const shared = { ...f.draft.shared };
    if (value === undefined) delete shared[param.key];
    else shared[param.key] = value;
    f.patch({ shared });
  } });
  const device = TS.select("compare-device", [["auto", TS.t("compare.device.auto")], ...f.devices.filter((one) => one.usable !== false).map((one) => [one.key, one.name])], f.draft.device, (value) => f.patch({ device: value }));
  const memory = TS.h("input", { class: "ts-input ts-num", id: "compare-memory", type: "number", min: "0", step: "any", value: f.draft.memory_mb ? String(f.draft.memory_mb / 1000) : "", placeholder: TS.t("compare.memory.none"),
    oninput: () => { const typed = TS.formNumber(memory.value); f.patch({ memory_mb: typed === "" ? null : typeof typed === "number" ? typed * 1000 : typed }); } });
  const fields = { "budget.device": TS.field("compare-device", TS.t("compare.device"), device, {}),
    "budget.memory_mb": TS.field("compare-memory", TS.t("compare.memory"), memory, { help: TS.t("compare.memory.help"), box: TS.h("div", { class: "field-box" }, memory, TS.h("span", { class: "field-unit" }, "GB")) }) };
  (card.querySelector(".form-fold > .form-grid") || card).append(...Object.values(fields));
  f.on(() => {
    form.setFaults(f.faults);
    for (const [key, field] of Object.entries(fields)) field.setError(f.faults[key]);
    const byTime = f.shared("held") === "time";
    card.querySelector('[data-field="shared.epochs"]').hidden = byTime;
    card.querySelector('[data-field="shared.minutes"]').hidden = !byTime;
  });
  return TS.compare.section(3, TS.t("compare.part.budget"), TS.t("compare.part.budget.lead"), card);
};

TS.compare.roughly = (seconds) => (seconds === null || seconds === undefined ? "–" : TS.train.roughly(seconds));
