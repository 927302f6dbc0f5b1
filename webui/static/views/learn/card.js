/* The cards: one a method, by family. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, t } from "../../kit/texts.js";
import { methodDiagram } from "./diagrams.js";
import { learnCost, learnFold, learnShare } from "./parts.js";
import { noteBox } from "../shared/form-controls.js";

/** @param {Parts<"learn">} page */
export const cards = (page) => h("div", { class: "ts-stack loose" }, learnLegend(),
  page.families.map((family) => {
    const methods = page.methods.filter((method) => method.family === family.key);
    if (!methods.length) return null;
    return h("div", { class: "learn-family" }, h("h3", {}, family.label), methods.map((method) => learnCard(page, method)));
  }));

/** What the colours of the diagrams mean. */
const learnLegend = () => h("ul", { class: "learn-legend ts-small" }, ["frozen", "trained", "example"].map((kind) =>
  h("li", {}, h("i", { class: "learn-swatch " + kind, "aria-hidden": "true" }), t("learn.legend." + kind))));

/** @param {Parts<"learn">} page */
function learnCard(page, method) {
  const learn = method.learn;
  const told = learn ? `${learn.trains} ${learn.frozen}` : method.tagline;
  const numbers = h("div", { class: "learn-numbers" });
  const draw = () => replaceChildren(numbers, learnNumbers(page, method));
  page.on(draw);
  draw();
  return h("article", { class: "ts-card learn-card", id: method.key, "aria-labelledby": method.key + "-title" },
    h("div", { class: "learn-card-head" },
      h("div", {}, h("h4", { id: method.key + "-title", tabindex: "-1" }, method.label), h("p", { class: "ts-soft" }, method.tagline)),
      h("a", { class: "ts-btn small", href: pageUrl("train", { method: method.key }), "aria-label": t("learn.use", { method: method.label }) }, drawIcon("wand-sparkles"), t("learn.use_short"))),
    learnFold(learnHandle(method.label),
      h("div", { class: "learn-card-body" },
        h("figure", { class: "learn-figure" }, methodDiagram(method, told)),
        h("div", { class: "ts-stack learn-words" }, learn ? learnWords(learn) : null, numbers)),
      learn ? choice(learn) : null,
      more(method)));
}

/** The handle of a card that is folded away; each names its card to those who do not see it. */
const learnHandle = (label) => [t("learn.unfold"), h("span", { class: "ts-sr" }, ": " + label)];

const learnWords = (learn) => [
  h("p", {}, learn.what),
  h("dl", { class: "learn-what" },
    h("dt", {}, h("i", { class: "learn-swatch trained", "aria-hidden": "true" }), t("learn.trains")), h("dd", {}, learn.trains),
    h("dt", {}, h("i", { class: "learn-swatch frozen", "aria-hidden": "true" }), t("learn.frozen")), h("dd", {}, learn.frozen)),
];

/**
 * The method's numbers on the chosen model, at its defaults.
 * @param {Parts<"learn">} page
 */
function learnNumbers(page, method) {
  const given = page.costs?.numbers[method.key];
  if (given?.refused) return noteBox("warn", given.refused.message);
  const stat = (key, value) => h("div", { class: "ts-stat" }, h("b", {}, value), h("span", {}, t("learn.number." + key)));
  const cost = learnCost(page, method.key);
  return [
    stat("trained", cost ? format.count(cost.trained) : "–"), stat("share", cost ? learnShare(cost.share) : "–"),
    stat("size", cost ? format.bytes(cost.bytes) : "–"), stat("memory", cost ? format.memory(cost.memory_mb) : "–"),
  ];
}

export const choice = (learn, heading = "h5") => h("div", { class: "learn-when" },
  h("div", { class: "good" }, h(heading, {}, drawIcon("check", 16), t("learn.when")), h("p", {}, learn.when)),
  h("div", { class: "bad" }, h(heading, {}, drawIcon("x", 16), t("learn.when_not")), h("p", {}, learn.when_not)));

function more(method) {
  const list = (title, items) => (items.length ? h("div", {}, h("h5", {}, title), h("ul", {}, items.map((item) => h("li", {}, item)))) : null);
  const learn = method.learn;
  return h("details", { class: "ts-details learn-more" }, h("summary", {}, t("learn.more"), h("span", { class: "ts-sr" }, " " + method.label)),
    h("div", { class: "learn-more-grid" },
      learn ? list(t("learn.strengths"), learn.strengths) : null,
      learn ? list(t("learn.weaknesses"), [...learn.weaknesses, ...method.notes]) : null,
      h("div", {}, h("h5", {}, t("learn.formula")), h("p", { class: "ts-mono learn-formula" }, learn?.formula || "–"),
        h("p", { class: "ts-small ts-soft" }, t("learn.source"), " ", learnLinked(method.source))),
      h("div", {}, h("h5", {}, t("learn.abilities")), h("ul", { class: "learn-abilities" }, method.capabilities.map(learnAbility))),
      method.variants.length ? h("div", {}, h("h5", {}, t("learn.variants")), h("dl", { class: "learn-variants" }, method.variants.map((one) => [
        h("dt", {}, one.label), h("dd", {}, one.tagline, one.paper ? [" ", learnLinked(one.paper)] : null)]))) : null,
      learn ? h("div", { class: "learn-paper" }, h("h5", {}, t("learn.paper")), h("p", {}, learnLinked(learn.paper))) : null));
}

const learnAbility = ({ label, can, reason }) => h("li", { class: can ? "yes" : "no" }, drawIcon(can ? "check" : "x", 16),
  h("span", {}, label, can ? null : [": ", h("b", {}, t("train.form.no")), reason ? h("span", { class: "ts-soft" }, ", " + reason) : null]));

/** A reference with its arXiv numbers as links. */
const learnLinked = (text) => text.split(/(arXiv:\d{4}\.\d{4,5})/).map((part) => (part.startsWith("arXiv:")
  ? h("a", { class: "ts-link", href: "https://arxiv.org/abs/" + part.slice(6), target: "_blank", rel: "noopener noreferrer" }, part) : part));

/** @param {Parts<"learn">} page */
export const objectives = (page) => h("div", { class: "ts-stack loose" }, page.sources.map((source) => {
  const found = page.objectives.filter((one) => one.family === source.key);
  return found.length ? h("div", { class: "learn-family" }, h("p", { class: "ts-label" }, source.label), found.map(objective)) : null;
}));

const objective = (one) => h("article", { class: "ts-card learn-card", id: "objective-" + one.key, "aria-labelledby": `objective-${one.key}-title` },
  h("div", { class: "learn-card-head" },
    h("div", {}, h("h3", { id: `objective-${one.key}-title`, tabindex: "-1" }, one.label), h("p", { class: "ts-soft" }, one.tagline)),
    h("a", { class: "ts-btn small", href: pageUrl("train", { objective: one.key }), "aria-label": t("learn.use", { method: one.label }) }, drawIcon("wand-sparkles"), t("learn.use_short"))),
  learnFold(learnHandle(one.label),
    h("div", { class: "learn-card-body" }, objectiveFigure(one), h("div", { class: "ts-stack learn-words" },
      h("p", {}, one.what),
      h("dl", { class: "learn-what" },
      h("dt", {}, t("learn.objective.from")), h("dd", {}, one.learns_from.join(t("learn.objective.comma"))),
      h("dt", {}, t("learn.objective.data")), h("dd", {}, one.data),
      h("dt", {}, t("learn.objective.loss")), h("dd", { class: "ts-mono learn-formula" }, one.loss)))),
    choice(one, "h4"),
    h("p", { class: "ts-small ts-soft" }, learnLinked(one.paper))));

/** The figure of an objective's card. These lie far down: what draws them is fetched when one comes near the screen. */
function objectiveFigure(one) {
  const figure = h("figure", { class: "learn-figure later" });
  new IntersectionObserver((seen, watch) => {
    if (!seen.some((part) => part.isIntersecting)) return;
    watch.disconnect();
    import("./objective-diagrams.js").then((part) => figure.append(part.objectiveDiagram(one, one.what))).catch(() => {}); // the words stand beside it
  }, { rootMargin: "800px" }).observe(figure);
  return figure;
}
