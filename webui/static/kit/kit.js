/* The kit that every view is built on: elements without innerHTML, calls to the server, polling, formats, toasts.
   A view is TS.views.NAME = (root, value, ctx) => { draw `value` into `root` }; it is called again on each new value. */
"use strict";
window.TS = window.TS || { views: {} };

/** Make an element. Strings among `children` become text nodes: text from data or models can never become markup. */
TS.h = function (tag, attributes, ...children) {
  const svg = TS.SVG.has(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.setAttribute("class", value);
    else if (key === "style" && typeof value === "object") Object.assign(node.style, value);
    else if (key in node && !svg && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  TS.append(node, children);
  return node;
};
TS.SVG = new Set(["svg", "path", "circle", "line", "rect", "polyline", "g", "polygon", "ellipse"]);
TS.append = function (node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
};

/** Replace what `root` holds, keeping the focused control (by its id) focused. */
TS.replace = function (root, ...children) {
  const focused = root.contains(document.activeElement) ? document.activeElement.id : "";
  root.replaceChildren();
  TS.append(root, children);
  if (focused) document.getElementById(focused)?.focus();
};

/** A text of the catalogue, filled in. */
TS.t = function (key, params) {
  const text = (TS.texts || {})[key] ?? key;
  return text.replace(/\{(\w+)(?:[^}]*)\}/g, (whole, name) => (params && name in params ? TS.said(params[name]) : whole));
};

/** A value of a message; one that comes in every language is said in the page's. */
TS.said = (value) => (value && typeof value === "object" && "en" in value ? value[document.documentElement.lang.slice(0, 2)] ?? value.en : value);

/** Every script of the page has run: a view may use what is declared in files that come after its own. */
TS.scripts = document.readyState === "complete" ? Promise.resolve() : new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));

TS.mount = function (name, context) {
  const root = document.createElement("div");
  root.className = "ts-root ts-" + name;
  context.element.append(root);
  const ctx = { ...context, root, state: {}, call: (fn, ...args) => TS.call(context.server, fn, args) };
  const broken = (error) => {
    console.error(error);
    if (root.childElementCount === 0) root.append(TS.h("p", { class: "ts-note danger", role: "alert" }, TS.icon("circle-x"), TS.h("span", {}, error.message)));
  };
  const draw = async () => {
    try {
      await TS.scripts;
      await TS.views[name](root, ctx.props.value, ctx);
    } catch (error) {
      broken(error);
    }
  };
  context.watch("value", draw);
  draw();
};

/** A random key, for actions that must happen once. */
TS.key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Call a guarded server function: resolves to its result; a refused call shows a toast and rejects with the error. */
TS.call = async function (server, name, args) {
  let answer;
  try {
    answer = await server[name](args); // one list: Gradio itself unwraps a single argument
  } catch (failure) {
    const error = { message: TS.t("common.server_away"), code: "away", faults: {} };
    throw Object.assign(new Error(error.message), error);
  }
  if (answer && answer.error) {
    throw Object.assign(new Error(answer.error.message), answer.error);
  }
  return answer.ok;
};

/** Run `task` now and every `milliseconds`, only while the tab is visible; ends when `root` leaves the page. */
TS.poll = function (root, milliseconds, task) {
  let timer = 0;
  let busy = false;
  const tick = async () => {
    if (!root.isConnected) return stop();
    if (busy || document.hidden) return;
    busy = true;
    try {
      await task();
      TS.online(true);
    } catch (error) {
      if (error.code === "away") TS.online(false);
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
};

/** A strip at the top while the server does not answer; it goes when it answers again. */
TS.online = function (yes) {
  let strip = document.getElementById("ts-offline");
  if (yes) return strip?.remove();
  if (strip) return;
  strip = TS.h("div", { id: "ts-offline", role: "status" }, TS.t("common.server_away"));
  document.body.append(strip);
};

/** A short message at the foot of the page. kind: "info", "good" or "danger". */
TS.toast = function (text, kind = "info") {
  let holder = document.getElementById("ts-toasts");
  if (!holder) {
    holder = TS.h("div", { id: "ts-toasts", "aria-live": "polite" });
    document.body.append(holder);
  }
  const toast = TS.h("div", { class: "ts-toast " + kind, role: kind === "danger" ? "alert" : "status" },
    TS.h("span", {}, text),
    TS.h("button", { class: "ts-icon-btn", "aria-label": TS.t("common.close"), onclick: () => toast.remove() }, TS.icon("x")));
  holder.append(toast);
  setTimeout(() => toast.remove(), kind === "danger" ? 15000 : 5000);
};

/** Run an action of a button: marks it as busy meanwhile (it keeps the focus), shows errors as a toast. Resolves to the result or undefined. */
TS.act = async function (button, action) {
  if (button.disabled || button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  try {
    return await action();
  } catch (error) {
    TS.toast(error.message, "danger");
    return undefined;
  } finally {
    button.removeAttribute("aria-busy");
  }
};

TS.language = () => document.documentElement.lang || "en";
TS.locale = () => (TS.language().startsWith("zh") ? "zh-CN" : "en-US");
/** The address of a page in the language shown: TS.url("jobs", {job: 3}). */
TS.url = function (page, query) {
  const search = query ? "?" + new URLSearchParams(query) : "";
  return "/" + (TS.language().startsWith("zh") ? "zh" : "en") + "/" + page + search;
};
TS.query = (name) => new URLSearchParams(location.search).get(name);

TS.format = {
  number: (x, digits = 0) => (x === null || x === undefined ? "–" : Number(x).toLocaleString(TS.locale(), { maximumFractionDigits: digits })),
  loss: (x) => (x === null || x === undefined ? "–" : Number(x).toFixed(3)),
  percent: (x, digits = 0) => (x === null || x === undefined ? "–" : (100 * x).toFixed(digits) + " %"),
  bytes(x) {
    if (x === null || x === undefined) return "–";
    const units = ["B", "kB", "MB", "GB", "TB"];
    let i = 0;
    while (x >= 1000 && i < units.length - 1) { x /= 1000; i += 1; }
    return x.toFixed(i === 0 || x >= 100 ? 0 : 1) + " " + units[i];
  },
  duration(seconds) {
    if (seconds === null || seconds === undefined || !isFinite(seconds)) return "–";
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return TS.t("common.seconds", { n: s });
    if (s < 3600) return TS.t("common.minutes", { n: Math.floor(s / 60), s: s % 60 });
    return TS.t("common.hours", { n: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
  },
  when: (epoch) => (epoch ? new Date(epoch * 1000).toLocaleString(TS.locale(), { dateStyle: "medium", timeStyle: "short" }) : "–"),
  clock: (epoch) => (epoch ? new Date(epoch * 1000).toLocaleTimeString(TS.locale()) : "–"),
};
