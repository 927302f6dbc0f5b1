/* The bar above the list of jobs: a search and what the list is narrowed by. The address keeps it (?state=failed&tag=first). */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, said, t } from "../../kit/texts.js";
import { narrowed, narrowedBy } from "./words.js";
import { debounce, selectField } from "../shared/form-controls.js";

/** -> {node, wanted(): what is asked for, show(facets)}. `onchange` hears of each change. */
export function jobFilter(onchange) {
  let wanted = narrowedBy(location.search), known = null, drawn = "";
  const selects = h("div", { class: "job-filter-selects" });
  const set = (values) => {
    wanted = narrowed(values);
    history.replaceState(null, "", pageUrl("jobs", wanted));
    clear.hidden = Object.keys(wanted).length === 0;
    onchange();
  };
  const show = (facets) => {
    known = facets;
    const stamp = JSON.stringify([facets, wanted]);
    if (stamp === drawn || !facets) return;
    drawn = stamp;
    replaceChildren(selects, choicesOf(facets).map(([key, label, options]) => facetField(key, label, options, wanted[key], (value) => set({ ...wanted, [key]: value }))));
  };
  const typed = debounce(250, () => set({ ...wanted, text: input.value.trim() }));
  const input = h("input", { type: "search", class: "ts-input", id: "job-search", "aria-label": t("jobs.search"), placeholder: t("jobs.search.hint"), value: wanted.text || "", oninput: () => typed() });
  const clear = h("button", { type: "button", class: "ts-btn small ghost", id: "job-filter-clear", hidden: Object.keys(wanted).length === 0, onclick: () => { input.value = ""; set({}); show(known); input.focus(); } },
    drawIcon("x"), h("span", {}, t("jobs.filter.clear")));
  const more = h("details", { class: "job-filter-more", open: window.matchMedia("(min-width: 861px)").matches || Object.keys(wanted).some((key) => key !== "text") },
    h("summary", { class: "ts-small" }, t("jobs.filter.more"), drawIcon("chevron-down")), selects);
  const node = h("div", { class: "job-filter", role: "search", hidden: true }, h("div", { class: "job-search" }, drawIcon("search"), input), more, clear);
  return { node, show, wanted: () => wanted };
}

/** What can be chosen: [key, label, [[value, text]...]] each. */
const choicesOf = (facets) => [
  ["state", t("jobs.filter.state"), facets.states.map((one) => [one, t("jobs.filter.state." + one)])],
  ["kind", t("jobs.filter.kind"), facets.kinds.map((one) => [one.key, said(one.title)])],
  ["tag", t("jobs.filter.tag"), facets.tags.map((one) => [one, one])],
  ["model", t("jobs.filter.model"), facets.models.map((one) => [String(one.id), one.name])],
  ["data", t("jobs.filter.data"), facets.data.map((one) => [String(one.id), one.name])],
  ["days", t("jobs.filter.days"), facets.days.map((one) => [one, t("jobs.filter.days." + one)])],
];

/** A choice with a single answer narrows nothing: it is left out. */
function facetField(key, label, options, chosen, onpick) {
  if (options.length < (key === "tag" ? 1 : 2) && !chosen) return null;
  const every = chosen && !options.some(([value]) => value === chosen) ? [[chosen, chosen], ...options] : options;
  const id = "job-filter-" + key;
  return h("label", { class: "job-facet", for: id }, h("span", { class: "ts-small ts-soft" }, label),
    selectField(id, [["", t("jobs.filter.any")], ...every], chosen || "", onpick));
}
