/* The line beside a button that cannot be pressed: why, and the link to where that is put right. */
import { h, replaceChildren } from "../../kit/dom.js";
import { t } from "../../kit/texts.js";
import { whyNot } from "./reasons.js";
import { stepUrl } from "./step-names.js";

/** {node, tell()}: tell() looks again. `only`: what is open in that step alone, without a link. */
export function whyLine(w, id, only) {
  const node = h("p", { class: "train-why", id, hidden: true });
  let shown = "";
  const tell = () => {
    const reason = w.finished || (!only && w.planned()) ? null : whyNot(w, only);
    const now = JSON.stringify([reason, w.draft.step]);
    if (now === shown) return;
    shown = now;
    node.hidden = !reason;
    replaceChildren(node, reason ? [h("span", {}, t(reason.key, reason.params)), only ? null : whyLink(w, reason, id)] : null);
  };
  return { node, tell };
}

function whyLink(w, { step, field }, id) {
  if (step === w.draft.step && !field) return null;
  const go = async (event) => {
    event.preventDefault();
    await w.go(step);
    if (field) focusField(field);
  };
  const words = field ? t("train.estimate.show_fault") : t("train.why.go", { step: t("train.step." + step) });
  return h("a", { class: "ts-link", id: id + "-go", href: stepUrl(step), onclick: go }, words);
}

/** To the setting, out of whatever folds it away. */
function focusField(field) {
  const holder = document.querySelector(`[data-field="${CSS.escape(field)}"]`);
  holder?.closest("details")?.setAttribute("open", "");
  holder?.querySelector("input, select, textarea")?.focus();
}
