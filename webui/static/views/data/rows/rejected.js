/* Rows that the import left out: why, where, repaired in place, or taken away as they were. */
import { appendAll, h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction, toast } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { health } from "../badges.js";
import { parse } from "../import/upload.js";
import { openSet } from "../open-set.js";
import { dataMade } from "../operation.js";
import { textField } from "./edit.js";
import { shownRow } from "../versions/diff.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { debounce, noteBox, onlyLatest, reasonBox, segments } from "../../shared/form-controls.js";

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function rejectedCard(set, ctx) {
  const card = h("section", { class: "ts-card data-rejected-card", "aria-labelledby": "data-rejected-title" });
  const title = h("h2", { id: "data-rejected-title" }, t("data.rejected.title"));
  if (!set.rejected) {
    appendAll(card, [title, health(set)]);
    return card;
  }
  /** @type {any} */
  const self = { set, ctx, rows: [], repairs: keptRepairs(set), listed: 0, repaired: 0, table: h("div", {}), said: h("p", { class: "ts-soft ts-small" }), bar: h("div", { class: "data-pending", hidden: true }) };
  self.more = h("button", { type: "button", class: "ts-btn small", onclick: () => runAction(self.more, load) }, t("data.rejected.more"));
  const load = async () => {
    const part = await ctx.call("rejected_list", set.id, self.rows.length);
    self.rows.push(...part.rows);
    Object.assign(self, { listed: part.listed, repaired: part.repaired });
    drawRejected(self);
  };
  appendAll(card, [h("div", { class: "ts-spread" }, title,
    h("a", { class: "ts-btn small", href: "/files/rejected/" + set.id, download: "" }, drawIcon("download"), t("data.rejected.download"))),
  health(set), self.said, self.table, self.more, self.bar]);
  runAction(self.more, load);
  return card;
}

/**
 * Repairs that are not a version yet outlive a refresh; they belong to the version that they were made on.
 * @param {Server.DatasetView} set
 */
function keptRepairs(set) {
  const key = "ts-repairs-" + set.id + "-" + set.version;
  /** @type {any} */
  const repairs = new Map(Object.values(parse(sessionStorage.getItem(key) || "{}")).map((repair) => [repair.id, repair]));
  repairs.keep = () => {
    if (repairs.size) sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(repairs)));
    else sessionStorage.removeItem(key);
  };
  return repairs;
}

/** @param {Parts<"data">} self */
function drawRejected(self) {
  self.repairs.keep();
  self.said.textContent = [t("data.rejected.lead"), self.repaired ? t("data.rejected.repaired_count", { n: format.number(self.repaired) }) : "",
    self.listed < self.set.rejected ? t("data.rejected.first", { n: format.number(self.listed) }) : ""].filter(Boolean).join(" ");
  replaceChildren(self.table, rejectedTable(self.rows, (row) => repairCell(row, self)));
  self.more.hidden = self.rows.length >= self.listed;
  self.bar.hidden = !self.repairs.size;
  if (self.repairs.size) replaceChildren(self.bar, repairBar(self));
}

/** The table of reasons. action(row): what a row's last cell holds, where there is one. */
export function rejectedTable(rows, action) {
  const files = rows.some((row) => row.file);
  const heads = [...(files ? ["file"] : []), "line", "column", "reason"];
  return h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": t("data.rejected.table") },
    h("table", { class: "ts-table data-rejected" },
      h("thead", {}, h("tr", {}, heads.map((key) => h("th", { scope: "col" }, t("data.rejected." + key))), action ? h("th", { scope: "col" }, t("data.rejected.action")) : null)),
      h("tbody", {}, rows.map((row) => h("tr", {},
        files ? h("td", {}, row.file ?? "–") : null,
        h("td", { class: "ts-num" }, row.line ?? (row.row ? t("data.rejected.row", { n: row.row }) : "–")),
        h("td", {}, row.column ?? "–"),
        h("td", {}, reasonBox(row), row.raw ? h("div", { class: "data-raw ts-mono", dir: "auto" }, row.raw.slice(0, 200)) : null),
        action ? h("td", {}, action(row)) : null)))));
}

/** @param {Parts<"data">} self */
function repairCell(row, self) {
  if (self.repairs.has(row.id)) {
    return h("div", { class: "ts-row" }, h("span", { class: "ts-badge warn" }, t("data.rejected.gathered")),
      h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("data.rejected.undo"), title: t("data.rejected.undo"), onclick: () => { self.repairs.delete(row.id); drawRejected(self); } }, drawIcon("rotate-ccw")));
  }
  if (row.repaired_at) return h("span", { class: "ts-badge good" }, drawIcon("circle-check"), t("data.rejected.repaired"));
  const button = h("button", { type: "button", class: "ts-btn small", "data-repair": row.id, onclick: () => dataRepair(button, row, self) }, drawIcon("pencil"), t("data.rejected.repair"));
  return button;
}

/**
 * Gathered repairs become one version.
 * @param {Parts<"data">} self
 */
function repairBar(self) {
  const progress = h("div", { class: "data-pending-work" });
  const fail = (error) => replaceChildren(progress, noteBox("danger", error.message));
  const make = h("button", { type: "button", class: "ts-btn primary small", id: "data-repairs-make", onclick: () => runAction(make, async () => {
    try {
      const made = await self.ctx.call("repair_rows", self.set.id, [...self.repairs.values()], self.set.version);
      await dataMade(progress, made, self.set, self.ctx, async ({ version }) => {
        self.repairs.clear();
        self.repairs.keep();
        toast(t("data.op.made", { n: version }), "good");
        await openSet.reload();
      }, fail);
    } catch (error) {
      fail(error);
    }
  }) }, drawIcon("check"), t("data.op.make"));
  const discard = () => { self.repairs.clear(); drawRejected(self); };
  return [h("div", { class: "ts-spread" }, h("p", { role: "status" }, t("data.rejected.ready", { n: self.repairs.size })),
    h("div", { class: "ts-row" }, h("button", { type: "button", class: "ts-btn ghost small", onclick: discard }, t("data.pending.discard")), make)), progress];
}

/** @param {Parts<"data">} self */
async function dataRepair(button, row, self) {
  const found = await runAction(button, () => self.ctx.call("rejected_fields", self.set.id, row.id));
  if (!found) return;
  const repair = await repairDialog(found, self);
  if (!repair) return;
  self.repairs.set(row.id, repair);
  drawRejected(self);
}

/**
 * A dialog with the fields of a rejected row (or its raw line) that says at once whether the row works now.
 * @param {Parts<"data">} self
 */
function repairDialog(found, self) {
  return new Promise((resolve) => {
    const repair = { id: found.id };
    let result = /** @type {any} */ (null);
    const verdict = h("div", { class: "data-verdict", "aria-live": "polite" });
    const keep = h("button", { type: "button", class: "ts-btn primary", id: "data-repair-keep", disabled: true, onclick: () => { result = structuredClone(repair); dialog.close(); } }, t("data.rejected.keep"));
    const look = onlyLatest(() => self.ctx.call("try_repair", self.set.id, repair), (tried) => {
      keep.disabled = Boolean(tried.fault);
      replaceChildren(verdict, tried.fault ? noteBox("danger", reasonBox(tried.fault))
        : [h("p", { class: "data-health good" }, drawIcon("circle-check"), t("data.rejected.works")), h("div", { class: "data-change-row data-row" }, cutPreview(shownRow(tried.row)))]);
    }, (error) => replaceChildren(verdict, noteBox("danger", error.message)));
    const soon = debounce(250, look);
    const changed = () => { keep.disabled = true; soon(); };
    const body = h("div", { class: "ts-stack" });
    const show = (how) => { replaceChildren(body, how === "fields" ? repairFields(found, repair, changed) : repairRaw(found, repair, changed)); look(); };
    const dialog = h("dialog", { class: "ts-dialog wide data-edit", "aria-labelledby": "data-repair-title" },
      h("h2", { id: "data-repair-title" }, found.line ? t("data.rejected.title_line", { n: found.line }) : t("data.rejected.title_row")),
      h("p", { class: "ts-soft ts-small" }, reasonBox(found)),
      found.fields ? segments("data-repair-how", t("data.rejected.how"), [["fields", t("data.rejected.fields")], ["raw", t("data.rejected.raw")]], "fields", show) : null,
      body, verdict,
      h("div", { class: "ts-dialog-actions" }, h("button", { type: "button", class: "ts-btn", onclick: () => dialog.close() }, t("common.cancel")), keep));
    dialog.addEventListener("close", () => { soon.cancel(); dialog.remove(); resolve(result); });
    show(found.fields ? "fields" : "raw");
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("textarea")?.focus();
  });
}

function repairFields(found, repair, changed) {
  delete repair.raw;
  repair.values = Object.fromEntries(found.fields);
  return found.fields.map(([name, text], at) => textField("repair-" + at, name, text, (typed) => { repair.values[name] = typed; changed(); }));
}

function repairRaw(found, repair, changed) {
  delete repair.values;
  repair.raw = found.raw;
  return textField("repair-raw", t("data.rejected.raw"), found.raw, (typed) => { repair.raw = typed; changed(); }, 8);
}
