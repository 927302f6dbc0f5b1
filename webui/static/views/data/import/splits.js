/* Where training, validation and test come from: kept as the data have them, or drawn anew. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";
import { noteLine } from "./map-fields.js";
import { labelledField, noteBox, segments, selectField } from "../../shared/form-controls.js";

const PARTS = ["train", "val", "test"];
const FEW = 6; // files that are listed without being asked for

/**
 * The control, which changes `choice.splits`. `seen` takes each preview; `share` is the field of the share that is held out, shown while it counts.
 * @param {Server.DatasetView} set
 */
export function splitsField(set, choice, changed) {
  const { proposed, chosen, files } = set.splits;
  choice.splits = structuredClone(chosen ?? proposed) ?? { kind: "random" };
  const kept = choice.splits.kind === "kept" ? choice.splits : structuredClone(proposed) ?? everythingTrains(files);
  const body = h("div", { class: "ts-stack tight" });
  const counts = h("div", { class: "ts-stack tight", "aria-live": "polite" });
  const self = { set, kept, choice, changed: () => { tell(); changed(); }, counts, share: null, result: null };
  const tell = () => replaceChildren(counts, told(self));
  const pick = (kind) => {
    choice.splits = kind === "kept" ? kept : { kind };
    self.result = null;
    draw();
    changed();
  };
  const draw = () => {
    replaceChildren(body, choice.splits.kind === "kept" ? keptParts(self) : h("p", { class: "ts-help" }, t("data.splits.random.help")));
    tell();
  };
  const offered = files.length > 1 || proposed || chosen?.kind === "kept";
  const notes = (set.detection || []).filter((one) => one.what === "splits").map(noteLine);
  const node = h("div", { class: "ts-stack tight data-splits" }, offered ? [h("p", { class: "ts-label" }, t("data.splits")),
    segments("data-splits", t("data.splits"), [["kept", t("data.splits.keep")], ["random", t("data.splits.random")]], choice.splits.kind, pick)] : null,
  notes, offered ? [body, counts] : null);
  if (offered) draw();
  return {
    node,
    share(field) { self.share = field; tell(); },
    seen(result) { self.result = result; tell(); },
  };
}

const everythingTrains = (files) => ({ kind: "kept", files: Object.fromEntries(files.map((file) => [file, "train"])), column: null, eval: "test", empty: null, draw: true });

/** By what a row's part is told, and each file's part. */
function keptParts({ set, kept, changed }) {
  const { files } = set.splits;
  const by = files.length > 1 ? t("data.splits.by.files") : t("data.column.none");
  const columns = [[null, by], ...set.columns.map((column) => [column, t(files.length > 1 ? "data.splits.by.both" : "data.splits.by.column", { column })])];
  const column = selectField("data-split-column", columns, kept.column ?? null, (name) => { kept.column = name; changed(); });
  const list = h("ul", { class: "data-split-files" }, files.map((file, place) => h("li", {},
    h("label", { for: "data-split-" + place, dir: "auto" }, file),
    selectField("data-split-" + place, PARTS.map((part) => [part, t("data.splits." + part)]), kept.files?.[file] ?? "train", (part) => { kept.files = { ...kept.files, [file]: part }; changed(); }))));
  return [h("p", { class: "ts-help" }, t("data.splits.keep.help")),
    labelledField("data-split-column", t("data.splits.by"), column, {}),
    files.length < 2 ? null : files.length <= FEW ? list : h("details", { class: "ts-details" }, h("summary", {}, t("data.splits.files", { n: format.number(files.length) })), list)];
}

/** What the rows that were looked at belong to, and whether validation rows are still to be drawn. */
function told({ kept, choice, result, share, set, changed }) {
  const keeps = choice.splits?.kind === "kept";
  const found = keeps && result ? result.splits : {};
  const valid = keeps && (Boolean(found.val) || (set.splits.files.length > 1 && Object.values(kept.files || {}).includes("val")));
  if (share) share.hidden = keeps && (valid || kept.draw === false);
  if (!keeps || !result) return null;
  const rows = PARTS.reduce((sum, part) => sum + (found[part] || 0), 0);
  const names = PARTS.map((part) => h("span", { class: "ts-badge neutral", "data-part": part }, t("data.splits." + part), h("span", { class: "ts-num" }, format.number(found[part] || 0))));
  return [rows ? h("div", { class: "ts-row data-split-counts" }, h("span", { class: "ts-soft ts-small" }, t(result.whole ? "data.splits.seen_all" : "data.splits.seen", { n: format.number(rows) })), names) : null,
    rows && result.whole && !found.train ? noteBox("warn", t("data.splits.no_train")) : null,
    rows && !valid ? drawBox(kept, changed) : null];
}

function drawBox(kept, changed) {
  const box = h("input", { type: "checkbox", id: "data-split-draw", checked: kept.draw !== false, onchange: () => { kept.draw = box.checked; changed(); } });
  return h("div", { class: "ts-field" }, h("label", { class: "ts-check" }, box, h("span", {}, t("data.splits.draw"))), h("p", { class: "ts-help" }, t("data.splits.draw.help")));
}
