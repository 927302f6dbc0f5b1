/* A new recipe: model and method for all stages, data and settings for each; what it costs stands below. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, runAction } from "../../kit/parts.js";
import { randomKey, sentenceOf } from "../../kit/server.js";
import { pageUrl, queryId, queryValue, t } from "../../kit/texts.js";
import { choiceCards, debounce, labelledField, noteBox, onlyLatest, reasonBox, selectField } from "../shared/form-controls.js";
import { settingsForm } from "../shared/form.js";

/** @param {Ctx<"jobs">} ctx */
export async function recipeForm(root, ctx) {
  const body = h("div", { class: "ts-stack loose", "aria-busy": "true" });
  replaceChildren(root, h("div", { class: "ts-page recipe-page" },
    h("a", { class: "job-back", href: pageUrl("jobs") }, drawIcon("chevron-right"), t("recipe.back")),
    pageHead(t("recipe.title"), t("recipe.lead")), body));
  let forms;
  try {
    forms = await ctx.call("recipe_forms");
  } catch (error) {
    return replaceChildren(body, noteBox("danger", sentenceOf(error)));
  } finally {
    body.removeAttribute("aria-busy");
  }
  if (!forms.recipes.length) return replaceChildren(body, noteBox("info", t("recipe.none")));
  const f = recipeState(forms, ctx);
  const stages = h("div", { class: "ts-stack loose" });
  const redraw = () => { f.listeners = []; replaceChildren(stages, recipeShared(f, redraw), f.recipe().stages.map((stage, i) => recipeStage(f, stage, i + 1)), recipeFoot(f)); f.replan(); };
  const cards = choiceCards(t("recipe.choose"), forms.recipes.map((one) => ({ value: one.key, label: one.label, content: [
    h("b", {}, one.label), h("span", { class: "ts-small ts-soft" }, one.tagline)] })), f.draft.recipe,
    (key) => { f.choose(key); redraw(); }, "two");
  replaceChildren(body, cards, stages);
  redraw();
}

/**
 * What is chosen, what it costs; asks for the plan by itself.
 * @param {Server.RecipeForms} forms
 * @param {Ctx<"jobs">} ctx
 */
function recipeState(forms, ctx) {
  const ready = forms.models.filter((one) => one.status === "ready");
  const asked = queryValue("kind");
  const draft = {
    recipe: forms.recipes.some((one) => one.key === asked) ? asked : forms.recipes[0].key, name: "", base_model: queryId("model") || (ready[0] || forms.models[0])?.id || null,
    method: "", method_params: {}, device: "auto", stages: {}, key: randomKey(),
  };
  /** @type {any} */
  const f = { forms, ctx, draft, plan: null, faults: {}, problem: "", busy: false, listeners: [] };
  f.on = (task) => f.listeners.push(task);
  f.tell = () => f.listeners.forEach((task) => task());
  f.recipe = () => forms.recipes.find((one) => one.key === draft.recipe);
  f.stage = (stage) => (draft.stages[stage.key] ??= { objective: stage.objectives[0], dataset: null, training: {} });
  f.objective = (stage) => forms.objectives[f.stage(stage).objective];
  f.fitting = (stage) => forms.datasets.filter((one) => f.objective(stage).learns_from.includes(one.kind));
  f.choose = (key) => {
    Object.assign(draft, { recipe: key, stages: {} });
    if (!f.recipe().methods.includes(draft.method)) Object.assign(draft, { method: f.recipe().methods[0], method_params: {} });
    const given = queryId("dataset");
    for (const stage of f.recipe().stages) {
      const known = f.fitting(stage);
      f.stage(stage).dataset = (known.find((one) => one.id === given) || known[0])?.id ?? null;
    }
  };
  f.raw = () => ({ ...draft, name: draft.name.trim() || f.recipe().label, key: undefined });
  f.ready = () => Boolean(draft.base_model) && f.recipe().stages.every((stage) => f.stage(stage).dataset);
  const ask = onlyLatest(async () => (draft.base_model ? ctx.call("recipe_plan", f.raw()) : null),
    (plan) => { Object.assign(f, { plan, problem: "", busy: false }); f.tell(); },
    (error) => { Object.assign(f, { plan: null, problem: sentenceOf(error), busy: false }); f.tell(); });
  const later = debounce(300, ask);
  f.replan = () => { f.busy = true; f.faults = {}; f.tell(); later(); };
  f.choose(draft.recipe);
  return f;
}

function recipeShared(f, redraw) {
  const { forms, draft } = f;
  const models = forms.models.map((one) => [one.id, one.name]);
  const model = forms.models.length
    ? labelledField("recipe-model", t("recipe.model"), selectField("recipe-model", models, draft.base_model, (id) => { draft.base_model = id; f.replan(); }))
    : labelledField("recipe-model", t("recipe.model"), h("a", { class: "ts-btn", id: "recipe-model", href: pageUrl("settings") }, drawIcon("plus"), t("recipe.no_model")));
  const usable = forms.methods.filter((one) => f.recipe().methods.includes(one.key));
  const method = labelledField("recipe-method", t("recipe.method"), selectField("recipe-method", usable.map((one) => [one.key, one.label]), draft.method,
    (key) => { Object.assign(draft, { method: key, method_params: {} }); redraw(); }), { help: usable.find((one) => one.key === draft.method)?.tagline });
  const devices = [["auto", t("recipe.device.auto")], ...forms.devices.filter((one) => one.usable).map((one) => [one.key, one.name])];
  const device = labelledField("recipe-device", t("recipe.device"), selectField("recipe-device", devices, draft.device, (key) => { draft.device = key; f.replan(); }));
  const name = h("input", { class: "ts-input", id: "recipe-name", type: "text", maxlength: "80", value: draft.name, placeholder: f.recipe().label, oninput: () => { draft.name = name.value; } });
  const named = labelledField("recipe-name", t("recipe.name"), name);
  const settings = recipeFold(t("recipe.method.settings"), "recipe-own", usable.find((one) => one.key === draft.method)?.params || [], draft.method_params, f, "");
  f.on(() => {
    model.setError(f.faults.base_model);
    method.setError(f.faults.method);
    device.setError(f.faults["budget.device"]);
    named.setError(f.faults.name);
  });
  return h("section", { class: "ts-card", "aria-labelledby": "recipe-shared" },
    h("div", {}, h("h2", { id: "recipe-shared" }, t("recipe.all")), h("p", { class: "ts-soft" }, t("recipe.all.lead"))),
    h("p", { class: "ts-soft ts-small" }, f.recipe().help), h("div", { class: "form-grid" }, named, model, method, device), settings);
}

/** Settings that most leave as they are; `values` is changed in place. */
function recipeFold(title, id, params, values, f, prefix) {
  if (!params.length) return null;
  const body = h("div", { class: "ts-stack" });
  const form = settingsForm(body, {
    id, params, values, defaults: Object.fromEntries(params.map((param) => [param.key, param.default])),
    onchange: (param, value) => {
      if (value === undefined) delete values[param.key];
      else values[param.key] = value;
      f.replan();
    },
  });
  const fold = h("details", { class: "ts-details", id: id + "-fold" }, h("summary", {}, title), body);
  f.on(() => {
    const mine = Object.fromEntries(params.map((param) => [param.field, f.faults[prefix + param.field]]));
    form.setFaults(mine);
    if (Object.values(mine).some(Boolean)) fold.open = true;
  });
  return fold;
}

function recipeStage(f, stage, place) {
  const own = f.stage(stage), id = "recipe-" + stage.key, slot = h("div", { class: "ts-stack" });
  const linked = [stage.goes_on ? t("recipe.goes_on", { stage: stage.goes_on }) : "", stage.rewarded_by ? t("recipe.rewarded_by", { stage: stage.rewarded_by }) : ""].filter(Boolean).join(" ");
  const cost = h("p", { class: "ts-small ts-soft ts-num", role: "status" }), wrong = h("p", { class: "ts-error" });
  /** @type {any} */
  let data = null;
  const draw = () => {
    const objective = f.objective(stage), known = f.fitting(stage);
    if (!known.some((one) => one.id === own.dataset)) own.dataset = known[0]?.id ?? null;
    data = known.length
      ? labelledField(id + "-data", t("recipe.data"), selectField(id + "-data", known.map((one) => [one.id, t("recipe.data.rows", { name: one.name, n: format.number(one.train_rows) })]), own.dataset,
        (value) => { own.dataset = value; f.replan(); }))
      : null;
    const missing = data ? null : noteBox("warn", h("p", {}, t("recipe.data.none", { usable: objective.usable })), h("a", { class: "ts-link", href: pageUrl("data") }, t("recipe.data.add")));
    const choice = stage.objectives.length > 1 ? labelledField(id + "-objective", t("recipe.objective"),
      selectField(id + "-objective", stage.objectives.map((key) => [key, f.forms.objectives[key].label]), own.objective, (key) => { Object.assign(own, { objective: key, training: {} }); draw(); f.replan(); }),
      { help: objective.tagline }) : null;
    replaceChildren(slot, missing, h("div", { class: "form-grid" }, data, choice), recipeFold(t("recipe.settings"), id + "-own", objective.params, own.training, f, `stages.${stage.key}.`));
  };
  draw();
  f.on(() => {
    const mine = f.plan?.stages[stage.key], fault = f.faults[`stages.${stage.key}.dataset`];
    data?.setError(fault);
    cost.textContent = mine?.seconds && mine.memory_mb ? t("recipe.cost", { time: format.duration(mine.seconds), memory: format.memory(mine.memory_mb) }) : "";
    const said = Object.entries(f.faults).find(([field]) => field.startsWith(`stages.${stage.key}.`))?.[1];
    wrong.textContent = said || (mine?.error ? reasonBox(mine.error) : mine?.verdict && !mine.verdict.ok ? mine.verdict.message : "");
  });
  return h("section", { class: "ts-card recipe-stage", "aria-labelledby": id + "-title", "data-stage": stage.key },
    h("div", {}, h("h2", { id: id + "-title" }, t("recipe.stage", { n: place, label: stage.label })), h("p", { class: "ts-soft" }, stage.help, " ", linked)),
    slot, cost, wrong);
}

function recipeFoot(f) {
  const total = h("p", { class: "ts-num" }), why = h("p", { class: "ts-error", role: "alert" });
  const start = h("button", { type: "button", class: "ts-btn primary", id: "recipe-start", onclick: async () => {
    const run = await runAction(start, async () => {
      try {
        return await f.ctx.call("recipe_begin", f.raw(), f.draft.key);
      } catch (error) {
        f.faults = error.faults || {};
        f.tell();
        throw error;
      }
    });
    if (run) location.assign(pageUrl("jobs", { recipe: run }));
  } }, drawIcon("play"), t("recipe.start"));
  f.on(() => {
    total.textContent = f.plan?.seconds ? t("recipe.total", { time: format.duration(f.plan.seconds) }) : "";
    start.disabled = !f.ready();
    why.textContent = !f.ready() ? t("recipe.lacks") : f.problem || (Object.keys(f.faults).length ? t("recipe.faults") : "");
  });
  return h("div", { class: "ts-card recipe-foot" }, total, why, start);
}
