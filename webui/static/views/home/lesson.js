/* The offer on the start page and the panel behind it: what is taught, how, how long, and the button that starts it. */
"use strict";

TS.homeOffer = function (slot, ctx, small) {
  const button = TS.h("button", { type: "button", class: "ts-btn primary big", id: "home-try" }, TS.icon("sparkles"), TS.t("home.offer.button"));
  button.addEventListener("click", () => TS.act(button, async () => TS.homeLesson(slot, ctx, await ctx.call("open_lesson"))));
  const words = TS.h("div", { class: "ts-stack home-offer-words" }, TS.h("h2", {}, TS.t("home.offer.title")),
    TS.h("p", { class: "ts-soft" }, TS.t("home.offer.text")), TS.h("div", { class: "ts-row" }, button));
  TS.replace(slot, TS.h("div", { class: "ts-card home-offer" + (small ? " small" : "") }, words, small ? null : TS.homeBeforeAfter()));
};

/** One question, answered before and after: what tuning does, in one look. */
TS.homeBeforeAfter = () => TS.h("div", { class: "home-demo", role: "group", "aria-label": TS.t("home.demo") },
  TS.h("p", { class: "ts-bubble user" }, TS.t("home.demo.question")),
  TS.h("div", { class: "home-answer" }, TS.h("span", { class: "ts-badge base" }, TS.t("home.demo.before")),
    TS.h("p", { class: "ts-bubble assistant base" }, TS.t("home.demo.base"))),
  TS.h("div", { class: "home-answer" }, TS.h("span", { class: "ts-badge tuned" }, TS.t("home.demo.after")),
    TS.h("p", { class: "ts-bubble assistant tuned" }, TS.t("home.demo.tuned"))));

TS.homeLesson = function (slot, ctx, lesson) {
  const state = { lesson, key: TS.key(), wanted: false };
  const how = TS.h("div", { class: "ts-stack home-how" });
  const rows = lesson.rows.map(({ question, answer }) => [
    TS.h("p", { class: "ts-bubble user" }, question), TS.h("p", { class: "ts-bubble assistant tuned" }, answer)]);
  TS.replace(slot, TS.h("div", { class: "ts-card home-lesson" },
    TS.h("div", { class: "ts-stack" }, TS.h("h2", { id: "home-lesson-title", tabindex: "-1" }, TS.t("home.lesson.what")),
      TS.h("p", { class: "ts-soft" }, TS.t("home.lesson.rows", { n: lesson.dataset.train_rows + lesson.dataset.val_rows, name: lesson.dataset.name })),
      TS.h("div", { class: "ts-bubbles home-rows" }, rows),
      TS.h("a", { class: "ts-link ts-small", href: TS.url("data", { dataset: lesson.dataset.id }) }, TS.t("home.lesson.all_rows"))), how));
  TS.homeHow(how, ctx, state);
  document.getElementById("home-lesson-title").focus({ preventScroll: true });
  slot.scrollIntoView({ block: "nearest" });
  if (lesson.model.status !== "ready") TS.homeWait(how, ctx, state);
};

TS.homeHow = function (how, ctx, state) {
  const { lesson } = state;
  const plan = lesson.plan;
  const row = (key, value) => [TS.h("dt", {}, TS.t(key)), TS.h("dd", {}, value)];
  const time = plan ? TS.t("home.lesson.about", { time: TS.homeRoughly(plan.seconds) }) : TS.t("home.lesson.later");
  const button = TS.h("button", { type: "button", class: "ts-btn primary big", id: "home-start" }, TS.icon("play"), TS.t("home.lesson.start"));
  button.addEventListener("click", () => TS.homeStart(button, how, ctx, state));
  TS.replace(how, TS.h("h2", {}, TS.t("home.lesson.how")),
    TS.h("dl", { class: "ts-kv" }, row("home.lesson.model", lesson.model.name),
      row("home.lesson.method", TS.t("home.lesson.lora", { rank: lesson.rank, epochs: lesson.epochs })),
      row("home.lesson.held_out", TS.t("home.lesson.held_out_rows", { n: lesson.dataset.val_rows })), row("home.lesson.time", time)),
    TS.homeModel(lesson.model),
    state.wanted ? TS.h("p", { class: "ts-note info", role: "status" }, TS.icon("clock"), TS.h("span", {}, TS.t("home.lesson.will_start"))) : TS.h("div", { class: "ts-row" }, button,
      TS.h("a", { class: "ts-btn ghost", href: TS.url("train") }, TS.t("home.lesson.change"))));
};

/** Only while the starter model is on its way, or when it could not come. */
TS.homeModel = function (model) {
  if (model.status === "ready") return null;
  if (model.status === "failed") return TS.h("p", { class: "ts-note danger" }, TS.icon("circle-x"), TS.h("span", {}, TS.t("error." + model.error.code, model.error.params)));
  const done = model.progress && model.progress.fraction;
  return TS.h("div", { class: "ts-stack tight" },
    TS.h("span", { class: "ts-small" }, TS.t("home.lesson.preparing") + (done ? " " + TS.format.percent(done) : "")),
    TS.progress(done, TS.t("home.lesson.preparing")));
};

TS.homeStart = async function (button, how, ctx, state) {
  if (state.lesson.model.status !== "ready") {
    state.wanted = true;
    if (state.lesson.model.status === "failed") TS.homeWait(how, ctx, state);
    return TS.homeHow(how, ctx, state);
  }
  return TS.act(button, async () => {
    const job = await ctx.call("start_lesson", state.key);
    location.assign(TS.url("jobs", { job }));
    await new Promise(() => {}); // the button stays busy until the next page is there
  });
};

/** Until the model is ready; then starts, when that was asked for. */
TS.homeWait = function (how, ctx, state) {
  const stop = TS.poll(how, 1000, async () => {
    const before = JSON.stringify(state.lesson);
    state.lesson = await ctx.call("open_lesson");
    const { status } = state.lesson.model;
    if (status === "ready" && state.wanted) {
      stop();
      location.assign(TS.url("jobs", { job: await ctx.call("start_lesson", state.key) }));
    } else if (JSON.stringify(state.lesson) !== before) {
      if (status === "failed") state.wanted = false;
      TS.homeHow(how, ctx, state);
    }
    if (status !== "preparing") stop();
  });
};

TS.homeRoughly = (seconds) => TS.format.duration(seconds < 90 ? Math.max(10, Math.round(seconds / 10) * 10) : Math.round(seconds / 30) * 30);
