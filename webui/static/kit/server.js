/* Calls of the server's functions, polling while the page is seen, and one gate for both: while the server does not answer
   it is shut. Then nothing asks but the gate itself, later each time, and a strip says so once. */
import { h } from "./dom.js";
import { wholeNumber } from "./format.js";
import { t } from "./texts.js";

/** A whole number beyond 2^53 travels as {"$integer": digits} (webui/wire.py is the other end) and is a BigInt here: it shows all its
   digits and goes back as what it was. So a setting or a cell of a row may be one: calculate with `Number(...)` of it alone. */
const LARGE = "$integer";

/** Whatever writes JSON writes such a number so that the server, and `fromWire`, read it again. */
Object.assign(BigInt.prototype, { toJSON() { return { [LARGE]: String(this) }; } });

/** A value as the server, or `JSON.stringify`, wrote it: with its large numbers in place of what stood for them. */
export function fromWire(value) {
  if (!value || typeof value !== "object") return value;
  if (typeof value[LARGE] === "string" && Object.keys(value).length === 1) return wholeNumber(value[LARGE]) ?? value[LARGE];
  for (const key of Object.keys(value)) value[key] = fromWire(value[key]);
  return value;
}

/** A random key, for actions that must happen once. */
export const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Call a guarded server function: resolves to its result; a refused call shows a toast and rejects with the error. */
export async function callServer(server, name, args) {
  /* One list: Gradio itself unwraps a single argument. */
  const answer = await server[name](args).catch(() => null);
  if (!answer) throw await lostError();
  if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer.tagged ? fromWire(answer.ok) : answer.ok;
}

/** The sentence of whatever failed: of a refused call its own; of anything else that our page did wrong, never its exception's text. */
export const sentenceOf = (error) => {
  if (error?.code) return error.message;
  console.error(error);
  return t("error.internal");
};

/** Why nothing came back: the server is away, or something is wrong with it. */
const lostError = async () => ((await gate.doubt()) ? saidError("error.internal", "internal") : awayError());

const saidError = (key, code) => Object.assign(new Error(t(key)), { code, faults: {} });

/** Load a part of the page; where that fails, it is said as of a call. */
export async function loadPart(load) {
  try {
    return await load();
  } catch (error) {
    console.error(error);
    throw await lostError();
  }
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

/** Seconds until the next try: twice as long each time, at most half a minute, spread so that many tabs do not come at once. */
export const secondsToWait = (tries, random = Math.random) => Math.min(30, 2 ** tries) * (1 - 0.2 * random());

/** A gate that is shut while the server is away. `ask()` resolves to whether it answers, `tell()` hears of each change, `seen()`:
    does anybody look at the page, `clock`: {now(), later(seconds, task) -> cancel, random()}. */
export function makeGate({ ask, tell, clock, seen }) {
  let away = false, tries = 0, next = 0, asking = null, cancel = () => {};
  const wait = () => {
    const seconds = secondsToWait(tries, clock.random);
    tries += 1;
    next = clock.now() + seconds;
    cancel = clock.later(seconds, () => { if (seen()) look(); });
  };
  const look = () => {
    asking ||= ask().then((answers) => { // once, however many want to know
      asking = null;
      cancel();
      away = !answers;
      if (answers) tries = 0;
      else wait();
      tell();
      return answers;
    });
    if (away) tell();
    return asking;
  };
  return {
    open: () => !away,
    /** A call got no answer. Resolves to whether the server does answer; asks nothing while it is known to be away. */
    doubt: () => (away ? Promise.resolve(false) : look()),
    /** Try at once. */
    now: () => (away ? look() : Promise.resolve(true)),
    /** It is known to be away. */
    lost: () => {
      if (away) return;
      away = true;
      wait();
      tell();
    },
    state: () => ({ away, trying: Boolean(asking), seconds: Math.max(0, Math.ceil(next - clock.now())) }),
  };
}

/** What the server says of itself; null when it does not answer, or takes too long to. */
export async function askPulse() {
  const answer = await fetch("/api/pulse", { signal: AbortSignal.timeout(8000) }).catch(() => null);
  return answer && answer.status < 500 ? answer : null;
}

const later = (seconds, task) => {
  const timer = setTimeout(task, seconds * 1000);
  return () => clearTimeout(timer);
};
const gate = makeGate({
  ask: async () => Boolean(await askPulse()), tell: drawStrip, seen: () => !document.hidden,
  clock: { now: () => performance.now() / 1000, later, random: Math.random },
});

export const serverIsGone = gate.lost;

/** Do something each time that the server is back. Returns what ends it. */
export function whenBack(task) {
  window.addEventListener("ts:back", task);
  return () => window.removeEventListener("ts:back", task);
}

/** The sentence that stands for whatever exception a lost server raises. */
export const awayError = () => saidError("common.server_away", "away");

let ticking = 0;

/** The sentence is said once; the seconds are for the eyes, a screen reader would read each of them. */
function drawStrip() {
  const { away, trying, seconds } = gate.state();
  const strip = document.getElementById("ts-offline");
  if (away && !strip) {
    document.body.append(h("div", { id: "ts-offline" }, h("span", { role: "status" }, t("common.server_away")), h("span", { class: "ts-num", "aria-hidden": "true" }),
      h("button", { type: "button", class: "ts-btn small", id: "ts-try-now", onclick: gate.now }, t("common.away.now"))));
    ticking = setInterval(drawStrip, 1000);
  }
  if (!away && strip) {
    clearInterval(ticking);
    strip.remove();
    window.dispatchEvent(new Event("ts:back"));
  }
  const words = document.querySelector("#ts-offline .ts-num");
  if (words) words.textContent = trying ? t("common.away.trying") : t("common.away.again", { n: seconds });
}

/** Try at once when the page is looked at again, or the network is back. */
export function watchServer() {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) gate.now(); });
  window.addEventListener("online", gate.now);
}
