/* Variables of prompts: {{name}} in the question or the system prompt asks for a value above the question. Without a page: what a
   text names, and the text with its values (engine/services/chat/stored/variables.py reads the same). */
import { h, replaceChildren } from "../../kit/dom.js";
import { t } from "../../kit/texts.js";

const PLAY_VALUES = "ts-playground-values"; // what was filled in survives a refresh, as the question does
const MARK = /\{\{\{\{|\{\{[ \t]*([^ \t{}\n\r](?:[^{}\n\r]{0,58}[^ \t{}\n\r])?)[ \t]*\}\}/gu;

/** The names in some texts, each once. */
export const variablesOf = (...texts) => [...new Set(texts.flatMap((text) => [...text.matchAll(MARK)].map((found) => found[1]).filter(Boolean)))];

/** The text with its values. */
export const filledText = (text, values) => text.replace(MARK, (_whole, name) => (name ? values[name] : "{{"));

const marked = (...texts) => texts.some((text) => text.search(MARK) >= 0);

function kept() {
  try {
    return Object(JSON.parse(sessionStorage.getItem(PLAY_VALUES) || "{}"));
  } catch {
    return {};
  }
}

/** Keep what was filled in for a name. */
function keepValue(name, value) {
  sessionStorage.setItem(PLAY_VALUES, JSON.stringify({ ...kept(), [name]: value }));
}

/**
 * The fields of some names; `values` is written as they are typed.
 * @param {(name: string, value: string) => void} [onchange]
 */
export function variableFields(id, names, values, onchange = () => {}) {
  return h("div", { class: "play-variables-fields" }, names.map((name, place) => {
    const field = h("textarea", { class: "ts-textarea", id: `${id}-${place}`, rows: "1", dir: "auto", "data-variable": name, oninput: () => {
      values[name] = field.value;
      field.removeAttribute("aria-invalid");
      onchange(name, field.value);
    } });
    field.value = values[name] || "";
    return h("div", { class: "ts-field" }, h("label", { class: "ts-label", for: `${id}-${place}` }, h("bdi", {}, name)), field);
  }));
}

/** Draw the fields that the question and the system prompt ask for. @param {Parts<"playground">} play */
export function drawVariables(play) {
  const { variables: box, input } = play.dom;
  const names = variablesOf(input.value, play.settings.system || "");
  const stamp = JSON.stringify([names, Boolean(play.literal)]);
  if (box.dataset.state === stamp) return;
  box.dataset.state = stamp;
  const values = kept();
  const literal = h("input", { class: "ts-check", id: "play-literal", type: "checkbox", checked: Boolean(play.literal), onchange: () => {
    play.literal = literal.checked;
    drawVariables(play);
    document.getElementById("play-literal")?.focus();
  } });
  replaceChildren(box, names.length ? [
    play.literal ? null : variableFields("play-variable", names, values, keepValue),
    h("label", { class: "field-check ts-small", for: "play-literal" }, literal, t("playground.variables.literal"))] : null);
}

/**
 * What a question is asked with: its values, null where it has no variables, undefined where one is missing (then that is said).
 * @param {Parts<"playground">} play
 */
export function valuesToAsk(play, prompt) {
  const system = play.settings.system || "";
  if (play.literal || !marked(prompt, system)) return null;
  const all = kept(), names = variablesOf(prompt, system);
  const missing = names.filter((name) => !String(all[name] || "").trim());
  if (missing.length) return tellMissing(play, missing);
  return Object.fromEntries(names.map((name) => [name, String(all[name])]));
}

function tellMissing(play, missing) {
  play.error = t("playground.variables.missing", { names: missing.join(", ") });
  play.draw();
  const fields = [...play.dom.variables.querySelectorAll("[data-variable]")].filter((field) => missing.includes(field.dataset.variable));
  for (const field of fields) field.setAttribute("aria-invalid", "true");
  fields[0]?.focus();
  return undefined;
}
