/** Plans that keep to the budget: asked for when model, data or budget change; the best one fills the form until the user
   changes a setting. A plan that was picked stays picked while it is offered. */
import { whenBack } from "../../kit/server.js";
import { debounce, onlyLatest } from "../shared/form-controls.js";

/** @param {Parts<"train">} w */
export function offering(w) {
  let known = "";
  w.offers = null;
  w.offersBusy = false;
  const shared = () => JSON.stringify([w.done("model") && w.draft.base_model, w.draft.dataset, w.objective().key, w.draft.budget, w.draft.own && w.raw().training]);
  const ask = onlyLatest(() => (w.done("model") && w.done("data") ? w.ctx.call("offers_now", w.raw()) : null), (found) => {
    Object.assign(w, { offers: found, offersBusy: false, offersProblem: null });
    followOffer(w);
    w.tell("offers");
  }, (error) => {
    Object.assign(w, { offers: null, offersBusy: false, offersProblem: error });
    w.tell("offers");
  });
  const later = debounce(200, ask);
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
  whenBack(() => { known = ""; look(); });
}

/**
 * While nothing was set by hand, the form is the picked plan, or the best one.
 * @param {Parts<"train">} w
 */
function followOffer(w) {
  const offers = w.offers?.offers || [];
  const picked = pickedOffer(w, offers);
  const taken = picked || bestOffer(w);
  if (taken && !w.draft.own) takeOffer(w, taken, Boolean(picked));
}

/**
 * Fill the form with a plan. `picked`: by hand, so that it stays when the budget changes.
 * @param {Parts<"train">} w
 * @param {Server.PlanOffer} offer
 */
export function takeOffer(w, offer, picked) {
  const by = (area) => Object.fromEntries(Object.entries(offer.changes).filter(([field]) => field.startsWith(area + ".")).map(([field, value]) => [field.slice(area.length + 1), value]));
  const training = by("training");
  const own = new Set(w.training().filter((param) => param.per_method).map((param) => param.key));
  const part = (wanted) => Object.fromEntries(Object.entries(training).filter(([key]) => own.has(key) === wanted));
  const method = offer.changes.method || offer.method;
  const before = JSON.stringify(w.raw());
  w.patch({ own: false, plan: picked ? offer.key : null, method,
    method_params_by: { ...w.draft.method_params_by, [method]: by("method") },
    training_by: { ...w.draft.training_by, [method]: part(true) }, training: { ...w.draft.training, ...part(false) } });
  if (["method", "review"].includes(w.draft.step) && JSON.stringify(w.raw()) !== before) w.redraw(); // elsewhere no setting is shown, and whoever goes by keyboard would lose the place
}

/**
 * The plan that the form holds, whether it was picked or set so by hand.
 * @param {Parts<"train">} w
 */
export function heldOffer(w) {
  if (w.draft.own || !w.offers) return null;
  return pickedOffer(w, w.offers.offers) || bestOffer(w);
}

/**
 * The plan that was picked by hand; after a change of the budget the one with the same method on the same base.
 * @param {Parts<"train">} w
 */
function pickedOffer(w, offers) {
  const alike = (one) => w.draft.plan?.startsWith(one.method + "-" + one.quantisation + "-");
  return offers.find((one) => one.key === w.draft.plan) || offers.find(alike);
}

/**
 * The best of what trains: where nothing that trains fits, nothing is taken unasked.
 * @param {Parts<"train">} w
 */
const bestOffer = (w) => (w.offers?.nothing ? null : w.offers?.offers.find((one) => one.best) || null);
