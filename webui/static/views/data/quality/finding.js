/* One finding: its sentence, its repairs, and its rows with what was found marked in them. */
"use strict";
TS.data = TS.data || {};

TS.data.finding = function (self, check, { rows, groups }) {
  const body = TS.h("div", { class: "ts-stack finding-body" });
  const sentence = TS.data.foundSentence(check.found, { rows, groups });
  const node = TS.h("details", { class: "ts-card finding " + check.severity, "data-check": check.key },
    TS.h("summary", {}, TS.h("span", { class: "finding-head" },
      TS.h("span", { class: "finding-shape", "aria-hidden": "true" }, TS.icon(TS.data.SEVERITY_ICONS[check.severity])),
      TS.h("span", { class: "finding-words" },
        TS.h("span", { class: "ts-row" }, TS.h("b", {}, check.label), TS.h("span", { class: "ts-badge " + TS.data.SEVERITY_BADGES[check.severity] }, TS.t("findings.severity." + check.severity))),
        TS.h("span", { class: "ts-soft ts-small" }, sentence)),
      TS.h("span", { class: "ts-num finding-count", "aria-hidden": "true" }, TS.format.number(/\{(\w+)/.exec(check.found)[1] === "groups" ? groups : rows)),
      TS.icon("chevron-down"))),
    body);
  node.addEventListener("toggle", () => { if (node.open && !body.childElementCount) TS.data.findingOpen(self, check, body); });
  return node;
};

/** `{rows|row is|rows are}`: the number, and the words that suit it. */
TS.data.foundSentence = (text, numbers) => text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_whole, name, one, many) =>
  TS.format.number(numbers[name]) + (one === undefined ? "" : " " + (numbers[name] === 1 ? one : many)));

TS.data.SEVERITY_BADGES = { serious: "danger", look: "warn", hint: "neutral" };

TS.data.findingOpen = function (self, check, body) {
  const holder = TS.h("div", { class: "ts-stack finding-rows" });
  const more = TS.h("button", { type: "button", class: "ts-btn small", hidden: true, onclick: () => TS.act(more, load) }, TS.t("findings.more"));
  let next = 0;
  const load = async () => {
    const part = await self.ctx.call("audit_found", self.set.id, check.key, next);
    for (const group of TS.data.grouped(part.rows)) holder.append(TS.data.foundGroup(self, check, group));
    next = part.next;
    more.hidden = next === null;
    if (!holder.childElementCount) holder.append(TS.note("info", TS.t("findings.gone")));
  };
  TS.replace(body, TS.h("p", { class: "ts-soft ts-small finding-help" }, check.help), TS.data.fixes(self, check), holder, more);
  TS.act(more, load);
};

/** Repairs as buttons; a press opens the form with its effect below. */
TS.data.fixes = function (self, check) {
  const panel = TS.h("div", { class: "finding-fix" });
  const known = new Map(self.operations.map((operation) => [operation.key, operation]));
  const buttons = check.fixes.filter((fix) => known.has(fix.operation)).map((fix, at) => TS.h("button", {
    type: "button", class: "ts-btn small", "aria-expanded": "false", "data-fix": fix.operation, "data-at": String(at),
    onclick: (event) => {
      const open = event.currentTarget.getAttribute("aria-expanded") === "true";
      buttons.forEach((button) => button.setAttribute("aria-expanded", "false"));
      TS.replace(panel);
      if (open) return;
      event.currentTarget.setAttribute("aria-expanded", "true");
      const operation = known.get(fix.operation);
      TS.replace(panel, TS.h("div", { class: "ts-stack tight" }, TS.h("p", { class: "ts-small" }, operation.help), TS.data.operation(self.set, self.ctx, operation, { values: fix.values })));
    },
  }, TS.icon(TS.data.FIX_ICONS[fix.operation] || "wand-sparkles"), fix.label));
  return TS.h("div", { class: "ts-stack tight", role: "group", "aria-label": TS.t("findings.fixes") },
    TS.h("div", { class: "ts-row" }, TS.h("span", { class: "ts-label" }, TS.t("findings.fixes")), buttons),
    TS.h("p", { class: "ts-soft ts-small" }, TS.t(buttons.length ? "findings.fix.by_hand" : "findings.fixes.none")), panel);
};

TS.data.FIX_ICONS = { drop_found: "trash-2", keep_one: "copy", mask_found: "eye", shorten_found: "pencil", move_to_train: "arrow-right", mend_encoding: "wand-sparkles" };

/** Rows that belong together, in lists of their own. */
TS.data.grouped = function (rows) {
  const groups = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last && row.group !== null && last[0].group === row.group) last.push(row);
    else groups.push([row]);
  }
  return groups;
};

TS.data.foundGroup = function (self, check, rows) {
  const cards = rows.map((row) => TS.data.foundRow(self, check, row));
  if (rows[0].group === null) return cards[0];
  return TS.h("div", { class: "finding-group", role: "group", "aria-label": TS.t("findings.group", { n: TS.format.number(rows[0].group + 1) }) },
    TS.h("p", { class: "ts-label", "aria-hidden": "true" }, TS.t("findings.group", { n: TS.format.number(rows[0].group + 1) })), TS.h("div", { class: "finding-side" }, cards));
};

TS.data.foundRow = function (self, check, row) {
  const number = { n: TS.format.number(row.place + 1) };
  const button = (icon, key, act) => TS.h("button", { type: "button", class: "ts-btn ghost small", "aria-label": TS.t(key) + ": " + TS.t("findings.row.number", number), onclick: (event) => TS.act(event.currentTarget, act) }, TS.icon(icon), TS.t(key));
  const work = TS.h("div", {});
  return TS.h("article", { class: "finding-row", "data-row": String(row.id) },
    TS.h("header", { class: "ts-spread" },
      TS.h("div", { class: "ts-row ts-small ts-soft" }, TS.h("span", { class: "ts-num" }, TS.t("findings.row.number", number)),
        row.line ? TS.h("span", { class: "ts-num" }, TS.t("findings.row.line", { n: TS.format.number(row.line) })) : null,
        TS.h("span", { class: "ts-badge " + row.split }, TS.t("data.rows." + row.split))),
      TS.h("div", { class: "ts-row finding-act" },
        button("pencil", "findings.row.edit", () => TS.data.foundEdit(self, row, work)),
        button("trash-2", "findings.row.drop", () => TS.data.foundApply(self, [], [row.id], work)))),
    TS.h("p", { class: "ts-small finding-why" }, TS.data.foundWhy(row.detail)),
    TS.h("div", { class: "finding-texts" }, TS.data.foundParts(row.parts)), work);
};

/** What was found in a row, as a sentence. */
TS.data.foundWhy = function (detail) {
  const shown = { ...detail };
  const list = new Intl.ListFormat(TS.locale(), { type: "conjunction" });
  if (detail.kinds) shown.names = list.format(detail.kinds.map((kind) => TS.t("finding.kind." + kind)));
  if (detail.wanted) for (const key of ["is", "wanted"]) shown[key] = new Intl.DisplayNames(TS.locale(), { type: "language" }).of(detail[key]);
  for (const key of ["length", "limit", "times", "answers"]) if (typeof detail[key] === "number") shown[key] = TS.format.number(detail[key]);
  return TS.t("finding." + detail.code, shown);
};

/** The texts of a row; what was found stands in marks. */
TS.data.foundParts = (parts) => parts.map((part, at) => {
  const first = ["chosen", "rejected"].includes(part.list) && parts[at - 1]?.list !== part.list;
  const marks = part.pieces.map(([text, kind]) => (kind ? TS.h("mark", { class: "finding-mark", title: TS.t("finding.kind." + kind) }, text) : text));
  const role = part.role === "text" ? null : TS.h("span", { class: part.role === "system" ? "bubble-role" : "ts-sr" }, TS.t("data.role." + part.role));
  return [first || part.name ? TS.h("p", { class: "ts-label" }, part.name || TS.t("finding.list." + part.list)) : null,
    TS.h("div", { class: "ts-bubble " + part.role }, role, TS.h("div", { class: "bubble-text", dir: "auto" }, marks))];
});

/** Edit one row in a dialog; what was written becomes a version. */
TS.data.foundEdit = async function (self, row, work) {
  const whole = await self.ctx.call("one_row", self.set.id, row.id);
  const changed = await TS.data.editRow(whole, self.ctx, TS.t("findings.row.number", { n: TS.format.number(row.place + 1) }), TS.t("data.op.make"));
  if (changed && JSON.stringify(changed) !== JSON.stringify(whole)) await TS.data.foundApply(self, [changed], [], work);
};

TS.data.foundApply = async function (self, edits, drops, work) {
  const made = await self.ctx.call("apply_edits", self.set.id, edits, drops, self.set.version);
  await TS.data.made(work, made, self.set, self.ctx, null, (error) => TS.replace(work, TS.note("danger", error.message)));
};
