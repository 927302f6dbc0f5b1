/* The keys of a blind vote. They work wherever the focus is, but where somebody types. */
import { rankDone, rankMove, rankPick, rankTie, rankUndo, ranksOf } from "../../data/rank/state.js";

const LEFT = new Set(["1", "ArrowLeft"]), RIGHT = new Set(["2", "ArrowRight"]), TIE = new Set(["0", "t"]), BAD = new Set(["b", "x"]);

export function arenaKey(self, event) {
  const at = /** @type {HTMLElement} */ (event.target), turn = self.view?.turn;
  if (event.isComposing || !self.view || document.querySelector("dialog[open]")) return undefined;
  const typing = at.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (typing) return undefined;
  const back = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
  if (!back && (event.ctrlKey || event.metaKey || event.altKey)) return undefined;
  const act = back ? () => self.undo() : turn?.state === "ready" && !turn.vote ? voteKey(self, turn, event, at) : elseKey(self, turn, event, at);
  if (!act) return undefined;
  event.preventDefault();
  return act();
}

/** What a key means where a vote is due. */
function voteKey(self, turn, event, at) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (BAD.has(key)) return () => self.keep({ ranks: turn.answers.map(() => 1), bad: true, best: null });
  if (key === "s") return () => self.keep({ ranks: [], bad: false, best: null });
  if (turn.answers.length > 2) return rankKey(self, turn, event, at);
  const ranks = LEFT.has(key) ? [1, 2] : RIGHT.has(key) ? [2, 1] : TIE.has(key) ? [1, 1] : null;
  return ranks ? () => self.keep({ ranks, bad: false, best: null }) : null;
}

/** More than two answers are ranked: digits from the best on, arrows move a card, "=" ties, Enter keeps. */
function rankKey(self, turn, event, at) {
  const place = Number(at.closest?.("[data-place]")?.getAttribute("data-place") ?? NaN), onCard = at.hasAttribute?.("data-place");
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
  return digit in turn.answers ? () => self.step(rankPick(self.state, digit))
    : onCard && ["ArrowUp", "ArrowDown"].includes(event.key) ? () => self.step(rankMove(self.state, place, event.key === "ArrowUp" ? -1 : 1))
    : event.key === "=" ? () => self.step(rankTie(self.state, onCard ? place : self.state.active))
    : event.key.toLowerCase() === "u" ? () => self.step(rankUndo(self.state))
    : event.key === "Enter" && !at.closest?.("button, a, summary") && rankDone(self.state) ? () => self.keep({ ranks: ranksOf(self.state), bad: false, best: null }) : null;
}

/** What a key means once it is voted, or where there is nothing to vote on. */
function elseKey(self, turn, event, at) {
  const key = event.key.toLowerCase();
  if (key === "enter") return at.closest?.("button, a, summary, input") || turn?.state === "writing" ? null : turn?.state === "failed" || turn?.state === "stopped" ? () => self.again() : () => self.go();
  if (!turn?.vote) return key === "escape" && self.view.busy ? () => self.halt() : null;
  if (key === "n" && !turn.names.length) return () => self.names();
  return key === "e" ? () => document.getElementById("arena-edit")?.click() : null;
}
