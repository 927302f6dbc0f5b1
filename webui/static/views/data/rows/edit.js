/* Changing rows by hand: an editor of one row, and a bar that gathers changes until they become one version. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { shownJson, typedNumber } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction, toast } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { parse } from "../import/upload.js";
import { openSet } from "../open-set.js";
import { dataMade } from "../operation.js";
import { typedJson } from "./typed.js";
import { labelledField, noteBox, reasonBox, selectField } from "../../shared/form-controls.js";

/**
 * Changes of rows that are not a version yet; they outlive a refresh, and belong to the version that they were made on.
 * @param {Parts<"data">} self
 */
export function pendingBar(self) {
  const key = "ts-pending-" + self.set.id + "-" + self.set.version;
  const held = parse(sessionStorage.getItem(key) || "{}");
  const state = { edits: held.edits || {}, drops: held.drops || [] };
  const node = h("div", { class: "data-pending", role: "region", "aria-label": t("data.pending.title"), hidden: true });
  const count = () => Object.keys(state.edits).length + state.drops.length;
  const draw = () => {
    node.hidden = !count();
    try {
      if (count()) sessionStorage.setItem(key, JSON.stringify(state));
      else sessionStorage.removeItem(key);
    } catch {
      console.warn("the changes are too large to be kept over a refresh");
    }
    if (count()) replaceChildren(node, pendingWords(self, state, discard, finished));
  };
  const discard = () => { state.edits = {}; state.drops = []; draw(); self.draw(); };
  const finished = () => { state.edits = {}; state.drops = []; draw(); };
  draw();
  return {
    node,
    edited: (id) => state.edits[id],
    dropped: (id) => state.drops.includes(id),
    edit(row) { state.edits[row.id] = row; state.drops = state.drops.filter((id) => id !== row.id); draw(); },
    drop(id) { delete state.edits[id]; if (!state.drops.includes(id)) state.drops.push(id); draw(); },
    undo(id) { delete state.edits[id]; state.drops = state.drops.filter((one) => one !== id); draw(); },
  };
}

/** @param {Parts<"data">} self */
function pendingWords(self, state, discard, finished) {
  const progress = h("div", { class: "data-pending-work" });
  const words = [["edits", Object.keys(state.edits).length], ["drops", state.drops.length]].filter(([, n]) => n).map(([key, n]) => t("data.pending." + key, { n }));
  const fail = (error) => replaceChildren(progress, noteBox("danger", error.message));
  const make = h("button", { type: "button", class: "ts-btn primary small", id: "data-pending-make", onclick: () => runAction(make, async () => {
    try {
      const made = await self.ctx.call("apply_edits", self.set.id, Object.values(state.edits), state.drops, self.set.version);
      await dataMade(progress, made, self.set, self.ctx, async ({ version }) => {
        finished();
        toast(t("data.op.made", { n: version }), "good");
        await openSet.reload();
      }, fail);
    } catch (error) {
      fail(error);
    }
  }) }, drawIcon("check"), t("data.op.make"));
  return [h("div", { class: "ts-spread" }, h("p", { role: "status" }, words.join(", ")),
    h("div", { class: "ts-row" }, h("button", { type: "button", class: "ts-btn ghost small", onclick: discard }, t("data.pending.discard")), make)), progress];
}

/**
 * Edit a row of the browser.
 * @param {Parts<"data">} self
 */
export async function editInPlace(row, self) {
  const whole = self.pending.edited(row.id) || (row.clipped ? await self.ctx.call("one_row", self.set.id, row.id) : stored(row));
  const changed = await editRow(whole, self.ctx, t("data.edit.title", { n: row.place + 1 }));
  if (!changed || JSON.stringify(changed) === JSON.stringify(whole)) return;
  self.pending.edit(changed);
  self.draw();
}

/**
 * A dialog with the fields of a row; resolves to the checked row, or null when it was dismissed.
 * @param {any} row
 * @param {Ctx<"data">} ctx
 * @param {string} title
 * @param {string} [saveLabel]
 */
export function editRow(row, ctx, title, saveLabel) {
  return new Promise((resolve) => {
    const draft = structuredClone(row);
    const wrong = h("div", { "aria-live": "polite" });
    const save = h("button", { type: "submit", class: "ts-btn primary" }, saveLabel || t("data.edit.save"));
    let result = null;
    const form = h("form", { class: "ts-stack", method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      runAction(save, async () => {
        const fault = await ctx.call("check_row", draft);
        replaceChildren(wrong, fault ? noteBox("danger", reasonBox(fault)) : null);
        if (fault) return;
        result = draft;
        dialog.close();
      });
    } }, rowFields(draft), wrong,
    h("div", { class: "ts-dialog-actions" }, h("button", { type: "button", class: "ts-btn", onclick: () => dialog.close() }, t("common.cancel")), save));
    const dialog = h("dialog", { class: "ts-dialog wide data-edit", "aria-labelledby": "data-edit-title" }, h("h2", { id: "data-edit-title" }, title), form);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(result); });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("textarea")?.focus();
  });
}

/** Fields for everything in a row that can be changed by hand; they write into `row`. */
function rowFields(row) {
  const node = h("div", { class: "ts-stack data-edit-fields" });
  if (row.text !== undefined) node.append(textField("edit-text", t("data.field.text"), row.text, (text) => { row.text = text; }, 12));
  for (const key of ["messages", "prompt", "chosen", "rejected", "completion"]) if (Array.isArray(row[key])) node.append(turnsField(row, key));
  (row.answers || []).forEach((_answer, at) => node.append(turnsField(row.answers, at, t("data.edit.answer", { n: at + 1 })), rankField(row, at)));
  if (typeof row.label === "boolean") {
    node.append(h("label", { class: "ts-check" }, h("input", { type: "checkbox", id: "edit-label", checked: row.label, onchange: (event) => { row.label = event.target.checked; } }), t("data.row.label")));
  }
  node.append(labelledField("edit-split", t("data.edit.split"), selectField("edit-split", ["train", "val", "test"].map((split) => [split, t("data.rows." + split)]), row.split || "train", (split) => { row.split = split; }), {}));
  node.append(weightFields(row));
  const extra = Object.entries(row.extra || {});
  if (extra.length) {
    node.append(h("details", { class: "ts-details" }, h("summary", {}, t("data.edit.extra", { n: extra.length })),
      h("div", { class: "form-grid" }, extra.map(([name, value], at) => extraField(row, name, value, at)))));
  }
  return node;
}

/** Which rank an answer has among the others: 1 is best, equal ones are ties. */
function rankField(row, at) {
  const input = h("input", { class: "ts-input", id: "edit-rank-" + at, type: "number", min: "1", step: "1", oninput: () => { row.ranks[at] = +input.value; delete row.scores; } });
  input.value = String(row.ranks[at]);
  return labelledField(input.id, t("data.row.rank_of", { n: at + 1 }), input, {});
}

/** How much the row and each of its answers count; an empty field counts once. */
function weightFields(row) {
  const field = (id, label, holder) => {
    const input = h("input", { class: "ts-input", id, type: "number", min: "0", step: "any", placeholder: "1", oninput: () => {
      if (input.value === "") delete holder.weight;
      else holder.weight = +input.value;
    } });
    input.value = String(holder.weight ?? "");
    return labelledField(id, label, input, {});
  };
  const answers = ["messages", "prompt", "chosen", "rejected", "completion"].flatMap((key) => (row[key] || []).map((message, at) => ({ message, at, key }))).filter(({ message }) => message.role === "assistant");
  return h("details", { class: "ts-details", open: [row, ...answers.map(({ message }) => message)].some((one) => one.weight !== undefined) }, h("summary", {}, t("data.edit.weights")),
    h("div", { class: "form-grid" }, field("edit-weight", t("data.edit.weight_row"), row),
      answers.map(({ message, at, key }) => field(`edit-${key}-${at}-weight`, t("data.edit.weight_turn", { n: at + 1 }), message))));
}

export function textField(id, label, text, oninput, rows) {
  const area = h("textarea", { class: "ts-textarea", id, rows: String(rows || Math.min(12, 2 + Math.ceil(text.length / 90))), dir: "auto", oninput: () => oninput(area.value) });
  area.value = text;
  return labelledField(id, label, area, {});
}

/** Another column keeps its type: numbers stay numbers where what is typed is one. */
function extraField(row, name, value, at) {
  const input = h("input", { class: "ts-input", id: "edit-extra-" + at, type: "text", dir: "auto", oninput: () => {
    const typed = input.value;
    const number = ["number", "bigint"].includes(typeof value) ? typedNumber(typed) : null;
    const yes = typeof value === "boolean" && ["true", "false"].includes(typed.trim());
    row.extra[name] = number ?? (yes ? typed.trim() === "true" : typed);
  } });
  input.value = String(value ?? "");
  return labelledField(input.id, name, input, {});
}

/** The turns of one list of messages: role and text each, to be added and taken away. */
function turnsField(row, key, name) {
  const holder = h("div", { class: "ts-stack tight" });
  const roles = ["system", "user", "assistant", "tool"].map((role) => [role, t("data.role." + role)]);
  const redraw = () => replaceChildren(holder, row[key].map((message, at) => {
    const id = "edit-" + key + "-" + at;
    const area = h("textarea", { class: "ts-textarea", id, rows: String(Math.min(10, 2 + Math.ceil((message.content || "").length / 90))), dir: "auto", "aria-label": t("data.edit.turn", { n: at + 1 }), oninput: () => { message.content = area.value; } });
    area.value = message.content ?? "";
    const role = selectField(id + "-role", roles, message.role, (chosen) => { message.role = chosen; });
    role.setAttribute("aria-label", t("data.edit.role", { n: at + 1 }));
    const remove = h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("data.edit.remove", { n: at + 1 }), title: t("data.edit.remove", { n: at + 1 }), onclick: () => { row[key].splice(at, 1); redraw(); } }, drawIcon("trash-2"));
    return h("div", { class: "data-edit-turn" }, h("div", { class: "ts-spread" }, role, remove), thoughtField(id, message), area,
      message.tool_calls ? callsField(id, message, at) : null);
  }));
  redraw();
  const next = () => (row[key].at(-1)?.role === "user" ? "assistant" : "user");
  const add = h("button", { type: "button", class: "ts-btn ghost small", onclick: () => { row[key].push({ role: next(), content: "" }); redraw(); holder.lastElementChild?.querySelector("textarea")?.focus(); } }, drawIcon("plus"), t("data.edit.add"));
  const title = name || (key === "messages" ? t("data.edit.turns") : t("data.edit.list." + key));
  return h("fieldset", { class: "ts-field" }, h("legend", { class: "ts-label" }, title), holder, add);
}

/** The calls of a turn as JSON; with what is none the row is not kept. */
function callsField(id, message, at) {
  const area = h("textarea", { class: "ts-textarea", id: id + "-calls", rows: "8", dir: "ltr", spellcheck: "false", "aria-label": t("data.edit.calls", { n: at + 1 }), oninput: () => {
    const calls = typedJson(area.value);
    area.setCustomValidity(Array.isArray(calls) ? "" : t("data.edit.calls.wrong"));
    if (!Array.isArray(calls)) return;
    if (calls.length) message.tool_calls = calls;
    else delete message.tool_calls;
  } });
  area.value = shownJson(message.tool_calls, 1);
  return area;
}

/** The thinking of an answer that has one: what is emptied is taken away. */
function thoughtField(id, message) {
  if (message.reasoning_content === undefined) return null;
  return textField(id + "-thought", t("data.role.thinking"), message.reasoning_content, (text) => {
    if (text.trim()) message.reasoning_content = text;
    else delete message.reasoning_content;
  });
}

/** The row as it lies in the file, without what the list adds. */
export const stored = ({ place: _place, clipped: _clipped, numbers: _numbers, ...row }) => row;
