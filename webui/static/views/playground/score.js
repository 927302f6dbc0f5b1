/* A reward model in the Playground: its score beside each answer, the best of several answers, the score of any text. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { openDialog, runAction } from "../../kit/parts.js";
import { laterStyles } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";
import { labelledField, noteBox, selectField } from "../shared/form-controls.js";
import { playSides } from "./talk.js";

const COUNTS = [2, 4, 8, 16, 32];
const LOOK_MS = 400;

/** @param {Parts<"playground">} play */
export async function playScore(play) {
  await laterStyles("playground-score");
  const scorers = await play.ctx.call("scorers");
  if (!scorers.length) {
    return openDialog(t("playground.score"), h("div", { class: "ts-stack" }, h("p", {}, t("playground.score.none")),
      h("a", { class: "ts-link", href: pageUrl("train") }, t("playground.score.train"))), [{ label: t("common.close"), value: "" }]);
  }
  const chosen = play.scorer ?? scorers[0].id;
  const state = { scorer: chosen, open: true };
  const beside = h("input", { class: "ts-check", id: "score-beside", type: "checkbox", checked: Boolean(play.scorer) });
  const body = h("div", { class: "ts-stack play-score-form" },
    h("p", { class: "ts-soft" }, t("playground.score.lead")),
    labelledField("score-with", t("playground.score.with"),
      selectField("score-with", scorers.map((one) => [one.id, t("playground.score.named", { name: one.name, base: one.base_name })]), chosen, (id) => { state.scorer = id; })),
    h("label", { class: "field-check", for: "score-beside" }, beside, t("playground.score.beside")),
    bestPart(play, state), textPart(play, state));
  await openDialog(t("playground.score"), body, [{ label: t("common.close"), value: "" }], { wide: true });
  state.open = false;
  play.scorer = beside.checked ? state.scorer : null;
  play.scores = null;
  play.rescore = () => rescore(play);
  await rescore(play);
  return play.draw();
}

/**
 * Fetch the scores of answers that have none yet, once they are finished.
 * @param {Parts<"playground">} play
 */
async function rescore(play) {
  const finished = play.turns.flatMap((turn) => turn.answers.filter((one) => one.content && ["complete", "stopped"].includes(one.status)).map((one) => turn.turn + one.side + one.content.length));
  const wanted = JSON.stringify([play.id, play.scorer, finished]);
  if (!play.scorer || !play.id || !finished.length || play.scoredFor === wanted) return;
  play.scoredFor = wanted;
  try {
    const found = await play.ctx.call("score_conversation", play.id, play.scorer);
    play.scores = Object.fromEntries(found.map((one) => [one.turn + one.side, one]));
    play.draw();
  } catch (error) {
    play.error = error.message;
    play.scorer = null;
  }
}

const scoreArea = (id, text, rows) => {
  const node = h("textarea", { class: "ts-textarea", id, rows: String(rows), dir: "auto" });
  node.value = text;
  return node;
};
const scoreWords = (one) => (one.score === null ? one.error?.message ?? t("playground.score.no") : t("playground.score.is", { n: format.score(one.score) }));

/** @param {Parts<"playground">} play */
function bestPart(play, state) {
  const question = scoreArea("score-ask", play.dom.input?.value || play.turns.at(-1)?.prompt || "", 2);
  const sides = playSides(play).filter((side) => !side.kind.startsWith("fewshot"));
  const draw = { who: sides.at(-1)?.side ?? "base", count: 8 };
  const out = h("div", { class: "play-best", role: "status", "aria-live": "polite" });
  const button = h("button", { type: "button", class: "ts-btn", id: "score-draw", onclick: () => runAction(button, () => bestOf(play, state, draw, question.value, out)) },
    drawIcon("list-ordered"), h("span", {}, t("playground.best.draw")));
  return h("section", { class: "ts-stack play-score-part", "aria-labelledby": "score-best" },
    h("h3", { id: "score-best" }, t("playground.best")), h("p", { class: "ts-soft ts-small" }, t("playground.best.lead")),
    labelledField("score-ask", t("playground.best.question"), question),
    h("div", { class: "ts-row play-best-row" },
      labelledField("score-who", t("playground.best.who"), selectField("score-who", sides.map((one) => [one.side, one.name]), draw.who, (side) => { draw.who = side; })),
      labelledField("score-count", t("playground.best.count"), selectField("score-count", COUNTS.map((n) => [n, String(n)]), draw.count, (n) => { draw.count = n; })),
      button), out);
}

/** @param {Parts<"playground">} play */
async function bestOf(play, state, draw, question, out) {
  const tuned = draw.who.startsWith("tuned:") ? Number(draw.who.slice(6)) : null;
  const key = await play.ctx.call("best_of_start", { base_id: play.base, tuned_id: tuned, scorer_id: state.scorer, question, count: draw.count, settings: play.settings });
  for (;;) {
    const view = await play.ctx.call("best_of_view", key);
    replaceChildren(out, bestShown(view));
    if (view.status === "done" || view.status === "failed" || !state.open) return;
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
}

/** @param {Server.BestOfView} view */
function bestShown(view) {
  if (view.status === "failed") return noteBox("danger", view.error?.message ?? "");
  if (view.status !== "done") {
    const begun = view.answers.filter((one) => one.text).length;
    return h("p", { class: "ts-soft" }, h("span", { class: "ts-dot live tuned" }), " ", t("playground.best.status." + view.status, { n: begun, all: view.answers.length }));
  }
  if (view.best === null) return noteBox("warn", t("playground.best.nothing"));
  const places = view.answers.map((_, i) => i).sort((a, b) => (view.answers[b].score ?? -Infinity) - (view.answers[a].score ?? -Infinity));
  const item = (place) => h("li", { class: "play-best-one" }, h("b", { class: "ts-num" }, scoreWords(view.answers[place])),
    h("p", { dir: "auto" }, view.answers[place].text || h("em", { class: "ts-soft" }, t("playground.nothing"))));
  return [h("article", { class: "play-answer tuned play-best-top" }, h("div", { class: "ts-row" }, h("span", { class: "ts-badge good" }, drawIcon("check"), t("playground.best.top")),
      h("b", { class: "ts-num" }, scoreWords(view.answers[view.best]))), h("p", { dir: "auto" }, view.answers[view.best].text)),
    h("details", { class: "play-best-all" }, h("summary", {}, t("playground.best.all", { n: places.length })), h("ol", {}, places.map(item)))];
}

/** @param {Parts<"playground">} play */
function textPart(play, state) {
  const question = scoreArea("score-question", "", 2), answer = scoreArea("score-answer", "", 3);
  const out = h("p", { class: "play-score-said ts-num", role: "status", "aria-live": "polite" });
  const run = async () => {
    const found = await play.ctx.call("score_text", state.scorer, question.value, answer.value);
    replaceChildren(out, scoreWords(found));
  };
  const button = h("button", { type: "button", class: "ts-btn", id: "score-text", onclick: () => runAction(button, run) }, drawIcon("gauge"), h("span", {}, t("playground.score.do")));
  return h("section", { class: "ts-stack play-score-part", "aria-labelledby": "score-any" },
    h("h3", { id: "score-any" }, t("playground.score.any")),
    labelledField("score-question", t("playground.save_row.question"), question), labelledField("score-answer", t("playground.save_row.answer"), answer),
    h("div", { class: "ts-row" }, button, out));
}
