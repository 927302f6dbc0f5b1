/* Step 5: everything on one page: what was chosen, what the plan says, checks, the exact tokens, the sample questions. */
import { appendAll, h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";
import { labelledField, noteBox, onlyLatest } from "../../shared/form-controls.js";
import { formShow } from "../../shared/form.js";
import { againCard } from "../again.js";
import { checksPart } from "../check.js";
import { planWarnings } from "../estimate-plan.js";
import { trainMisfits } from "../fit.js";
import { setObjective } from "../state.js";
import { STEPS } from "../steps.js";

/** @param {Parts<"train">} w */
export function reviewStepView(w, body) {
  const said = h("div", { class: "ts-stack" });
  const misfits = h("div", { class: "train-misfits" });
  const tokens = h("div", { class: "ts-stack", "aria-busy": "true" });
  const look = onlyLatest(() => w.ctx.call("show_tokens", w.raw()), (rows) => {
    tokens.removeAttribute("aria-busy");
    replaceChildren(tokens, rows.map(tokenRow));
  }, (error) => { tokens.removeAttribute("aria-busy"); replaceChildren(tokens, noteBox("danger", error.message)); });
  const tell = () => { replaceChildren(misfits, misfitNote(w)); replaceChildren(said, trainFindings(w)); };
  w.on("plan", tell, "step");
  w.on("fits", tell, "step");
  const more = [w.done("model") && w.done("data") ? checksPart(w) : null,
    h("section", { class: "ts-card ts-stack", "aria-labelledby": "train-tokens-title" }, h("h3", { id: "train-tokens-title" }, t("train.tokens.title")), trainLegend(w), tokens),
    promptsCard(w)];
  appendAll(body, w.draft.again ? [misfits, againCard(w), summary(w), said, rest(more)] : [misfits, summary(w), said, more]);
  tell();
  if (w.done("model") && w.done("data")) look();
  else { tokens.removeAttribute("aria-busy"); replaceChildren(tokens, h("p", { class: "ts-soft" }, t("train.tokens.later"))); }
}

/** What need not be looked at again. */
const rest = (parts) => h("details", { class: "ts-details train-rest" }, h("summary", {}, t("train.again.rest")), h("div", { class: "ts-stack" }, parts));

/**
 * What was chosen, each with the way back to it.
 * @param {Parts<"train">} w
 */
const summary = (w) => h("section", { class: "ts-card" }, h("h3", {}, t("train.review.chosen")),
  h("dl", { class: "train-summary" }, STEPS.slice(0, 4).map((step) => [
    h("dt", {}, t("train.step." + step)),
    h("dd", {}, h("span", { dir: "auto" }, w.chosen(step) || t("train.step.open"), detail(w, step)),
      h("button", { type: "button", class: "ts-btn ghost small", "aria-label": t("train.review.change_what", { step: t("train.step." + step) }), onclick: () => w.go(step) }, t("train.review.change")))])),
  nameField(w));

/** @param {Parts<"train">} w */
function nameField(w) {
  const name = h("input", { class: "ts-input", id: "train-name", type: "text", maxlength: "120", value: w.draft.name, placeholder: w.autoName(), oninput: () => w.patch({ name: name.value }) });
  const field = labelledField("train-name", t("train.review.name"), name, { help: t("train.review.name.help") });
  field.dataset.field = "name";
  const faults = () => field.setError(w.faults.name);
  w.on("plan", faults, "step");
  faults();
  return field;
}

/** @param {Parts<"train">} w */
function detail(w, step) {
  if (step === "data" && w.dataset()) return h("small", { class: "ts-soft" }, w.objective().label + " · " + t("train.data.rows", { train: format.number(w.dataset().train_rows), val: format.number(w.dataset().val_rows) }));
  if (step !== "method" || !w.method() || w.draft.again) return null; // settings that are used again stand above
  const params = [...w.method().params, ...w.training()];
  const values = { ...w.trainingDefaults(), ...Object.fromEntries(w.method().params.map((param) => [param.key, param.default])), ...w.trainingValues(), ...w.methodValues() };
  const typed = { ...w.trainingValues(), ...w.methodValues() };
  const worth = params.filter((param) => !param.advanced || param.key in typed);
  return h("small", { class: "ts-soft" }, worth.map((param) => param.label + " " + formShow(param, values[param.key])).join(" · "));
}

/**
 * What of the data does not fit the model and the objective.
 * @param {Parts<"train">} w
 */
function misfitNote(w) {
  const found = trainMisfits(w, w.dataset(), (key) => { setObjective(w, key); w.redraw(); });
  return found ? noteBox(w.fits[w.draft.dataset].findings[0].level, found) : null;
}

/**
 * What the plan warns of, and what is in the way.
 * @param {Parts<"train">} w
 */
function trainFindings(w) {
  const faults = Object.values(w.faults);
  if (faults.length) return noteBox("danger", faults.map((text) => h("p", {}, text)));
  if (w.problem) return noteBox("danger", w.problem.message);
  if (!w.plan) return null;
  const told = w.fits[w.draft.dataset]?.findings.some((one) => /^(tools|calls|system|refused|no_template)/.test(one.code)); // with their ways out
  return planWarnings(w, w.plan.warnings.filter((one) => !told || !one.code.startsWith("warning.refused")));
}

/** @param {Parts<"train">} w */
function trainLegend(w) {
  const everything = w.trainingValues().train_on === "all";
  return h("div", { class: "train-legend" }, h("p", { class: "ts-soft" }, t("train.tokens.lead")),
    h("ul", {},
      h("li", {}, h("span", { class: "ts-tokens" }, h("span", { class: "trained" }, t("train.tokens.trained"))), " ", t("train.tokens.trained.means")),
      everything ? null : h("li", {}, h("span", { class: "ts-tokens" }, h("span", { class: "masked" }, t("train.tokens.masked"))), " ", t("train.tokens.masked.means"))));
}

/** One example, token by token. Line ends are shown as a sign, and break the line too. */
function tokenRow(row) {
  const trained = row.tokens.filter((token) => token.trained).length;
  const place = row.answers > 1 ? t("train.tokens.answers", { answers: row.answers, n: row.row }) : row.texts > 1 ? t("train.tokens.packed", { texts: row.texts, n: row.row }) : t("train.tokens.row", { n: row.row });
  return h("figure", { class: "train-tokens" },
    h("figcaption", { class: "ts-small ts-soft ts-row" }, place,
      h("span", { class: "ts-num" }, t("train.tokens.counts", { all: format.number(row.tokens.length), trained: format.number(trained) })),
      row.truncated ? h("span", { class: "ts-badge warn" }, t("train.tokens.cut")) : null),
    h("div", { class: "ts-tokens", tabindex: "0", role: "group", dir: "auto", "aria-label": place }, row.tokens.map((token) =>
      h("span", { class: token.trained ? "trained" : "masked", title: token.weight === undefined ? null : t("data.row.weight", { n: format.number(token.weight, 6) }) }, token.text.replaceAll("\n", "↵\n")))));
}

/** @param {Parts<"train">} w */
function promptsCard(w) {
  const area = h("textarea", { class: "ts-textarea", id: "train-prompts", rows: "4", oninput: () => w.patch({ sample_prompts: area.value }) });
  area.value = w.draft.sample_prompts;
  return h("section", { class: "ts-card" }, labelledField("train-prompts", t("train.prompts"), area, { help: t("train.prompts.help") }));
}
