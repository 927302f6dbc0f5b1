/* Settings that a form cannot hold: gathered by views of their own, and begun with what suits the data. Loaded with the first of them. */
import { h, replaceChildren } from "../../kit/dom.js";
import { loadPart } from "../../kit/server.js";
import { t } from "../../kit/texts.js";
import { noteBox } from "../shared/form-controls.js";

/* By the setting: what is asked for a beginning, and what draws it. */
const GATHERED = {
  rewards: {
    suggest: /** @param {Parts<"train">} w */ (w) => w.ctx.call("suggest_rewards", w.draft.dataset),
    mount: async () => (await import("./rewards/gather.js")).mountRewards,
  },
};

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Put a value into the draft: what is gathered leaves the plan free to follow its budget.
    @param {Parts<"train">} w */
const put = (w, key, value) => w.patch({ training: { ...w.draft.training, [key]: value } });

/**
 * Where nobody chose: what suits the data that is chosen now. What was suggested for other data goes with it.
 * @param {Parts<"train">} w
 */
export async function suggestGathered(w) {
  const { dataset } = w.draft;
  for (const { key } of w.gathers()) {
    if (!GATHERED[key] || !w.done("data") || w.suggested?.dataset === dataset) continue;
    const before = w.suggested, mine = (w.suggested = { dataset, key, value: null, why: null });
    const found = await GATHERED[key].suggest(w).catch(() => null);
    if (!found || w.suggested !== mine) continue;
    Object.assign(mine, { value: found[key], why: found.why });
    const now = w.draft.training[key];
    if (now === undefined || (before && same(now, before.value))) put(w, key, found[key]);
    w.tell("suggested");
  }
}

/** Why it begins so, while it still does.
    @param {Parts<"train">} w */
export function suggestionNote(w) {
  const { key, value, why } = w.suggested || {};
  return why && w.gathers().some((one) => one.key === key) && same(w.draft.training[key], value) ? noteBox("info", why.message) : null;
}

/**
 * The cards of what is gathered. Returns {setFaults(faults)} of each.
 * @param {Parts<"train">} w
 */
export function gatherCards(w, root) {
  const drawn = [];
  const notes = h("div", {});
  const tell = () => replaceChildren(notes, suggestionNote(w));
  for (const param of w.gathers().filter((one) => GATHERED[one.key])) {
    const holder = h("div", { class: "ts-stack" });
    root.append(h("section", { class: "ts-card train-form train-gathered", "data-field": param.field, "aria-label": param.label }, h("h3", {}, param.label), h("p", { class: "ts-soft ts-small" }, param.help), notes, holder));
    loadPart(GATHERED[param.key].mount).then((mount) => {
      const value = w.trainingValues()[param.key] ?? param.default;
      const view = mount(holder, { ctx: w.ctx, value, onChange: (next) => { put(w, param.key, next); tell(); }, dataset: w.draft.dataset, model: w.draft.base_model, faults: w.faults, field: param.field });
      drawn.push(view);
    }, (error) => replaceChildren(holder, noteBox("danger", error.message)));
  }
  w.on("suggested", tell, "step");
  tell();
  return { setFaults: (faults) => drawn.forEach((one) => one.setFaults(faults)) };
}
