/* One row in the browser: its place and numbers, what it holds, and what can be done with it. */
"use strict";
TS.data = TS.data || {};

TS.data.row = function (row, self) {
  const edited = self.pending.edited(row.id);
  const dropped = self.pending.dropped(row.id);
  const shown = edited || row;
  const node = TS.h("article", { class: "data-row" + (dropped ? " dropped" : ""), "data-row": row.id },
    TS.h("header", { class: "ts-spread" },
      TS.h("div", { class: "ts-row ts-small ts-soft" },
        TS.h("span", { class: "ts-num" }, TS.t("data.rows.number", { n: row.place + 1 })),
        row.line ? TS.h("span", { class: "ts-num" }, TS.t("data.rows.line", { n: row.line })) : null,
        row.file ? TS.h("span", {}, row.file) : null,
        TS.h("span", { class: "ts-badge " + shown.split }, TS.t("data.rows." + shown.split)),
        row.origin ? TS.data.originBadge(row.origin) : null,
        edited ? TS.h("span", { class: "ts-badge warn" }, TS.t("data.row.edited")) : null,
        dropped ? TS.h("span", { class: "ts-badge danger" }, TS.t("data.row.dropped")) : null,
        TS.h("span", { class: "ts-num" }, TS.t("data.row.characters", { n: TS.format.number(row.numbers.characters) }))),
      TS.data.rowActions(row, self, edited || dropped)),
    TS.data.rowBody(shown, self));
  return node;
};

TS.data.rowActions = function (row, self, pending) {
  const button = (icon, key, onclick) => TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": TS.t(key, { n: row.place + 1 }), title: TS.t(key, { n: row.place + 1 }), onclick }, TS.icon(icon));
  return TS.h("div", { class: "ts-row data-row-act" },
    pending || row.split !== "train" || row.text !== undefined ? null : button("sparkles", "rewrite.this", () => { TS.data.toRewrite = [row.id]; TS.data.openTab("shape"); }),
    pending ? button("rotate-ccw", "data.row.undo", () => { self.pending.undo(row.id); TS.data.drawRows(self); }) : null,
    button("pencil", "data.row.edit", () => TS.data.editInPlace(row, self)),
    button("trash-2", "data.row.drop", () => { self.pending.drop(row.id); TS.data.drawRows(self); }));
};

TS.data.rowBody = function (row, self) {
  if (self.view === "raw") return TS.h("pre", { class: "data-json", tabindex: "0" }, JSON.stringify(TS.data.stored(row), null, 2));
  if (self.view === "tokens") return TS.h("div", { class: "data-row-tokens", "data-tokens-of": row.id, "aria-busy": "true" });
  return [TS.data.shownRow(row), row.clipped ? TS.h("button", { type: "button", class: "ts-link ts-small", onclick: (event) => TS.data.showWhole(event.target, row, self) }, TS.t("data.row.whole")) : null];
};

/** The row as it lies in the file, without what the list adds. */
TS.data.stored = ({ place: _place, clipped: _clipped, numbers: _numbers, ...row }) => row;

TS.data.showWhole = async function (button, row, self) {
  const whole = await TS.act(button, () => self.ctx.call("one_row", self.set.id, row.id));
  if (!whole) return;
  Object.assign(row, whole, { clipped: false });
  TS.data.drawRows(self);
};

/** Fetch the tokens of the rows on the page, in one call. */
TS.data.fillTokens = async function (self) {
  const holders = new Map(self.rows.map((row) => [row.id, self.list.querySelector(`[data-tokens-of="${row.id}"]`)]));
  const tell = (node) => holders.forEach((holder) => holder && TS.replace(holder, node(holder)));
  if (!self.model) return tell(() => TS.note("info", TS.t("data.tokens.no_model")));
  const asked = self.model;
  try {
    const found = await self.ctx.call("tokens_of_rows", self.set.id, self.rows.map((row) => row.id), asked);
    for (const one of found) {
      const holder = holders.get(one.id);
      if (!holder?.isConnected || asked !== self.model) continue;
      holder.removeAttribute("aria-busy");
      TS.replace(holder, TS.data.tokensOf(one));
    }
  } catch (error) {
    tell(() => TS.note("danger", error.message));
  }
  return undefined;
};

/** Tokens with the mask: what is learnt is marked by colour and by a line below. */
TS.data.tokensOf = function (one) {
  if (one.error) return TS.note("warn", TS.reason(one.error));
  return [
    TS.h("p", { class: "ts-small ts-soft" }, TS.t("data.row.tokens", { n: TS.format.number(one.length), trained: TS.format.number(one.trained) })),
    one.over ? TS.note("warn", TS.t("data.row.over", { n: TS.format.number(one.length), limit: TS.format.number(one.over) })) : null,
    one.skipped_turns ? TS.note("warn", TS.t("data.row.skipped", { n: one.skipped_turns })) : null,
    one.trained === 0 ? TS.note("warn", TS.t("data.row.unlearnt")) : null,
    TS.h("div", { class: "ts-tokens", dir: "auto" }, one.tokens.map((token) => TS.h("span", { class: token.trained ? "trained" : "masked" }, token.text))),
    one.more ? TS.h("p", { class: "ts-small ts-soft" }, TS.t("data.row.more_tokens", { n: TS.format.number(one.more) })) : null];
};

/** What the marks mean, once above the rows. */
TS.data.tokenKey = () => TS.h("p", { class: "ts-tokens data-token-key" },
  TS.h("span", { class: "trained" }, TS.t("data.row.key.trained")), " ", TS.h("span", { class: "masked" }, TS.t("data.row.key.masked")));

/** Where a row that no file held comes from, in a word. */
TS.data.ORIGINS = ["copy", "paraphrase", "openings", "noise", "rewrite", "mix", "replay", "own_file", "playground"];
TS.data.originBadge = (origin) => TS.h("span", { class: "ts-badge neutral" }, TS.icon(["mix", "replay", "own_file"].includes(origin.code) ? "layers" : origin.code === "copy" ? "copy" : "sparkles"),
  TS.data.ORIGINS.includes(origin.code) ? TS.t("data.origin." + origin.code) : TS.t("data.row.made"));
