/* Being sure before the start: a dry run that counts memory exactly, and a few real steps that measure time. Both are jobs
   of their own; their outcome belongs to the settings they were made with. */
"use strict";
TS.train = TS.train || {};
TS.train.CHECKS = ["check", "probe"];
TS.train.WAITS = ["queued", "starting", "running", "stopping"];

/** The settings that a check depends on. */
TS.train.checkable = (w) => JSON.stringify({ ...w.raw(), name: "", sample_prompts: [] });

/** What was found for the settings as they are now; null when nothing was, or for others. */
TS.train.checked = (w, which) => (w.checks?.[which]?.asked === TS.train.checkable(w) ? w.checks[which].found : null);

TS.train.checksPart = (w) => TS.h("section", { class: "ts-card train-checks", "aria-labelledby": "train-checks-title" },
  TS.h("div", {}, TS.h("h3", { id: "train-checks-title" }, TS.t("train.checks.title")), TS.h("p", { class: "ts-soft ts-small" }, TS.t("train.checks.lead"))),
  TS.train.CHECKS.map((which) => TS.train.checkRow(w, which)));

/** One of them: what it does, its button, how far it is, what it found. */
TS.train.checkRow = function (w, which) {
  const state = TS.h("div", { class: "check-state", "aria-live": "polite" });
  const button = TS.h("button", { type: "button", class: "ts-btn small", id: "train-" + which, onclick: () => TS.act(button, begin) });
  const row = TS.h("div", { class: "train-check", "data-check": which },
    TS.h("div", { class: "ts-spread" }, TS.h("div", { class: "check-words" }, TS.h("b", {}, TS.t("train." + which + ".title")), TS.h("p", { class: "ts-soft ts-small" }, TS.t("train." + which + ".means"))), button), state);
  let stop = null;
  let refused = null;
  let shown = "";
  const draw = () => {
    TS.train.checkButton(w, which, button);
    TS.replace(state, refused ? TS.note("info", refused) : TS.train.checkState(w, which));
  };
  const look = async () => {
    const asked = TS.train.checkable(w);
    const found = await w.ctx.call(which + "_of", w.raw());
    const before = w.checks[which];
    if (found || before?.asked === asked) w.checks[which] = found ? { asked, found } : undefined;
    const waits = TS.train.WAITS.includes(found?.status);
    if (!waits && stop) { stop(); stop = null; }
    if (waits && !stop) stop = TS.poll(row, 1000, look);
    const now = JSON.stringify([asked, found]);
    if (now === shown) return; // a reader of the screen is told only what is new
    shown = now;
    draw();
    w.tell("checks");
    if (before?.asked === asked && TS.train.WAITS.includes(before.found.status) && found?.status === "succeeded") w.replanNow(); // what was measured counts from now on
  };
  const begin = async () => {
    refused = null;
    shown = "";
    try {
      await w.ctx.call("start_" + which, w.raw());
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
};

TS.train.checkButton = function (w, which, button) {
  const found = TS.train.checked(w, which);
  button.hidden = TS.train.WAITS.includes(found?.status) || (which === "check" && found?.status === "succeeded"); // counting again counts the same
  button.disabled = !w.complete() || Boolean(which === "probe" && w.planned());
  button.textContent = TS.t("train." + which + (found ? ".again" : ".start"));
};

TS.train.checkState = function (w, which) {
  const found = TS.train.checked(w, which);
  const other = w.checks[which];
  if (which === "probe" && w.planned()) return TS.h("p", { class: "ts-small ts-soft" }, TS.t("train.probe.planned"));
  if (!found) return other?.found.status === "succeeded" ? TS.h("p", { class: "ts-small check-stale" }, TS.icon("clock", 14), " ", TS.t("train.checks.stale")) : null;
  if (TS.train.WAITS.includes(found.status)) return TS.train.checkProgress(w, which, found);
  if (found.status === "succeeded") return [TS.h("p", { class: "ts-small check-result" }, TS.icon("circle-check", 16), TS.h("span", {}, TS.train.checkWords(which, found))), TS.train.checkParts(found)];
  if (found.error) return TS.note("warn", TS.reason(found.error));
  return TS.h("p", { class: "ts-small ts-soft" }, TS.t("train.checks.cancelled"));
};

TS.train.checkProgress = function (w, which, found) {
  const words = found.status === "queued" ? TS.t("train.checks.waiting") : which === "probe" && found.step ? TS.t("train.probe.step", { n: found.step }) : TS.t("train." + which + ".runs");
  const cancel = TS.h("button", { type: "button", class: "ts-btn ghost small", id: "train-" + which + "-cancel", onclick: () => TS.act(cancel, () => w.ctx.call("cancel_check", found.job)) }, TS.t("common.cancel"));
  return TS.h("div", { class: "check-progress" }, TS.progress(null, words), TS.h("span", { class: "ts-small" }, words), cancel);
};

/** "Dry run 1.13 GB, estimate 1.18 GB: within 5 %." and what the steps took. */
TS.train.checkWords = function (which, found) {
  const measured = which === "check" ? found.total_mb : found.measured_mb;
  const apart = Math.abs(measured - found.bill_mb) / (found.bill_mb || 1);
  const memory = measured ? TS.t("train." + which + (apart <= 0.1 ? ".within" : ".apart"), {
    measured: TS.train.megabytes(measured), estimate: TS.train.megabytes(found.bill_mb), percent: TS.format.percent(Math.ceil(100 * apart) / 100) }) : "";
  const speed = which === "probe" ? TS.t("train.probe.speed", { n: TS.format.number(found.tokens_per_s), time: TS.format.duration(found.seconds) }) : "";
  return [speed, memory].filter(Boolean).join(" ");
};

/** For experts: what the dry run counted beside what the estimate says, part by part. */
TS.train.checkParts = function ({ items, bill_items: billed }) {
  if (!items?.length) return null;
  const keys = [...new Set([...billed, ...items].map((one) => one.key))];
  const size = (rows, key) => TS.h("td", { class: "ts-num" }, TS.train.megabytes(rows.find((one) => one.key === key)?.mb || 0));
  return TS.h("details", { class: "ts-details ts-small" }, TS.h("summary", {}, TS.t("train.checks.parts")),
    TS.h("table", { class: "check-table" }, TS.h("thead", {}, TS.h("tr", {}, ["part", "estimate"].map((key) => TS.h("th", { scope: "col" }, TS.t("train.checks." + key))), TS.h("th", { scope: "col" }, TS.t("train.check.short")))),
      TS.h("tbody", {}, keys.map((key) => TS.h("tr", {}, TS.h("th", { scope: "row" }, TS.t("check.part." + key)), size(billed, key), size(items, key))))),
    TS.h("p", { class: "ts-soft" }, TS.t("train.check.note")));
};

/** On the estimate: what was found for these settings. */
TS.train.checkedLines = (w) => TS.train.CHECKS.map((which) => [which, TS.train.checked(w, which)]).filter(([, found]) => found?.status === "succeeded")
  .map(([which, found]) => TS.h("p", {}, TS.icon("circle-check", 14), TS.h("span", {}, TS.train.checkWords(which, found))));
