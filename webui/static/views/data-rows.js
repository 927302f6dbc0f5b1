/* The rows of a ready data set as conversations, page by page, by split. */
"use strict";
TS.data = TS.data || {};

TS.data.rowsCard = function (set, ctx) {
  const state = { offset: 0, split: "all" };
  const list = TS.h("div", { class: "data-rows", "aria-busy": "true" });
  const pager = TS.h("div", { class: "data-pager" });
  const load = TS.latest(() => ctx.call("rows", set.id, state.offset, state.split),
    (page) => {
      list.removeAttribute("aria-busy");
      TS.replace(list, page.rows.length ? page.rows.map(TS.data.row) : TS.h("p", { class: "ts-soft" }, TS.t("data.rows.none")));
      TS.replace(pager, TS.data.pager(state.offset, page.total, turn));
    },
    (error) => TS.replace(list, TS.note("danger", error.message)));
  const turn = (offset) => { state.offset = offset; load(); card.scrollIntoView({ block: "start" }); };
  const splits = [["all", TS.t("data.rows.all")], ["train", TS.t("data.rows.train")], ["val", TS.t("data.rows.val")]];
  const card = TS.h("section", { class: "ts-card", "aria-labelledby": "data-rows-title" },
    TS.h("div", { class: "ts-spread" }, TS.h("h2", { id: "data-rows-title" }, TS.t("data.rows.title")),
      TS.segments("data-split", TS.t("data.rows.filter"), splits, "all", (split) => { state.split = split; state.offset = 0; load(); })),
    list, pager);
  load();
  return card;
};

TS.data.row = (row) => TS.h("article", { class: "data-row" },
  TS.h("header", { class: "ts-row ts-small ts-soft" },
    TS.h("span", { class: "ts-num" }, TS.t("data.rows.number", { n: row.index + 1 })),
    row.line ? TS.h("span", { class: "ts-num" }, TS.t("data.rows.line", { n: row.line })) : null,
    TS.h("span", { class: "ts-badge " + row.split }, TS.t("data.rows." + row.split))),
  TS.conversation(row));

TS.data.pager = function (offset, total, turn) {
  if (total <= TS.data.pageRows) return [];
  const last = Math.floor((total - 1) / TS.data.pageRows) * TS.data.pageRows;
  const button = (icon, label, to, off) => TS.h("button", { type: "button", class: "ts-icon-btn" + (icon === "left" ? " flip" : ""), "aria-label": label, title: label, disabled: off, onclick: () => turn(to) }, TS.icon("chevron-right"));
  return [
    button("left", TS.t("data.rows.previous"), Math.max(0, offset - TS.data.pageRows), offset === 0),
    TS.h("span", { class: "ts-small ts-num", role: "status" }, TS.t("data.rows.range", { from: TS.format.number(offset + 1), to: TS.format.number(Math.min(total, offset + TS.data.pageRows)), total: TS.format.number(total) })),
    button("right", TS.t("data.rows.next"), Math.min(last, offset + TS.data.pageRows), offset >= last)];
};
