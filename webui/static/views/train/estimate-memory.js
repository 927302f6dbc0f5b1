/* The memory on the estimate: one bar of its parts with the budget's line, and a row for each part that explains itself. */
"use strict";
TS.train = TS.train || {};

/** Returns {node, show(plan)}. Rows keep their place and stay open while their numbers change. */
TS.train.memoryView = function () {
  const total = TS.h("span", { class: "ts-num" });
  const bar = TS.h("div", { class: "estimate-bar", "aria-hidden": "true" });
  const label = TS.h("p", { class: "estimate-hint ts-small", "aria-hidden": "true" });
  const rows = TS.h("ul", { class: "estimate-rows", "aria-label": TS.t("train.estimate.items") });
  const self = { plan: null, bar, label, rows, lit: "" };
  const light = (key) => { self.lit = key; TS.train.lightPart(self); };
  for (const holder of [bar, rows]) {
    holder.addEventListener("pointerover", (event) => light(event.target.closest("[data-part]")?.dataset.part || ""));
    holder.addEventListener("pointerleave", () => light(""));
  }
  rows.addEventListener("focusin", (event) => light(event.target.closest("[data-part]")?.dataset.part || ""));
  rows.addEventListener("focusout", () => light(""));
  self.node = TS.h("div", { class: "estimate-memory" },
    TS.h("div", { class: "ts-spread" }, TS.h("span", { class: "ts-label" }, TS.t("train.estimate.memory")), total), bar, label, rows);
  self.show = (plan) => {
    self.plan = plan;
    total.textContent = plan ? TS.t("train.estimate.of", { used: TS.train.megabytes(plan.memory.total_mb), limit: TS.train.megabytes(plan.memory.limit_mb) }) : "–";
    TS.train.drawParts(bar, plan?.memory);
    TS.train.drawRows(rows, plan?.memory);
    TS.train.lightPart(self);
  };
  return self;
};

/** The parts in their order against the limit. Where the limit is far away the bar is cut before it, so that the parts stay visible. */
TS.train.CUT = 2.2;
TS.train.isCut = (memory) => memory.limit_mb > TS.train.CUT * memory.total_mb;
TS.train.drawParts = function (bar, memory) {
  if (!memory) return TS.replace(bar);
  const cut = TS.train.isCut(memory);
  const scale = cut ? 1.5 * memory.total_mb : Math.max(memory.total_mb, memory.limit_mb) || 1;
  bar.classList.toggle("cut", cut);
  bar.classList.toggle("over", memory.total_mb > memory.limit_mb);
  return TS.replace(bar, memory.items.map((item) => TS.h("i", { "data-part": item.key, style: { width: (100 * item.mb) / scale + "%" } })),
    TS.h("span", { class: "limit", style: { left: Math.min(100, (100 * memory.limit_mb) / scale) + "%" } }));
};

TS.train.drawRows = function (list, memory) {
  const items = memory?.items || [];
  const most = Math.max(...items.map((item) => item.mb), 1);
  const known = new Map([...list.children].map((row) => [row.dataset.part, row]));
  items.forEach((item, at) => {
    const row = known.get(item.key) || TS.train.partRow(list, item.key);
    known.delete(item.key);
    row.tell(item, most);
    if (list.children[at] !== row) list.insertBefore(row, list.children[at] || null);
  });
  for (const row of known.values()) row.remove();
};

/** One part: its size as a bar and a number; opened, what it is, and for experts how it is calculated and after whom. */
TS.train.partRow = function (list, key) {
  const mark = TS.h("i", { class: "part-bar", "data-part": key });
  const size = TS.h("span", { class: "ts-num" });
  const formula = TS.h("code", {});
  const source = TS.h("span", { class: "part-source" });
  const expert = TS.h("details", { class: "ts-details part-formula", ontoggle: () => {
    for (const other of list.querySelectorAll(".part-formula")) other.open = expert.open; // who reads one formula reads them all
  } }, TS.h("summary", {}, TS.t("train.estimate.formula")), formula, source);
  expert.open = Boolean(list.querySelector(".part-formula[open]"));
  const code = "memory." + key;
  const row = TS.h("li", { "data-part": key }, TS.h("details", {},
    TS.h("summary", {}, TS.h("span", { class: "part-scale", "aria-hidden": "true" }, mark), TS.h("span", {}, TS.t("plan." + code)), size),
    TS.h("div", { class: "part-words ts-small" }, TS.h("p", {}, TS.t("plan." + code + ".means")), expert)));
  row.tell = (item, most) => {
    mark.style.width = Math.max(10, (100 * item.mb) / most) + "%";
    size.textContent = TS.train.megabytes(item.mb);
    formula.textContent = item.formula || "";
    TS.replace(source, TS.train.linked(item.source || ""));
    expert.hidden = !item.formula;
  };
  return row;
};

/** A source in words with its addresses as links. */
TS.train.linked = (text) => text.split(/(https?:\/\/[^\s),;]+)/).map((piece, at) => (at % 2
  ? TS.h("a", { class: "ts-link", href: piece, target: "_blank", rel: "noreferrer" }, piece.replace(/^https?:\/\/(www\.)?/, ""))
  : piece));

/** The part under the pointer or the focus, in the bar and in the rows, named under the bar. */
TS.train.lightPart = function ({ plan, bar, label, rows, lit }) {
  for (const one of [...bar.children, ...rows.children]) one.classList.toggle("lit", Boolean(lit) && one.dataset.part === lit);
  bar.classList.toggle("some-lit", Boolean(lit));
  const item = plan?.memory.items.find((one) => one.key === lit);
  label.textContent = item ? TS.t("train.estimate.part", { name: TS.t("plan.memory." + item.key), mb: TS.train.megabytes(item.mb), share: TS.format.percent(item.mb / (plan.memory.total_mb || 1)) }) : TS.train.lineWords(plan);
};

/** What the line in the bar is, where nothing is pointed at. */
TS.train.lineWords = function (plan) {
  if (!plan) return "";
  const free = plan.memory.limit_mb - plan.memory.total_mb;
  return TS.t(free < 0 ? "train.estimate.over" : TS.train.isCut(plan.memory) ? "train.estimate.far" : "train.estimate.under", { mb: TS.train.megabytes(Math.abs(free)) });
};
