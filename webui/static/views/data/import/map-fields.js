/* The fields of a shape: each is a column, or a wording made of columns, with the reason of its guess beside it. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { hasText, t } from "../../../kit/texts.js";
import { carriedMapping, withColumn } from "./carry.js";
import { leftOutNote } from "./left-out.js";
import { refusal } from "./way-card.js";
import { labelledField, noteBox, selectField } from "../../shared/form-controls.js";

/**
 * How rows are read: shape, fields, pieces of text, encoding. `seen` takes each preview, `wrong` each fault.
 * @param {Server.DatasetView} set
 */
export function readCard(set, choice, changed) {
  const self = { set, choice, changed, asked: null, remembered: {} };
  const fields = h("div", { class: "ts-stack data-fields" });
  const classes = h("div", { class: "ts-stack tight" });
  const leftOut = h("div", { class: "data-loss", "aria-live": "polite" });
  const why = h("div", { class: "data-why" });
  const help = h("span", {});
  const draw = () => {
    replaceChildren(fields, columnFields(self));
    replaceChildren(why, shapeReasons(set, choice));
    help.textContent = t("data.shape." + (choice.shape || "unknown") + ".help");
  };
  self.redraw = draw;
  const shapes = [...(choice.shape ? [] : [[null, t("data.shape.choose")]]), ...set.shapes.map((shape) => [shape.key, t("data.shape." + shape.key)])];
  const shape = selectField("data-shape", shapes, choice.shape, (key) => {
    toShape(self, key);
    self.asked = key;
    draw();
    changed();
  });
  draw();
  const node = h("section", { class: "ts-card ts-stack" }, h("h2", {}, t("data.map.title")),
    h("div", {}, labelledField("data-shape", t("data.found.shape"), shape, { help }), why), fields, classes, textOptions(set, choice, changed), encodingField(set, choice, changed));
  return {
    node,
    leftOut,
    redraw: draw,
    /** Records that are arranged otherwise have other columns, and perhaps another shape. */
    arranged(way) {
      const next = way || { shape: "messages", mapping: { messages: "messages" }, templates: {}, columns: ["messages"] };
      set.columns = next.columns;
      self.remembered = {};
      Object.assign(choice, { shape: next.shape, mapping: { ...next.mapping }, templates: structuredClone(next.templates) });
      shape.value = next.shape ?? "";
      draw();
    },
    wrong(error) { markWrong(fields, error); replaceChildren(classes); replaceChildren(leftOut); },
    seen(result) {
      markWrong(fields, null);
      replaceChildren(classes, classCounts(self, result));
      replaceChildren(leftOut, leftOutNote(result, shapeNamed(set, choice.shape)?.further, (column, field) => takeIn(self, column, field)));
    },
  };
}

/**
 * Why this shape was guessed; nothing once another one is chosen.
 * @param {Server.DatasetView} set
 */
const shapeReasons = (set, choice) => (set.detection || []).filter((one) => one.what === "shape" && (choice.shape === set.shape || !set.shape)).map(noteLine);

const shapeNamed = (set, key) => set.shapes.find((shape) => shape.key === key);

/** Another shape: what was mapped under it before, else every column in the part that it plays under the one at hand. */
function toShape({ set, choice, remembered }, key) {
  const { mapping, templates } = choice;
  if (choice.shape) remembered[choice.shape] = { mapping, templates };
  const detected = key === set.shape ? { mapping: { ...set.mapping }, templates: structuredClone(set.templates || {}) } : null;
  const next = remembered[key] || detected || carriedMapping(shapeNamed(set, choice.shape), shapeNamed(set, key), choice, set.by_name[key] || {});
  Object.assign(choice, { shape: key }, next);
}

/** A column that was left out goes to a field; what is shown and the focus go there too. */
function takeIn(self, column, field) {
  Object.assign(self.choice, withColumn(self.choice, field, column));
  self.redraw();
  const control = document.querySelector(`[data-field="${field}"] :is(select, textarea)`);
  if (control instanceof HTMLElement) control.focus();
  self.changed();
}

function columnFields(self) {
  const { mapping, templates, shape } = self.choice;
  const fields = shapeNamed(self.set, shape)?.fields || [];
  const node = (field) => (templates[field.key] ? wordingField(self, field) : columnField(self, field));
  const apart = (field) => field.seldom && !mapping[field.key] && !templates[field.key];
  const seldom = fields.filter(apart);
  return [...fields.filter((field) => !apart(field)).map(node), seldom.length < 2 ? seldom.map(node)
    : h("details", { class: "ts-details" }, h("summary", { id: "data-seldom" }, t("data.column.seldom")), h("div", { class: "ts-stack" }, seldom.map(node)))];
}

function columnField(self, field) {
  const { set, choice } = self;
  const id = "data-column-" + field.key;
  const columns = [[null, t(field.required ? "data.column.choose" : "data.column.none")], ...set.columns.map((column) => [column, column])];
  const why = h("span", {});
  const tell = () => { why.textContent = fieldReason(set, choice, field.key) ?? null; };
  const select = selectField(id, columns, choice.mapping[field.key] ?? null, (column) => {
    if (column === null) delete choice.mapping[field.key];
    else choice.mapping[field.key] = column;
    tell();
    self.changed();
  });
  tell();
  const worded = () => {
    const column = choice.mapping[field.key];
    choice.templates[field.key] = [column ? `{${column}}` : ""];
    self.redraw();
    document.getElementById("data-wording-" + field.key + "-0")?.focus();
    self.changed();
  };
  return marked(field.key, labelledField(id, fieldName(field), select, {
    help: why, extra: field.wording ? h("button", { type: "button", class: "ts-link ts-small", id: "data-word-" + field.key, onclick: worded }, t("data.wording.use")) : null,
  }));
}

function marked(key, node) {
  node.dataset.field = key;
  return node;
}

const fieldName = (field) => (field.required ? t("data.field." + field.key) : t("data.column.optional", { name: t("data.field." + field.key) }));

/**
 * Why this column was guessed, while it is the one chosen.
 * @param {Server.DatasetView} set
 */
function fieldReason(set, choice, key) {
  const note = (set.detection || []).find((one) => one.what === "field" && one.value === key);
  return note && choice.shape === set.shape && note.params.column === choice.mapping[key] ? note.message : "";
}

/** Wordings: a text box each, the columns to put in, and the way back to a single column. */
function wordingField(self, field) {
  const { set, choice } = self;
  const wordings = choice.templates[field.key];
  let box = /** @type {HTMLTextAreaElement | null} */ (null);
  const boxes = wordings.map((text, place) => {
    const area = h("textarea", { class: "ts-textarea data-wording", id: `data-wording-${field.key}-${place}`, rows: "3", dir: "auto", spellcheck: "false",
      "aria-label": t("data.wording.number", { field: t("data.field." + field.key), n: place + 1 }), "aria-describedby": "data-wording-help-" + field.key,
      placeholder: t("data.wording.example"), oninput: () => { wordings[place] = area.value; self.changed(); }, onfocus: () => { box = area; } });
    area.value = text;
    const remove = h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("data.wording.remove", { n: place + 1 }), title: t("data.wording.remove", { n: place + 1 }),
      onclick: () => { wordings.splice(place, 1); self.redraw(); self.changed(); } }, drawIcon("x"));
    return h("div", { class: "data-wording-line" }, area, wordings.length > 1 ? remove : null);
  });
  const insert = (column) => {
    const area = /** @type {HTMLTextAreaElement} */ (box?.isConnected ? box : boxes[0].firstChild);
    area.setRangeText(`{${column}}`, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input"));
  };
  const more = () => { wordings.push(""); self.redraw(); document.getElementById(`data-wording-${field.key}-${wordings.length - 1}`)?.focus(); };
  const back = () => { delete choice.templates[field.key]; self.redraw(); document.getElementById("data-column-" + field.key)?.focus(); self.changed(); };
  const error = h("p", { class: "ts-error", hidden: true, role: "alert" });
  /** @type {any} */
  const node = h("div", { class: "ts-field data-worded", role: "group", "aria-labelledby": "data-worded-" + field.key },
    h("div", { class: "field-head" }, h("span", { class: "ts-label", id: "data-worded-" + field.key }, fieldName(field)),
      h("button", { type: "button", class: "ts-link ts-small", id: "data-unword-" + field.key, onclick: back }, t("data.wording.column"))),
    boxes,
    h("div", { class: "data-chips" }, h("span", { class: "ts-soft ts-small" }, t("data.wording.insert")), set.columns.slice(0, 30).map((column) =>
      h("button", { type: "button", class: "data-chip", onclick: () => insert(column) }, column))),
    h("p", { class: "ts-help", id: "data-wording-help-" + field.key }, t(wordings.length > 1 ? "data.wording.several" : "data.wording.help")),
    error,
    h("button", { type: "button", class: "ts-btn small", onclick: more }, drawIcon("plus"), t("data.wording.more")));
  node.setError = (text) => {
    error.textContent = text || "";
    error.hidden = !text;
    boxes.forEach((line) => line.firstChild.toggleAttribute("aria-invalid", Boolean(text)));
  };
  return marked(field.key, node);
}

/** Put a fault beside the wording that it is about; the preview says it as well. */
function markWrong(fields, error) {
  for (const node of fields.querySelectorAll("[data-field]")) {
    const about = error?.field === node.dataset.field && error.code.startsWith("data.wording");
    node.setError?.(about ? error.message : "");
  }
}

/** Of a classification: every class with its rows, and whether the wording names them all. */
function classCounts(self, result) {
  const names = Object.keys(result.classes);
  if (!names.length) return null;
  const { choice } = self;
  const naming = () => { choice.templates.text = [result.wording]; self.redraw(); self.changed(); };
  if (self.asked === "classification" && !choice.templates.text && result.wording) {
    self.asked = null;
    naming();
  }
  const plain = (name) => name.replaceAll("{", "{{").replaceAll("}", "}}");
  const unnamed = (choice.templates.text || []).length ? names.filter((name) => !choice.templates.text.some((text) => text.includes(plain(name)))) : names;
  return [h("p", { class: "ts-label" }, t("data.classes", { n: format.number(names.length), rows: format.number(result.checked) })),
    h("div", { class: "ts-row data-classes" }, names.slice(0, 40).map((name) => h("span", { class: "ts-badge neutral", dir: "auto" }, name, h("span", { class: "ts-num" }, format.number(result.classes[name]))))),
    unnamed.length && result.wording ? noteBox("info", t("data.classes.unnamed", { names: unnamed.slice(0, 10).join(", ") }), " ",
      h("button", { type: "button", class: "ts-link", id: "data-name-classes", onclick: naming }, t("data.classes.name"))) : null];
}

/**
 * How running text is cut into rows; nothing for tables.
 * @param {Server.DatasetView} set
 */
function textOptions(set, choice, changed) {
  const reading = { ...set.reading, ...set.options };
  if (!reading.unit) return null;
  const size = h("input", { type: "number", class: "ts-input ts-num", id: "data-chunk", min: "100", max: "100000", step: "100", value: String(reading.chunk_characters ?? 2000),
    oninput: () => { choice.options.chunk_characters = Math.round(Number(size.value)) || null; changed(); } });
  const length = labelledField("data-chunk", t("data.chunk"), size, { help: t("data.chunk.help"), box: h("div", { class: "field-box" }, size, h("span", { class: "field-unit" }, t("data.chunk.unit"))) });
  const tell = (unit) => { length.hidden = unit !== "chunk"; };
  const unit = selectField("data-unit", ["chunk", "paragraph", "line"].map((key) => [key, t("data.unit." + key)]), reading.unit, (key) => {
    choice.options.unit = key;
    tell(key);
    changed();
  });
  tell(reading.unit);
  return h("div", { class: "ts-stack" }, labelledField("data-unit", t("data.unit"), unit, { help: t("data.unit.help") }), length);
}

/**
 * Word, PDF and others say themselves how their letters are stored.
 * @param {Server.DatasetView} set
 */
function encodingField(set, choice, changed) {
  if (!set.encoding || ["docx", "pdf", "epub", "htm"].includes(set.format || "")) return null;
  const encodings = [[null, t("data.encoding.found", { encoding: encodingName(set.encoding) })], ...set.encodings.filter((one) => one !== set.encoding).map((one) => [one, encodingName(one)])];
  return labelledField("data-encoding", t("data.found.encoding"),
    selectField("data-encoding", encodings, null, (encoding) => { choice.encoding = encoding; changed(); }), { help: t("data.encoding.help") });
}

export const noteLine = (one) => h("p", { class: "ts-soft ts-small", dir: "auto" }, noteSentence(one));

/** What people call an encoding. */
export const encodingName = (key) => (hasText("data.encoding.name." + key) ? t("data.encoding.name." + key) : key);

/** The server's own sentence; the page names a field, and says why a file was left out. */
function noteSentence({ code, params, message }) {
  if (code === "shape.ambiguous") return t("detect.shape.ambiguous", { ...params, field: t("data.field." + params.field) });
  return code === "files.refused" ? t("detect.files.refused", refusal(params)) : message;
}
