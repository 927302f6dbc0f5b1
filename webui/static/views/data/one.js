/* One data set: the mapping screen while it is a draft (or on ?remap=1), else its report and its rows. */
"use strict";
TS.data = TS.data || {};

TS.data.one = async function (root, id, ctx) {
  const page = TS.h("div", { class: "ts-page ts-wide data-one", "aria-busy": "true" }, TS.data.back());
  TS.replace(root, page);
  try {
    const set = await ctx.call("one_dataset", id);
    TS.data.showOne(page, set, ctx);
  } catch (error) {
    TS.replace(page, TS.data.back(), TS.h("h1", {}, TS.t("data.title")), TS.note("danger", error.message));
  }
  page.removeAttribute("aria-busy");
};

TS.data.showOne = function (page, set, ctx) {
  const mapping = set.status === "draft" || TS.query("remap");
  if (set.import && mapping) TS.replace(page, TS.data.back(), TS.head(set.name, set.source_name), TS.data.importing(set, ctx));
  else if (mapping) TS.data.mapping(page, set, ctx);
  else TS.data.report(page, set, ctx);
  if (set.import && !mapping) page.querySelector(".ts-tabs").before(TS.data.importing(set, ctx));
};

TS.data.back = () => TS.h("a", { class: "ts-link data-back", href: TS.url("data") }, TS.icon("arrow-right"), TS.t("data.back"));

TS.data.TABS = ["overview", "rows", "findings", "shape", "versions", "export"];

/** What each tab draws: (set, ctx) => node. */
TS.data.tab = TS.data.tab || {};
TS.data.tab.rows = (set, ctx) => TS.data.rowsCard(set, ctx);

/** The ready data set: head, then one tab at a time; the address names it (&tab=rows). */
TS.data.report = function (page, set, ctx) {
  const head = TS.h("div", {});
  TS.data.head(head, set, ctx);
  const panel = TS.h("div", { class: "data-panel", role: "tabpanel", id: "data-panel" });
  const keys = TS.data.TABS.filter((key) => TS.data.tab[key]);
  let open = "";
  const show = (key) => {
    open = key;
    for (const tab of bar.children) tab.setAttribute("aria-selected", String(tab.dataset.tab === key));
    for (const tab of bar.children) tab.tabIndex = tab.dataset.tab === key ? 0 : -1;
    panel.setAttribute("aria-labelledby", "data-tab-" + key);
    TS.replace(panel, TS.data.tab[key](set, ctx));
    history.replaceState(null, "", TS.url("data", { dataset: set.id, tab: key }));
  };
  const bar = TS.h("div", { class: "ts-tabs", role: "tablist", "aria-label": TS.t("data.tabs") }, keys.map((key) =>
    TS.h("button", { type: "button", role: "tab", id: "data-tab-" + key, "data-tab": key, "aria-controls": "data-panel", onclick: () => show(key) }, TS.t("data.tab." + key))));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const place = keys.indexOf(event.target.dataset.tab) + step;
    bar.children[(place + keys.length) % keys.length].focus();
    bar.querySelector(":focus").click();
  });
  TS.data.openTab = show;
  TS.data.reload = async () => {
    Object.assign(set, await ctx.call("one_dataset", set.id));
    TS.data.head(head, set, ctx);
    show(open);
  };
  TS.replace(page, TS.data.back(), head, bar, panel);
  show(keys.includes(TS.query("tab")) ? TS.query("tab") : "overview");
};

/** Name and actions. Redrawn after a rename. */
TS.data.head = function (holder, set, ctx) {
  const rename = TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": TS.t("data.rename"), title: TS.t("data.rename"), onclick: () => TS.data.renaming(holder, set, ctx) }, TS.icon("pencil"));
  const remove = TS.h("button", { type: "button", class: "ts-btn ghost", onclick: () => TS.data.remove(remove, set, ctx) }, TS.icon("trash-2"), TS.t("data.delete"));
  TS.replace(holder, TS.h("header", { class: "ts-head" },
    TS.h("div", {}, TS.h("div", { class: "ts-row data-name" }, TS.h("h1", { dir: "auto" }, set.name), rename),
      TS.h("p", { class: "ts-soft ts-small data-source" }, TS.data.origin(set), TS.data.versionLink(set))),
    TS.h("div", { class: "ts-row" },
      remove,
      set.sample_key ? null : TS.h("a", { class: "ts-btn", href: TS.url("data", { dataset: set.id, remap: 1 }) }, TS.icon("settings"), TS.t("data.remap")),
      TS.h("a", { class: "ts-btn primary", href: TS.url("train", { dataset: set.id }) }, TS.icon("wand-sparkles"), TS.t("data.train_with")))));
};

TS.data.origin = (set) => [set.sample_key ? TS.t("data.card.sample") : set.source_name, " · ", TS.format.when(set.created_at)];

/** Which version is in use, once there is more than one. */
TS.data.versionLink = (set) => (set.versions > 1 ? [" · ", TS.h("button", { type: "button", class: "ts-link", onclick: () => TS.data.openTab("versions") }, TS.t("data.version.number", { n: set.version }))] : null);

TS.data.renaming = function (holder, set, ctx) {
  const input = TS.h("input", { class: "ts-input", id: "data-rename", type: "text", maxlength: "120", value: set.name, "aria-label": TS.t("data.name") });
  const save = TS.h("button", { class: "ts-btn primary" }, TS.t("data.save"));
  const back = () => { TS.data.head(holder, set, ctx); holder.querySelector("button")?.focus(); };
  const form = TS.h("form", { class: "ts-row data-name", onsubmit: async (event) => {
    event.preventDefault();
    const renamed = await TS.act(save, () => ctx.call("rename_dataset", set.id, input.value));
    if (!renamed) return;
    Object.assign(set, renamed);
    back();
  } }, input, save, TS.h("button", { type: "button", class: "ts-btn ghost", onclick: back }, TS.t("data.cancel")));
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") back(); });
  TS.replace(holder, TS.h("h1", { class: "ts-visually-hidden" }, set.name), form);
  input.select();
};

TS.data.remove = async function (button, set, ctx) {
  if (!(await TS.confirm(TS.t("data.delete.title", { name: set.name }), TS.t("data.delete.text"), TS.t("data.delete")))) return;
  const gone = await TS.act(button, async () => { await ctx.call("delete_dataset", set.id); return true; });
  if (gone) location.assign(TS.url("data"));
};

TS.data.formatName = (format) => (format ? format === "parquet" ? "Parquet" : format.toUpperCase() : "");
