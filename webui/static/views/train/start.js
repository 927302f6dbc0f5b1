/** Start once: the key of the draft makes a second click the same job. */
import { askFirst, toast } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";

/** @param {Parts<"train">} w */
export async function trainStart(button, w) {
  if (w.finished || button.getAttribute("aria-busy") || !w.complete()) return;
  const verdict = w.plan?.verdict;
  if (verdict && !verdict.ok && !(await askFirst(t("train.estimate.unfit.title"), verdict.message, t("train.estimate.unfit.start")))) return;
  button.setAttribute("aria-busy", "true");
  try {
    await w.saved(); // a save that arrives after the start would bring the draft back
    w.finished = true;
    const job = await w.ctx.call("begin", w.raw(), w.draft.key);
    w.save.cancel();
    location.assign(pageUrl("jobs", { job }));
  } catch (error) {
    w.finished = false;
    button.removeAttribute("aria-busy");
    w.faults = error.faults || {};
    w.tell("plan");
    if (!Object.keys(w.faults).length) toast(error.message, "danger");
  }
}
