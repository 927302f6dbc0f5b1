/* What votes prove: the sentence, the win rate with what is still possible, strengths, who beats whom, and what may have led the voters.
   `evidencePanel` is folded, since it names the models; `evidenceView` is the whole page (?evidence=all, or the models of one conversation). */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, runAction, saveFile } from "../../kit/parts.js";
import { laterStyles, poll } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";
import { evidenceChart } from "./evidence-chart.js";

const EVERY = 2000;
const percent = (share) => format.number(100 * share);
const lowEnd = (share) => format.number(Math.floor(100 * share + 1e-9)); // never narrower than the interval is
const highEnd = (share) => format.number(Math.ceil(100 * share - 1e-9));
const range = (one) => ({ share: percent(one.share), low: lowEnd(one.low), high: highEnd(one.high) });

/**
 * The results of one conversation's models, below it. They are asked for while they are open.
 * @param {Parts<"playground">} play
 */
export async function evidencePanel(play, slot) {
  await laterStyles("playground-evidence");
  const body = h("div", { class: "ts-stack" });
  const asks = follow(play.ctx, play.id, (found) => replaceChildren(body, short(found),
    h("a", { class: "ts-link", href: pageUrl("playground", { evidence: play.id }) }, t("evidence.open_results"))));
  const panel = h("details", { class: "evidence-panel" }, h("summary", {}, t("evidence.shows_names")), body);
  replaceChildren(slot, panel);
  poll(slot, EVERY, async () => (panel.open ? asks() : false));
  panel.addEventListener("toggle", () => panel.open && asks());
}

/** @param {Ctx<"playground">} ctx */
export async function evidenceView(root, id, ctx) {
  const conversation = id || null;
  await laterStyles("playground-evidence");
  const body = h("div", { class: "ts-stack loose" }, h("p", { class: "ts-soft" }, t("evidence.loading")));
  const save = async (event) => {
    const text = await runAction(event.currentTarget, () => ctx.call("arena_csv", conversation));
    if (text) saveFile("votes.csv", "\ufeff" + text, "text/csv;charset=utf-8");
  };
  replaceChildren(root, h("div", { class: "ts-page ts-wide evidence" },
    h("a", { class: "job-back", href: pageUrl("playground") }, drawIcon("chevron-right"), t("playground.list.back")),
    pageHead(t("evidence.title"), t("evidence.lead"),
      h("button", { type: "button", class: "ts-btn", id: "evidence-csv", onclick: save }, drawIcon("download"), h("span", {}, t("evidence.csv")))), body));
  poll(root, EVERY, follow(ctx, conversation, (found) => replaceChildren(body, whole(found))));
}

/** @param {Ctx<"playground">} ctx */
function follow(ctx, conversation, draw) {
  let version = "";
  return async () => {
    const news = await ctx.news("arena_results", version, conversation);
    version = news.version;
    if (news.value) draw(news.value);
    return Boolean(news.value);
  };
}

/** @param {Server.EvidenceView} found */
const named = (found, weights) => found.voted[weights].name;

/** @param {Server.EvidenceView} found */
function short(found) {
  const first = found.looks.length ? found.duels[0] : null;
  return [h("p", { class: "evidence-sentence", id: "evidence-sentence", dir: "auto" }, found.sentence.message),
    h("p", { class: "ts-small ts-soft" }, t("evidence.counted", { n: format.number(found.blind_votes), prompts: format.number(found.prompts) })),
    first ? rateBar(found, first) : null];
}

/**
 * @param {Server.EvidenceView} found
 * @param {Server.DuelView} duel
 */
function rateBar(found, duel) {
  const name = { name: named(found, duel.one), other: named(found, duel.other) };
  const at = (share) => (100 * share).toFixed(2) + "%";
  const bar = h("div", { class: "evidence-bar " + found.voted[duel.one].kind, "aria-hidden": "true" },
    h("i", { class: "evidence-range", style: { left: at(duel.low), width: at(duel.high - duel.low) } }), h("i", { class: "evidence-half" }), h("b", { style: { left: at(duel.share) } }));
  return h("div", { class: "evidence-rate" }, h("div", { class: "ts-spread ts-small" }, h("span", { dir: "auto" }, t("evidence.rate", name)),
    h("span", {}, t("evidence.rate_said", range(duel)))), bar);
}

/** @param {Server.EvidenceView} found */
function whole(found) {
  return [h("section", { class: "ts-card", role: "status" }, short(found), found.looks.length > 1 ? evidenceChart(found.looks, named(found, found.duels[0].one)) : null),
    found.models.length ? h("section", { class: "ts-stack" }, h("h2", {}, t("evidence.models")), strengths(found)) : null,
    found.duels.length > 1 ? h("section", { class: "ts-stack" }, h("h2", {}, t("evidence.against")),
      h("p", { class: "ts-small ts-soft" }, t("evidence.against_help")), matrix(found)) : null,
    notes(found), openVotes(found),
    h("details", { class: "evidence-how" }, h("summary", {}, t("evidence.how")), h("p", { class: "ts-soft" }, t("evidence.how_text")))];
}

/** @param {Server.EvidenceView} found */
function strengths(found) {
  const apart = new Set(found.models.map((one) => one.group)).size > 1;
  const head = (label, number = false) => h("th", { scope: "col", "data-num": number || null }, label);
  const row = (one) => h("tr", {}, h("td", { class: "ts-num" }, format.number(one.rank)),
    h("th", { scope: "row" }, h("span", { class: "ts-badge " + one.kind, dir: "auto", title: one.name }, one.name), apart ? h("small", { class: "ts-soft" }, " " + t("evidence.group", { n: one.group + 1 })) : null),
    h("td", { class: "ts-num" }, format.number(one.points)), h("td", { class: "ts-num" }, `${format.number(one.low)} … ${format.number(one.high)}`), h("td", { class: "ts-num" }, format.number(one.prompts)));
  return [h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": t("evidence.models") },
    h("table", { class: "ts-table" }, h("thead", {}, h("tr", {}, head(t("evidence.rank"), true), head(t("evidence.model")), head(t("evidence.strength"), true), head(t("evidence.interval"), true), head(t("evidence.prompts"), true))), h("tbody", {}, found.models.map(row)))),
  h("p", { class: "ts-small ts-soft" }, t("evidence.strength_help"), apart ? " " + t("evidence.apart") : "")];
}

/** @param {Server.EvidenceView} found */
function matrix(found) {
  const met = new Map(found.duels.flatMap((one) => [[one.one + one.other, one], [one.other + one.one, turned(one)]]));
  const cell = (row, column) => {
    const one = met.get(row.weights + column.weights);
    if (!one) return h("td", { class: "ts-num ts-soft" }, "–");
    const sure = one.low > 0.5 || one.high < 0.5;
    return h("td", { class: "ts-num" }, h(sure ? "b" : "span", {}, t("evidence.cell", { share: percent(one.share) })),
      h("small", { class: "ts-soft evidence-cell" }, t("evidence.cell_more", { ...range(one), n: format.number(one.wins + one.losses + one.ties) })));
  };
  const name = (one, scope) => h("th", { scope, "data-num": scope === "col" || null }, h("span", { class: "ts-badge " + one.kind, dir: "auto", title: one.name }, one.name));
  return h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": t("evidence.against") },
    h("table", { class: "ts-table evidence-matrix" }, h("thead", {}, h("tr", {}, h("td", {}), found.models.map((one) => name(one, "col")))),
      h("tbody", {}, found.models.map((row) => h("tr", {}, name(row, "row"), found.models.map((column) => cell(row, column)))))));
}

/** @param {Server.DuelView} one */
const turned = (one) => ({ ...one, wins: one.losses, losses: one.wins, share: 1 - one.share, low: 1 - one.high, high: 1 - one.low });

/** @param {Server.EvidenceView} found */
function notes(found) {
  const { longer, left, adjusted } = found;
  const lines = [
    longer ? t(!longer.sure ? "evidence.longer_not" : longer.share > 0.5 ? "evidence.longer_sure" : "evidence.shorter_sure", range(longer)) : null,
    adjusted ? t("evidence.adjusted", { name: named(found, found.duels[0].one), ...range(adjusted) }) : null,
    left ? t(left.sure ? "evidence.left_sure" : "evidence.left_not", range(left)) : null,
    found.bad ? t("evidence.bad", { share: percent(found.bad) }) : null,
    ...found.agreements.filter((one) => one.pairs).slice(0, 6).map((one) => t("evidence.agree", { one: one.one, other: one.other, agreed: format.number(one.agreed), pairs: format.number(one.pairs) })),
  ].filter(Boolean);
  return lines.length ? h("section", { class: "ts-stack tight", "aria-labelledby": "evidence-notes" }, h("h2", { id: "evidence-notes" }, t("evidence.notes")), h("ul", { class: "evidence-list" }, lines.map((line) => h("li", { dir: "auto" }, line)))) : null;
}

/** @param {Server.EvidenceView} found */
function openVotes(found) {
  if (!found.open_votes) return null;
  const line = (one) => h("li", { dir: "auto" }, t("evidence.open_pair", { name: named(found, one.one), other: named(found, one.other), wins: format.number(one.wins), losses: format.number(one.losses), ties: format.number(one.ties) }));
  return h("details", { class: "evidence-open" }, h("summary", {}, t("evidence.open_votes", { n: format.number(found.open_votes) })), h("ul", { class: "evidence-list" }, found.open.map(line)));
}
