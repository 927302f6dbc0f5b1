/* A reward model as the judge of a comparison: how often it prefers what was tuned to the base, with an interval. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { labelledField, noteBox, selectField } from "../shared/form-controls.js";

const STRONG = 0.8; // share of the questions whose longer (or shorter) answer wins from which a warning stands

/**
 * The section; empty where there is no reward model, or nothing to judge.
 * @param {Parts<"compare">} b
 */
export async function compareJudge(b) {
  const judges = await b.ctx.call("judges");
  if (!judges.length) return null;
  const chosen = { id: judges[0].id };
  const out = h("div", { class: "ts-stack", "aria-live": "polite" });
  const button = h("button", { type: "button", class: "ts-btn small", id: "compare-judge", onclick: () => runAction(button, () => judgeAll(b, chosen.id, out)) }, drawIcon("gauge"), h("span", {}, t("compare.verdict.do")));
  return h("div", { class: "ts-card ts-stack" }, h("h2", {}, t("compare.verdict")), h("p", { class: "ts-soft" }, t("compare.verdict.lead")),
    h("div", { class: "ts-row" }, labelledField("compare-judge-with", t("compare.verdict.with"), selectField("compare-judge-with", judges.map((one) => [one.id, one.name]), chosen.id, (id) => { chosen.id = id; })), button), out);
}

/** @param {Parts<"compare">} b */
async function judgeAll(b, scorer, out) {
  const rows = b.view.rows.filter((row) => row.kind !== "base");
  const found = [];
  for (const row of rows) {
    for (;;) {
      /** @type {any} */
      const verdict = await b.ctx.call("judge_entrant", b.id, row.key, scorer).catch((error) => ({ error }));
      if (verdict.working === undefined) {
        found.push([row, verdict]);
        break;
      }
      replaceChildren(out, progressBar((found.length + verdict.working) / rows.length, t("compare.verdict.working")));
    }
  }
  replaceChildren(out, judgeTable(found));
}

function judgeTable(found) {
  const line = ([row, one]) => h("tr", {}, h("th", { scope: "row" }, row.label), one.error ? h("td", { colspan: "4" }, one.error.message) : [
    h("td", { class: "ts-num" }, t("compare.verdict.share", { share: format.percent(one.share), low: format.percent(one.low), high: format.percent(one.high) })),
    h("td", { class: "ts-num" }, t("compare.verdict.count", { wins: one.wins, ties: one.ties, count: one.count })),
    h("td", { class: "ts-num" }, format.number(one.tuned_mean, 2)), h("td", { class: "ts-num" }, format.number(one.base_mean, 2))]);
  const pulled = found.some(([, one]) => one.longer !== undefined && one.longer !== null && Math.abs(one.longer - 0.5) > STRONG - 0.5);
  return [h("div", { class: "ts-table-wrap" }, h("table", { class: "ts-table" },
    h("thead", {}, h("tr", {}, ["who", "won", "questions", "mean", "base"].map((key) => h("th", { scope: "col" }, t("compare.verdict.column." + key))))), h("tbody", {}, found.map(line)))),
    pulled ? noteBox("warn", t("compare.verdict.pulled")) : null];
}
