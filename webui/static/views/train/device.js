/* Where it runs: a device of this machine, or one of the catalogue, to plan for hardware that is not here yet. */
"use strict";
TS.train = TS.train || {};

TS.train.devicePicker = function (w, put) {
  const shelf = TS.train.catalogueShelf(w, (key) => { put(key); tell(); });
  const other = TS.h("span", { class: "ts-soft ts-small" });
  const notes = TS.h("div", { class: "train-device-notes" });
  const tell = () => {
    TS.replace(notes, (w.planned()?.notes || []).map((note) => TS.note("info", TS.t("plan." + note.code, note.params))));
    other.textContent = w.planned() ? TS.said(w.planned().name) : TS.t("train.budget.planned.help");
  };
  const auto = { value: "auto", label: TS.t("train.budget.auto"), content: [TS.h("b", {}, TS.t("train.budget.auto")), TS.h("span", { class: "ts-soft ts-small" }, TS.t("train.budget.auto.help"))] };
  const here = w.devices.filter((device) => device.key !== "auto").map((device) => ({ value: device.key, disabled: device.usable === false, label: device.name, content: TS.train.deviceCard(device) }));
  const planned = { value: "planned", label: TS.t("train.budget.planned"), content: [TS.h("div", { class: "ts-row" }, TS.icon("search"), TS.h("b", {}, TS.t("train.budget.planned"))), other] };
  const pick = (key) => {
    shelf.node.hidden = key !== "planned";
    if (key === "planned") return shelf.open();
    put(key === "auto" ? null : key);
    return tell();
  };
  const chosen = w.planned() ? "planned" : w.draft.budget.device || "auto";
  shelf.node.hidden = chosen !== "planned";
  tell();
  return TS.h("div", { class: "ts-stack" }, TS.choices(TS.t("train.budget.device"), [auto, ...here, ...(w.catalogue.length ? [planned] : [])], chosen, pick, "three"), shelf.node, notes,
    TS.h("p", { class: "ts-small" }, TS.h("a", { href: TS.url("settings") + "#hardware" }, TS.t("hardware.link"))));
};

TS.train.deviceCard = (device) => [
  TS.h("div", { class: "ts-row" }, TS.icon(device.icon), TS.h("b", { dir: "auto" }, device.name)),
  TS.h("span", { class: "ts-soft ts-small" }, TS.t("train.budget.memory", { all: TS.train.megabytes(device.memory_mb), free: TS.train.megabytes(device.free_mb) })),
  (device.notes || []).map((note) => TS.h("span", { class: "ts-soft ts-small" }, TS.t("plan." + note.code, note.params))),
];

/** The catalogue by groups, with a search over names. */
TS.train.catalogueShelf = function (w, pick) {
  const list = TS.h("div", { class: "shelf-list", role: "radiogroup", "aria-label": TS.t("train.budget.planned") });
  const search = TS.h("input", { class: "ts-input", id: "train-device-search", type: "search", autocomplete: "off", placeholder: TS.t("train.budget.planned.search"),
    "aria-label": TS.t("train.budget.planned.search"), oninput: () => draw() });
  const mark = () => list.querySelectorAll('[role="radio"]').forEach((row) => row.setAttribute("aria-checked", String(row.dataset.value === w.draft.budget.device)));
  const draw = () => {
    TS.replace(list, TS.train.shelfGroups(w.catalogue, search.value.trim().toLowerCase()));
    mark();
    TS.train.rove(list);
  };
  const taken = (event) => TS.train.pickedCard(event, (key) => { pick(key); mark(); TS.train.rove(list); });
  list.addEventListener("click", taken);
  list.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); taken(event); } });
  TS.radioKeys(list);
  draw();
  const open = () => { search.focus({ preventScroll: true }); list.querySelector('[aria-checked="true"]')?.scrollIntoView({ block: "nearest" }); };
  return { open, node: TS.h("div", { class: "ts-card train-shelf" }, TS.h("p", { class: "ts-small ts-soft" }, TS.t("train.budget.planned.lead")),
    TS.h("div", { class: "train-search" }, TS.icon("search"), search), list) };
};

TS.train.shelfGroups = function (catalogue, query) {
  const hits = catalogue.filter((one) => [one.key, TS.said(one.name)].join(" ").toLowerCase().includes(query));
  if (!hits.length) return TS.h("p", { class: "ts-soft ts-small" }, TS.t("train.budget.planned.none"));
  const place = (one) => one.kind + "." + one.group;
  return [...new Set(hits.map(place))].map((group) => TS.h("div", { role: "group", "aria-label": TS.t("train.shelf." + group) },
    TS.h("h4", { class: "ts-label" }, TS.t("train.shelf." + group)),
    hits.filter((one) => place(one) === group).map((one) => TS.h("div", { class: "shelf-row", role: "radio", "aria-checked": "false", "data-value": one.key, id: "shelf-" + one.key, tabindex: "-1" },
      TS.h("span", { dir: "auto" }, TS.said(one.name)), TS.h("span", { class: "ts-num" }, TS.train.megabytes(one.memory_mb))))));
};
