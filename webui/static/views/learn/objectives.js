/* What can be learnt: one card an objective. */
import { h } from "../../kit/dom.js";
import { t } from "../../kit/texts.js";
import { choice, learnHandle, learnLinked } from "./card.js";
import { learnFold } from "./parts.js";

/** @param {Parts<"learn">} page */
export const objectives = (page) => h("div", { class: "ts-stack" }, page.objectives.map(objective));

const objective = (one) => h("article", { class: "ts-card learn-card", id: "objective-" + one.key, "aria-labelledby": `objective-${one.key}-title` },
  h("div", { class: "learn-card-head" },
    h("div", {}, h("h3", { id: `objective-${one.key}-title`, tabindex: "-1" }, one.label), h("p", { class: "ts-soft" }, one.tagline))),
  learnFold(learnHandle(one.label),
    h("p", {}, one.what),
    h("dl", { class: "learn-what" },
      h("dt", {}, t("learn.objective.from")), h("dd", {}, one.learns_from.join(t("learn.objective.comma"))),
      h("dt", {}, t("learn.objective.data")), h("dd", {}, one.data),
      h("dt", {}, t("learn.objective.loss")), h("dd", { class: "ts-mono learn-formula" }, one.loss)),
    choice(one, "h4"),
    h("p", { class: "ts-small ts-soft" }, learnLinked(one.paper))));
