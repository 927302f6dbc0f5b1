/* The versions of a data set: what made each, which one is in use, and what differs between two. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction, toast } from "../../../kit/parts.js";
import { pageUrl, queryValue, t } from "../../../kit/texts.js";
import { CHANGES } from "../badges.js";
import { openSet } from "../open-set.js";
import { changeCounts, dataMade } from "../operation.js";
import { dataPager } from "../rows/browser.js";
import { change } from "./diff.js";
import { labelledField, noteBox, onlyLatest, segments, selectField } from "../../shared/form-controls.js";

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function versionsTab(set, ctx) {
  const node = h("div", { class: "ts-stack loose data-versions", "aria-busy": "true" });
  const compared = h("div", {});
  const making = h("div", { class: "data-making" });
  const draw = async () => {
    try {
      const { versions: list, job } = await ctx.call("all_versions", set.id);
      const compare = (a, b) => { replaceChildren(compared, comparing(set, ctx, list, a, b)); compared.scrollIntoView({ block: "nearest" }); };
      replaceChildren(node, making, lineage(set, ctx, list, compare), compared);
      if (job) dataMade(making, { job }, set, ctx, null, (error) => replaceChildren(making, noteBox("danger", error.message)));
      const wanted = (queryValue("compare") || "").split("-").map(Number);
      if (wanted.length === 2 && wanted.every((number) => list.some((one) => one.number === number))) compare(...wanted);
    } catch (error) {
      replaceChildren(node, noteBox("danger", error.message));
    }
    node.removeAttribute("aria-busy");
  };
  draw();
  return node;
}

/**
 * All versions as a line, newest first; one that was made from another than the one below it says so.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
const lineage = (set, ctx, list, compare) => h("section", { class: "ts-card", "aria-labelledby": "data-versions-title" },
  h("h2", { id: "data-versions-title" }, t("data.tab.versions")),
  h("p", { class: "ts-soft" }, t(list.length > 1 ? "data.version.lead" : "data.version.only")),
  h("ol", { class: "data-lineage" }, list.map((one) => versionItem(set, ctx, one, list, compare))));

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function versionItem(set, ctx, one, list, compare) {
  const use = h("button", { type: "button", class: "ts-btn small", onclick: () => useVersion(use, set, ctx, one) }, drawIcon("rotate-ccw"), t("data.version.use"));
  const branch = one.parent !== null && one.parent !== one.number - 1;
  const train = h("button", { type: "button", class: "ts-btn small ghost", onclick: () => trainVersion(train, set, ctx, one) }, drawIcon("wand-sparkles"), t("data.train_with"));
  return h("li", { class: "data-version" + (one.in_use ? " in-use" : "") + (branch ? " branch" : ""), "data-version": one.number, "aria-current": one.in_use ? "true" : null },
    h("div", { class: "ts-spread" },
      h("h3", {}, h("span", { class: "ts-num" }, t("data.version.number", { n: one.number })), " ", one.label),
      one.in_use ? h("span", { class: "ts-badge good" }, drawIcon("circle-check"), t("data.version.in_use")) : null),
    h("p", { class: "ts-soft ts-small" }, format.when(one.created_at),
      one.parent ? " · " + t("data.version.from", { n: one.parent }) : "",
      one.jobs ? " · " + t("data.version.jobs", { n: one.jobs }) : ""),
    one.settings.length ? h("dl", { class: "data-settings ts-small" }, one.settings.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, value)))) : null,
    h("div", { class: "ts-spread" },
      h("p", { class: "ts-small data-version-rows" }, versionRows(one)),
      one.parent ? changeCounts(one.summary) : null),
    h("div", { class: "ts-row data-version-act" }, one.in_use ? null : use,
      one.parent ? h("button", { type: "button", class: "ts-btn small ghost", "data-compare": `${one.parent}-${one.number}`, onclick: () => compare(one.parent, one.number) }, drawIcon("search"), t("data.version.compare_with", { n: one.parent })) : null,
      train));
}

const versionRows = (one) => ["train", "val", "test"].filter((split) => one[split + "_rows"]).map((split) =>
  t("data.version.rows." + split, { n: format.number(one[split + "_rows"]) })).join(" · ");

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
async function useVersion(button, set, ctx, one) {
  const used = await runAction(button, async () => { await ctx.call("use_version", set.id, one.number); return true; });
  if (!used) return;
  toast(t("data.version.used", { n: one.number }), "good");
  await openSet.reload();
}

/**
 * Training takes the version in use, so another one comes into use first.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
async function trainVersion(button, set, ctx, one) {
  const ready = one.in_use || await runAction(button, async () => { await ctx.call("use_version", set.id, one.number); return true; });
  if (ready) location.assign(pageUrl("train", { dataset: set.id }));
}

/**
 * What differs between two versions: both can be chosen, one sort of change at a time, page by page.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function comparing(set, ctx, list, a, b) {
  /** @type {{a: number, b: number, what: any, offset: number}} */
  const state = { a, b, what: null, offset: 0 };
  const numbers = list.map((one) => [one.number, t("data.version.number", { n: one.number }) + " " + one.label]);
  const rows = h("div", { class: "data-changes", "aria-live": "polite" });
  const sorts = h("div", {});
  const pager = h("div", { class: "data-pager" });
  const load = onlyLatest(() => ctx.call("compare_versions", set.id, state.a, state.b, state.what || "changed", state.offset), (found) => {
    const first = Object.keys(CHANGES).find((what) => found.counts[what]);
    if (state.what === null && first) { state.what = first; if (first !== "changed") return load(); }
    replaceChildren(sorts, changeSorts(found.counts, state, () => { state.offset = 0; load(); }));
    replaceChildren(rows, found.rows.length ? found.rows.map((row) => change({ ...row, what: state.what })) : h("p", { class: "ts-soft" }, t(first ? "data.compare.none" : "data.compare.same")));
    replaceChildren(pager, dataPager(state.offset, found.total, (offset) => { state.offset = offset; load(); }));
    return undefined;
  }, (error) => replaceChildren(rows, noteBox("danger", error.message)));
  const again = (side) => (number) => { Object.assign(state, { [side]: number, what: null, offset: 0 }); load(); };
  load();
  return h("section", { class: "ts-card data-compare", "aria-labelledby": "data-compare-title" },
    h("h2", { id: "data-compare-title" }, t("data.compare.title")),
    h("div", { class: "data-compare-which" },
      labelledField("data-compare-a", t("data.compare.before"), selectField("data-compare-a", numbers, a, again("a")), {}),
      labelledField("data-compare-b", t("data.compare.after"), selectField("data-compare-b", numbers, b, again("b")), {})),
    sorts, rows, pager);
}

const changeSorts = (counts, state, changed) => h("div", { class: "ts-row" },
  segments("data-compare-what", t("data.compare.what"), Object.keys(CHANGES).map((what) =>
    [what, t("data.compare." + what, { n: format.number(counts[what]) })]), state.what, (what) => { state.what = what; changed(); }),
  h("span", { class: "ts-soft ts-small" }, t("data.compare.kept", { n: format.number(counts.same) })));
