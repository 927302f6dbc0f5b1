/* The mapping screen: what was found and why, how the rows are read, and what comes out of it, live. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { pageHead, progressBar } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { dataBack, dataRemove, formatName } from "../badges.js";
import { arrangeCard } from "./arrange.js";
import { doubtPage, inDoubt } from "./doubt.js";
import { leftOutShort } from "./left-out.js";
import { noteLine, readCard } from "./map-fields.js";
import { splitsField } from "./splits.js";
import { tidyNote } from "./tidy.js";
import { readingFields } from "./way-card.js";
import { rejectedTable } from "../rows/rejected.js";
import { shownRow } from "../versions/diff.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { debounce, labelledField, noteBox, onlyLatest } from "../../shared/form-controls.js";

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function dataMapping(page, set, ctx) {
  if (inDoubt(set)) return doubtPage(page, set, discard(set, ctx), ctx);
  const choice = {
    name: set.name, shape: set.shape, mapping: { ...set.mapping }, templates: structuredClone(set.templates || {}), encoding: null,
    options: { ...set.options }, arrange: null, tidy: [...set.tidy], val_fraction: set.val_fraction ?? 0.1, seed: set.seed ?? 42,
  };
  const read = readCard(set, choice, () => changed());
  const parts = splitsField(set, choice, () => changed());
  const preview = previewPane();
  const tidy = h("div", { class: "data-tidied", "aria-live": "polite" });
  const short = h("div", { class: "data-lost-here", "aria-live": "polite" });
  const arranged = arrangeCard(set, choice, (way) => { read.arranged(way); changed(); });
  const show = (result) => {
    if (result.columns.join("\n") !== set.columns.join("\n")) {
      set.columns = result.columns;
      read.redraw();
    }
    read.seen(result);
    parts.seen(result);
    replaceChildren(tidy, tidyNote(result, choice, changed));
    replaceChildren(short, leftOutShort(result, read.leftOut));
    preview.show(result);
  };
  const fail = (error) => { read.wrong(error); preview.fail(error); replaceChildren(tidy); replaceChildren(short); };
  const look = onlyLatest(() => ctx.call("preview", set.id, choice), show, fail);
  const soon = debounce(250, look);
  const changed = () => { preview.wait(); soon(); };
  const again = set.status !== "draft";
  const button = h("button", { type: "submit", class: "ts-btn primary", id: "data-import" }, drawIcon("check"), t(again ? "data.import.again" : "data.import"));
  const progress = h("div", { "aria-live": "polite" });
  const wrong = h("div", {});
  const form = h("form", { class: "ts-stack data-map-form", novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    dataImport(button, progress, wrong, set, choice, ctx);
  } }, read.leftOut, tidy, foundCard(set, ctx), arranged, read.node, splitCard(choice, parts), wrong, progress,
  h("div", { class: "ts-row data-map-act" }, short, button, again ? h("a", { class: "ts-btn ghost", href: pageUrl("data", { dataset: set.id }) }, t("data.cancel")) : discard(set, ctx)));
  replaceChildren(page, dataBack(),
    pageHead(set.name, t("data.map.lead")),
    h("div", { class: "data-cols" }, form, preview.node));
  look();
}

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
const discard = (set, ctx) => {
  const button = h("button", { type: "button", class: "ts-btn ghost", onclick: () => dataRemove(button, set, ctx) }, drawIcon("trash-2"), t("data.discard"));
  return button;
};

/**
 * Import, with a bar that says that it is being done and for how long.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
async function dataImport(button, progress, wrong, set, choice, ctx) {
  if (button.disabled) return;
  const started = Date.now();
  const words = h("span", { class: "ts-soft ts-small" }, t("data.import.busy", { seconds: 0 }));
  const clock = setInterval(() => { words.textContent = t("data.import.busy", { seconds: Math.round((Date.now() - started) / 1000) }); }, 1000);
  const appear = setTimeout(() => replaceChildren(progress, words, progressBar(null, t("data.import"))), 300);
  replaceChildren(wrong);
  button.disabled = true;
  try {
    await ctx.call("import_rows", set.id, choice);
    location.assign(pageUrl("data", { dataset: set.id }));
  } catch (error) {
    replaceChildren(wrong, noteBox("danger", error.message));
    button.disabled = false;
    replaceChildren(progress);
  } finally {
    clearInterval(clock);
    clearTimeout(appear);
  }
}

/**
 * What was detected of the file itself, each with its reason; what was guessed of its columns stands beside their controls.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function foundCard(set, ctx) {
  const notes = (set.detection || []).filter((one) => !["shape", "field", "splits", "arrange"].includes(one.what) && one.code !== "columns.unused");
  return h("section", { class: "ts-card" }, h("h2", {}, t("data.found")),
    h("dl", { class: "data-found" }, [...new Set(notes.map((one) => one.what))].map((what) => {
      const some = notes.filter((one) => one.what === what);
      return [h("dt", {}, t("data.found." + what)),
        h("dd", {}, h("b", { dir: "auto" }, foundValue(some[0])), some.map(noteLine))];
    })), readingFields(set, ctx));
}

function foundValue(one) {
  if (one.what === "format") return formatName(one.value);
  return Array.isArray(one.value) ? one.value.join(", ") : String(one.value ?? "–");
}

/** Name and parts. */
function splitCard(choice, parts) {
  const words = h("output", { class: "ts-num", for: "data-val" });
  const tell = () => { words.textContent = format.percent(choice.val_fraction); };
  const range = h("input", { type: "range", class: "ts-range", id: "data-val", min: "0", max: "0.5", step: "0.01", value: String(choice.val_fraction),
    oninput: () => { choice.val_fraction = Number(range.value); tell(); } });
  const seed = h("input", { type: "number", class: "ts-input ts-num", id: "data-seed", min: "0", step: "1", value: String(choice.seed), oninput: () => { choice.seed = Number(seed.value); } });
  const name = h("input", { type: "text", class: "ts-input", id: "data-name", maxlength: "120", value: choice.name, oninput: () => { choice.name = name.value; } });
  tell();
  const share = labelledField("data-val", t("data.val"), range, { help: t("data.val.help"), extra: words });
  parts.share(share);
  return h("section", { class: "ts-card ts-stack" }, h("h2", {}, t("data.map.keep")),
    labelledField("data-name", t("data.name"), name, {}), parts.node, share,
    h("details", { class: "ts-details" }, h("summary", {}, t("data.map.more")),
      labelledField("data-seed", t("data.seed"), seed, { help: t("data.seed.help") })));
}

/** The right side: the first rows as the model will see them, and what is left out so far. */
function previewPane() {
  const rows = h("div", { class: "ts-stack" });
  const said = h("p", { class: "ts-soft ts-small", role: "status" }, t("data.preview.busy"));
  const out = h("div", {});
  const node = h("section", { class: "ts-card data-preview", tabindex: "0", "aria-labelledby": "data-preview-title" },
    h("h2", { id: "data-preview-title" }, t("data.preview")), said, rows, out);
  let all = false;
  const list = (found) => {
    const shown = found.slice(0, all ? found.length : PREVIEWED).map((row) => h("div", { class: "data-row" }, cutPreview(previewRow(row))));
    const more = h("button", { type: "button", class: "ts-btn small ghost data-more-rows", onclick: () => { all = true; list(found); } }, t("data.preview.more", { n: found.length - PREVIEWED }));
    replaceChildren(rows, shown.length ? [shown, found.length > shown.length ? more : null] : noteBox("warn", t("data.preview.nothing")));
  };
  return {
    node,
    wait: () => node.classList.add("stale"),
    fail(error) {
      node.classList.remove("stale");
      said.textContent = "";
      const unsaid = ["data.mapping.no_shape", "data.mapping.missing"].includes(error.code);
      replaceChildren(rows, noteBox(unsaid ? "info" : "danger", error.message));
      replaceChildren(out);
    },
    show(result) {
      node.classList.remove("stale");
      said.textContent = t(result.checked && !result.rejected_rows ? "data.preview.checked_all" : "data.preview.checked", { n: format.number(result.checked), bad: format.number(result.rejected_rows) });
      list(result.rows);
      replaceChildren(out, result.rejected.length ? [h("h3", {}, t("data.preview.rejected")), rejectedTable(result.rejected)] : null);
    },
  };
}

const PREVIEWED = 3; // rows

/** A row without the columns beside it: those are listed once, beside the fields. */
export const previewRow = ({ extra: _extra, ...row }) => shownRow(row);
