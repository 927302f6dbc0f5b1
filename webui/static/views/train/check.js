/* Being sure before the start: a dry run that counts memory exactly, and a few real steps that measure time. Both are jobs
   of their own; their outcome belongs to the settings they were made with. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { t } from "../../kit/texts.js";
import { noteBox, reasonBox } from "../shared/form-controls.js";

const CHECKS = ["check", "probe"];
/** @param {Parts<"train">} w */
const foundOf = (w, which) => (which === "check" ? w.ctx.call("check_of", w.raw()) : w.ctx.call("probe_of", w.raw()));
/** @param {Parts<"train">} w */
const startOf = (w, which) => (which === "check" ? w.ctx.call("start_check", w.raw()) : w.ctx.call("start_probe", w.raw()));
const WAITS = ["queued", "starting", "running", "stopping"];

/**
 * The settings that a check depends on.
 * @param {Parts<"train">} w
 */
const checkable = (w) => JSON.stringify({ ...w.raw(), name: "", sample_prompts: [] });

/**
 * What was found for the settings as they are now; null when nothing was, or for others.
 * @param {Parts<"train">} w
 */
const checked = (w, which) => (w.checks?.[which]?.asked === checkable(w) ? w.checks[which].found : null);

/** @param {Parts<"train">} w */
export const checksPart = (w) => h("section", { class: "ts-card train-checks", "aria-labelledby": "train-checks-title" },
  h("div", {}, h("h3", { id: "train-checks-title" }, t("train.checks.title")), h("p", { class: "ts-soft ts-small" }, t("train.checks.lead"))),
  CHECKS.map((which) => checkRow(w, which)));

/**
 * One of them: what it does, its button, how far it is, what it found.
 * @param {Parts<"train">} w
 */
function checkRow(w, which) {
  const state = h("div", { class: "check-state", "aria-live": "polite" });
  const button = h("button", { type: "button", class: "ts-btn small", id: "train-" + which, onclick: () => runAction(button, begin) });
  const row = h("div", { class: "train-check", "data-check": which },
    h("div", { class: "ts-spread" }, h("div", { class: "check-words" }, h("b", {}, t("train." + which + ".title")), h("p", { class: "ts-soft ts-small" }, t("train." + which + ".means"))), button), state);
  let stop = /** @type {(() => void) | null} */ (null);
  let refused = null;
  let shown = "";
  const draw = () => {
    checkButton(w, which, button);
    replaceChildren(state, refused ? noteBox("info", refused) : checkState(w, which));
  };
  const look = async () => {
    const asked = checkable(w);
    const found = await foundOf(w, which);
    const before = w.checks[which];
    if (found || before?.asked === asked) w.checks[which] = found ? { asked, found } : undefined;
    const waits = WAITS.includes(found?.status || "");
    if (!waits && stop) { stop(); stop = null; }
    if (waits && !stop) stop = poll(row, 1000, look);
    const now = JSON.stringify([asked, found]);
    if (now === shown) return; // a reader of the screen is told only what is new
    shown = now;
    draw();
    w.tell("checks");
    if (before?.asked === asked && WAITS.includes(before.found.status) && found?.status === "succeeded") w.replanNow(); // what was measured counts from now on
  };
  const begin = async () => {
    refused = null;
    shown = "";
    try {
      await startOf(w, which);
      await look();
    } catch (error) {
      refused = error.message;
      draw();
    }
  };
  w.on("plan", draw, "step");
  draw();
  look().catch(() => {});
  return row;
}

/** @param {Parts<"train">} w */
function checkButton(w, which, button) {
  const found = checked(w, which);
  button.hidden = WAITS.includes(found?.status || "") || (which === "check" && found?.status === "succeeded"); // counting again counts the same
  button.disabled = !w.complete() || Boolean(which === "probe" && w.planned());
  button.textContent = t(found ? `train.${which}.again` : `train.${which}.start`);
}

/** @param {Parts<"train">} w */
function checkState(w, which) {
  const found = checked(w, which);
  const other = w.checks[which];
  if (which === "probe" && w.planned()) return h("p", { class: "ts-small ts-soft" }, t("train.probe.planned"));
  if (!found) return other?.found.status === "succeeded" ? h("p", { class: "ts-small check-stale" }, drawIcon("clock", 14), " ", t("train.checks.stale")) : null;
  if (WAITS.includes(found.status)) return checkProgress(w, which, found);
  if (found.status === "succeeded") return [h("p", { class: "ts-small check-result" }, drawIcon("circle-check", 16), h("span", {}, checkWords(which, found))), checkParts(found)];
  if (found.error) return noteBox("warn", reasonBox(found.error));
  return h("p", { class: "ts-small ts-soft" }, t("train.checks.cancelled"));
}

/** @param {Parts<"train">} w */
function checkProgress(w, which, found) {
  const words = found.status === "queued" ? t("train.checks.waiting") : which === "probe" && found.step ? t("train.probe.step", { n: found.step }) : t("train." + which + ".runs");
  const cancel = h("button", { type: "button", class: "ts-btn ghost small", id: "train-" + which + "-cancel", onclick: () => runAction(cancel, () => w.ctx.call("cancel_check", found.job)) }, t("common.cancel"));
  return h("div", { class: "check-progress" }, progressBar(null, words), h("span", { class: "ts-small" }, words), cancel);
}

/** "Dry run 1.13 GB, estimate 1.18 GB: within 5 %." and what the steps took. */
function checkWords(which, found) {
  const measured = which === "check" ? found.total_mb : found.measured_mb;
  const apart = Math.abs(measured - found.bill_mb) / (found.bill_mb || 1);
  const memory = measured ? t(apart <= 0.1 ? `train.${which}.within` : `train.${which}.apart`, {
    measured: format.memory(measured), estimate: format.memory(found.bill_mb), percent: format.percent(Math.ceil(100 * apart) / 100) }) : "";
  const speed = which === "probe" ? t("train.probe.speed", { n: format.number(found.tokens_per_s), time: format.duration(found.seconds) }) : "";
  return [speed, memory].filter(Boolean).join(" ");
}

/** For experts: what the dry run counted beside what the estimate says, part by part. */
function checkParts({ items, bill_items: billed }) {
  if (!items?.length) return null;
  const keys = [...new Set([...billed, ...items].map((one) => one.key))];
  const size = (rows, key) => h("td", { class: "ts-num" }, format.memory(rows.find((one) => one.key === key)?.mb || 0));
  return h("details", { class: "ts-details ts-small" }, h("summary", {}, t("train.checks.parts")),
    h("table", { class: "check-table" }, h("thead", {}, h("tr", {}, ["part", "estimate"].map((key) => h("th", { scope: "col" }, t("train.checks." + key))), h("th", { scope: "col" }, t("train.check.short")))),
      h("tbody", {}, keys.map((key) => h("tr", {}, h("th", { scope: "row" }, t("check.part." + key)), size(billed, key), size(items, key))))),
    h("p", { class: "ts-soft" }, t("train.check.note")));
}

/**
 * On the estimate: what was found for these settings.
 * @param {Parts<"train">} w
 */
export const checkedLines = (w) => CHECKS.map((which) => [which, checked(w, which)]).filter(([, found]) => found?.status === "succeeded")
  .map(([which, found]) => h("p", {}, drawIcon("circle-check", 14), h("span", {}, checkWords(which, found))));
