/* Step 3: what it may cost and what matters most; the plans that keep to it follow (offers.js). */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};
TS.train.GOALS = ["quality", "fastest", "smallest"];

TS.train.steps.budget = function (w, body) {
  const put = (key, value) => {
    const budget = { ...w.draft.budget };
    if (value === null || value === "") delete budget[key];
    else budget[key] = value;
    w.patch({ budget });
  };
  const devices = TS.train.devicePicker(w, (key) => put("device", key));
  const fields = Object.fromEntries(["memory_mb", "minutes", "disk_mb"].map((key) => [
    "budget." + key, TS.train.limitField(w, key, key === "minutes" ? 1 : TS.train.PER_GB, (value) => put(key, value))]));
  for (const [key, field] of Object.entries({ ...fields, "budget.device": devices })) field.dataset.field = key;
  const faults = () => Object.entries(fields).forEach(([key, field]) => field.setError(w.faults[key]));
  w.on("plan", faults, "step");
  faults();
  const goals = TS.choices(TS.t("train.budget.goal"), TS.train.GOALS.map((goal) => ({ value: goal, label: TS.t("train.goal." + goal), content: [
    TS.h("b", {}, TS.t("train.goal." + goal)), TS.h("span", { class: "ts-soft ts-small" }, TS.t("train.goal." + goal + ".help"))] })),
  w.draft.budget.goal || TS.train.GOALS[0], (goal) => put("goal", goal === TS.train.GOALS[0] ? null : goal), "three");
  const part = (key, ...nodes) => TS.h("section", { class: "ts-stack tight", "aria-label": TS.t("train.budget." + key) }, TS.h("h3", {}, TS.t("train.budget." + key)), nodes);
  TS.append(body, [part("device", devices), part("limits", TS.h("div", { class: "ts-card" }, TS.h("div", { class: "train-limits" }, Object.values(fields)))),
    part("goal", goals), TS.train.offersPart(w)]);
};

TS.train.PER_GB = 1000;
/** "538 MB", "1.15 GB", "24.3 GB": so that a total and a limit that are close can be told apart. */
TS.train.megabytes = (mb) => (mb >= 1000 && mb < 10000 ? (mb / 1000).toFixed(2) + " GB" : mb >= 9.95 && mb < 1000 ? Math.round(mb) + " MB" : TS.format.bytes(mb * 1e6));

/** A limit that may stay empty. `scale` turns what is typed (GB) into what is kept (MB). */
TS.train.limitField = function (w, key, scale, put) {
  const kept = w.draft.budget[key];
  const shown = typeof kept === "number" ? Math.round((100 * kept) / scale) / 100 : kept ?? "";
  const input = TS.h("input", { class: "ts-input ts-num", id: "train-" + key, type: "number", min: "0", step: "any", value: String(shown), placeholder: TS.t("train.budget.no_limit"),
    oninput: () => { const typed = TS.formNumber(input.value); put(typeof typed === "number" ? typed * scale : typed); } });
  return TS.field("train-" + key, TS.t("train.budget." + key), input, {
    help: TS.t("train.budget." + key + ".help"),
    box: TS.h("div", { class: "field-box" }, input, TS.h("span", { class: "field-unit" }, TS.t("train.budget." + key + ".unit"))),
  });
};

/** The budget in a few words, for the bar and the review. */
TS.train.budgetWords = function (w) {
  const { memory_mb: memory, minutes, disk_mb: disk, goal } = w.draft.budget;
  const device = w.device();
  return [device ? TS.said(device.name) : TS.t("train.budget.auto"), typeof memory === "number" ? TS.train.megabytes(memory) : null,
    typeof minutes === "number" ? TS.format.duration(minutes * 60) : null,
    typeof disk === "number" ? TS.t("train.budget.on_disk", { size: TS.train.megabytes(disk) }) : null,
    goal && goal !== TS.train.GOALS[0] ? TS.t("train.goal." + goal) : null].filter(Boolean).join(", ");
};
