/* How sure the models were: each word tinted by its probability, with what else could have stood there. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";
import { seenToken, shareList, shownShare, wordWalk } from "./word-walk.js";

const STEPS = [0.9, 0.6, 0.3, 0.1]; // words at least so likely are tinted less
const level = (share) => "sure-" + (STEPS.findIndex((step) => share >= step) + 1 || STEPS.length + 1);

/**
 * Turn the words on or off.
 * @param {Parts<"playground">} play
 */
export function switchSure(play, button) {
  play.sure?.key.remove();
  play.sure = play.sure ? null : { key: scaleKey(), draw: (item, answer, body) => sureAnswer(play, item, answer, body), found: new Map() };
  button.setAttribute("aria-pressed", String(Boolean(play.sure)));
  if (play.sure) play.dom.turns.before(play.sure.key);
  play.draw();
}

/** What the tints mean, once above the answers. */
function scaleKey() {
  const names = ["≥ 90 %", "60–90 %", "30–60 %", "10–30 %", "< 10 %"];
  return h("div", { class: "play-sure-key ts-small" }, h("p", { class: "ts-soft" }, t("sure.lead")),
    h("p", { class: "ts-row" }, h("span", { class: "ts-label" }, t("sure.scale")), names.map((name, i) => h("span", { class: "play-word sure-" + (i + 1) }, name))));
}

/**
 * The answer's words, in place of what is drawn of it otherwise. That stays until they are here, and where there are none.
 * @param {Parts<"playground">} play
 */
function sureAnswer(play, item, answer, body) {
  const slot = h("div", { class: "play-sure", "aria-busy": "true" }, body);
  const asked = JSON.stringify([play.id, item.turn, item.answers.map((one) => [one.side, one.status, one.content])]);
  const { found } = play.sure;
  if (!found.has(asked)) found.set(asked, play.ctx.call("chat_words", play.id, item.turn));
  found.get(asked).then((all) => {
    const told = all.find((one) => one.side === answer.side);
    replaceChildren(slot, told?.words.length ? sureWords(told) : [body, h("p", { class: "ts-soft ts-small" }, t("sure.not_kept"))]);
  }).catch((error) => {
    found.delete(asked);
    slot.append(h("p", { class: "ts-error", role: "alert" }, error.message));
  }).finally(() => slot.removeAttribute("aria-busy"));
  return slot;
}

/** @param {Server.SureAnswer} told */
function sureWords(told) {
  const all = told.end ? [...told.words, told.end] : told.words;
  const ends = (i) => i === told.words.length;
  const shown = all.map((word, i) => ({ text: ends(i) ? "■" : word.text, className: level(word.share) + (ends(i) ? " end" : ""),
    name: t("sure.word", { text: ends(i) ? t("sure.end") : seenToken(word.text), share: shownShare(word.share) }) }));
  return wordWalk(shown, t("sure.words"), (i) => aboutWord(all[i], ends(i))).row;
}

/** @param {Server.SureWord} word */
function aboutWord(word, ends) {
  const rest = 1 - word.share - word.others.reduce((sum, one) => sum + one.share, 0);
  const choices = Math.exp(word.entropy);
  return [
    h("p", { class: "play-word-head" }, h("bdi", {}, ends ? t("sure.end") : seenToken(word.text)), h("b", { class: "ts-num" }, shownShare(word.share))),
    word.others.length ? [h("p", { class: "ts-label" }, t("sure.others")), shareList(word.others, null)] : null,
    rest > 0.005 ? h("p", { class: "ts-soft ts-small ts-spread" }, h("span", {}, t("sure.rest")), h("span", { class: "ts-num" }, shownShare(rest))) : null,
    choices >= 1.5 ? h("p", { class: "ts-soft ts-small" }, t("sure.choice", { n: format.number(choices, choices < 10 ? 1 : 0) })) : null];
}
