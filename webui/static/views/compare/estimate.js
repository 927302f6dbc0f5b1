/* Beside the form of a comparison: how many jobs, how long all of them, and the start. */
"use strict";
TS.compare = TS.compare || {};

TS.compare.drawEstimate = function (estimate, f) {
  const name = TS.h("input", { class: "ts-input", id: "compare-name", type: "text", maxlength: "80", value: f.draft.name, placeholder: f.autoName(), oninput: () => f.patch({ name: name.value }) });
  const named = TS.field("compare-name", TS.t("compare.name"), name, {});
  const facts = TS.h("dl", { class: "estimate-facts" });
  const start = TS.h("button", { type: "button", class: "ts-btn primary", id: "compare-start", onclick: () => TS.compare.start(start, f) }, TS.icon("play"), TS.t("compare.start"));
  const why = TS.h("p", { class: "ts-error" });
  const said = TS.h("p", { class: "ts-sr", role: "status" });
  TS.replace(estimate, TS.h("div", { class: "ts-card" }, TS.h("h2", {}, TS.t("compare.estimate")), facts, why, named, start, TS.h("p", { class: "ts-help" }, TS.t("compare.estimate.queue"))), said);
  f.on(() => {
    const rows = TS.compare.estimateFacts(f);
    estimate.classList.toggle("stale", Boolean(f.busy));
    TS.replace(facts, rows.map(([label, value]) => TS.h("div", {}, TS.h("dt", {}, label), TS.h("dd", { class: "ts-num" }, value))));
    why.textContent = TS.compare.lacking(f);
    named.setError(f.faults.name);
    name.placeholder = f.autoName();
    start.disabled = Boolean(TS.compare.lacking(f)) || !f.plan || f.finished;
    if (f.plan && !f.busy) said.textContent = rows.map(([label, value]) => label + " " + value).join(", ");
  });
};

TS.compare.estimateFacts = function (f) {
  const seeds = f.shared("seeds"), plan = f.plan;
  const most = plan ? Math.max(...Object.values(plan.entrants).map((one) => one.memory_mb || 0)) : 0;
  return [
    [TS.t("compare.estimate.entrants"), TS.format.number(f.draft.chosen.length)],
    [TS.t("compare.estimate.repeats"), TS.format.number(Number(seeds) || 1)],
    [TS.t("compare.estimate.jobs"), plan ? TS.format.number(plan.jobs) : "–"],
    [TS.t("compare.estimate.memory"), most ? TS.format.bytes(most * 1e6) : "–"],
    [TS.t("compare.estimate.time"), plan && plan.seconds !== null ? TS.t("train.estimate.about", { time: TS.compare.roughly(plan.seconds) }) : "–"],
  ];
};

/** Why it cannot start; empty when it can. */
TS.compare.lacking = function (f) {
  if (!f.draft.base_model) return TS.t("compare.lacks.model");
  if (!f.draft.dataset) return TS.t("compare.lacks.data");
  if (!f.draft.chosen.length) return TS.t("compare.lacks.entrants");
  if (f.problem) return f.problem;
  const broken = f.draft.chosen.filter((key) => f.plan?.entrants[key]?.error).length;
  if (broken || Object.keys(f.faults).length) return TS.t("compare.lacks.faults", { n: broken || Object.keys(f.faults).length });
  return "";
};

TS.compare.start = async function (button, f) {
  const unfit = f.draft.chosen.filter((key) => f.plan.entrants[key]?.verdict?.ok === false).map((key) => f.entrant(key).label);
  if (unfit.length && !(await TS.confirm(TS.t("compare.unfit.title"), TS.t("compare.unfit.text", { names: unfit.join(", ") }), TS.t("compare.unfit.start")))) return;
  f.finished = true;
  f.stopSaving();
  const made = await TS.act(button, async () => {
    try {
      return await f.ctx.call("compare_begin", f.raw(), f.draft.key);
    } catch (error) {
      Object.assign(f, { faults: error.faults || {}, finished: false });
      f.tell();
      throw error;
    }
  });
  if (made) location.assign(TS.url("compare", { comparison: made }));
};
