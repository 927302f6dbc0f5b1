/* How rows become conversations: the ways that fit the file, the one in use with its reason, and the columns that it goes by. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { t } from "../../../kit/texts.js";
import { noteLine } from "./map-fields.js";
import { labelledField, selectField } from "../../shared/form-controls.js";

const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const sorted = (plan) => Object.entries(plan || { how: "none" }).filter(([, value]) => value !== null).sort(([one], [other]) => (one < other ? -1 : 1));

/**
 * The card, or nothing where each row is one by itself anyway. `changed(way)` hears of another choice.
 * @param {Server.DatasetView} set
 */
export function arrangeCard(set, choice, changed) {
  if (!set.ways.length) return null;
  const node = h("section", { class: "ts-card ts-stack", id: "data-arranged" });
  const draw = () => replaceChildren(node, h("h2", {}, t("data.arrange")), controls(set, choice, (plan, way) => {
    choice.arrange = plan;
    draw();
    changed(way);
  }));
  draw();
  return node;
}

function controls(set, choice, use) {
  const plan = choice.arrange || set.arrange;
  const unsure = !choice.arrange && set.detection.some((one) => one.code === "arrange.ask");
  const at = unsure ? -1 : set.ways.findIndex((way) => same(way.arrange, plan));
  const other = at < 0 ? [[null, t(unsure ? "data.arrange.choose" : "data.arrange.own")]] : [];
  const select = selectField("data-arrange", [...other, ...set.ways.map((way, place) => [place, t("data.arrange." + way.code.slice("arrange.".length), way.params)])], at < 0 ? null : at,
    (place) => { if (place !== null) use(set.ways[place].arrange, set.ways[place]); });
  const why = at < 0 || set.ways[at].arrange.how === "none" ? null : noteLine(set.ways[at]);
  const asked = set.detection.filter((one) => ["arrange.ask", "arrange.some"].includes(one.code) && (unsure || one.code !== "arrange.ask")).map(noteLine);
  return [h("div", {}, labelledField("data-arrange", t("data.arrange.way"), select, { help: t("data.arrange.help") }), why, asked), plan?.how === "rows" && !unsure ? columnChoices(set, plan, use) : null];
}

/** The columns that tell conversations apart and sort their messages. */
function columnChoices(set, plan, use) {
  const free = set.plain_columns.filter((column) => ![plan.role, plan.content].includes(column));
  const field = (key, none) => labelledField("data-arrange-" + key, t("data.arrange." + key), selectField("data-arrange-" + key,
    [[null, none], ...free.map((column) => [column, column])], plan[key] ?? null, (column) => use(changedPlan(plan, key, column), null)), { help: t("data.arrange." + key + ".help") });
  return h("div", { class: "ts-stack" }, field("id", t("data.arrange.id.none")), field("order", t("data.arrange.order.none")));
}

const changedPlan = (plan, key, column) => ({ ...Object.fromEntries(Object.entries(plan).filter(([name]) => name !== key)), ...(column === null ? {} : { [key]: column }) });
