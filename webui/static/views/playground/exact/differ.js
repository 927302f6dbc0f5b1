/* Where two sides differ: the answer of one, read by the other, word by word; and where their answers at temperature 0 part. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { openDialog, runAction } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { labelledField, noteBox, selectField } from "../../shared/form-controls.js";
import { playSides } from "../talk.js";
import { seenToken, shareList, shownShare, wordWalk } from "./word-walk.js";

const STEPS = [4, 2, 1, 0.3]; // differences of at least so many nats are tinted stronger
const TIMES = 1000; // more than so many times as likely is not told exactly

/** @param {Parts<"playground">} play */
export function differDialog(play, item, answers) {
  const named = playSides(play).filter((side) => answers.some((answer) => answer.side === side.side));
  const sides = named.map((side) => ({ side: side.side, kind: side.kind.split(" ")[0], name: side.badge + " · " + side.name }));
  const state = { said: sides.at(-1)?.side ?? "", reads: sides[0]?.side ?? "" };
  const out = h("div", { class: "ts-stack play-differ-found" }), status = h("p", { class: "play-differ-status", role: "status", "aria-live": "polite" });
  const choose = (id, key, place) => labelledField(id, t(key), selectField(id, sides.map((side) => [side.side, side.name]), state[place], (side) => { state[place] = side; }));
  const run = async () => {
    replaceChildren(out);
    status.textContent = t("differ.working");
    try {
      const found = await play.ctx.call("chat_differences", play.id, item.turn, state.said, state.reads);
      const all = found.words.length, [own, other] = [found.side, found.other].map((side) => sides.find((one) => one.side === side));
      status.textContent = t("differ.agree", { other: other?.name, n: format.number(Math.round(found.agree * all)), all: format.number(all) });
      replaceChildren(out, foundShown(found, own, other));
    } catch (error) {
      status.textContent = "";
      replaceChildren(out, noteBox("warn", error.message));
    }
  };
  const button = h("button", { type: "button", class: "ts-btn primary", id: "differ-do", onclick: () => runAction(button, run) }, drawIcon("layers"), h("span", {}, t("differ.do")));
  const body = h("div", { class: "ts-stack" }, h("p", {}, t("differ.lead")),
    h("div", { class: "ts-row play-differ-form" }, choose("differ-said", "differ.said", "said"), choose("differ-reads", "differ.reads", "reads"), button), status, out);
  return openDialog(t("differ.open"), body, [{ label: t("common.close"), value: "" }], { wide: true });
}

/** @param {Server.SideDifferences} found */
function foundShown(found, own, other) {
  const all = found.words.length, { first } = found;
  const walk = wordWalk(found.words.map((word, i) => differWord(word, found.ended && i === all - 1, own.kind, other.kind)), t("differ.words"),
    (i) => aboutDifference(found, i, own, other));
  const place = (at) => (at.place < all && found.greedy_own ? () => walk.look(at.place) : null);
  return [
    found.same_prompt ? null : noteBox("info", t("differ.prompts")),
    walk.row,
    section("differ.greedy", found.greedy_own ? null : h("p", { class: "ts-soft ts-small" }, t("differ.greedy_other", { name: own.name })),
      found.greedy ? atShown(found.greedy, own, other, place(found.greedy)) : h("p", {}, t("differ.greedy_none", { n: format.number(found.greedy_words) }))),
    first && !found.greedy_own ? h("section", { class: "ts-stack tight" }, h("h3", {}, t("differ.first", { other: other.name })),
      atShown(first, own, other, () => walk.look(first.place))) : null,
    section("differ.largest", found.largest.length ? h("ol", { class: "play-differ-list" }, found.largest.map((at) => h("li", {}, atShown(at, own, other, () => walk.look(at.place)))))
      : h("p", {}, t("differ.none")))];
}

const section = (key, ...children) => h("section", { class: "ts-stack tight" }, h("h3", {}, t(key)), children);

/** @param {Server.TwoWords} word */
function differWord(word, ends, own, other) {
  const step = STEPS.findIndex((least) => Math.abs(word.difference) >= least);
  const tint = step < 0 ? "" : " differs " + (word.difference > 0 ? own : other) + " differ-" + (STEPS.length - step) + (word.difference < 0 ? " against" : "");
  return { text: ends ? "■" : word.text, className: (ends ? "end" : "") + tint,
    name: t("differ.word", { text: ends ? t("sure.end") : seenToken(word.text), own: shownShare(word.own), other: shownShare(word.other) }) };
}

/** Which of the two thinks a word likelier, and by how much. */
function moreLikely(difference, own, other) {
  const times = Math.exp(Math.abs(difference));
  const n = times > TIMES ? t("differ.over", { n: format.number(TIMES) }) : format.number(times, times < 10 ? 1 : 0);
  return times < 1.05 ? null : t("differ.more", { name: difference > 0 ? own.name : other.name, n });
}

/** @param {Server.SideDifferences} found */
function aboutDifference(found, i, own, other) {
  const word = found.words[i];
  const line = (side, share) => h("p", { class: "play-word-line" }, h("span", { class: "ts-badge " + side.kind }, side.name), h("b", { class: "ts-num" }, shownShare(share)));
  const more = moreLikely(word.difference, own, other);
  return [h("p", { class: "play-word-head" }, h("bdi", {}, found.ended && i === found.words.length - 1 ? t("sure.end") : seenToken(word.text))),
    line(own, word.own), line(other, word.other), more ? h("p", { class: "ts-small ts-soft" }, more) : null];
}

/**
 * One place: what stands before it, and what each side would say there.
 * @param {Server.SidesAt} at
 */
function atShown(at, own, other, look) {
  const before = at.before.trim() ? t("differ.behind", { text: "… " + at.before.trim().slice(-40) }) : t("differ.start");
  const column = (side, words) => h("div", { class: "play-differ-side" }, h("span", { class: "ts-badge " + side.kind }, side.name), shareList(words, at.text));
  const word = h("bdi", {}, seenToken(at.text));
  const more = moreLikely(at.difference, own, other);
  return h("div", { class: "play-differ-at" },
    h("p", { class: "ts-row" }, look ? h("button", { type: "button", class: "ts-link", onclick: look }, word) : h("b", {}, word), h("span", { class: "ts-soft ts-small", dir: "auto" }, before)),
    more ? h("p", { class: "ts-small" }, more) : null,
    h("div", { class: "play-differ-sides" }, column(own, at.own), column(other, at.other)));
}
