/* Answers to rank (?rank=7, ?rank=votes): how far the drawing is, one prompt at a time, and beside it what comes of it. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { pageHead, progressBar, runAction, toast } from "../../../kit/parts.js";
import { laterStyles, poll } from "../../../kit/server.js";
import { queryId, t } from "../../../kit/texts.js";
import { dataBack } from "../badges.js";
import { conversationView } from "../../shared/conversation.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { labelledField, noteBox, reasonBox } from "../../shared/form-controls.js";
import { rankCards } from "./cards.js";
import { rankOutcome } from "./outcome.js";
import { rankDone, rankMove, rankPick, rankStart, rankTie, rankUndo, ranksOf } from "./state.js";

const RATER = "ts-rater"; // the name that this browser's person gave
const RANK_BUSY = ["queued", "starting", "running", "stopping"];

/** @param {Ctx<"data">} ctx */
export async function rankPage(root, ctx) {
  await laterStyles("data-rank");
  const self = { ctx, job: queryId("rank") || null, rater: localStorage.getItem(RATER) || "", queue: null, task: null, state: null, best: null, before: [], busy: false, drawn: "",
    meter: h("div", { class: "ts-stack tight", "aria-live": "polite" }), count: h("p", { class: "ts-small ts-soft", id: "rank-count", role: "status" }),
    card: h("section", { class: "ts-card rank-card", "aria-label": t("rank.card"), "aria-busy": "true" }), side: h("section", { class: "ts-card rank-side", "aria-labelledby": "rank-outcome-title" }), said: h("p", { class: "ts-sr", role: "status" }) };
  self.draw = () => drawTask(self);
  self.step = (next) => { if (next !== self.state) { self.state = next; self.draw(); } };
  self.outcome = () => rankOutcome(self);
  replaceChildren(root, h("div", { class: "ts-page ts-wide rank-page" }, dataBack(), pageHead(t("rank.title"), t("rank.lead")), self.meter,
    h("div", { class: "ts-spread rank-top" }, raterField(self), self.count), h("div", { class: "rank-cols" }, self.card, self.side), self.said));
  const onkey = (event) => (root.isConnected ? rankKey(self, event) : document.removeEventListener("keydown", onkey));
  document.addEventListener("keydown", onkey);
  await load(self);
  self.outcome();
  if (self.job) poll(root, 1500, () => follow(self));
}

/** @param {Parts<"data">} self */
function raterField(self) {
  const name = h("input", { class: "ts-input", id: "rank-rater", type: "text", maxlength: "60", autocomplete: "nickname", value: self.rater, placeholder: t("rank.you"), onchange: async () => {
    self.rater = name.value.trim();
    localStorage.setItem(RATER, self.rater);
    self.before = [];
    await load(self);
  } });
  return labelledField("rank-rater", t("rank.rater"), name, { help: t("rank.rater_help") });
}

/** @param {Parts<"data">} self */
async function load(self) {
  try {
    take(self, await self.ctx.call("rank_next", self.job, self.rater));
  } catch (error) {
    replaceChildren(self.card, noteBox("danger", error.message));
  }
  self.card.removeAttribute("aria-busy");
}

/** The next prompt is the first of the queue. */
function take(self, queue) {
  self.queue = queue;
  const done = queue.ranked + queue.passed;
  self.count.textContent = [t("rank.progress", { n: format.number(queue.ranked), total: format.number(queue.ready) }), queue.passed ? t("rank.passed", { n: format.number(queue.passed) }) : "",
    queue.alike ? t("rank.alike", { n: format.number(queue.alike) }) : ""].filter(Boolean).join(" · ");
  self.count.dataset.done = String(done);
  show(self, queue.tasks[0] || null);
}

function show(self, task) {
  self.task = task;
  self.state = task && rankStart(task.answers.map((one) => one.place), task.ranks);
  self.best = task?.best ?? null;
  self.draw();
}

/** How far the drawing is; a prompt that becomes ready is shown where there is none. */
async function follow(self) {
  const drawn = await self.ctx.call("rank_drawing", self.job);
  const now = JSON.stringify([drawn.status, drawn.step, drawn.error]);
  if (now === self.drawn) return RANK_BUSY.includes(drawn.status) ? undefined : false;
  self.drawn = now;
  replaceChildren(self.meter, meter(self, drawn));
  if (!self.task) await load(self);
  return undefined;
}

/** @param {Server.DrawnView} drawn */
function meter(self, drawn) {
  const busy = RANK_BUSY.includes(drawn.status || "");
  const act = (icon, key, task) => h("button", { type: "button", class: "ts-btn ghost small", id: "rank-" + key, disabled: drawn.status === "stopping", onclick: (event) => runAction(event.currentTarget, task) }, drawIcon(icon), t("make." + key));
  const words = t("rank.drawn", { n: format.number(drawn.step), total: format.number(drawn.total || drawn.prompts) });
  const left = busy && drawn.step && drawn.seconds_left ? " " + t("make.left_time", { time: format.roughly(drawn.seconds_left) }) : "";
  return [drawn.error ? noteBox("danger", reasonBox(drawn.error)) : null,
    busy || drawn.resumable ? h("div", { class: "ts-spread" }, h("span", {}, words, h("span", { class: "ts-soft" }, left)), busy ? act("circle-stop", "stop", () => self.ctx.call("rank_stop", drawn.job)) : act("play", "resume", () => self.ctx.call("rank_resume", drawn.job))) : null,
    busy ? progressBar(drawn.total && drawn.step ? drawn.step / drawn.total : null, words) : null];
}

/** @param {Parts<"data">} self */
function drawTask(self) {
  const { task, queue } = self;
  if (!task) {
    return replaceChildren(self.card, h("div", { class: "ts-empty" }, drawIcon(queue.waiting ? "clock" : "circle-check"), h("p", { id: "rank-empty" }, t(queue.waiting ? "rank.waiting" : queue.ready ? "rank.all_done" : "rank.none"))),
      self.before.length ? h("div", { class: "ts-row" }, action(self, "undo")) : null);
  }
  const focused = document.activeElement?.id;
  replaceChildren(self.card, h("div", { class: "rank-prompt" }, cutPreview(conversationView({ messages: task.prompt }))),
    rankCards(self), bestField(self),
    h("div", { class: "ts-row rank-acts" }, action(self, "save"), action(self, "undo"), action(self, "skip")),
    h("p", { class: "ts-soft ts-small rank-keys" }, t("rank.keys", { n: task.answers.length })));
  if (focused && self.card.contains(document.getElementById(focused))) document.getElementById(focused)?.focus();
  return undefined;
}

const ICONS = { save: "check", undo: "rotate-ccw", skip: "arrow-right" };

function action(self, key) {
  const off = (key === "save" && !rankDone(self.state)) || (key === "undo" && !self.state?.past.length && !self.before.length);
  return h("button", { type: "button", class: "ts-btn" + (key === "save" ? " primary" : " ghost"), id: "rank-" + key, disabled: off, onclick: () => rankDo(self, key) }, drawIcon(ICONS[key]), t("rank." + key));
}

/** The best answer, to be written better: what is typed becomes an answer above all others. */
function bestField(self) {
  if (!rankDone(self.state)) return null;
  const [top] = self.state.levels[0];
  const given = self.task.answers.find((one) => one.place === top).text;
  const area = h("textarea", { class: "ts-textarea", id: "rank-best", rows: "4", dir: "auto", oninput: () => { self.best = area.value; } });
  area.value = self.best ?? given;
  return h("details", { class: "ts-details", id: "rank-edit", open: self.best !== null }, h("summary", {}, t("rank.edit")), labelledField("rank-best", t("rank.best"), area, { help: t("rank.best_help") }));
}

/** @param {Parts<"data">} self */
function rankKey(self, event) {
  const at = /** @type {HTMLElement} */ (event.target);
  if (!self.task || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || at.closest?.("input, textarea, select, dialog, [contenteditable]")) return undefined;
  const place = Number(at.closest?.("[data-place]")?.getAttribute("data-place") ?? NaN);
  const onCard = at.hasAttribute?.("data-place");
  const digit = /^[1-9]$/.test(event.key) ? self.task.answers[Number(event.key) - 1] : null;
  const key = event.key.toLowerCase();
  const act = digit ? () => self.step(rankPick(self.state, digit.place))
    : onCard && ["ArrowUp", "ArrowDown"].includes(event.key) ? () => self.step(rankMove(self.state, place, event.key === "ArrowUp" ? -1 : 1))
    : event.key === "=" ? () => self.step(rankTie(self.state, onCard ? place : self.state.active))
    : key === "u" ? () => rankDo(self, "undo") : key === "s" ? () => rankDo(self, "skip")
    : event.key === "Enter" && !at.closest?.("button, a, summary") ? () => (rankDone(self.state) ? rankDo(self, "save") : missing(self)) : null;
  if (!act) return undefined;
  event.preventDefault();
  return act();
}

/** Enter where ranks are missing: how many, and the keys that give them. */
function missing(self) {
  toast(t("rank.missing", { n: format.number(self.state.levels.length - self.state.fixed - 1) }));
}

/** @param {Parts<"data">} self */
async function rankDo(self, key) {
  if (self.busy) return;
  if (key === "undo" && self.state?.past.length) return self.step(rankUndo(self.state));
  self.busy = true;
  try {
    if (key === "undo") await back(self);
    else await keep(self, key === "save" ? ranksOf(self.state) : []);
  } catch (error) {
    toast(error.message, "danger");
  } finally {
    self.busy = false;
  }
}

/** Keep the ranking (none: the prompt is passed over) and show the next. */
async function keep(self, ranks) {
  const { id, answers } = self.task;
  const [top] = self.state.levels[0];
  const given = answers.find((one) => one.place === top).text;
  const best = ranks.length && self.best !== null && self.best.trim() && self.best.trim() !== given.trim() ? self.best : null;
  const queue = await self.ctx.call("rank_keep", id, self.rater, ranks, best);
  self.before.push(id);
  self.said.textContent = t(ranks.length ? "rank.kept" : "rank.skipped");
  take(self, queue);
  self.outcome();
  self.card.querySelector("[data-place]")?.focus({ preventScroll: true });
}

/** The prompt that was ranked before, as it was ranked. */
async function back(self) {
  const last = self.before.at(-1);
  if (last === undefined) return;
  const task = await self.ctx.call("rank_again", last, self.rater);
  self.before.pop();
  self.said.textContent = t("rank.undone");
  show(self, task);
}
