/* The cards: one a method, by family. */
"use strict";
TS.learn = TS.learn || {};

TS.learn.cards = (page) => TS.h("div", { class: "ts-stack loose" }, TS.learn.legend(),
  page.families.map((family) => {
    const methods = page.methods.filter((method) => method.family === family.key);
    if (!methods.length) return null;
    return TS.h("div", { class: "learn-family" }, TS.h("h3", {}, family.label), methods.map((method) => TS.learn.card(page, method)));
  }));

/** What the colours of the diagrams mean. */
TS.learn.legend = () => TS.h("ul", { class: "learn-legend ts-small" }, ["frozen", "trained", "example"].map((kind) =>
  TS.h("li", {}, TS.h("i", { class: "learn-swatch " + kind, "aria-hidden": "true" }), TS.t("learn.legend." + kind))));

TS.learn.card = function (page, method) {
  const learn = method.learn;
  const told = learn ? `${learn.trains} ${learn.frozen}` : method.tagline;
  const numbers = TS.h("div", { class: "learn-numbers" });
  const draw = () => TS.replace(numbers, TS.learn.numbers(page, method));
  page.on(draw);
  draw();
  return TS.h("article", { class: "ts-card learn-card", id: method.key, "aria-labelledby": method.key + "-title" },
    TS.h("div", { class: "learn-card-head" },
      TS.h("div", {}, TS.h("h4", { id: method.key + "-title", tabindex: "-1" }, method.label), TS.h("p", { class: "ts-soft" }, method.tagline)),
      TS.h("a", { class: "ts-btn small", href: TS.url("train", { method: method.key }), "aria-label": TS.t("learn.use", { method: method.label }) }, TS.icon("wand-sparkles"), TS.t("learn.use_short"))),
    TS.h("div", { class: "learn-card-body" },
      TS.h("figure", { class: "learn-figure" }, TS.diagram(method, told)),
      TS.h("div", { class: "ts-stack learn-words" }, learn ? TS.learn.words(learn) : null, numbers)),
    learn ? TS.learn.choice(learn) : null,
    TS.learn.more(method));
};

TS.learn.words = (learn) => [
  TS.h("p", {}, learn.what),
  TS.h("dl", { class: "learn-what" },
    TS.h("dt", {}, TS.h("i", { class: "learn-swatch trained", "aria-hidden": "true" }), TS.t("learn.trains")), TS.h("dd", {}, learn.trains),
    TS.h("dt", {}, TS.h("i", { class: "learn-swatch frozen", "aria-hidden": "true" }), TS.t("learn.frozen")), TS.h("dd", {}, learn.frozen)),
];

/** The method's numbers on the chosen model, at its defaults. */
TS.learn.numbers = function (page, method) {
  const given = page.costs?.numbers[method.key];
  if (given?.refused) return TS.note("warn", TS.t("error." + given.refused.code, given.refused.params));
  const stat = (key, value) => TS.h("div", { class: "ts-stat" }, TS.h("b", {}, value), TS.h("span", {}, TS.t("learn.number." + key)));
  const cost = TS.learn.cost(page, method.key);
  return [
    stat("trained", cost ? TS.train.count(cost.trained) : "–"), stat("share", cost ? TS.learn.share(cost.share) : "–"),
    stat("size", cost ? TS.format.bytes(cost.bytes) : "–"), stat("memory", cost ? TS.train.megabytes(cost.memory_mb) : "–"),
  ];
};

TS.learn.choice = (learn, heading = "h5") => TS.h("div", { class: "learn-when" },
  TS.h("div", { class: "good" }, TS.h(heading, {}, TS.icon("check", 16), TS.t("learn.when")), TS.h("p", {}, learn.when)),
  TS.h("div", { class: "bad" }, TS.h(heading, {}, TS.icon("x", 16), TS.t("learn.when_not")), TS.h("p", {}, learn.when_not)));

TS.learn.more = function (method) {
  const list = (title, items) => (items.length ? TS.h("div", {}, TS.h("h5", {}, title), TS.h("ul", {}, items.map((item) => TS.h("li", {}, item)))) : null);
  const learn = method.learn;
  return TS.h("details", { class: "ts-details learn-more" }, TS.h("summary", {}, TS.t("learn.more"), TS.h("span", { class: "ts-sr" }, " " + method.label)),
    TS.h("div", { class: "learn-more-grid" },
      learn ? list(TS.t("learn.strengths"), learn.strengths) : null,
      learn ? list(TS.t("learn.weaknesses"), [...learn.weaknesses, ...method.notes]) : null,
      TS.h("div", {}, TS.h("h5", {}, TS.t("learn.formula")), TS.h("p", { class: "ts-mono learn-formula" }, learn?.formula || "–"),
        TS.h("p", { class: "ts-small ts-soft" }, TS.t("learn.source"), " ", TS.learn.linked(method.source))),
      TS.h("div", {}, TS.h("h5", {}, TS.t("learn.abilities")), TS.h("ul", { class: "learn-abilities" }, method.capabilities.map(TS.learn.ability))),
      method.variants.length ? TS.h("div", {}, TS.h("h5", {}, TS.t("learn.variants")), TS.h("dl", { class: "learn-variants" }, method.variants.map((one) => [
        TS.h("dt", {}, one.label), TS.h("dd", {}, one.tagline, one.paper ? [" ", TS.learn.linked(one.paper)] : null)]))) : null,
      learn ? TS.h("div", { class: "learn-paper" }, TS.h("h5", {}, TS.t("learn.paper")), TS.h("p", {}, TS.learn.linked(learn.paper))) : null));
};

TS.learn.ability = ({ label, can, reason }) => TS.h("li", { class: can ? "yes" : "no" }, TS.icon(can ? "check" : "x", 16),
  TS.h("span", {}, label, can ? null : [": ", TS.h("b", {}, TS.t("train.form.no")), reason ? TS.h("span", { class: "ts-soft" }, ", " + reason) : null]));

/** A reference with its arXiv numbers as links. */
TS.learn.linked = (text) => text.split(/(arXiv:\d{4}\.\d{4,5})/).map((part) => (part.startsWith("arXiv:")
  ? TS.h("a", { class: "ts-link", href: "https://arxiv.org/abs/" + part.slice(6), target: "_blank", rel: "noopener noreferrer" }, part) : part));
