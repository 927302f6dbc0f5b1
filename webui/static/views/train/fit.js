/* What of the data does not fit the chosen model and objective: asked again when either changes, told at the Data step and in the review. */
import { misfitList } from "../data/misfits.js";

/** What of the chosen data set (or of another one) does not fit, with the way out. `objective` takes another objective. */
export const trainMisfits = (w, set, objective) => misfitList(w.fits[set?.id], {
  dataset: set?.id, objective, model: (id) => { w.patch({ base_model: id }); w.redraw(); },
});
