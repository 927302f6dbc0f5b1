/* The server is away: one strip says so, counts down to the next try and offers to try now. All polls wait meanwhile. */
import { h } from "./dom.js";
import { makeGate } from "./gate.js";
import { t } from "./texts.js";

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

/** May the page ask by itself now? */
export const serverIsThere = gate.open;

/** A call got no answer. Resolves to whether the server does answer after all. */
export const doubtServer = gate.doubt;

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
  if (away === Boolean(strip)) return tellWait();
  clearInterval(ticking);
  if (away) return raiseStrip();
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
  const strip = document.getElementById("ts-offline");
  if (!strip) return;
  const { trying, seconds } = gate.state();
  strip.querySelector(".ts-num").textContent = trying ? t("common.away.trying") : t("common.away.again", { n: seconds });
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) gate.now(); });
window.addEventListener("online", gate.now);
