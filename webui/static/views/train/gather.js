/* Settings that a form cannot hold begin with what suits the data. Loaded with the first of them. */
import { noteBox } from "../shared/form-controls.js";

/* By the setting: what is asked for a beginning. */
const SUGGESTS = { rewards: /** @param {Parts<"train">} w */ (w) => w.ctx.call("suggest_rewards", w.draft.dataset) };

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
    if (!SUGGESTS[key] || !w.done("data") || w.suggested?.dataset === dataset) continue;
    const before = w.suggested, mine = (w.suggested = { dataset, key, value: null, why: null });
    const found = await SUGGESTS[key](w).catch(() => null);
    if (!found || w.suggested !== mine) continue;
    Object.assign(mine, { value: found[key], why: found.why });
    const now = w.draft.training[key];
    if (now === undefined || (before && same(now, before.value))) put(w, key, found[key]);
    w.tell("suggested");
  }
}

/** Why it begins so, while it still does.
    @param {Parts<"train">} w */
export function suggestionNote(w, of) {
  const { key, value, why } = w.suggested || {};
  return why && key === of && same(w.draft.training[key], value) ? noteBox("info", why.message) : null;
}
