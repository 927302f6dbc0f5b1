/* "Rewrite with a model": its settings, the job that does it, and the way to what it made. */
"use strict";
TS.data = TS.data || {};

TS.data.REWRITE_BUSY = ["queued", "starting", "running", "stopping"];

TS.data.rewritePanel = function (set, ctx) {
  const self = { set, ctx, chosen: {}, ids: TS.data.toRewrite || null, form: TS.h("div", { class: "ts-stack" }), state: TS.h("div", { class: "ts-stack tight", "aria-live": "polite" }) };
  self.node = TS.h("div", { class: "ts-stack data-rewrite", "aria-busy": "true" }, self.form, self.state);
  TS.data.toRewrite = null;
  TS.data.rewriteBegin(self);
  return self.node;
};

TS.data.rewriteBegin = async function (self) {
  try {
    const [params, state] = await Promise.all([self.ctx.call("rewrite_form"), self.ctx.call("rewrite_state", self.set.id)]);
    const left = [self.set.kind === "chat" ? "" : "what", self.ids ? "rows" : ""];
    self.params = params.filter((param) => !left.includes(param.key));
    TS.data.rewriteShow(self, state);
  } catch (error) {
    TS.replace(self.node, TS.note("danger", error.message));
  }
  self.node.removeAttribute("aria-busy");
};

/** The form while nothing runs, progress while it does; what came of the last job below. */
TS.data.rewriteShow = function (self, state) {
  const busy = state.job && TS.data.REWRITE_BUSY.includes(state.job.status);
  if (busy) TS.replace(self.form);
  else if (!self.form.childElementCount) TS.data.rewriteForm(self);
  TS.replace(self.state, busy ? TS.data.rewriteProgress(self, state.job) : state.job && TS.data.rewriteEnd(state.job), TS.data.rewriteWaiting(state.waiting));
  if (busy) TS.data.rewriteFollow(self);
};

TS.data.rewriteForm = function (self) {
  if (!self.params.find((param) => param.key === "model").choices.length) {
    return TS.replace(self.form, TS.note("info", TS.t("rewrite.no_model"), " ", TS.h("a", { class: "ts-link", href: TS.url("models") }, TS.t("rewrite.to_models"))));
  }
  const fields = TS.h("div", { class: "ts-stack" });
  const given = Object.fromEntries(self.params.map((param) => [param.key, param.default]));
  const form = TS.form(fields, {
    id: "rewrite", params: self.params, values: {}, defaults: given,
    onchange: (param, value) => { self.chosen[param.key] = value === undefined ? given[param.key] : value; },
  });
  const start = TS.h("button", { type: "button", class: "ts-btn primary", id: "rewrite-start", onclick: () => TS.act(start, async () => {
    form.setFaults({});
    try {
      await self.ctx.call("rewrite_start", self.set.id, { ...given, ...self.chosen, ...(self.ids ? { ids: self.ids } : {}) });
      TS.data.rewriteShow(self, await self.ctx.call("rewrite_state", self.set.id));
    } catch (error) {
      form.setFaults(error.faults || {});
      if (!Object.keys(error.faults || {}).length) throw error;
    }
  }) }, TS.icon("sparkles"), TS.t("rewrite.start"));
  return TS.replace(self.form, self.ids ? TS.note("info", TS.t("rewrite.chosen")) : null, fields, TS.h("div", { class: "ts-row" }, start, TS.h("span", { class: "ts-soft ts-small" }, TS.t("rewrite.nothing_yet"))));
};

TS.data.rewriteProgress = function (self, job) {
  const made = job.result?.made || 0;
  const words = job.step ? TS.t("rewrite.progress", { n: TS.format.number(job.step), total: TS.format.number(job.total), made: TS.format.number(made) })
    : TS.t(job.status === "queued" ? "rewrite.queued" : "rewrite.loading");
  const cancel = TS.h("button", { type: "button", class: "ts-btn ghost small", id: "rewrite-cancel", disabled: job.status === "stopping", onclick: () => TS.act(cancel, () => self.ctx.call("rewrite_cancel", job.job)) }, TS.icon("circle-stop"), TS.t("data.cancel"));
  return TS.h("div", { class: "ts-stack tight" }, TS.h("div", { class: "ts-spread" }, TS.h("span", {}, words), cancel), TS.progress(job.total && job.step ? job.step / job.total : null, words));
};

TS.data.rewriteFollow = function (self) {
  if (self.stop) return;
  self.stop = TS.poll(self.node, 1000, async () => {
    const state = await self.ctx.call("rewrite_state", self.set.id);
    if (!TS.data.REWRITE_BUSY.includes(state.job.status)) { self.stop(); self.stop = null; }
    const now = JSON.stringify(state);
    if (now !== self.shown) TS.data.rewriteShow(self, state);
    self.shown = now;
  });
};

/** How the last job ended: what it made, and what was left out and why. */
TS.data.rewriteEnd = function (job) {
  const result = job.result || {};
  const failed = job.status === "failed" ? TS.note("danger", job.error ? TS.reason(job.error) : TS.t("data.op.ended")) : null;
  if (!result.rows) return failed;
  const left = Object.entries(result.left_out || {}).map(([reason, n]) => TS.t("rewrite.left." + reason, { n: TS.format.number(n) }));
  return [failed, TS.h("div", { class: "rewrite-end" },
    TS.h("p", {}, TS.t("rewrite.made", { made: TS.format.number(result.made), rows: TS.format.number(result.rows), model: result.model })),
    left.length ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("rewrite.left", { what: left.join(TS.t("rewrite.and")) })) : null)];
};

TS.data.rewriteWaiting = (n) => (n ? TS.h("p", {}, TS.h("a", { class: "ts-btn", href: TS.url("data", { review: 1 }) }, TS.icon("list-checks"), TS.t("rewrite.review", { n: TS.format.number(n) }))) : null);
