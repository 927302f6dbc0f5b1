/* The glossary: every word of the field by topic, with an anchor (#term-lora) and a filter over names and meanings. */
"use strict";
TS.learn = TS.learn || {};

TS.learn.glossary = function (page) {
  const topics = page.glossary.map(TS.learn.topic);
  const entries = topics.flatMap((topic) => topic.entries);
  const found = TS.h("p", { class: "ts-soft ts-small", role: "status" });
  const none = TS.h("p", { class: "ts-soft", hidden: true }, TS.t("learn.glossary.none"));
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    entries.forEach((entry) => { entry.node.hidden = !entry.text.includes(wanted); });
    topics.forEach((topic) => { topic.node.hidden = topic.entries.every((entry) => entry.node.hidden); });
    const left = entries.filter((entry) => !entry.node.hidden).length;
    none.hidden = left > 0;
    found.textContent = TS.t("learn.glossary.found", { n: left, all: entries.length });
  };
  const search = TS.h("input", {
    class: "ts-input", id: "learn-words", type: "search", autocomplete: "off", placeholder: TS.t("learn.glossary.filter"),
    "aria-label": TS.t("learn.glossary.filter"), oninput: filter,
  });
  filter();
  window.addEventListener("hashchange", () => TS.learn.unfilter(entries, search, filter));
  return TS.h("div", { class: "learn-glossary" },
    TS.h("div", { class: "learn-words-bar" }, TS.h("div", { class: "learn-search" }, TS.icon("search"), search), found),
    none, topics.map((topic) => topic.node));
};

/** A word that the address names is shown, whatever the filter says. */
TS.learn.unfilter = function (entries, search, filter) {
  const named = entries.find((entry) => "#" + entry.node.id === location.hash);
  if (!named?.node.hidden) return;
  search.value = "";
  filter();
};

TS.learn.topic = function (topic) {
  const entries = topic.terms.map(TS.learn.term);
  const id = "words-" + topic.key;
  return { entries, node: TS.h("section", { class: "learn-topic", "aria-labelledby": id },
    TS.h("h3", { id }, topic.title), TS.h("dl", {}, entries.map((entry) => entry.node))) };
};

/** One word: {node, text to search in}. */
TS.learn.term = function (term) {
  const { name, english, meaning, source } = term;
  const from = source ? TS.h("p", { class: "ts-small ts-soft" },
    TS.h("a", { class: "ts-link", href: source.url, target: "_blank", rel: "noopener noreferrer" }, source.title)) : null;
  return {
    text: [name, english, meaning].filter(Boolean).join(" ").toLowerCase(),
    node: TS.h("div", { class: "learn-term", id: "term-" + term.key },
      TS.h("dt", { tabindex: "-1" }, name, english && !name.includes(english) ? TS.h("span", { lang: "en" }, english) : null),
      TS.h("dd", {}, TS.h("p", {}, meaning), from)),
  };
};
