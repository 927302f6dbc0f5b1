/* Plans that keep to the budget: asked for when model, data or budget change; the best one fills the form until the user
   changes a setting. A plan that was picked stays picked while it is offered. */
"use strict";
TS.train = TS.train || {};

TS.train.offering = function (w) {
  let known = "";
  w.offers = null;
  w.offersBusy = false;
  const shared = () => JSON.stringify([w.done("model") && w.draft.base_model, w.draft.dataset, w.objective().key, w.draft.budget, w.draft.own && w.raw().training]);
  const ask = TS.latest(() => (w.done("model") && w.done("data") ? w.ctx.call("offers_now", w.raw()) : null), (found) => {
    Object.assign(w, { offers: found, offersBusy: false, offersProblem: null });
    TS.train.followOffer(w);
    w.tell("offers");
  }, (error) => {
    Object.assign(w, { offers: null, offersBusy: false, offersProblem: error });
    w.tell("offers");
  });
  const later = TS.debounce(200, ask);
  const look = () => {
    if (shared() === known || (w.draft.own && w.draft.step !== "budget")) return; // settings made by hand ask for no plans while they are made
    known = shared();
    w.offersBusy = true;
    later();
    w.tell("offers");
  };
  w.on("draft", look);
  w.on("lists", look);
  w.lookForOffers = look;
};

/** While nothing was set by hand, the form is the picked plan, or the best one. */
TS.train.followOffer = function (w) {
  const offers = w.offers?.offers || [];
  const picked = TS.train.pickedOffer(w, offers);
  const taken = picked || TS.train.bestOffer(w);
  if (taken && !w.draft.own) TS.train.takeOffer(w, taken, Boolean(picked));
};

/** Fill the form with a plan. `picked`: by hand, so that it stays when the budget changes. */
TS.train.takeOffer = function (w, offer, picked) {
  const by = (area) => Object.fromEntries(Object.entries(offer.changes).filter(([field]) => field.startsWith(area + ".")).map(([field, value]) => [field.slice(area.length + 1), value]));
  const training = by("training");
  const own = new Set(w.training().filter((param) => param.per_method).map((param) => param.key));
  const part = (wanted) => Object.fromEntries(Object.entries(training).filter(([key]) => own.has(key) === wanted));
  const method = offer.changes.method || offer.method;
  const before = JSON.stringify(w.raw());
  w.patch({ own: false, plan: picked ? offer.key : null, method,
    method_params_by: { ...w.draft.method_params_by, [method]: by("method") },
    training_by: { ...w.draft.training_by, [method]: part(true) }, training: { ...w.draft.training, ...part(false) } });
  if (w.draft.step !== "budget" && JSON.stringify(w.raw()) !== before) w.redraw();
};

/** The plan that the form holds, whether it was picked or set so by hand. */
TS.train.heldOffer = function (w) {
  if (w.draft.own || !w.offers) return null;
  return TS.train.pickedOffer(w, w.offers.offers) || TS.train.bestOffer(w);
};

/** The plan that was picked by hand; after a change of the budget the one with the same method on the same base. */
TS.train.pickedOffer = function (w, offers) {
  const alike = (one) => w.draft.plan?.startsWith(one.method + "-" + one.quantisation + "-");
  return offers.find((one) => one.key === w.draft.plan) || offers.find(alike);
};

/** The best of what trains: where nothing that trains fits, nothing is taken unasked. */
TS.train.bestOffer = (w) => (w.offers?.nothing ? null : w.offers?.offers.find((one) => one.best) || null);

/** What was set by hand, so that it can be taken back after a plan was looked at. */
TS.train.ownSettings = ({ method, method_params_by, training_by, training }) => ({ method, method_params_by, training_by, training, own: true, plan: null });

TS.train.offersPart = function (w) {
  const list = TS.h("div", { class: "ts-stack tight" });
  const self = { all: false, mine: w.draft.own ? TS.train.ownSettings(w.draft) : null };
  const draw = () => {
    list.setAttribute("aria-busy", String(w.offersBusy));
    TS.replace(list, TS.train.offersNow(w, self, draw));
  };
  for (const event of ["offers", "plan"]) w.on(event, draw, "step");
  draw();
  w.lookForOffers();
  return TS.h("section", { class: "ts-stack tight train-offers", "aria-labelledby": "train-offers-title" },
    TS.h("h3", { id: "train-offers-title" }, TS.t("train.offers.title")), TS.h("p", { class: "ts-soft ts-small" }, TS.t("train.offers.lead")), list);
};

TS.train.offersNow = function (w, self, draw) {
  if (!w.done("model") || !w.done("data")) return TS.h("p", { class: "ts-soft" }, TS.t("train.offers.later"));
  if (w.offersProblem) return TS.note("danger", Object.values(w.offersProblem.faults || {})[0] || w.offersProblem.message);
  if (!w.offers) return ["block", "block"].map(() => TS.h("i", { class: "ts-bone offer-bone", "aria-hidden": "true" }));
  const { offers, nothing } = w.offers;
  return [nothing ? TS.train.nothingFits(w, nothing) : null, offers.length || self.mine ? TS.train.offerCards(w, self, offers, draw) : null];
};

/** No plan keeps to the budget: what would, with the button that does it. */
TS.train.nothingFits = (w, nothing) => TS.note("warn", TS.h("p", {}, TS.t("plan." + nothing.code, nothing.params)),
  nothing.change && Object.keys(nothing.change).length ? TS.h("button", { type: "button", class: "ts-btn small", id: "train-offer-change", onclick: () => TS.train.applyChange(w, nothing.change) }, TS.t("train.estimate.apply")) : null);
