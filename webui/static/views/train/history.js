/* The steps as places of the browser's history: back and forward go through them, and a refresh stays. */
import { queryValue } from "../../kit/texts.js";
import { STEPS, stepUrl } from "./step-names.js";

/** The step that an address asks for, where it is a step and open. */
const asked = (w) => {
  const step = queryValue("step");
  return STEPS.includes(step) && w.reachable(step) ? step : null;
};

/** Follow the address: `show(step)` draws a step. Returns {on(step): a new place; stay(): the same place, whatever it shows now}. */
export function walkSteps(w, show) {
  const stay = () => history.replaceState(null, "", stepUrl(w.draft.step));
  w.draft.step = asked(w) || w.draft.step;
  stay();
  window.addEventListener("popstate", () => {
    const step = asked(w);
    if (!step) stay();
    else if (step !== w.draft.step) show(step);
  });
  return { stay, on: (step) => { if (step !== w.draft.step) history.pushState(null, "", stepUrl(step)); } };
}
