/* Export: which version, as what; small ones are ready at once, large ones are a job with progress. */
"use strict";
TS.data = TS.data || {};
TS.data.tab = TS.data.tab || {};

TS.data.tab.export = function (set, ctx) {
  const card = TS.h("section", { class: "ts-card data-export", "aria-labelledby": "data-export-title", "aria-busy": "true" },
    TS.h("div", {}, TS.h("h2", { id: "data-export-title" }, TS.t("data.export.title")), TS.h("p", { class: "ts-soft" }, TS.t("data.export.lead"))));
  ctx.call("export_form", set.id)
    .then((form) => card.append(...TS.data.exportForm(set, ctx, form)))
    .catch((error) => card.append(TS.note("danger", error.message)))
    .finally(() => card.removeAttribute("aria-busy"));
  return card;
};

/** What each format asks for besides version, format and rows. */
TS.data.EXPORT_ASKS = { jsonl: ["form", "split_column"], csv: ["form", "split_column", "safe", "bom"], parquet: ["form", "split_column"], hub: ["form", "licence"] };

TS.data.exportForm = function (set, ctx, form) {
  const used = form.versions.find((one) => one.in_use) || form.versions[0];
  const state = { version: used.number, values: Object.fromEntries(form.params.map((param) => [param.key, param.default])) };
  if (!form.original) state.values.form = "own";
  const outcome = TS.h("div", { class: "data-export-outcome", role: "status" });
  const fields = new Map(form.params.map((param) => [param.key, TS.data.exportField(param, state, () => changed())]));
  const more = TS.h("details", { class: "ts-details" }, TS.h("summary", {}, TS.t("data.export.more")),
    TS.h("div", { class: "ts-stack" }, form.params.filter((param) => param.advanced).map((param) => fields.get(param.key))));
  const changed = () => {
    const asks = ["format", "part", ...TS.data.EXPORT_ASKS[state.values.format]];
    for (const [key, field] of fields) field.hidden = !asks.includes(key) || (key === "form" && !form.original);
    fields.get("part").hidden = state.values.format === "hub";
    more.hidden = !form.params.some((param) => param.advanced && asks.includes(param.key));
    TS.replace(outcome);
  };
  const version = TS.field("data-export-version", TS.t("data.export.version"), TS.select("data-export-version",
    form.versions.map((one) => [one.number, TS.t(one.in_use ? "data.export.version.used" : "data.export.version.one", { n: one.number, rows: TS.format.number(one.rows) })]),
    state.version, (number) => { state.version = number; changed(); }), { help: TS.t("data.export.version.help") });
  const make = TS.h("button", { type: "button", class: "ts-btn primary", id: "data-export-make", onclick: () => TS.data.exportMake(make, outcome, set, ctx, state, form) },
    TS.icon("download"), TS.t("data.export.make"));
  changed();
  return [TS.h("div", { class: "data-export-fields" }, version, form.params.filter((param) => !param.advanced).map((param) => fields.get(param.key))),
    form.original ? null : TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.export.no_original")),
    more, TS.h("div", { class: "ts-row" }, make, TS.h("span", { class: "ts-small ts-soft" }, TS.t("data.export.kept"))), outcome].filter(Boolean);
};

TS.data.exportField = function (param, state, changed) {
  const id = "data-export-" + param.key;
  const choose = (value) => { state.values[param.key] = value; changed(); };
  const control = TS.formControls[param.kind](id, param, state.values[param.key], choose);
  return control.field({ help: param.help });
};

TS.data.exportMake = async function (button, outcome, set, ctx, state, form) {
  TS.replace(outcome);
  const asked = Object.fromEntries(Object.entries(state.values).filter(([key]) => ["format", "part", ...TS.data.EXPORT_ASKS[state.values.format]].includes(key)));
  if (state.values.format === "hub") asked.part = "all";
  if (!form.original) asked.form = "own";
  button.setAttribute("aria-busy", "true");
  try {
    const made = await ctx.call("export_start", set.id, asked, state.version);
    if (made.file) TS.data.exportReady(outcome, made.file);
    else await TS.data.exportFollow(outcome, set, ctx, made.job);
  } catch (error) {
    TS.replace(outcome, TS.note("danger", error.message));
  }
  button.removeAttribute("aria-busy");
};

/** The file is there: its name, its size, and a link that saves it. */
TS.data.exportReady = function (outcome, file) {
  const link = TS.h("a", { class: "ts-btn primary", id: "data-export-download", href: "/files/dataset-export/" + file.key, download: file.name }, TS.icon("download"), TS.t("data.export.download"));
  TS.replace(outcome, TS.h("div", { class: "ts-note good" }, TS.icon("circle-check"),
    TS.h("div", {}, TS.h("p", { dir: "auto" }, TS.t("data.export.ready", { name: file.name, rows: TS.format.number(file.rows), size: TS.format.bytes(file.bytes) })),
      file.notes.map((note) => TS.h("p", { class: "ts-small" }, TS.t(note.code, note.params)))), link));
  link.focus();
};

/** A large one: progress until the job ends. */
TS.data.exportFollow = (outcome, set, ctx, job) => new Promise((resolve) => {
  const cancel = TS.h("button", { type: "button", class: "ts-btn small ghost", onclick: () => TS.act(cancel, () => ctx.call("export_cancel", job)) }, TS.t("data.export.cancel"));
  const bar = TS.h("div", {});
  const words = TS.h("p", { class: "ts-soft" });
  TS.replace(outcome, TS.h("div", { class: "ts-stack" }, words, bar, TS.h("div", {}, cancel)));
  const stop = TS.poll(outcome, 1000, async () => {
    const state = await ctx.call("export_state", job);
    const label = TS.t(state.status === "queued" ? "data.export.waiting" : "data.export.running", { name: set.name });
    words.textContent = label;
    TS.replace(bar, TS.progress(state.total ? state.step / state.total : null, label));
    if (["queued", "starting", "running", "stopping"].includes(state.status)) return;
    stop();
    if (state.file) TS.data.exportReady(outcome, state.file);
    else if (state.status === "cancelled" || state.status === "stopped") TS.replace(outcome, TS.note("", TS.t("data.export.stopped")));
    else TS.replace(outcome, TS.note("danger", state.error ? TS.reason(state.error) : TS.t("data.export.stopped")));
    resolve();
  });
});
