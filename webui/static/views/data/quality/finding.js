/* One finding: its sentence, its repairs, and its rows with what was found marked in them. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageLocale, t } from "../../../kit/texts.js";
import { SEVERITY_ICONS } from "../badges.js";
import { dataMade, dataOperation } from "../operation.js";
import { editRow } from "../rows/edit.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { noteBox } from "../../shared/form-controls.js";

/**
 * @param {Parts<"data">} self
 * @param {Server.CheckForm} check
 */
export function finding(self, check, { rows, groups }) {
  const body = h("div", { class: "ts-stack finding-body" });
  const sentence = foundSentence(check.found, { rows, groups });
  const node = h("details", { class: "ts-card finding " + check.severity, "data-check": check.key },
    h("summary", {}, h("span", { class: "finding-head" },
      h("span", { class: "finding-shape", "aria-hidden": "true" }, drawIcon(SEVERITY_ICONS[check.severity])),
      h("span", { class: "finding-words" },
        h("span", { class: "ts-row" }, h("b", {}, check.label), h("span", { class: "ts-badge " + SEVERITY_BADGES[check.severity] }, t("findings.severity." + check.severity))),
        h("span", { class: "ts-soft ts-small" }, sentence)),
      h("span", { class: "ts-num finding-count", "aria-hidden": "true" }, format.number(/\{(\w+)/.exec(check.found)?.[1] === "groups" ? groups : rows)),
      drawIcon("chevron-down"))),
    body);
  node.addEventListener("toggle", () => { if (node.open && !body.childElementCount) findingOpen(self, check, body); });
  return node;
}

/** `{rows|row is|rows are}`: the number, and the words that suit it. */
const foundSentence = (text, numbers) => text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_whole, name, one, many) =>
  format.number(numbers[name]) + (one === undefined ? "" : " " + (numbers[name] === 1 ? one : many)));

const SEVERITY_BADGES = { serious: "danger", look: "warn", hint: "neutral" };

/**
 * @param {Parts<"data">} self
 * @param {Server.CheckForm} check
 */
function findingOpen(self, check, body) {
  const holder = h("div", { class: "ts-stack finding-rows" });
  const more = h("button", { type: "button", class: "ts-btn small", hidden: true, onclick: () => runAction(more, load) }, t("findings.more"));
  let next = /** @type {number | null} */ (0);
  const load = async () => {
    const part = await self.ctx.call("audit_found", self.set.id, check.key, next || 0);
    for (const group of grouped(part.rows)) holder.append(foundGroup(self, check, group));
    next = part.next;
    more.hidden = next === null;
    if (!holder.childElementCount) holder.append(noteBox("info", t("findings.gone")));
  };
  replaceChildren(body, h("p", { class: "ts-soft ts-small finding-help" }, check.help), fixes(self, check), holder, more);
  runAction(more, load);
}

/**
 * Repairs as buttons; a press opens the form with its effect below.
 * @param {Parts<"data">} self
 * @param {Server.CheckForm} check
 */
function fixes(self, check) {
  const panel = h("div", { class: "finding-fix" });
  const known = new Map(self.operations.map((operation) => [operation.key, operation]));
  const buttons = check.fixes.filter((fix) => known.has(fix.operation)).map((fix, at) => h("button", {
    type: "button", class: "ts-btn small", "aria-expanded": "false", "data-fix": fix.operation, "data-at": String(at),
    onclick: (event) => {
      const open = event.currentTarget.getAttribute("aria-expanded") === "true";
      buttons.forEach((button) => button.setAttribute("aria-expanded", "false"));
      replaceChildren(panel);
      if (open) return;
      event.currentTarget.setAttribute("aria-expanded", "true");
      const operation = known.get(fix.operation);
      replaceChildren(panel, h("div", { class: "ts-stack tight" }, h("p", { class: "ts-small" }, operation.help), dataOperation(self.set, self.ctx, operation, { values: fix.values })));
    },
  }, drawIcon(FIX_ICONS[fix.operation] || "wand-sparkles"), fix.label));
  return h("div", { class: "ts-stack tight", role: "group", "aria-label": t("findings.fixes") },
    h("div", { class: "ts-row" }, h("span", { class: "ts-label" }, t("findings.fixes")), buttons),
    h("p", { class: "ts-soft ts-small" }, t(buttons.length ? "findings.fix.by_hand" : "findings.fixes.none")), panel);
}

const FIX_ICONS = { drop_found: "trash-2", keep_one: "copy", mask_found: "eye", strip_found: "wand-sparkles", shorten_found: "pencil", move_to_train: "arrow-right", mend_encoding: "wand-sparkles" };

/** Rows that belong together, in lists of their own. */
function grouped(rows) {
  const groups = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last && row.group !== null && last[0].group === row.group) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

/**
 * @param {Parts<"data">} self
 * @param {Server.CheckForm} check
 */
function foundGroup(self, check, rows) {
  const cards = rows.map((row) => foundRow(self, check, row));
  if (rows[0].group === null) return cards[0];
  return h("div", { class: "finding-group", role: "group", "aria-label": t("findings.group", { n: format.number(rows[0].group + 1) }) },
    h("p", { class: "ts-label", "aria-hidden": "true" }, t("findings.group", { n: format.number(rows[0].group + 1) })), h("div", { class: "finding-side" }, cards));
}

/**
 * @param {Parts<"data">} self
 * @param {Server.CheckForm} check
 */
function foundRow(self, check, row) {
  const number = { n: format.number(row.place + 1) };
  const button = (icon, key, act) => h("button", { type: "button", class: "ts-btn ghost small", "aria-label": t(key) + ": " + t("findings.row.number", number), onclick: (event) => runAction(event.currentTarget, act) }, drawIcon(icon), t(key));
  const work = h("div", {});
  return h("article", { class: "finding-row", "data-row": String(row.id) },
    h("header", { class: "ts-spread" },
      h("div", { class: "ts-row ts-small ts-soft" }, h("span", { class: "ts-num" }, t("findings.row.number", number)),
        row.line ? h("span", { class: "ts-num" }, t("findings.row.line", { n: format.number(row.line) })) : null,
        h("span", { class: "ts-badge " + row.split }, t("data.rows." + row.split))),
      h("div", { class: "ts-row finding-act" },
        button("pencil", "findings.row.edit", () => foundEdit(self, row, work)),
        button("trash-2", "findings.row.drop", () => foundApply(self, [], [row.id], work)))),
    h("p", { class: "ts-small finding-why" }, foundWhy(row.detail)),
    h("div", { class: "finding-texts" }, cutPreview(foundParts(row.parts))), work);
}

/** What was found in a row, as a sentence. */
function foundWhy(detail) {
  const shown = { ...detail };
  const list = new Intl.ListFormat(pageLocale(), { type: "conjunction" });
  if (detail.kinds) shown.names = list.format(detail.kinds.map((kind) => t("finding.kind." + kind)));
  if (detail.wanted) for (const key of ["is", "wanted"]) shown[key] = new Intl.DisplayNames(pageLocale(), { type: "language" }).of(detail[key]);
  for (const key of ["length", "limit", "times", "answers"]) if (typeof detail[key] === "number") shown[key] = format.number(detail[key]);
  return t("finding." + detail.code, shown);
}

/** The texts of a row; what was found stands in marks. */
const foundParts = (parts) => parts.map((part, at) => {
  const first = part.list === "answers" || ["chosen", "rejected"].includes(part.list) && parts[at - 1]?.list !== part.list;
  const marks = part.pieces.map(([text, kind]) => (kind ? h("mark", { class: "finding-mark", title: t("finding.kind." + kind) }, text) : text));
  const role = part.role === "text" ? null : h("span", { class: part.role === "system" ? "bubble-role" : "ts-sr" }, t("data.role." + part.role));
  return [first || part.name ? h("p", { class: "ts-label" }, part.name || t("finding.list." + part.list)) : null,
    h("div", { class: "ts-bubble " + part.role }, role, h("div", { class: "bubble-text", dir: "auto" }, marks))];
});

/**
 * Edit one row in a dialog; what was written becomes a version.
 * @param {Parts<"data">} self
 */
async function foundEdit(self, row, work) {
  const whole = await self.ctx.call("one_row", self.set.id, row.id);
  const changed = await editRow(whole, self.ctx, t("findings.row.number", { n: format.number(row.place + 1) }), t("data.op.make"));
  if (changed && JSON.stringify(changed) !== JSON.stringify(whole)) await foundApply(self, [changed], [], work);
}

/** @param {Parts<"data">} self */
async function foundApply(self, edits, drops, work) {
  const made = await self.ctx.call("apply_edits", self.set.id, edits, drops, self.set.version);
  await dataMade(work, made, self.set, self.ctx, null, (error) => replaceChildren(work, noteBox("danger", error.message)));
}
