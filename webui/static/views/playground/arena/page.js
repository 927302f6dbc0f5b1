/* A blind comparison (?arena=7): one question at a time, answers without names, votes by keyboard. The next question is asked while
   one reads the present one. Who gave an answer is not on this page before the vote: the server keeps it. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { pageHead, toast } from "../../../kit/parts.js";
import { laterStyles, poll } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { inTurn } from "../../shared/in-turn.js";
import { noteBox } from "../../shared/form-controls.js";
import { drawArenaTurn } from "./turn.js";
import { arenaComposer } from "./ask.js";
import { arenaKey } from "./keys.js";
import { arenaOutcome } from "./outcome.js";

const ARENA_RATER = "ts-rater"; // the name that is given where answers are ranked
const REVEAL_AFTER = 1200; // milliseconds in which a slip is taken back before the names are known

/**
 * `turn` is the one that is looked at (0: the first that waits for a vote), `before` those that were voted on in this visit.
 * @param {Ctx<"playground">} ctx
 */
export async function arenaView(root, id, ctx) {
  await laterStyles("playground-arena");
  const self = { ctx, id, rater: localStorage.getItem(ARENA_RATER) || "", view: null, turn: 0, before: [], version: "", asked: "", drawn: "", busy: false, asking: false, halted: false,
    timer: 0, state: null, task: null, dom: /** @type {Record<string, HTMLElement>} */ ({}) };
  const part = (name, tag = "div", attributes = {}) => (self.dom[name] = h(tag, { class: "arena-" + name, ...attributes }));
  Object.assign(self, { draw: () => drawArena(self), refresh: inTurn(() => refresh(self)), act: (task) => act(self, task), go: () => goOn(self), keep: (said) => keepVote(self, said), undo: () => undo(self), names: () => names(self),
    ask: (prompt) => ask(self, prompt), again: () => act(self, async () => { self.halted = false; await ctx.call("arena_again", id, self.rater); }), halt: () => act(self, async () => { self.halted = true; await ctx.call("chat_stop", id); }),
    say: (text) => { self.dom.said.textContent = text; } });
  replaceChildren(root, h("div", { class: "ts-page ts-wide arena" },
    h("a", { class: "job-back", href: pageUrl("playground") }, drawIcon("chevron-right"), t("arena.back")),
    pageHead(t("arena.title"), t("arena.lead")),
    part("meter", "div", { class: "ts-spread arena-meter" }), part("card", "section", { class: "ts-card arena-card", tabindex: "-1", "aria-label": t("arena.card"), "aria-busy": "true" }),
    part("composer"), part("evidence"), part("outcome", "section", { class: "ts-card arena-outcome", "aria-labelledby": "arena-outcome-title", hidden: true }),
    part("said", "p", { class: "ts-sr arena-said", role: "status", "aria-live": "polite" })));
  const onkey = (event) => (root.isConnected ? arenaKey(self, event) : document.removeEventListener("keydown", onkey));
  document.addEventListener("keydown", onkey);
  window.addEventListener("pagehide", () => leave(self));
  poll(root, 300, self.refresh);
}

/** Questions that are answered ahead need no answer when nobody reads on. */
function leave(self) {
  if (self.view?.busy && self.view.turn?.state !== "writing") fetch(`/api/chats/${self.id}/stop`, { method: "POST", keepalive: true }).catch(() => {});
}

async function refresh(self) {
  const asked = `${self.rater} ${self.turn}`;
  let news;
  try {
    news = await self.ctx.news("arena_feed", self.asked === asked ? self.version : "", self.id, self.rater, self.turn);
  } catch (error) {
    if (error.code !== "not_found") throw error;
    replaceChildren(self.dom.card, noteBox("danger", error.message));
    return false;
  }
  Object.assign(self, { asked, version: news.version });
  if (!news.value) return false;
  self.view = news.value;
  self.draw();
  lookAhead(self);
  return true;
}

/** Have the next question answered while one reads; what broke off because the page was left is answered anew. */
async function lookAhead(self) {
  const { turn, left, busy, ahead, apart, read_only: readOnly } = self.view;
  if (self.asking || busy || readOnly || self.halted) return;
  const broken = turn?.state === "stopped" && !turn.vote;
  const more = left > 0 && apart && ahead === 0 && (!turn || turn.vote || turn.state === "ready" || turn.state === "alike");
  if (!broken && !more) return;
  self.asking = true;
  try {
    if (broken) await self.ctx.call("arena_again", self.id, self.rater);
    else await self.ctx.call("arena_ask", self.id, self.rater, null);
  } catch {
    self.halted = true; // the call has said why; Enter tries again
  }
  self.asking = false;
  await self.refresh();
}

function drawArena(self) {
  const { dom, view } = self;
  dom.card.removeAttribute("aria-busy");
  const count = [t("arena.votes", { n: format.number(view.votes) }), view.passed ? t("arena.passed", { n: format.number(view.passed) }) : "", view.alike ? t("arena.alike", { n: format.number(view.alike) }) : "",
    view.total ? t("arena.left", { n: format.number(view.unvoted), total: format.number(view.total) }) : ""].filter(Boolean).join(" · ");
  const meter = JSON.stringify([count, view.reveal, view.among]);
  if (dom.meter.dataset.drawn !== meter) {
    dom.meter.dataset.drawn = meter;
    const reveal = h("input", { type: "checkbox", id: "arena-reveal", checked: view.reveal, onchange: () => self.act(() => self.ctx.call("arena_reveal", self.id, reveal.checked)) });
    replaceChildren(dom.meter, h("div", {}, h("p", { class: "ts-num", id: "arena-count" }, count), h("p", { class: "ts-small ts-soft", dir: "auto" }, t("arena.among", { names: view.among.join(" · ") }))),
      h("label", { class: "ts-check" }, reveal, h("span", {}, t("arena.reveal"))));
  }
  const drawn = JSON.stringify([view.turn, view.ahead > 0, view.left > 0, view.busy && !view.turn, view.read_only]);
  if (drawn !== self.drawn) {
    self.drawn = drawn;
    drawArenaTurn(self);
  }
  arenaComposer(self);
  arenaOutcome(self);
}

/** Do one thing at a time, then see what became of it. */
async function act(self, task) {
  if (self.busy) return;
  self.busy = true;
  try {
    await task();
    await self.refresh();
  } catch (error) {
    toast(error.message, "danger");
  } finally {
    self.busy = false;
  }
}

/** Keep a vote, and after a moment tell who was who. */
async function keepVote(self, said) {
  const { turn, answers } = self.view.turn;
  const first = !self.view.turn.vote;
  await act(self, async () => {
    await self.ctx.call("arena_vote", self.id, turn, self.rater, said);
    self.turn = turn;
    if (first) self.before.push(turn);
  });
  const best = said.ranks.indexOf(1);
  self.say(!said.ranks.length ? t("arena.said.passed") : said.bad ? t("arena.said.bad") : new Set(said.ranks).size === 1 ? t("arena.said.tie") : t("arena.said.best", { letter: answers.length > 2 ? best + 1 : answers[best].letter }));
  if (!said.ranks.length) return self.go();
  document.getElementById("arena-next")?.focus({ preventScroll: true });
  clearTimeout(self.timer);
  if (self.view.reveal) self.timer = setTimeout(self.names, REVEAL_AFTER);
  return undefined;
}

async function names(self) {
  clearTimeout(self.timer);
  const { turn } = self.view;
  if (!turn?.vote?.ranks.length || turn.names.length) return;
  await act(self, () => self.ctx.call("arena_names", self.id, turn.turn, self.rater));
  self.say(self.view.turn.names.map((one, at) => t("arena.was", { letter: turn.answers.length > 2 ? at + 1 : one.letter, name: one.label })).join(" "));
}

/** The next question that waits for a vote. */
async function goOn(self) {
  clearTimeout(self.timer);
  self.halted = false;
  await act(self, async () => { self.turn = 0; });
  self.dom.card.focus({ preventScroll: true });
  self.dom.card.scrollIntoView({ block: "nearest" });
}

/** The vote on this turn, else the last one, as if it had not been given. */
async function undo(self) {
  clearTimeout(self.timer);
  const turn = self.view.turn?.vote ? self.view.turn.turn : self.before.at(-1);
  if (turn === undefined) return;
  await act(self, async () => {
    await self.ctx.call("arena_undo", self.id, turn, self.rater);
    self.before = self.before.filter((one) => one !== turn);
    self.turn = turn;
  });
  self.say(t("arena.said.undone"));
  self.dom.card.focus({ preventScroll: true });
}

/** A question of one's own. */
async function ask(self, prompt) {
  self.halted = false;
  await act(self, async () => { self.turn = await self.ctx.call("arena_ask", self.id, self.rater, prompt); });
}
