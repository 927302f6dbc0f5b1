/** Parts of a page that views share: dialogs, toasts, sparklines, copying, heads, progress, the actions of buttons. */
import { h } from "./dom.js";
import { drawIcon } from "./icons.js";
import { sentenceOf } from "./server.js";
import { t } from "./texts.js";

/** Show a dialog with `body` and resolve, when it closes, to the value of the button pressed ("" when dismissed). */
export function openDialog(title, body, actions, options = {}) {
  return new Promise((resolve) => {
    const buttons = actions.map(({ label, value, kind }) =>
      h("button", { type: "button", class: "ts-btn " + (kind || ""), onclick: () => dialog.close(value) }, label));
    const dialog = h("dialog", { class: "ts-dialog" + (options.wide ? " wide" : ""), "aria-labelledby": "ts-dialog-title" },
      h("h2", { id: "ts-dialog-title" }, title), body, h("div", { class: "ts-dialog-actions" }, buttons));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(""); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue); });
    const field = /** @type {HTMLInputElement | null} */ (dialog.querySelector("input:not([type=checkbox], [type=radio]), textarea, select"));
    field?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || field.tagName !== "INPUT") return;
      event.preventDefault();
      dialog.close(actions.at(-1)?.value ?? "");
    });
    document.body.append(dialog);
    dialog.showModal();
    (field || buttons[0])?.focus();
  });
}

/** Ask once before something that cannot be taken back. Resolves to true when the reader agrees. `keepLabel`: what the other
    button does, where the act itself is a cancelling. */
export async function askFirst(title, text, actionLabel, keepLabel = t("common.cancel")) {
  const actions = [{ label: keepLabel, value: "" }, { label: actionLabel, value: "yes", kind: "primary danger" }];
  return (await openDialog(title, h("p", {}, text), actions)) === "yes";
}

/** A small line without axes: `points` are [[x, y]...] or [y...]. */
export function sparkline(points, label) {
  const pairs = (points || []).map((point, i) => (Array.isArray(point) ? point : [i, point])).filter(([, y]) => Number.isFinite(y));
  const svg = h("svg", { class: "ts-spark", viewBox: "0 0 100 40", preserveAspectRatio: "none",
    role: label ? "img" : null, "aria-label": label, "aria-hidden": label ? null : "true" });
  if (pairs.length < 2) return svg;
  const xs = pairs.map(([x]) => x), ys = pairs.map(([, y]) => y);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const place = ([x, y]) => [100 * (x - x0) / (x1 - x0 || 1), 37 - 34 * (y - y0) / (y1 - y0 || 1)];
  svg.append(h("polyline", { points: pairs.map((pair) => place(pair).map((v) => v.toFixed(2)).join(",")).join(" ") }));
  return svg;
}

/** Copy a text; says so. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("common.copied"), "good");
  } catch {
    toast(t("common.copy_failed"), "danger");
  }
}

/** A name of ours as the name of a file, without an ending. */
export const fileName = (name) => name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "tunesmith";

/** Save a text or a blob under a name. */
export function saveFile(name, content, type = "text/plain") {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** The head of a page: one h1, a sentence, actions. */
export function pageHead(title, lead, ...actions) {
  return h("header", { class: "ts-head" }, h("h1", {}, title), lead ? h("p", { class: "ts-lead" }, lead) : null,
    actions.length ? h("div", { class: "ts-row" }, actions) : null);
}

/** A progress bar; `fraction` null when nobody knows. */
export function progressBar(fraction, label) {
  const known = fraction !== null && fraction !== undefined;
  const percent = known ? Math.round(100 * Math.min(1, Math.max(0, fraction))) : null;
  return h("span", { class: "ts-progress" + (known ? "" : " unknown"), role: "progressbar", "aria-label": label,
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": percent === null ? null : String(percent) },
    h("i", { style: { width: (percent ?? 35) + "%" } }));
}

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
    toast(sentenceOf(error), "danger");
    return undefined;
  } finally {
    button.removeAttribute("aria-busy");
  }
}
