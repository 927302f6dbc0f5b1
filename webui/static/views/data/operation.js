/* Any operation on a data set: its settings, what it would do, and the version that it makes. */
"use strict";
TS.data = TS.data || {};

TS.data.panels = 0; // two panels of one operation may be open at once

/** The panel of one operation. values: what is fixed already, by key; done(result): instead of showing the new version. */
TS.data.operation = function (set, ctx, operation, { values = {}, done } = {}) {
  if (operation.missing) return TS.note("info", TS.t("data.op.missing." + operation.missing));
  const params = operation.params.filter((param) => !(param.key in values));
  const given = Object.fromEntries(params.filter((param) => param.source && param.default !== null).map((param) => [param.key, param.default]));
  const chosen = { ...given, ...values };
  const fields = TS.h("div", { class: "ts-stack" });
  const wrong = TS.h("div", {});
  const effect = TS.h("div", { class: "data-effect", "aria-live": "polite" });
  const form = TS.form(fields, {
    id: "op-" + operation.key + "-" + (TS.data.panels += 1), params, values: {}, defaults: Object.fromEntries(params.map((param) => [param.key, param.default])),
    onchange: (param, value) => {
      if (value !== undefined) chosen[param.key] = value;
      else if (param.key in given) chosen[param.key] = given[param.key];
      else delete chosen[param.key];
      effect.classList.add("stale");
    },
  });
  const tell = (error) => {
    form.setFaults(error.faults || {});
    const atField = params.some((param) => error.faults?.[param.field]);
    TS.replace(wrong, atField ? null : TS.note("danger", error.message));
  };
  const run = (button, task) => TS.act(button, async () => {
    form.setFaults({});
    TS.replace(wrong);
    try {
      return await task();
    } catch (error) {
      return tell(error);
    }
  });
  const look = TS.h("button", { type: "button", class: "ts-btn", onclick: () => run(look, async () => {
    TS.replace(effect, TS.data.effect(await ctx.call("preview_operation", set.id, operation.key, chosen)));
    effect.classList.remove("stale");
  }) }, TS.icon("eye"), TS.t("data.op.look"));
  const make = TS.h("button", { type: "button", class: "ts-btn primary", onclick: () => run(make, async () => {
    const made = await ctx.call("apply_operation", set.id, operation.key, chosen, set.version);
    await TS.data.made(effect, made, set, ctx, done, tell);
  }) }, TS.icon("check"), TS.t("data.op.make"));
  return TS.h("div", { class: "ts-stack data-operation", "data-operation": operation.key },
    params.length ? fields : null, wrong, TS.h("div", { class: "ts-row" }, look, make), effect);
};

/** What follows the making of a version: {version}, or {job} which is shown until it ends. */
TS.data.made = function (holder, made, set, ctx, done, fail) {
  const finish = (version) => {
    if (done) return done({ version });
    TS.toast(TS.t("data.op.made", { n: version }), "good");
    return TS.data.reload(set, ctx);
  };
  if (made.version) return finish(made.version);
  return TS.data.versionJob(holder, made.job, ctx, finish, fail);
};

/** The progress of a job that makes a version, with a way to cancel it. */
TS.data.versionJob = function (holder, job, ctx, finish, fail) {
  const words = TS.h("span", { class: "ts-soft ts-small" }, TS.t("data.op.waits"));
  const bar = TS.h("div", {}, TS.progress(null, TS.t("data.op.making")));
  const cancel = TS.h("button", { type: "button", class: "ts-btn ghost small", onclick: () => TS.act(cancel, () => ctx.call("cancel_version", job)) }, TS.t("data.cancel"));
  holder.classList.remove("stale");
  TS.replace(holder, TS.h("div", { class: "ts-spread" }, words, cancel), bar);
  const stop = TS.poll(holder, 700, async () => {
    const now = await ctx.call("version_job", job);
    if (["succeeded", "failed", "cancelled", "interrupted", "lost"].includes(now.status)) {
      stop();
      TS.replace(holder);
      if (now.status === "succeeded") await finish(now.result.version);
      else if (now.status === "cancelled") TS.toast(TS.t("data.op.cancelled"));
      else fail({ message: now.error ? TS.reason(now.error) : TS.t("data.op.ended") });
    } else if (now.step) {
      words.textContent = TS.t("data.op.progress", { n: TS.format.number(now.step), total: TS.format.number(now.total_steps) });
      TS.replace(bar, TS.progress(now.total_steps ? now.step / now.total_steps : null, TS.t("data.op.making")));
    }
  });
};

/** What an operation would do: counts and examples. */
TS.data.effect = (found) => TS.h("section", { class: "ts-stack tight data-effect-card", "aria-label": TS.t("data.op.effect") },
  TS.h("p", {}, TS.t("data.op.rows", { before: TS.format.number(found.before), after: TS.format.number(found.after) }), " ",
    found.whole ? null : TS.h("span", { class: "ts-soft ts-small" }, TS.t("data.op.sample", { n: TS.format.number(found.looked) }))),
  TS.data.changeCounts(found.summary),
  TS.data.splitChange(found.splits),
  found.examples.length ? TS.h("details", { class: "ts-details", open: true },
    TS.h("summary", {}, TS.t("data.op.examples")),
    TS.h("div", { class: "data-changes" }, found.examples.map((one) => TS.data.change(one)))) : null);

/** Dropped, added, changed, moved: those that are not zero, each with its sign. */
TS.data.CHANGES = { changed: "pencil", dropped: "trash-2", added: "plus", moved: "arrow-right" };
TS.data.changeCounts = function (summary) {
  const some = Object.keys(TS.data.CHANGES).filter((what) => summary[what]);
  if (!some.length) return TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.op.nothing"));
  return TS.h("ul", { class: "data-counts" }, some.map((what) => TS.h("li", { class: "ts-badge neutral " + what }, TS.icon(TS.data.CHANGES[what]),
    TS.t("data.change.count." + what, { n: TS.format.number(summary[what]) }))));
};

TS.data.splitChange = function ({ before, after }) {
  const differ = ["train", "val", "test"].filter((split) => before[split] !== after[split]);
  if (!differ.length) return null;
  return TS.h("p", { class: "ts-soft ts-small" }, differ.map((split) =>
    TS.t("data.op.split", { split: TS.t("data.rows." + split), before: TS.format.number(before[split]), after: TS.format.number(after[split]) })).join(" · "));
};
