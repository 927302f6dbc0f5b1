/** The memory on the estimate: one bar of its parts with the budget's line, and a row for each part that explains itself. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { t } from "../../kit/texts.js";

/** Returns {node, show(plan)}. Rows keep their place and stay open while their numbers change. */
export function memoryView() {
  const total = h("span", { class: "ts-num" });
  const bar = h("div", { class: "estimate-bar", "aria-hidden": "true" });
  const label = h("p", { class: "estimate-hint ts-small", "aria-hidden": "true" });
  const rows = h("ul", { class: "estimate-rows", "aria-label": t("train.estimate.items") });
  const self = { plan: null, bar, label, rows, lit: "" };
  const partAt = (event) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-part]"))?.dataset.part || "";
  const light = (key) => { self.lit = key; lightPart(self); };
  for (const holder of [bar, rows]) {
    holder.addEventListener("pointerover", (event) => light(partAt(event)));
    holder.addEventListener("pointerleave", () => light(""));
  }
  rows.addEventListener("focusin", (event) => light(partAt(event)));
  rows.addEventListener("focusout", () => light(""));
  self.node = h("div", { class: "estimate-memory" },
    h("div", { class: "ts-spread" }, h("span", { class: "ts-label" }, t("train.estimate.memory")), total), bar, label, rows);
  self.show = (plan) => {
    self.plan = plan;
    total.textContent = plan ? t("train.estimate.of", { used: format.memory(plan.memory.total_mb), limit: format.memory(plan.memory.limit_mb) }) : "–";
    drawParts(bar, plan?.memory);
    trainDrawRows(rows, plan?.memory);
    lightPart(self);
  };
  return self;
}

/** The parts in their order against the limit. Where the limit is far away the bar is cut before it, so that the parts stay visible. */
const CUT = 2.2;
const isCut = (memory) => memory.limit_mb > CUT * memory.total_mb;
function drawParts(bar, memory) {
  if (!memory) return replaceChildren(bar);
  const cut = isCut(memory);
  const scale = cut ? 1.5 * memory.total_mb : Math.max(memory.total_mb, memory.limit_mb) || 1;
  bar.classList.toggle("cut", cut);
  bar.classList.toggle("over", memory.total_mb > memory.limit_mb);
  return replaceChildren(bar, memory.items.map((item) => h("i", { "data-part": item.key, style: { width: (100 * item.mb) / scale + "%" } })),
    h("span", { class: "limit", style: { left: Math.min(100, (100 * memory.limit_mb) / scale) + "%" } }));
}

function trainDrawRows(list, memory) {
  const items = memory?.items || [];
  const most = Math.max(...items.map((item) => item.mb), 1);
  const known = new Map([...list.children].map((row) => [row.dataset.part, row]));
  items.forEach((item, at) => {
    const row = known.get(item.key) || partRow(list, item.key);
    known.delete(item.key);
    row.tell(item, most);
    if (list.children[at] !== row) list.insertBefore(row, list.children[at] || null);
  });
  for (const row of known.values()) row.remove();
}

/** One part: its size as a bar and a number; opened, what it is, and for experts how it is calculated and after whom. */
function partRow(list, key) {
  const mark = h("i", { class: "part-bar", "data-part": key });
  const size = h("span", { class: "ts-num" });
  const formula = h("code", {});
  const source = h("span", { class: "part-source" });
  const expert = h("details", { class: "ts-details part-formula", ontoggle: () => {
    for (const other of list.querySelectorAll(".part-formula")) other.open = expert.open; // who reads one formula reads them all
  } }, h("summary", {}, t("train.estimate.formula")), formula, source);
  expert.open = Boolean(list.querySelector(".part-formula[open]"));
  /** @type {any} */
  const row = h("li", { "data-part": key }, h("details", {},
    h("summary", {}, h("span", { class: "part-scale", "aria-hidden": "true" }, mark), h("span", {}, t("plan.memory." + key)), size),
    h("div", { class: "part-words ts-small" }, h("p", {}, t(`plan.memory.${key}.means`)), expert)));
  row.tell = (item, most) => {
    mark.style.width = Math.max(10, (100 * item.mb) / most) + "%";
    size.textContent = format.memory(item.mb);
    formula.textContent = item.formula || "";
    replaceChildren(source, trainLinked(item.source || ""));
    expert.hidden = !item.formula;
  };
  return row;
}

/** A source in words with its addresses as links. */
const trainLinked = (text) => text.split(/(https?:\/\/[^\s),;]+)/).map((piece, at) => (at % 2
  ? h("a", { class: "ts-link", href: piece, target: "_blank", rel: "noreferrer" }, piece.replace(/^https?:\/\/(www\.)?/, ""))
  : piece));

/** The part under the pointer or the focus, in the bar and in the rows, named under the bar. */
function lightPart({ plan, bar, label, rows, lit }) {
  for (const one of [...bar.children, ...rows.children]) one.classList.toggle("lit", Boolean(lit) && one.dataset.part === lit);
  bar.classList.toggle("some-lit", Boolean(lit));
  const item = plan?.memory.items.find((one) => one.key === lit);
  label.textContent = item ? t("train.estimate.part", { name: t("plan.memory." + item.key), mb: format.memory(item.mb), share: format.percent(item.mb / (plan.memory.total_mb || 1)) }) : lineWords(plan);
}

/**
 * What the line in the bar is, where nothing is pointed at.
 * @param {Server.PlanView} plan
 */
function lineWords(plan) {
  if (!plan) return "";
  const free = plan.memory.limit_mb - plan.memory.total_mb;
  return t(free < 0 ? "train.estimate.over" : isCut(plan.memory) ? "train.estimate.far" : "train.estimate.under", { mb: format.memory(Math.abs(free)) });
}
