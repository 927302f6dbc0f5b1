/* Bringing data: a table typed in the page. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { askFirst, runAction } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { dataSheet } from "./sheet.js";
import { goTo, wayCard } from "./way-card.js";
import { debounce, keepDraft, labelledField, noteBox, reasonBox } from "../../shared/form-controls.js";

/**
 * A typed table; what is typed is kept on the server as it is typed.
 * @param {Ctx<"data">} ctx
 */
export function sheetWay(ctx, close) {
  const holder = h("div", { class: "ts-stack", "aria-busy": "true" }, h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  ctx.call("sheet_draft").then(({ sheet, warnings }) => { sheetForm(holder, sheet, ctx); holder.prepend(...warnings.map((one) => noteBox("warn", reasonBox(one)))); /** @type {HTMLElement | null} */ (holder.querySelector(".sheet-name"))?.focus(); }, (error) => replaceChildren(holder, noteBox("danger", error.message)));
  return wayCard("sheet", close, holder);
}

const SHEET = { columns: ["instruction", "output"], rows: [], name: "" };

/** @param {Ctx<"data">} ctx */
function sheetForm(holder, draft, ctx) {
  const kept = { ...SHEET, ...draft };
  let done = false;
  const state = h("span", { class: "ts-soft ts-small", role: "status" });
  const filled = h("span", { class: "ts-small ts-num" });
  const wrong = h("div", {});
  const name = h("input", { class: "ts-input", id: "data-sheet-name", type: "text", maxlength: "120", value: kept.name, oninput: () => changed() });
  const now = () => ({ ...sheet.value(), rows: filledRows(sheet.value().rows), name: name.value });
  const save = debounce(400, async () => {
    if (done) return;
    try {
      await ctx.call("keep_sheet", now());
      state.textContent = t("data.sheet.kept");
    } catch (error) {
      state.textContent = t("data.sheet.not_kept", { reason: error.message });
    }
  });
  const count = () => { filled.textContent = t("data.sheet.filled", { n: format.number(sheet.value().rows.filter((row) => row.some((cell) => cell.trim())).length) }); };
  const changed = () => { state.textContent = t("data.sheet.keeping"); count(); save(); };
  const sheet = dataSheet({ columns: kept.columns, rows: kept.rows, changed });
  const go = h("button", { type: "button", class: "ts-btn primary", onclick: async () => {
    go.setAttribute("aria-busy", "true");
    try {
      const id = await ctx.call("type_data", sheet.value().columns, filledRows(sheet.value().rows), name.value);
      done = true;
      save.cancel();
      goTo(id);
    } catch (error) {
      replaceChildren(wrong, noteBox("danger", error.message));
    }
    go.removeAttribute("aria-busy");
  } }, t("data.sheet.go"));
  const clear = h("button", { type: "button", class: "ts-btn ghost", onclick: async () => {
    if (!(await askFirst(t("data.sheet.clear.title"), t("data.sheet.clear.text"), t("data.sheet.clear")))) return;
    save.cancel();
    await runAction(clear, () => ctx.call("keep_sheet", null));
    sheetForm(holder, null, ctx);
  } }, t("data.sheet.clear"));
  keepDraft("data_sheet", save, () => (done ? null : now()));
  count();
  holder.removeAttribute("aria-busy");
  replaceChildren(holder, sheet.node, wrong, h("div", { class: "data-way-foot" }, labelledField("data-sheet-name", t("data.sheet.name"), name, {}),
    h("div", { class: "ts-row" }, go, clear, filled, state)));
}

/** Without the empty rows at the end. */
const filledRows = (rows) => rows.slice(0, rows.findLastIndex((row) => row.some((cell) => cell.trim())) + 1);
