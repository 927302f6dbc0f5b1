/* Calls of the server's functions, polling while the page is seen, and one gate for both: while the server does not answer
   it is shut. Then nothing asks but the gate itself, later each time, and a strip says so once. */
import { h } from "./dom.js";
import { t } from "./texts.js";

/** A random key, for actions that must happen once. */
export const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Call a guarded server function: resolves to its result; a refused call shows a toast and rejects with the error. */
export async function callServer(server, name, args) {
  const answer = await server[name](args).catch(() => null); // one list: Gradio itself unwraps a single argument
  if (!answer) throw (await gate.doubt()) ? Object.assign(new Error(t("error.internal")), { code: "internal", faults: {} }) : awayError();
  if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer.ok;
}

/** Run `task` now and every `milliseconds`, only while the tab is visible and the server there; ends when `root` leaves the page. */
export function poll(root, milliseconds, task) {
  let timer = 0;
  let busy = false;
  const tick = async () => {
    if (!root.isConnected) return stop();
    if (busy || document.hidden || !gate.open()) return;
    busy = true;
    try {
      await task();
    } catch (error) {
      if (/** @type {any} */ (error).code !== "away") console.warn(error);
    } finally {
      busy = false;
    }
  };
  const stop = () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
    forget();
  };
  const forget = whenBack(tick);
  timer = setInterval(tick, milliseconds);
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("pagehide", stop, { once: true });
  queueMicrotask(tick); // `root` is often put on the page right after this call
  return stop;
}

const MOST_SECONDS = 30;
const SPREAD = 0.2; // of the time to wait, so that many tabs do not come back at the same moment

/** Seconds until the next try, the `tries`-th in a row: twice as long each time, and never longer than half a minute. */
export const secondsToWait = (tries, random = Math.random) => Math.min(MOST_SECONDS, 2 ** tries) * (1 - SPREAD * random());

/** A gate, without a page, so that it can be tested. `ask()` resolves to whether the server answers; `tell()` is called when what `state()` says has changed.
    `clock`: {now(), later(seconds, task) -> cancel, random()}; `seen()`: whether anybody looks at the page. */
export function makeGate({ ask, tell, clock, seen }) {
  const self = { away: false, tries: 0, next: 0, asking: null, cancel: () => {} };

  const wait = () => {
    const seconds = secondsToWait(self.tries, clock.random);
    self.tries += 1;
    self.next = clock.now() + seconds;
    self.cancel = clock.later(seconds, () => { if (seen()) look(); });
  };

  /** Ask once, however many want to know at the same time. */
  const look = () => {
    self.asking ||= ask().then((answers) => {
      self.asking = null;
      self.cancel();
      self.away = !answers;
      if (answers) self.tries = 0;
      else wait();
      tell();
      return answers;
    });
    if (self.away) tell();
    return self.asking;
  };

  return {
    /** May the page ask by itself now? */
    open: () => !self.away,
    /** A call got no answer: is the server gone? Resolves to whether it answers; asks nothing while that is known. */
    doubt: () => (self.away ? Promise.resolve(false) : look()),
    /** It is known to be gone. */
    lost: () => {
      if (self.away) return;
      self.away = true;
      wait();
      tell();
    },
    /** Try again at once: by hand, or because the page is looked at again or the network is back. */
    now: () => (self.away ? look() : Promise.resolve(true)),
    /** {away, trying, seconds until the next try}. */
    state: () => ({ away: self.away, trying: Boolean(self.asking), seconds: Math.max(0, Math.ceil(self.next - clock.now())) }),
  };
}

const PATIENCE = 8000; // milliseconds until a server that took the question counts as away

/** What the server says of itself; null when it does not answer. */
export async function askPulse() {
  const answer = await fetch("/api/pulse", { signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  return answer && answer.status < 500 ? answer : null;
}

const later = (seconds, task) => {
  const timer = setTimeout(task, seconds * 1000);
  return () => clearTimeout(timer);
};

let ticking = 0; // the clock of the strip

const gate = makeGate({
  ask: async () => Boolean(await askPulse()), tell: drawStrip, seen: () => !document.hidden,
  clock: { now: () => performance.now() / 1000, later, random: Math.random },
});

/** The server is known to be gone. */
export const serverIsGone = gate.lost;

/** Do something each time that the server is back. Returns what ends it. */
export function whenBack(task) {
  window.addEventListener("ts:back", task);
  return () => window.removeEventListener("ts:back", task);
}

/** The sentence that is said instead of an exception's text. */
export function awayError() {
  const message = t("common.server_away");
  return Object.assign(new Error(message), { message, code: "away", faults: {} });
}

function drawStrip() {
  const { away } = gate.state();
  const strip = document.getElementById("ts-offline");
  if (away && strip) return tellWait();
  if (away) return raiseStrip();
  if (!strip) return;
  clearInterval(ticking);
  strip.remove();
  window.dispatchEvent(new Event("ts:back"));
}

/** The sentence is said once; the seconds are for the eyes, a screen reader would read each of them. */
function raiseStrip() {
  document.body.append(h("div", { id: "ts-offline" },
    h("span", { role: "status" }, t("common.server_away")),
    h("span", { class: "ts-num", "aria-hidden": "true" }),
    h("button", { type: "button", class: "ts-btn small", id: "ts-try-now", onclick: gate.now }, t("common.away.now"))));
  ticking = setInterval(tellWait, 1000);
  tellWait();
}

function tellWait() {
  const words = document.querySelector("#ts-offline .ts-num");
  if (!words) return;
  const { trying, seconds } = gate.state();
  words.textContent = trying ? t("common.away.trying") : t("common.away.again", { n: seconds });
}

/** Try again at once when the page is looked at again, or the network is back. */
export function watchServer() {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) gate.now(); });
  window.addEventListener("online", gate.now);
}
