/* What can be learnt: one card an objective. */
"use strict";
TS.learn = TS.learn || {};

TS.learn.objectives = (page) => TS.h("div", { class: "ts-stack" }, page.objectives.map(TS.learn.objective));

TS.learn.objective = (one) => TS.h("article", { class: "ts-card learn-card", id: "objective-" + one.key, "aria-labelledby": `objective-${one.key}-title` },
  TS.h("div", { class: "learn-card-head" },
    TS.h("div", {}, TS.h("h3", { id: `objective-${one.key}-title`, tabindex: "-1" }, one.label), TS.h("p", { class: "ts-soft" }, one.tagline))),
  TS.h("p", {}, one.what),
  TS.h("dl", { class: "learn-what" },
    TS.h("dt", {}, TS.t("learn.objective.from")), TS.h("dd", {}, one.learns_from.join(TS.t("learn.objective.comma"))),
    TS.h("dt", {}, TS.t("learn.objective.data")), TS.h("dd", {}, one.data),
    TS.h("dt", {}, TS.t("learn.objective.loss")), TS.h("dd", { class: "ts-mono learn-formula" }, one.loss)),
  TS.learn.choice(one, "h4"),
  TS.h("p", { class: "ts-small ts-soft" }, TS.learn.linked(one.paper)));
