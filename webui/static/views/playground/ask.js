/* The Playground's lower half: the question, suggested questions, asking, stopping, asking again, and the memory line. */
"use strict";

const PLAY_DRAFT = "ts-playground-draft"; // what was typed and not yet asked survives a refresh

TS.playComposer = function (play) {
  const { dom } = play;
  const grow = () => {
    dom.input.style.height = "auto";
    dom.input.style.height = Math.min(dom.input.scrollHeight + 2, 240) + "px";
    dom.input.disabled = Boolean(play.readOnly);
    dom.send.disabled = Boolean(play.readOnly) || !dom.input.value.trim() || play.wait || TS.playBusy(play);
  };
  dom.input = TS.h("textarea", { class: "ts-textarea play-input", id: "play-input", rows: "1", "aria-label": TS.t("playground.ask_label"),
    placeholder: TS.t("playground.ask_label"), maxlength: "20000",
    oninput: () => { sessionStorage.setItem(PLAY_DRAFT, dom.input.value); grow(); },
    onkeydown: (event) => {
      if (event.isComposing) return; // Enter that ends a Chinese word must not send
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        TS.playAsk(play);
      }
    } });
  dom.send = TS.h("button", { type: "submit", class: "ts-btn primary play-send", "aria-label": TS.t("playground.send"), disabled: true }, TS.icon("arrow-up"), TS.h("span", {}, TS.t("playground.send")));
  dom.stop = TS.h("button", { type: "button", class: "ts-btn danger play-send", "aria-label": TS.t("playground.stop"), hidden: true, onclick: () => TS.playStop(play) },
    TS.icon("square"), TS.h("span", {}, TS.t("playground.stop")));
  TS.replace(dom.composer, dom.input, dom.send, dom.stop);
  dom.grow = grow;
  dom.input.value = sessionStorage.getItem(PLAY_DRAFT) || "";
  document.addEventListener("keydown", (event) => {
    const busy = play.wait || TS.playBusy(play);
    if (event.key === "Escape" && busy && dom.composer.isConnected && !document.querySelector("dialog[open]")) TS.playStop(play);
  });
};

TS.playAsk = async function (play, prompt = play.dom.input.value.trim()) {
  if (!prompt || play.wait || TS.playBusy(play)) return;
  Object.assign(play, { wait: true, asked: prompt, askedTurn: (play.turns.at(-1)?.turn ?? -1) + 1, error: "" });
  play.dom.input.value = "";
  sessionStorage.removeItem(PLAY_DRAFT);
  TS.playDraw(play);
  window.scrollTo({ top: document.body.scrollHeight });
  await playRun(play, async () => {
    if (!play.id) {
      play.id = await play.ctx.call("chat_open", play.base, play.tuned, play.settings);
      TS.playAddress({ conversation: play.id });
    }
    await play.ctx.call("chat_ask", play.id, prompt);
  }, prompt);
};

TS.playRegenerate = async function (play) {
  if (!play.id || play.wait || TS.playBusy(play)) return;
  Object.assign(play, { wait: true, error: "" });
  TS.playDraw(play);
  await playRun(play, () => play.ctx.call("chat_regenerate", play.id), "");
};

/** The call ends as soon as the question is taken, or with the reason why it is not; the words come by TS.playRefresh. */
async function playRun(play, run, prompt) {
  try {
    await run();
    if (play.stopping) await play.ctx.call("chat_stop", play.id);
  } catch (error) {
    play.error = error.message;
    if (prompt && !play.dom.input.value) play.dom.input.value = prompt;
  }
  Object.assign(play, { wait: false, stopping: false });
  await TS.playRefresh(play).catch(() => {});
  play.asked = null;
  TS.playDraw(play);
  play.dom.input.focus({ preventScroll: true });
}

TS.playStop = async function (play) {
  if (!(play.wait || TS.playBusy(play))) return;
  play.stopping = play.wait; // a question that is still on its way is stopped as soon as it has arrived
  if (play.id) await TS.act(play.dom.stop, () => play.ctx.call("chat_stop", play.id));
};

/** Questions of the held-out rows: what the tuned model should know and the base cannot. Large while nothing was asked. */
TS.playChips = function (play) {
  const asked = new Set(play.turns.map((turn) => turn.prompt));
  const fresh = play.turns.length === 0 && play.asked === null;
  const questions = play.suggestions.filter((question) => !asked.has(question)).slice(0, fresh ? 4 : 2);
  const busy = play.wait || TS.playBusy(play) || Boolean(play.readOnly);
  const state = JSON.stringify([questions, busy, fresh]);
  if (play.dom.chips.dataset.state === state) return;
  play.dom.chips.dataset.state = state;
  const chips = questions.map((question, i) => TS.h("button", { type: "button", class: "play-chip", id: "play-chip-" + i, disabled: busy,
    onclick: () => TS.playAsk(play, question) }, question));
  play.dom.chips.hidden = fresh || chips.length === 0;
  TS.replace(play.dom.chips, fresh ? null : [TS.h("span", { class: "ts-label" }, TS.t("playground.try_more")), chips]);
  TS.replace(play.dom.welcome, fresh ? [TS.icon("messages-square"), TS.h("p", { class: "play-welcome-lead" }, TS.t("playground.welcome")),
    chips.length ? [TS.h("p", { class: "ts-soft ts-small" }, TS.t("playground.try")), TS.h("div", { class: "play-welcome-chips" }, chips)] : null] : null);
};

TS.playTellMemory = function (play) {
  const { loaded, memory_mb: memory, idle_s: idle } = play.status || {};
  const held = memory ? TS.format.bytes(memory * 1e6) : "";
  const text = !loaded ? TS.t("playground.memory.empty")
    : idle ? TS.t("playground.memory.idle", { memory: held, time: TS.format.duration(idle) }) : TS.t("playground.memory.loaded", { memory: held });
  if (play.dom.memory.textContent !== text) TS.replace(play.dom.memory, TS.icon("hard-drive"), " ", text);
};

/** Send or stop, and one quiet word for those who listen. */
TS.playTellState = function (play) {
  const busy = play.wait || TS.playBusy(play);
  const { send, stop, live, grow } = play.dom;
  send.hidden = busy;
  stop.hidden = !busy;
  grow();
  const text = busy ? TS.t(play.status?.loaded ? "playground.answering" : "playground.loading") : play.turns.length ? TS.t("playground.answered") : "";
  if (live.textContent !== text) live.textContent = text;
};
