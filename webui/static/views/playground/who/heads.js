/* The heads of the Playground's columns: who answers, in which order, and the way to choose others. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { loadPart } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { MOST_SIDES, moved, rebased } from "./sides.js";
import { playBase, playBusy, playFresh, playSides } from "../talk.js";

const ROWS = ".play-heads, .play-answers"; // they scroll sideways together

/** @param {Parts<"playground">} play */
export function playHeads(play) {
  const { heads, bar } = play.dom;
  const busy = playBusy(play) || play.wait;
  const sides = playSides(play);
  const state = JSON.stringify([sides, play.base, play.id, busy]);
  if (heads.dataset.state === state) return;
  heads.dataset.state = state;
  const base = playBase(play);
  replaceChildren(heads, sides.map((side, place) => playHead(play, side, place, busy)), base && sides.length === 1 ? playGhost(play, base, busy) : null);
  heads.style.setProperty("--sides", Math.max(2, sides.length));
  heads.closest(".play")?.classList.toggle("many", sides.length > 2);
  replaceChildren(bar, playTabs(play, sides), h("span", { class: "ts-small ts-soft play-count" }, t("playground.side.count", { n: sides.length, most: MOST_SIDES })),
    h("button", { type: "button", class: "ts-btn small", id: "play-add", disabled: busy || sides.length >= MOST_SIDES, onclick: (event) => playPick(play, event.currentTarget) }, drawIcon("plus"), h("span", {}, t("playground.side.add"))));
  playShowTab(play);
}

/** @param {Parts<"playground">} play */
function playHead(play, side, place, busy) {
  const last = play.sides.length - 1;
  const button = (what, icon, label, disabled, run) => h("button", { type: "button", class: "ts-icon-btn", id: `play-${what}-${side.side}`, "aria-label": label, title: label, disabled: busy || disabled, onclick: run }, drawIcon(icon));
  const move = (what, to) => button(what, "arrow-" + what, t("playground.side." + what, { name: side.name }), to < 0 || to > last, () => playSetSides(play, moved(play.sides, place, to), `play-${what}-${side.side}`));
  const head = h("div", { class: "play-head " + side.kind, "data-side": side.side, draggable: busy ? null : "true" },
    h("div", { class: "play-head-top" }, h("span", { class: "ts-badge " + side.kind.split(" ")[0] }, side.badge),
      h("div", { class: "play-head-act" }, last ? [move("left", place - 1), move("right", place + 1)] : null,
        last ? button("remove", "x", t("playground.side.remove", { name: side.name }), false, () => playSetSides(play, play.sides.filter((one) => one !== side.side), "play-add")) : null)),
    h("button", { type: "button", class: "play-head-name", id: "play-name-" + side.side, disabled: busy, title: t("playground.side.change", { name: side.name }), onclick: (event) => playPick(play, event.currentTarget, side) },
      h("span", { class: "play-name", dir: "auto" }, side.name), side.base ? h("small", { class: "ts-soft", dir: "auto" }, t("playground.side.of", { base: side.base })) : null));
  playDrag(play, head, place);
  return head;
}

/**
 * A head that is dropped onto another takes its place.
 * @param {Parts<"playground">} play
 */
function playDrag(play, head, place) {
  head.addEventListener("dragstart", (event) => {
    play.dragged = place;
    event.dataTransfer?.setData("text/plain", play.sides[place]);
  });
  head.addEventListener("dragover", (event) => {
    if (play.dragged === undefined) return;
    event.preventDefault();
    head.classList.toggle("over", play.dragged !== place);
  });
  head.addEventListener("dragleave", () => head.classList.remove("over"));
  head.addEventListener("dragend", () => { play.dragged = undefined; });
  head.addEventListener("drop", (event) => {
    event.preventDefault();
    const from = play.dragged;
    play.dragged = undefined;
    head.classList.remove("over");
    if (from !== undefined && from !== place) playSetSides(play, moved(play.sides, from, place), "play-name-" + play.sides[from]);
  });
}

/**
 * Where a second one would be: choose one, or train one.
 * @param {Parts<"playground">} play
 */
function playGhost(play, base, busy) {
  const any = base.tuned.length + base.checkpoints.length > 0;
  return h("div", { class: "play-head ghost" }, any
    ? h("button", { type: "button", class: "ts-btn small", id: "play-ghost", disabled: busy, onclick: (event) => playPick(play, event.currentTarget) }, drawIcon("plus"), h("span", {}, t("playground.choose_tuned")))
    : [h("span", { class: "ts-soft ts-small" }, t("playground.no_tuned")), h("a", { class: "ts-btn small", href: pageUrl("train") }, drawIcon("wand-sparkles"), t("playground.train"))]);
}

/**
 * One more side, or another one in the place of `side`.
 * @param {Parts<"playground">} play
 * @param {any} side
 */
async function playPick(play, button, side = null) {
  const pick = await runAction(button, () => loadPart(async () => (await import("./pick.js")).pickSide));
  const chosen = await pick?.(play, side);
  if (!chosen) return document.getElementById(button.id)?.focus();
  const sides = chosen.sides || (side ? play.sides.map((one) => (one === side.side ? chosen.side : one)) : [...play.sides, chosen.side]);
  return playSetSides(play, sides, "play-name-" + (chosen.side || sides[0]), chosen.base);
}

/**
 * Who answers from now on. `focus`: id of what has the focus afterwards; `base`: what a fresh comparison is about from now on.
 * @param {Parts<"playground">} play
 */
export async function playSetSides(play, sides, focus, base = play.base) {
  try {
    if (play.id) {
      await play.ctx.call("chat_update", play.id, { sides });
      play.view = await play.ctx.call("chat_view", play.id);
      Object.assign(play, { sides, readOnly: play.view.read_only });
    } else {
      Object.assign(play, rebased(play.start.options, base, sides));
      playFresh(play);
    }
    play.error = "";
  } catch (error) {
    play.error = error.message;
  }
  play.suggest();
  play.draw();
  (document.getElementById(focus) || document.getElementById("play-add"))?.focus();
}

/**
 * On a phone one column is seen at a time: whose it is, and the way to the others.
 * @param {Parts<"playground">} play
 */
function playTabs(play, sides) {
  return h("div", { class: "play-tabs", role: "group", "aria-label": t("playground.side.tabs") }, sides.map((side, place) =>
    h("button", { type: "button", class: "play-tab " + side.kind, "data-place": place, title: side.name, onclick: () => playShow(play, place) }, side.badge)));
}

/** @param {Parts<"playground">} play */
function playShow(play, place) {
  const { heads } = play.dom;
  play.leads = heads;
  heads.scrollLeft = (place * heads.scrollWidth) / play.sides.length;
}

/** @param {Parts<"playground">} play */
function playShowTab(play) {
  const { heads, bar } = play.dom;
  const now = Math.round((heads.scrollLeft * play.sides.length) / (heads.scrollWidth || 1));
  for (const tab of bar.querySelectorAll(".play-tab")) tab.setAttribute("aria-current", String(Number(tab.dataset.place) === now));
}

/**
 * Heads and answers keep side by side, whichever of them is scrolled; what is drawn anew goes where the heads are.
 * @param {Parts<"playground">} play
 */
export function playKeepAside(play, root) {
  const lead = (event) => { play.leads = event.target instanceof Element ? event.target.closest(ROWS) || play.leads : play.leads; };
  for (const name of ["pointerdown", "touchstart", "wheel", "focusin"]) root.addEventListener(name, lead, { capture: true, passive: true });
  root.addEventListener("scroll", (event) => {
    const row = event.target;
    if (!(row instanceof Element) || !row.matches(ROWS) || (play.leads?.isConnected && play.leads !== row)) return;
    playAlign(root, row.scrollLeft);
    playShowTab(play);
  }, true);
}

/** Put all rows of columns to the same place. */
export function playAlign(root, left) {
  for (const row of root.querySelectorAll(ROWS)) if (Math.abs(row.scrollLeft - left) > 1) row.scrollLeft = left;
}
