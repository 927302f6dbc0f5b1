/* One row in the browser: its place and numbers, what it holds, and what can be done with it. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format, shownJson } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { openSet } from "../open-set.js";
import { editInPlace, stored } from "./edit.js";
import { shownRow } from "../versions/diff.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { noteBox, reasonBox } from "../../shared/form-controls.js";

/** @param {Parts<"data">} self */
export function dataRow(row, self) {
  const edited = self.pending.edited(row.id);
  const dropped = self.pending.dropped(row.id);
  const shown = edited || row;
  const node = h("article", { class: "data-row" + (dropped ? " dropped" : ""), "data-row": row.id },
    h("header", { class: "ts-spread" },
      h("div", { class: "ts-row ts-small ts-soft" },
        h("span", { class: "ts-num" }, t("data.rows.number", { n: row.place + 1 })),
        row.line ? h("span", { class: "ts-num" }, t("data.rows.line", { n: row.line })) : null,
        row.file ? h("span", {}, row.file) : null,
        h("span", { class: "ts-badge " + shown.split }, t("data.rows." + shown.split)),
        row.origin ? originBadge(row.origin) : null,
        edited ? h("span", { class: "ts-badge warn" }, t("data.row.edited")) : null,
        dropped ? h("span", { class: "ts-badge danger" }, t("data.row.dropped")) : null,
        h("span", { class: "ts-num" }, t("data.row.characters", { n: format.number(row.numbers.characters) }))),
      rowActions(row, self, edited || dropped)),
    rowBody(shown, self));
  return node;
}

/** @param {Parts<"data">} self */
function rowActions(row, self, pending) {
  const button = (icon, key, onclick) => h("button", { type: "button", class: "ts-icon-btn", "aria-label": t(key, { n: row.place + 1 }), title: t(key, { n: row.place + 1 }), onclick }, drawIcon(icon));
  return h("div", { class: "ts-row data-row-act" },
    pending || row.split !== "train" || row.text !== undefined ? null : button("sparkles", "rewrite.this", () => { openSet.toRewrite = [row.id]; openSet.openTab("shape"); }),
    pending ? button("rotate-ccw", "data.row.undo", () => { self.pending.undo(row.id); self.draw(); }) : null,
    button("pencil", "data.row.edit", () => editInPlace(row, self)),
    button("trash-2", "data.row.drop", () => { self.pending.drop(row.id); self.draw(); }));
}

/** @param {Parts<"data">} self */
function rowBody(row, self) {
  if (self.view === "raw") return h("pre", { class: "data-json", tabindex: "0" }, shownJson(stored(row), 2));
  if (self.view === "tokens") return h("div", { class: "data-row-tokens", "data-tokens-of": row.id, "aria-busy": "true" });
  return [cutPreview(shownRow(row)), row.clipped ? h("button", { type: "button", class: "ts-link ts-small", onclick: (event) => showWhole(event.target, row, self) }, t("data.row.whole")) : null];
}

/** @param {Parts<"data">} self */
async function showWhole(button, row, self) {
  const whole = await runAction(button, () => self.ctx.call("one_row", self.set.id, row.id));
  if (!whole) return;
  Object.assign(row, whole, { clipped: false });
  self.draw();
}

/**
 * Fetch the tokens of the rows on the page, in one call.
 * @param {Parts<"data">} self
 */
export async function fillTokens(self) {
  const holders = new Map(self.rows.map((row) => [row.id, self.list.querySelector(`[data-tokens-of="${row.id}"]`)]));
  const tell = (node) => holders.forEach((holder) => holder && replaceChildren(holder, node(holder)));
  if (!self.model) return tell(() => noteBox("info", t("data.tokens.no_model")));
  const asked = self.model;
  try {
    const found = await self.ctx.call("tokens_of_rows", self.set.id, self.rows.map((row) => row.id), asked);
    for (const one of found) {
      const holder = holders.get(one.id);
      if (!holder?.isConnected || asked !== self.model) continue;
      holder.removeAttribute("aria-busy");
      replaceChildren(holder, tokensOf(one));
    }
  } catch (error) {
    tell(() => noteBox("danger", error.message));
  }
  return undefined;
}

/** Tokens with the mask: what is learnt is marked by colour and by a line below. */
function tokensOf(one) {
  if (one.error) return noteBox("warn", reasonBox(one.error));
  return [
    h("p", { class: "ts-small ts-soft" }, t("data.row.tokens", { n: format.number(one.length), trained: format.number(one.trained) })),
    one.weights?.length ? noteBox("info", t("data.row.weighted", { n: one.weights.map((weight) => format.number(weight, 6)).join(", ") })) : null,
    one.over ? noteBox("warn", t("data.row.over", { n: format.number(one.length), limit: format.number(one.over) })) : null,
    one.skipped_turns ? noteBox("warn", t("data.row.skipped", { n: one.skipped_turns })) : null,
    one.lost_thoughts ? noteBox("warn", t("data.row.thoughts", { n: one.lost_thoughts })) : null,
    one.open_ends ? noteBox("warn", t("data.row.open_ends", { n: one.open_ends })) : null,
    one.cropped ? noteBox("warn", t("data.row.cropped", { n: one.cropped })) : null,
    one.controls ? noteBox("info", t("data.row.controls")) : null,
    one.trained === 0 ? noteBox("warn", t("data.row.unlearnt")) : null,
    h("div", { class: "ts-tokens", dir: "auto", tabindex: "0", role: "group", "aria-label": t("data.row.tokens", { n: format.number(one.length), trained: format.number(one.trained) }) }, one.tokens.map((token) => h("span", { class: token.trained ? "trained" : "masked", title: token.weight === undefined ? null : t("data.row.weight", { n: format.number(token.weight, 6) }) }, token.text))),
    one.more ? h("p", { class: "ts-small ts-soft" }, t("data.row.more_tokens", { n: format.number(one.more) })) : null];
}

/** What the marks mean, once above the rows. */
export const tokenKey = () => h("p", { class: "ts-tokens data-token-key" },
  h("span", { class: "trained" }, t("data.row.key.trained")), " ", h("span", { class: "masked" }, t("data.row.key.masked")));

/** Where a row that no file held comes from, in a word. */
const ORIGINS = ["copy", "paraphrase", "openings", "noise", "rewrite", "mix", "replay", "own_file", "playground"];
const originBadge = (origin) => h("span", { class: "ts-badge neutral" }, drawIcon(["mix", "replay", "own_file"].includes(origin.code) ? "layers" : origin.code === "copy" ? "copy" : "sparkles"),
  ORIGINS.includes(origin.code) ? t("data.origin." + origin.code) : t("data.row.made"));
