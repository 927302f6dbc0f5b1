/* The dialog that starts a list of questions: pasted lines, or a column of a file. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { openDialog } from "../../../kit/parts.js";
import { loadPart, randomKey } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { batchColumns, batchNames, batchWords, templateField } from "./batch.js";
import { questionsOf, rowsOf } from "./questions.js";
import { labelledField, selectField } from "../../shared/form-controls.js";

const FILES = ".txt,.csv,.tsv,.xlsx";
const SHOWN = 120; // characters of the first question

/** Ask until it is started or given up; what was typed is kept meanwhile. */
export async function askList(play) {
  const state = { template: "", chosen: new Map(), text: "", file: null, fileName: "", column: 0, name: t("playground.list.default_name"), error: "" };
  const key = randomKey();
  for (;;) {
    const wanted = await openDialog(t("playground.list.title"), listForm(play, state), [
      { label: t("common.cancel"), value: "" }, { label: t("playground.list.start"), value: "start", kind: "primary" }], { wide: true });
    if (wanted !== "start") return undefined;
    try {
      const asked = { base_id: play.base, sides: play.sides, settings: play.settings, name: state.name, key };
      const names = batchNames(play, state);
      const id = state.template.trim() ? await play.ctx.call("batch_start", { ...asked, template: state.template, rows: rowsOf(state, names) })
        : await play.ctx.call("list_start", { ...asked, questions: questionsOf(state) });
      return location.assign(pageUrl("playground", { list: id }));
    } catch (error) {
      state.error = error.message;
    }
  }
}

function listForm(play, state) {
  const count = h("p", { class: "ts-small", role: "status", "aria-live": "polite" });
  const source = h("div", { class: "ts-stack" });
  const failed = h("p", { class: "ts-error", role: "alert", hidden: !state.error }, state.error);
  const tell = (error = "") => {
    state.error = error;
    failed.textContent = error;
    failed.hidden = !error;
    replaceChildren(count, state.template.trim() ? batchWords(play, state) : countWords(state));
  };
  const picker = filePicker(state, () => draw());
  const draw = () => {
    picker.tellName();
    replaceChildren(source, state.file ? fileChosen(play, state, tell, draw) : typedQuestions(state, tell));
    tell(state.error);
  };
  const name = h("input", { class: "ts-input", id: "list-name", value: state.name, maxlength: "120", oninput: () => { state.name = name.value; } });
  draw();
  return h("div", { class: "ts-stack play-list-form" }, h("p", { class: "ts-soft" }, t("playground.list.lead")), templateField(state, () => draw()), source,
    picker.node, count,
    labelledField("list-name", t("playground.list.name"), name), failed,
    h("a", { class: "ts-small ts-link", href: pageUrl("jobs", { kind: play.start.lists.kind }) }, t("playground.list.earlier")));
}

function typedQuestions(state, tell) {
  const area = h("textarea", { class: "ts-textarea", id: "list-questions", rows: "8", dir: "auto", oninput: () => { state.text = area.value; tell(); } });
  area.value = state.text;
  return labelledField("list-questions", t("playground.list.paste"), area);
}

/** The browser's own control says its words in the browser's language, so a button of ours opens it. */
function filePicker(state, draw) {
  const input = h("input", { type: "file", id: "list-file", accept: FILES, hidden: true });
  const name = h("span", { class: "ts-small ts-soft" });
  const tellName = () => { name.textContent = state.fileName || t("playground.list.file_help"); };
  const button = h("button", { type: "button", class: "ts-btn small", id: "list-choose", onclick: () => input.click() }, drawIcon("upload"), h("span", {}, t("playground.list.file")));
  input.addEventListener("change", async () => {
    const chosen = input.files?.[0];
    if (!chosen) return;
    try {
      state.file = await readFile(chosen);
      Object.assign(state, { column: state.file.guess, fileName: chosen.name, chosen: new Map() });
      state.error = "";
    } catch (error) {
      state.file = null;
      Object.assign(state, { error: error.message, fileName: "" });
    }
    input.value = ""; // so that the same file can be chosen again
    draw();
  });
  return { node: h("div", { class: "ts-row" }, button, input, name), tellName };
}

async function readFile(file) {
  const { ok, answer } = await loadPart(async () => {
    const sent = await fetch("/api/questions", { method: "POST", headers: { "x-filename": encodeURIComponent(file.name) }, body: file });
    return { ok: sent.ok, answer: await sent.json() };
  });
  if (!ok) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer;
}

/** The column with the questions; a file with a single one leaves no choice. */
function fileChosen(play, state, tell, draw) {
  const { columns, skipped } = state.file;
  const leave = h("button", { type: "button", class: "ts-btn small ghost", id: "list-no-file", onclick: () => { Object.assign(state, { file: null, fileName: "" }); draw(); } },
    drawIcon("x"), h("span", {}, t("playground.list.typed")));
  const column = labelledField("list-column", t("playground.list.column"),
    selectField("list-column", columns.map((one, place) => [place, one.name]), state.column, (place) => { state.column = place; tell(); }));
  return [state.template.trim() ? batchColumns(play, state, tell) : columns.length > 1 ? column : null, skipped ? h("p", { class: "ts-note warn" }, t("playground.list.skipped", { n: format.number(skipped) })) : null, h("div", {}, leave)];
}

function countWords(state) {
  const questions = questionsOf(state);
  const filled = state.file ? state.file.columns[state.column].filled : questions.length;
  const first = questions[0] ? [...questions[0]].slice(0, SHOWN).join("") + (questions[0].length > SHOWN ? "…" : "") : "";
  return [h("b", {}, t("playground.list.count", { n: format.number(questions.length) })),
    filled > questions.length ? " · " + t("playground.list.cut", { all: format.number(filled), most: format.number(questions.length) }) : null,
    first ? h("span", { class: "ts-soft", dir: "auto" }, " · " + t("playground.list.first", { text: first })) : null];
}
