/* The Playground's turns, with their answers side by side. */
import { drawKeyed, h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { copyText } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { playRegenerate } from "./ask.js";
import { playDifferButton, playExactButton, playSureBody } from "./opened.js";
import { playBusy, playFormer, playSides } from "./talk.js";
import { partedThought, renderMarkdown, thoughtFold } from "../shared/markdown.js";

/** Messages as turns: [{turn, prompt, answers: [message]}]. */
export function playTurns(messages) {
  const turns = new Map();
  for (const message of messages) {
    const turn = turns.get(message.turn) || { turn: message.turn, prompt: "", answers: [] };
    if (message.role === "user") Object.assign(turn, { prompt: message.content, template: message.stats?.template, values: message.stats?.values });
    else if (message.role === "assistant") turn.answers.push(message);
    turns.set(message.turn, turn);
  }
  return [...turns.values()].sort((a, b) => a.turn - b.turn);
}

/** @param {Parts<"playground">} play */
export function playDrawTurns(play) {
  const sides = playSides(play);
  const last = play.turns.at(-1)?.turn;
  const items = play.turns.map((turn, i) => ({ ...turn, scores: play.scores ? turn.answers.map((one) => play.scores[turn.turn + one.side] || null) : null, number: i + 1, sides, sure: Boolean(play.sure), last: turn.turn === last, idle: turn.turn === last && !play.wait && !playBusy(play), ...turnState(play, turn) }));
  if (play.asked !== null) items.push({ turn: "asked", number: items.length + 1, prompt: play.asked, sides, answers: [], waiting: playWaiting(play) });
  play.dom.welcome.hidden = items.length > 0;
  play.dom.turns.style.setProperty("--sides", Math.max(2, sides.length));
  drawKeyed(play.dom.turns, items, (item) => item.turn, (item) => playTurn(item, play));
}

/**
 * Why there is no word yet: others are before us, the model is on its way into memory, or it reads the question.
 * @param {Parts<"playground">} play
 */
function playWaiting(play, stats = {}) {
  if (stats.phase === "waiting" && stats.place) return t("playground.waiting", { n: stats.place });
  return t(stats.phase === "streaming" || (!stats.phase && play.status?.loaded) ? "playground.thinking" : "playground.loading");
}

/** What is drawn of a turn besides its words: its versions, what is being written in its place. */
function turnState(play, turn) {
  const editing = play.editing?.turn === turn.turn ? play.editing.side : null;
  return { versions: play.versions.find((one) => one.turn === turn.turn) ?? null, editing, said: turn.answers.length > 0 && !turn.answers.some((answer) => answer.status === "streaming") };
}

/** @type {{ editForm: any, sideTools: any, turnTools: any } | null} */
let branching = null; // what is done from a turn on, once it is here

async function loadBranching() {
  const { editForm, sideTools, turnTools } = await import("./branch.js");
  branching = { editForm, sideTools, turnTools };
}

/** A place that such a part draws. */
function branchSlot(part, ...given) {
  const slot = h("div", { class: "play-branch-slot" });
  const fill = () => replaceChildren(slot, branching?.[part](...given));
  if (branching) fill();
  else loadBranching().then(fill).catch((error) => console.warn(error));
  return slot;
}

/**
 * The question, or the form in its place; beside it what can be done from it on.
 * @param {Parts<"playground">} play
 */
const playQuestion = (item, play) => (item.editing === "" ? branchSlot("editForm", play, item)
  : h("div", { class: "play-asked" }, h("div", { class: "ts-bubble user" }, item.prompt), play.id && item.said ? branchSlot("turnTools", play, item) : null));

/** @param {Parts<"playground">} play */
function playTurn(item, play) {
  const shown = [...item.sides, ...playOthers(item, play)];
  return h("section", { class: "play-turn", "aria-label": t("playground.turn", { n: item.number }) },
    playQuestion(item, play),
    playAllFailed(item) ? null : h("div", { class: "play-answers" }, shown.map((side) => playAnswer(side, item.answers.find((a) => a.side === side.side), item, play))),
    playRefusal(item),
    voteSlot(play, item),
    playDifferButton(play, item),
    item.last && item.idle && item.answers.length ? h("div", { class: "ts-row play-again" },
      h("button", { type: "button", class: "ts-btn small ghost", id: "play-regenerate", onclick: () => playRegenerate(play) },
        drawIcon("refresh-cw"), h("span", {}, t("playground.regenerate")))) : null);
}

/**
 * Where two sides have answered, which one is better: the buttons come when they are shown.
 * @param {Parts<"playground">} play
 */
function voteSlot(play, item) {
  const told = item.answers.filter((answer) => ["complete", "stopped"].includes(answer.status) && answer.content.trim() && !answer.stats?.edited);
  if (!play.id || new Set(told.map((answer) => answer.content.trim())).size < 2) return null;
  const slot = h("div", { class: "play-vote" });
  fillVote(play, item, told, slot).catch((error) => console.warn(error));
  return slot;
}

async function fillVote(play, item, told, slot) {
  const { voteButtons } = await import("./arena/vote.js");
  await voteButtons(play, item, told, slot);
}

const playError = (answer) => {
  const error = answer.stats?.error;
  return error?.message ?? t("playground.failed");
};
const playAllFailed = (item) => item.answers.length > 0 && item.answers.every((answer) => answer.status === "failed" && !answer.content);

/** When nobody could answer, the reason is said once (memory, a model that is gone). */
function playRefusal(item) {
  if (!playAllFailed(item)) return null;
  const reasons = [...new Set(item.answers.map(playError))];
  return h("div", { class: "ts-note warn", role: "alert" }, drawIcon("triangle-alert"), h("div", {}, reasons.map((reason) => h("p", {}, reason))));
}

/**
 * Sides that answered this turn but are not chosen any more stay where they were said.
 * @param {Parts<"playground">} play
 */
const playOthers = (item, play) => item.answers.filter((answer) => !item.sides.some((side) => side.side === answer.side)).map((answer) => playFormer(play, answer.side));

/** @param {Parts<"playground">} play */
function playAnswer(side, answer, item, play) {
  const waits = item.waiting || (answer?.status === "streaming" && !answer.content ? playWaiting(play, answer.stats) : "");
  const found = answer?.content ? partedThought(answer.content) : null;
  const body = item.editing && item.editing === side.side ? branchSlot("editForm", play, item) : answer?.content ? [thoughtFold(found?.thought), renderMarkdown(found ? found.words : answer.content)] : null;
  return h("article", { class: "play-answer " + side.kind + (answer || item.waiting ? "" : " absent"), "data-side": side.side },
    h("header", {}, h("span", { class: "ts-badge " + side.kind.split(" ")[0] }, side.badge), h("span", { class: "ts-small ts-soft play-name" }, side.name)),
    waits ? h("p", { class: "ts-soft play-wait" }, h("span", { class: "ts-dot live " + side.kind.split(" ")[0] }), " ", waits) : null,
    body ? h("div", { class: "md" }, item.editing === side.side ? body : playSureBody(play, item, answer, body)) : null,
    answer && !answer.content && ["complete", "stopped"].includes(answer.status) ? h("p", { class: "ts-soft" }, t("playground.nothing")) : null,
    !answer && !item.waiting ? h("p", { class: "ts-soft ts-small" }, t("playground.not_asked")) : null,
    play.id && (answer ? answer.status === "streaming" : item.idle) ? branchSlot("sideTools", play, item, side, answer) : null,
    answer ? playFooter(answer, item, play) : null);
}

const playSideOf = (item, answer) => item.sides.find((side) => side.side === answer.side);

/** Which weights answered, and what such a hash says. */
const playHash = (hash) => h("details", { class: "play-hash" }, h("summary", { class: "ts-num" }, t("playground.weights", { hash: hash.slice(0, 8) }), drawIcon("info")),
  h("p", {}, t("playground.weights_help")), h("p", { class: "ts-mono" }, hash));

/** @param {Parts<"playground">} play */
function playFooter(answer, item, play) {
  const stats = answer.stats || {};
  if (answer.status === "failed") {
    return [h("p", { class: "ts-error", role: "alert" }, playError(answer)), play.id && item.said ? branchSlot("sideTools", play, item, playSideOf(item, answer), answer) : null];
  }
  if (answer.status === "streaming") return null;
  const scored = item.scores?.[item.answers.indexOf(answer)];
  const facts = [
    stats.tokens_per_second ? t("playground.speed", { n: format.number(stats.tokens_per_second, 1) }) : null,
    Number.isFinite(stats.first_token_s) ? t("playground.first", { n: format.number(stats.first_token_s, 2) }) : null,
    stats.reason === "length" ? t("playground.cut") : null,
    Number.isFinite(scored?.score) ? t("playground.score.is", { n: format.score(scored.score) }) : scored?.error?.message,
  ].filter(Boolean);
  const copy = t("playground.copy");
  return h("footer", { class: "ts-small ts-soft" },
    answer.status === "stopped" ? h("span", { class: "ts-badge neutral" }, drawIcon("square"), t("playground.stopped")) : null,
    h("span", { class: "ts-num" }, facts.join(" · ")),
    stats.edited ? h("span", { class: "ts-badge neutral" }, drawIcon("pencil"), t("playground.edited")) : null,
    answer.weights_hash ? playHash(answer.weights_hash) : null,
    h("div", { class: "ts-row play-answer-act" },
      h("button", { type: "button", class: "ts-icon-btn", "aria-label": copy, title: copy, onclick: () => copyText(answer.content) }, drawIcon("copy")),
      playExactButton(play, item, answer),
      play.id && item.said ? branchSlot("sideTools", play, item, playSideOf(item, answer), answer) : null));
}
