/* Scores of real answers before the start: the expected ones of the data, the model's own, and one that is typed. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { sentenceOf } from "../../../kit/server.js";
import { t } from "../../../kit/texts.js";
import { debounce, labelledField, noteBox, onlyLatest } from "../../shared/form-controls.js";

const QUIET = 700; // milliseconds after a change
const NEXT = 1500; // until the model's answers are looked for again

/** The part that tries the rewards: {node, again()}. */
export function rewardTrial(g) {
  const v = { sampled: /** @type {number | null} */ (null), tried: false, shown: h("div", { class: "reward-shown", "aria-live": "polite" }) };
  const typed = typedFields(() => later());
  const wish = () => ({ rewards: g.value, dataset: g.dataset, typed: typed.read(), sampled: v.sampled });
  const done = (found) => {
    replaceChildren(v.shown, trialView(g, found));
    if (found.sampling && !found.sampling.ended) setTimeout(() => { if (v.shown.isConnected) ask(); }, NEXT);
  };
  const ask = onlyLatest(() => { v.tried = true; return g.ctx.call("try_rewards", wish()); }, done,
    (error) => replaceChildren(v.shown, noteBox("danger", sentenceOf(error), faultsOf(error))));
  const later = debounce(QUIET, ask);
  const look = h("button", { type: "button", class: "ts-btn", id: "rewards-try", onclick: () => runAction(look, ask) }, t("train.rewards.try"));
  const sample = h("button", { type: "button", class: "ts-btn", id: "rewards-sample", onclick: () => runAction(sample, begin) }, t("train.rewards.sample"));
  const begin = async () => {
    if (g.dataset === null || g.model === null) throw new Error(t("train.rewards.no_model"));
    v.sampled = await g.ctx.call("sample_for_rewards", g.dataset, g.model);
    await ask();
  };
  const node = h("section", { class: "reward-trial", "aria-labelledby": "rewards-trial-title" },
    h("h4", { id: "rewards-trial-title" }, t("train.rewards.trial")), h("p", { class: "ts-soft ts-small" }, t("train.rewards.trial_lead")),
    h("div", { class: "ts-row" }, look, sample), typed.node, v.shown);
  return { node, again: () => { if (v.tried) later(); } };
}

/** The sentences of single fields of a refusal. */
const faultsOf = (error) => (error.faults ? h("ul", {}, Object.values(error.faults).map((said) => h("li", {}, said))) : null);

/** Question, answer and expected answer of one's own. */
function typedFields(changed) {
  const area = (name) => h("textarea", { class: "ts-input", id: "rewards-typed-" + name, rows: name === "answer" ? 3 : 1, oninput: changed });
  const [question, answer, expected] = ["question", "answer", "expected"].map(area);
  const node = h("details", { class: "ts-details" }, h("summary", {}, t("train.rewards.typed")),
    labelledField(question.id, t("train.rewards.typed_question"), question), labelledField(answer.id, t("train.rewards.typed_answer"), answer),
    labelledField(expected.id, t("train.rewards.typed_expected"), expected));
  const read = () => (answer.value ? [{ question: question.value, answer: answer.value, expected: expected.value }] : []);
  return { node, read };
}

/** @param {Server.RewardTrialView} found */
function trialView(g, found) {
  const label = (part) => g.forms?.rewards.find((one) => one.key === part.key)?.label || part.name;
  const now = found.parts.filter((part) => !part.later);
  return [
    found.sampling ? samplingView(found.sampling) : null,
    found.parts.filter((part) => part.later).map((part) => noteBox("info", t("train.rewards.later", { name: label(part) }))),
    now.filter((part) => part.unscored).map((part) => noteBox("warn", t("train.rewards.unscored", { name: label(part), n: part.unscored, total: found.answers.length }))),
    found.flat ? noteBox("warn", t("train.rewards.flat")) : null,
    found.answers.length ? h("ul", { class: "reward-answers" }, found.answers.map((one) => answerView(one, now, label))) : h("p", { class: "ts-soft" }, t("train.rewards.nothing")),
  ];
}

/** @param {Server.RewardSampling} sampling */
function samplingView({ done, total, ended, error }) {
  if (error) return noteBox("danger", error.message);
  if (ended) return null;
  return h("div", { class: "ts-row" }, progressBar(total ? done / total : null, t("train.rewards.sampling")),
    h("span", { class: "ts-soft ts-small" }, t("train.rewards.sampling_done", { done, total })));
}

/** @param {Server.TriedAnswer} one */
function answerView(one, parts, label) {
  const score = (value) => format.score(value);
  return h("li", { "data-origin": one.origin },
    h("div", { class: "reward-said" }, h("span", { class: "ts-badge " + (one.origin === "sampled" ? "base" : "train") }, t("train.rewards.origin." + one.origin)),
      one.question ? h("span", { class: "ts-soft ts-small", dir: "auto" }, one.question) : null,
      h("p", { dir: "auto" }, one.answer + (one.cut ? " …" : ""))),
    h("div", { class: "reward-scores ts-num" }, parts.map((part) => h("span", { class: "ts-small" }, label(part) + " " + score(one.scores[part.name]) + (part.weight === 1 ? "" : " × " + format.number(part.weight, 2)))),
      h("b", {}, t("train.rewards.total", { score: score(one.total) }))));
}
