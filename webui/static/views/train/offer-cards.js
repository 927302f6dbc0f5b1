/* The plans as cards: what each is in plain words, its memory against the limit, time, disk, and why. */
"use strict";
TS.train = TS.train || {};
TS.train.SHOWN_OFFERS = 3;

TS.train.offerCards = function (w, self, offers, draw) {
  const held = TS.train.heldOffer(w);
  const first = offers.slice(0, TS.train.SHOWN_OFFERS);
  const shown = self.all ? offers : held && !first.includes(held) ? [...first, held] : first;
  const cards = [self.mine ? TS.train.ownCard(w, self) : null, ...shown.map((offer) => TS.train.offerCard(w, offer, offer === held))].filter(Boolean);
  const group = TS.h("div", { class: "ts-choices", role: "radiogroup", "aria-label": TS.t("train.offers.title") }, cards);
  const take = (key) => {
    if (key === "own") w.patch(self.mine);
    else TS.train.takeOffer(w, offers.find((one) => one.key === key), true);
    draw();
  };
  group.addEventListener("click", (event) => TS.train.pickedCard(event, take));
  group.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); TS.train.pickedCard(event, take); } });
  TS.radioKeys(group);
  TS.train.rove(group);
  const more = offers.length > TS.train.SHOWN_OFFERS ? TS.h("button", { type: "button", class: "ts-btn ghost small offer-more", id: "train-offers-all", "aria-expanded": String(self.all),
    onclick: () => { self.all = !self.all; draw(); } }, TS.icon(self.all ? "chevron-up" : "chevron-down"), self.all ? TS.t("train.offers.fewer") : TS.t("train.offers.all", { n: offers.length })) : null;
  return [group, more];
};

TS.train.offerCard = (w, offer, held) => TS.h("div", { class: "ts-choice train-offer", id: "offer-" + offer.key, role: "radio", "aria-checked": String(held), "data-value": offer.key, tabindex: "-1" },
  TS.h("div", { class: "offer-text" },
    TS.h("div", { class: "ts-row" }, TS.h("b", {}, TS.train.methodName(w, offer.method)), offer.best && !w.offers.nothing ? TS.h("span", { class: "ts-badge good" }, TS.t("train.offers.best")) : null),
    TS.h("span", { class: "ts-small" }, TS.train.offerWords(w, offer)),
    offer.why ? TS.h("span", { class: "ts-soft ts-small" }, TS.t("plan." + offer.why.code, offer.why.params)) : null),
  TS.train.offerCosts(offer.memory, offer.time?.seconds ?? offer.seconds, offer.disk?.total_mb ?? offer.disk_mb));

/** What was set by hand, with what the estimate says of it. */
TS.train.ownCard = function (w, self) {
  const held = Boolean(w.draft.own);
  return TS.h("div", { class: "ts-choice train-offer own", id: "offer-own", role: "radio", "aria-checked": String(held), "data-value": "own", tabindex: "-1" },
    TS.h("div", { class: "offer-text" }, TS.h("b", {}, TS.t("train.offers.own")),
      TS.h("span", { class: "ts-small" }, TS.train.methodName(w, self.mine.method)), TS.h("span", { class: "ts-soft ts-small" }, TS.t(held ? "train.offers.own.held" : "train.offers.own.back"))),
    held && w.plan ? TS.train.offerCosts(w.plan.memory, w.plan.seconds, w.plan.disk?.total_mb ?? w.plan.disk_mb) : null);
};

TS.train.methodName = (w, key) => w.forms.methods.find((one) => one.key === key)?.label || key;

/** A plan in plain words: how the base is held, how much of an example is read, how often. */
TS.train.offerWords = (w, offer) => [
  offer.bits ? TS.t("train.offers.quantised", { bits: offer.bits }) : TS.t("train.offers.whole"),
  TS.t("train.offers.length", { what: w.objective().example, n: TS.format.number(offer.max_length) }),
  TS.t("train.offers.passes", { n: TS.format.number(offer.epochs, 2) }),
  offer.checkpointing ? TS.t("train.offers.recompute") : null,
].filter(Boolean).join(" · ");

TS.train.offerCosts = function (memory, seconds, disk) {
  const over = memory.total_mb > memory.limit_mb;
  const row = (key, value, bar) => TS.h("div", {}, TS.h("dt", {}, TS.t("train.estimate." + key)), TS.h("dd", { class: "ts-num" }, value), bar);
  return TS.h("dl", { class: "offer-costs" + (over ? " over" : "") },
    row("memory", TS.t("train.estimate.of", { used: TS.train.megabytes(memory.total_mb), limit: TS.train.megabytes(memory.limit_mb) }),
      TS.h("dd", { class: "offer-bar", "aria-hidden": "true" }, TS.h("i", { style: { width: Math.min(100, (100 * memory.total_mb) / (memory.limit_mb || 1)) + "%" } }))),
    row("time", seconds === null || seconds === undefined ? "–" : TS.t("train.estimate.about", { time: TS.train.roughly(seconds) })),
    row("disk", TS.train.megabytes(disk)));
};
