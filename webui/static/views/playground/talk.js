/* What is being said: who answers, whether somebody does, and the address that leads back to it. */
import { format } from "../../kit/format.js";
import { pageUrl, t } from "../../kit/texts.js";
import { outsideSide, sideChoices, sidesQuery } from "./who/sides.js";

const LETTERS = "ABCDEFGH";

/**
 * The address of the models chosen for a fresh comparison.
 * @param {Parts<"playground">} play
 */
export const playFresh = (play) => playAddress(playQuery(play));

/** @param {Parts<"playground">} play */
export const playQuery = (play) => sidesQuery(play.start.options, play.base, play.sides);

/** @param {Parts<"playground">} play */
export const playBase = (play) => play.start.options.bases.find((base) => base.id === play.base);

/**
 * The sides shown, in order: {side, kind, badge, name, base}. Several tuned ones differ by a letter and a stroke, not by a colour alone.
 * @param {Parts<"playground">} play
 */
export function playSides(play) {
  const known = sideChoices(play.start.options, play.base);
  const rows = play.sides.map((side) => known.get(side) || playStored(play, side));
  const tuned = rows.filter((row) => row.kind === "tuned");
  return rows.map((row) => {
    const place = tuned.length > 1 ? tuned.indexOf(row) : -1;
    return { side: row.side, kind: row.kind + (place < 0 ? "" : " tint-" + place), badge: sideBadge(row, LETTERS[place]), name: row.kind === "base" && row.missing ? t("playground.base_bare", { name: row.name, size: format.bytes(row.missing) }) : row.name, base: row.own === false ? row.baseName : "" };
  });
}

/**
 * A side that is not chosen, but has answered before: as `playSides` has it.
 * @param {Parts<"playground">} play
 */
export function playFormer(play, side) {
  const row = sideChoices(play.start.options, play.base).get(side) || playStored(play, side);
  return { side, kind: row.kind, badge: sideBadge(row), name: row.name, base: "" };
}

/** What a stored conversation tells of a side that cannot be chosen any more. */
function playStored(play, side) {
  const elsewhere = outsideSide(side);
  if (elsewhere) return elsewhere;
  const found = play.view?.sides.find((one) => one.side === side);
  const kind = found?.kind || (/^(base$|model:)/.test(side) ? "base" : "tuned");
  return { side, kind, name: found ? found.label.replace(/ @\d+$/, "") : "#" + side.split(":").at(-1), step: found?.step ?? null, own: !found?.base, baseName: found?.base || "" };
}

/** The word for whose answer it is. */
export function sideBadge(row, letter = "") {
  if (row.outside) return t("playground.outside");
  if (row.step !== null && row.step !== undefined) {
    const step = format.number(row.step);
    return letter ? t("playground.side.step_n", { letter, step }) : t("playground.side.step", { step });
  }
  if (row.kind === "tuned") return letter ? t("playground.tuned_n", { letter }) : t("playground.tuned");
  return row.kind === "fewshot" ? t("playground.fewshot") : t("playground.base");
}

/** The page's address is its state: a conversation, or the models of a fresh one. */
export const playAddress = (query) => history.replaceState(null, "", pageUrl("playground", query || undefined));

/** @param {Parts<"playground">} play */
export const playBusy = (play) => play.turns.at(-1)?.answers.some((answer) => answer.status === "streaming") || false;
