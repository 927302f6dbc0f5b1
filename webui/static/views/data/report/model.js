/* The data set as one model reads it: tokens an epoch, lengths, limits, and whether its chat template teaches the right part. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";
import { LEVEL_ICONS, statBox } from "../badges.js";
import { lengthParts, shares } from "./charts.js";
import { gather, working } from "./gather.js";
import { labelledField, noteBox, reasonBox, selectField } from "../../shared/form-controls.js";

/**
 * `tell(tokens, template, model)` hears what is known of the chosen model.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function dataModelCard(set, ctx, tell) {
  const pick = h("div", { class: "data-model-pick" });
  const template = h("div", {});
  const body = h("div", { class: "data-tokens", "aria-live": "polite" });
  const card = h("section", { class: "ts-card", id: "data-for-model", "aria-labelledby": "data-model-title" }, h("h2", { id: "data-model-title" }, t("data.model.title")), pick, template, body);
  let newest = 0;
  const start = async (model) => {
    const mine = (newest += 1);
    const here = () => mine === newest;
    replaceChildren(template);
    replaceChildren(body, working(0));
    tell(null, null, model);
    try {
      const check = await ctx.call("report_template", set.id, model);
      if (!here()) return;
      replaceChildren(template, templateCheck(check));
      tell(null, check, model);
      const tokens = await gather(card, () => ctx.call("report_tokens", set.id, model), (share) => { if (here()) replaceChildren(body, working(share)); });
      if (!here() || !tokens) return;
      replaceChildren(body, tokenReport(tokens, set));
      tell(tokens, check, model);
    } catch (error) {
      if (here()) replaceChildren(body, noteBox("danger", error.message));
    }
  };
  ctx.call("models").then((models) => {
    if (!models.length) tell(null, null, null);
    if (!models.length) return replaceChildren(body, h("p", { class: "ts-soft" }, t("data.tokens.no_model")));
    replaceChildren(pick, labelledField("data-model", t("data.tokens.model"), selectField("data-model", models.map((model) => [model.id, model.name]), models[0].id, start), {}));
    return start(models[0].id);
  }).catch((error) => replaceChildren(body, noteBox("danger", error.message)));
  return card;
}

/** @param {Server.DatasetView} set */
function tokenReport(report, set) {
  const number = format.number;
  if (!report.whole.bars.length) return noteBox("danger", t("data.model.all_refused"), report.reason ? h("p", {}, reasonBox(report.reason)) : null);
  return [
    h("div", { class: "data-numbers" },
      statBox(number(report.epoch.tokens), t("data.model.epoch")),
      statBox(number(report.epoch.learnt), t("data.model.learnt")),
      report.speed ? statBox(format.duration(report.speed.seconds), t("data.model.time")) : null,
      statBox(number(report.whole.mean), t("data.tokens.mean")),
      statBox(number(report.whole.longest), t("data.tokens.longest"))),
    report.speed ? h("p", { class: "ts-soft ts-small" }, t("data.model.speed", { n: number(report.speed.tokens_per_s) })) : null,
    report.looked < report.rows ? h("p", { class: "ts-soft ts-small" }, t("data.model.sampled", { n: number(report.looked), all: number(report.rows) })) : null,
    report.refused ? noteBox("warn", t("data.tokens.refused", { n: number(report.refused) }), report.reason ? h("p", { class: "ts-small" }, reasonBox(report.reason)) : null) : null,
    report.thoughts ? noteBox("warn", t("data.model.thoughts", { n: number(report.thoughts) })) : null,
    report.ends ? noteBox("info", t("data.model.ends", { n: number(report.ends) })) : null,
    report.skipped ? noteBox("info", t("data.model.skipped", { n: number(report.skipped) })) : null,
    report.cropped ? noteBox("warn", t("data.model.cropped", { n: number(report.cropped) })) : null,
    report.controls ? noteBox("info", t("data.model.controls", { n: number(report.controls) })) : null,
    h("div", { class: "data-model-cols" },
      lengthParts("data-token-length", t("data.report.part"), [
        ["whole", t("data.report.whole"), report.whole], ["question", t("data.report.question"), report.question],
        ["answer", t("data.model.part_learnt"), set.kind === "text" ? null : report.answer]], "tokens"),
      limitTable(report))];
}

/** Rows that a limit would cut, up to the first limit that none passes; the model's own limit among them. */
function limitTable(report) {
  const clear = report.over.findIndex(([, rows]) => !rows);
  const shown = (clear < 0 ? report.over : report.over.slice(0, clear + 1)).filter(([limit]) => !report.context || limit < report.context);
  const lines = [...shown.map(([limit, rows]) => [t("data.tokens.length", { n: format.number(limit) }), rows]),
    ...(report.context ? [[t("data.model.context", { n: format.number(report.context) }), report.over_context]] : [])];
  return shares(t("data.tokens.over"), lines, report.rows);
}

/** What a real row looks like to the model, and whether its end is taught. */
function templateCheck(check) {
  const lines = check.findings.map((one) => h("li", { class: one.level }, drawIcon(LEVEL_ICONS[one.level]), h("span", {}, t("data.glance." + one.code, one.params))));
  if (!check.tokens.length) return h("ul", { class: "data-stands-out" }, lines);
  const tokens = h("div", { class: "ts-tokens data-end", tabindex: "0", role: "group", "aria-label": t("data.model.tokens_label", { learnt: check.tokens.filter((token) => token.trained).map((token) => token.text).join("") }) },
    check.cut ? "… " : null, check.tokens.map((token) => h("span", { class: token.trained ? "trained" : "masked" }, visible(token.text))));
  return h("div", { class: "ts-stack data-template" }, h("h3", {}, t("data.model.template")), h("ul", { class: "data-stands-out" }, lines),
    h("p", { class: "ts-soft ts-small" }, t("data.model.tokens")), tokens,
    check.head ? h("details", { class: "ts-details ts-small" }, h("summary", {}, t("data.model.head")), h("p", { class: "ts-soft" }, t("data.model.head_lead")), h("pre", { class: "ts-log" }, check.head)) : null);
}

/** Line ends can be seen. */
const visible = (text) => text.replace(/\n/g, "↵\n");
