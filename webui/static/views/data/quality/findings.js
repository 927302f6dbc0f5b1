/* The tab "Findings": how far the search for faults is, what it found, the worst first, and what is clean. */
"use strict";
TS.data = TS.data || {};
TS.data.tab = TS.data.tab || {};

TS.data.tab.findings = function (set, ctx) {
  const self = { set, ctx, panels: new Map(), head: TS.h("div", { class: "ts-stack" }), list: TS.h("div", { class: "ts-stack tight findings-list" }), foot: TS.h("div", {}) };
  self.node = TS.h("div", { class: "ts-stack findings" }, self.head, self.list, self.foot);
  TS.replace(self.head, TS.h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  TS.data.findingsBegin(self);
  return self.node;
};

TS.data.findingsBegin = async function (self) {
  await Promise.resolve(); // until the tab has put the node on the page
  try {
    const [checks, state, operations] = await Promise.all([
      self.ctx.call("audit_checks"), self.ctx.call("audit_state", self.set.id), self.ctx.call("operations", self.set.id)]);
    Object.assign(self, { checks: checks.filter((check) => check.kinds.includes(self.set.kind)), state, operations });
    if (state.state === "none" && state.by_itself) await TS.data.findingsLook(self, null);
    else TS.data.findingsDraw(self);
  } catch (error) {
    TS.replace(self.head, TS.note("danger", error.message));
  }
};

/** Start the search (with the kept settings where they are null) and follow it. */
TS.data.findingsLook = async function (self, settings) {
  await self.ctx.call("audit_start", self.set.id, settings);
  self.panels.clear();
  self.state = await self.ctx.call("audit_state", self.set.id);
  TS.data.findingsDraw(self);
};

TS.data.AUDIT_BUSY = ["waiting", "running"];

TS.data.findingsDraw = function (self) {
  TS.replace(self.head, TS.data.findingsHead(self));
  TS.data.findingsList(self);
  TS.replace(self.foot, TS.data.AUDIT_BUSY.includes(self.state.state) ? null : TS.data.findingsSettings(self));
  if (TS.data.AUDIT_BUSY.includes(self.state.state)) TS.data.findingsFollow(self);
};

TS.data.findingsFollow = function (self) {
  self.stop?.();
  self.stop = TS.poll(self.node, 1000, async () => {
    const before = JSON.stringify(self.state);
    self.state = await self.ctx.call("audit_state", self.set.id);
    if (!TS.data.AUDIT_BUSY.includes(self.state.state)) {
      self.stop();
      TS.data.findingsDraw(self);
    } else if (JSON.stringify(self.state) !== before) {
      TS.replace(self.head, TS.data.findingsHead(self));
      TS.data.findingsList(self);
    }
  });
};

/** What is known by now, in one sentence, and the next step. */
TS.data.findingsHead = function (self) {
  const { state, rows } = self.state;
  const n = TS.format.number(rows);
  const look = (key, className) => TS.h("button", { type: "button", class: "ts-btn " + className, id: "findings-look", onclick: (event) => TS.act(event.currentTarget, () => TS.data.findingsLook(self, null)) }, TS.icon("search"), TS.t("findings." + key));
  if (state === "none") {
    return TS.h("section", { class: "ts-empty" }, TS.icon("list-checks"), TS.h("h2", {}, TS.t("findings.none.title")),
      TS.h("p", { class: "ts-soft" }, TS.t("findings.lead")), TS.h("p", { class: "ts-soft ts-small" }, TS.t("findings.none", { n })), look("start", "primary"));
  }
  if (TS.data.AUDIT_BUSY.includes(state)) {
    const words = TS.t(state === "waiting" ? "findings.waiting" : "findings.running", { n });
    const stop = TS.h("button", { type: "button", class: "ts-btn ghost small", id: "findings-stop", onclick: () => TS.act(stop, () => self.ctx.call("audit_stop", self.set.id)) }, TS.icon("circle-stop"), TS.t("findings.stop"));
    return TS.h("section", { class: "ts-card findings-state" }, TS.h("div", { class: "ts-spread" }, TS.h("p", { role: "status" }, words), stop),
      TS.progress(state === "waiting" ? null : self.state.share, words));
  }
  const failed = state === "failed" ? TS.note("danger", TS.t("findings.failed"), " ", self.state.error ? TS.reason(self.state.error) : "") : null;
  const stopped = state === "stopped" ? TS.note("info", TS.t("findings.stopped")) : null;
  return [failed, stopped, TS.h("div", { class: "ts-spread findings-state" }, TS.data.findingsSentence(self, n), look("again", "small"))];
};

TS.data.findingsSentence = function (self, rows) {
  const through = self.checks.filter((check) => self.state.checks[check.key]);
  const found = through.filter((check) => self.state.checks[check.key].rows);
  const clean = through.length && !found.length;
  return TS.h("p", { class: "data-health " + (clean ? "good" : "warn"), role: "status" }, TS.icon(clean ? "circle-check" : "list-checks"),
    clean ? TS.t("findings.all_clean", { n: rows }) : TS.t("findings.some", { n: found.length, all: through.length, rows }));
};

TS.data.SEVERITIES = ["serious", "look", "hint"];
TS.data.SEVERITY_ICONS = { serious: "triangle-alert", look: "eye", hint: "info" };

/** Checks that found something, each to be opened; those that are clean, off or still to come in one line each. */
TS.data.findingsList = function (self) {
  const done = self.state.checks;
  const off = new Set(self.state.settings.off || []);
  const found = self.checks.filter((check) => done[check.key]?.rows).sort((a, b) =>
    TS.data.SEVERITIES.indexOf(a.severity) - TS.data.SEVERITIES.indexOf(b.severity));
  const clean = self.checks.filter((check) => done[check.key] && !done[check.key].rows);
  const unasked = self.checks.filter((check) => !done[check.key] && off.has(check.key));
  const waits = self.state.state === "none" ? [] : self.checks.filter((check) => !done[check.key] && !off.has(check.key));
  for (const check of found) if (!self.panels.has(check.key)) self.panels.set(check.key, TS.data.finding(self, check, done[check.key]));
  const wanted = [...found.map((check) => self.panels.get(check.key)),
    TS.data.findingsLine("circle-check", "good", "clean", clean), TS.data.findingsLine("clock", "", "waits", waits), TS.data.findingsLine("circle-x", "", "unasked", unasked)].filter(Boolean);
  if (found.every((check) => self.panels.get(check.key).parentNode === self.list)) {
    // what is open and focused stays where it is
    self.list.querySelectorAll(":scope > .findings-line").forEach((line) => line.remove());
    self.list.append(...wanted.filter((node) => node.classList.contains("findings-line")));
  } else self.list.replaceChildren(...wanted);
};

TS.data.findingsLine = (icon, className, key, checks) => (checks.length ? TS.h("p", { class: "findings-line ts-small " + className, "data-line": key },
  TS.icon(icon), TS.h("span", {}, TS.h("b", {}, TS.t("findings." + key)), " ", checks.map((check) => check.label).join(" · "))) : null);

/** A line on each card of the library: what the last search found there. */
TS.data.auditMarks = async function (holder, ctx) {
  const marks = await ctx.call("audit_marks");
  for (const card of holder.querySelectorAll("[data-dataset]")) {
    const found = marks[card.dataset.dataset];
    const level = !found ? null : found.serious ? "serious" : found.look + found.hint ? "look" : "clean";
    if (!level) continue;
    const n = level === "look" ? found.look + found.hint : found.serious;
    const words = level === "clean" ? TS.t("findings.mark.clean") : TS.t("findings.mark." + level + (n === 1 ? ".one" : ""), { n });
    const mark = TS.h("p", { class: "data-health " + (level === "clean" ? "good" : level === "serious" ? "danger" : "warn"), "data-mark": level },
      TS.icon(level === "clean" ? "circle-check" : TS.data.SEVERITY_ICONS[level]),
      TS.h("a", { class: "ts-link", href: TS.url("data", { dataset: card.dataset.dataset, tab: "findings" }) }, words));
    card.querySelector(".data-card-foot").before(mark);
  }
};
