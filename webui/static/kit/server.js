/* Calls of the server's functions, and polling while the page is seen. */
import { h } from "./dom.js";
import { t } from "./texts.js";

/** A random key, for actions that must happen once. */
export const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Call a guarded server function: resolves to its result; a refused call shows a toast and rejects with the error. */
export async function callServer(server, name, args) {
  let answer;
  try {
    answer = await server[name](args); // one list: Gradio itself unwraps a single argument
  } catch {
    const error = { message: t("common.server_away"), code: "away", faults: {} };
    throw Object.assign(new Error(error.message), error);
  }
  if (answer && answer.error) {
    throw Object.assign(new Error(answer.error.message), answer.error);
  }
  return answer.ok;
}

/** Run `task` now and every `milliseconds`, only while the tab is visible; ends when `root` leaves the page. */
export function poll(root, milliseconds, task) {
  let timer = 0;
  let busy = false;
  const tick = async () => {
    if (!root.isConnected) return stop();
    if (busy || document.hidden) return;
    busy = true;
    try {
      await task();
      tellOnline(true);
    } catch (error) {
      if (error.code === "away") tellOnline(false);
      else console.warn(error);
    } finally {
      busy = false;
    }
  };
  const stop = () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  };
  timer = setInterval(tick, milliseconds);
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("pagehide", stop, { once: true });
  queueMicrotask(tick); // `root` is often put on the page right after this call
  return stop;
}

/** A strip at the top while the server does not answer; it goes when it answers again. */
export function tellOnline(yes) {
  let strip = document.getElementById("ts-offline");
  if (yes) return strip?.remove();
  if (strip) return;
  strip = h("div", { id: "ts-offline", role: "status" }, t("common.server_away"));
  document.body.append(strip);
}
