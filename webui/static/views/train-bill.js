/* The bill: always beside the wizard (on a phone: a line above the navigation). Memory, time, disk, steps, and Start. */
"use strict";
TS.train = TS.train || {};

TS.train.drawBill = function (aside, w) {
  const at = TS.train.billParts(w);
  TS.replace(aside,
    TS.h("div", { class: "bill-line" }, at.toggle, at.small),
    TS.h("div", { class: "ts-card bill-card", id: "train-bill-body" }, TS.h("h2", {}, TS.t("train.bill")),
      at.empty, at.memory.node, at.checked, at.facts, at.disk, at.verdict, at.start, at.queue, at.only),
    TS.h("p", { class: "ts-sr", role: "status" }));
  const said = aside.querySelector('[role="status"]');
  const tell = () => TS.train.tellBill(at, w, aside, said);
  at.toggle.addEventListener("click", () => {
    const open = aside.classList.toggle("open");
    at.toggle.setAttribute("aria-expanded", String(open));
  });
  for (const event of ["plan", "draft", "lists", "checks"]) w.on(event, tell);
  w.on("busy", () => aside.classList.add("stale"));
  tell();
};

TS.train.billParts = (w) => ({
  toggle: TS.h("button", { type: "button", class: "bill-toggle", "aria-expanded": "false", "aria-controls": "train-bill-body", "aria-label": TS.t("train.bill.more") }),
  small: TS.train.startButton(w, "train-start-small"),
  start: TS.train.startButton(w, "train-start"),
  empty: TS.h("p", { class: "ts-soft ts-small bill-empty" }),
  memory: TS.train.memoryView(),
  checked: TS.h("div", { class: "bill-checked ts-small" }),
  facts: TS.h("dl", { class: "bill-facts" }),
  disk: TS.train.diskView(),
  verdict: TS.h("div", { class: "bill-verdict" }),
  queue: TS.h("p", { class: "ts-help" }, TS.t("train.bill.queue")),
  only: TS.h("p", { class: "bill-only ts-small", id: "train-planned-only" }),
});

TS.train.startButton = (w, id) => {
  const button = TS.h("button", { type: "button", class: "ts-btn primary", id, onclick: () => TS.train.start(button, w) }, TS.icon("play"), TS.t("train.bill.start"));
  return button;
};

TS.train.tellBill = function (at, w, aside, said) {
  const plan = w.plan;
  aside.classList.toggle("stale", Boolean(w.busy));
  const used = plan ? TS.train.megabytes(plan.memory.total_mb) : "–";
  const time = plan ? TS.t("train.bill.about", { time: TS.train.roughly(plan.seconds) }) : "–";
  at.empty.textContent = plan ? "" : TS.train.lacking(w);
  at.empty.hidden = Boolean(plan);
  TS.replace(at.toggle, TS.h("span", { class: "ts-num" }, plan ? used : TS.t("train.bill")), plan ? TS.h("span", { class: "ts-num ts-soft" }, time) : null, TS.icon("chevron-up"));
  at.memory.show(plan);
  TS.replace(at.checked, TS.train.checkedLines(w));
  TS.replace(at.facts, TS.train.facts(plan, time, w).map(([name, value, below]) => TS.h("div", {}, TS.h("dt", {}, name), TS.h("dd", { class: "ts-num" }, value), below ? TS.h("dd", { class: "below ts-small" }, below) : null)));
  at.disk.show(plan);
  TS.replace(at.verdict, TS.train.verdict(w));
  TS.train.tellStart(at, w);
  if (plan && !w.busy) said.textContent = TS.t("train.bill.said", { memory: used, time, steps: TS.format.number(plan.steps) });
};

/** On hardware that is only planned for there is nothing to start: a sentence takes the button's place. */
TS.train.tellStart = function (at, w) {
  const planned = w.planned();
  at.start.disabled = at.small.disabled = !w.complete() || w.finished;
  at.start.hidden = at.small.hidden = at.queue.hidden = Boolean(planned);
  at.only.hidden = !planned;
  if (planned) at.only.textContent = TS.t("train.bill.planned_only", { device: TS.said(planned.name) });
};

/** An estimate is not to be read to the second. */
TS.train.roughly = function (seconds) {
  if (seconds < 90) return TS.format.duration(Math.max(5, Math.round(seconds / 5) * 5));
  if (seconds < 3600) return TS.t("train.bill.minutes", { n: TS.format.number(Math.round(seconds / 30) / 2, 1) });
  return TS.format.duration(Math.round(seconds / 600) * 600);
};

TS.train.lacking = function (w) {
  const open = ["model", "data", "method"].filter((step) => !w.done(step)).map((step) => TS.t("train.step." + step));
  return open.length ? TS.t("train.bill.missing", { steps: open.join(", ") }) : w.problem ? "" : TS.t("train.bill.empty");
};

TS.train.facts = function (plan, time, w) {
  const share = plan && w.model()?.parameters ? plan.trainable / w.model().parameters : null;
  const trained = plan ? TS.train.count(plan.trainable) : "–";
  return [
    [TS.t("train.bill.time"), time, plan?.time ? TS.train.timeWords(plan.time) : null],
    [TS.t("train.bill.steps"), plan ? TS.format.number(plan.steps) : "–"],
    [TS.t("train.bill.trained"), share === null ? trained : TS.t("train.bill.share", { n: trained, share: TS.format.percent(share, share < 0.1 ? 1 : 0) })],
    [TS.t("train.bill.tokens"), plan ? TS.format.number(plan.tokens_per_epoch) : "–"],
    [TS.t("train.bill.runs"), plan ? TS.train.deviceWord(plan) : "–"],
  ];
};

/** From when to when, and how that is known. */
TS.train.timeWords = (time) => TS.t("train.bill.range", { low: TS.train.roughly(time.low), high: TS.train.roughly(time.high), how: TS.t("train.bill.time." + time.source) });

TS.train.deviceWord = (plan) => [TS.t(plan.device.key === "cpu" ? "train.bill.cpu" : "train.bill.gpu"), plan.precision.dtype].join(", ");

/** What is written to disk, of what is free; opened, what for. */
TS.train.diskView = function () {
  const size = TS.h("span", { class: "ts-num" }, "–");
  const parts = TS.h("ul", { class: "bill-disk-rows ts-small" });
  const fold = TS.h("details", { class: "bill-disk" }, TS.h("summary", {}, TS.h("span", { class: "ts-soft" }, TS.t("train.bill.disk")), size), parts);
  const show = (plan) => {
    const disk = plan?.disk;
    size.textContent = !plan ? "–" : disk ? TS.t("train.bill.of", { used: TS.train.megabytes(disk.total_mb), limit: TS.t("train.bill.free", { mb: TS.train.megabytes(disk.free_mb) }) }) : TS.train.megabytes(plan.disk_mb);
    TS.replace(parts, (disk?.items || []).map((item) => TS.h("li", {}, TS.h("span", {}, TS.t("plan.disk." + item.key)), TS.h("span", { class: "ts-num" }, TS.train.megabytes(item.mb)))));
  };
  return Object.assign(fold, { show });
};

/** Fits, or what would make it fit, with the button that does it. Wrong settings: where they are. */
TS.train.verdict = function (w) {
  const wrong = Object.keys(w.faults);
  if (wrong.length) {
    return TS.note("danger", TS.h("p", {}, TS.t("train.bill.faults", { n: wrong.length })),
      TS.h("button", { type: "button", class: "ts-btn small", onclick: () => TS.train.showFault(w, wrong[0]) }, TS.t("train.bill.show_fault")));
  }
  if (w.problem && w.problem.code !== "away") return TS.note("danger", w.problem.message);
  const verdict = w.plan?.verdict;
  if (!verdict?.code) return null;
  const text = TS.t("plan." + verdict.code, verdict.params);
  if (verdict.ok) return TS.h("p", { class: "data-health good" }, TS.icon("circle-check"), text);
  const change = verdict.change && Object.keys(verdict.change).length ? TS.h("button", { type: "button", class: "ts-btn small", id: "train-apply", onclick: () => TS.train.applyChange(w, verdict.change) }, TS.t("train.bill.apply")) : null;
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
    const params = area === "training" ? w.forms.training : area === "method" && key ? w.method().params : [];
    const param = params.find((one) => one.key === key);
    if (param) TS.train.setParam(w, param, value);
  }
  w.redraw();
};

/** Start once: the key of the draft makes a second click the same job. */
TS.train.start = async function (button, w) {
  if (w.finished || button.getAttribute("aria-busy") || !w.complete()) return;
  const verdict = w.plan?.verdict;
  if (verdict && !verdict.ok && !(await TS.confirm(TS.t("train.bill.unfit.title"), TS.t("plan." + verdict.code, verdict.params), TS.t("train.bill.unfit.start")))) return;
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
