/* The tab "Findings": how far the search for faults is, what it found, the worst first, and what is clean. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { t } from "../../../kit/texts.js";
import { finding } from "./finding.js";
import { findingsSettings } from "./findings-settings.js";
import { noteBox, reasonBox } from "../../shared/form-controls.js";

/**
 * @param {Ctx<"data">} ctx
 * @param {Server.DatasetView} set
 */
export function findingsTab(set, ctx) {
  const self = { set, ctx, panels: new Map(), head: h("div", { class: "ts-stack" }), list: h("div", { class: "ts-stack tight findings-list" }), foot: h("div", {}) };
  self.look = (settings) => findingsLook(self, settings);
  self.node = h("div", { class: "ts-stack findings" }, self.head, self.list, self.foot);
  replaceChildren(self.head, h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  findingsBegin(self);
  return self.node;
}

/** @param {Parts<"data">} self */
async function findingsBegin(self) {
  await Promise.resolve(); // until the tab has put the node on the page
  try {
    const [checks, state, operations] = await Promise.all([
      self.ctx.call("audit_checks"), self.ctx.call("audit_state", self.set.id), self.ctx.call("operations", self.set.id)]);
    Object.assign(self, { checks: checks.filter((check) => check.kinds.includes(self.set.kind)), state, operations });
    if (state.state === "none" && state.by_itself) await findingsLook(self, null);
    else findingsDraw(self);
  } catch (error) {
    replaceChildren(self.head, noteBox("danger", error.message));
  }
}

/**
 * Start the search (with the kept settings where they are null) and follow it.
 * @param {Parts<"data">} self
 */
async function findingsLook(self, settings) {
  await self.ctx.call("audit_start", self.set.id, settings);
  self.panels.clear();
  self.state = await self.ctx.call("audit_state", self.set.id);
  findingsDraw(self);
}

const AUDIT_BUSY = ["waiting", "running"];

/** @param {Parts<"data">} self */
function findingsDraw(self) {
  replaceChildren(self.head, findingsHead(self));
  findingsList(self);
  replaceChildren(self.foot, AUDIT_BUSY.includes(self.state.state) ? null : findingsSettings(self));
  if (AUDIT_BUSY.includes(self.state.state)) findingsFollow(self);
}

/** @param {Parts<"data">} self */
function findingsFollow(self) {
  self.stop?.();
  self.stop = poll(self.node, 1000, async () => {
    const before = JSON.stringify(self.state);
    self.state = await self.ctx.call("audit_state", self.set.id);
    if (!AUDIT_BUSY.includes(self.state.state)) {
      self.stop();
      findingsDraw(self);
    } else if (JSON.stringify(self.state) !== before) {
      replaceChildren(self.head, findingsHead(self));
      findingsList(self);
    }
  });
}

/**
 * What is known by now, in one sentence, and the next step.
 * @param {Parts<"data">} self
 */
function findingsHead(self) {
  const { state, rows } = self.state;
  const n = format.number(rows);
  const look = (key, className) => h("button", { type: "button", class: "ts-btn " + className, id: "findings-look", onclick: (event) => runAction(event.currentTarget, () => findingsLook(self, null)) }, drawIcon("search"), t("findings." + key));
  if (state === "none") {
    return h("section", { class: "ts-empty" }, drawIcon("list-checks"), h("h2", {}, t("findings.none.title")),
      h("p", { class: "ts-soft" }, t("findings.lead")), h("p", { class: "ts-soft ts-small" }, t("findings.none", { n })), look("start", "primary"));
  }
  if (AUDIT_BUSY.includes(state)) {
    const words = t(state === "waiting" ? "findings.waiting" : "findings.running", { n });
    const stop = h("button", { type: "button", class: "ts-btn ghost small", id: "findings-stop", onclick: () => runAction(stop, () => self.ctx.call("audit_stop", self.set.id)) }, drawIcon("circle-stop"), t("findings.stop"));
    return h("section", { class: "ts-card findings-state" }, h("div", { class: "ts-spread" }, h("p", { role: "status" }, words), stop),
      progressBar(state === "waiting" ? null : self.state.share, words));
  }
  const failed = state === "failed" ? noteBox("danger", t("findings.failed"), " ", self.state.error ? reasonBox(self.state.error) : "") : null;
  const stopped = state === "stopped" ? noteBox("info", t("findings.stopped")) : null;
  return [failed, stopped, h("div", { class: "ts-spread findings-state" }, findingsSentence(self, n), look("again", "small"))];
}

/** @param {Parts<"data">} self */
function findingsSentence(self, rows) {
  const through = self.checks.filter((check) => self.state.checks[check.key]);
  const found = through.filter((check) => self.state.checks[check.key].rows);
  const clean = through.length && !found.length;
  return h("p", { class: "data-health " + (clean ? "good" : "warn"), role: "status" }, drawIcon(clean ? "circle-check" : "list-checks"),
    clean ? t("findings.all_clean", { n: rows }) : t("findings.some", { n: found.length, all: through.length, rows }));
}

const SEVERITIES = ["serious", "look", "hint"];

/**
 * Checks that found something, each to be opened; those that are clean, off or still to come in one line each.
 * @param {Parts<"data">} self
 */
function findingsList(self) {
  const done = self.state.checks;
  const off = new Set(self.state.settings.off || []);
  const found = self.checks.filter((check) => done[check.key]?.rows).sort((a, b) =>
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const clean = self.checks.filter((check) => done[check.key] && !done[check.key].rows);
  const unasked = self.checks.filter((check) => !done[check.key] && off.has(check.key));
  const waits = self.state.state === "none" ? [] : self.checks.filter((check) => !done[check.key] && !off.has(check.key));
  for (const check of found) if (!self.panels.has(check.key)) self.panels.set(check.key, finding(self, check, done[check.key]));
  const wanted = [...found.map((check) => self.panels.get(check.key)),
    findingsLine("circle-check", "good", "clean", clean), findingsLine("clock", "", "waits", waits), findingsLine("circle-x", "", "unasked", unasked)].filter(Boolean);
  if (found.every((check) => self.panels.get(check.key).parentNode === self.list)) {
    // what is open and focused stays where it is
    self.list.querySelectorAll(":scope > .findings-line").forEach((line) => line.remove());
    self.list.append(...wanted.filter((node) => node.classList.contains("findings-line")));
  } else self.list.replaceChildren(...wanted);
}

const findingsLine = (icon, className, key, checks) => (checks.length ? h("p", { class: "findings-line ts-small " + className, "data-line": key },
  drawIcon(icon), h("span", {}, h("b", {}, t("findings." + key)), " ", checks.map((check) => check.label).join(" · "))) : null);
