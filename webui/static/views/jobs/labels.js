/* Tags and the note of one job: shown, and edited in a dialog. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { openDialog, toast } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { splitTags } from "./words.js";
import { labelledField } from "../shared/form-controls.js";

/** Tags as links to the jobs that have them too. */
export const jobTags = (job) => job.tags.map((tag) => h("a", { class: "ts-badge neutral job-tag", href: pageUrl("jobs", { tag }), title: t("jobs.filter.tagged", { tag }) }, h("bdi", {}, tag)));

export function jobLabels(slot, job, ctx, refresh) {
  const known = job.tags.length > 0 || job.note;
  const word = t(known ? "jobs.labels.edit" : "jobs.labels.add");
  const edit = h("button", { type: "button", class: known ? "ts-icon-btn" : "ts-btn small ghost", id: "job-labels-edit", title: word, "aria-label": word, onclick: () => editLabels(job, ctx, refresh) },
    drawIcon("pencil"), known ? null : h("span", {}, word));
  replaceChildren(slot, h("div", { class: "job-tags" }, jobTags(job), edit), job.note ? h("p", { class: "job-note", dir: "auto" }, job.note) : null);
}

/** Asked again with what is wrong, until it is saved or given up. */
async function editLabels(job, ctx, refresh) {
  const typed = { tags: job.tags.join(", "), note: job.note };
  let faults = {};
  for (;;) {
    const tags = h("input", { class: "ts-input", id: "job-tags", value: typed.tags, autocomplete: "off" });
    const note = h("textarea", { class: "ts-textarea", id: "job-note", rows: "7", dir: "auto" });
    note.value = typed.note;
    const body = h("div", { class: "ts-stack" },
      labelledField("job-tags", t("jobs.labels.tags"), tags, { help: t("jobs.labels.tags_help"), error: faults.tags }),
      labelledField("job-note", t("jobs.labels.note"), note, { help: t("jobs.labels.note_help"), error: faults.note }));
    const wanted = await openDialog(t("jobs.labels.title"), body, [{ label: t("common.cancel"), value: "" }, { label: t("jobs.labels.save"), value: "save", kind: "primary" }], { wide: true });
    if (wanted !== "save") return undefined;
    Object.assign(typed, { tags: tags.value, note: note.value });
    try {
      await ctx.call("job_label", job.id, splitTags(typed.tags), typed.note);
      toast(t("jobs.labels.saved"), "good");
      return refresh();
    } catch (error) {
      faults = error.faults || {};
      if (!faults.tags && !faults.note) toast(error.message, "danger");
    }
  }
}
