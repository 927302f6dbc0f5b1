/* A long import: how far it is, cancel, resume, and how it ended. It goes on without the page. */
"use strict";
TS.data = TS.data || {};

/** Below the head of a data set: its import, followed until it is done; `again` leads back to the mapping. */
TS.data.importing = function (set, ctx) {
  const card = TS.h("section", { class: "ts-card ts-stack data-importing", "aria-labelledby": "data-importing-title" });
  const done = () => location.assign(TS.url("data", { dataset: set.id }));
  let drawn = "";
  const show = (state) => {
    if (!state) return done();
    const now = state.ended ? "ended" : "active";
    if (now !== drawn) TS.replace(card, ...(state.ended ? TS.data.importEnded(set, state, ctx) : TS.data.importActive(set, ctx, card)));
    drawn = now;
    if (!state.ended) card.update(state);
    return undefined;
  };
  show(set.import);
  TS.poll(card, 1000, async () => show(await ctx.call("import_state", set.id)));
  return card;
};

/** The parts of an import that is under way; `card.update(state)` fills them in. */
TS.data.importActive = function (set, ctx, card) {
  const words = TS.h("p", { class: "ts-soft", role: "status" });
  const bar = TS.h("div", {});
  const size = TS.h("span", { class: "ts-small ts-soft ts-num" });
  const numbers = TS.h("div", { class: "data-numbers" });
  const cancel = TS.h("button", { type: "button", class: "ts-btn", id: "data-import-cancel", onclick: () => TS.act(cancel, async () => {
    if (!(await TS.confirm(TS.t("data.importing.cancel"), TS.t("data.importing.cancel.text"), TS.t("data.importing.cancel")))) return;
    await ctx.call("cancel_import", set.id);
  }) }, TS.icon("x"), TS.t("data.importing.cancel"));
  card.update = (state) => {
    words.textContent = TS.data.importWords(state);
    TS.replace(bar, TS.progress(state.total ? state.bytes / state.total : null, TS.t("data.importing.title")));
    size.textContent = state.total ? TS.t("data.importing.bytes", { done: TS.format.bytes(state.bytes), total: TS.format.bytes(state.total) }) : "";
    TS.replace(numbers, TS.stat(TS.format.number(state.rows), TS.t("data.importing.rows")), TS.stat(TS.format.number(state.rejected), TS.t("data.importing.rejected")),
      state.seconds_left === null ? null : TS.stat(TS.format.duration(state.seconds_left), TS.t("data.importing.left")));
    cancel.disabled = state.status === "stopping";
  };
  return [TS.h("h2", { id: "data-importing-title" }, TS.t("data.importing.title")), words, bar, size, numbers, TS.h("div", { class: "ts-row" }, cancel)];
};

TS.data.importWords = function (state) {
  if (state.status === "stopping") return TS.t("data.importing.cancelling");
  if (state.status === "queued") return state.waiting > 1 ? TS.t("data.importing.queued", { n: TS.format.number(state.waiting - 1) }) : TS.t("data.importing.next");
  return TS.t(state.total && state.bytes >= state.total ? "data.importing.finishing" : "data.importing.reading");
};

/** An import that ended without success: why, and what can be done. */
TS.data.importEnded = function (set, state, ctx) {
  const rows = TS.format.number(state.rows);
  const failed = state.status === "failed" && state.error;
  const reason = failed
    ? TS.note("danger", TS.t("data.importing.failed", { rows }) + TS.t("error." + state.error.code, state.error.params))
    : TS.note("warn", TS.t("data.importing.interrupted", { rows }));
  const leave = (button, address) => TS.act(button, async () => { await ctx.call("cancel_import", set.id); location.assign(address); });
  const resume = TS.h("button", { type: "button", class: "ts-btn primary", id: "data-import-resume", onclick: () => TS.act(resume, () => ctx.call("resume_import", set.id)) }, TS.icon("play"), TS.t("data.importing.resume"));
  const again = TS.h("button", { type: "button", class: "ts-btn" + (state.can_resume ? "" : " primary"), onclick: () => leave(again, TS.url("data", { dataset: set.id, remap: 1 })) }, TS.icon("settings"), TS.t("data.importing.again"));
  const dismiss = TS.h("button", { type: "button", class: "ts-btn ghost", onclick: () => leave(dismiss, TS.url("data", set.status === "draft" ? {} : { dataset: set.id })) }, TS.t("data.importing.dismiss"));
  return [TS.h("h2", { id: "data-importing-title" }, TS.t("data.importing.stopped.title")), reason,
    TS.h("div", { class: "ts-row" }, state.can_resume ? resume : null, again, dismiss)];
};

/** The mark in the list of data sets; null where nothing is imported. */
TS.data.importBadge = (set) => (set.import
  ? TS.h("span", { class: "ts-badge " + (set.import.ended ? "warn" : "neutral") }, TS.t("data.importing.badge" + (set.import.ended ? ".ended" : "")))
  : null);
