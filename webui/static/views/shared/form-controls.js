/** Small controls that several pages share: radio cards, segments, labelled fields, timing helpers. */
import { h } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";

/** `task` after `milliseconds` of quiet; `.flush()` runs it now if it waits, `.cancel()` forgets it. */
export function debounce(milliseconds, task) {
  let timer = 0;
  const run = () => { timer = 0; return task(); };
  const later = () => { clearTimeout(timer); timer = setTimeout(run, milliseconds); };
  later.flush = () => { if (timer) { clearTimeout(timer); return run(); } return undefined; };
  later.cancel = () => { clearTimeout(timer); timer = 0; };
  later.waiting = () => timer !== 0;
  return later;
}

/** Wrap an async `task` so that only the newest call's outcome is used: older answers that arrive late are dropped. */
export function onlyLatest(task, done, failed) {
  let newest = 0;
  return async (...args) => {
    const mine = (newest += 1);
    try {
      const result = await task(...args);
      if (mine === newest) done(result);
    } catch (error) {
      if (mine === newest) failed(error);
    }
  };
}

/** Keys of a radio group: arrows move the choice, as in the browser's own radios. */
export function radioKeys(group) {
  group.addEventListener("keydown", (event) => {
    const forward = ["ArrowRight", "ArrowDown"].includes(event.key);
    if (!forward && !["ArrowLeft", "ArrowUp"].includes(event.key)) return;
    const radios = [...group.querySelectorAll('[role="radio"]:not([aria-disabled="true"])')];
    if (!radios.length) return;
    event.preventDefault();
    const at = radios.indexOf(document.activeElement);
    const next = radios[(at + (forward ? 1 : -1) + radios.length) % radios.length];
    next.focus();
    next.click();
  });
}

/** A group of big cards of which one is taken. options: [{value, disabled, content: [nodes], label}]. */
export function choiceCards(label, options, chosen, onpick, className) {
  const group = h("div", { class: "ts-choices " + (className || ""), role: "radiogroup", "aria-label": label });
  const reachable = options.some((o) => o.value === chosen && !o.disabled) ? chosen : options.find((o) => !o.disabled)?.value;
  for (const option of options) {
    const card = h("div", {
      class: "ts-choice", id: "choice-" + option.value, role: "radio", "aria-checked": String(option.value === chosen), "data-value": String(option.value),
      "aria-disabled": option.disabled ? "true" : null, "aria-label": option.label || null, tabindex: option.value === reachable ? "0" : "-1",
    }, option.content);
    const pick = () => {
      if (option.disabled) return;
      for (const other of group.children) {
        other.setAttribute("aria-checked", String(other === card));
        other.setAttribute("tabindex", other === card ? "0" : "-1");
      }
      onpick(option.value);
    };
    card.addEventListener("click", pick);
    card.addEventListener("keydown", (event) => {
      if (event.key === " " || event.key === "Enter") { event.preventDefault(); pick(); }
    });
    group.append(card);
  }
  radioKeys(group);
  return group;
}

/** A short segmented choice with the browser's own radios. options: [[value, label]...]. */
export function segments(name, label, options, chosen, onpick) {
  return h("div", { class: "ts-seg", role: "radiogroup", "aria-label": label }, options.map(([value, text]) => h("label", {},
    h("input", { type: "radio", name, value: String(value), checked: value === chosen, onchange: () => onpick(value) }), text)));
}

/**
 * A labelled field. `control` carries `id` and lies in `box` if given; help and error are tied to it.
 * @param {string} id
 * @param {string} label
 * @param {HTMLElement} control
 * @param {{help?: Child, error?: string | null, extra?: Child, box?: Child}} [options]
 * @returns {HTMLElement & {setError(text?: string | null): void}}
 */
export function labelledField(id, label, control, { help, error, extra, box } = {}) {
  const described = [help ? id + "-help" : "", id + "-error"].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", described);
  const wrong = h("p", { class: "ts-error", id: id + "-error", hidden: !error }, error || "");
  /** @type {any} */
  const field = h("div", { class: "ts-field" },
    h("div", { class: "field-head" }, h("label", { for: id }, h("span", { class: "ts-label" }, label)), extra),
    box || control,
    help ? h("p", { class: "ts-help", id: id + "-help" }, help) : null,
    wrong);
  field.setError = (text) => {
    wrong.textContent = text || "";
    wrong.hidden = !text;
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  return field;
}

/** A select. options: [[value, label]...]; values keep their type. */
export function selectField(id, options, chosen, onpick) {
  return h("select", { class: "ts-select", id, onchange: (event) => onpick(options[event.target.selectedIndex][0]) },
    options.map(([value, text]) => h("option", { value: String(value ?? ""), selected: value === chosen }, text)));
}

/** The sentence of a stored reason or error: {code, params}. */
export const reasonBox = (fault) => fault.message;

/** Of a method's learning rates by size, the one that suits the model. */
export const rateFor = (rates, model) => rates.filter(([least]) => (model?.parameters || 0) >= least).at(-1)?.[1];

/** A note in the page. kind: "", "good", "warn", "danger" or "info". */
export const noteBox = (kind, ...children) =>
  h("div", { class: "ts-note " + kind, role: kind === "danger" ? "alert" : null },
    drawIcon(kind === "good" ? "circle-check" : kind === "info" || !kind ? "info" : "triangle-alert"), h("div", {}, children));

/** When the page is left while `save` still waits, the draft goes by a request that outlives the page. */
export function keepDraft(kind, save, draft) {
  window.addEventListener("pagehide", () => {
    const kept = draft();
    if (!kept || !save.waiting()) return;
    save.cancel();
    fetch("/api/drafts/" + kind, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(kept) }).catch(() => {});
  });
}

/**
 * Ask until all rows were looked at; `show` takes each answer. Ends when `here()` says so. An answer that is lost on the way is asked for
 * again, ever more seldom; at a refusal nothing is told.
 */
export async function watchFit(ask, show, here) {
  const waits = (found) => (found.findings ? found.working : Object.values(found).some((one) => one.working));
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  for (let lost = 0; here();) {
    try {
      const found = await ask();
      if (!here()) return;
      show(found);
      if (!waits(found)) return;
      lost = 0;
      await wait(FIT_AGAIN_MS);
    } catch (error) {
      if (!LOST_CODES.has(error.code) || lost >= FIT_MOST_LOST) return; // what a page does with the data set says itself why it cannot be read
      await wait(FIT_AGAIN_MS * 2 ** (lost += 1));
    }
  }
}

const FIT_AGAIN_MS = 120;
const FIT_MOST_LOST = 6;
const LOST_CODES = new Set(["away", "internal"]); // no answer came
