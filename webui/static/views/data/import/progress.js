/* A long import: how far it is, cancel, resume, and how it ended. It goes on without the page. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { askFirst, progressBar, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { statBox } from "../badges.js";
import { noteBox } from "../../shared/form-controls.js";

/**
 * Below the head of a data set: its import, followed until it is done; `again` leads back to the mapping.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function importing(set, ctx) {
  /** @type {any} */
  const card = h("section", { class: "ts-card ts-stack data-importing", "aria-labelledby": "data-importing-title" });
  const done = () => location.assign(pageUrl("data", { dataset: set.id }));
  let drawn = "";
  const show = (state) => {
    if (!state) return done();
    const now = state.ended ? "ended" : "active";
    if (now !== drawn) replaceChildren(card, ...(state.ended ? importEnded(set, state, ctx) : importActive(set, ctx, card)));
    drawn = now;
    if (!state.ended) card.update(state);
    return undefined;
  };
  show(set.import);
  poll(card, 1000, async () => show(await ctx.call("import_state", set.id)));
  return card;
}

/**
 * The parts of an import that is under way; `card.update(state)` fills them in.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function importActive(set, ctx, card) {
  const words = h("p", { class: "ts-soft", role: "status" });
  const bar = h("div", {});
  const size = h("span", { class: "ts-small ts-soft ts-num" });
  const numbers = h("div", { class: "data-numbers" });
  const cancel = h("button", { type: "button", class: "ts-btn", id: "data-import-cancel", onclick: () => runAction(cancel, async () => {
    if (!(await askFirst(t("data.importing.cancel"), t("data.importing.cancel.text"), t("data.importing.cancel.sure"), t("data.importing.cancel.keep")))) return;
    await ctx.call("cancel_import", set.id);
  }) }, drawIcon("x"), t("data.importing.cancel"));
  card.update = (state) => {
    words.textContent = importWords(state);
    replaceChildren(bar, progressBar(state.total ? state.bytes / state.total : null, t("data.importing.title")));
    size.textContent = state.total ? t("data.importing.bytes", { done: format.bytes(state.bytes), total: format.bytes(state.total) }) : "";
    replaceChildren(numbers, statBox(format.number(state.rows), t("data.importing.rows")), statBox(format.number(state.rejected), t("data.importing.rejected")),
      state.seconds_left === null ? null : statBox(format.duration(state.seconds_left), t("data.importing.left")));
    cancel.disabled = state.status === "stopping";
  };
  return [h("h2", { id: "data-importing-title" }, t("data.importing.title")), words, bar, size, numbers, h("div", { class: "ts-row" }, cancel)];
}

function importWords(state) {
  if (state.status === "stopping") return t("data.importing.cancelling");
  if (state.status === "queued") return state.waiting > 1 ? t("data.importing.queued", { n: format.number(state.waiting - 1) }) : t("data.importing.next");
  return t(state.total && state.bytes >= state.total ? "data.importing.finishing" : "data.importing.reading");
}

/**
 * An import that ended without success: why, and what can be done.
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
function importEnded(set, state, ctx) {
  const rows = format.number(state.rows);
  const failed = state.status === "failed" && state.error;
  const reason = failed
    ? noteBox("danger", t("data.importing.failed", { rows }) + state.error.message)
    : noteBox("warn", t("data.importing.interrupted", { rows }));
  const leave = (button, address) => runAction(button, async () => { await ctx.call("cancel_import", set.id); location.assign(address); });
  const resume = h("button", { type: "button", class: "ts-btn primary", id: "data-import-resume", onclick: () => runAction(resume, () => ctx.call("resume_import", set.id)) }, drawIcon("play"), t("data.importing.resume"));
  const again = h("button", { type: "button", class: "ts-btn" + (state.can_resume ? "" : " primary"), onclick: () => leave(again, pageUrl("data", { dataset: set.id, remap: 1 })) }, drawIcon("settings"), t("data.importing.again"));
  const dismiss = h("button", { type: "button", class: "ts-btn ghost", onclick: () => leave(dismiss, pageUrl("data", set.status === "draft" ? {} : { dataset: set.id })) }, t("data.importing.dismiss"));
  return [h("h2", { id: "data-importing-title" }, t("data.importing.stopped.title")), reason,
    h("div", { class: "ts-row" }, state.can_resume ? resume : null, again, dismiss)];
}
