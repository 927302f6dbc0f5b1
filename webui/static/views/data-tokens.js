/* Token counts with a chosen model's tokenizer: totals, the spread of lengths, how many rows pass common limits. */
"use strict";
TS.data = TS.data || {};

TS.data.tokensCard = function (set, ctx) {
  const body = TS.h("div", { class: "data-tokens", "aria-live": "polite" });
  const count = TS.latest((model) => ctx.call("tokens", set.id, model), (report) => { body.removeAttribute("aria-busy"); TS.replace(body, TS.data.tokenReport(report)); },
    (error) => { body.removeAttribute("aria-busy"); TS.replace(body, TS.note("danger", error.message)); });
  const start = (model) => { body.setAttribute("aria-busy", "true"); count(model); };
  const pick = TS.h("div", {});
  const card = TS.h("section", { class: "ts-card" }, TS.h("h2", {}, TS.t("data.tokens.title")), pick, body);
  ctx.call("models").then((models) => {
    if (!models.length) return TS.replace(body, TS.h("p", { class: "ts-soft" }, TS.t("data.tokens.no_model")));
    TS.replace(pick, TS.field("data-model", TS.t("data.tokens.model"), TS.select("data-model", models.map((model) => [model.id, model.name]), models[0].id, start), {}));
    return start(models[0].id);
  }).catch((error) => TS.replace(body, TS.note("danger", error.message)));
  return card;
};

TS.data.tokenReport = (report) => [
  TS.h("div", { class: "data-numbers" },
    TS.stat(TS.format.number(report.tokens), TS.t("data.tokens.all")),
    TS.stat(TS.format.number(report.trained_tokens), TS.t("data.tokens.trained")),
    TS.stat(TS.format.number(report.mean), TS.t("data.tokens.mean")),
    TS.stat(TS.format.number(report.longest), TS.t("data.tokens.longest"))),
  report.estimated ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.tokens.estimated")) : null,
  report.refused ? TS.note("warn", TS.t("data.tokens.refused", { n: TS.format.number(report.refused) })) : null,
  TS.data.histogram(report),
  TS.h("table", { class: "ts-table data-over" },
    TS.h("caption", { class: "ts-small ts-soft" }, TS.t("data.tokens.over")),
    TS.h("tbody", {}, TS.data.limits(report.over).map(([length, rows]) => TS.h("tr", {},
      TS.h("th", { scope: "row", class: "ts-num" }, TS.t("data.tokens.length", { n: TS.format.number(length) })),
      TS.h("td", { class: "ts-num" }, TS.format.number(rows)),
      TS.h("td", { class: "ts-num" }, TS.format.percent(report.rows ? rows / report.rows : 0, rows ? 1 : 0))))))];

/** The limits that matter: up to the first that no row passes. */
TS.data.limits = function (over) {
  const limits = Object.entries(over);
  const clear = limits.findIndex(([, rows]) => rows === 0);
  return clear < 0 ? limits : limits.slice(0, clear + 1);
};

/** Bars of the lengths; each bar can be read by its title, all of them by the label. */
TS.data.histogram = function (report) {
  const most = Math.max(1, ...report.histogram.map(([, , count]) => count));
  const label = TS.t("data.tokens.histogram", { n: TS.format.number(report.longest) });
  return TS.h("figure", { class: "data-histogram" },
    TS.h("div", { class: "data-bars", role: "img", "aria-label": label }, report.histogram.map(([from, to, count]) =>
      TS.h("span", { title: TS.t("data.tokens.bar", { from, to, n: count }) }, TS.h("i", { style: { height: Math.max(count ? 2 : 0, (100 * count) / most) + "%" } })))),
    TS.h("figcaption", { class: "ts-spread ts-small ts-soft ts-num" },
      TS.h("span", {}, TS.format.number(report.histogram[0]?.[0] ?? 0)), TS.h("span", {}, TS.t("data.tokens.axis")), TS.h("span", {}, TS.format.number(report.histogram.at(-1)?.[1] ?? 0))));
};
