/* The Overview of a data set: what stands out and what to do next, then its report in numbers. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";
import { LEVEL_ICONS, formatName, statBox } from "../badges.js";
import { misfitList } from "../misfits.js";
import { openSet } from "../open-set.js";
import { lengthParts, shares } from "./charts.js";
import { gather, working } from "./gather.js";
import { dataModelCard } from "./model.js";
import { rejectedCard } from "../rows/rejected.js";
import { noteBox, watchFit } from "../../shared/form-controls.js";

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function overviewTab(set, ctx) {
  const seen = { set, report: null, tokens: null, template: null, fit: null };
  let asked;
  const health = h("section", { class: "ts-card data-glance", "aria-labelledby": "data-glance-title" });
  const body = h("div", { class: "data-report-body" }, working(0));
  const tell = () => replaceChildren(health, glance(seen));
  const look = (model) => {
    asked = model;
    watchFit(() => ctx.call("data_fit", set.id, model), (fit) => { seen.fit = fit; tell(); }, () => page.isConnected && asked === model);
  };
  const page = h("div", { class: "ts-stack data-report" }, health, body,
    dataModelCard(set, ctx, (tokens, template, model) => {
      Object.assign(seen, { tokens, template });
      if (model !== asked) look(model);
      tell();
    }),
    h("div", { id: "data-left-out" }, rejectedCard(set, ctx)), dataFacts(set));
  tell();
  gather(page, () => ctx.call("report", set.id), (share) => replaceChildren(body, working(share)))
    .then((report) => { if (!report) return; seen.report = report; replaceChildren(body, reportCards(report)); tell(); })
    .catch((error) => replaceChildren(body, noteBox("danger", error.message)));
  return page;
}

/** What stands out: [{level, text, to}] from what is known so far; the worst first. */
function standsOut({ set, report, tokens, template }) {
  const number = format.number;
  const found = [];
  const say = (level, key, params, to) => found.push({ level, text: t("data.glance." + key, params), to });
  for (const one of template?.findings || []) if (["danger", "warn"].includes(one.level) && !TOLD_BY_FIT.includes(one.code)) say(one.level, one.code, one.params, "model");
  if (tokens?.unlearnable) say("danger", "unlearnable", { n: number(tokens.unlearnable) }, "model");
  if (tokens?.over_context) say("warn", "over_context", { n: number(tokens.over_context), limit: number(tokens.context) }, "model");
  const unused = set.rejected - set.repaired;
  if (unused > 0) say("warn", "rejected", { n: number(unused) }, "left_out");
  if (report?.empty_answers) say("warn", "empty", { n: number(report.empty_answers) }, "findings");
  if (set.stats?.leaked) say("warn", "leaked", { n: number(set.stats.leaked) }, "findings");
  if (report?.same) say("warn", "same", { n: number(report.same) }, "findings");
  if (report && report.rows >= 2 && !report.splits.val) say("warn", "no_val", {}, "shape");
  if (report && report.splits.train < 50) say("info", "few", { n: number(report.splits.train) }, "rows");
  const same = report ? report.sample.identical_rows / (report.sample.looked || 1) : 0;
  if (same > 0.3 && !report.sample.labels.length) say("info", "answers", { share: format.percent(same) }, "answers");
  return found.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
const TOLD_BY_FIT = ["template.missing", "template.refuses", "template.system_dropped", "template.system_refused", "template.end_added", "template.no_end", "template.thoughts", "template.thoughts_as_text"];
const LEVELS = ["danger", "warn", "info", "good"];

function glance(seen) {
  const found = standsOut(seen);
  const worst = [...(seen.fit?.findings || []), ...found].map((one) => one.level).sort((a, b) => LEVELS.indexOf(a) - LEVELS.indexOf(b))[0];
  const whole = seen.report && (seen.tokens || seen.noModel);
  const head = worst === "danger" || worst === "warn" ? "look" : whole || seen.report ? "good" : "looking";
  const next = h("button", { type: "button", class: "ts-btn primary", onclick: () => openSet.openTab("findings") }, drawIcon("list-checks"), t("data.glance.find"));
  return [
    h("div", { class: "ts-spread" },
      h("div", {}, h("h2", { id: "data-glance-title" }, t("data.glance.title." + head)), h("p", { class: "ts-soft" }, t("data.glance.next"))),
      next),
    misfitList(seen.fit, { dataset: seen.set.id }),
    found.length ? h("ul", { class: "data-stands-out" }, found.map((one) => h("li", { class: one.level },
      drawIcon(LEVEL_ICONS[one.level]), h("span", { class: "ts-sr" }, t("data.glance.level." + one.level)), h("span", {}, one.text), glanceLink(one.to)))) : null];
}

/** Where a remark leads: another tab, or a card below. */
function glanceLink(to) {
  const card = { left_out: "data-left-out", model: "data-for-model", answers: "data-same-answers" }[to];
  const go = card ? () => document.getElementById(card)?.scrollIntoView({ block: "start" }) : () => openSet.openTab(to);
  return h("button", { type: "button", class: "ts-btn small ghost", onclick: go }, t("data.glance.to." + to));
}

function reportCards(report) {
  const { sample } = report;
  const partly = sample.looked < report.rows ? h("p", { class: "ts-soft ts-small" }, t("data.report.sampled", { n: format.number(sample.looked) })) : null;
  const card = (key, ...children) => h("section", { class: "ts-card", "aria-labelledby": "data-report-" + key }, h("h2", { id: "data-report-" + key }, t("data.report." + key)), children);
  const openings = sample.openings.question.length + sample.openings.answer.length;
  return [
    card("size", h("div", { class: "data-numbers" },
      statBox(format.number(report.rows), t("data.rows_used")),
      statBox(format.number(report.splits.train), t("data.report.train")),
      statBox(format.number(report.splits.val), t("data.report.val")),
      report.splits.test ? statBox(format.number(report.splits.test), t("data.report.test")) : null),
      shares(t("data.report.languages"), report.languages.map(([code, rows]) => [t("data.language." + code), rows]), report.rows),
      report.turns.length > 1 || report.turns[0]?.[0] > 1 ? shares(t("data.report.turns"), report.turns.map(([turns, rows]) => [turns >= report.most_turns ? t("data.report.turns_more", { n: turns }) : format.number(turns), rows]), report.rows) : null),
    card("lengths", lengthParts("data-length", t("data.report.part"), [
      ["whole", t("data.report.whole"), report.characters.whole], ["question", t("data.report.question"), sample.question],
      ["answer", t("data.report.answer"), sample.question ? report.characters.answer : null]], "characters")),
    sample.labels.length ? card("labels", sample.labels.slice(0, 4).map((label) => labelTable(label, sample.looked)), partly?.cloneNode(true)) : null,
    openings ? card("openings", ["question", "answer"].map((part) => sample.openings[part].length
      ? shares(t("data.report.openings_" + part), sample.openings[part], sample.looked) : null), partly?.cloneNode(true)) : null,
    sample.identical.length && !isLabels(sample) ? h("div", { id: "data-same-answers" }, card("identical", h("p", { class: "ts-soft" }, t("data.report.identical_lead", { n: format.number(sample.identical_rows) })),
      shares(t("data.report.identical_table"), sample.identical.map((one) => [one.text, one.rows]), sample.looked), partly?.cloneNode(true))) : null];
}

/** Answers that are labels repeat by nature. */
const isLabels = (sample) => sample.labels.length > 0 && sample.identical_rows > 0.9 * sample.looked;

/** How often each value of a column is there; a share far from even is said in words. */
function labelTable(label, looked) {
  const rows = label.values.map(([, count]) => count);
  const ratio = Math.max(...rows) / Math.max(1, Math.min(...rows));
  return h("div", {}, shares(t("data.report.label_column", { column: label.column }), label.values.slice(0, 12), looked),
    label.values.length > 12 ? h("p", { class: "ts-small ts-soft" }, t("data.report.more_values", { n: label.values.length - 12 })) : null,
    ratio >= 5 ? h("p", { class: "ts-small data-uneven" }, drawIcon("info"), t("data.report.uneven", { n: format.number(ratio) })) : null);
}

/**
 * Where it came from, for those who want to know.
 * @param {Server.DatasetView} set
 */
function dataFacts(set) {
  const facts = [
    [t("data.found.format"), formatName(set.format)],
    [t("data.found.encoding"), set.encoding],
    [t("data.found.shape"), set.shape && t("data.shape." + set.shape)],
    [t("data.rows_left_out"), format.number(set.rejected)],
    [t("data.seed"), String(set.seed)],
    [t("data.hash"), set.content_hash && h("span", { class: "ts-mono" }, set.content_hash.slice(0, 12))],
  ].filter(([, value]) => value);
  return h("details", { class: "ts-details ts-card flat" }, h("summary", {}, t("data.report.facts")),
    h("dl", { class: "ts-kv" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}
