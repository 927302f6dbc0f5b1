/* The decision guide: three questions, the advice at once, and examples that fill the answers in. */
"use strict";
TS.learn = TS.learn || {};

TS.learn.guide = function (page) {
  const answers = { memory: 8, examples: 200, goal: page.goals[0].value };
  const advice = TS.h("div", { class: "learn-advice", "aria-live": "polite" });
  const ask = TS.latest(() => (page.costs ? page.ctx.call("learn_advise", page.model, answers.memory, answers.examples, answers.goal) : null),
    (found) => { if (found) TS.replace(advice, TS.learn.advice(page, found)); },
    (error) => TS.replace(advice, TS.note(error.code === "learn.bad_answer" ? "info" : "danger", error.message)));
  const later = TS.debounce(150, ask);
  const form = TS.h("div", { class: "learn-questions" });
  const draw = () => TS.replace(form, TS.learn.questions(page, answers, later));
  const fill = (example) => {
    Object.assign(answers, { memory: example.memory_gb, examples: example.examples, goal: example.goal });
    draw();
    ask();
  };
  const examples = TS.h("div", { class: "learn-examples" });
  page.on(() => { TS.replace(examples, TS.learn.examples(page, fill)); ask(); });
  draw();
  return TS.h("div", { class: "ts-stack" }, TS.h("div", { class: "ts-card learn-guide" }, form, advice), examples);
};

TS.learn.questions = function (page, answers, changed) {
  const number = (key, step) => {
    const input = TS.h("input", { class: "ts-input ts-num", id: "learn-" + key, type: "number", min: step, step: "any", value: String(answers[key]), autocomplete: "off",
      oninput: () => { answers[key] = Number(input.value); changed(); } });
    const unit = TS.h("span", { class: "field-unit" }, TS.t(`learn.ask.${key}.unit`));
    return TS.field("learn-" + key, TS.t(`learn.ask.${key}`), input, { box: TS.h("div", { class: "field-box" }, input, unit) });
  };
  const goals = TS.h("fieldset", { class: "ts-field learn-goals" }, TS.h("legend", { class: "ts-label" }, TS.t("learn.ask.goal")),
    page.goals.map((goal) => TS.h("label", { class: "ts-check" }, TS.h("input", { type: "radio", name: "learn-goal", value: goal.value, checked: goal.value === answers.goal,
      onchange: () => { answers.goal = goal.value; changed(); } }), TS.h("span", {}, goal.label))));
  return [number("memory", "0.5"), number("examples", "1"), goals];
};

TS.learn.advice = function (page, found) {
  if (!found.length) return TS.note("warn", TS.t("learn.advice.none"));
  const item = (one, at) => TS.h("div", { class: at ? "learn-second" : "learn-first" },
    TS.h("p", { class: "ts-label" }, TS.t(at ? "learn.advice.second" : "learn.advice.first")),
    TS.h("p", { class: "learn-choice" }, TS.h("a", { class: "ts-link", href: "#" + one.method }, one.label)),
    TS.h("p", {}, one.reason),
    TS.h("p", { class: "ts-small ts-soft" }, TS.t("learn.advice.memory", { memory: TS.train.megabytes(one.memory_mb) })),
    at ? null : TS.h("a", { class: "ts-btn primary small", href: TS.learn.trainUrl(page, one.method) }, TS.icon("wand-sparkles"), TS.t("learn.use", { method: one.label })));
  return found.map(item);
};

TS.learn.trainUrl = (page, method) => TS.url("train", /^\d+$/.test(page.model) ? { method, model: page.model } : { method });

TS.learn.examples = (page, fill) => [TS.h("h3", {}, TS.t("learn.examples")), TS.h("ul", {}, page.costs.examples.map((example) => {
  const goal = page.goals.find((one) => one.value === example.goal).label;
  const best = example.advice[0]?.label ?? TS.t("learn.advice.nothing");
  return TS.h("li", {}, TS.h("button", { type: "button", class: "learn-example", onclick: () => fill(example) },
    TS.h("span", {}, TS.t("learn.example", { memory: TS.format.number(example.memory_gb), examples: TS.format.number(example.examples), goal })),
    TS.icon("arrow-right", 16), TS.h("b", {}, best)));
}))];
