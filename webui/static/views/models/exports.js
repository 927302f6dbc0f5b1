/* Taking a tuned model away: each form that its method offers, made by a job in the background and fetched as one zip. */
"use strict";

/** The section, and `follow`, which the page calls again and again while it is open. */
TS.modelDownloads = function (model, ctx) {
  const forms = model.exports.map((form) => modelExport(model, form, ctx));
  return {
    node: TS.h("section", { class: "ts-stack" }, TS.h("h2", {}, TS.t("models.downloads")), forms.map((form) => form.card),
      model.no_merge ? TS.h("div", { class: "ts-note info model-no-merge" }, TS.icon("info"), TS.h("p", {}, TS.t("models.no_merge", { reason: model.no_merge }))) : null),
    follow: () => Promise.all(forms.map((form) => form.follow())),
  };
};

/** The result as it is goes by what it is made of. */
const exportKey = (model, form) => (model.format === "full" || form === "adapter" ? model.format : form);

function modelExport(model, form, ctx) {
  const foot = TS.h("div", { class: "model-export-foot" });
  const key = exportKey(model, form);
  const card = TS.h("div", { class: "ts-card model-export", "data-form": form },
    TS.h("div", { class: "model-export-head" }, TS.icon(form === "adapter" ? "layers" : "box"),
      TS.h("div", {}, TS.h("h3", {}, TS.t(`models.export.${key}`)), TS.h("p", { class: "ts-small ts-soft" }, TS.t(`models.export.${key}.help`)))),
    foot);
  const state = { job: model.export_jobs[form] || null, drawn: "" };
  const start = (button) => TS.act(button, async () => {
    state.job = await ctx.call("model_export", model.id, form);
    draw(null);
  });
  const draw = (job) => {
    const text = JSON.stringify([state.job, job?.status, job?.fraction, job?.phase, job?.error]);
    if (text !== state.drawn) TS.replace(foot, exportFoot(job, state.job, start, form, model));
    state.drawn = text;
  };
  draw(null);
  const follow = async () => {
    if (!state.job) return;
    let job = null;
    try {
      job = await ctx.call("export_job", state.job);
    } catch (error) {
      if (error.code !== "not_found") throw error; // asked again at the next tick
      state.job = null;
    }
    draw(job);
  };
  return { card, follow };
}

function exportFoot(job, jobId, start, form, model) {
  const make = (key, look = "") => TS.h("button", { type: "button", class: "ts-btn " + look, "aria-label": TS.t(key + "_named", { form: TS.t("models.export." + exportKey(model, form)) }),
    onclick: (event) => start(event.currentTarget) }, TS.icon("box"), TS.h("span", {}, TS.t(key)));
  if (!jobId) return make("models.make");
  if (!job) return TS.h("p", { class: "ts-soft ts-small", role: "status" }, TS.t("models.asking"));
  if (job.status === "succeeded") {
    return [TS.h("a", { class: "ts-btn primary", href: "/files/export/" + job.id, download: "" }, TS.icon("download"), TS.h("span", {}, TS.t("models.download")),
      job.bytes ? TS.h("span", { class: "ts-num" }, TS.format.bytes(job.bytes)) : null), make("models.make_again", "ghost")];
  }
  if (["failed", "interrupted", "cancelled", "stopped"].includes(job.status)) {
    return [TS.h("p", { class: "ts-error", role: "alert" }, job.error ? TS.job.error(job.error) : TS.t("jobs.event." + job.status)), make("models.make_again")];
  }
  return TS.h("div", { class: "model-export-live", role: "status" }, TS.job.bar(job),
    TS.h("span", { class: "ts-small ts-soft" }, TS.job.soon(job)),
    TS.h("a", { class: "ts-link ts-small", href: TS.url("jobs", { job: job.id }) }, TS.t("models.see_job")));
}
