/* The diagrams of objectives, drawn by diagram-kit.js: what the model is shown, and what of it becomes more or less likely.
   An objective without one of its own has its family's. */
import { t } from "../../kit/texts.js";
import { DiagramPen } from "./diagram-kit.js";

const odWord = (key) => t("learn.diagram." + key);

/** The diagram of an objective's card: `objective` has key, family, label; `description` says in words what is drawn. */
export function objectiveDiagram(objective, description) {
  const pen = new DiagramPen();
  (OF_OBJECTIVE[objective.key] || OF_SOURCE[objective.family] || odAnswers)(pen);
  return pen.finish(t("learn.diagram.title", { method: objective.label }), description);
}

/** The question, and the model that is trained on it. */
function odAsked(pen, y = 92) {
  pen.cells(8, y - 8, "ffff", 14, 3).text(40, y + 28, odWord("question"), "small").way(`M78 ${y}H98`).trained(100, y - 38, 84, 76, odWord("model"));
}

/** An answer as a bar that becomes more (1) or less (-1) likely. */
/** @param {DiagramPen} pen @param {number} x @param {number} y @param {number} width @param {number} rises @param {string} words */
function odAnswer(pen, x, y, width, rises, words) {
  if (rises > 0) pen.trained(x, y - 13, width, 26, words);
  else pen.frozen(x, y - 13, width, 26, words);
  const at = x + width + 14;
  pen.way(rises > 0 ? `M${at} ${y + 12}V${y - 12}` : `M${at} ${y - 12}V${y + 12}`, rises > 0 ? "trained" : "");
}

function odAnswers(pen) {
  odAsked(pen, 70);
  pen.way("M184 70H208").cells(212, 62, "tttttt", 16, 4).text(271, 48, odWord("answer"), "small");
  pen.cells(212, 128, "ssssss", 16, 4).text(271, 168, odWord("example"), "small").way("M271 120V88").text(284, 108, "=", "sign", "start");
}

function odTexts(pen) {
  pen.cells(16, 40, "ffffffff", 18, 4).cells(192, 40, "t", 18, 4).add("rect", { class: "dg-gone", x: 220, y: 40, width: 136, height: 18, rx: 3 });
  pen.way("M102 62V84").trained(64, 86, 84, 56, odWord("model")).way("M148 114H201V62", "trained").text(212, 100, odWord("next"), "small", "start").text(186, 172, odWord("document"), "small");
}

function odPairs(pen, start = true) {
  const y = start ? 72 : 92;
  odAsked(pen, y);
  pen.way(`M184 ${y - 12}H214V${y - 28}H224`).way(`M184 ${y + 12}H214V${y + 32}H224`);
  odAnswer(pen, 226, y - 28, 104, 1, odWord("better"));
  odAnswer(pen, 226, y + 32, 104, -1, odWord("worse"));
  pen.line(`M278 ${y - 12}V${y + 16}`, "around").text(286, y + 6, odWord("gap"), "small", "start");
  if (start) pen.frozen(100, 136, 84, 40, odWord("start")).way("M184 156H278V122", "around").text(192, 176, odWord("measured"), "small", "start");
}

/** The worse answer is not looked at. */
function odBetter(pen) {
  odAsked(pen);
  pen.way("M184 80H214V64H224");
  odAnswer(pen, 226, 64, 104, 1, odWord("better"));
  pen.add("rect", { class: "dg-gone", x: 226, y: 111, width: 104, height: 26, rx: 7 }).text(278, 129, odWord("worse"), "small");
}

function odThumbs(pen) {
  for (const { y, rises, word } of [{ y: 46, rises: 1, word: "up" }, { y: 138, rises: -1, word: "down" }]) {
    pen.cells(8, y - 7, "ffff", 14, 3).way(`M78 ${y}H98`);
    odAnswer(pen, 226, y, 104, rises, odWord(word));
    pen.way(`M184 ${y}H222`);
  }
  pen.trained(100, 24, 84, 136, odWord("model")).text(40, 96, odWord("apart"), "small");
}

function odScore(pen) {
  pen.cells(8, 50, "ffff", 14, 3).cells(78, 50, "tt", 14, 3).cells(8, 118, "ffff", 14, 3).cells(78, 118, "ss", 14, 3);
  pen.text(60, 40, odWord("better"), "small").text(60, 152, odWord("worse"), "small").way("M114 57H136V80H146").way("M114 125H136V104H146");
  pen.trained(148, 54, 76, 76, odWord("model")).way("M224 92H240").trained(242, 76, 40, 32, odWord("head")).way("M282 84H300V57H308").way("M282 100H300V125H308");
  pen.trained(310, 44, 50, 26, "1.9").frozen(310, 112, 50, 26, "−0.4").line("M335 72V110", "around").text(366, 164, odWord("score"), "small", "end");
}

/** Several answers to one question, each as good as its bar is long; the middle divides them. */
function odGroups(pen) {
  odAsked(pen);
  const scores = [84, 30, 66, 18];
  scores.forEach((score, at) => {
    const y = 30 + at * 38;
    pen.way(`M184 92H200V${y}H208`);
    pen.cells(210, y - 6, "fff", 12, 3);
    pen.add("rect", { class: score > 50 ? "dg-trained" : "dg-frozen", x: 264, y: y - 8, width: score, height: 16, rx: 4 });
    pen.way(score > 50 ? `M${272 + score} ${y + 9}V${y - 9}` : `M${272 + score} ${y - 9}V${y + 9}`, score > 50 ? "trained" : "");
  });
  pen.line("M314 12V164", "around").text(314, 182, odWord("mean"), "small").text(228, 182, odWord("own_answers"), "small");
}

function odLoop(pen) {
  pen.trained(14, 52, 84, 68, odWord("model")).way("M98 76H122").cells(126, 68, "ffff", 14, 3).text(158, 58, odWord("own_answers"), "small");
  pen.way("M196 76H218").add("rect", { class: "dg-shot", x: 220, y: 58, width: 84, height: 34, rx: 6 }).text(262, 79, odWord("reward"), "on-shot");
  pen.trained(126, 108, 66, 30, odWord("foresees")).way("M98 104H112V123H124").way("M194 123H262V96", "around").text(228, 116, "−", "sign");
  pen.way("M304 75H348V24H56V50", "trained").text(202, 18, odWord("surprise"), "small");
  pen.frozen(14, 142, 84, 36, odWord("start")).way("M56 142V122", "around").text(104, 166, odWord("stays_near"), "small", "start");
}

function odOwnPairs(pen) {
  pen.trained(14, 56, 84, 68, odWord("model")).way("M98 76H118V56H126").way("M98 104H118V124H126").cells(128, 49, "ffff", 14, 3).cells(128, 117, "ffff", 14, 3).text(160, 96, odWord("own_answers"), "small");
  pen.way("M198 56H214V80H220").way("M198 124H214V100H220").add("rect", { class: "dg-shot", x: 222, y: 72, width: 62, height: 36, rx: 6 }).text(253, 94, odWord("reward"), "on-shot");
  pen.way("M284 82H298V56H304").way("M284 98H298V124H304").trained(306, 43, 58, 26, odWord("better")).frozen(306, 111, 58, 26, odWord("worse"));
  pen.way("M335 43V22H56V54", "trained").text(196, 16, odWord("again"), "small");
}

export const OF_OBJECTIVE = {
  sft: odAnswers,
  pretraining: odTexts,
  dpo: (pen) => odPairs(pen),
  orpo: (pen) => odPairs(pen, false),
  simpo: (pen) => odPairs(pen, false),
  cpo: (pen) => odPairs(pen, false),
  better_alone: odBetter,
  kto: odThumbs,
  reward_model: odScore,
  grpo: odGroups,
  ppo: odLoop,
  online_dpo: odOwnPairs,
};
const OF_SOURCE = { answers: odAnswers, texts: odTexts, pairs: (pen) => odPairs(pen), thumbs: odThumbs, rewards: odGroups };
