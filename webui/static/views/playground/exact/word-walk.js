/* Words that can be pointed at, tapped, and walked through with keys; a small box tells more of the one that is looked at. */
import { h } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";

const HALVES = /^\uFFFD+$/;
const UNSEEN = new Map([["", () => t("sure.empty")], [" ", () => t("sure.space")], ["\n", () => t("sure.line")], ["\t", () => t("sure.tab")]]);
const LEAST = 0.001;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

/** A token as it can be read in a list: what nobody sees has a name or a sign. */
export function seenToken(text) {
  if (HALVES.test(text)) return t("sure.half");
  const unseen = UNSEEN.get(text);
  if (unseen) return unseen();
  return text.replace(/\n/g, "↵").replace(/\t/g, "⇥").replace(/^ /, "␣").replace(/ $/, "␣");
}

/** A probability for people: what is nearly none or nearly certain is not rounded to none or certain. */
export function shownShare(share) {
  if (share > 0 && share < LEAST) return "< " + format.percent(LEAST, 1);
  return share < 1 && share > 0.999 ? "> 99.9 %" : format.percent(share, share < 0.1 || (share > 0.99 && share < 1) ? 1 : 0);
}

/**
 * A list of words with their shares as bars.
 * @param {{text: string, share: number}[]} words
 */
export const shareList = (words, chosen) => h("ul", { class: "play-shares" }, words.map((word) => h("li", { class: word.text === chosen ? "chosen" : null },
  h("bdi", {}, seenToken(word.text)), h("span", { class: "ts-num" }, shownShare(word.share)), h("i", { style: { width: Math.max(1, 100 * word.share) + "%" } }))));

/**
 * Words in a row, one stop for the Tab key. `words`: [{text, name, className}]; `tell(i)`: what the box says of one.
 * @param {{text: string, name: string, className: string}[]} words
 */
export function wordWalk(words, label, tell) {
  const spans = words.map((word, i) => h("span", { class: "play-word " + word.className, role: "button", tabindex: i ? "-1" : "0", "aria-label": word.name, "data-place": String(i) },
    word.text.trim() || !word.text.includes("\n") ? word.text : "↵" + word.text));
  const row = h("div", { class: "play-words", role: "group", "aria-label": label, dir: "auto" }, spans);
  const wordOf = (event) => /** @type {HTMLElement | null} */ (event.target.closest?.(".play-word"));
  const show = (event) => {
    const span = wordOf(event);
    if (span && span !== open?.span) openBox(span, tell(Number(span.dataset.place)));
  };
  row.addEventListener("mouseover", show);
  row.addEventListener("mouseleave", (event) => { if (!open?.box.contains(/** @type {Node | null} */ (event.relatedTarget))) closeBox(); });
  row.addEventListener("focusin", show);
  row.addEventListener("focusout", (event) => { if (!row.contains(/** @type {Node | null} */ (event.relatedTarget))) closeBox(); });
  row.addEventListener("click", (event) => wordOf(event)?.focus());
  row.addEventListener("keydown", (event) => walkKeys(event, row, spans));
  return { row, look: (place) => walkTo(spans, place) };
}

/** @type {{ box: HTMLElement, span: HTMLElement, end: () => void } | null} */
let open = null;

function closeBox() {
  open?.end();
  open = null;
}

/** Show the box of a word until another one is looked at, Escape is pressed, or the word is gone. */
function openBox(span, content) {
  closeBox();
  const box = h("div", { class: "play-word-box", id: "play-word-box", role: "tooltip", popover: "manual" }, content);
  const moved = () => (span.matches(":focus") ? placeBox(box, span) : closeBox());
  const watch = new MutationObserver(() => { if (!span.isConnected) closeBox(); });
  span.parentElement?.after(box);
  box.showPopover();
  placeBox(box, span);
  box.addEventListener("mouseleave", closeBox);
  addEventListener("scroll", moved, { capture: true, passive: true });
  watch.observe(document.body, { childList: true, subtree: true });
  span.setAttribute("aria-describedby", box.id);
  open = { box, span, end: () => {
    watch.disconnect();
    removeEventListener("scroll", moved, { capture: true });
    span.removeAttribute("aria-describedby");
    box.remove();
  } };
}

function walkTo(spans, place) {
  const span = spans[place];
  if (!span) return;
  for (const other of spans) if (other.tabIndex === 0) other.tabIndex = -1;
  span.tabIndex = 0;
  span.focus();
}

function walkKeys(event, row, spans) {
  const at = Number(event.target.dataset?.place);
  if (event.key === "Escape" && open) {
    event.preventDefault(); // the dialog around it stays open
    event.stopPropagation();
    return closeBox();
  }
  const turned = getComputedStyle(row).direction === "rtl" && (event.key === "ArrowLeft" || event.key === "ArrowRight");
  const step = STEPS[event.key] * (turned ? -1 : 1); // not a number for other keys
  const place = event.key === "Home" ? 0 : event.key === "End" ? spans.length - 1 : at + step;
  if (Number.isNaN(place)) return undefined;
  event.preventDefault();
  return walkTo(spans, Math.min(spans.length - 1, Math.max(0, place)));
}

/** Below the word where there is room, else above it; never beyond the window. */
function placeBox(box, span) {
  const [word] = span.getClientRects();
  if (!word) return;
  const below = word.bottom + 2 + box.offsetHeight < innerHeight;
  box.style.top = Math.max(4, below ? word.bottom + 2 : word.top - box.offsetHeight - 2) + "px";
  box.style.left = Math.max(8, Math.min(word.left, document.documentElement.clientWidth - box.offsetWidth - 8)) + "px";
}
