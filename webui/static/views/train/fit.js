/* What of the data does not fit the chosen model and objective: asked again when either changes, told at the Data step and in the review. */
import { misfitList, watchFit } from "../data/misfits.js";

/** `w.fits` holds what is known of each data set; "fits" is told when it changes. */
export function fitting(w) {
  let asked = "";
  w.fits = {};
  const look = () => {
    const { base_model: model } = w.draft;
    const { key } = w.objective();
    const now = JSON.stringify([model, key, w.datasets.map((set) => [set.id, set.content_hash]), w.models.map((one) => [one.id, one.status])]);
    if (now === asked) return;
    asked = now;
    w.fits = {};
    watchFit(() => w.ctx.call("wizard_fits", model, key), (fits) => { w.fits = fits; w.tell("fits"); }, () => now === asked && !w.finished);
  };
  w.on("draft", look);
  w.on("lists", look);
  w.lookAtFits = look;
}

/** What of the chosen data set (or of another one) does not fit, with the way out. `objective` takes another objective. */
export const trainMisfits = (w, set, objective) => misfitList(w.fits[set?.id], {
  dataset: set?.id, objective, model: (id) => { w.patch({ base_model: id }); w.redraw(); },
});
