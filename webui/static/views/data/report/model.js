/* The data set as one model reads it: tokens an epoch, lengths, limits, and whether its chat template teaches the right part. */
"use strict";
TS.data = TS.data || {};

TS.data.modelCard = function (set, ctx, tell) {
  const pick = TS.h("div", { class: "data-model-pick" });
  const template = TS.h("div", {});
  const body = TS.h("div", { class: "data-tokens", "aria-live": "polite" });
  const card = TS.h("section", { class: "ts-card", id: "data-for-model", "aria-labelledby": "data-model-title" }, TS.h("h2", { id: "data-model-title" }, TS.t("data.model.title")), pick, template, body);
  let newest = 0;
  const start = async (model) => {
    const mine = (newest += 1);
    const here = () => mine === newest;
    TS.replace(template);
    TS.replace(body, TS.data.working(0));
    try {
      const check = await ctx.call("report_template", set.id, model);
      if (!here()) return;
      TS.replace(template, TS.data.templateCheck(check));
      tell(null, check);
      const tokens = await TS.data.gather(card, ctx, "report_tokens", [set.id, model], (share) => { if (here()) TS.replace(body, TS.data.working(share)); });
      if (!here() || !tokens) return;
      TS.replace(body, TS.data.tokenReport(tokens, set));
      tell(tokens, check);
    } catch (error) {
      if (here()) TS.replace(body, TS.note("danger", error.message));
    }
  };
  ctx.call("models").then((models) => {
    if (!models.length) return TS.replace(body, TS.h("p", { class: "ts-soft" }, TS.t("data.tokens.no_model")));
    TS.replace(pick, TS.field("data-model", TS.t("data.tokens.model"), TS.select("data-model", models.map((model) => [model.id, model.name]), models[0].id, start), {}));
    return start(models[0].id);
  }).catch((error) => TS.replace(body, TS.note("danger", error.message)));
  return card;
};

TS.data.tokenReport = function (report, set) {
  const number = TS.format.number;
  if (!report.whole.bars.length) return TS.note("danger", TS.t("data.model.all_refused"), report.reason ? TS.h("p", {}, TS.reason(report.reason)) : null);
  return [
    TS.h("div", { class: "data-numbers" },
      TS.stat(number(report.epoch.tokens), TS.t("data.model.epoch")),
      TS.stat(number(report.epoch.learnt), TS.t("data.model.learnt")),
      report.speed ? TS.stat(TS.format.duration(report.speed.seconds), TS.t("data.model.time")) : null,
      TS.stat(number(report.whole.mean), TS.t("data.tokens.mean")),
      TS.stat(number(report.whole.longest), TS.t("data.tokens.longest"))),
    report.speed ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.model.speed", { n: number(report.speed.tokens_per_s) })) : null,
    report.looked < report.rows ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.model.sampled", { n: number(report.looked), all: number(report.rows) })) : null,
    report.refused ? TS.note("warn", TS.t("data.tokens.refused", { n: number(report.refused) }), report.reason ? TS.h("p", { class: "ts-small" }, TS.reason(report.reason)) : null) : null,
    report.skipped ? TS.note("info", TS.t("data.model.skipped", { n: number(report.skipped) })) : null,
    TS.h("div", { class: "data-model-cols" },
      TS.data.lengthParts("data-token-length", TS.t("data.report.part"), [
        ["whole", TS.t("data.report.whole"), report.whole], ["question", TS.t("data.report.question"), report.question],
        ["answer", TS.t("data.model.part_learnt"), set.kind === "text" ? null : report.answer]], "tokens"),
      TS.data.limitTable(report))];
};

/** Rows that a limit would cut, up to the first limit that none passes; the model's own limit among them. */
TS.data.limitTable = function (report) {
  const clear = report.over.findIndex(([, rows]) => !rows);
  const shown = (clear < 0 ? report.over : report.over.slice(0, clear + 1)).filter(([limit]) => !report.context || limit < report.context);
  const lines = [...shown.map(([limit, rows]) => [TS.t("data.tokens.length", { n: TS.format.number(limit) }), rows]),
    ...(report.context ? [[TS.t("data.model.context", { n: TS.format.number(report.context) }), report.over_context]] : [])];
  return TS.data.shares(TS.t("data.tokens.over"), lines, report.rows);
};

/** What a real row looks like to the model, and whether its end is taught. */
TS.data.templateCheck = function (check) {
  const lines = check.findings.map((one) => TS.h("li", { class: one.level }, TS.icon(TS.data.LEVEL_ICONS[one.level]), TS.h("span", {}, TS.t("data.glance." + one.code, one.params))));
  if (!check.tokens.length) return TS.h("ul", { class: "data-stands-out" }, lines);
  const tokens = TS.h("div", { class: "ts-tokens data-end", tabindex: "0", role: "group", "aria-label": TS.t("data.model.tokens_label", { learnt: check.tokens.filter((token) => token.trained).map((token) => token.text).join("") }) },
    check.cut ? "… " : null, check.tokens.map((token) => TS.h("span", { class: token.trained ? "trained" : "masked" }, TS.data.visible(token.text))));
  return TS.h("div", { class: "ts-stack data-template" }, TS.h("h3", {}, TS.t("data.model.template")), TS.h("ul", { class: "data-stands-out" }, lines),
    TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.model.tokens")), tokens,
    check.head ? TS.h("details", { class: "ts-details ts-small" }, TS.h("summary", {}, TS.t("data.model.head")), TS.h("p", { class: "ts-soft" }, TS.t("data.model.head_lead")), TS.h("pre", { class: "ts-log" }, check.head)) : null);
};

/** Line ends can be seen. */
TS.data.visible = (text) => text.replace(/\n/g, "↵\n");
