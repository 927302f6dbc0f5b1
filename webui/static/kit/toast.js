/* Short messages at the foot of the page, and the actions of buttons that show them. */
import { h } from "./dom.js";
import { drawIcon } from "./icons.js";
import { t } from "./texts.js";

/** A short message at the foot of the page. kind: "info", "good" or "danger". */
export function toast(text, kind = "info") {
  let holder = document.getElementById("ts-toasts");
  if (!holder) {
    holder = h("div", { id: "ts-toasts", "aria-live": "polite" });
    document.body.append(holder);
  }
  const shown = h("div", { class: "ts-toast " + kind, role: kind === "danger" ? "alert" : "status" },
    h("span", {}, text),
    h("button", { class: "ts-icon-btn", "aria-label": t("common.close"), onclick: () => shown.remove() }, drawIcon("x")));
  holder.append(shown);
  setTimeout(() => shown.remove(), kind === "danger" ? 15000 : 5000);
}

/** Run an action of a button: marks it as busy meanwhile (it keeps the focus), shows errors as a toast. Resolves to the result or undefined. */
export async function runAction(button, action) {
  if (button.disabled || button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  try {
    return await action();
  } catch (error) {
    toast(error.message, "danger");
    return undefined;
  } finally {
    button.removeAttribute("aria-busy");
  }
}
