/* Calls of the server's functions, and polling while the page is seen. */
import { awayError, doubtServer, serverIsThere, whenBack } from "./away.js";
import { t } from "./texts.js";

/** A random key, for actions that must happen once. */
export const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Call a guarded server function: resolves to its result; a refused call shows a toast and rejects with the error. */
export async function callServer(server, name, args) {
  const answer = await server[name](args).catch(() => null); // one list: Gradio itself unwraps a single argument
  if (!answer) throw (await doubtServer()) ? Object.assign(new Error(t("error.internal")), { code: "internal", faults: {} }) : awayError();
  if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer.ok;
}

/** Run `task` now and every `milliseconds`, only while the tab is visible and the server there; ends when `root` leaves the page. */
export function poll(root, milliseconds, task) {
  let timer = 0;
  let busy = false;
  const tick = async () => {
    if (!root.isConnected) return stop();
    if (busy || document.hidden || !serverIsThere()) return;
    busy = true;
    try {
      await task();
    } catch (error) {
      if (error.code !== "away") console.warn(error);
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
