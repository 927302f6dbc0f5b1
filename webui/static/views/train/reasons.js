/* Why a job cannot be started yet, and the step where that is put right. */

const unready = (w) => {
  const model = w.model();
  if (!model || model.status === "failed") return { key: "train.why.model" };
  return model.status === "ready" ? null : { key: "train.why.model_waits", params: { model: model.name } };
};

const untaught = (w) => {
  const set = w.dataset();
  if (!set) return { key: "train.why.data" };
  return w.teaches(set) ? null : { key: "train.why.unfit", params: { data: set.name } };
};

const AREAS = { base_model: "model", dataset: "data", method: "method", training: "method", budget: "budget", name: "review" };

/** The step that holds the setting of a fault: "training.batch_size" -> "method". */
export const stepOfField = (field) => AREAS[field.split(".")[0]] || "method";

/** What is in the way: {key, params, step, field}, the first step first; null where nothing is.
    `only`: of that step alone. */
export function whyNot(w, only) {
  const fields = Object.keys(w.faults);
  const faults = { key: "train.estimate.faults", params: { n: fields.length }, field: fields[0] };
  const found = [["model", unready(w)], ["data", untaught(w)], ...fields.slice(0, 1).map((field) => [stepOfField(field), faults])];
  const [step, reason] = found.find(([at, one]) => one && (!only || at === only)) || [];
  return reason ? { ...reason, step } : null;
}
