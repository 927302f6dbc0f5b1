/* Marks of a data set that several pages show: its language, its numbers, its health. */
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, runAction } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";

export const SAMPLES = ["en", "zh"];

export const languageBadge = (word) => (word ? h("span", { class: "ts-badge neutral" }, word) : null);

const KIND_ICONS = { chat: "messages-square", tools: "wrench", pairs: "layers", thumbs: "thumbs-up", ranking: "list-ordered", prompts: "list-checks", text: "file-text" };

/** What kind of rows a data set has, as a badge; nothing while nobody knows. */
export const kindBadge = (kind) => (kind ? h("span", { class: "ts-badge neutral data-kind", "data-kind": kind }, drawIcon(KIND_ICONS[kind], 13), t("data.badge." + kind)) : null);

/** Kind and languages of a data set. */
export const dataBadges = (set) => h("span", { class: "data-badges" }, kindBadge(set.badge), set.spoken.map((code) => languageBadge(t("data.language." + code))));

export const statBox = (number, label) => h("div", { class: "ts-stat" }, h("b", {}, number), h("span", {}, label));

/**
 * The health mark: a shape and a word.
 * @param {Server.DatasetView} set
 */
export const health = (set) => set.rejected
  ? h("p", { class: "data-health warn" }, drawIcon("triangle-alert"),
    t("data.health.rejected", { n: format.number(set.rejected) }))
  : h("p", { class: "data-health good" }, drawIcon("circle-check"), t("data.health.good"));
export const dataBack = () => h("a", { class: "ts-link data-back", href: pageUrl("data") }, drawIcon("arrow-right"), t("data.back"));

export const formatName = (key) => (key ? key === "parquet" ? "Parquet" : key.toUpperCase() : "");

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export async function dataRemove(button, set, ctx) {
  if (!(await askFirst(t("data.delete.title", { name: set.name }), t("data.delete.text"), t("data.delete")))) return;
  const gone = await runAction(button, async () => { await ctx.call("delete_dataset", set.id); return true; });
  if (gone) location.assign(pageUrl("data"));
}

export const SEVERITY_ICONS = { serious: "triangle-alert", look: "eye", hint: "info" };

export const LEVEL_ICONS = { danger: "circle-x", warn: "triangle-alert", info: "info", good: "circle-check" };

/** Dropped, added, changed, moved: those that are not zero, each with its sign. */
export const CHANGES = { changed: "pencil", dropped: "trash-2", added: "plus", moved: "arrow-right" };
