/* Beside the ranking: who ranked how much, how far people agree, and the rows that it makes. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { labelledField, noteBox, segments, selectField } from "../../shared/form-controls.js";

const FORMS = { pairs: "preference", ranking: "ranking", thumbs: "kto" };

/**
 * @param {Parts<"data">} self
 * @param {boolean} [chosen] a form of rows was just chosen: the choice keeps the focus
 */
export async function rankOutcome(self, chosen) {
  try {
    const [view, sets] = await Promise.all([self.ctx.call("rank_outcome", self.job), self.ctx.call("all_datasets")]);
    self.wish ??= { form: "pairs", which: "adjacent", rater: "", held_out: 10, name: t("rank.default_name"), dataset: null };
    const focused = self.side.contains(document.activeElement) ? document.activeElement : null;
    if (!chosen && focused?.matches("input, select")) return; // somebody types
    replaceChildren(self.side, h("h2", { id: "rank-outcome-title" }, t("rank.outcome")), people(view), view.agreements.map(agreed), view.raters.length ? gather(self, view, sets) : h("p", { class: "ts-soft" }, t("rank.outcome.none")));
    if (chosen) self.side.querySelector("input[name=rank-form]:checked")?.focus();
    else if (focused?.id) document.getElementById(focused.id)?.focus();
  } catch (error) {
    replaceChildren(self.side, noteBox("danger", error.message));
  }
}

const raterNamed = (name) => (name === "local" ? t("rank.you") : name);

/** @param {Server.RankedView} view */
const people = (view) => (view.raters.length ? h("ul", { class: "rank-raters ts-small" }, view.raters.map((one) => h("li", {}, h("span", { dir: "auto" }, raterNamed(one.rater)), " ", h("span", { class: "ts-num ts-soft" }, t("rank.by_rater", { n: format.number(one.ranked) }))))) : null);

const percent = (share) => format.number(100 * share, 0);

/** @param {Server.AgreementView} one */
function agreed(one) {
  const names = { one: raterNamed(one.one), other: raterNamed(one.other), n: format.number(one.prompts) };
  const told = one.share === null ? null : t("rank.agreed", { share: percent(one.share), low: percent(one.low), high: percent(one.high), pairs: format.number(one.pairs), tau: one.tau === null ? "–" : format.number(one.tau, 2) });
  return h("div", { class: "rank-agreement", "data-verdict": one.verdict }, h("p", { class: "ts-label" }, t("rank.both", names)), told ? h("p", { class: "ts-small" }, told) : null, h("p", { class: "ts-small ts-soft" }, t("rank.verdict." + one.verdict)));
}

/**
 * @param {Parts<"data">} self
 * @param {Server.RankedView} view
 */
function gather(self, view, sets) {
  const { wish } = self;
  const set = (key, redraw) => (value) => { wish[key] = value; if (redraw) rankOutcome(self, true); };
  const targets = sets.filter((one) => one.status === "ready" && one.kind === FORMS[wish.form]);
  if (!targets.some((one) => one.id === wish.dataset)) wish.dataset = null;
  const name = h("input", { class: "ts-input", id: "rank-name", type: "text", maxlength: "120", value: wish.name, oninput: () => { wish.name = name.value; } });
  const held = h("input", { class: "ts-input", id: "rank-held", type: "number", min: "0", max: "90", step: "5", value: String(wish.held_out), oninput: () => { wish.held_out = Number(held.value) || 0; } });
  const work = h("div", { role: "status" });
  const named = labelledField("rank-name", t("rank.name"), name);
  named.hidden = wish.dataset !== null;
  const make = h("button", { type: "button", class: "ts-btn primary", id: "rank-gather", onclick: () => runAction(make, async () => {
    const made = await self.ctx.call("rank_gather", self.job, wish);
    replaceChildren(work, h("div", { class: "ts-note good" }, drawIcon("circle-check"), h("div", {}, h("p", {}, t("rank.made", { n: format.number(made.rows) })),
      h("a", { class: "ts-link", id: "rank-open", href: pageUrl("data", { dataset: made.dataset, tab: "rows" }) }, t("rank.open_set")), " ", h("a", { class: "ts-link", href: pageUrl("train", { dataset: made.dataset }) }, t("data.train_with")))));
  }) }, drawIcon("plus"), t("rank.gather"));
  return h("div", { class: "ts-stack" }, h("h3", {}, t("rank.gather_title")),
    segments("rank-form", t("rank.form"), Object.keys(FORMS).map((key) => [key, t("rank.form." + key, { n: format.number(view.rows[key]) })]), wish.form, set("form", true)),
    h("p", { class: "ts-small ts-soft" }, t("rank.form_help." + wish.form)),
    wish.form === "pairs" ? labelledField("rank-which", t("rank.which"), selectField("rank-which", ["adjacent", "all", "best_worst"].map((key) => [key, t("rank.which." + key)]), wish.which, set("which"))) : null,
    view.raters.length > 1 ? labelledField("rank-whose", t("rank.whose"), selectField("rank-whose", [["", t("rank.everybody")], ...view.raters.map((one) => [one.rater, raterNamed(one.rater)])], wish.rater, set("rater")), { help: t("rank.whose_help") }) : null,
    labelledField("rank-target", t("rank.target"), selectField("rank-target", [[null, t("rank.new_set")], ...targets.map((one) => [one.id, one.name])], wish.dataset, (value) => { wish.dataset = value; named.hidden = value !== null; })), named,
    labelledField("rank-held", t("rank.held_out"), held, { help: t("rank.held_out_help") }), h("div", {}, make), work);
}
