/** The behaviour of the frame: skeleton, scheme, language, phone menu, the count of running jobs. */
import { h } from "./dom.js";
import { askPulse, awayError, poll, serverIsGone, watchServer } from "./server.js";
import { t } from "./texts.js";

/** The skeleton goes as soon as the page has something to show. */
const ready = () => document.documentElement.classList.add("ts-ready");

function shell() {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-scheme][type=button]"));
  const mark = () => buttons.forEach((button) =>
    button.setAttribute("aria-pressed", String(button.dataset.scheme === window.TS.schemeChosen())));
  buttons.forEach((button) =>
    button.addEventListener("click", () => window.TS.scheme(button.dataset.scheme)));
  window.addEventListener("ts:scheme", mark);
  mark();
  /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("[data-language]")).forEach((link) =>
    link.addEventListener("click", () => { link.href = link.pathname + location.search; }));
  phoneMenu(document.querySelector(".ts-more-button"), document.getElementById("ts-more"));
  document.addEventListener("click", stayOnPage);
  watchForContent();
  watchServer();
  poll(document.body, 4000, pulse);
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // its polls ended
}

/** Gradio sets a base address, by which the browser takes a link to a place on this page for one to another page. */
function stayOnPage(event) {
  const link = event.target.closest?.('a[href^="#"]');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.hash = link.getAttribute("href");
}

/** How many jobs run, at the navigation's "Jobs"; notices also on quiet pages when the server is away. */
async function pulse() {
  const answer = await askPulse();
  if (!answer) {
    serverIsGone();
    throw awayError();
  }
  if (!answer.ok) return false;
  const { running } = await answer.json();
  const link = /** @type {HTMLElement | null} */ (document.querySelector(".ts-rail [data-page=jobs]"));
  if (!link || link.dataset.running === String(running)) return false;
  link.dataset.running = String(running);
  link.querySelector(".ts-nav-count")?.remove();
  if (running) link.append(h("span", { class: "ts-nav-count" }, String(running), h("span", { class: "ts-sr" }, " " + t("common.running"))));
  return true;
}

function phoneMenu(button, menu) {
  if (!button) return;
  const open = (yes) => {
    menu.classList.toggle("open", yes);
    button.setAttribute("aria-expanded", String(yes));
  };
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    open(false);
    button.focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target) && !button.contains(event.target)) open(false);
  });
}

/** Pages of Gradio widgets alone have no view that says when it is drawn: look for their first block. */
function watchForContent() {
  const frame = document.getElementById("ts-main");
  if (!frame) return;
  const drawn = () => frame.querySelector(".ts-root > *, gradio-app .block:not(.ts-view)");
  const observer = new MutationObserver(() => {
    if (!drawn()) return;
    ready();
    observer.disconnect();
  });
  observer.observe(frame, { childList: true, subtree: true });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", shell);
else shell();
