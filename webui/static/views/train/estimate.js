/* The estimate: always beside the wizard (on a phone: a line above the navigation). Memory, time, disk, steps, and Start. */
"use strict";
TS.train = TS.train || {};

TS.train.drawEstimate = function (aside, w) {
  const at = TS.train.estimateParts(w);
  TS.replace(aside,
    TS.h("div", { class: "estimate-line" }, at.toggle, at.small),
    TS.h("div", { class: "ts-card estimate-card", id: "train-estimate-body" }, TS.h("h2", {}, TS.t("train.estimate")),
      at.empty, at.memory.node, at.checked, TS.h("div", { class: "estimate-costs" }, at.time.node, at.disk.node, at.steps.node), at.verdict, at.start, at.queue, at.only),
    TS.h("p", { class: "ts-sr", role: "status" }));
  const said = aside.querySelector('[role="status"]');
  const tell = () => TS.train.tellEstimate(at, w, aside, said);
  at.toggle.addEventListener("click", () => {
    const open = aside.classList.toggle("open");
    at.toggle.setAttribute("aria-expanded", String(open));
  });
  for (const event of ["plan", "draft", "lists", "checks"]) w.on(event, tell);
  w.on("busy", () => aside.classList.add("stale"));
  tell();
};

TS.train.estimateParts = (w) => ({
  toggle: TS.h("button", { type: "button", class: "estimate-toggle", "aria-expanded": "false", "aria-controls": "train-estimate-body", "aria-label": TS.t("train.estimate.more") }),
  small: TS.train.startButton(w, "train-start-small"),
  start: TS.train.startButton(w, "train-start"),
  empty: TS.h("p", { class: "ts-soft ts-small estimate-empty" }),
  memory: TS.train.memoryView(),
  checked: TS.h("div", { class: "estimate-checked ts-small" }),
  time: TS.train.foldView("time"),
  disk: TS.train.foldView("disk"),
  steps: TS.train.foldView("steps"),
  verdict: TS.h("div", { class: "estimate-verdict" }),
  queue: TS.h("p", { class: "ts-help" }, TS.t("train.estimate.queue")),
  only: TS.h("p", { class: "estimate-only ts-small", id: "train-planned-only" }),
});

TS.train.startButton = (w, id) => {
  const button = TS.h("button", { type: "button", class: "ts-btn primary", id, onclick: () => TS.train.start(button, w) }, TS.icon("play"), TS.t("train.estimate.start"));
  return button;
};

TS.train.tellEstimate = function (at, w, aside, said) {
  const plan = w.plan;
  aside.classList.toggle("stale", Boolean(w.busy));
  const used = plan ? TS.train.megabytes(plan.memory.total_mb) : "–";
  const time = plan ? TS.t("train.estimate.about", { time: TS.train.roughly(plan.seconds) }) : "–";
  at.empty.textContent = plan ? "" : TS.train.lacking(w);
  at.empty.hidden = Boolean(plan);
  TS.replace(at.toggle, TS.h("span", { class: "ts-num" }, plan ? used : TS.t("train.estimate")), plan ? TS.h("span", { class: "ts-num ts-soft" }, time) : null, TS.icon("chevron-up"));
  at.memory.show(plan);
  TS.replace(at.checked, TS.train.checkedLines(w));
  at.steps.show(plan ? TS.format.number(plan.steps) : "–", plan ? TS.train.facts(plan, w) : []);
  TS.train.tellTime(at, plan, time);
  TS.train.tellDisk(at, plan);
  TS.replace(at.verdict, TS.train.verdict(w));
  TS.train.tellStart(at, w);
  if (plan && !w.busy) said.textContent = TS.t("train.estimate.said", { memory: used, time, steps: TS.format.number(plan.steps) });
};

/** On hardware that is only planned for there is nothing to start: a sentence takes the button's place. */
TS.train.tellStart = function (at, w) {
  const planned = w.planned();
  at.start.disabled = at.small.disabled = !w.complete() || w.finished;
  at.start.hidden = at.small.hidden = at.queue.hidden = Boolean(planned);
  at.only.hidden = !planned;
  if (planned) at.only.textContent = TS.t("train.estimate.planned_only", { device: TS.said(planned.name) });
};

/** An estimate is not to be read to the second. */
TS.train.roughly = function (seconds) {
  if (seconds < 57.5) return TS.format.duration(Math.max(5, Math.round(seconds / 5) * 5));
  if (seconds < 3600) return TS.t("train.estimate.minutes", { n: TS.format.number(Math.round(seconds / 30) / 2, 1) });
  return TS.format.duration(Math.round(seconds / 600) * 600);
};

TS.train.lacking = function (w) {
  const open = ["model", "data", "method"].filter((step) => !w.done(step)).map((step) => TS.t("train.step." + step));
  return open.length ? TS.t("train.estimate.missing", { steps: open.join(", ") }) : w.problem ? "" : TS.t("train.estimate.empty");
};

TS.train.facts = function (plan, w) {
  const share = w.model()?.parameters ? plan.trainable / w.model().parameters : null;
  const trained = TS.train.count(plan.trainable);
  return [
    [TS.t("train.estimate.trained"), share === null ? trained : TS.t("train.estimate.share", { n: trained, share: TS.format.percent(share, share < 0.1 ? 1 : 0) })],
    [TS.t("train.estimate.tokens"), TS.format.number(plan.tokens_per_epoch)],
    [TS.t("train.estimate.runs"), TS.train.deviceWord(plan)],
  ];
};

/** From when to when, and how that is known. */
TS.train.timeWords = (time) => TS.t("train.estimate.range", { low: TS.train.roughly(time.low), high: TS.train.roughly(time.high), how: TS.t("train.estimate.time." + time.source) });

TS.train.deviceWord = ({ device, precision }) => [TS.said(device.kind), precision.dtype].join(", ");

/** A number of the estimate that opens into what it is made of. */
TS.train.foldView = function (name) {
  const value = TS.h("span", { class: "ts-num" }, "–");
  const below = TS.h("p", { class: "ts-small" });
  const parts = TS.h("ul", { class: "ts-small" });
  const node = TS.h("details", { class: "estimate-fold" }, TS.h("summary", {}, TS.h("span", { class: "ts-soft" }, TS.t("train.estimate." + name)), value), parts);
  const show = (text, rows, more) => {
    value.textContent = text;
    below.textContent = more || "";
    TS.replace(parts, rows.map(([label, size]) => TS.h("li", {}, TS.h("span", {}, label), TS.h("span", { class: "ts-num" }, size))));
  };
  return { node: TS.h("div", { class: "estimate-folded" }, node, below), show };
};

TS.train.tellTime = (at, plan, time) => at.time.show(time, (plan?.time.parts || []).map((part) => [TS.t("plan.time." + part.key), TS.format.duration(part.seconds)]), plan ? TS.train.timeWords(plan.time) : "");

TS.train.tellDisk = (at, plan) => at.disk.show(plan ? TS.t("train.estimate.of", { used: TS.train.megabytes(plan.disk.total_mb), limit: TS.t("train.estimate.free", { mb: TS.train.megabytes(plan.disk.free_mb) }) }) : "–",
  (plan?.disk.items || []).map((item) => [TS.t("plan.disk." + item.key), TS.train.megabytes(item.mb)]));

/** Fits, or what would make it fit, with the button that does it. Wrong settings: where they are. */
TS.train.verdict = function (w) {
  const wrong = Object.keys(w.faults);
  if (wrong.length) {
    return TS.note("danger", TS.h("p", {}, TS.t("train.estimate.faults", { n: wrong.length })),
      TS.h("button", { type: "button", class: "ts-btn small", onclick: () => TS.train.showFault(w, wrong[0]) }, TS.t("train.estimate.show_fault")));
  }
  if (w.problem && w.problem.code !== "away") return TS.note("danger", w.problem.message);
  const verdict = w.plan?.verdict;
  if (!verdict?.code) return null;
  const text = TS.t("plan." + verdict.code, verdict.params);
  if (verdict.ok) return TS.h("p", { class: "data-health good" }, TS.icon("circle-check"), TS.t("train.estimate.fits"));
  const change = verdict.change && Object.keys(verdict.change).length ? TS.h("button", { type: "button", class: "ts-btn small", id: "train-apply", onclick: () => TS.train.applyChange(w, verdict.change) }, TS.t("train.estimate.apply")) : null;
  return TS.note("warn", TS.h("p", {}, text), change);
};

TS.train.showFault = function (w, field) {
  const step = { base_model: "model", dataset: "data", method: "method", name: "review", budget: "budget", training: "method" }[field.split(".")[0]] || "method";
  w.go(step);
  const holder = document.querySelector(`[data-field="${CSS.escape(field)}"]`);
  if (!holder) return;
  holder.closest("details")?.setAttribute("open", "");
  holder.querySelector("input, select, textarea")?.focus();
};

/** Take over the change that the planner proposes: {"training.max_length": 256, "method": "qlora"}. */
TS.train.applyChange = function (w, change) {
  if (change.method) w.patch({ method: change.method, own: true });
  for (const [field, value] of Object.entries(change)) {
    const [area, key] = field.split(".");
    if (area === "budget") w.patch({ budget: { ...w.draft.budget, [key]: value } });
    const params = area === "training" ? w.training() : area === "method" && key ? w.method().params : [];
    const param = params.find((one) => one.key === key);
    if (param) TS.train.setParam(w, param, value);
  }
  w.redraw();
};

/** Start once: the key of the draft makes a second click the same job. */
TS.train.start = async function (button, w) {
  if (w.finished || button.getAttribute("aria-busy") || !w.complete()) return;
  const verdict = w.plan?.verdict;
  if (verdict && !verdict.ok && !(await TS.confirm(TS.t("train.estimate.unfit.title"), TS.t("plan." + verdict.code, verdict.params), TS.t("train.estimate.unfit.start")))) return;
  button.setAttribute("aria-busy", "true");
  try {
    await w.saved(); // a save that arrives after the start would bring the draft back
    w.finished = true;
    const job = await w.ctx.call("begin", w.raw(), w.draft.key);
    w.save.cancel();
    location.assign(TS.url("jobs", { job }));
  } catch (error) {
    w.finished = false;
    button.removeAttribute("aria-busy");
    w.faults = error.faults || {};
    w.tell("plan");
    if (!Object.keys(w.faults).length) TS.toast(error.message, "danger");
  }
};
