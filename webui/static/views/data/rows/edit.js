/* Changing rows by hand: an editor of one row, and a bar that gathers changes until they become one version. */
"use strict";
TS.data = TS.data || {};

/** Changes of rows that are not a version yet; they outlive a refresh, and belong to the version that they were made on. */
TS.data.pendingBar = function (self) {
  const key = "ts-pending-" + self.set.id + "-" + self.set.version;
  const held = TS.data.parse(sessionStorage.getItem(key) || "{}");
  const state = { edits: held.edits || {}, drops: held.drops || [] };
  const node = TS.h("div", { class: "data-pending", role: "region", "aria-label": TS.t("data.pending.title"), hidden: true });
  const count = () => Object.keys(state.edits).length + state.drops.length;
  const draw = () => {
    node.hidden = !count();
    try {
      if (count()) sessionStorage.setItem(key, JSON.stringify(state));
      else sessionStorage.removeItem(key);
    } catch {
      console.warn("the changes are too large to be kept over a refresh");
    }
    if (count()) TS.replace(node, TS.data.pendingWords(self, state, discard, finished));
  };
  const discard = () => { state.edits = {}; state.drops = []; draw(); TS.data.drawRows(self); };
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
};

TS.data.pendingWords = function (self, state, discard, finished) {
  const progress = TS.h("div", { class: "data-pending-work" });
  const words = [["edits", Object.keys(state.edits).length], ["drops", state.drops.length]].filter(([, n]) => n).map(([key, n]) => TS.t("data.pending." + key, { n }));
  const fail = (error) => TS.replace(progress, TS.note("danger", error.message));
  const make = TS.h("button", { type: "button", class: "ts-btn primary small", id: "data-pending-make", onclick: () => TS.act(make, async () => {
    try {
      const made = await self.ctx.call("apply_edits", self.set.id, Object.values(state.edits), state.drops, self.set.version);
      await TS.data.made(progress, made, self.set, self.ctx, async ({ version }) => {
        finished();
        TS.toast(TS.t("data.op.made", { n: version }), "good");
        await TS.data.reload();
      }, fail);
    } catch (error) {
      fail(error);
    }
  }) }, TS.icon("check"), TS.t("data.op.make"));
  return [TS.h("div", { class: "ts-spread" }, TS.h("p", { role: "status" }, words.join(", ")),
    TS.h("div", { class: "ts-row" }, TS.h("button", { type: "button", class: "ts-btn ghost small", onclick: discard }, TS.t("data.pending.discard")), make)), progress];
};

/** Edit a row of the browser. */
TS.data.editInPlace = async function (row, self) {
  const whole = self.pending.edited(row.id) || (row.clipped ? await self.ctx.call("one_row", self.set.id, row.id) : TS.data.stored(row));
  const changed = await TS.data.editRow(whole, self.ctx, TS.t("data.edit.title", { n: row.place + 1 }));
  if (!changed || JSON.stringify(changed) === JSON.stringify(whole)) return;
  self.pending.edit(changed);
  TS.data.drawRows(self);
};

/** A dialog with the fields of a row; resolves to the checked row, or null when it was dismissed. */
TS.data.editRow = function (row, ctx, title, saveLabel) {
  return new Promise((resolve) => {
    const draft = structuredClone(row);
    const wrong = TS.h("div", { "aria-live": "polite" });
    const save = TS.h("button", { type: "submit", class: "ts-btn primary" }, saveLabel || TS.t("data.edit.save"));
    let result = null;
    const form = TS.h("form", { class: "ts-stack", method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      TS.act(save, async () => {
        const fault = await ctx.call("check_row", draft);
        TS.replace(wrong, fault ? TS.note("danger", TS.reason(fault)) : null);
        if (fault) return;
        result = draft;
        dialog.close();
      });
    } }, TS.data.rowFields(draft), wrong,
    TS.h("div", { class: "ts-dialog-actions" }, TS.h("button", { type: "button", class: "ts-btn", onclick: () => dialog.close() }, TS.t("common.cancel")), save));
    const dialog = TS.h("dialog", { class: "ts-dialog wide data-edit", "aria-labelledby": "data-edit-title" }, TS.h("h2", { id: "data-edit-title" }, title), form);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(result); });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("textarea")?.focus();
  });
};

/** Fields for everything in a row that can be changed by hand; they write into `row`. */
TS.data.rowFields = function (row) {
  const node = TS.h("div", { class: "ts-stack data-edit-fields" });
  if (row.text !== undefined) node.append(TS.data.textField("edit-text", TS.t("data.field.text"), row.text, (text) => { row.text = text; }, 12));
  for (const key of ["messages", "prompt", "chosen", "rejected", "completion"]) if (Array.isArray(row[key])) node.append(TS.data.turnsField(row, key));
  if (typeof row.label === "boolean") {
    node.append(TS.h("label", { class: "ts-check" }, TS.h("input", { type: "checkbox", id: "edit-label", checked: row.label, onchange: (event) => { row.label = event.target.checked; } }), TS.t("data.row.label")));
  }
  node.append(TS.field("edit-split", TS.t("data.edit.split"), TS.select("edit-split", ["train", "val", "test"].map((split) => [split, TS.t("data.rows." + split)]), row.split || "train", (split) => { row.split = split; }), {}));
  const extra = Object.entries(row.extra || {});
  if (extra.length) {
    node.append(TS.h("details", { class: "ts-details" }, TS.h("summary", {}, TS.t("data.edit.extra", { n: extra.length })),
      TS.h("div", { class: "form-grid" }, extra.map(([name, value], at) => TS.data.extraField(row, name, value, at)))));
  }
  return node;
};

TS.data.textField = function (id, label, text, oninput, rows) {
  const area = TS.h("textarea", { class: "ts-textarea", id, rows: String(rows || Math.min(12, 2 + Math.ceil(text.length / 90))), dir: "auto", oninput: () => oninput(area.value) });
  area.value = text;
  return TS.field(id, label, area, {});
};

/** Another column keeps its type: numbers stay numbers where what is typed is one. */
TS.data.extraField = function (row, name, value, at) {
  const input = TS.h("input", { class: "ts-input", id: "edit-extra-" + at, type: "text", dir: "auto", oninput: () => {
    const typed = input.value;
    const number = typeof value === "number" && typed.trim() !== "" && Number.isFinite(Number(typed));
    const yes = typeof value === "boolean" && ["true", "false"].includes(typed.trim());
    row.extra[name] = number ? Number(typed) : yes ? typed.trim() === "true" : typed;
  } });
  input.value = String(value ?? "");
  return TS.field(input.id, name, input, {});
};

/** The turns of one list of messages: role and text each, to be added and taken away. */
TS.data.turnsField = function (row, key) {
  const holder = TS.h("div", { class: "ts-stack tight" });
  const roles = ["system", "user", "assistant", "tool"].map((role) => [role, TS.t("data.role." + role)]);
  const redraw = () => TS.replace(holder, row[key].map((message, at) => {
    const id = "edit-" + key + "-" + at;
    const area = TS.h("textarea", { class: "ts-textarea", id, rows: String(Math.min(10, 2 + Math.ceil((message.content || "").length / 90))), dir: "auto", "aria-label": TS.t("data.edit.turn", { n: at + 1 }), oninput: () => { message.content = area.value; } });
    area.value = message.content ?? "";
    const role = TS.select(id + "-role", roles, message.role, (chosen) => { message.role = chosen; });
    role.setAttribute("aria-label", TS.t("data.edit.role", { n: at + 1 }));
    const remove = TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": TS.t("data.edit.remove", { n: at + 1 }), title: TS.t("data.edit.remove", { n: at + 1 }), onclick: () => { row[key].splice(at, 1); redraw(); } }, TS.icon("trash-2"));
    return TS.h("div", { class: "data-edit-turn" }, TS.h("div", { class: "ts-spread" }, role, remove), area,
      message.tool_calls ? TS.h("pre", { class: "data-json" }, JSON.stringify(message.tool_calls, null, 1)) : null);
  }));
  redraw();
  const next = () => (row[key].at(-1)?.role === "user" ? "assistant" : "user");
  const add = TS.h("button", { type: "button", class: "ts-btn ghost small", onclick: () => { row[key].push({ role: next(), content: "" }); redraw(); holder.lastElementChild.querySelector("textarea").focus(); } }, TS.icon("plus"), TS.t("data.edit.add"));
  const title = key === "messages" ? TS.t("data.edit.turns") : TS.t("data.edit.list." + key);
  return TS.h("fieldset", { class: "ts-field" }, TS.h("legend", { class: "ts-label" }, title), holder, add);
};
