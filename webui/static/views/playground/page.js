/* The Playground: one question, answered side by side by the base and its tuned models. What is said lies in the database;
   this view reads it again and again, so a refresh in mid-answer or a second tab shows the same words. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, runAction } from "../../kit/parts.js";
import { loadPart, poll } from "../../kit/server.js";
import { pageUrl, queryId, queryValue, t } from "../../kit/texts.js";
import { playAsk, playChips, playComposer, playStop, playTellMemory, playTellState } from "./ask.js";
import { playAlign, playHeads, playKeepAside } from "./who/heads.js";
import { playSureSwitch } from "./opened.js";
import { firstSides } from "./who/sides.js";
import { playAddress, playBusy, playFresh, playQuery } from "./talk.js";
import { playDrawTurns, playTurns } from "./turns.js";

/** @type {View<"playground">} */
export async function view(root, _value, ctx) {
  const list = queryId("list");
  if (list) return (await import("./lists/list.js")).listView(root, list, ctx);
  if (queryValue("evidence")) return (await import("./evidence.js")).evidenceView(root, queryId("evidence"), ctx);
  if (queryId("arena")) return (await import("./arena/page.js")).arenaView(root, queryId("arena"), ctx);
  let start;
  try {
    start = await ctx.call("chat_start");
  } catch (error) {
    return replaceChildren(root, h("div", { class: "ts-wide" }, pageHead(t("playground.title")), playNote("danger", error.message)));
  }
  if (!start.options.bases.length) return replaceChildren(root, playEmpty());
  const play = { ctx, start, dom: {}, id: null, view: null, turns: [], versions: [], editing: null, literal: false, asked: null, error: "", wait: false, status: start.status, suggestions: [],
    /** Ids of the tuned models that answer. */
    get tuned() { return this.sides.filter((side) => side.startsWith("tuned:")).map((side) => Number(side.slice(6))); } };
  Object.assign(play, { draw: () => playDraw(play), refresh: () => playRefresh(play), suggest: () => playSuggest(play), show: (id) => playShow(play, id) });
  playChoose(play);
  if (queryValue("arena")) return (await import("./arena/start.js")).arenaStart(root, play);
  playFrame(root, play);
  const id = queryId("conversation");
  if (id) await playOpen(play, id);
  playDraw(play);
  playSuggest(play);
  playFollow(root, play);
  const scorer = queryId("scorer") || queryId("tuned");
  if (play.start.scorers.includes(scorer)) await playScores(Object.assign(play, { scorer }), play.dom.input);
}

/**
 * The models of a fresh comparison: those of the address (?sides=base,tuned:2,checkpoint:7, ?tuned=2,3 or ?base=1), else the newest tuned model.
 * @param {Parts<"playground">} play
 */
function playChoose(play) {
  const asked = { sides: queryValue("sides"), tuned: queryValue("tuned"), base: queryValue("base") };
  Object.assign(play, firstSides(play.start.options, asked), { settings: { ...play.start.defaults } });
}

/** @param {Parts<"playground">} play */
const playScores = async (play, button) => (await runAction(button, () => loadPart(async () => (await import("./score.js")).playScore)))?.(play);

const pastDialog = async () => (await import("./panels.js")).playHistory;
const settingsDialog = async () => (await import("./panels.js")).playSettings;
const listDialog = async () => (await import("./lists/list-ask.js")).askList;

/** @param {Parts<"playground">} play */
function playFrame(root, play) {
  const part = (name, tag = "div", attributes = {}) => (play.dom[name] = h(tag, { class: "play-" + name, ...attributes }));
  const button = (icon, key, run) => h("button", { type: "button", class: "ts-btn small", id: "play-do-" + icon, onclick: run },
    drawIcon(icon), h("span", {}, t(key)));
  replaceChildren(root, h("div", { class: "ts-wide play" },
    pageHead(t("playground.title"), t("playground.lead"),
      button("plus", "playground.new", () => playNew(play)),
      button("thumbs-up", "arena.open", () => location.assign(pageUrl("playground", { arena: "new", ...playQuery(play) }))),
      button("table", "playground.list", async (event) => (await runAction(event.currentTarget, () => loadPart(listDialog)))?.(play)),
      play.start.scorers.length ? button("gauge", "playground.score", (event) => playScores(play, event.currentTarget)) : null,
      button("eye", "sure.show", (event) => playSureSwitch(play, event.currentTarget)),
      button("clock", "playground.history", async (event) => (await runAction(event.currentTarget, () => loadPart(pastDialog)))?.(play)),
      button("settings", "playground.settings", async (event) => (await runAction(event.currentTarget, () => loadPart(settingsDialog)))?.(play))),
    part("bar"), part("heads"), part("turns"), part("welcome"), part("note"),
    h("div", { class: "play-foot" }, part("chips"), part("variables"), part("composer", "form", { onsubmit: (event) => { event.preventDefault(); playAsk(play); } }),
      h("div", { class: "ts-spread play-under ts-small ts-soft" },
        h("span", { class: "play-hint" }, t("playground.keys")), part("memory", "span"))),
    part("live", "div", { class: "ts-sr", role: "status", "aria-live": "polite" })));
  playComposer(play);
  playKeepAside(play, root);
}

/** @param {Parts<"playground">} play */
async function playOpen(play, id) {
  try {
    const shown = await play.ctx.call("chat_view", id);
    if (shown.blind) return location.replace(pageUrl("playground", { arena: id }));
    Object.assign(play, { id, view: shown, base: shown.base_model_id, sides: shown.sides.map((one) => one.side), readOnly: shown.read_only, settings: { ...play.start.defaults, ...shown.settings } });
    Object.assign(play, { turns: playTurns(shown.messages), versions: shown.versions, editing: null });
  } catch (error) {
    play.error = error.message;
    playAddress(null);
  }
}

/**
 * Go over to another conversation, a branch of this one.
 * @param {Parts<"playground">} play
 */
async function playShow(play, id) {
  await playOpen(play, id);
  playAddress({ conversation: id });
  playDraw(play);
}

/** @param {Parts<"playground">} play */
function playNew(play) {
  playStop(play);
  Object.assign(play, { id: null, view: null, readOnly: null, turns: [], versions: [], editing: null, asked: null, error: "" });
  playFresh(play);
  playDraw(play);
  playSuggest(play);
  play.dom.input.focus();
}

/** @param {Parts<"playground">} play */
async function playSuggest(play) {
  const tuned = play.tuned[0] ?? null;
  play.suggestions = await play.ctx.call("chat_suggestions", tuned).catch(() => []);
  playDraw(play);
}

/**
 * Fetch what is new: often while somebody answers, seldom otherwise (another tab may write, memory may be given back).
 * @param {Parts<"playground">} play
 */
function playFollow(root, play) {
  let last = 0;
  let failed = false;
  poll(root, 200, async () => {
    const calm = !play.wait && !playBusy(play);
    if (calm && !failed && Date.now() - last < 3000) return false;
    last = Date.now();
    failed = true;
    await playRefresh(play);
    failed = false;
    return undefined;
  });
}

/** @param {Parts<"playground">} play */
async function playRefresh(play) {
  const id = play.id;
  const place = Math.max(0, play.turns.length - 1), asked = `${id} ${place}`;
  const news = await play.ctx.news("chat_feed", play.heard?.asked === asked ? play.heard.version : "", id, place), feed = news.value;
  if (play.id !== id) return;
  play.heard = { asked, version: news.version };
  if (!feed) return;
  play.status = feed.status;
  if (id && feed.messages) play.turns = [...play.turns.slice(0, -1).filter((turn) => !feed.messages.some((m) => m.turn === turn.turn)), ...playTurns(feed.messages)];
  if (play.asked !== null && play.turns.some((turn) => turn.turn >= play.askedTurn)) play.asked = null;
  playDraw(play);
}

/**
 * Who reads the newest words keeps seeing them while they grow.
 * @param {Parts<"playground">} play
 */
function playDraw(play) {
  const page = document.scrollingElement || document.documentElement;
  const follows = play.turns.length > 0 && page.scrollHeight - page.scrollTop - page.clientHeight < 120;
  playHeads(play);
  playDrawTurns(play);
  playAlign(play.dom.turns, play.dom.heads.scrollLeft);
  playTellNote(play);
  playChips(play);
  playTellMemory(play);
  playTellState(play);
  play.rescore?.();
  if (follows) page.scrollTop = page.scrollHeight;
}

/** @param {Parts<"playground">} play */
function playTellNote(play) {
  const reason = play.error || (play.readOnly?.message ?? "");
  if (play.dom.note.dataset.reason === reason) return;
  play.dom.note.dataset.reason = reason;
  replaceChildren(play.dom.note, reason ? playNote("warn", reason) : null);
}

const playNote = (kind, text) => h("div", { class: "ts-note " + kind, role: "alert" },
  drawIcon(kind === "danger" ? "circle-x" : "triangle-alert"), h("p", {}, text));

function playEmpty() {
  return h("div", { class: "ts-page" }, pageHead(t("playground.title"), t("playground.lead")),
    h("div", { class: "ts-empty" }, drawIcon("messages-square"), h("p", {}, t("playground.empty")),
      h("p", { class: "ts-soft" }, t("playground.empty_more")),
      h("div", { class: "ts-row" },
        h("a", { class: "ts-btn primary", href: pageUrl("") }, drawIcon("sparkles"), t("playground.empty_try")),
        h("a", { class: "ts-btn", href: pageUrl("train") }, drawIcon("wand-sparkles"), t("playground.train")))));
}
