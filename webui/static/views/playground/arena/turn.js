/* One question of a blind comparison: its answers, the vote, and who was who after it. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { rankCards } from "../../data/rank/cards.js";
import { rankDone, rankStart, ranksOf } from "../../data/rank/state.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { noteBox } from "../../shared/form-controls.js";
import { partedThought, renderMarkdown, thoughtFold } from "../../shared/markdown.js";
import { betterAnswer } from "./better.js";

const KINDS = { base: "base", fewshot: "fewshot" };

export function drawArenaTurn(self) {
  const { turn, left, busy, read_only: readOnly } = self.view;
  if (!turn) {
    return replaceChildren(self.dom.card, readOnly ? noteBox("warn", readOnly.message)
      : h("div", { class: "ts-empty" }, drawIcon(busy || left ? "clock" : "circle-check"), h("p", { id: "arena-empty" }, t(busy || left ? "arena.first" : self.view.total ? "arena.all_done" : "arena.ask_first"))));
  }
  const many = turn.answers.length > 2, open = turn.state === "ready" && !turn.vote;
  if (open && many && self.task?.id !== turn.turn) rankState(self, turn);
  replaceChildren(self.dom.card, h("div", { class: "play-asked" }, h("div", { class: "ts-bubble user", dir: "auto" }, turn.prompt)),
    turn.answers.length ? (open && many ? ranking(self) : answers(self, turn)) : waiting(self, turn),
    open ? (many ? null : pad(self)) : null, turn.state === "alike" ? h("p", { class: "ts-soft arena-center" }, t("arena.nothing_to_vote")) : null,
    turn.vote ? after(self, turn) : ["alike", "failed", "stopped"].includes(turn.state) ? h("div", { class: "ts-row arena-pad" }, nextButton(self)) : null);
  return undefined;
}

/** No word is shown before all are whole: who is quick would be known by it. */
function waiting(self, turn) {
  if (turn.state === "writing") {
    return h("div", { class: "ts-row arena-center" }, h("p", { class: "ts-soft arena-wait" }, h("span", { class: "ts-dot live" }), " ", t("arena.writing")),
      h("button", { type: "button", class: "ts-btn small ghost", id: "arena-stop", onclick: () => self.halt() }, drawIcon("square"), h("span", {}, t("playground.stop"))));
  }
  return h("div", { class: "ts-stack arena-center" }, noteBox("warn", turn.error?.message ?? t(turn.state === "failed" ? "arena.failed" : "arena.stopped")),
    h("button", { type: "button", class: "ts-btn", id: "arena-again", onclick: () => self.again() }, drawIcon("refresh-cw"), h("span", {}, t("arena.again"))));
}

/** The answers side by side, by letters; after the vote with what was said of them, and with their names. */
function answers(self, turn) {
  const many = turn.answers.length > 2;
  return h("div", { class: "arena-answers" }, turn.answers.map((one, at) => {
    const name = turn.names[at], letter = many ? String(at + 1) : one.letter, best = turn.vote && !turn.vote.bad && turn.vote.ranks.length && turn.vote.ranks[at] === 1;
    const found = partedThought(one.text);
    return h("article", { class: "arena-answer " + (name ? KINDS[name.kind] || "tuned" : "") + (best ? " best" : ""), "data-letter": letter, "aria-label": t("arena.answer", { letter }) },
      h("header", { class: "ts-row" }, h("span", { class: "rank-number ts-num", "aria-hidden": "true" }, letter),
        name ? h("span", { class: "ts-badge " + (KINDS[name.kind] || "tuned"), dir: "auto" }, name.label) : null,
        best ? h("span", { class: "ts-badge good" }, drawIcon("thumbs-up"), t(new Set(turn.vote.ranks).size === 1 ? "arena.as_good" : "arena.better")) : null,
        many && turn.vote?.ranks.length && !turn.vote.bad && !best ? h("span", { class: "ts-badge neutral" }, t("rank.rank", { n: turn.vote.ranks[at] })) : null,
        turn.vote?.bad ? h("span", { class: "ts-badge warn" }, t("arena.bad_one")) : null,
        one.whole ? null : h("span", { class: "ts-badge warn" }, t("playground.cut"))),
      h("div", { class: "md" }, one.text.trim() ? [thoughtFold(found?.thought), renderMarkdown(found ? found.words : one.text)] : h("p", { class: "ts-soft" }, t("playground.nothing"))));
  }));
}

/** The four votes on two answers, with their keys. */
function pad(self) {
  const button = (id, words, key, ranks, bad = false, look = "") => h("button", { type: "button", class: "ts-btn " + look, id: "arena-" + id, "aria-keyshortcuts": key, onclick: () => self.keep({ ranks, bad, best: null }) }, h("span", {}, words), h("kbd", { "aria-hidden": "true" }, key));
  return h("div", { class: "arena-pad", role: "group", "aria-label": t("arena.which") }, h("p", { class: "ts-soft arena-which" }, t("arena.which")),
    button("left", t("arena.is_better", { letter: "A" }), "1", [1, 2], false, "primary"), button("tie", t("arena.tie"), "T", [1, 1]), button("bad", t("arena.bad"), "B", [1, 1], true), button("right", t("arena.is_better", { letter: "B" }), "2", [2, 1], false, "primary"),
    skipButton(self), h("p", { class: "ts-small ts-soft arena-keys" }, t("arena.keys")));
}

const skipButton = (self) => h("button", { type: "button", class: "ts-btn ghost small", id: "arena-skip", onclick: () => self.keep({ ranks: [], bad: false, best: null }) }, h("span", {}, t("arena.skip")), h("kbd", { "aria-hidden": "true" }, "S"));

function rankState(self, turn) {
  self.task = { id: turn.turn, answers: turn.answers.map((one, place) => ({ place, text: one.text, whole: one.whole })) };
  self.state = rankStart(self.task.answers.map((one) => one.place));
  self.step = (next) => { if (next !== self.state) { self.state = next; drawArenaTurn(self); } };
}

/** More than two answers are ranked, as on the Data page. */
function ranking(self) {
  const done = rankDone(self.state), list = self.task.answers;
  return h("div", { class: "ts-stack" }, rankCards(self), h("div", { class: "ts-row arena-pad" },
    h("button", { type: "button", class: "ts-btn primary", id: "arena-save", disabled: !done, onclick: () => self.keep({ ranks: ranksOf(self.state), bad: false, best: null }) }, drawIcon("check"), h("span", {}, t("arena.save"))),
    h("button", { type: "button", class: "ts-btn", id: "arena-bad", onclick: () => self.keep({ ranks: list.map(() => 1), bad: true, best: null }) }, h("span", {}, t("arena.all_bad")), h("kbd", { "aria-hidden": "true" }, "B")), skipButton(self)),
    h("p", { class: "ts-small ts-soft arena-keys" }, t("arena.rank_keys", { n: list.length })));
}

/** After the vote: what it was, who was who, a better answer, on to the next. */
function after(self, turn) {
  const { vote } = turn, told = vote.ranks.length && vote.bad ? "bad" : new Set(vote.ranks).size === 1 ? "tie" : "";
  const mark = (one, at) => (turn.answers.length > 2 ? String(at + 1) : one.letter);
  return h("div", { class: "ts-stack arena-after" },
    h("p", { class: "arena-center" }, !vote.ranks.length ? t("arena.said.passed") : told ? t("arena.said." + told) : t("arena.said.best", { letter: mark(turn.answers[vote.ranks.indexOf(1)], vote.ranks.indexOf(1)) }),
      vote.blind ? null : h("span", { class: "ts-soft ts-small" }, " ", t("arena.open_vote"))),
    turn.names.length ? h("p", { class: "ts-small arena-center", id: "arena-who", dir: "auto" }, turn.names.map((one, at) => t("arena.was", { letter: mark(one, at), name: one.label })).join(" ")) : null,
    h("div", { class: "ts-row arena-pad" }, nextButton(self),
      h("button", { type: "button", class: "ts-btn ghost", id: "arena-change", onclick: () => self.undo() }, drawIcon("rotate-ccw"), h("span", {}, t("arena.change"))),
      turn.names.length ? null : h("button", { type: "button", class: "ts-btn ghost", id: "arena-names", onclick: () => self.names() }, h("span", {}, t("arena.who")), h("kbd", { "aria-hidden": "true" }, "N")),
      h("button", { type: "button", class: "ts-btn ghost", id: "arena-edit", onclick: (event) => runAction(event.currentTarget, () => betterAnswer(self)) }, drawIcon("pencil"), h("span", {}, t(vote.best ? "arena.best_again" : "arena.best")), h("kbd", { "aria-hidden": "true" }, "E"))),
    vote.best ? h("div", { class: "arena-best" }, h("p", { class: "ts-label" }, t("arena.best_yours")), cutPreview(h("div", { class: "rank-text", dir: "auto" }, vote.best))) : null,
    h("p", { class: "ts-small ts-soft arena-keys" }, t("arena.after_keys")));
}

const nextButton = (self) => h("button", { type: "button", class: "ts-btn primary", id: "arena-next", onclick: () => self.go() }, h("span", {}, t("arena.next")), drawIcon("arrow-right"));
