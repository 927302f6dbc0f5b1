/* The fields of a shape: each is a column, or a wording made of columns, with the reason of its guess beside it. */
"use strict";
TS.data = TS.data || {};

/** How rows are read: shape, fields, pieces of text, encoding. `seen` takes each preview, `wrong` each fault. */
TS.data.readCard = function (set, choice, changed) {
  const self = { set, choice, changed, asked: null };
  const fields = TS.h("div", { class: "ts-stack data-fields" });
  const classes = TS.h("div", { class: "ts-stack tight" });
  const kept = TS.h("p", { class: "ts-soft ts-small data-kept" });
  const why = TS.h("div", { class: "data-why" });
  const help = TS.h("span", {});
  const draw = () => {
    TS.replace(fields, TS.data.columnFields(self));
    TS.replace(why, TS.data.shapeReasons(set, choice));
    help.textContent = TS.t("data.shape." + (choice.shape || "unknown") + ".help");
  };
  self.redraw = draw;
  const shapes = [...(choice.shape ? [] : [[null, TS.t("data.shape.choose")]]), ...set.shapes.map((shape) => [shape.key, TS.t("data.shape." + shape.key)])];
  const shape = TS.select("data-shape", shapes, choice.shape, (key) => {
    Object.assign(choice, { shape: key, mapping: TS.data.mappingFor(set, key), templates: key === set.shape ? structuredClone(set.templates || {}) : {} });
    self.asked = key;
    draw();
    changed();
  });
  draw();
  const node = TS.h("section", { class: "ts-card ts-stack" }, TS.h("h2", {}, TS.t("data.map.title")),
    TS.h("div", {}, TS.field("data-shape", TS.t("data.found.shape"), shape, { help }), why), fields, classes, kept, TS.data.textOptions(set, choice, changed), TS.data.encodingField(set, choice, changed));
  return {
    node,
    redraw: draw,
    wrong(error) { TS.data.markWrong(fields, error); TS.replace(classes); },
    seen(result) {
      TS.data.markWrong(fields, null);
      TS.replace(classes, TS.data.classCounts(self, result));
      const worded = Object.values(choice.templates).flat().join("");
      const beside = result.kept.filter((column) => !Object.values(choice.mapping).includes(column) && !worded.includes(`{${column}}`));
      kept.textContent = beside.length ? TS.t("data.kept", { columns: beside.join(", ") }) : "";
      kept.hidden = !beside.length;
    },
  };
};

/** Why this shape was guessed; nothing once another one is chosen. */
TS.data.shapeReasons = (set, choice) => (set.detection || []).filter((one) => one.what === "shape" && (choice.shape === set.shape || !set.shape)).map(TS.data.noteLine);

/** A first mapping for another shape: what was found if it is that shape, else columns of the same name. */
TS.data.mappingFor = function (set, key) {
  if (key === set.shape) return { ...set.mapping };
  const fields = set.shapes.find((shape) => shape.key === key)?.fields || [];
  return Object.fromEntries(fields.map(({ key: field }) => [field, set.columns.find((column) => column.toLowerCase() === field)]).filter(([, column]) => column));
};

TS.data.columnFields = function (self) {
  const fields = self.set.shapes.find((shape) => shape.key === self.choice.shape)?.fields || [];
  return fields.map((field) => (self.choice.templates[field.key] ? TS.data.wordingField(self, field) : TS.data.columnField(self, field)));
};

TS.data.columnField = function (self, field) {
  const { set, choice } = self;
  const id = "data-column-" + field.key;
  const columns = [[null, TS.t(field.required ? "data.column.choose" : "data.column.none")], ...set.columns.map((column) => [column, column])];
  const why = TS.h("span", {});
  const tell = () => { why.textContent = TS.data.fieldReason(set, choice, field.key); };
  const select = TS.select(id, columns, choice.mapping[field.key] ?? null, (column) => {
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
  return TS.data.marked(field.key, TS.field(id, TS.data.fieldName(field), select, {
    help: why, extra: field.wording ? TS.h("button", { type: "button", class: "ts-link ts-small", id: "data-word-" + field.key, onclick: worded }, TS.t("data.wording.use")) : null,
  }));
};

TS.data.marked = function (key, node) {
  node.dataset.field = key;
  return node;
};

TS.data.fieldName = (field) => (field.required ? TS.t("data.field." + field.key) : TS.t("data.column.optional", { name: TS.t("data.field." + field.key) }));

/** Why this column was guessed, while it is the one chosen. */
TS.data.fieldReason = function (set, choice, key) {
  const note = (set.detection || []).find((one) => one.what === "field" && one.value === key);
  return note && choice.shape === set.shape && note.params.column === choice.mapping[key] ? TS.t("detect." + note.code, note.params) : "";
};

/** Wordings: a text box each, the columns to put in, and the way back to a single column. */
TS.data.wordingField = function (self, field) {
  const { set, choice } = self;
  const wordings = choice.templates[field.key];
  let box = null;
  const boxes = wordings.map((text, place) => {
    const area = TS.h("textarea", { class: "ts-textarea data-wording", id: `data-wording-${field.key}-${place}`, rows: "3", dir: "auto", spellcheck: "false",
      "aria-label": TS.t("data.wording.number", { field: TS.t("data.field." + field.key), n: place + 1 }), "aria-describedby": "data-wording-help-" + field.key,
      placeholder: TS.t("data.wording.example"), oninput: () => { wordings[place] = area.value; self.changed(); }, onfocus: () => { box = area; } });
    area.value = text;
    const remove = TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": TS.t("data.wording.remove", { n: place + 1 }), title: TS.t("data.wording.remove", { n: place + 1 }),
      onclick: () => { wordings.splice(place, 1); self.redraw(); self.changed(); } }, TS.icon("x"));
    return TS.h("div", { class: "data-wording-line" }, area, wordings.length > 1 ? remove : null);
  });
  const insert = (column) => {
    const area = box?.isConnected ? box : boxes[0].firstChild;
    area.setRangeText(`{${column}}`, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input"));
  };
  const more = () => { wordings.push(""); self.redraw(); document.getElementById(`data-wording-${field.key}-${wordings.length - 1}`)?.focus(); };
  const back = () => { delete choice.templates[field.key]; self.redraw(); document.getElementById("data-column-" + field.key)?.focus(); self.changed(); };
  const error = TS.h("p", { class: "ts-error", hidden: true, role: "alert" });
  const node = TS.h("div", { class: "ts-field data-worded", role: "group", "aria-labelledby": "data-worded-" + field.key },
    TS.h("div", { class: "field-head" }, TS.h("span", { class: "ts-label", id: "data-worded-" + field.key }, TS.data.fieldName(field)),
      TS.h("button", { type: "button", class: "ts-link ts-small", id: "data-unword-" + field.key, onclick: back }, TS.t("data.wording.column"))),
    boxes,
    TS.h("div", { class: "data-chips" }, TS.h("span", { class: "ts-soft ts-small" }, TS.t("data.wording.insert")), set.columns.slice(0, 30).map((column) =>
      TS.h("button", { type: "button", class: "data-chip", onclick: () => insert(column) }, column))),
    TS.h("p", { class: "ts-help", id: "data-wording-help-" + field.key }, TS.t(wordings.length > 1 ? "data.wording.several" : "data.wording.help")),
    error,
    TS.h("button", { type: "button", class: "ts-btn small", onclick: more }, TS.icon("plus"), TS.t("data.wording.more")));
  node.setError = (text) => {
    error.textContent = text || "";
    error.hidden = !text;
    boxes.forEach((line) => line.firstChild.toggleAttribute("aria-invalid", Boolean(text)));
  };
  return TS.data.marked(field.key, node);
};

/** Put a fault beside the wording that it is about; the preview says it as well. */
TS.data.markWrong = function (fields, error) {
  for (const node of fields.children) {
    const about = error?.field === node.dataset.field && error.code.startsWith("data.wording");
    node.setError?.(about ? error.message : "");
  }
};

/** Of a classification: every class with its rows, and whether the wording names them all. */
TS.data.classCounts = function (self, result) {
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
  return [TS.h("p", { class: "ts-label" }, TS.t("data.classes", { n: TS.format.number(names.length), rows: TS.format.number(result.checked) })),
    TS.h("div", { class: "ts-row data-classes" }, names.slice(0, 40).map((name) => TS.h("span", { class: "ts-badge neutral", dir: "auto" }, name, TS.h("span", { class: "ts-num" }, TS.format.number(result.classes[name]))))),
    unnamed.length && result.wording ? TS.note("info", TS.t("data.classes.unnamed", { names: unnamed.slice(0, 10).join(", ") }), " ",
      TS.h("button", { type: "button", class: "ts-link", id: "data-name-classes", onclick: naming }, TS.t("data.classes.name"))) : null];
};

/** How running text is cut into rows; nothing for tables. */
TS.data.textOptions = function (set, choice, changed) {
  const reading = { ...set.reading, ...set.options };
  if (!reading.unit) return null;
  const size = TS.h("input", { type: "number", class: "ts-input ts-num", id: "data-chunk", min: "100", max: "100000", step: "100", value: String(reading.chunk_characters ?? 2000),
    oninput: () => { choice.options.chunk_characters = Math.round(Number(size.value)) || null; changed(); } });
  const length = TS.field("data-chunk", TS.t("data.chunk"), size, { help: TS.t("data.chunk.help"), box: TS.h("div", { class: "field-box" }, size, TS.h("span", { class: "field-unit" }, TS.t("data.chunk.unit"))) });
  const tell = (unit) => { length.hidden = unit !== "chunk"; };
  const unit = TS.select("data-unit", ["chunk", "paragraph", "line"].map((key) => [key, TS.t("data.unit." + key)]), reading.unit, (key) => {
    choice.options.unit = key;
    tell(key);
    changed();
  });
  tell(reading.unit);
  return TS.h("div", { class: "ts-stack" }, TS.field("data-unit", TS.t("data.unit"), unit, { help: TS.t("data.unit.help") }), length);
};

/** Word and PDF say themselves how their letters are stored. */
TS.data.encodingField = function (set, choice, changed) {
  if (!set.encoding || ["docx", "pdf"].includes(set.format)) return null;
  const encodings = [[null, TS.t("data.encoding.found", { encoding: set.encoding })], ...set.encodings.filter((one) => one !== set.encoding).map((one) => [one, one])];
  return TS.field("data-encoding", TS.t("data.found.encoding"),
    TS.select("data-encoding", encodings, null, (encoding) => { choice.encoding = encoding; changed(); }), { help: TS.t("data.encoding.help") });
};
