/* The Overview of a data set: what stands out and what to do next, then its report in numbers. */
"use strict";
TS.data = TS.data || {};
TS.data.tab = TS.data.tab || {};

TS.data.tab.overview = function (set, ctx) {
  const seen = { set, report: null, tokens: null, template: null };
  const health = TS.h("section", { class: "ts-card data-glance", "aria-labelledby": "data-glance-title" });
  const body = TS.h("div", { class: "data-report-body" }, TS.data.working(0));
  const tell = () => TS.replace(health, TS.data.glance(seen));
  const page = TS.h("div", { class: "ts-stack data-report" }, health, body,
    TS.data.modelCard(set, ctx, (tokens, template) => { Object.assign(seen, { tokens, template }); tell(); }),
    TS.h("div", { id: "data-left-out" }, TS.data.rejectedCard(set, ctx)), TS.data.facts(set));
  tell();
  TS.data.gather(page, ctx, "report", [set.id], (share) => TS.replace(body, TS.data.working(share)))
    .then((report) => { if (!report) return; seen.report = report; TS.replace(body, TS.data.reportCards(report)); tell(); })
    .catch((error) => TS.replace(body, TS.note("danger", error.message)));
  return page;
};

/** Ask for a report until it is whole; null when the page was left meanwhile. */
TS.data.gather = async function (root, ctx, name, args, tell) {
  await Promise.resolve(); // until the caller has put `root` on the page
  for (;;) {
    const part = await ctx.call(name, ...args);
    if (part.working === undefined) return part;
    if (!root.isConnected) return null;
    tell(part.working);
    await new Promise((done) => setTimeout(done, 30));
  }
};

TS.data.working = (share) => TS.h("div", { class: "ts-card data-working" }, TS.h("p", { class: "ts-soft" }, TS.t("data.report.working")), TS.progress(share, TS.t("data.report.working")));

/** What stands out: [{level, text, to}] from what is known so far; the worst first. */
TS.data.standsOut = function ({ set, report, tokens, template }) {
  const number = TS.format.number;
  const found = [];
  const say = (level, key, params, to) => found.push({ level, text: TS.t("data.glance." + key, params), to });
  for (const one of template?.findings || []) if (["danger", "warn"].includes(one.level)) say(one.level, one.code, one.params, "model");
  if (tokens?.unlearnable) say("danger", "unlearnable", { n: number(tokens.unlearnable) }, "model");
  if (tokens?.over_context) say("warn", "over_context", { n: number(tokens.over_context), limit: number(tokens.context) }, "model");
  const unused = set.rejected - set.repaired;
  if (unused > 0) say("warn", "rejected", { n: number(unused) }, "left_out");
  if (report?.empty_answers) say("warn", "empty", { n: number(report.empty_answers) }, "findings");
  if (report?.same) say("warn", "same", { n: number(report.same) }, "findings");
  if (report && report.rows >= 2 && !report.splits.val) say("warn", "no_val", {}, "shape");
  if (report && report.splits.train < 50) say("info", "few", { n: number(report.splits.train) }, "rows");
  const same = report ? report.sample.identical_rows / (report.sample.looked || 1) : 0;
  if (same > 0.3 && !report.sample.labels.length) say("info", "answers", { share: TS.format.percent(same) }, "answers");
  if (["preference", "kto"].includes(set.kind)) say("info", "kind_" + set.kind, {}, "shape");
  return found.sort((a, b) => TS.data.LEVELS.indexOf(a.level) - TS.data.LEVELS.indexOf(b.level));
};
TS.data.LEVELS = ["danger", "warn", "info", "good"];
TS.data.LEVEL_ICONS = { danger: "circle-x", warn: "triangle-alert", info: "info", good: "circle-check" };

TS.data.glance = function (seen) {
  const found = TS.data.standsOut(seen);
  const worst = found[0]?.level;
  const whole = seen.report && (seen.tokens || seen.noModel);
  const head = worst === "danger" || worst === "warn" ? "look" : whole || seen.report ? "good" : "looking";
  const next = TS.data.tab.findings ? TS.h("button", { type: "button", class: "ts-btn primary", onclick: () => TS.data.openTab("findings") }, TS.icon("list-checks"), TS.t("data.glance.find")) : null;
  return [
    TS.h("div", { class: "ts-spread" },
      TS.h("div", {}, TS.h("h2", { id: "data-glance-title" }, TS.t("data.glance.title." + head)), TS.h("p", { class: "ts-soft" }, TS.t("data.glance.next"))),
      next),
    found.length ? TS.h("ul", { class: "data-stands-out" }, found.map((one) => TS.h("li", { class: one.level },
      TS.icon(TS.data.LEVEL_ICONS[one.level]), TS.h("span", { class: "ts-sr" }, TS.t("data.glance.level." + one.level)), TS.h("span", {}, one.text), TS.data.glanceLink(one.to)))) : null];
};

/** Where a remark leads: another tab, or a card below. */
TS.data.glanceLink = function (to) {
  const card = { left_out: "data-left-out", model: "data-for-model", answers: "data-same-answers" }[to];
  const go = card ? () => document.getElementById(card)?.scrollIntoView({ block: "start" }) : () => TS.data.openTab(to);
  if (!card && !TS.data.tab[to]) return null;
  return TS.h("button", { type: "button", class: "ts-btn small ghost", onclick: go }, TS.t("data.glance.to." + to));
};

TS.data.reportCards = function (report) {
  const { sample } = report;
  const partly = sample.looked < report.rows ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.report.sampled", { n: TS.format.number(sample.looked) })) : null;
  const card = (key, ...children) => TS.h("section", { class: "ts-card", "aria-labelledby": "data-report-" + key }, TS.h("h2", { id: "data-report-" + key }, TS.t("data.report." + key)), children);
  const openings = sample.openings.question.length + sample.openings.answer.length;
  return [
    card("size", TS.h("div", { class: "data-numbers" },
      TS.stat(TS.format.number(report.rows), TS.t("data.rows_used")),
      TS.stat(TS.format.number(report.splits.train), TS.t("data.report.train")),
      TS.stat(TS.format.number(report.splits.val), TS.t("data.report.val")),
      report.splits.test ? TS.stat(TS.format.number(report.splits.test), TS.t("data.report.test")) : null),
      TS.data.shares(TS.t("data.report.languages"), report.languages.map(([code, rows]) => [TS.t("data.language." + code), rows]), report.rows),
      report.turns.length > 1 || report.turns[0]?.[0] > 1 ? TS.data.shares(TS.t("data.report.turns"), report.turns.map(([turns, rows]) => [turns >= report.most_turns ? TS.t("data.report.turns_more", { n: turns }) : TS.format.number(turns), rows]), report.rows) : null),
    card("lengths", TS.data.lengthParts("data-length", TS.t("data.report.part"), [
      ["whole", TS.t("data.report.whole"), report.characters.whole], ["question", TS.t("data.report.question"), sample.question],
      ["answer", TS.t("data.report.answer"), sample.question ? report.characters.answer : null]], "characters")),
    sample.labels.length ? card("labels", sample.labels.slice(0, 4).map((label) => TS.data.labelTable(label, sample.looked)), partly?.cloneNode(true)) : null,
    openings ? card("openings", ["question", "answer"].map((part) => sample.openings[part].length
      ? TS.data.shares(TS.t("data.report.openings_" + part), sample.openings[part], sample.looked) : null), partly?.cloneNode(true)) : null,
    sample.identical.length && !TS.data.isLabels(sample) ? TS.h("div", { id: "data-same-answers" }, card("identical", TS.h("p", { class: "ts-soft" }, TS.t("data.report.identical_lead", { n: TS.format.number(sample.identical_rows) })),
      TS.data.shares(TS.t("data.report.identical_table"), sample.identical.map((one) => [one.text, one.rows]), sample.looked), partly?.cloneNode(true))) : null];
};

/** Answers that are labels repeat by nature. */
TS.data.isLabels = (sample) => sample.labels.length > 0 && sample.identical_rows > 0.9 * sample.looked;

/** How often each value of a column is there; a share far from even is said in words. */
TS.data.labelTable = function (label, looked) {
  const rows = label.values.map(([, count]) => count);
  const ratio = Math.max(...rows) / Math.max(1, Math.min(...rows));
  return TS.h("div", {}, TS.data.shares(TS.t("data.report.label_column", { column: label.column }), label.values.slice(0, 12), looked),
    label.values.length > 12 ? TS.h("p", { class: "ts-small ts-soft" }, TS.t("data.report.more_values", { n: label.values.length - 12 })) : null,
    ratio >= 5 ? TS.h("p", { class: "ts-small data-uneven" }, TS.icon("info"), TS.t("data.report.uneven", { n: TS.format.number(ratio) })) : null);
};

/** Where it came from, for those who want to know. */
TS.data.facts = function (set) {
  const facts = [
    [TS.t("data.found.format"), TS.data.formatName(set.format)],
    [TS.t("data.found.encoding"), set.encoding],
    [TS.t("data.found.shape"), set.shape && TS.t("data.shape." + set.shape)],
    [TS.t("data.rows_left_out"), TS.format.number(set.rejected)],
    [TS.t("data.seed"), String(set.seed)],
    [TS.t("data.hash"), set.content_hash && TS.h("span", { class: "ts-mono" }, set.content_hash.slice(0, 12))],
  ].filter(([, value]) => value);
  return TS.h("details", { class: "ts-details ts-card flat" }, TS.h("summary", {}, TS.t("data.report.facts")),
    TS.h("dl", { class: "ts-kv" }, facts.map(([name, value]) => [TS.h("dt", {}, name), TS.h("dd", {}, value)])));
};
