/* Preference data, first step (?add=rank): who answers what, how often; below, what was drawn before and the playground's votes. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { randomKey } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { wayCard } from "../import/way-card.js";
import { labelledField, noteBox } from "../../shared/form-controls.js";
import { settingsForm } from "../../shared/form.js";

/** @param {Ctx<"data">} ctx */
export function rankWay(ctx, close) {
  const body = h("div", { class: "ts-stack" });
  ctx.call("rank_form").then((form) => replaceChildren(body, drawForm(ctx, form)), (error) => replaceChildren(body, noteBox("danger", error.message)));
  return wayCard("rank", close, body);
}

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DrawForm} form
 */
function drawForm(ctx, form) {
  const earlier = h("div", { class: "ts-stack tight" });
  ctx.call("rank_drawings").then((found) => replaceChildren(earlier, found.length ? drawnBefore(found) : null), () => {});
  if (!form.writers.length) return [noteBox("warn", t("rank.no_model"), " ", h("a", { class: "ts-link", href: pageUrl("models") }, t("make.to_models"))), earlier];
  const defaults = Object.fromEntries(form.params.map((param) => [param.key, param.default]));
  const chosen = {}, writers = new Set([form.writers[0].key]), key = randomKey();
  const prompts = h("textarea", { class: "ts-textarea", id: "rank-prompts", rows: "5", dir: "auto", oninput: () => { chosen.prompts = prompts.value; } });
  const [asked] = form.params.filter((param) => param.key === "prompts");
  const box = (one) => h("label", { class: "ts-check" }, h("input", { type: "checkbox", checked: writers.has(one.key), "data-writer": one.key, onchange: (event) => writers[event.target.checked ? "add" : "delete"](one.key) }), h("span", { dir: "auto" }, one.label));
  const fields = h("div", {});
  const drawn = settingsForm(fields, { id: "rank", params: form.params.filter((param) => param.key !== "prompts"), values: {}, defaults,
    onchange: (param, value) => { if (value === undefined) delete chosen[param.key]; else chosen[param.key] = value; } });
  const start = h("button", { type: "button", class: "ts-btn primary", id: "rank-start", onclick: () => runAction(start, async () => {
    drawn.setFaults({});
    try {
      const job = await ctx.call("rank_draw", { ...defaults, ...chosen, writers: [...writers] }, key);
      location.assign(pageUrl("data", { rank: job }));
    } catch (error) {
      drawn.setFaults(error.faults || {});
      if (!Object.keys(error.faults || {}).length) throw error;
    }
  }) }, drawIcon("sparkles"), t("rank.start"));
  return [h("fieldset", { class: "ts-field rank-writers" }, h("legend", { class: "ts-label" }, t("rank.writers")), form.writers.map(box)),
    labelledField("rank-prompts", asked.label, prompts, { help: asked.help }), fields, h("div", { class: "ts-row" }, start), earlier];
}

/** @param {Server.DrawnView[]} found */
const drawnBefore = (found) => [h("h3", {}, t("rank.earlier")), h("ul", { class: "make-jobs" }, found.map((one) => h("li", { class: "ts-row" },
  h("a", { class: "ts-link", dir: "auto", href: pageUrl("data", { rank: one.job ?? "votes" }) }, one.job === null ? t("rank.votes") : one.name),
  h("span", { class: "ts-soft ts-small ts-num" }, t("rank.count", { ranked: format.number(one.ranked), n: format.number(one.prompts) })))))];
