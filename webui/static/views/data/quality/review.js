/* Rows to review (?review=1): one at a time, by buttons or keys; what is approved goes into a data set. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { pageHead, toast } from "../../../kit/parts.js";
import { pageUrl, queryValue, t } from "../../../kit/texts.js";
import { dataBack } from "../badges.js";
import { reviewSide } from "./review-add.js";
import { reviewSource, withoutSource } from "./review-source.js";
import { editRow } from "../rows/edit.js";
import { shownRow } from "../versions/diff.js";
import { noteBox, segments, selectField } from "../../shared/form-controls.js";

const REVIEW_STATES = ["waiting", "approved", "rejected", "added", "all"];
const REVIEW_KEYS = { j: "next", k: "previous", a: "approve", e: "edit", r: "reject", u: "undo" };

/** @param {Ctx<"data">} ctx */
export function dataReview(root, ctx) {
  const self = { ctx, at: 0, status: "waiting", dataset: Number(queryValue("for")) || null, undo: [], found: null, busy: false };
  self.load = () => reviewLoad(self);
  self.filters = h("div", { class: "ts-spread" });
  self.card = h("section", { class: "ts-card data-review-card", "aria-label": t("data.review.one"), "aria-busy": "true" });
  self.side = h("section", { class: "ts-card data-review-side", "aria-labelledby": "data-review-add-title" });
  self.said = h("p", { class: "ts-sr", role: "status" });
  replaceChildren(root, h("div", { class: "ts-page ts-wide data-review" }, dataBack(), pageHead(t("data.review.title"), t("data.review.lead")),
    self.filters, h("div", { class: "data-review-cols" }, self.card, self.side), self.said));
  const onkey = (event) => {
    if (!root.isConnected) return document.removeEventListener("keydown", onkey);
    const typing = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
    const act = REVIEW_KEYS[event.key.toLowerCase()];
    if (!act || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
    event.preventDefault();
    return reviewDo(self, act);
  };
  document.addEventListener("keydown", onkey);
  reviewLoad(self);
}

/** @param {Parts<"data">} self */
async function reviewLoad(self) {
  try {
    self.found = await self.ctx.call("review_queue", self.status, self.at, self.dataset);
    if (!self.found.rows.length && self.at) {
      self.at = Math.max(0, self.found.total - 1);
      self.found = await self.ctx.call("review_queue", self.status, self.at, self.dataset);
    }
    reviewDraw(self);
  } catch (error) {
    replaceChildren(self.card, noteBox("danger", error.message));
  }
  self.card.removeAttribute("aria-busy");
}

/** @param {Parts<"data">} self */
function reviewDraw(self) {
  const { counts, targets, rows } = self.found;
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const states = REVIEW_STATES.map((key) => [key, t("data.review.state." + key, { n: format.number(key === "all" ? all : counts[key]) })]);
  const pick = (key, value) => { self[key] = value; self.at = 0; reviewLoad(self); };
  const focused = document.activeElement?.getAttribute("name") === "data-review-state";
  replaceChildren(self.filters, segments("data-review-state", t("data.review.filter"), states, self.status, (value) => pick("status", value)),
    targets.length ? labelled(selectField("data-review-for", [[null, t("data.review.any")], ...targets.map((one) => [one.id, t("data.review.for", { name: one.name })])], self.dataset, (value) => pick("dataset", value)), t("data.review.meant")) : null);
  if (focused) self.filters.querySelector("input:checked")?.focus();
  replaceChildren(self.card, rows.length ? reviewRow(self, rows[0]) : reviewEmpty(self));
  replaceChildren(self.side, reviewSide(self));
}

const labelled = (control, label) => { control.setAttribute("aria-label", label); return control; };

/** @param {Parts<"data">} self */
const reviewEmpty = (self) => [h("div", { class: "ts-empty" }, drawIcon(self.status === "waiting" ? "circle-check" : "list-checks"),
  h("p", {}, t(self.status === "waiting" && self.found.counts.approved ? "data.review.done" : self.status === "waiting" ? "data.review.empty" : "data.review.none")),
  self.status === "waiting" && !self.found.counts.approved ? h("a", { class: "ts-btn", href: pageUrl("playground") }, t("data.review.playground")) : null),
  self.undo.length ? h("div", { class: "ts-row" }, reviewButton(self, "undo")) : null];

/** @param {Parts<"data">} self */
function reviewRow(self, row) {
  const closed = row.status === "added";
  const acts = closed ? [] : ["approve", "edit", "reject"];
  return [
    h("header", { class: "ts-spread" }, h("div", { class: "ts-row ts-small ts-soft" },
      h("span", { class: "ts-num" }, t("data.review.place", { n: format.number(self.at + 1), all: format.number(self.found.total) })),
      h("span", { class: "ts-badge " + { waiting: "neutral", approved: "good", rejected: "danger", added: "train" }[row.status] }, t("data.review.is." + row.status)),
      reviewOrigin(row), row.dataset_name ? h("span", { dir: "auto" }, t("data.review.for", { name: row.dataset_name })) : null),
    h("div", { class: "ts-row" }, reviewButton(self, "previous"), reviewButton(self, "next"))),
    h("div", { class: "data-review-body", tabindex: "0", role: "group", "aria-label": t("data.review.one") }, shownRow(withoutSource(row))),
    reviewSource(row),
    h("div", { class: "ts-row data-review-acts" }, acts.map((act) => reviewButton(self, act)),
      closed ? h("button", { type: "button", class: "ts-btn ghost", onclick: () => reviewDecide(self, row, "wait") }, t("data.review.again")) : null,
      self.undo.length ? reviewButton(self, "undo") : null)];
}

/** Who made the row; what a model made is marked. */
function reviewOrigin(row) {
  const { origin } = row;
  const key = ["playground", "rewrite", "make"].includes(origin.code) ? origin.code : "other";
  return [h("span", { class: "ts-badge fewshot" }, drawIcon("sparkles"), t("data.review.origin." + key, { model: origin.model || t("data.review.a_model") })),
    origin.edited ? h("span", { class: "ts-badge neutral" }, drawIcon("pencil"), t("data.review.by_hand")) : null];
}

const REVIEW_ICONS = { approve: "check", reject: "x", edit: "pencil", undo: "rotate-ccw" };
/** @param {Parts<"data">} self */
function reviewButton(self, act) {
  const letter = String(Object.keys(REVIEW_KEYS).find((key) => REVIEW_KEYS[key] === act)).toUpperCase();
  const icon = REVIEW_ICONS[act];
  return h("button", { type: "button", class: "ts-btn " + (act === "approve" ? "primary" : icon ? "" : "ghost small"), id: "review-" + act, "aria-keyshortcuts": letter,
    onclick: () => reviewDo(self, act) }, icon ? drawIcon(icon) : null, t("data.review." + act), h("kbd", { class: "data-kbd" }, letter));
}

/**
 * One act at a time: a key held down must not decide on a row that nobody has seen.
 * @param {Parts<"data">} self
 */
async function reviewDo(self, act) {
  if (self.busy || !self.found) return;
  self.busy = true;
  try {
    const row = self.found.rows[0];
    if (act === "undo") await reviewUndo(self);
    else if (act === "next" || act === "previous") await reviewStep(self, act === "next" ? 1 : -1);
    else if (row && row.status !== "added") await (act === "edit" ? reviewEdit(self, row) : reviewDecide(self, row, act));
  } catch (error) {
    toast(error.message, "danger");
  } finally {
    self.busy = false;
  }
}

/** @param {Parts<"data">} self */
function reviewStep(self, step) {
  const at = Math.min(Math.max(0, self.at + step), Math.max(0, self.found.total - 1));
  if (at === self.at) return undefined;
  self.at = at;
  return reviewLoad(self);
}

/** @param {Parts<"data">} self */
async function reviewDecide(self, row, decision, content = null) {
  const now = await self.ctx.call("review_decide", row.id, decision, content, true);
  self.undo.push({ row, at: self.at, status: self.status });
  if (self.status === "all" && decision !== "edit") self.at = Math.min(self.at + 1, self.found.total - 1);
  self.said.textContent = t("data.review.is." + now.status);
  await reviewLoad(self);
}

/** @param {Parts<"data">} self */
async function reviewEdit(self, row) {
  const changed = await editRow(row.row, self.ctx, t("data.review.edit_title"), t("data.review.save"));
  if (changed) await reviewDecide(self, row, "edit", changed);
}

/**
 * The row goes back to what it was, text and status.
 * @param {Parts<"data">} self
 */
async function reviewUndo(self) {
  const last = self.undo.at(-1);
  if (!last) return;
  const { row } = last;
  const back = { waiting: "wait", approved: "approve", rejected: "reject", added: "wait" }[row.status];
  await self.ctx.call("review_decide", row.id, back, row.row, Boolean(row.origin.edited));
  self.undo.pop();
  Object.assign(self, { at: last.at, status: last.status });
  self.said.textContent = t("data.review.undone");
  await reviewLoad(self);
}
