/* What of the data does not fit the chosen model and objective: asked again when either changes, told at the Data step and in the review. */
import { t } from "../../kit/texts.js";
import { misfitList } from "../data/misfits.js";

/** What of the chosen data set (or of another one) does not fit, with the way out. `objective` takes another objective. */
export const trainMisfits = (w, set, objective) => misfitList(withRefusals(w, w.fits[set?.id]), {
  dataset: set?.id, objective, model: (id) => { w.patch({ base_model: id }); w.redraw(); },
  fetch: async (ref) => {
    const id = await w.ctx.call("know_model", ref);
    w.draft.base_model = id;
    await w.refresh();
    w.patch({ base_model: id });
    w.redraw();
  },
});

/** An end token that would be learnt where the template has none is not, once the user has switched that off; thinking that nobody wants is not lost. */
function withRefusals(w, found) {
  const { teach_end: taught, open_ends: open, thinking } = w.trainingValues();
  if (found && ["strip", "empty"].includes(thinking)) found = { ...found, findings: found.findings.filter((one) => !one.code.startsWith("thoughts")) };
  if (!found || (taught !== false && !open)) return found;
  const level = open ? "warn" : "danger"; // refused unless open ends are wanted
  const own = (one) => (one.code === "no_end" ? {} : one.code === "end_added" && taught === false ? { message: t("fit.end_refused", one.params) } : null);
  return { ...found, findings: found.findings.map((one) => (own(one) ? { ...one, level, ...own(one) } : one)) };
}
