/* A prompt with variables in the dialog of a list: which column fills which variable, and how many rows that makes. */
import { h } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";
import { debounce, labelledField, selectField } from "../../shared/form-controls.js";
import { columnFor, rowsOf } from "./questions.js";
import { filledText, variablesOf } from "../variables.js";

const SHOWN = 120; // characters of the first question

/** The variables that rows fill: of the prompt and of the system prompt. */
export const batchNames = (play, state) => variablesOf(state.template, play.settings.system || "");

/** The prompt; `draw` shows what it asks for. */
export function templateField(state, draw) {
  const later = debounce(150, draw);
  const area = h("textarea", { class: "ts-textarea", id: "list-template", rows: "2", dir: "auto", maxlength: "4000", oninput: () => { state.template = area.value; later(); } });
  area.value = state.template;
  return labelledField("list-template", t("playground.list.template"), area, { help: t("playground.list.template_help", { mark: "{{name}}" }) });
}

/** A column for each variable; one of its name is chosen from the start. */
export function batchColumns(play, state, tell) {
  const { columns } = state.file;
  return batchNames(play, state).map((name, place) => {
    if (!state.chosen.has(name)) state.chosen.set(name, columns.length === 1 ? 0 : columnFor(state.file, name));
    const choices = [[-1, t("playground.list.no_column")], ...columns.map((one, i) => [i, one.name])];
    return labelledField(`list-fills-${place}`, t("playground.list.fills", { name }), selectField(`list-fills-${place}`, choices, state.chosen.get(name), (i) => { state.chosen.set(name, i); tell(); }));
  });
}

/** How many rows would be asked, the first of them, and what is missing. */
export function batchWords(play, state) {
  const names = batchNames(play, state);
  if (!names.length) return t("playground.list.no_variables", { mark: "{{name}}" });
  if (!state.file && names.length > 1) return t("playground.list.needs_file", { names: names.join(", ") });
  const rows = rowsOf(state, names);
  const lacking = rows.filter((row) => names.some((name) => !row[name])).length;
  const first = rows.find((row) => names.every((name) => row[name]));
  const text = first ? [...filledText(state.template, first)] : [];
  return [h("b", {}, t("playground.list.count", { n: format.number(rows.length) })),
    lacking ? " · " + t("playground.list.lacking", { n: format.number(lacking) }) : null,
    first ? h("span", { class: "ts-soft", dir: "auto" }, " · " + t("playground.list.first", { text: text.slice(0, SHOWN).join("") + (text.length > SHOWN ? "…" : "") })) : null];
}
