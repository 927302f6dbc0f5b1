/* The doors to how answers were made: the buttons stand on the page at once, what is behind them is loaded when it is opened. */
import { h } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { laterStyles, loadPart } from "../../kit/server.js";
import { t } from "../../kit/texts.js";

const told = (answer) => ["complete", "stopped"].includes(answer.status) && !answer.stats?.edited;

const exactPart = async () => (await import("./exact/exact.js")).exactDialog;
const differPart = async () => (await import("./exact/differ.js")).differDialog;
const surePart = async () => (await import("./exact/sure.js")).switchSure;

/** Open a part of the view with its styles; a click on a button that is busy does nothing. */
async function openPart(button, load, ...given) {
  const found = await runAction(button, () => Promise.all([loadPart(load), laterStyles("playground-exact")]));
  return found?.[0](...given);
}

/**
 * In an answer's footer: the exact prompt and all that the answer was made with.
 * @param {Parts<"playground">} play
 */
export function playExactButton(play, item, answer) {
  if (!play.id || !told(answer)) return null;
  const label = t("exact.open");
  return h("button", { type: "button", class: "ts-icon-btn play-exact", "aria-label": label, title: label,
    onclick: (event) => openPart(event.currentTarget, exactPart, play, item, answer) }, drawIcon("file-text"));
}

/**
 * Under a turn: where two of its answers differ.
 * @param {Parts<"playground">} play
 */
export function playDifferButton(play, item) {
  const sides = item.answers.filter((answer) => told(answer) && answer.content);
  if (!play.id || sides.length < 2) return null;
  return h("button", { type: "button", class: "ts-btn small ghost play-differ",
    onclick: (event) => openPart(event.currentTarget, differPart, play, item, sides) },
  drawIcon("layers"), h("span", {}, t("differ.open")));
}

/**
 * The switch of the page's head: how sure the models were of their words.
 * @param {Parts<"playground">} play
 */
export const playSureSwitch = (play, button) => openPart(button, surePart, play, button);

/**
 * An answer's words while the switch is on; else what stands there anyway.
 * @param {Parts<"playground">} play
 */
export const playSureBody = (play, item, answer, body) => (item.sure && play.sure && answer && told(answer) && item.editing !== answer.side ? play.sure.draw(item, answer, body) : body);
