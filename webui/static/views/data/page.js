/* The Data page: the list of data sets, or one of them when the address names it (?dataset=3). */
"use strict";
TS.data = TS.data || {};

TS.views.dataPage = (root, value, ctx) => {
  const id = Number(TS.query("dataset"));
  TS.data.pageRows = value.page_rows;
  if (TS.query("review")) TS.data.review(root, ctx);
  else if (id) TS.data.one(root, id, ctx);
  else TS.data.library(root, value, ctx);
};

/** The list: head, drop zone, samples, cards. */
TS.data.library = function (root, value, ctx) {
  const cards = TS.h("div", { class: "data-library", "aria-busy": "true" }, TS.h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  const draw = async () => {
    try {
      TS.data.drawLibrary(cards, await ctx.call("all_datasets"), ctx);
      await TS.data.auditMarks(cards, ctx);
    } catch (error) {
      TS.replace(cards, TS.note("danger", error.message));
    }
    cards.removeAttribute("aria-busy");
  };
  const ways = TS.data.ways(ctx);
  const zone = TS.data.dropZone(value.max_upload_mb, ways.row);
  TS.replace(root, TS.h("div", { class: "ts-page" },
    TS.head(TS.t("data.title"), TS.t("data.lead")), TS.data.reviewBadge(ctx), zone, ways.panel, cards));
  ways.start();
  draw();
};

TS.data.SAMPLES = ["en", "zh"];

TS.data.drawLibrary = function (holder, list, ctx) {
  const taken = new Set(list.map((one) => one.sample_key));
  const samples = TS.data.SAMPLES.filter((key) => !taken.has(key));
  const offers = samples.map((key) => TS.data.sampleCard(key, async (button) => {
    const id = await TS.act(button, () => ctx.call("use_sample", key));
    if (id) location.assign(TS.url("data", { dataset: id }));
  }));
  TS.replace(holder,
    list.length ? [TS.h("h2", { class: "data-section" }, TS.t("data.yours")),
      TS.h("div", { class: "ts-grid" }, list.map(TS.data.card))] : null,
    offers.length ? [TS.h("h2", { class: "data-section" }, TS.t(list.length ? "data.samples" : "data.samples_first")),
      TS.h("div", { class: "ts-grid" }, offers)] : null);
};

/** A sample that ships with the product: what it teaches, a taste of it, one button. */
TS.data.sampleCard = function (key, onuse) {
  const button = TS.h("button", { type: "button", class: "ts-btn", "data-sample": key, onclick: () => onuse(button) },
    TS.icon("sparkles"), TS.t("data.sample.use"));
  return TS.h("article", { class: "ts-card flat data-card" },
    TS.h("div", { class: "ts-spread" }, TS.h("h3", {}, TS.t("data.sample." + key + ".title")), TS.data.languageBadge(TS.t("data.language." + key))),
    TS.h("p", { class: "ts-soft" }, TS.t("data.sample." + key + ".what")),
    TS.h("div", { class: "data-taste", "aria-hidden": "true", lang: key === "zh" ? "zh-CN" : "en" },
      TS.h("div", { class: "ts-bubble user" }, TS.t("data.sample." + key + ".ask")),
      TS.h("div", { class: "ts-bubble assistant" }, TS.t("data.sample." + key + ".answer"))),
    TS.h("div", { class: "data-card-foot" }, button));
};

/** The language that most rows are in, as a word; "" when nobody knows. */
TS.data.language = function (set) {
  const [code] = Object.keys(set.stats?.languages || {});
  return code && code !== "other" ? TS.t("data.language." + code) : "";
};
TS.data.languageBadge = (word) => (word ? TS.h("span", { class: "ts-badge neutral" }, word) : null);

/** One data set in the list. */
TS.data.card = function (set) {
  const draft = set.status === "draft";
  const busy = set.import && !set.import.ended;
  const open = TS.url("data", { dataset: set.id });
  return TS.h("article", { class: "ts-card data-card", "data-dataset": set.id },
    TS.h("div", { class: "ts-spread" },
      TS.h("h3", {}, TS.h("a", { href: open, dir: "auto" }, set.name)),
      TS.data.importBadge(set) || (draft ? TS.h("span", { class: "ts-badge warn" }, TS.t("data.card.draft")) : TS.data.languageBadge(TS.data.language(set)))),
    TS.h("p", { class: "ts-soft ts-small data-source" }, set.sample_key ? TS.t("data.card.sample") : set.source_name, " · ", TS.format.when(set.created_at)),
    draft ? TS.h("p", {}, TS.t(busy ? "data.card.importing" : "data.card.draft_lead")) : [TS.data.numbers(set), TS.data.splitBar(set), TS.data.health(set)],
    TS.h("div", { class: "data-card-foot" }, draft
      ? TS.h("a", { class: "ts-btn primary", href: open }, TS.t(busy ? "data.card.follow" : "data.card.continue"))
      : [TS.h("a", { class: "ts-btn", href: TS.url("train", { dataset: set.id }) }, TS.t("data.train_with")),
        TS.h("a", { class: "ts-btn ghost", href: open }, TS.t("data.card.open"))]));
};

TS.data.numbers = (set) => TS.h("div", { class: "data-numbers" },
  TS.stat(TS.format.number(set.accepted), TS.t("data.rows")),
  set.stats?.characters ? TS.stat(TS.format.number(set.stats.characters), TS.t("data.characters")) : null);

TS.stat = (number, label) => TS.h("div", { class: "ts-stat" }, TS.h("b", {}, number), TS.h("span", {}, label));

/** Train and validation rows as one bar with words below. */
TS.data.splitBar = function (set) {
  const total = set.train_rows + set.val_rows || 1;
  return TS.h("div", { class: "data-split" },
    TS.h("div", { class: "data-split-bar", "aria-hidden": "true" },
      TS.h("i", { class: "train", style: { width: (100 * set.train_rows) / total + "%" } }),
      TS.h("i", { class: "val", style: { width: (100 * set.val_rows) / total + "%" } })),
    TS.h("div", { class: "ts-spread ts-small" },
      TS.h("span", { class: "data-key train" }, TS.t("data.split.train", { n: TS.format.number(set.train_rows) })),
      TS.h("span", { class: "data-key val" }, TS.t("data.split.val", { n: TS.format.number(set.val_rows) }))));
};

/** The health mark: a shape and a word. */
TS.data.health = (set) => set.rejected
  ? TS.h("p", { class: "data-health warn" }, TS.icon("triangle-alert"),
    TS.t("data.health.rejected", { n: TS.format.number(set.rejected) }))
  : TS.h("p", { class: "data-health good" }, TS.icon("circle-check"), TS.t("data.health.good"));
