/* One data set: the mapping screen while it is a draft (or on ?remap=1), else its report and its rows. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, runAction } from "../../kit/parts.js";
import { loadPart } from "../../kit/server.js";
import { pageUrl, queryValue, t } from "../../kit/texts.js";
import { dataBack, dataRemove } from "./badges.js";
import { dataMapping } from "./import/map.js";
import { importing } from "./import/progress.js";
import { openSet } from "./open-set.js";
import { noteBox } from "../shared/form-controls.js";

/** @param {Ctx<"data">} ctx */
export async function dataOne(root, id, ctx) {
  const page = h("div", { class: "ts-page ts-wide data-one", "aria-busy": "true" }, dataBack());
  replaceChildren(root, page);
  try {
    const set = await ctx.call("one_dataset", id);
    showOne(page, set, ctx);
  } catch (error) {
    replaceChildren(page, dataBack(), h("h1", {}, t("data.title")), noteBox("danger", error.message));
  }
  page.removeAttribute("aria-busy");
}

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function showOne(page, set, ctx) {
  const mapping = set.status === "draft" || queryValue("remap");
  if (set.import && mapping) replaceChildren(page, dataBack(), pageHead(set.name, set.source_name), importing(set, ctx));
  else if (mapping) dataMapping(page, set, ctx);
  else report(page, set, ctx);
  if (set.import && !mapping) page.querySelector(".ts-tabs").before(importing(set, ctx));
}

/** What draws each tab: (set, ctx) => node. It is loaded when the tab is opened. */
const TABS = {
  overview: async () => (await import("./report/overview.js")).overviewTab,
  rows: async () => (await import("./rows/browser.js")).rowsCard,
  findings: async () => (await import("./quality/findings.js")).findingsTab,
  shape: async () => (await import("./shape/tab.js")).shapeTab,
  versions: async () => (await import("./versions/tab.js")).versionsTab,
  export: async () => (await import("./export.js")).exportTab,
};

/**
 * The ready data set: head, then one tab at a time; the address names it (&tab=rows).
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function report(page, set, ctx) {
  const head = h("div", {});
  dataHead(head, set, ctx);
  const panel = h("div", { class: "data-panel", role: "tabpanel", id: "data-panel" });
  const keys = Object.keys(TABS);
  let open = "";
  const show = async (key) => {
    open = key;
    const tabs = /** @type {HTMLElement[]} */ ([...bar.children]);
    for (const tab of tabs) tab.setAttribute("aria-selected", String(tab.dataset.tab === key));
    for (const tab of tabs) tab.tabIndex = tab.dataset.tab === key ? 0 : -1;
    tabs.find((tab) => tab.dataset.tab === key)?.scrollIntoView({ block: "nearest", inline: "center" });
    panel.setAttribute("aria-labelledby", "data-tab-" + key);
    history.replaceState(null, "", pageUrl("data", { dataset: set.id, tab: key }));
    try {
      const draw = await loadPart(TABS[key]);
      if (open === key) replaceChildren(panel, draw(set, ctx));
    } catch (error) {
      if (open === key) replaceChildren(panel, noteBox("danger", error.message));
    }
  };
  const bar = h("div", { class: "ts-tabs", role: "tablist", "aria-label": t("data.tabs") }, keys.map((key) =>
    h("button", { type: "button", role: "tab", id: "data-tab-" + key, "data-tab": key, "aria-controls": "data-panel", onclick: () => show(key) }, t("data.tab." + key))));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault(); // else the bar scrolls by itself too
    const place = keys.indexOf(/** @type {HTMLElement} */ (event.target).dataset.tab || "") + step;
    const tab = /** @type {HTMLElement} */ (bar.children[(place + keys.length) % keys.length]);
    tab.focus();
    tab.click();
  });
  const operation = queryValue("operation");
  openSet.wanted = operation ? { operation, values: new URLSearchParams(location.search) } : null;
  openSet.openTab = show;
  openSet.reload = async () => {
    Object.assign(set, await ctx.call("one_dataset", set.id));
    dataHead(head, set, ctx);
    await show(open);
  };
  replaceChildren(page, dataBack(), head, bar, panel);
  const asked = queryValue("tab") || "";
  show(keys.includes(asked) ? asked : "overview");
}

/**
 * Name and actions. Redrawn after a rename.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function dataHead(holder, set, ctx) {
  const rename = h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("data.rename"), title: t("data.rename"), onclick: () => renaming(holder, set, ctx) }, drawIcon("pencil"));
  const remove = h("button", { type: "button", class: "ts-btn ghost", onclick: () => dataRemove(remove, set, ctx) }, drawIcon("trash-2"), t("data.delete"));
  replaceChildren(holder, h("header", { class: "ts-head" },
    h("div", {}, h("div", { class: "ts-row data-name" }, h("h1", { dir: "auto" }, set.name), rename),
      h("p", { class: "ts-soft ts-small data-source" }, dataOrigin(set), versionLink(set))),
    h("div", { class: "ts-row" },
      h("a", { class: "ts-btn primary", href: pageUrl("train", { dataset: set.id }) }, drawIcon("wand-sparkles"), t("data.train_with")),
      ["preference", "ranking"].includes(set.kind || "") ? h("a", { class: "ts-btn", id: "data-compare", href: pageUrl("compare", { new: 1, dataset: set.id }) }, drawIcon("gauge"), t("data.compare_objectives")) : null,
      set.sample_key ? null : h("a", { class: "ts-btn", href: pageUrl("data", { dataset: set.id, remap: 1 }) }, drawIcon("settings"), t("data.remap")),
      remove)));
}

/** @param {Server.DatasetView} set */
const dataOrigin = (set) => [set.sample_key ? t("data.card.sample") : set.source_name, " · ", format.when(set.created_at)];

/**
 * Which version is in use, once there is more than one.
 * @param {Server.DatasetView} set
 */
const versionLink = (set) => (set.versions > 1 ? [" · ", h("button", { type: "button", class: "ts-link", onclick: () => openSet.openTab("versions") }, t("data.version.number", { n: set.version }))] : null);

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function renaming(holder, set, ctx) {
  const input = h("input", { class: "ts-input", id: "data-rename", type: "text", maxlength: "120", value: set.name, "aria-label": t("data.name") });
  const save = h("button", { class: "ts-btn primary" }, t("data.save"));
  const back = () => { dataHead(holder, set, ctx); holder.querySelector("button")?.focus(); };
  const form = h("form", { class: "ts-row data-name", onsubmit: async (event) => {
    event.preventDefault();
    const renamed = await runAction(save, () => ctx.call("rename_dataset", set.id, input.value));
    if (!renamed) return;
    Object.assign(set, renamed);
    back();
  } }, input, save, h("button", { type: "button", class: "ts-btn ghost", onclick: back }, t("data.cancel")));
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") back(); });
  replaceChildren(holder, h("h1", { class: "ts-visually-hidden" }, set.name), form);
  input.select();
}
