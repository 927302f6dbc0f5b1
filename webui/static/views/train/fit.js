/* What of the data does not fit the chosen model and objective: asked again when either changes, told at the Data step and in the review. */
import { t } from "../../kit/texts.js";
import { misfitList } from "../data/misfits.js";

/** What of the chosen data set (or of another one) does not fit, with the way out. `objective` takes another objective. */
export const trainMisfits = (w, set, objective) => misfitList(withRefusals(w, w.fits[set?.id]), {
  dataset: set?.id, objective, model: (id) => { w.patch({ base_model: id }); w.redraw(); },
});

/** An end token that would be learnt where the template has none is not, once the user has switched that off; thinking that nobody wants is not lost. */
function withRefusals(w, found) {
  const { teach_end: ends, thinking } = w.trainingValues();
  if (found && ["strip", "empty"].includes(thinking)) found = { ...found, findings: found.findings.filter((one) => !one.code.startsWith("thoughts")) };
  if (!found || ends !== false) return found;
  const refused = (one) => (one.code === "end_added" ? { ...one, level: "warn", message: t("fit.end_refused", { model: one.params.model }) } : one);
  return { ...found, findings: found.findings.map(refused) };
}
