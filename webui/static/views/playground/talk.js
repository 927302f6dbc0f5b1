/* What is being said: who answers, whether somebody does, and the address that leads back to it. */
import { pageUrl, t } from "../../kit/texts.js";

/**
 * The address of the models chosen for a fresh comparison.
 * @param {Parts<"playground">} play
 */
export const playFresh = (play) => playAddress(play.tuned.length ? { tuned: play.tuned.join(",") } : { base: play.base });

/** @param {Parts<"playground">} play */
export const playBase = (play) => play.start.options.bases.find((base) => base.id === play.base);

/**
 * The sides shown, in order: {side, kind, badge, name}. A second tuned model differs by a word, not by a colour alone.
 * @param {Parts<"playground">} play
 */
export function playSides(play) {
  const base = playBase(play);
  const named = (id) => base?.tuned.find((one) => one.id === id)?.name || play.view?.sides.find((one) => one.side === "tuned:" + id)?.label || "#" + id;
  const examples = (id) => base?.tuned.find((one) => one.id === id)?.format === "shots" || play.view?.sides.some((one) => one.side === "tuned:" + id && one.kind === "fewshot");
  const trained = play.tuned.filter((id) => !examples(id));
  const badge = (id) => (examples(id) ? t("playground.fewshot") : trained.length > 1 ? t("playground.tuned_n", { letter: "ABC"[trained.indexOf(id)] }) : t("playground.tuned"));
  return [
    { side: "base", kind: "base", badge: t("playground.base"), name: base?.name || play.view?.base_name || "" },
    ...play.tuned.map((id, i) => ({
      side: "tuned:" + id, kind: (examples(id) ? "fewshot" : "tuned") + (i ? " second" : ""), name: named(id), badge: badge(id),
    })),
  ];
}

/** The page's address is its state: a conversation, or the models of a fresh one. */
export const playAddress = (query) => history.replaceState(null, "", pageUrl("playground", query || undefined));

/** @param {Parts<"playground">} play */
export const playBusy = (play) => play.turns.at(-1)?.answers.some((answer) => answer.status === "streaming") || false;
