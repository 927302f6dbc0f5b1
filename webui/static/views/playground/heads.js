/* The heads of the Playground's columns: who answers, and how others are chosen. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, t } from "../../kit/texts.js";
import { playBase, playBusy, playFresh, playSides } from "./talk.js";

/** @param {Parts<"playground">} play */
export function playHeads(play) {
  const base = playBase(play);
  const state = JSON.stringify([play.base, play.tuned, play.id, playBusy(play) || play.wait]);
  if (play.dom.heads.dataset.state === state) return;
  play.dom.heads.dataset.state = state;
  const busy = playBusy(play) || play.wait;
  const columns = playSides(play).map((side, i) => playHead(side, i ? playTunedSelect(play, base, i - 1, busy) : playBaseSelect(play, busy)));
  if (base && !play.tuned.length) columns.push(playGhost(play, base, busy));
  if (play.tuned.length === 1 && base?.tuned.length > 1) columns[1].append(playAddSecond(play, base, busy));
  replaceChildren(play.dom.heads, columns);
  play.dom.heads.style.setProperty("--sides", Math.max(2, play.tuned.length + 1));
}

const playHead = (side, select) => h("div", { class: "play-head " + side.kind },
  h("span", { class: "ts-badge " + side.kind.split(" ")[0] }, side.badge), select);

/** @param {Parts<"playground">} play */
function playBaseSelect(play, busy) {
  const bases = play.start.options.bases;
  return h("select", { class: "ts-select", id: "play-base", "aria-label": t("playground.choose_base"), disabled: busy || bases.length < 2,
    onchange: (event) => {
      const base = bases.find((one) => one.id === Number(event.target.value));
      Object.assign(play, { base: base.id, tuned: base.tuned.length ? [base.tuned[0].id] : [], id: null, view: null, readOnly: null, turns: [], versions: [], editing: null, error: "" });
      playFresh(play);
      play.suggest();
    } },
    bases.map((base) => h("option", { value: String(base.id), selected: base.id === play.base },
      base.missing_bytes === null ? base.name : t("playground.base_bare", { name: base.name, size: format.bytes(base.missing_bytes) }))));
}

/** @param {Parts<"playground">} play */
function playTunedSelect(play, base, place, busy) {
  const others = play.tuned.filter((_, i) => i !== place);
  const choices = (base?.tuned || []).filter((one) => !others.includes(one.id));
  return h("select", { class: "ts-select", id: "play-tuned-" + place, "aria-label": t("playground.choose_tuned"), disabled: busy,
    onchange: (event) => playSetTuned(play, place, Number(event.target.value)) },
    choices.map((one) => h("option", { value: String(one.id), selected: one.id === play.tuned[place] }, one.name)),
    h("option", { value: "0" }, t("playground.none")));
}

/** @param {Parts<"playground">} play */
async function playSetTuned(play, place, id) {
  const tuned = [...play.tuned];
  if (id) tuned[place] = id;
  else tuned.splice(place, 1);
  try {
    if (play.id) await play.ctx.call("chat_update", play.id, { tuned_ids: tuned });
    play.tuned = tuned;
    if (!play.id) playFresh(play);
    play.error = "";
  } catch (error) {
    play.error = error.message;
    delete play.dom.heads.dataset.state;
  }
  play.suggest();
  document.getElementById("play-tuned-" + Math.min(place, tuned.length - 1))?.focus();
}

/** @param {Parts<"playground">} play */
function playAddSecond(play, base, busy) {
  const other = base.tuned.find((one) => !play.tuned.includes(one.id));
  const label = t("playground.second");
  return h("button", { type: "button", class: "ts-icon-btn play-second", id: "play-second", "aria-label": label, title: label, disabled: busy,
    onclick: () => playSetTuned(play, 1, other.id) }, drawIcon("plus"));
}

/**
 * Where a tuned model would be: choose one, or train one.
 * @param {Parts<"playground">} play
 */
function playGhost(play, base, busy) {
  const choose = h("select", { class: "ts-select", id: "play-tuned-0", "aria-label": t("playground.choose_tuned"), disabled: busy,
    onchange: (event) => playSetTuned(play, 0, Number(event.target.value)) },
    h("option", { value: "0" }, t("playground.choose_tuned")), base.tuned.map((one) => h("option", { value: String(one.id) }, one.name)));
  return h("div", { class: "play-head ghost" }, base.tuned.length ? choose : [
    h("span", { class: "ts-soft ts-small" }, t("playground.no_tuned")),
    h("a", { class: "ts-btn small", href: pageUrl("train") }, drawIcon("wand-sparkles"), t("playground.train"))]);
}
