/* "Rewrite with a model": its settings, the job that does it, and the way to what it made. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { openSet } from "../open-set.js";
import { noteBox, reasonBox } from "../../shared/form-controls.js";
import { settingsForm } from "../../shared/form.js";

const REWRITE_BUSY = ["queued", "starting", "running", "stopping"];

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function rewritePanel(set, ctx) {
  const self = { set, ctx, chosen: {}, ids: openSet.toRewrite || null, form: h("div", { class: "ts-stack" }), state: h("div", { class: "ts-stack tight", "aria-live": "polite" }) };
  self.node = h("div", { class: "ts-stack data-rewrite", "aria-busy": "true" }, self.form, self.state);
  openSet.toRewrite = null;
  rewriteBegin(self);
  return self.node;
}

/** @param {Parts<"data">} self */
async function rewriteBegin(self) {
  try {
    const [params, state] = await Promise.all([self.ctx.call("rewrite_form"), self.ctx.call("rewrite_state", self.set.id)]);
    const left = [self.set.kind === "chat" ? "" : "what", self.ids ? "rows" : ""];
    self.params = params.filter((param) => !left.includes(param.key));
    rewriteShow(self, state);
  } catch (error) {
    replaceChildren(self.node, noteBox("danger", error.message));
  }
  self.node.removeAttribute("aria-busy");
}

/**
 * The form while nothing runs, progress while it does; what came of the last job below.
 * @param {Parts<"data">} self
 */
function rewriteShow(self, state) {
  const busy = state.job && REWRITE_BUSY.includes(state.job.status);
  if (busy) replaceChildren(self.form);
  else if (!self.form.childElementCount) rewriteForm(self);
  replaceChildren(self.state, busy ? rewriteProgress(self, state.job) : state.job && rewriteEnd(state.job), rewriteWaiting(state.waiting));
  if (busy) rewriteFollow(self);
}

/** @param {Parts<"data">} self */
function rewriteForm(self) {
  if (!self.params.find((param) => param.key === "model").choices.length) {
    return replaceChildren(self.form, noteBox("info", t("rewrite.no_model"), " ", h("a", { class: "ts-link", href: pageUrl("models") }, t("rewrite.to_models"))));
  }
  const fields = h("div", { class: "ts-stack" });
  const given = Object.fromEntries(self.params.map((param) => [param.key, param.default]));
  const form = settingsForm(fields, {
    id: "rewrite", params: self.params, values: {}, defaults: given,
    onchange: (param, value) => { self.chosen[param.key] = value === undefined ? given[param.key] : value; },
  });
  const start = h("button", { type: "button", class: "ts-btn primary", id: "rewrite-start", onclick: () => runAction(start, async () => {
    form.setFaults({});
    try {
      await self.ctx.call("rewrite_start", self.set.id, { ...given, ...self.chosen, ...(self.ids ? { ids: self.ids } : {}) });
      rewriteShow(self, await self.ctx.call("rewrite_state", self.set.id));
    } catch (error) {
      form.setFaults(error.faults || {});
      if (!Object.keys(error.faults || {}).length) throw error;
    }
  }) }, drawIcon("sparkles"), t("rewrite.start"));
  return replaceChildren(self.form, self.ids ? noteBox("info", t("rewrite.chosen")) : null, fields, h("div", { class: "ts-row" }, start, h("span", { class: "ts-soft ts-small" }, t("rewrite.nothing_yet"))));
}

/** @param {Parts<"data">} self */
function rewriteProgress(self, job) {
  const made = job.result?.made || 0;
  const words = job.step ? t("rewrite.progress", { n: format.number(job.step), total: format.number(job.total), made: format.number(made) })
    : t(job.status === "queued" ? "rewrite.queued" : "rewrite.loading");
  const cancel = h("button", { type: "button", class: "ts-btn ghost small", id: "rewrite-cancel", disabled: job.status === "stopping", onclick: () => runAction(cancel, () => self.ctx.call("rewrite_cancel", job.job)) }, drawIcon("circle-stop"), t("data.cancel"));
  return h("div", { class: "ts-stack tight" }, h("div", { class: "ts-spread" }, h("span", {}, words), cancel), progressBar(job.total && job.step ? job.step / job.total : null, words));
}

/** @param {Parts<"data">} self */
function rewriteFollow(self) {
  if (self.stop) return;
  self.stop = poll(self.node, 1000, async () => {
    const state = await self.ctx.call("rewrite_state", self.set.id);
    if (!REWRITE_BUSY.includes(state.job?.status || "")) { self.stop(); self.stop = null; }
    const now = JSON.stringify(state);
    if (now !== self.shown) rewriteShow(self, state);
    self.shown = now;
  });
}

/** How the last job ended: what it made, and what was left out and why. */
function rewriteEnd(job) {
  const result = job.result || {};
  const failed = job.status === "failed" ? noteBox("danger", job.error ? reasonBox(job.error) : t("data.op.ended")) : null;
  if (!result.rows) return failed;
  const left = Object.entries(result.left_out || {}).map(([reason, n]) => t("rewrite.left." + reason, { n: format.number(n) }));
  return [failed, h("div", { class: "rewrite-end" },
    h("p", {}, t("rewrite.made", { made: format.number(result.made), rows: format.number(result.rows), model: result.model })),
    left.length ? h("p", { class: "ts-soft ts-small" }, t("rewrite.left", { what: left.join(t("rewrite.and")) })) : null)];
}

const rewriteWaiting = (n) => (n ? h("p", {}, h("a", { class: "ts-btn", href: pageUrl("data", { review: 1 }) }, drawIcon("list-checks"), t("rewrite.review", { n: format.number(n) }))) : null);
