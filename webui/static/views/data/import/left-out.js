/* Columns that nothing learns from although rows have something there: said loudly, with the one tap that uses them. */
import { h } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";
import { noteBox } from "../../shared/form-controls.js";

const SHOWN = 8;
const WORDS = ["text", "nested"];

/** Beside the button that imports: which texts and lists are not learnt, and how much that is; nothing where there are none. */
export function leftOutShort(found, note) {
  const lost = found.left_out.filter((one) => WORDS.includes(one.reads));
  if (!lost.length) return null;
  const columns = lost.slice(0, SHOWN).map((one) => `“${one.column}”`).join(", ") + (lost.length > SHOWN ? " …" : "");
  const share = format.percent(lost.reduce((sum, one) => sum + one.share, 0));
  const look = () => note.scrollIntoView({ block: "start" });
  return h("p", { class: "ts-small data-lost", dir: "auto" }, drawIcon("triangle-alert"), h("span", {}, h("b", {}, t("data.left_out.at_import", { columns, share })), " ",
    h("button", { type: "button", class: "ts-link", id: "data-left-out-look", onclick: look }, t("data.left_out.look"))));
}

/** The note, or nothing. `found` is what a preview says, `use(column, field)` takes a column in. */
export function leftOutNote(found, further, use) {
  const columns = found.left_out;
  if (!columns.length) return null;
  const texts = columns.filter((one) => WORDS.includes(one.reads));
  const line = (one) => leftOutLine(one, found, further, use);
  const rest = columns.filter((one) => !WORDS.includes(one.reads));
  const shown = [...texts, ...(texts.length ? [] : rest)].slice(0, SHOWN);
  const more = columns.filter((one) => !shown.includes(one));
  return noteBox(texts.length ? "warn" : "info",
    h("b", {}, t("data.left_out")), h("p", { class: "ts-small" }, t("data.left_out.lead")),
    h("ul", { class: "data-left-out" }, shown.map(line)),
    more.length ? h("details", { class: "ts-details ts-small" }, h("summary", {}, t("data.left_out.more", { n: format.number(more.length) })),
      h("ul", { class: "data-left-out" }, more.map(line))) : null,
    found.kept.length ? h("p", { class: "ts-soft ts-small data-kept" }, t("data.kept", { columns: columns.map((one) => one.column).filter((column) => found.kept.includes(column)).join(", ") })) : null);
}

function leftOutLine({ column, rows, reads, share, looked }, found, further, use) {
  const numbers = { column, n: format.number(rows), total: format.number(looked) };
  const field = !found.columns.includes(column) || reads === "nested" || (further === "system" && reads !== "text") ? null : further;
  return h("li", { "data-column": column },
    h("span", { dir: "auto" }, found.whole ? t("data.left_out.rows", numbers) : t("data.left_out.first_rows", numbers), " ", h("b", {}, t("data.left_out.share", { share: format.percent(share) }))),
    field ? h("button", { type: "button", class: "ts-btn small", "aria-label": field === "input" ? t("data.left_out.input_named", { column }) : t("data.left_out.system_named", { column }),
      onclick: () => use(column, field) }, field === "input" ? t("data.left_out.input") : t("data.left_out.system")) : null);
}
