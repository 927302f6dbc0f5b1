/* Export: which version, as what; small ones are ready at once, large ones are a job with progress. */
import { appendAll, h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { t } from "../../kit/texts.js";
import { labelledField, noteBox, reasonBox, selectField } from "../shared/form-controls.js";
import { FORM_CONTROLS } from "../shared/form.js";

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function exportTab(set, ctx) {
  const card = h("section", { class: "ts-card data-export", "aria-labelledby": "data-export-title", "aria-busy": "true" },
    h("div", {}, h("h2", { id: "data-export-title" }, t("data.export.title")), h("p", { class: "ts-soft" }, t("data.export.lead"))));
  ctx.call("export_form", set.id)
    .then((form) => appendAll(card, exportForm(set, ctx, form)))
    .catch((error) => card.append(noteBox("danger", error.message)))
    .finally(() => card.removeAttribute("aria-busy"));
  return card;
}

/** What each format asks for besides version, format and rows. */
const EXPORT_ASKS = { jsonl: ["form", "split_column"], csv: ["form", "split_column", "safe", "bom"], parquet: ["form", "split_column"], hub: ["form", "licence"] };

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function exportForm(set, ctx, form) {
  const used = form.versions.find((one) => one.in_use) || form.versions[0];
  const state = { version: used.number, values: Object.fromEntries(form.params.map((param) => [param.key, param.default])) };
  if (!form.original) state.values.form = "own";
  const outcome = h("div", { class: "data-export-outcome", role: "status" });
  const fields = new Map(form.params.map((param) => [param.key, exportField(param, state, () => changed())]));
  const more = h("details", { class: "ts-details" }, h("summary", {}, t("data.export.more")),
    h("div", { class: "ts-stack" }, form.params.filter((param) => param.advanced).map((param) => fields.get(param.key))));
  const changed = () => {
    const asks = ["format", "part", ...EXPORT_ASKS[state.values.format]];
    for (const [key, field] of fields) field.hidden = !asks.includes(key) || (key === "form" && !form.original);
    fields.get("part").hidden = state.values.format === "hub";
    more.hidden = !form.params.some((param) => param.advanced && asks.includes(param.key));
    replaceChildren(outcome);
  };
  const version = labelledField("data-export-version", t("data.export.version"), selectField("data-export-version",
    form.versions.map((one) => [one.number, t(one.in_use ? "data.export.version.used" : "data.export.version.one", { n: one.number, rows: format.number(one.rows) })]),
    state.version, (number) => { state.version = number; changed(); }), { help: t("data.export.version.help") });
  const make = h("button", { type: "button", class: "ts-btn primary", id: "data-export-make", onclick: () => exportMake(make, outcome, set, ctx, state, form) },
    drawIcon("download"), t("data.export.make"));
  changed();
  return [h("div", { class: "data-export-fields" }, version, form.params.filter((param) => !param.advanced).map((param) => fields.get(param.key))),
    form.original ? null : h("p", { class: "ts-soft ts-small" }, t("data.export.no_original")),
    more, h("div", { class: "ts-row" }, make, h("span", { class: "ts-small ts-soft" }, t("data.export.kept"))), outcome].filter(Boolean);
}

function exportField(param, state, changed) {
  const id = "data-export-" + param.key;
  const choose = (value) => { state.values[param.key] = value; changed(); };
  const control = FORM_CONTROLS[param.kind](id, param, state.values[param.key], choose);
  return control.field({ help: param.help });
}

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
async function exportMake(button, outcome, set, ctx, state, form) {
  replaceChildren(outcome);
  const asked = Object.fromEntries(Object.entries(state.values).filter(([key]) => ["format", "part", ...EXPORT_ASKS[state.values.format]].includes(key)));
  if (state.values.format === "hub") asked.part = "all";
  if (!form.original) asked.form = "own";
  button.setAttribute("aria-busy", "true");
  try {
    const made = await ctx.call("export_start", set.id, asked, state.version);
    if (made.file) exportReady(outcome, made.file);
    else await exportFollow(outcome, set, ctx, made.job);
  } catch (error) {
    replaceChildren(outcome, noteBox("danger", error.message));
  }
  button.removeAttribute("aria-busy");
}

/** The file is there: its name, its size, and a link that saves it. */
function exportReady(outcome, file) {
  const link = h("a", { class: "ts-btn primary", id: "data-export-download", href: "/files/dataset-export/" + file.key, download: file.name }, drawIcon("download"), t("data.export.download"));
  replaceChildren(outcome, h("div", { class: "ts-note good" }, drawIcon("circle-check"),
    h("div", {}, h("p", { dir: "auto" }, t("data.export.ready", { name: file.name, rows: format.number(file.rows), size: format.bytes(file.bytes) })),
      file.notes.map((note) => h("p", { class: "ts-small" }, t(note.code, note.params)))), link));
  link.focus();
}

/**
 * A large one: progress until the job ends.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
const exportFollow = (outcome, set, ctx, job) => new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
  const cancel = h("button", { type: "button", class: "ts-btn small ghost", onclick: () => runAction(cancel, () => ctx.call("export_cancel", job)) }, t("data.export.cancel"));
  const bar = h("div", {});
  const words = h("p", { class: "ts-soft" });
  replaceChildren(outcome, h("div", { class: "ts-stack" }, words, bar, h("div", {}, cancel)));
  const stop = poll(outcome, 1000, async () => {
    const state = await ctx.call("export_state", job);
    const label = t(state.status === "queued" ? "data.export.waiting" : "data.export.running", { name: set.name });
    words.textContent = label;
    replaceChildren(bar, progressBar(state.total ? state.step / state.total : null, label));
    if (["queued", "starting", "running", "stopping"].includes(state.status)) return;
    stop();
    if (state.file) exportReady(outcome, state.file);
    else if (state.status === "cancelled" || state.status === "stopped") replaceChildren(outcome, noteBox("", t("data.export.stopped")));
    else replaceChildren(outcome, noteBox("danger", state.error ? reasonBox(state.error) : t("data.export.stopped")));
    resolve();
  });
});
