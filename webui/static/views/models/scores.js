/* How a reward model scores a data set: a histogram, the pull of length, and what it says of answers that were spoilt. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction } from "../../kit/parts.js";
import { laterStyles } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";
import { labelledField, noteBox, selectField } from "../shared/form-controls.js";

const STRONG = 0.5; // rank correlation with the length from which a warning stands
const FOOLED = 0.5; // share of spoilt answers that should at least score lower

/**
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 */
export async function modelScores(model, ctx) {
  await laterStyles("models-scores");
  const sets = await ctx.call("score_sets");
  const out = h("div", { class: "ts-stack", "aria-live": "polite" });
  const chosen = { id: sets.find((one) => one.id === model.dataset_id)?.id ?? sets[0]?.id };
  const button = h("button", { type: "button", class: "ts-btn", id: "scores-look", disabled: !sets.length, onclick: () => runAction(button, () => scoresLook(model, ctx, chosen.id, out)) },
    drawIcon("gauge"), h("span", {}, t("models.scores.look")));
  return h("section", { class: "ts-card model-scores", "aria-labelledby": "model-scores" },
    h("h2", { id: "model-scores" }, t("models.scores")), h("p", { class: "ts-soft" }, t("models.scores.lead")),
    sets.length ? h("div", { class: "ts-row model-scores-row" }, labelledField("scores-set", t("models.scores.set"),
      selectField("scores-set", sets.map((one) => [one.id, one.name]), chosen.id, (id) => { chosen.id = id; })), button) : h("p", {}, t("models.scores.no_sets")), out);
}

/** @param {Ctx<"models">} ctx */
async function scoresLook(model, ctx, dataset, out) {
  for (;;) {
    const found = await ctx.call("score_spread", dataset, model.id);
    if (found.working === undefined) return replaceChildren(out, scoresShown(/** @type {Required<Server.ScoreSpread>} */ (found), dataset));
    replaceChildren(out, progressBar(found.working, t("models.scores.working")));
    if (!out.isConnected) return undefined;
  }
}

/** @param {Required<Server.ScoreSpread>} found */
function scoresShown(found, dataset) {
  const fact = (label, value) => h("div", { class: "ts-stat" }, h("b", { class: "ts-num" }, value), h("span", {}, label));
  return [h("p", { class: "ts-small ts-soft" }, t("models.scores.of", { rows: found.rows, total: found.total, left_out: found.left_out })),
    h("div", { class: "model-tile-grid" },
      found.right === null ? null : fact(t("models.scores.right"), format.percent(found.right)),
      found.length === null ? null : fact(t("models.scores.length"), format.number(found.length, 2)),
      found.longer_better === null ? null : fact(t("models.scores.longer_better"), format.percent(found.longer_better))),
    scoreBars(found), scoresWarning(found, dataset), scoreProbes(found)];
}

/**
 * Bars of each kind of answer over one axis; the same as words for those who do not see them.
 * @param {Required<Server.ScoreSpread>} found
 */
function scoreBars(found) {
  const most = Math.max(1, ...found.groups.flatMap((group) => group.counts));
  const bar = (group, i) => h("i", { class: "score-bar " + group.key, style: { height: (100 * group.counts[i]) / most + "%" }, title: String(group.counts[i]) });
  const said = found.groups.map((group) => t("models.scores.group", { kind: t("models.scores.kind." + group.key), count: group.count, mean: format.score(group.mean) }));
  return h("figure", { class: "score-figure" },
    h("div", { class: "score-bars", role: "img", "aria-label": said.join("; ") }, found.edges.slice(1).map((_, i) => h("span", {}, found.groups.map((group) => bar(group, i))))),
    h("div", { class: "ts-spread ts-small ts-soft ts-num" }, h("span", {}, format.score(found.edges[0])), h("span", {}, t("models.scores.axis")), h("span", {}, format.score(found.edges.at(-1)))),
    h("figcaption", { class: "ts-small" }, found.groups.map((group, i) => h("span", { class: "score-key" }, h("i", { class: "score-bar " + group.key }), said[i]))));
}

/**
 * The trap: it learnt length instead of quality; and the way out.
 * @param {Required<Server.ScoreSpread>} found
 */
function scoresWarning(found, dataset) {
  const follows = found.length ?? 0, pulled = Math.abs(follows) >= STRONG;
  const fooled = found.probes.filter((one) => one.worse < FOOLED).map((one) => t("models.scores.probe." + one.key));
  if (!pulled && !fooled.length) return noteBox("info", t("models.scores.sound"));
  return noteBox("warn", pulled ? h("p", {}, t(follows < 0 ? "models.scores.shorter" : "models.scores.longer", { n: format.number(Math.abs(follows), 2) })) : null,
    fooled.length ? h("p", {}, t("models.scores.fooled", { which: fooled.join(t("models.scores.and")) })) : null,
    h("p", {}, t("models.scores.way_out"), " ", h("a", { class: "ts-link", href: pageUrl("data", { dataset }) }, t("models.scores.balance"))));
}

/** @param {Required<Server.ScoreSpread>} found */
function scoreProbes(found) {
  if (!found.probes.length) return null;
  const row = (one) => h("tr", {}, h("th", { scope: "row" }, t("models.scores.probe." + one.key)), h("td", { class: "ts-num" }, format.score(one.mean)),
    h("td", { class: "ts-num" }, h("span", { class: "ts-badge " + (one.worse < FOOLED ? "warn" : "good") }, format.percent(one.worse))));
  return h("div", { class: "ts-table-wrap" }, h("table", { class: "ts-table" }, h("caption", { class: "ts-small ts-soft" }, t("models.scores.probes", { n: found.probes[0].count })),
    h("thead", {}, h("tr", {}, ["spoilt", "mean", "lower"].map((key) => h("th", { scope: "col" }, t("models.scores.probes." + key))))),
    h("tbody", {}, found.probes.map(row))));
}
