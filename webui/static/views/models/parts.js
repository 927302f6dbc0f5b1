/* What the list of models and one model's own view share. */
import { changeOf } from "../../kit/change.js";
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, said, t } from "../../kit/texts.js";

/**
 * Validation loss before and after: what the training changed, on rows that it never saw.
 * @param {Server.ListedTuned | Server.NamedTuned} model
 */
export function modelGain(model) {
  if (model.outcome) return outcomeGain(model.outcome);
  if (model.val_loss === null) return null;
  const before = model.base_val_loss;
  const change = before === null ? null : changeOf(before, model.val_loss);
  return h("div", { class: "model-gain" },
    h("span", { class: "ts-label" }, t("models.val_loss")),
    h("span", { class: "ts-num" },
      before === null ? null : [h("span", { class: "model-before" }, format.loss(before)), drawIcon("arrow-right"), h("span", { class: "ts-sr" }, t("models.becomes"))],
      h("b", { class: "model-after " + (change?.tone || "") }, format.loss(model.val_loss))),
    change ? h("span", { class: "ts-badge " + change.tone }, changeWords(change)) : null);
}

/** What tells of the result better than a loss: of a reward model or of learning from rewards, a loss says little.
    @param {Server.OutcomeView} outcome */
function outcomeGain({ label, share, first, last }) {
  const shown = (x) => (share ? format.percent(x) : format.number(x, 2));
  const tone = last > first ? "good" : last < first ? "warn" : "neutral";
  return h("div", { class: "model-gain" },
    h("span", { class: "ts-label" }, said(label)),
    h("span", { class: "ts-num" }, h("span", { class: "model-before" }, shown(first)), drawIcon("arrow-right"), h("span", { class: "ts-sr" }, t("models.becomes")),
      h("b", { class: "model-after " + tone }, shown(last))));
}

function changeWords({ word, share }) {
  if (word === "same") return t("models.same");
  return t(word === "better" ? "models.better" : "models.worse", { percent: format.percent(share, share < 0.1 ? 1 : 0) });
}

/**
 * base -> data -> method -> model, as a small line; `linked` ones lead to each of them.
 * @param {Server.ListedTuned | Server.NamedTuned} model
 */
export function modelLineage(model, linked) {
  const node = (kind, icon, label, text, href) => h("li", { class: "model-node " + kind },
    h("span", { class: "model-node-mark" }, drawIcon(icon)),
    h("span", { class: "model-node-text" }, h("small", { class: "ts-soft" }, label),
      linked && href ? h("a", { class: "ts-link", href }, text) : h("span", {}, text)));
  return h("ol", { class: "model-line" + (linked ? " large" : ""), "aria-label": t("models.lineage") },
    node("base", "layers", t("models.node.base"), model.base_name, null),
    model.start_name ? node("tuned", "box", t("models.node.start"), model.start_name, null) : null,
    node("data", "database", t("models.node.data"), model.dataset_name, model.dataset_id ? pageUrl("data", { dataset: model.dataset_id }) : null),
    node("method", "wand-sparkles", t("models.node.method"), model.method_label, model.job_id ? pageUrl("jobs", { job: model.job_id }) : null),
    node("tuned", "box", t("models.node.model"), model.name, null));
}

/**
 * To the Playground: to talk with the model, or to score with one that does not talk.
 * @param {Server.ListedTuned | Server.NamedTuned} model
 */
export const modelTry = (model, look) => h("a", { class: look, href: pageUrl("playground", model.talks ? { tuned: model.id } : { scorer: model.id }) },
  drawIcon(model.talks ? "messages-square" : "gauge"), t(model.talks ? "models.chat" : "models.score"));
