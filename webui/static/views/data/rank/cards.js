/* The answers of one prompt as cards in their order: moved by buttons, by arrow keys, or dragged by mouse and finger. */
import { h } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { rankMove, rankPick, rankPut, rankShown, rankTie } from "./state.js";

/** @param {Parts<"data">} self */
export function rankCards(self) {
  const number = new Map(self.task.answers.map((one, at) => [one.place, at + 1]));
  const list = h("ol", { class: "rank-list", "aria-label": t("rank.list") });
  self.state.levels.forEach((level, at) => level.forEach((place, within) => list.append(card(self, list, { place, at, within, number: number.get(place) }))));
  return list;
}

/** One answer: its number for the keyboard, its rank, its words. */
function card(self, list, { place, at, within, number }) {
  const answer = self.task.answers.find((one) => one.place === place);
  const rank = rankShown(self.state, place);
  const said = rank ? t(within ? "rank.tied" : "rank.rank", { n: rank }) : t("rank.open");
  const last = self.state.levels.length - 1;
  const button = (key, icon, off, act) => h("button", { type: "button", class: "ts-icon-btn", id: `rank-${key}-${place}`, disabled: off, "aria-label": t("rank." + key, { n: number }), title: t("rank." + key, { n: number }), onclick: act }, drawIcon(icon));
  const grip = h("span", { class: "rank-grip", "aria-hidden": "true", title: t("rank.drag") }, drawIcon("more-horizontal"));
  const node = h("li", { class: "rank-answer" + (within ? " tied" : "") + (rank ? "" : " open") + (self.state.active === place ? " active" : ""), id: "rank-answer-" + place, tabindex: "0", "data-place": String(place), "data-level": String(at),
    "aria-label": t("rank.answer", { n: number }) + ", " + said },
    h("div", { class: "rank-head" }, grip, h("span", { class: "rank-number ts-num", "aria-hidden": "true" }, number), h("span", { class: "ts-badge " + (rank === 1 ? "good" : "neutral") }, said),
      answer.whole ? null : h("span", { class: "ts-badge warn" }, t("rank.cut")),
      h("div", { class: "rank-tools" },
        rank ? null : h("button", { type: "button", class: "ts-btn small", id: "rank-pick-" + place, onclick: () => self.step(rankPick(self.state, place)) }, t("rank.next_best")),
        button("up", "arrow-up", !at && !within && self.state.levels[0].length === 1, () => self.step(rankMove(self.state, place, -1))),
        button("down", "arrow-down", at === last && self.state.levels[at].length === 1, () => self.step(rankMove(self.state, place, 1))),
        tieButton(self, place, number, at))),
    cutPreview(h("div", { class: "rank-text", dir: "auto" }, answer.text)));
  grip.addEventListener("pointerdown", (event) => drag(self, list, node, place, event));
  return node;
}

function tieButton(self, place, number, at) {
  const alone = self.state.levels[at].length === 1, label = t(alone ? "rank.tie" : "rank.untie", { n: number });
  return h("button", { type: "button", class: "ts-icon-btn rank-tie", id: "rank-tie-" + place, disabled: alone && !at, "aria-label": label, title: label, onclick: () => self.step(rankTie(self.state, place)) }, alone ? "=" : "≠");
}

/** The card follows the pointer; where it is let go, it stands alone between the others. */
function drag(self, list, node, place, event) {
  event.preventDefault();
  const from = event.clientY, grip = event.currentTarget;
  grip.setPointerCapture(event.pointerId);
  node.classList.add("dragged");
  const others = [...list.children].filter((one) => one !== node);
  const above = (y) => others.filter((one) => { const box = one.getBoundingClientRect(); return box.top + box.height / 2 < y; });
  const mark = (y) => others.forEach((one) => one.classList.toggle("over", one === above(y).at(-1)));
  const move = (moved) => { node.style.transform = `translateY(${moved.clientY - from}px)`; mark(moved.clientY); };
  const end = (ended) => {
    grip.removeEventListener("pointermove", move);
    node.classList.remove("dragged");
    node.style.transform = "";
    mark(-1);
    if (ended.type !== "pointerup" || Math.abs(ended.clientY - from) < 8) return;
    const over = above(ended.clientY).at(-1);
    const levels = new Set(over ? others.slice(0, others.indexOf(over) + 1).map((one) => one.getAttribute("data-level")) : []);
    self.step(rankPut(self.state, place, levels.size));
  };
  grip.addEventListener("pointermove", move);
  grip.addEventListener("pointerup", end, { once: true });
  grip.addEventListener("pointercancel", end, { once: true });
}
