/* The list of data sets: a drop zone, other ways to bring data, samples, and a card each. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, runAction } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { SAMPLES, SEVERITY_ICONS, dataBadges, health, kindBadge, languageBadge, statBox } from "./badges.js";
import { dropZone } from "./import/upload.js";
import { dataWays } from "./import/ways.js";
import { misfitList, warnings } from "./misfits.js";
import { noteBox, watchFit } from "../shared/form-controls.js";

/**
 * The list: head, drop zone, samples, cards.
 * @param {Ctx<"data">} ctx
 */
export function library(root, value, ctx) {
  const cards = h("div", { class: "data-library", "aria-busy": "true" }, h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  const draw = async () => {
    try {
      drawLibrary(cards, await ctx.call("all_datasets"), ctx);
      watchFit(() => ctx.call("data_fits"), (found) => showFits(cards, found), () => cards.isConnected);
      await auditMarks(cards, ctx);
    } catch (error) {
      replaceChildren(cards, noteBox("danger", error.message));
    }
    cards.removeAttribute("aria-busy");
  };
  const ways = dataWays(ctx);
  const zone = dropZone(value.max_upload_mb, ways.row, ctx);
  replaceChildren(root, h("div", { class: "ts-page" },
    pageHead(t("data.title"), t("data.lead")), reviewBadge(ctx), zone, ways.panel, cards));
  ways.start();
  draw();
}

/** What of each data set does not fit, on its card. */
function showFits(cards, found) {
  for (const place of cards.querySelectorAll("[data-fit]")) {
    const id = place.getAttribute("data-fit");
    replaceChildren(place, misfitList(warnings(found[id]), { dataset: id }));
  }
}

/** @param {Ctx<"data">} ctx */
function drawLibrary(holder, list, ctx) {
  const taken = new Set(list.map((one) => one.sample_key));
  const samples = SAMPLES.filter((key) => !taken.has(key));
  const offers = samples.map((key) => dataSampleCard(key, async (button) => {
    const id = await runAction(button, () => ctx.call("use_sample", key));
    if (id) location.assign(pageUrl("data", { dataset: id }));
  }));
  replaceChildren(holder,
    list.length ? [h("h2", { class: "data-section" }, t("data.yours")),
      h("div", { class: "ts-grid" }, list.map(dataCard))] : null,
    offers.length ? [h("h2", { class: "data-section" }, t(list.length ? "data.samples" : "data.samples_first")),
      h("div", { class: "ts-grid" }, offers)] : null);
}

/** A sample that ships with the product: what it teaches, a taste of it, one button. */
function dataSampleCard(key, onuse) {
  const button = h("button", { type: "button", class: "ts-btn", "data-sample": key, onclick: () => onuse(button) },
    drawIcon("sparkles"), t("data.sample.use"));
  return h("article", { class: "ts-card flat data-card" },
    h("div", { class: "ts-spread" }, h("h3", {}, t("data.sample." + key + ".title")), h("span", { class: "data-badges" }, kindBadge("chat"), languageBadge(t("data.language." + key)))),
    h("p", { class: "ts-soft" }, t("data.sample." + key + ".what")),
    h("div", { class: "data-taste", "aria-hidden": "true", lang: key === "zh" ? "zh-CN" : "en" },
      h("div", { class: "ts-bubble user" }, t("data.sample." + key + ".ask")),
      h("div", { class: "ts-bubble assistant" }, t("data.sample." + key + ".answer"))),
    h("div", { class: "data-card-foot" }, button));
}

/**
 * One data set in the list.
 * @param {Server.DatasetView} set
 */
function dataCard(set) {
  const draft = set.status === "draft";
  const busy = set.import && !set.import.ended;
  const open = pageUrl("data", { dataset: set.id });
  return h("article", { class: "ts-card data-card", "data-dataset": set.id },
    h("div", { class: "ts-spread" },
      h("h3", {}, h("a", { href: open, dir: "auto" }, set.name)),
      importBadge(set) || (draft ? h("span", { class: "ts-badge warn" }, t("data.card.draft")) : null)),
    set.badge ? dataBadges(set) : null,
    h("p", { class: "ts-soft ts-small data-source" }, set.sample_key ? t("data.card.sample") : set.source_name, " · ", format.when(set.created_at)),
    draft ? h("p", {}, t(busy ? "data.card.importing" : "data.card.draft_lead")) : [dataNumbers(set), splitBar(set), health(set), h("div", { "data-fit": set.id })],
    h("div", { class: "data-card-foot" }, draft
      ? h("a", { class: "ts-btn primary", href: open }, t(busy ? "data.card.follow" : "data.card.continue"))
      : [h("a", { class: "ts-btn", href: pageUrl("train", { dataset: set.id }) }, t("data.train_with")),
        h("a", { class: "ts-btn ghost", href: open }, t("data.card.open"))]));
}

/** @param {Server.DatasetView} set */
const dataNumbers = (set) => h("div", { class: "data-numbers" },
  statBox(format.number(set.accepted), t("data.rows")),
  set.stats?.characters ? statBox(format.number(set.stats.characters), t("data.characters")) : null);

/**
 * Rows by part as one bar with words below; test rows where there are some.
 * @param {Server.DatasetView} set
 */
function splitBar(set) {
  const total = set.train_rows + set.val_rows + set.test_rows || 1;
  /** @type {[string, number, string][]} */
  const parts = [["train", set.train_rows, t("data.split.train", { n: format.number(set.train_rows) })], ["val", set.val_rows, t("data.split.val", { n: format.number(set.val_rows) })]];
  if (set.test_rows) parts.push(["test", set.test_rows, t("data.split.test", { n: format.number(set.test_rows) })]);
  return h("div", { class: "data-split" },
    h("div", { class: "data-split-bar", "aria-hidden": "true" }, parts.map(([part, rows]) => h("i", { class: part, style: { width: (100 * rows) / total + "%" } }))),
    h("div", { class: "ts-spread ts-small" }, parts.map(([part, , words]) => h("span", { class: "data-key " + part }, words))));
}

/**
 * A line on each card of the library: what the last search found there.
 * @param {Ctx<"data">} ctx
 */
async function auditMarks(holder, ctx) {
  const marks = await ctx.call("audit_marks");
  for (const card of holder.querySelectorAll("[data-dataset]")) {
    const found = marks[card.dataset.dataset];
    const level = !found ? null : found.serious ? "serious" : found.look + found.hint ? "look" : "clean";
    if (!level) continue;
    const n = level === "look" ? found.look + found.hint : found.serious;
    const words = level === "clean" ? t("findings.mark.clean") : t("findings.mark." + level + (n === 1 ? ".one" : ""), { n });
    const mark = h("p", { class: "data-health " + (level === "clean" ? "good" : level === "serious" ? "danger" : "warn"), "data-mark": level },
      drawIcon(level === "clean" ? "circle-check" : SEVERITY_ICONS[level]),
      h("a", { class: "ts-link", href: pageUrl("data", { dataset: card.dataset.dataset, tab: "findings" }) }, words));
    card.querySelector(".data-card-foot").before(mark);
  }
}

/**
 * On the list of data sets: how many rows wait.
 * @param {Ctx<"data">} ctx
 */
function reviewBadge(ctx) {
  const holder = h("div", { class: "data-review-link" });
  ctx.call("review_count").then((count) => {
    if (count) holder.append(h("a", { class: "ts-btn", href: pageUrl("data", { review: 1 }) }, drawIcon("list-checks"), t("data.review.link"), h("span", { class: "ts-badge warn" }, format.number(count))));
  }).catch((error) => console.warn(error));
  return holder;
}

/**
 * The mark in the list of data sets; null where nothing is imported.
 * @param {Server.DatasetView} set
 */
const importBadge = (set) => (set.import
  ? h("span", { class: "ts-badge " + (set.import.ended ? "warn" : "neutral") }, t("data.importing.badge" + (set.import.ended ? ".ended" : "")))
  : null);
