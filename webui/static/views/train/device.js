/* Where it runs: a device of this machine, or one of the catalogue, to plan for hardware that is not here yet. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, said, t } from "../../kit/texts.js";
import { choiceCards, noteBox, radioKeys } from "../shared/form-controls.js";
import { pickedCard, rove } from "./methods.js";

/** @param {Parts<"train">} w */
export function devicePicker(w, put) {
  const shelf = catalogueShelf(w, (key) => { put(key); tell(); });
  const other = h("span", { class: "ts-soft ts-small" });
  const notes = h("div", { class: "train-device-notes" });
  const tell = () => {
    replaceChildren(notes, (w.planned()?.notes || []).map((note) => noteBox("info", note.message)));
    other.textContent = w.planned() ? said(w.planned().name) : t("train.budget.planned.help");
  };
  const auto = { value: "auto", label: t("train.budget.auto"), content: [h("b", {}, t("train.budget.auto")), h("span", { class: "ts-soft ts-small" }, t("train.budget.auto.help"))] };
  const here = w.devices.filter((device) => device.key !== "auto").map((device) => ({ value: device.key, disabled: device.usable === false, label: device.name, content: deviceCard(device) }));
  const planned = { value: "planned", label: t("train.budget.planned"), content: [h("div", { class: "ts-row" }, drawIcon("search"), h("b", {}, t("train.budget.planned"))), other] };
  const pick = (key) => {
    shelf.node.hidden = key !== "planned";
    if (key === "planned") return shelf.open();
    put(key === "auto" ? null : key);
    return tell();
  };
  const chosen = w.planned() ? "planned" : w.draft.budget.device || "auto";
  shelf.node.hidden = chosen !== "planned";
  tell();
  return h("div", { class: "ts-stack" }, choiceCards(t("train.budget.device"), [auto, ...here, ...(w.catalogue.length ? [planned] : [])], chosen, pick, "three"), shelf.node, notes,
    h("p", { class: "ts-small" }, h("a", { href: pageUrl("settings") + "#hardware" }, t("hardware.link"))));
}

const deviceCard = (device) => [
  h("div", { class: "ts-row" }, drawIcon(device.icon), h("b", { dir: "auto" }, device.name)),
  h("span", { class: "ts-soft ts-small" }, t("train.budget.memory", { all: format.memory(device.memory_mb), free: format.memory(device.free_mb) })),
  (device.notes || []).map((note) => h("span", { class: "ts-soft ts-small" }, note.message)),
];

/**
 * The catalogue by groups, with a search over names.
 * @param {Parts<"train">} w
 */
function catalogueShelf(w, pick) {
  const list = h("div", { class: "shelf-list", role: "radiogroup", "aria-label": t("train.budget.planned") });
  const search = h("input", { class: "ts-input", id: "train-device-search", type: "search", autocomplete: "off", placeholder: t("train.budget.planned.search"),
    "aria-label": t("train.budget.planned.search"), oninput: () => draw() });
  const mark = () => /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll('[role="radio"]')).forEach((row) => row.setAttribute("aria-checked", String(row.dataset.value === w.draft.budget.device)));
  const draw = () => {
    replaceChildren(list, shelfGroups(w.catalogue, search.value.trim().toLowerCase()));
    mark();
    rove(list);
  };
  const taken = (event) => pickedCard(event, (key) => { pick(key); mark(); rove(list); });
  list.addEventListener("click", taken);
  list.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); taken(event); } });
  radioKeys(list);
  draw();
  const open = () => { search.focus({ preventScroll: true }); list.querySelector('[aria-checked="true"]')?.scrollIntoView({ block: "nearest" }); };
  return { open, node: h("div", { class: "ts-card train-shelf" }, h("p", { class: "ts-small ts-soft" }, t("train.budget.planned.lead")),
    h("div", { class: "train-search" }, drawIcon("search"), search), list) };
}

function shelfGroups(catalogue, query) {
  const hits = catalogue.filter((one) => [one.key, said(one.name)].join(" ").toLowerCase().includes(query));
  if (!hits.length) return h("p", { class: "ts-soft ts-small" }, t("train.budget.planned.none"));
  const place = (one) => one.kind + "." + one.group;
  return [...new Set(hits.map(place))].map((group) => h("div", { role: "group", "aria-label": t("train.shelf." + group) },
    h("h4", { class: "ts-label" }, t("train.shelf." + group)),
    hits.filter((one) => place(one) === group).map((one) => h("div", { class: "shelf-row", role: "radio", "aria-checked": "false", "data-value": one.key, id: "shelf-" + one.key, tabindex: "-1" },
      h("span", { dir: "auto" }, said(one.name)), h("span", { class: "ts-num" }, format.memory(one.memory_mb))))));
}
