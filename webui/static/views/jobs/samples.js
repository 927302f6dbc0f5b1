/* The same question, answered again at each checkpoint: what the job taught, side by side in time. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { cutPreview } from "../shared/cut-preview.js";
import { partedThought, thoughtFold } from "../shared/markdown.js";
import { SAMPLE_REWARD } from "./parts.js";

export function jobSamples(root) {
  const prompts = new Map(); // prompt index -> {prompt, expected, answers: Map(step -> answer)}
  let chosen = null;
  let drawn = "";
  let began = null; // name of the tuned model that the job goes on with

  const add = (samples) => {
    for (const one of samples) {
      const entry = prompts.get(one.prompt_index) || { prompt: one.prompt, expected: one.expected, answers: new Map() };
      entry.answers.set(one.step, one.answer);
      prompts.set(one.prompt_index, entry);
    }
  };
  const clear = () => prompts.clear();
  const rewarded = (metrics) => { for (const index of prompts.keys()) prompts.get(index).rewards = new Map(metrics[SAMPLE_REWARD + index] || []); };
  const choose = (index) => { chosen = index; drawn = ""; show(); };

  const show = () => {
    const indexes = [...prompts.keys()].sort((a, b) => a - b);
    if (!prompts.has(chosen)) chosen = indexes[0] ?? null;
    const state = JSON.stringify([chosen, indexes.map((i) => [...prompts.get(i).answers.keys(), prompts.get(i).rewards?.size])]);
    if (state === drawn) return;
    drawn = state;
    if (chosen === null) return replaceChildren(root);
    const before = root.querySelector(".sample-strip");
    const scrolled = before && !seesNewest(before) ? before.scrollLeft : null;
    replaceChildren(root, h("section", { class: "ts-card" },
      h("h2", {}, t("jobs.samples.title")), h("p", { class: "ts-soft ts-small" }, t("jobs.samples.lead")),
      indexes.length > 1 ? sampleTabs(indexes, prompts, chosen, choose) : null, samplePanel(prompts.get(chosen), began)));
    const strip = root.querySelector(".sample-strip");
    if (strip) strip.scrollLeft = scrolled ?? strip.scrollWidth; // the newest answer is in view until the reader looks at an earlier one
  };
  const begins = (name) => { began = name; };
  return { add, begins, clear, rewarded, show };
}

const seesNewest = (strip) => strip.scrollLeft + strip.clientWidth >= strip.scrollWidth - 24;

function sampleTabs(indexes, prompts, chosen, choose) {
  const key = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = indexes[(indexes.indexOf(chosen) + step + indexes.length) % indexes.length];
    choose(next);
    document.getElementById("sample-tab-" + next)?.focus();
  };
  return h("div", { class: "ts-tabs sample-tabs", role: "tablist", "aria-label": t("jobs.samples.questions"), onkeydown: key },
    indexes.map((index) => h("button", {
      type: "button", role: "tab", id: "sample-tab-" + index, "aria-selected": String(index === chosen),
      "aria-controls": "sample-panel", tabindex: index === chosen ? "0" : "-1", title: prompts.get(index).prompt, onclick: () => choose(index),
    }, h("span", {}, prompts.get(index).prompt))));
}

function samplePanel(entry, began) {
  const steps = [...entry.answers.keys()].sort((a, b) => a - b);
  return h("div", { id: "sample-panel", role: "tabpanel", "aria-label": entry.prompt, class: "sample-panel" },
    h("div", { class: "sample-asked" },
      h("div", { class: "ts-bubble user" }, entry.prompt),
      entry.expected ? h("div", { class: "sample-expected" },
        h("span", { class: "ts-label" }, t("jobs.samples.expected")), h("p", {}, entry.expected)) : null),
    h("div", { class: "sample-strip", tabindex: "0", role: "group", "aria-label": t("jobs.samples.over_time") },
      steps.map((step) => sampleCard(step, entry.answers.get(step), entry.expected, began, entry.rewards?.get(step)))));
}

function sampleCard(step, answer, expected, began, reward) {
  const base = step === 0;
  const [found, wanted] = [answer, expected].map((text) => (text ? partedThought(text) : null));
  const words = found ? found.words : answer;
  const same = expected && words.trim() === (wanted ? wanted.words : expected).trim();
  return h("article", { class: "sample-card " + (base ? "base" : "tuned") },
    h("header", {},
      h("span", { class: "ts-badge " + (base ? "base" : "tuned") }, base ? (began ? t("jobs.samples.began", { name: began }) : t("jobs.samples.base")) : t("jobs.samples.step", { step: format.number(step) })),
      reward === undefined ? null : h("span", { class: "ts-badge ts-num sample-reward" }, t("jobs.samples.reward", { reward: format.score(reward) })),
      same ? h("span", { class: "ts-badge good" }, drawIcon("check"), t("jobs.samples.same")) : null),
    thoughtFold(found?.thought), cutPreview(h("p", {}, words || h("em", { class: "ts-soft" }, t("jobs.samples.nothing")))));
}
