/* Rows that the import left out: why, where, repaired in place, or taken away as they were. */
"use strict";
TS.data = TS.data || {};

TS.data.rejectedCard = function (set, ctx) {
  const card = TS.h("section", { class: "ts-card data-rejected-card", "aria-labelledby": "data-rejected-title" });
  const title = TS.h("h2", { id: "data-rejected-title" }, TS.t("data.rejected.title"));
  if (!set.rejected) {
    TS.append(card, [title, TS.data.health(set)]);
    return card;
  }
  const self = { set, ctx, rows: [], repairs: TS.data.keptRepairs(set), listed: 0, repaired: 0, table: TS.h("div", {}), said: TS.h("p", { class: "ts-soft ts-small" }), bar: TS.h("div", { class: "data-pending", hidden: true }) };
  self.more = TS.h("button", { type: "button", class: "ts-btn small", onclick: () => TS.act(self.more, load) }, TS.t("data.rejected.more"));
  const load = async () => {
    const part = await ctx.call("rejected_list", set.id, self.rows.length);
    self.rows.push(...part.rows);
    Object.assign(self, { listed: part.listed, repaired: part.repaired });
    TS.data.drawRejected(self);
  };
  TS.append(card, [TS.h("div", { class: "ts-spread" }, title,
    TS.h("a", { class: "ts-btn small", href: "/files/rejected/" + set.id, download: "" }, TS.icon("download"), TS.t("data.rejected.download"))),
  TS.data.health(set), self.said, self.table, self.more, self.bar]);
  TS.act(self.more, load);
  return card;
};

/** Repairs that are not a version yet outlive a refresh; they belong to the version that they were made on. */
TS.data.keptRepairs = function (set) {
  const key = "ts-repairs-" + set.id + "-" + set.version;
  const repairs = new Map(Object.values(TS.data.parse(sessionStorage.getItem(key) || "{}")).map((repair) => [repair.id, repair]));
  repairs.keep = () => {
    if (repairs.size) sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(repairs)));
    else sessionStorage.removeItem(key);
  };
  return repairs;
};

TS.data.drawRejected = function (self) {
  self.repairs.keep();
  self.said.textContent = [TS.t("data.rejected.lead"), self.repaired ? TS.t("data.rejected.repaired_count", { n: TS.format.number(self.repaired) }) : "",
    self.listed < self.set.rejected ? TS.t("data.rejected.first", { n: TS.format.number(self.listed) }) : ""].filter(Boolean).join(" ");
  TS.replace(self.table, TS.data.rejectedTable(self.rows, (row) => TS.data.repairCell(row, self)));
  self.more.hidden = self.rows.length >= self.listed;
  self.bar.hidden = !self.repairs.size;
  if (self.repairs.size) TS.replace(self.bar, TS.data.repairBar(self));
};

/** The table of reasons. action(row): what a row's last cell holds, where there is one. */
TS.data.rejectedTable = function (rows, action) {
  const files = rows.some((row) => row.file);
  const heads = [...(files ? ["file"] : []), "line", "column", "reason"];
  return TS.h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": TS.t("data.rejected.table") },
    TS.h("table", { class: "ts-table data-rejected" },
      TS.h("thead", {}, TS.h("tr", {}, heads.map((key) => TS.h("th", { scope: "col" }, TS.t("data.rejected." + key))), action ? TS.h("th", { scope: "col" }, TS.t("data.rejected.action")) : null)),
      TS.h("tbody", {}, rows.map((row) => TS.h("tr", {},
        files ? TS.h("td", {}, row.file ?? "–") : null,
        TS.h("td", { class: "ts-num" }, row.line ?? (row.row ? TS.t("data.rejected.row", { n: row.row }) : "–")),
        TS.h("td", {}, row.column ?? "–"),
        TS.h("td", {}, TS.reason(row), row.raw ? TS.h("div", { class: "data-raw ts-mono", dir: "auto" }, row.raw.slice(0, 200)) : null),
        action ? TS.h("td", {}, action(row)) : null)))));
};

TS.data.repairCell = function (row, self) {
  if (self.repairs.has(row.id)) {
    return TS.h("div", { class: "ts-row" }, TS.h("span", { class: "ts-badge warn" }, TS.t("data.rejected.gathered")),
      TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": TS.t("data.rejected.undo"), title: TS.t("data.rejected.undo"), onclick: () => { self.repairs.delete(row.id); TS.data.drawRejected(self); } }, TS.icon("rotate-ccw")));
  }
  if (row.repaired_at) return TS.h("span", { class: "ts-badge good" }, TS.icon("circle-check"), TS.t("data.rejected.repaired"));
  const button = TS.h("button", { type: "button", class: "ts-btn small", "data-repair": row.id, onclick: () => TS.data.repair(button, row, self) }, TS.icon("pencil"), TS.t("data.rejected.repair"));
  return button;
};

/** Gathered repairs become one version. */
TS.data.repairBar = function (self) {
  const progress = TS.h("div", { class: "data-pending-work" });
  const fail = (error) => TS.replace(progress, TS.note("danger", error.message));
  const make = TS.h("button", { type: "button", class: "ts-btn primary small", id: "data-repairs-make", onclick: () => TS.act(make, async () => {
    try {
      const made = await self.ctx.call("repair_rows", self.set.id, [...self.repairs.values()], self.set.version);
      await TS.data.made(progress, made, self.set, self.ctx, async ({ version }) => {
        self.repairs.clear();
        self.repairs.keep();
        TS.toast(TS.t("data.op.made", { n: version }), "good");
        await TS.data.reload();
      }, fail);
    } catch (error) {
      fail(error);
    }
  }) }, TS.icon("check"), TS.t("data.op.make"));
  const discard = () => { self.repairs.clear(); TS.data.drawRejected(self); };
  return [TS.h("div", { class: "ts-spread" }, TS.h("p", { role: "status" }, TS.t("data.rejected.ready", { n: self.repairs.size })),
    TS.h("div", { class: "ts-row" }, TS.h("button", { type: "button", class: "ts-btn ghost small", onclick: discard }, TS.t("data.pending.discard")), make)), progress];
};

TS.data.repair = async function (button, row, self) {
  const found = await TS.act(button, () => self.ctx.call("rejected_fields", self.set.id, row.id));
  if (!found) return;
  const repair = await TS.data.repairDialog(found, self);
  if (!repair) return;
  self.repairs.set(row.id, repair);
  TS.data.drawRejected(self);
};

/** A dialog with the fields of a rejected row (or its raw line) that says at once whether the row works now. */
TS.data.repairDialog = function (found, self) {
  return new Promise((resolve) => {
    const repair = { id: found.id };
    let result = null;
    const verdict = TS.h("div", { class: "data-verdict", "aria-live": "polite" });
    const keep = TS.h("button", { type: "button", class: "ts-btn primary", id: "data-repair-keep", disabled: true, onclick: () => { result = structuredClone(repair); dialog.close(); } }, TS.t("data.rejected.keep"));
    const look = TS.latest(() => self.ctx.call("try_repair", self.set.id, repair), (tried) => {
      keep.disabled = Boolean(tried.fault);
      TS.replace(verdict, tried.fault ? TS.note("danger", TS.reason(tried.fault))
        : [TS.h("p", { class: "data-health good" }, TS.icon("circle-check"), TS.t("data.rejected.works")), TS.h("div", { class: "data-change-row data-row" }, TS.data.shownRow(tried.row))]);
    }, (error) => TS.replace(verdict, TS.note("danger", error.message)));
    const soon = TS.debounce(250, look);
    const changed = () => { keep.disabled = true; soon(); };
    const body = TS.h("div", { class: "ts-stack" });
    const show = (how) => { TS.replace(body, how === "fields" ? TS.data.repairFields(found, repair, changed) : TS.data.repairRaw(found, repair, changed)); look(); };
    const dialog = TS.h("dialog", { class: "ts-dialog wide data-edit", "aria-labelledby": "data-repair-title" },
      TS.h("h2", { id: "data-repair-title" }, found.line ? TS.t("data.rejected.title_line", { n: found.line }) : TS.t("data.rejected.title_row")),
      TS.h("p", { class: "ts-soft ts-small" }, TS.reason(found)),
      found.fields ? TS.segments("data-repair-how", TS.t("data.rejected.how"), [["fields", TS.t("data.rejected.fields")], ["raw", TS.t("data.rejected.raw")]], "fields", show) : null,
      body, verdict,
      TS.h("div", { class: "ts-dialog-actions" }, TS.h("button", { type: "button", class: "ts-btn", onclick: () => dialog.close() }, TS.t("common.cancel")), keep));
    dialog.addEventListener("close", () => { soon.cancel(); dialog.remove(); resolve(result); });
    show(found.fields ? "fields" : "raw");
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("textarea")?.focus();
  });
};

TS.data.repairFields = function (found, repair, changed) {
  delete repair.raw;
  repair.values = Object.fromEntries(found.fields);
  return found.fields.map(([name, text], at) => TS.data.textField("repair-" + at, name, text, (typed) => { repair.values[name] = typed; changed(); }));
};

TS.data.repairRaw = function (found, repair, changed) {
  delete repair.values;
  repair.raw = found.raw;
  return TS.data.textField("repair-raw", TS.t("data.rejected.raw"), found.raw, (typed) => { repair.raw = typed; changed(); }, 8);
};
