/* What comes of blind votes: a data set in one click, of the form that suits them, and the way to train with it. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { labelledField, noteBox, segments } from "../../shared/form-controls.js";

const HELD_OUT = 10; // percent of the questions

/** Drawn anew when votes came; not while somebody chooses in it. */
export async function arenaOutcome(self) {
  const { outcome } = self.dom, { votes, id } = self.view;
  const stamp = String(votes);
  if (!votes || outcome.dataset.votes === stamp || outcome.contains(document.activeElement)) return;
  if (!outcome.dataset.votes) showEvidence(self).catch((error) => console.warn(error));
  outcome.dataset.votes = stamp;
  try {
    const made = await self.ctx.call("arena_rows", id);
    outcome.hidden = false;
    replaceChildren(outcome, h("h2", { id: "arena-outcome-title" }, t("arena.outcome")), gather(self, made));
  } catch (error) {
    replaceChildren(outcome, noteBox("danger", error.message));
  }
}

/** What the votes prove so far, folded: it names the models. */
async function showEvidence(self) {
  const { evidencePanel } = await import("../evidence.js");
  await evidencePanel(self, self.dom.evidence);
}

/** @param {Server.VotesMade} made */
function gather(self, made) {
  const wish = { form: made.form, which: "adjacent", rater: "", held_out: HELD_OUT, name: t("arena.data_name", { title: made.name }).slice(0, 120), dataset: null };
  const help = h("p", { class: "ts-small ts-soft" }), work = h("div", { role: "status" });
  const name = h("input", { class: "ts-input", id: "arena-data-name", type: "text", maxlength: "120", value: wish.name, oninput: () => { wish.name = name.value; } });
  const make = h("button", { type: "button", class: "ts-btn primary", id: "arena-gather", onclick: () => runAction(make, async () => {
    const rows = await self.ctx.call("arena_gather", self.id, wish);
    replaceChildren(work, h("div", { class: "ts-note good" }, drawIcon("circle-check"), h("div", {}, h("p", {}, t("rank.made", { n: format.number(rows.rows) })),
      h("div", { class: "ts-row" }, h("a", { class: "ts-btn primary small", id: "arena-train", href: pageUrl("train", { dataset: rows.dataset, objective: made.objectives[wish.form] }) }, drawIcon("wand-sparkles"), h("span", {}, t("arena.train"))),
        h("a", { class: "ts-link ts-small", href: pageUrl("data", { dataset: rows.dataset, tab: "rows" }) }, t("rank.open_set"))))));
    document.getElementById("arena-train")?.focus();
  }) }, drawIcon("plus"), h("span", {}, t("arena.gather")));
  const tell = () => {
    help.textContent = t("rank.form_help." + wish.form);
    make.disabled = !made.rows[wish.form];
  };
  tell();
  return h("div", { class: "ts-stack" }, segments("arena-form", t("rank.form"), Object.keys(made.rows).map((key) => [key, t("rank.form." + key, { n: format.number(made.rows[key]) })]), wish.form, (form) => { wish.form = form; tell(); }),
    help, labelledField("arena-data-name", t("rank.name"), name), h("div", {}, make), work);
}
