/* What of a data set does not fit an objective or a model: the server's sentences with their ways out, the same on every page. */
import { h } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { hasText, pageUrl, said, t } from "../../kit/texts.js";
import { LEVEL_ICONS } from "./badges.js";

/**
 * A line for each finding; null where there is none.
 * acts: what a tap does here, by way: {dataset, model(id), objective(key), fetch(a hub's model)}; what is missing leads to the page that does it.
 */
export function misfitList(found, acts) {
  if (!found?.findings.length) return null;
  return h("ul", { class: "misfits" }, found.findings.map((one) => h("li", { class: one.level, "data-misfit": one.code },
    drawIcon(LEVEL_ICONS[one.level]), h("span", { class: "ts-sr" }, t("data.glance.level." + one.level)),
    h("div", {}, h("span", { dir: "auto" }, one.message), misfitWays(one, acts)))));
}

/** What a card says: without that which is only good to know. */
export const warnings = (found) => found && { ...found, findings: found.findings.filter((one) => one.level !== "info") };

/** The buttons of one finding. */
export function misfitWays(one, acts) {
  return one.ways.length ? h("span", { class: "misfit-ways" }, one.ways.map((way) => misfitWay(way, acts))) : null;
}

/** One way out: a button where the page can do it, else a link to where it is done. */
function misfitWay(way, { dataset, model, objective, fetch }) {
  const label = misfitWayLabel(way);
  const tap = { model: model && (() => model(Number(way.key))), objective: objective && (() => objective(way.key)), models: fetch && way.key && (() => fetch(way.key)) }[way.do];
  if (tap) {
    const button = h("button", { type: "button", class: "ts-btn small", "data-way": way.do, onclick: () => runAction(button, tap) }, label);
    return button;
  }
  const href = {
    model: pageUrl("train", { dataset, model: way.key }), models: pageUrl("settings"), objective: pageUrl("train", { dataset, objective: way.key }),
    operation: pageUrl("data", { dataset, tab: "shape", operation: way.key, ...Object.fromEntries(Object.entries(way.values).map(([name, value]) => ["set_" + name, value])) }),
  }[way.do];
  return h("a", { class: "ts-btn small", "data-way": way.do, href }, label);
}

function misfitWayLabel({ do: what, key, label }) {
  if (what === "model") return t("fit.way.model", { label: said(label) });
  if (what === "objective") return t("fit.way.objective", { label: said(label) });
  if (what === "models") return key ? t("fit.way.fetch", { label: said(label) }) : t("fit.way.models");
  const own = "fit.way.operation." + key;
  return hasText(own) ? t(own) : said(label);
}
