/* The glossary: every word of the field by topic, with an anchor (#term-lora) and a filter over names and meanings. */
import { h } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { learnFold } from "./parts.js";

/** @param {Parts<"learn">} page */
export function glossary(page) {
  const topics = page.glossary.map(learnTopic);
  const entries = topics.flatMap((topic) => topic.entries);
  const found = h("p", { class: "ts-soft ts-small", role: "status" });
  const none = h("p", { class: "ts-soft", hidden: true }, t("learn.glossary.none"));
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    entries.forEach((entry) => { entry.node.hidden = !entry.text.includes(wanted); });
    topics.forEach((topic) => {
      topic.node.hidden = topic.entries.every((entry) => entry.node.hidden);
      if (wanted) topic.fold.open = true;
    });
    const left = entries.filter((entry) => !entry.node.hidden).length;
    none.hidden = left > 0;
    found.textContent = t("learn.glossary.found", { n: left, all: entries.length });
  };
  const search = h("input", {
    class: "ts-input", id: "learn-words", type: "search", autocomplete: "off", placeholder: t("learn.glossary.filter"),
    "aria-label": t("learn.glossary.filter"), oninput: filter,
  });
  filter();
  window.addEventListener("hashchange", () => unfilter(entries, search, filter));
  return h("div", { class: "learn-glossary" },
    h("div", { class: "learn-words-bar" }, h("div", { class: "learn-search" }, drawIcon("search"), search), found),
    none, topics.map((topic) => topic.node));
}

/** A word that the address names is shown, whatever the filter says. */
function unfilter(entries, search, filter) {
  const named = entries.find((entry) => "#" + entry.node.id === location.hash);
  if (!named?.node.hidden) return;
  search.value = "";
  filter();
}

function learnTopic(topic) {
  const entries = topic.terms.map(learnTerm);
  const id = "words-" + topic.key;
  const handle = [t("learn.unfold.words", { n: entries.length }), h("span", { class: "ts-sr" }, ": " + topic.title)];
  const fold = learnFold(handle, h("dl", {}, entries.map((entry) => entry.node)));
  return { entries, fold, node: h("section", { class: "learn-topic", "aria-labelledby": id }, h("h3", { id }, topic.title), fold) };
}

/** One word: {node, text to search in}. */
function learnTerm(term) {
  const { name, english, meaning, source } = term;
  const from = source ? h("p", { class: "ts-small ts-soft" },
    h("a", { class: "ts-link", href: source.url, target: "_blank", rel: "noopener noreferrer" }, source.title)) : null;
  return {
    text: [name, english, meaning].filter(Boolean).join(" ").toLowerCase(),
    node: h("div", { class: "learn-term", id: "term-" + term.key },
      h("dt", { tabindex: "-1" }, name, english && !name.includes(english) ? h("span", { lang: "en" }, english) : null),
      h("dd", {}, h("p", {}, meaning), from)),
  };
}
