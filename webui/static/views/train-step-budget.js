/* Step 4: what it may cost: device, memory, time; and what the job is called. */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};

TS.train.steps.budget = function (w, body) {
  const put = (key, value) => {
    const budget = { ...w.draft.budget };
    if (value === null || value === "") delete budget[key];
    else budget[key] = value;
    w.patch({ budget });
  };
  const devices = TS.train.deviceChoices(w, (key) => put("device", key === "auto" ? null : key));
  const memory = TS.train.limitField(w, "memory_mb", TS.train.PER_GB, (value) => put("memory_mb", value));
  const minutes = TS.train.limitField(w, "minutes", 1, (value) => put("minutes", value));
  const name = TS.h("input", { class: "ts-input", id: "train-name", type: "text", maxlength: "120", value: w.draft.name, placeholder: w.autoName(), oninput: () => w.patch({ name: name.value }) });
  const named = TS.field("train-name", TS.t("train.budget.name"), name, { help: TS.t("train.budget.name.help") });
  const fields = { "budget.memory_mb": memory, "budget.minutes": minutes, name: named };
  for (const [key, field] of Object.entries(fields)) field.dataset.field = key;
  const faults = () => Object.entries(fields).forEach(([key, field]) => field.setError(w.faults[key]));
  w.on("plan", faults, "step");
  faults();
  TS.append(body, [TS.h("h3", {}, TS.t("train.budget.device")), devices,
    TS.h("section", { class: "ts-card" }, TS.h("div", { class: "form-grid" }, memory, minutes)), TS.h("section", { class: "ts-card" }, named)]);
};

TS.train.deviceChoices = function (w, pick) {
  const auto = { value: "auto", label: TS.t("train.budget.auto"), content: [TS.h("b", {}, TS.t("train.budget.auto")), TS.h("span", { class: "ts-soft ts-small" }, TS.t("train.budget.auto.help"))] };
  const devices = w.devices.filter((device) => device.key !== "auto").map((device) => ({ value: device.key, disabled: device.usable === false, label: device.name, content: TS.train.deviceCard(device) }));
  return TS.choices(TS.t("train.budget.device"), [auto, ...devices], w.draft.budget.device || "auto", pick, "cards");
};

TS.train.deviceCard = (device) => [
  TS.h("div", { class: "ts-row" }, TS.icon(device.key === "cpu" ? "cpu" : "layers"), TS.h("b", { dir: "auto" }, device.name)),
  TS.h("span", { class: "ts-soft ts-small" }, TS.t("train.budget.memory", { all: TS.train.megabytes(device.memory_mb), free: TS.train.megabytes(device.free_mb) })),
  (device.notes || []).map((note) => TS.h("span", { class: "ts-soft ts-small" }, TS.t("plan." + note.code, note.params))),
];

TS.train.PER_GB = 1000;
TS.train.megabytes = (mb) => TS.format.bytes(mb * 1e6);

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
  const { memory_mb: memory, minutes } = w.draft.budget;
  return [w.device()?.name || TS.t("train.budget.auto"), typeof memory === "number" ? TS.train.megabytes(memory) : null,
    typeof minutes === "number" ? TS.format.duration(minutes * 60) : null].filter(Boolean).join(", ");
};
