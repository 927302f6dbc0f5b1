/* Any operation on a data set: its settings, what it would do, and the version that it makes. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction, toast } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { t } from "../../kit/texts.js";
import { CHANGES } from "./badges.js";
import { openSet } from "./open-set.js";
import { change } from "./versions/diff.js";
import { noteBox, reasonBox } from "../shared/form-controls.js";
import { settingsForm } from "../shared/form.js";

let panels = 0; // two panels of one operation may be open at once

/**
 * The panel of one operation. values: what is fixed already, by key; begin: what stands in its fields at first; done(result): instead of showing the new version.
 * @param {any} set
 * @param {Ctx<"data">} ctx
 * @param {Server.OperationForm} operation
 * @param {{values?: Record<string, any>, begin?: Record<string, any>, done?: (result: any) => void}} [options]
 */
export function dataOperation(set, ctx, operation, { values = {}, begin = {}, done } = {}) {
  if (operation.missing) return noteBox("info", t("data.op.missing." + operation.missing));
  const params = operation.params.filter((param) => !(param.key in values));
  const given = Object.fromEntries(params.filter((param) => param.default !== null).map((param) => [param.key, param.default])); // they suit this data set
  const chosen = { ...given, ...begin, ...values };
  const fields = h("div", { class: "ts-stack" });
  const wrong = h("div", {});
  const effect = h("div", { class: "data-effect", "aria-live": "polite" });
  const form = settingsForm(fields, {
    id: "op-" + operation.key + "-" + (panels += 1), params, values: begin, defaults: Object.fromEntries(params.map((param) => [param.key, param.default])),
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
    replaceChildren(wrong, atField ? null : noteBox("danger", error.message));
  };
  const run = (button, task) => runAction(button, async () => {
    form.setFaults({});
    replaceChildren(wrong);
    try {
      return await task();
    } catch (error) {
      return tell(error);
    }
  });
  const look = h("button", { type: "button", class: "ts-btn", onclick: () => run(look, async () => {
    replaceChildren(effect, dataEffect(await ctx.call("preview_operation", set.id, operation.key, chosen)));
    effect.classList.remove("stale");
  }) }, drawIcon("eye"), t("data.op.look"));
  const make = h("button", { type: "button", class: "ts-btn primary", onclick: () => run(make, async () => {
    const made = await ctx.call("apply_operation", set.id, operation.key, chosen, set.version);
    await dataMade(effect, made, set, ctx, done, tell);
  }) }, drawIcon("check"), t("data.op.make"));
  return h("div", { class: "ts-stack data-operation", "data-operation": operation.key },
    params.length ? fields : null, wrong, h("div", { class: "ts-row" }, look, make), effect);
}

/**
 * What follows the making of a version: {version}, or {job} which is shown until it ends.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function dataMade(holder, made, set, ctx, done, fail) {
  const finish = (version) => {
    if (done) return done({ version });
    toast(t("data.op.made", { n: version }), "good");
    return openSet.reload(set, ctx);
  };
  if (made.version) return finish(made.version);
  return versionJob(holder, made.job, ctx, finish, fail);
}

/**
 * The progress of a job that makes a version, with a way to cancel it.
 * @param {Ctx<"data">} ctx
 */
export function versionJob(holder, job, ctx, finish, fail) {
  const words = h("span", { class: "ts-soft ts-small" }, t("data.op.waits"));
  const bar = h("div", {}, progressBar(null, t("data.op.making")));
  const cancel = h("button", { type: "button", class: "ts-btn ghost small", onclick: () => runAction(cancel, () => ctx.call("cancel_version", job)) }, t("data.cancel"));
  holder.classList.remove("stale");
  replaceChildren(holder, h("div", { class: "ts-spread" }, words, cancel), bar);
  const stop = poll(holder, 700, async () => {
    const now = await ctx.call("version_job", job);
    if (["succeeded", "failed", "cancelled", "interrupted", "lost"].includes(now.status)) {
      stop();
      replaceChildren(holder);
      if (now.status === "succeeded") await finish(now.result.version);
      else if (now.status === "cancelled") toast(t("data.op.cancelled"));
      else fail({ message: now.error ? reasonBox(now.error) : t("data.op.ended") });
    } else if (now.step) {
      words.textContent = t("data.op.progress", { n: format.number(now.step), total: format.number(now.total_steps) });
      replaceChildren(bar, progressBar(now.total_steps ? now.step / now.total_steps : null, t("data.op.making")));
    }
  });
}

/** What an operation would do: counts and examples. */
const dataEffect = (found) => h("section", { class: "ts-stack tight data-effect-card", "aria-label": t("data.op.effect") },
  h("p", {}, t("data.op.rows", { before: format.number(found.before), after: format.number(found.after) }), " ",
    found.whole ? null : h("span", { class: "ts-soft ts-small" }, t("data.op.sample", { n: format.number(found.looked) }))),
  changeCounts(found.summary),
  splitChange(found.splits),
  found.examples.length ? h("details", { class: "ts-details", open: true },
    h("summary", {}, t("data.op.examples")),
    h("div", { class: "data-changes" }, found.examples.map((one) => change(one)))) : null);

export function changeCounts(summary) {
  const some = Object.keys(CHANGES).filter((what) => summary[what]);
  if (!some.length) return h("p", { class: "ts-soft ts-small" }, t("data.op.nothing"));
  return h("ul", { class: "data-counts" }, some.map((what) => h("li", { class: "ts-badge neutral " + what }, drawIcon(CHANGES[what]),
    t("data.change.count." + what, { n: format.number(summary[what]) }))));
}

function splitChange({ before, after }) {
  const differ = ["train", "val", "test"].filter((split) => before[split] !== after[split]);
  if (!differ.length) return null;
  return h("p", { class: "ts-soft ts-small" }, differ.map((split) =>
    t("data.op.split", { split: t("data.rows." + split), before: format.number(before[split]), after: format.number(after[split]) })).join(" · "));
}
