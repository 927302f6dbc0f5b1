/* The Playground's lower half: the question, suggested questions, asking, stopping, asking again, and the memory line. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { loadPart } from "../../kit/server.js";
import { t } from "../../kit/texts.js";
import { playAddress, playBusy } from "./talk.js";

const PLAY_DRAFT = "ts-playground-draft"; // what was typed and not yet asked survives a refresh

/** @param {Parts<"playground">} play */
export function playComposer(play) {
  const { dom } = play;
  const grow = () => {
    dom.input.style.height = "auto";
    dom.input.style.height = Math.min(dom.input.scrollHeight + 2, 240) + "px";
    dom.input.disabled = Boolean(play.readOnly);
    dom.send.disabled = Boolean(play.readOnly) || !dom.input.value.trim() || play.wait || playBusy(play);
    tellVariables(play).catch((error) => console.warn(error));
  };
  dom.input = h("textarea", { class: "ts-textarea play-input", id: "play-input", rows: "1", "aria-label": t("playground.ask_label"),
    placeholder: t("playground.ask_label"), maxlength: "20000",
    oninput: () => { sessionStorage.setItem(PLAY_DRAFT, dom.input.value); grow(); },
    onkeydown: (event) => {
      if (event.isComposing) return; // Enter that ends a Chinese word must not send
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        playAsk(play);
      }
    } });
  dom.send = h("button", { type: "submit", class: "ts-btn primary play-send", "aria-label": t("playground.send"), disabled: true }, drawIcon("arrow-up"), h("span", {}, t("playground.send")));
  dom.stop = h("button", { type: "button", class: "ts-btn danger play-send", "aria-label": t("playground.stop"), hidden: true, onclick: () => playStop(play) },
    drawIcon("square"), h("span", {}, t("playground.stop")));
  replaceChildren(dom.composer, dom.input, dom.send, dom.stop);
  dom.grow = grow;
  dom.input.value = sessionStorage.getItem(PLAY_DRAFT) || "";
  document.addEventListener("keydown", (event) => {
    const busy = play.wait || playBusy(play);
    if (event.key === "Escape" && busy && dom.composer.isConnected && !document.querySelector("dialog[open]")) playStop(play);
  });
}

/** @param {Parts<"playground">} play */
export async function playAsk(play, prompt = play.dom.input.value.trim()) {
  if (!prompt || play.wait || playBusy(play)) return;
  const values = await askedValues(play, prompt);
  if (values === undefined || play.wait) return;
  Object.assign(play, { wait: true, asked: prompt, askedTurn: (play.turns.at(-1)?.turn ?? -1) + 1, error: "" });
  play.dom.input.value = "";
  play.literal = false;
  sessionStorage.removeItem(PLAY_DRAFT);
  play.draw();
  window.scrollTo({ top: document.body.scrollHeight });
  await playRun(play, async () => {
    if (!play.id) {
      play.id = await play.ctx.call("chat_open", play.base, play.sides, play.settings);
      playAddress({ conversation: play.id });
    }
    await play.ctx.call("chat_ask", play.id, prompt, values);
  }, prompt);
}

const braced = (play, prompt) => (prompt + (play.settings.system || "")).includes("{{");

/**
 * The values of the variables that are asked with (see `valuesToAsk`): their part comes when there are any.
 * @param {Parts<"playground">} play
 */
async function askedValues(play, prompt) {
  return braced(play, prompt) ? (await loadPart(async () => (await import("./variables.js")).valuesToAsk))(play, prompt) : null;
}

/** @param {Parts<"playground">} play */
async function tellVariables(play) {
  if (!braced(play, play.dom.input.value) && !play.dom.variables.firstChild) return;
  const { drawVariables } = await import("./variables.js");
  drawVariables(play);
}

/**
 * Have a turn answered again, by all or by one side; an earlier turn in a branch.
 * @param {Parts<"playground">} play
 */
export async function playRegenerate(play, turn = play.turns.at(-1)?.turn, side = "") {
  if (!play.id || play.wait || playBusy(play)) return;
  Object.assign(play, { wait: true, error: "" });
  play.draw();
  await playRun(play, async () => {
    const id = await play.ctx.call("chat_again", play.id, turn, side);
    if (id !== play.id) await play.show(id);
  }, "");
}

/**
 * The call ends as soon as the question is taken, or with the reason why it is not; the words come by `play.refresh`.
 * @param {Parts<"playground">} play
 */
async function playRun(play, run, prompt) {
  try {
    await run();
    if (play.stopping) await play.ctx.call("chat_stop", play.id);
  } catch (error) {
    play.error = error.message;
    if (prompt && !play.dom.input.value) play.dom.input.value = prompt;
  }
  Object.assign(play, { wait: false, stopping: false });
  await play.refresh().catch(() => {});
  if (play.id) play.versions = await play.ctx.call("chat_versions", play.id).catch(() => play.versions);
  play.asked = null;
  play.draw();
  play.dom.input.focus({ preventScroll: true });
}

/** @param {Parts<"playground">} play */
export async function playStop(play) {
  if (!(play.wait || playBusy(play))) return;
  play.stopping = play.wait; // a question that is still on its way is stopped as soon as it has arrived
  if (play.id) await runAction(play.dom.stop, () => play.ctx.call("chat_stop", play.id));
}

/**
 * Questions of the held-out rows: what the tuned model should know and the base cannot. Large while nothing was asked.
 * @param {Parts<"playground">} play
 */
export function playChips(play) {
  const asked = new Set(play.turns.map((turn) => turn.prompt));
  const fresh = play.turns.length === 0 && play.asked === null;
  const questions = play.suggestions.filter((question) => !asked.has(question)).slice(0, fresh ? 4 : 2);
  const busy = play.wait || playBusy(play) || Boolean(play.readOnly);
  const state = JSON.stringify([questions, busy, fresh]);
  if (play.dom.chips.dataset.state === state) return;
  play.dom.chips.dataset.state = state;
  const chips = questions.map((question, i) => h("button", { type: "button", class: "play-chip", id: "play-chip-" + i, disabled: busy,
    onclick: () => playAsk(play, question) }, question));
  play.dom.chips.hidden = fresh || chips.length === 0;
  replaceChildren(play.dom.chips, fresh ? null : [h("span", { class: "ts-label" }, t("playground.try_more")), chips]);
  replaceChildren(play.dom.welcome, fresh ? [drawIcon("messages-square"), h("p", { class: "play-welcome-lead" }, t("playground.welcome")),
    chips.length ? [h("p", { class: "ts-soft ts-small" }, t("playground.try")), h("div", { class: "play-welcome-chips" }, chips)] : null] : null);
}

/** @param {Parts<"playground">} play */
export function playTellMemory(play) {
  const { loaded, memory_mb: memory, idle_s: idle } = play.status || {};
  const held = memory ? format.memory(memory) : "";
  const text = !loaded ? t("playground.memory.empty")
    : idle ? t("playground.memory.idle", { memory: held, time: format.duration(idle) }) : t("playground.memory.loaded", { memory: held });
  if (play.dom.memory.textContent !== text) replaceChildren(play.dom.memory, drawIcon("hard-drive"), " ", text);
}

/**
 * Send or stop, and one quiet word for those who listen.
 * @param {Parts<"playground">} play
 */
export function playTellState(play) {
  const busy = play.wait || playBusy(play);
  const { send, stop, live, grow } = play.dom;
  send.hidden = busy;
  stop.hidden = !busy;
  grow();
  const text = busy ? t(play.status?.loaded ? "playground.answering" : "playground.loading") : play.turns.length ? t("playground.answered") : "";
  if (live.textContent !== text) live.textContent = text;
}
