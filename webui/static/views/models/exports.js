/* Taking a tuned model away: each form that its method offers, made by a job in the background and fetched as one zip. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { jobBar, jobError, jobSoon } from "../jobs/parts.js";
import { settingsForm } from "../shared/form.js";

/**
 * The section, and `follow`, which the page calls again and again while it is open.
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 */
export function modelDownloads(model, ctx) {
  const forms = model.exports.map((form) => modelExport(model, form, ctx));
  return {
    node: h("section", { class: "ts-stack" }, h("h2", {}, t("models.downloads")), forms.map((form) => form.card),
      model.not_offered.map((one) => h("div", { class: "ts-note info model-not-offered" }, drawIcon("info"),
        h("p", {}, t("models.not_offered", { form: one.label, reason: one.reason }))))),
    follow: async () => (await Promise.all(forms.map((form) => form.follow()))).some(Boolean),
  };
}

/**
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 * @param {Server.ExportFormView} form
 */
function modelExport(model, form, ctx) {
  const foot = h("div", { class: "model-export-foot" });
  const needs = h("p", { class: "ts-small ts-soft model-export-needs" }, exportNeeds(model.export_needs[form.key]));
  let asked = 0;
  const settings = exportSettings(form, async (chosen) => {
    const mine = asked += 1;
    const found = await ctx.call("export_needs", model.id, form.key, chosen).catch(() => null); // faults are told when it is made
    if (found && mine === asked) replaceChildren(needs, exportNeeds(found));
  });
  const card = h("div", { class: "ts-card model-export", "data-form": form.key },
    h("div", { class: "model-export-head" }, drawIcon(form.stands_alone ? "box" : "layers"),
      h("div", {}, h("h3", {}, form.label), h("p", { class: "ts-small ts-soft" }, form.help), needs)),
    settings.node, foot);
  const state = { job: model.export_jobs[form.key] || null, drawn: "" };
  const start = (button) => runAction(button, () => settings.checked(async () => {
    state.job = await ctx.call("model_export", model.id, form.key, settings.chosen);
    draw(null);
  }));
  const draw = (job) => {
    const text = JSON.stringify([state.job, job?.status, job?.fraction, job?.phase, job?.error]);
    if (text !== state.drawn) replaceChildren(foot, exportFoot(job, state.job, start, form));
    state.drawn = text;
  };
  draw(null);
  const follow = async () => {
    if (!state.job) return false;
    const mine = state.job;
    let news = /** @type {any} */ ({ version: "", value: null });
    try {
      news = await ctx.news("export_job", state.asked === mine ? state.version : "", mine);
      if (!news.value) return false;
    } catch (error) {
      if (error.code !== "not_found") throw error; // asked again at the next tick
      state.job = null;
    }
    Object.assign(state, { asked: mine, version: news.version });
    draw(news.value);
    return true;
  };
  return { card, follow };
}

/** What making it takes, in words. */
const exportNeeds = (needs) => t(needs.memory_mb ? "models.export_memory" : "models.export_disk",
  { disk: format.bytes(needs.disk_bytes), memory: format.memory(needs.memory_mb) });

/**
 * The form's own settings: what is chosen, and a task whose faults are shown at the fields.
 * @param {Server.ExportFormView} form
 * @param {(chosen: Record<string, any>) => Promise<void>} onchosen hears of each choice
 */
function exportSettings(form, onchosen) {
  const chosen = {};
  if (!form.params.length) return { node: null, chosen, checked: (task) => task() };
  const fields = h("div", { class: "ts-stack" });
  const drawn = settingsForm(fields, {
    id: "export-" + form.key, params: form.params, values: {}, defaults: Object.fromEntries(form.params.map((param) => [param.key, param.default])),
    onchange: (param, value) => {
      if (value === undefined) delete chosen[param.key];
      else chosen[param.key] = value;
      onchosen({ ...chosen });
    },
  });
  const checked = async (task) => {
    drawn.setFaults({});
    try {
      return await task();
    } catch (error) {
      drawn.setFaults(error.faults || {});
      if (form.params.some((param) => error.faults?.[param.field])) return undefined;
      throw error;
    }
  };
  return { node: fields, chosen, checked };
}

/**
 * @param {Server.ExportJobView} job
 * @param {Server.ExportFormView} form
 */
function exportFoot(job, jobId, start, form) {
  const make = (key, look = "") => h("button", { type: "button", class: "ts-btn " + look, "aria-label": t(key + "_named", { form: form.label }),
    onclick: (event) => start(event.currentTarget) }, drawIcon("box"), h("span", {}, t(key)));
  if (!jobId) return make("models.make");
  if (!job) return h("p", { class: "ts-soft ts-small", role: "status" }, t("models.asking"));
  if (job.status === "succeeded") {
    return [h("a", { class: "ts-btn primary", href: "/files/export/" + job.id, download: "" }, drawIcon("download"), h("span", {}, t("models.download")),
      job.bytes ? h("span", { class: "ts-num" }, format.bytes(job.bytes)) : null), make("models.make_again", "ghost")];
  }
  if (["failed", "interrupted", "cancelled", "stopped"].includes(job.status)) {
    return [h("p", { class: "ts-error", role: "alert" }, job.error ? jobError(job.error) : t("jobs.event." + job.status)), make("models.make_again")];
  }
  return h("div", { class: "model-export-live", role: "status" }, jobBar(job),
    h("span", { class: "ts-small ts-soft" }, jobSoon(job)),
    h("a", { class: "ts-link ts-small", href: pageUrl("jobs", { job: job.id }) }, t("models.see_job")));
}
