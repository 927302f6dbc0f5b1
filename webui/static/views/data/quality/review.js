/* Rows to review (?review=1): one at a time, by buttons or keys; what is approved goes into a data set. */
"use strict";
TS.data = TS.data || {};

TS.data.REVIEW_STATES = ["waiting", "approved", "rejected", "added", "all"];
TS.data.REVIEW_KEYS = { j: "next", k: "previous", a: "approve", e: "edit", r: "reject", u: "undo" };

/** On the list of data sets: how many rows wait. */
TS.data.reviewBadge = function (ctx) {
  const holder = TS.h("div", { class: "data-review-link" });
  ctx.call("review_count").then((count) => {
    if (count) holder.append(TS.h("a", { class: "ts-btn", href: TS.url("data", { review: 1 }) }, TS.icon("list-checks"), TS.t("data.review.link"), TS.h("span", { class: "ts-badge warn" }, TS.format.number(count))));
  }).catch((error) => console.warn(error));
  return holder;
};

TS.data.review = function (root, ctx) {
  const self = { ctx, at: 0, status: "waiting", dataset: Number(TS.query("for")) || null, undo: [], found: null, busy: false };
  self.filters = TS.h("div", { class: "ts-spread" });
  self.card = TS.h("section", { class: "ts-card data-review-card", "aria-label": TS.t("data.review.one"), "aria-busy": "true" });
  self.side = TS.h("section", { class: "ts-card data-review-side", "aria-labelledby": "data-review-add-title" });
  self.said = TS.h("p", { class: "ts-sr", role: "status" });
  TS.replace(root, TS.h("div", { class: "ts-page ts-wide data-review" }, TS.data.back(), TS.head(TS.t("data.review.title"), TS.t("data.review.lead")),
    self.filters, TS.h("div", { class: "data-review-cols" }, self.card, self.side), self.said));
  const onkey = (event) => {
    if (!root.isConnected) return document.removeEventListener("keydown", onkey);
    const typing = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
    const act = TS.data.REVIEW_KEYS[event.key.toLowerCase()];
    if (!act || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
    event.preventDefault();
    return TS.data.reviewDo(self, act);
  };
  document.addEventListener("keydown", onkey);
  TS.data.reviewLoad(self);
};

TS.data.reviewLoad = async function (self) {
  try {
    self.found = await self.ctx.call("review_queue", self.status, self.at, self.dataset);
    if (!self.found.rows.length && self.at) {
      self.at = Math.max(0, self.found.total - 1);
      self.found = await self.ctx.call("review_queue", self.status, self.at, self.dataset);
    }
    TS.data.reviewDraw(self);
  } catch (error) {
    TS.replace(self.card, TS.note("danger", error.message));
  }
  self.card.removeAttribute("aria-busy");
};

TS.data.reviewDraw = function (self) {
  const { counts, targets, rows } = self.found;
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const states = TS.data.REVIEW_STATES.map((key) => [key, TS.t("data.review.state." + key, { n: TS.format.number(key === "all" ? all : counts[key]) })]);
  const pick = (key, value) => { self[key] = value; self.at = 0; TS.data.reviewLoad(self); };
  const focused = document.activeElement?.name === "data-review-state";
  TS.replace(self.filters, TS.segments("data-review-state", TS.t("data.review.filter"), states, self.status, (value) => pick("status", value)),
    targets.length ? TS.data.labelled(TS.select("data-review-for", [[null, TS.t("data.review.any")], ...targets.map((one) => [one.id, TS.t("data.review.for", { name: one.name })])], self.dataset, (value) => pick("dataset", value)), TS.t("data.review.meant")) : null);
  if (focused) self.filters.querySelector("input:checked")?.focus();
  TS.replace(self.card, rows.length ? TS.data.reviewRow(self, rows[0]) : TS.data.reviewEmpty(self));
  TS.replace(self.side, TS.data.reviewSide(self));
};

TS.data.labelled = (control, label) => { control.setAttribute("aria-label", label); return control; };

TS.data.reviewEmpty = (self) => [TS.h("div", { class: "ts-empty" }, TS.icon(self.status === "waiting" ? "circle-check" : "list-checks"),
  TS.h("p", {}, TS.t(self.status === "waiting" && self.found.counts.approved ? "data.review.done" : self.status === "waiting" ? "data.review.empty" : "data.review.none")),
  self.status === "waiting" && !self.found.counts.approved ? TS.h("a", { class: "ts-btn", href: TS.url("playground") }, TS.t("data.review.playground")) : null),
  self.undo.length ? TS.h("div", { class: "ts-row" }, TS.data.reviewButton(self, "undo")) : null];

TS.data.reviewRow = function (self, row) {
  const closed = row.status === "added";
  const acts = closed ? [] : ["approve", "edit", "reject"];
  return [
    TS.h("header", { class: "ts-spread" }, TS.h("div", { class: "ts-row ts-small ts-soft" },
      TS.h("span", { class: "ts-num" }, TS.t("data.review.place", { n: TS.format.number(self.at + 1), all: TS.format.number(self.found.total) })),
      TS.h("span", { class: "ts-badge " + { waiting: "neutral", approved: "good", rejected: "danger", added: "train" }[row.status] }, TS.t("data.review.is." + row.status)),
      TS.data.reviewOrigin(row), row.dataset_name ? TS.h("span", { dir: "auto" }, TS.t("data.review.for", { name: row.dataset_name })) : null),
    TS.h("div", { class: "ts-row" }, TS.data.reviewButton(self, "previous"), TS.data.reviewButton(self, "next"))),
    TS.h("div", { class: "data-review-body", tabindex: "0", role: "group", "aria-label": TS.t("data.review.one") }, TS.data.shownRow(row.row)),
    TS.h("div", { class: "ts-row data-review-acts" }, acts.map((act) => TS.data.reviewButton(self, act)),
      closed ? TS.h("button", { type: "button", class: "ts-btn ghost", onclick: () => TS.data.reviewDecide(self, row, "wait") }, TS.t("data.review.again")) : null,
      self.undo.length ? TS.data.reviewButton(self, "undo") : null)];
};

/** Who made the row; what a model made is marked. */
TS.data.reviewOrigin = function (row) {
  const { origin } = row;
  const key = ["playground", "rewrite"].includes(origin.code) ? origin.code : "other";
  return [TS.h("span", { class: "ts-badge fewshot" }, TS.icon("sparkles"), TS.t("data.review.origin." + key, { model: origin.model || TS.t("data.review.a_model") })),
    origin.edited ? TS.h("span", { class: "ts-badge neutral" }, TS.icon("pencil"), TS.t("data.review.by_hand")) : null];
};

TS.data.REVIEW_ICONS = { approve: "check", reject: "x", edit: "pencil", undo: "rotate-ccw" };
TS.data.reviewButton = function (self, act) {
  const letter = Object.keys(TS.data.REVIEW_KEYS).find((key) => TS.data.REVIEW_KEYS[key] === act).toUpperCase();
  const icon = TS.data.REVIEW_ICONS[act];
  return TS.h("button", { type: "button", class: "ts-btn " + (act === "approve" ? "primary" : icon ? "" : "ghost small"), id: "review-" + act, "aria-keyshortcuts": letter,
    onclick: () => TS.data.reviewDo(self, act) }, icon ? TS.icon(icon) : null, TS.t("data.review." + act), TS.h("kbd", { class: "data-kbd" }, letter));
};

/** One act at a time: a key held down must not decide on a row that nobody has seen. */
TS.data.reviewDo = async function (self, act) {
  if (self.busy || !self.found) return;
  self.busy = true;
  try {
    const row = self.found.rows[0];
    if (act === "undo") await TS.data.reviewUndo(self);
    else if (act === "next" || act === "previous") await TS.data.reviewStep(self, act === "next" ? 1 : -1);
    else if (row && row.status !== "added") await (act === "edit" ? TS.data.reviewEdit(self, row) : TS.data.reviewDecide(self, row, act));
  } catch (error) {
    TS.toast(error.message, "danger");
  } finally {
    self.busy = false;
  }
};

TS.data.reviewStep = function (self, step) {
  const at = Math.min(Math.max(0, self.at + step), Math.max(0, self.found.total - 1));
  if (at === self.at) return undefined;
  self.at = at;
  return TS.data.reviewLoad(self);
};

TS.data.reviewDecide = async function (self, row, decision, content = null) {
  const now = await self.ctx.call("review_decide", row.id, decision, content, true);
  self.undo.push({ row, at: self.at, status: self.status });
  if (self.status === "all" && decision !== "edit") self.at = Math.min(self.at + 1, self.found.total - 1);
  self.said.textContent = TS.t("data.review.is." + now.status);
  await TS.data.reviewLoad(self);
};

TS.data.reviewEdit = async function (self, row) {
  const changed = await TS.data.editRow(row.row, self.ctx, TS.t("data.review.edit_title"), TS.t("data.review.save"));
  if (changed) await TS.data.reviewDecide(self, row, "edit", changed);
};

/** The row goes back to what it was, text and status. */
TS.data.reviewUndo = async function (self) {
  const last = self.undo.at(-1);
  if (!last) return;
  const { row } = last;
  const back = { waiting: "wait", approved: "approve", rejected: "reject", added: "wait" }[row.status];
  await self.ctx.call("review_decide", row.id, back, row.row, Boolean(row.origin.edited));
  self.undo.pop();
  Object.assign(self, { at: last.at, status: last.status });
  self.said.textContent = TS.t("data.review.undone");
  await TS.data.reviewLoad(self);
};
