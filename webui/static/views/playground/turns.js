/* The Playground's columns: heads that choose the models, and the turns with their answers side by side. */
"use strict";

/** Messages as turns: [{turn, prompt, answers: [message]}]. */
TS.playTurns = function (messages) {
  const turns = new Map();
  for (const message of messages) {
    const turn = turns.get(message.turn) || { turn: message.turn, prompt: "", answers: [] };
    if (message.role === "user") turn.prompt = message.content;
    else if (message.role === "assistant") turn.answers.push(message);
    turns.set(message.turn, turn);
  }
  return [...turns.values()].sort((a, b) => a.turn - b.turn);
};

TS.playHeads = function (play) {
  const base = TS.playBase(play);
  const state = JSON.stringify([play.base, play.tuned, play.id, TS.playBusy(play) || play.wait]);
  if (play.dom.heads.dataset.state === state) return;
  play.dom.heads.dataset.state = state;
  const busy = TS.playBusy(play) || play.wait;
  const columns = TS.playSides(play).map((side, i) => playHead(side, i ? playTunedSelect(play, base, i - 1, busy) : playBaseSelect(play, busy)));
  if (base && !play.tuned.length) columns.push(playGhost(play, base, busy));
  if (play.tuned.length === 1 && base?.tuned.length > 1) columns[1].append(playAddSecond(play, base, busy));
  TS.replace(play.dom.heads, columns);
  play.dom.heads.style.setProperty("--sides", Math.max(2, play.tuned.length + 1));
};

const playHead = (side, select) => TS.h("div", { class: "play-head " + side.kind },
  TS.h("span", { class: "ts-badge " + side.kind.split(" ")[0] }, side.badge), select);

function playBaseSelect(play, busy) {
  const bases = play.start.options.bases;
  return TS.h("select", { class: "ts-select", id: "play-base", "aria-label": TS.t("playground.choose_base"), disabled: busy || bases.length < 2,
    onchange: (event) => {
      const base = bases.find((one) => one.id === Number(event.target.value));
      Object.assign(play, { base: base.id, tuned: base.tuned.length ? [base.tuned[0].id] : [], id: null, view: null, readOnly: null, turns: [], error: "" });
      TS.playFresh(play);
      TS.playSuggest(play);
    } },
    bases.map((base) => TS.h("option", { value: String(base.id), selected: base.id === play.base }, base.name)));
}

function playTunedSelect(play, base, place, busy) {
  const others = play.tuned.filter((_, i) => i !== place);
  const choices = (base?.tuned || []).filter((one) => !others.includes(one.id));
  return TS.h("select", { class: "ts-select", id: "play-tuned-" + place, "aria-label": TS.t("playground.choose_tuned"), disabled: busy,
    onchange: (event) => playSetTuned(play, place, Number(event.target.value)) },
    choices.map((one) => TS.h("option", { value: String(one.id), selected: one.id === play.tuned[place] }, one.name)),
    TS.h("option", { value: "0" }, TS.t("playground.none")));
}

async function playSetTuned(play, place, id) {
  const tuned = [...play.tuned];
  if (id) tuned[place] = id;
  else tuned.splice(place, 1);
  try {
    if (play.id) await play.ctx.call("chat_update", play.id, { tuned_ids: tuned });
    play.tuned = tuned;
    if (!play.id) TS.playFresh(play);
    play.error = "";
  } catch (error) {
    play.error = error.message;
    delete play.dom.heads.dataset.state;
  }
  TS.playSuggest(play);
  document.getElementById("play-tuned-" + Math.min(place, tuned.length - 1))?.focus();
}

function playAddSecond(play, base, busy) {
  const other = base.tuned.find((one) => !play.tuned.includes(one.id));
  const label = TS.t("playground.second");
  return TS.h("button", { type: "button", class: "ts-icon-btn play-second", id: "play-second", "aria-label": label, title: label, disabled: busy,
    onclick: () => playSetTuned(play, 1, other.id) }, TS.icon("plus"));
}

/** Where a tuned model would be: choose one, or train one. */
function playGhost(play, base, busy) {
  const choose = TS.h("select", { class: "ts-select", id: "play-tuned-0", "aria-label": TS.t("playground.choose_tuned"), disabled: busy,
    onchange: (event) => playSetTuned(play, 0, Number(event.target.value)) },
    TS.h("option", { value: "0" }, TS.t("playground.choose_tuned")), base.tuned.map((one) => TS.h("option", { value: String(one.id) }, one.name)));
  return TS.h("div", { class: "play-head ghost" }, base.tuned.length ? choose : [
    TS.h("span", { class: "ts-soft ts-small" }, TS.t("playground.no_tuned")),
    TS.h("a", { class: "ts-btn small", href: TS.url("train") }, TS.icon("wand-sparkles"), TS.t("playground.train"))]);
}

TS.playDrawTurns = function (play) {
  const sides = TS.playSides(play);
  const last = play.turns.at(-1)?.turn;
  const items = play.turns.map((turn, i) => ({ ...turn, number: i + 1, sides, last: turn.turn === last, idle: turn.turn === last && !play.wait && !TS.playBusy(play) }));
  if (play.asked !== null) items.push({ turn: "asked", number: items.length + 1, prompt: play.asked, sides, answers: [], waiting: playWaiting(play) });
  play.dom.welcome.hidden = items.length > 0;
  play.dom.turns.style.setProperty("--sides", Math.max(2, sides.length));
  TS.keyed(play.dom.turns, items, (item) => item.turn, (item) => playTurn(item, play));
};

/** Why there is no word yet: others are before us, the model is on its way into memory, or it reads the question. */
function playWaiting(play, stats = {}) {
  if (stats.phase === "waiting" && stats.place) return TS.t("playground.waiting", { n: stats.place });
  return TS.t(stats.phase === "streaming" || (!stats.phase && play.status?.loaded) ? "playground.thinking" : "playground.loading");
}

function playTurn(item, play) {
  const shown = [...item.sides, ...playOthers(item)];
  return TS.h("section", { class: "play-turn", "aria-label": TS.t("playground.turn", { n: item.number }) },
    TS.h("div", { class: "play-asked" }, TS.h("div", { class: "ts-bubble user" }, item.prompt)),
    playAllFailed(item) ? null : TS.h("div", { class: "play-answers" }, shown.map((side) => playAnswer(side, item.answers.find((a) => a.side === side.side), item, play))),
    playRefusal(item),
    item.last && item.idle && item.answers.length ? TS.h("div", { class: "ts-row play-again" },
      TS.h("button", { type: "button", class: "ts-btn small ghost", id: "play-regenerate", onclick: () => TS.playRegenerate(play) },
        TS.icon("refresh-cw"), TS.h("span", {}, TS.t("playground.regenerate")))) : null);
}

const playError = (answer) => {
  const error = answer.stats?.error;
  return error ? TS.job.text(["error." + error.code], error.params, TS.t("playground.failed")) : TS.t("playground.failed");
};
const playAllFailed = (item) => item.answers.length > 0 && item.answers.every((answer) => answer.status === "failed" && !answer.content);

/** When nobody could answer, the reason is said once (memory, a model that is gone). */
function playRefusal(item) {
  if (!playAllFailed(item)) return null;
  const reasons = [...new Set(item.answers.map(playError))];
  return TS.h("div", { class: "ts-note warn", role: "alert" }, TS.icon("triangle-alert"), TS.h("div", {}, reasons.map((reason) => TS.h("p", {}, reason))));
}

/** Sides that answered this turn but are not chosen any more stay where they were said. */
function playOthers(item) {
  return item.answers.filter((answer) => !item.sides.some((side) => side.side === answer.side))
    .map((answer) => ({ side: answer.side, kind: answer.side === "base" ? "base" : "tuned", badge: TS.t(answer.side === "base" ? "playground.base" : "playground.tuned"), name: answer.side }));
}

function playAnswer(side, answer, item, play) {
  const waits = item.waiting || (answer?.status === "streaming" && !answer.content ? playWaiting(play, answer.stats) : "");
  const body = answer?.content ? TS.markdown(answer.content) : null;
  return TS.h("article", { class: "play-answer " + side.kind + (answer || item.waiting ? "" : " absent"), "data-side": side.side },
    TS.h("header", {}, TS.h("span", { class: "ts-badge " + side.kind.split(" ")[0] }, side.badge), TS.h("span", { class: "ts-small ts-soft play-name" }, side.name)),
    waits ? TS.h("p", { class: "ts-soft play-wait" }, TS.h("span", { class: "ts-dot live " + side.kind.split(" ")[0] }), " ", waits) : null,
    body ? TS.h("div", { class: "md" }, body) : null,
    answer && !answer.content && ["complete", "stopped"].includes(answer.status) ? TS.h("p", { class: "ts-soft" }, TS.t("playground.nothing")) : null,
    !answer && !item.waiting ? TS.h("p", { class: "ts-soft ts-small" }, TS.t("playground.not_asked")) : null,
    answer ? playFooter(answer, item, play) : null);
}

function playFooter(answer, item, play) {
  const stats = answer.stats || {};
  if (answer.status === "failed") {
    return TS.h("p", { class: "ts-error", role: "alert" }, playError(answer));
  }
  if (answer.status === "streaming") return null;
  const facts = [
    stats.tokens_per_second ? TS.t("playground.speed", { n: TS.format.number(stats.tokens_per_second, 1) }) : null,
    Number.isFinite(stats.first_token_s) ? TS.t("playground.first", { n: TS.format.number(stats.first_token_s, 2) }) : null,
    stats.reason === "length" ? TS.t("playground.cut") : null,
    answer.weights_hash ? TS.t("playground.weights", { hash: answer.weights_hash.slice(0, 8) }) : null,
  ].filter(Boolean);
  const copy = TS.t("playground.copy");
  return TS.h("footer", { class: "ts-small ts-soft" },
    answer.status === "stopped" ? TS.h("span", { class: "ts-badge neutral" }, TS.icon("square"), TS.t("playground.stopped")) : null,
    TS.h("span", { class: "ts-num" }, facts.join(" · ")),
    TS.h("div", { class: "ts-row play-answer-act" },
      TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": copy, title: copy, onclick: () => TS.copy(answer.content) }, TS.icon("copy")),
      play.id ? TS.playSaveButton(play, item, answer) : null));
}
