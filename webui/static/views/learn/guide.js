/* The decision guide: three questions, the advice at once, and examples that fill the answers in. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, t } from "../../kit/texts.js";
import { debounce, labelledField, noteBox, onlyLatest } from "../shared/form-controls.js";

/** @param {Parts<"learn">} page */
export function guide(page) {
  const answers = { memory: 8, examples: 200, goal: page.goals[0].value };
  const advice = h("div", { class: "learn-advice", "aria-live": "polite" });
  const ask = onlyLatest(() => (page.costs ? page.ctx.call("learn_advise", page.model, answers.memory, answers.examples, answers.goal) : null),
    (found) => { if (found) replaceChildren(advice, learnAdvice(page, found)); },
    (error) => replaceChildren(advice, noteBox(error.code === "learn.bad_answer" ? "info" : "danger", error.message)));
  const later = debounce(150, ask);
  const form = h("div", { class: "learn-questions" });
  const draw = () => replaceChildren(form, questions(page, answers, later));
  const fill = (example) => {
    Object.assign(answers, { memory: example.memory_gb, examples: example.examples, goal: example.goal });
    draw();
    ask();
  };
  const examples = h("div", { class: "learn-examples" });
  page.on(() => { replaceChildren(examples, learnExamples(page, fill)); ask(); });
  draw();
  return h("div", { class: "ts-stack" }, h("div", { class: "ts-card learn-guide" }, form, advice), examples);
}

/** @param {Parts<"learn">} page */
function questions(page, answers, changed) {
  const number = (key, step) => {
    const input = h("input", { class: "ts-input ts-num", id: "learn-" + key, type: "number", min: step, step: "any", value: String(answers[key]), autocomplete: "off",
      oninput: () => { answers[key] = Number(input.value); changed(); } });
    const unit = h("span", { class: "field-unit" }, t(`learn.ask.${key}.unit`));
    return labelledField("learn-" + key, t(`learn.ask.${key}`), input, { box: h("div", { class: "field-box" }, input, unit) });
  };
  const goals = h("fieldset", { class: "ts-field learn-goals" }, h("legend", { class: "ts-label" }, t("learn.ask.goal")),
    page.goals.map((goal) => h("label", { class: "ts-check" }, h("input", { type: "radio", name: "learn-goal", value: goal.value, checked: goal.value === answers.goal,
      onchange: () => { answers.goal = goal.value; changed(); } }), h("span", {}, goal.label))));
  return [number("memory", "0.5"), number("examples", "1"), goals];
}

/** @param {Parts<"learn">} page */
function learnAdvice(page, found) {
  if (!found.length) return noteBox("warn", t("learn.advice.none"));
  const item = (one, at) => h("div", { class: at ? "learn-second" : "learn-first" },
    h("p", { class: "ts-label" }, t(at ? "learn.advice.second" : "learn.advice.first")),
    h("p", { class: "learn-choice" }, h("a", { class: "ts-link", href: "#" + one.method }, one.label)),
    h("p", {}, one.reason),
    h("p", { class: "ts-small ts-soft" }, t("learn.advice.memory", { memory: format.memory(one.memory_mb) })),
    at ? null : h("a", { class: "ts-btn primary small", href: trainUrl(page, one.method) }, drawIcon("wand-sparkles"), t("learn.use", { method: one.label })));
  return found.map(item);
}

/** @param {Parts<"learn">} page */
const trainUrl = (page, method) => pageUrl("train", /^\d+$/.test(page.model) ? { method, model: page.model } : { method });

/** @param {Parts<"learn">} page */
const learnExamples = (page, fill) => [h("h3", {}, t("learn.examples")), h("ul", {}, page.costs.examples.map((example) => {
  const goal = page.goals.find((one) => one.value === example.goal).label;
  const best = example.advice[0]?.label ?? t("learn.advice.nothing");
  return h("li", {}, h("button", { type: "button", class: "learn-example", onclick: () => fill(example) },
    h("span", {}, t("learn.example", { memory: format.number(example.memory_gb), examples: format.number(example.examples), goal })),
    drawIcon("arrow-right", 16), h("b", {}, best)));
}))];
