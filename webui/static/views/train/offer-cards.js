/* The plans as cards: what each is in plain words, its memory against the limit, time, disk, and why. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { noteBox, radioKeys } from "../shared/form-controls.js";
import { changeButton, planWarnings } from "./estimate-plan.js";
import { pickedCard, rove } from "./methods.js";
import { heldOffer, takeOffer } from "./offers.js";

const SHOWN_OFFERS = 3;

/** @param {Parts<"train">} w */
function offerCards(w, self, offers, draw) {
  const held = heldOffer(w);
  const first = offers.slice(0, SHOWN_OFFERS);
  const shown = self.all ? offers : held && !first.includes(held) ? [...first, held] : first;
  const cards = [self.mine ? ownCard(w, self) : null, ...shown.map((offer) => offerCard(w, offer, offer === held))].filter(Boolean);
  const group = h("div", { class: "ts-choices", role: "radiogroup", "aria-label": t("train.offers.title") }, cards);
  const take = (key) => {
    if (key === "own") w.patch(self.mine);
    else takeOffer(w, offers.find((one) => one.key === key), true);
    draw();
  };
  group.addEventListener("click", (event) => pickedCard(event, take));
  group.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); pickedCard(event, take); } });
  radioKeys(group);
  rove(group);
  const more = offers.length > SHOWN_OFFERS ? h("button", { type: "button", class: "ts-btn ghost small offer-more", id: "train-offers-all", "aria-expanded": String(self.all),
    onclick: () => { self.all = !self.all; draw(); } }, drawIcon(self.all ? "chevron-up" : "chevron-down"), self.all ? t("train.offers.fewer") : t("train.offers.all", { n: offers.length })) : null;
  return [group, more];
}

/**
 * @param {Parts<"train">} w
 * @param {Server.PlanOffer} offer
 */
const offerCard = (w, offer, held) => h("div", { class: "ts-choice train-offer", id: "offer-" + offer.key, role: "radio", "aria-checked": String(held), "data-value": offer.key, tabindex: "-1" },
  h("div", { class: "offer-text" },
    h("div", { class: "ts-row" }, h("b", {}, methodName(w, offer.method)), offer.best && !w.offers.nothing ? h("span", { class: "ts-badge good" }, t("train.offers.best")) : null),
    h("span", { class: "ts-small" }, offerWords(w, offer)),
    offer.why ? h("span", { class: "ts-soft ts-small" }, offer.why.message) : null),
  offerCosts(offer.memory, offer.time.seconds, offer.disk.total_mb));

/**
 * What was set by hand, with what the estimate says of it.
 * @param {Parts<"train">} w
 */
function ownCard(w, self) {
  const held = Boolean(w.draft.own);
  return h("div", { class: "ts-choice train-offer own", id: "offer-own", role: "radio", "aria-checked": String(held), "data-value": "own", tabindex: "-1" },
    h("div", { class: "offer-text" }, h("b", {}, t("train.offers.own")),
      h("span", { class: "ts-small" }, methodName(w, self.mine.method)), h("span", { class: "ts-soft ts-small" }, t(held ? "train.offers.own.held" : "train.offers.own.back"))),
    held && w.plan ? offerCosts(w.plan.memory, w.plan.seconds, w.plan.disk?.total_mb ?? w.plan.disk_mb) : null);
}

/** @param {Parts<"train">} w */
const methodName = (w, key) => w.forms.methods.find((one) => one.key === key)?.label || key;

/**
 * A plan in plain words: how the base is held, how much of an example is read, how often.
 * @param {Parts<"train">} w
 * @param {Server.PlanOffer} offer
 */
const offerWords = (w, offer) => [
  offer.bits ? t("train.offers.quantised", { bits: offer.bits }) : t("train.offers.whole"),
  t("train.offers.length", { what: w.objective().example, n: format.number(offer.max_length) }),
  t("train.offers.passes", { n: format.number(offer.epochs, 2) }),
  offer.dropped ? t("train.offers.left_out", { n: format.number(offer.dropped) }) : null,
  offer.truncated ? t("train.offers.cut", { n: format.number(offer.truncated) }) : null,
  offer.checkpointing ? t("train.offers.recompute") : null,
].filter(Boolean).join(" · ");

function offerCosts(memory, seconds, disk) {
  const over = memory.total_mb > memory.limit_mb;
  const row = (key, value, bar) => h("div", {}, h("dt", {}, t("train.estimate." + key)), h("dd", { class: "ts-num" }, value), bar);
  return h("dl", { class: "offer-costs" + (over ? " over" : "") },
    row("memory", t("train.estimate.of", { used: format.memory(memory.total_mb), limit: format.memory(memory.limit_mb) }),
      h("dd", { class: "offer-bar", "aria-hidden": "true" }, h("i", { style: { width: Math.min(100, (100 * memory.total_mb) / (memory.limit_mb || 1)) + "%" } }))),
    row("time", seconds === null || seconds === undefined ? "–" : t("train.estimate.about", { time: format.roughly(seconds) })),
    row("disk", format.bytes(disk * 1e6)));
}

/** What was set by hand, so that it can be taken back after a plan was looked at. */
const ownSettings = ({ method, method_params_by, training_by, training }) => ({ method, method_params_by, training_by, training, own: true, plan: null });

/** @param {Parts<"train">} w */
export function offersPart(w) {
  const list = h("div", { class: "ts-stack tight" });
  const self = { all: false, mine: w.draft.own ? ownSettings(w.draft) : null };
  const draw = () => {
    list.setAttribute("aria-busy", String(w.offersBusy));
    replaceChildren(list, offersNow(w, self, draw));
  };
  for (const event of ["offers", "plan"]) w.on(event, draw, "step");
  draw();
  w.lookForOffers();
  return h("section", { class: "ts-stack tight train-offers", "aria-labelledby": "train-offers-title" },
    h("h3", { id: "train-offers-title" }, t("train.offers.title")), h("p", { class: "ts-soft ts-small" }, t("train.offers.lead")), list);
}

/** @param {Parts<"train">} w */
function offersNow(w, self, draw) {
  if (!w.done("model") || !w.done("data")) return h("p", { class: "ts-soft" }, t("train.offers.later"));
  if (w.offersProblem) return noteBox("danger", Object.values(w.offersProblem.faults || {})[0] || w.offersProblem.message);
  if (!w.offers) return ["block", "block"].map(() => h("i", { class: "ts-bone offer-bone", "aria-hidden": "true" }));
  const { offers, nothing, warnings } = w.offers;
  return [nothing ? nothingFits(w, nothing) : null, planWarnings(w, warnings), offers.length || self.mine ? offerCards(w, self, offers, draw) : null];
}

/**
 * No plan keeps to the budget: what would, with the button that does it.
 * @param {Parts<"train">} w
 */
const nothingFits = (w, nothing) => noteBox("warn", h("p", {}, nothing.message), changeButton(w, nothing.change, "train-offer-change"));
