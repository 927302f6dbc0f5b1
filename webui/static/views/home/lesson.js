/* The offer on the start page and the panel behind it: what is taught, how, how long, and the button that starts it. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction } from "../../kit/parts.js";
import { poll, randomKey } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";

/** @param {Ctx<"home">} ctx */
export function homeOffer(slot, ctx, small) {
  const button = h("button", { type: "button", class: "ts-btn primary big", id: "home-try" }, drawIcon("sparkles"), t("home.offer.button"));
  button.addEventListener("click", () => runAction(button, async () => homeLesson(slot, ctx, await ctx.call("open_lesson"))));
  const words = h("div", { class: "ts-stack home-offer-words" }, h("h2", {}, t("home.offer.title")),
    h("p", { class: "ts-soft" }, t("home.offer.text")), h("div", { class: "ts-row" }, button));
  replaceChildren(slot, h("div", { class: "ts-card home-offer" + (small ? " small" : "") }, words, small ? null : homeBeforeAfter()));
}

/** One question, answered before and after: what tuning does, in one look. */
const homeBeforeAfter = () => h("div", { class: "home-demo", role: "group", "aria-label": t("home.demo") },
  h("p", { class: "ts-bubble user" }, t("home.demo.question")),
  h("div", { class: "home-answer" }, h("span", { class: "ts-badge base" }, t("home.demo.before")),
    h("p", { class: "ts-bubble assistant base" }, t("home.demo.base"))),
  h("div", { class: "home-answer" }, h("span", { class: "ts-badge tuned" }, t("home.demo.after")),
    h("p", { class: "ts-bubble assistant tuned" }, t("home.demo.tuned"))));

/**
 * @param {Ctx<"home">} ctx
 * @param {Server.LessonView} lesson
 */
function homeLesson(slot, ctx, lesson) {
  const state = { lesson, key: randomKey(), wanted: false };
  const how = h("div", { class: "ts-stack home-how" });
  const rows = lesson.rows.map(({ question, answer }) => [
    h("p", { class: "ts-bubble user" }, question), h("p", { class: "ts-bubble assistant tuned" }, answer)]);
  replaceChildren(slot, h("div", { class: "ts-card home-lesson" },
    h("div", { class: "ts-stack" }, h("h2", { id: "home-lesson-title", tabindex: "-1" }, t("home.lesson.what")),
      h("p", { class: "ts-soft" }, t("home.lesson.rows", { n: lesson.dataset.train_rows + lesson.dataset.val_rows, name: lesson.dataset.name })),
      h("div", { class: "ts-bubbles home-rows" }, rows),
      h("a", { class: "ts-link ts-small", href: pageUrl("data", { dataset: lesson.dataset.id }) }, t("home.lesson.all_rows"))), how));
  homeHow(how, ctx, state);
  document.getElementById("home-lesson-title")?.focus({ preventScroll: true });
  slot.scrollIntoView({ block: "nearest" });
  if (lesson.model.status !== "ready") homeWait(how, ctx, state);
}

/** @param {Ctx<"home">} ctx */
function homeHow(how, ctx, state) {
  const { lesson } = state;
  const plan = lesson.plan;
  const row = (key, value) => [h("dt", {}, t(key)), h("dd", {}, value)];
  const time = plan ? t("home.lesson.about", { time: homeRoughly(plan.seconds) }) : t("home.lesson.later");
  const button = h("button", { type: "button", class: "ts-btn primary big", id: "home-start" }, drawIcon("play"), t("home.lesson.start"));
  button.addEventListener("click", () => homeStart(button, how, ctx, state));
  replaceChildren(how, h("h2", {}, t("home.lesson.how")),
    h("dl", { class: "ts-kv" }, row("home.lesson.model", lesson.model.name),
      row("home.lesson.method", t("home.lesson.lora", { rank: lesson.rank, epochs: lesson.epochs })),
      row("home.lesson.held_out", t("home.lesson.held_out_rows", { n: lesson.dataset.val_rows })), row("home.lesson.time", time)),
    homeModel(lesson.model),
    state.wanted ? h("p", { class: "ts-note info", role: "status" }, drawIcon("clock"), h("span", {}, t("home.lesson.will_start"))) : h("div", { class: "ts-row" }, button,
      h("a", { class: "ts-btn ghost", href: pageUrl("train") }, t("home.lesson.change"))));
}

/** Only while the starter model is on its way, or when it could not come. */
function homeModel(model) {
  if (model.status === "ready") return null;
  if (model.status === "failed") return h("p", { class: "ts-note danger" }, drawIcon("circle-x"), h("span", {}, model.error.message));
  const done = model.progress && model.progress.fraction;
  return h("div", { class: "ts-stack tight" },
    h("span", { class: "ts-small" }, t("home.lesson.preparing") + (done ? " " + format.percent(done) : "")),
    progressBar(done, t("home.lesson.preparing")));
}

/** @param {Ctx<"home">} ctx */
async function homeStart(button, how, ctx, state) {
  if (state.lesson.model.status !== "ready") {
    state.wanted = true;
    if (state.lesson.model.status === "failed") homeWait(how, ctx, state);
    return homeHow(how, ctx, state);
  }
  return runAction(button, async () => {
    const job = await ctx.call("start_lesson", state.key);
    location.assign(pageUrl("jobs", { job }));
    await new Promise(() => {}); // the button stays busy until the next page is there
  });
}

/**
 * Until the model is ready; then starts, when that was asked for.
 * @param {Ctx<"home">} ctx
 */
function homeWait(how, ctx, state) {
  const stop = poll(how, 1000, async () => {
    const before = JSON.stringify(state.lesson);
    state.lesson = await ctx.call("open_lesson");
    const { status } = state.lesson.model;
    if (status === "ready" && state.wanted) {
      stop();
      location.assign(pageUrl("jobs", { job: await ctx.call("start_lesson", state.key) }));
    } else if (JSON.stringify(state.lesson) !== before) {
      if (status === "failed") state.wanted = false;
      homeHow(how, ctx, state);
    }
    if (status !== "preparing") stop();
  });
}

const homeRoughly = (seconds) => format.duration(seconds < 90 ? Math.max(10, Math.round(seconds / 10) * 10) : Math.round(seconds / 30) * 30);
