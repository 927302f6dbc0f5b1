/** Calls of the server's functions, polling while the page is seen, and one gate for both: while the server does not answer
   it is shut. Then nothing asks but the gate itself, later each time, and a strip says so once. */
import { h } from "./dom.js";
import { wholeNumber } from "./format.js";
import { pageLanguage, t } from "./texts.js";

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

/** Call a guarded server function: resolves to its result; a refused call shows a toast and rejects with the error.
    It is given one list: Gradio itself unwraps a single argument. */
export async function callServer(server, name, args) {
  const answer = await server[name](args).catch(() => null);
  if (!answer) throw await lostError();
  return valueOf(answer);
}

/** Ask a polled function: { version, value }, where `value` is null when `version` is still the newest. */
export async function askNews(view, name, version, args) {
  const given = encodeURIComponent(JSON.stringify(args));
  const options = version ? { headers: { "If-None-Match": version } } : {};
  const answer = await fetch(`/api/polled/${pageLanguage()}/${view}/${name}?given=${given}`, options).catch(() => null);
  if (answer?.status === 304) return { version, value: null };
  const told = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!answer || !told) throw await lostError();
  return { version: answer.headers.get("ETag") || "", value: valueOf(told) };
}

/** What a guarded function gave; a refusal is thrown. */
function valueOf(answer) {
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
    const lost = await lostError();
    if (lost.code !== "away") console.error(error);
    throw lost;
  }
}

/** Load a style sheet of the page that its first view does without: "train-later". Where it does not come, the page goes on without it. */
export const laterStyles = (name) => new Promise((resolve) => {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector(`link[data-later="${name}"]`));
  if (!link || link.sheet) return resolve(undefined);
  for (const event of ["load", "error"]) link.addEventListener(event, () => resolve(undefined), { once: true });
  link.removeAttribute("disabled");
  return undefined;
});

/** So often nothing was new, after which a page asks more seldom: every so many milliseconds at last. */
const CALM = 10, SELDOM = 5000;

/** Milliseconds until the next look: those that were asked for; longer where nothing was new for the last `calm` times, and
    where an answer took so long (`took`) that the server has much to do. */
export function pollPace(milliseconds, calm, took = 0) {
  const seldom = Math.max(milliseconds, Math.min(SELDOM, 5 * milliseconds));
  const pace = Math.min(seldom, milliseconds * 1.25 ** Math.max(0, calm - CALM));
  return Math.max(pace - took, Math.min(took, SELDOM));
}

/** Run `task` now and every `milliseconds`, only while the tab is visible and the server there; ends when `root` leaves the page.
    Where it gives `false` (nothing is new) time and again, it is run more seldom, until something is or somebody does something.
    `root` is often put on the page right after this call: the first time waits for that. */
export function poll(root, milliseconds, task) {
  let timer = 0, busy = false, calm = 0;
  const ends = new AbortController(), { signal } = ends;
  const tick = async () => {
    if (signal.aborted || !root.isConnected) return stop();
    if (busy || document.hidden || !gate.open()) return;
    clearTimeout(timer);
    busy = true;
    const begun = performance.now();
    try {
      calm = (await task()) === false ? calm + 1 : 0;
    } catch (error) {
      calm += 1;
      if (/** @type {any} */ (error).code !== "away") console.warn(error);
    } finally {
      busy = false;
    }
    if (!signal.aborted) timer = setTimeout(tick, pollPace(milliseconds, calm, performance.now() - begun));
  };
  const wake = () => {
    calm = 0;
    tick();
  };
  const stir = () => { if (calm > CALM) wake(); };
  const stop = () => {
    clearTimeout(timer);
    ends.abort();
  };
  for (const [event, act] of Object.entries({ visibilitychange: wake, "ts:back": wake, pointerdown: stir, keydown: stir, pagehide: stop })) window.addEventListener(event, act, { signal });
  queueMicrotask(tick);
  return stop;
}

/** Seconds until the next try: twice as long each time, at most half a minute, spread so that many tabs do not come at once. */
export const secondsToWait = (tries, random = Math.random) => Math.min(30, 2 ** tries) * (1 - 0.2 * random());

/** A gate that is shut while the server is away. `ask()` resolves to whether it answers, `tell()` hears of each change, `seen()`:
    does anybody look at the page, `clock`: {now(), later(seconds, task) -> cancel, random()}.
    -> {open(), doubt(): a call got no answer; resolves to whether the server does answer, and asks nothing while it is known to be
    away, now(): try at once, lost(): it is known to be away, state()}. */
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
    doubt: () => (away ? Promise.resolve(false) : look()),
    now: () => (away ? look() : Promise.resolve(true)),
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
  window.addEventListener("unhandledrejection", (event) => { if (event.reason?.code === "away") event.preventDefault(); });
}
