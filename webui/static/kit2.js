/* More of the kit: dialogs, sparklines, copying, and the behaviour of the shell (scheme, language, phone menu). */
"use strict";
window.TS = window.TS || { views: {} };

/** Show a dialog with `body` and resolve, when it closes, to the value of the button pressed ("" when dismissed). */
TS.dialog = function (title, body, actions, options = {}) {
  return new Promise((resolve) => {
    const buttons = actions.map(({ label, value, kind }) =>
      TS.h("button", { type: "button", class: "ts-btn " + (kind || ""), onclick: () => dialog.close(value) }, label));
    const dialog = TS.h("dialog", { class: "ts-dialog" + (options.wide ? " wide" : ""), "aria-labelledby": "ts-dialog-title" },
      TS.h("h2", { id: "ts-dialog-title" }, title), body, TS.h("div", { class: "ts-dialog-actions" }, buttons));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(""); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue); });
    const field = dialog.querySelector("input:not([type=checkbox], [type=radio]), textarea, select");
    field?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || field.tagName !== "INPUT") return;
      event.preventDefault();
      dialog.close(actions.at(-1)?.value ?? "");
    });
    document.body.append(dialog);
    dialog.showModal();
    (field || buttons[0])?.focus();
  });
};

/** Ask once before something that cannot be taken back. Resolves to true when the reader agrees. */
TS.confirm = async function (title, text, actionLabel) {
  const actions = [{ label: TS.t("common.cancel"), value: "" }, { label: actionLabel, value: "yes", kind: "primary danger" }];
  return (await TS.dialog(title, TS.h("p", {}, text), actions)) === "yes";
};

/** A small line without axes: `points` are [[x, y]...] or [y...]. */
TS.sparkline = function (points, label) {
  const pairs = (points || []).map((point, i) => (Array.isArray(point) ? point : [i, point])).filter(([, y]) => Number.isFinite(y));
  const svg = TS.h("svg", { class: "ts-spark", viewBox: "0 0 100 40", preserveAspectRatio: "none",
    role: label ? "img" : null, "aria-label": label, "aria-hidden": label ? null : "true" });
  if (pairs.length < 2) return svg;
  const xs = pairs.map(([x]) => x), ys = pairs.map(([, y]) => y);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const place = ([x, y]) => [100 * (x - x0) / (x1 - x0 || 1), 37 - 34 * (y - y0) / (y1 - y0 || 1)];
  svg.append(TS.h("polyline", { points: pairs.map((pair) => place(pair).map((v) => v.toFixed(2)).join(",")).join(" ") }));
  return svg;
};

/** Copy a text; says so. */
TS.copy = async function (text) {
  try {
    await navigator.clipboard.writeText(text);
    TS.toast(TS.t("common.copied"), "good");
  } catch {
    TS.toast(TS.t("common.copy_failed"), "danger");
  }
};

/** Save a text or a blob under a name. */
TS.save = function (name, content, type = "text/plain") {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  TS.h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

/** The head of a page: one h1, a sentence, actions. */
TS.head = function (title, lead, ...actions) {
  return TS.h("header", { class: "ts-head" }, TS.h("h1", {}, title), lead ? TS.h("p", { class: "ts-lead" }, lead) : null,
    actions.length ? TS.h("div", { class: "ts-row" }, actions) : null);
};

/** A progress bar; `fraction` null when nobody knows. */
TS.progress = function (fraction, label) {
  const known = fraction !== null && fraction !== undefined;
  const percent = known ? Math.round(100 * Math.min(1, Math.max(0, fraction))) : null;
  return TS.h("span", { class: "ts-progress" + (known ? "" : " unknown"), role: "progressbar", "aria-label": label,
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": percent === null ? null : String(percent) },
    TS.h("i", { style: { width: (percent ?? 35) + "%" } }));
};

/** The skeleton goes as soon as the page has something to show. */
TS.ready = () => document.documentElement.classList.add("ts-ready");

TS.shell = function () {
  const mark = () => document.querySelectorAll("[data-scheme][type=button]").forEach((button) =>
    button.setAttribute("aria-pressed", String(button.dataset.scheme === TS.schemeChosen())));
  document.querySelectorAll("[data-scheme][type=button]").forEach((button) =>
    button.addEventListener("click", () => TS.scheme(button.dataset.scheme)));
  window.addEventListener("ts:scheme", mark);
  mark();
  document.querySelectorAll("[data-language]").forEach((link) =>
    link.addEventListener("click", () => { link.href = link.pathname + location.search; }));
  TS.phoneMenu(document.querySelector(".ts-more-button"), document.getElementById("ts-more"));
  TS.watchForContent();
  TS.poll(document.body, 4000, TS.pulse);
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // its polls ended
};

/** How many jobs run, at the navigation's "Jobs"; notices also on quiet pages when the server is away. */
TS.pulse = async function () {
  const answer = await fetch("/api/pulse").catch(() => null);
  if (!answer || answer.status >= 500) throw Object.assign(new Error("away"), { code: "away" });
  if (!answer.ok) return;
  const { running } = await answer.json();
  const link = document.querySelector(".ts-rail [data-page=jobs]");
  link.querySelector(".ts-nav-count")?.remove();
  if (running) link.append(TS.h("span", { class: "ts-nav-count" }, String(running), TS.h("span", { class: "ts-sr" }, " " + TS.t("common.running"))));
};

TS.phoneMenu = function (button, menu) {
  if (!button) return;
  const open = (yes) => {
    menu.classList.toggle("open", yes);
    button.setAttribute("aria-expanded", String(yes));
  };
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    open(false);
    button.focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target) && !button.contains(event.target)) open(false);
  });
};

/** Pages of Gradio widgets alone have no view that says when it is drawn: look for their first block. */
TS.watchForContent = function () {
  const frame = document.getElementById("ts-main");
  const drawn = () => frame.querySelector(".ts-root > *, gradio-app .block:not(.ts-view)");
  const observer = new MutationObserver(() => {
    if (!drawn()) return;
    TS.ready();
    observer.disconnect();
  });
  observer.observe(frame, { childList: true, subtree: true });
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", TS.shell);
else TS.shell();
