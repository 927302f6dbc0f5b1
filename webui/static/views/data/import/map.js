/* The mapping screen: what was found and why, how the rows are read, and what comes out of it, live. */
"use strict";
TS.data = TS.data || {};

TS.data.mapping = function (page, set, ctx) {
  const choice = {
    name: set.name, shape: set.shape, mapping: { ...set.mapping }, templates: structuredClone(set.templates || {}), encoding: null,
    options: { ...set.options }, val_fraction: set.val_fraction ?? 0.1, seed: set.seed ?? 42,
  };
  const read = TS.data.readCard(set, choice, () => changed());
  const preview = TS.data.previewPane();
  const show = (result) => {
    if (result.columns.join("\n") !== set.columns.join("\n")) {
      set.columns = result.columns;
      read.redraw();
    }
    read.seen(result);
    preview.show(result);
  };
  const fail = (error) => { read.wrong(error); preview.fail(error); };
  const look = TS.latest(() => ctx.call("preview", set.id, choice), show, fail);
  const soon = TS.debounce(250, look);
  const changed = () => { preview.wait(); soon(); };
  const again = set.status !== "draft";
  const button = TS.h("button", { type: "submit", class: "ts-btn primary", id: "data-import" }, TS.icon("check"), TS.t(again ? "data.import.again" : "data.import"));
  const progress = TS.h("div", { "aria-live": "polite" });
  const wrong = TS.h("div", {});
  const form = TS.h("form", { class: "ts-stack data-map-form", novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    TS.data.import(button, progress, wrong, set, choice, ctx);
  } }, TS.data.foundCard(set, ctx), read.node, TS.data.splitCard(set, choice), wrong, progress,
  TS.h("div", { class: "ts-row data-map-act" }, button, again ? TS.h("a", { class: "ts-btn ghost", href: TS.url("data", { dataset: set.id }) }, TS.t("data.cancel")) : TS.data.discard(set, ctx)));
  TS.replace(page, TS.data.back(),
    TS.head(set.name, TS.t("data.map.lead")),
    TS.h("div", { class: "data-cols" }, form, preview.node));
  look();
};

TS.data.discard = (set, ctx) => {
  const button = TS.h("button", { type: "button", class: "ts-btn ghost", onclick: () => TS.data.remove(button, set, ctx) }, TS.icon("trash-2"), TS.t("data.discard"));
  return button;
};

/** Import, with a bar that says that it is being done and for how long. */
TS.data.import = async function (button, progress, wrong, set, choice, ctx) {
  if (button.disabled) return;
  const started = Date.now();
  const words = TS.h("span", { class: "ts-soft ts-small" }, TS.t("data.import.busy", { seconds: 0 }));
  const clock = setInterval(() => { words.textContent = TS.t("data.import.busy", { seconds: Math.round((Date.now() - started) / 1000) }); }, 1000);
  const appear = setTimeout(() => TS.replace(progress, words, TS.progress(null, TS.t("data.import"))), 300);
  TS.replace(wrong);
  button.disabled = true;
  try {
    await ctx.call("import_rows", set.id, choice);
    location.assign(TS.url("data", { dataset: set.id }));
  } catch (error) {
    TS.replace(wrong, TS.note("danger", error.message));
    button.disabled = false;
    TS.replace(progress);
  } finally {
    clearInterval(clock);
    clearTimeout(appear);
  }
};

/** What was detected of the file itself, each with its reason; what was guessed of its columns stands beside their controls. */
TS.data.foundCard = function (set, ctx) {
  const notes = (set.detection || []).filter((one) => !["shape", "field"].includes(one.what) && one.code !== "columns.unused");
  return TS.h("section", { class: "ts-card" }, TS.h("h2", {}, TS.t("data.found")),
    TS.h("dl", { class: "data-found" }, [...new Set(notes.map((one) => one.what))].map((what) => {
      const some = notes.filter((one) => one.what === what);
      return [TS.h("dt", {}, TS.t("data.found." + what)),
        TS.h("dd", {}, TS.h("b", { dir: "auto" }, TS.data.foundValue(some[0])), some.map(TS.data.noteLine))];
    })), TS.data.sheetField(set, ctx));
};

TS.data.noteLine = (one) => TS.h("p", { class: "ts-soft ts-small", dir: "auto" }, TS.t("detect." + one.code, TS.data.named(TS.data.refusal(one.params))));

/** Params of a sentence with a field's name in words. */
TS.data.named = (params) => (params.field ? { ...params, field: TS.t("data.field." + params.field) } : params);

TS.data.foundValue = function (one) {
  if (one.what === "format") return TS.data.formatName(one.value);
  return Array.isArray(one.value) ? one.value.join(", ") : String(one.value ?? "–");
};

/** Name and split. */
TS.data.splitCard = function (set, choice) {
  const words = TS.h("output", { class: "ts-num", for: "data-val" });
  const tell = () => { words.textContent = TS.format.percent(choice.val_fraction); };
  const range = TS.h("input", { type: "range", class: "ts-range", id: "data-val", min: "0", max: "0.5", step: "0.01", value: String(choice.val_fraction),
    oninput: () => { choice.val_fraction = Number(range.value); tell(); } });
  const seed = TS.h("input", { type: "number", class: "ts-input ts-num", id: "data-seed", min: "0", step: "1", value: String(choice.seed), oninput: () => { choice.seed = Number(seed.value); } });
  const name = TS.h("input", { type: "text", class: "ts-input", id: "data-name", maxlength: "120", value: choice.name, oninput: () => { choice.name = name.value; } });
  tell();
  return TS.h("section", { class: "ts-card ts-stack" }, TS.h("h2", {}, TS.t("data.map.keep")),
    TS.field("data-name", TS.t("data.name"), name, {}),
    TS.field("data-val", TS.t("data.val"), range, { help: TS.t("data.val.help"), extra: words }),
    TS.h("details", { class: "ts-details" }, TS.h("summary", {}, TS.t("data.map.more")),
      TS.field("data-seed", TS.t("data.seed"), seed, { help: TS.t("data.seed.help") })));
};

/** The right side: the first rows as the model will see them, and what is left out so far. */
TS.data.previewPane = function () {
  const rows = TS.h("div", { class: "ts-stack" });
  const said = TS.h("p", { class: "ts-soft ts-small", role: "status" }, TS.t("data.preview.busy"));
  const out = TS.h("div", {});
  const node = TS.h("section", { class: "ts-card data-preview", tabindex: "0", "aria-labelledby": "data-preview-title" },
    TS.h("h2", { id: "data-preview-title" }, TS.t("data.preview")), said, rows, out);
  return {
    node,
    wait: () => node.classList.add("stale"),
    fail(error) {
      node.classList.remove("stale");
      said.textContent = "";
      const unsaid = ["data.mapping.no_shape", "data.mapping.missing"].includes(error.code);
      TS.replace(rows, TS.note(unsaid ? "info" : "danger", error.message));
      TS.replace(out);
    },
    show(result) {
      node.classList.remove("stale");
      said.textContent = TS.t(result.checked && !result.rejected_rows ? "data.preview.checked_all" : "data.preview.checked", { n: TS.format.number(result.checked), bad: TS.format.number(result.rejected_rows) });
      TS.replace(rows, result.rows.length ? result.rows.map((row) => TS.h("div", { class: "data-row" }, TS.data.previewRow(row)))
        : TS.note("warn", TS.t("data.preview.nothing")));
      TS.replace(out, result.rejected.length ? [TS.h("h3", {}, TS.t("data.preview.rejected")), TS.data.rejectedTable(result.rejected)] : null);
    },
  };
};

/** A row without the columns beside it: those are listed once, beside the fields. */
TS.data.previewRow = ({ extra: _extra, ...row }) => TS.data.shownRow(row);
