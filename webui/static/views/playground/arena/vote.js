/* A vote on one turn: which side answered better. Votes lie with the rankings of the Data page and become rows there. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { playSides } from "../talk.js";

const RATER_KEY = "ts-rater"; // the name that is given where answers are ranked
const asked = new Map(); // conversation -> its votes, as far as they are known: turn -> {better, stamp}

const rater = () => localStorage.getItem(RATER_KEY) || "";

/** The votes of the conversation, asked for once. */
function votesOf(play) {
  if (!asked.has(play.id)) asked.set(play.id, play.ctx.call("chat_votes", play.id, rater()).then((found) => new Map(found.map((one) => [one.turn, { better: one.better }])), () => new Map()));
  return asked.get(play.id);
}

/** @param {Parts<"playground">} play */
export async function voteButtons(play, item, told, slot) {
  const votes = await votesOf(play);
  const stamp = told.map((answer) => answer.content).join("\n");
  const known = votes.get(item.turn);
  if (known && known.stamp !== undefined && known.stamp !== stamp) votes.delete(item.turn); // answered anew since
  else if (known) known.stamp = stamp;
  const draw = () => {
    const mine = votes.get(item.turn)?.better;
    const sides = playSides(play).filter((side) => told.some((answer) => answer.side === side.side));
    const button = (better, label, icon) => h("button", { type: "button", class: "ts-btn small ghost", "aria-pressed": String(mine === better), "data-vote": better || "tie", onclick: (event) => runAction(event.currentTarget, async () => {
      const kept = await play.ctx.call("chat_vote", play.id, item.turn, better || null, rater());
      votes.set(kept.turn, { better: kept.better, stamp });
      draw();
      slot.querySelector(`[data-vote="${better || "tie"}"]`)?.focus();
    }) }, icon ? drawIcon(icon) : null, h("span", { dir: "auto" }, label));
    replaceChildren(slot, h("div", { class: "ts-row", role: "group", "aria-label": t("playground.vote") }, h("span", { class: "ts-small ts-soft" }, t("playground.vote")),
      sides.map((side) => button(side.side, side.name, "thumbs-up")), button("", t("playground.vote.tie"), ""),
      mine === undefined ? null : h("a", { class: "ts-link ts-small", href: pageUrl("data", { rank: "votes" }) }, t("playground.vote.where")),
      mine === undefined ? null : h("a", { class: "ts-link ts-small", href: pageUrl("playground", { evidence: "all" }) }, t("evidence.title"))));
  };
  draw();
}
