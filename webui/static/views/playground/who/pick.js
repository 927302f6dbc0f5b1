/* The dialog that chooses who answers: grouped by base model, checkpoints below the model that their job left; then servers elsewhere. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { openDialog } from "../../../kit/parts.js";
import { laterStyles, sentenceOf } from "../../../kit/server.js";
import { t } from "../../../kit/texts.js";
import { outsideSide, sideChoices } from "./sides.js";
import { reasonBox } from "../../shared/form-controls.js";
import { sideBadge } from "../talk.js";

const MANY = 8; // so many are searched instead of read

/**
 * One side is chosen: {side}; or all of another base: {sides, base}; null where nothing is.
 * @param {Parts<"playground">} play
 */
export async function pickSide(play, replaced) {
  await laterStyles("playground-pick");
  const rows = [...sideChoices(play.start.options, play.base).values()];
  /** @type {any} */
  const self = { play, replaced, rows, text: "", list: h("div", { class: "play-pick-list" }), chosen: null, outside: null, lost: "" };
  if (play.start.outside) {
    play.ctx.call("chat_outside").then((found) => { self.outside = found; }, (error) => { self.lost = sentenceOf(error); }).then(() => drawRows(self));
  }
  const search = rows.length > MANY ? searchField(self) : null;
  drawRows(self);
  const body = h("div", { class: "ts-stack play-pick" }, search, self.list);
  const title = replaced ? t("playground.side.change", { name: replaced.name }) : t("playground.side.add");
  await openDialog(title, body, [{ label: t("common.cancel"), value: "" }], { wide: true });
  return self.chosen;
}

function searchField(self) {
  const label = t("playground.pick.search");
  const field = h("input", { type: "search", class: "ts-input", id: "pick-search", "aria-label": label, placeholder: label,
    oninput: () => { self.text = field.value; drawRows(self); },
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      self.list.querySelector(".pick-row:not(:disabled)")?.click();
    } });
  return field;
}

function drawRows(self) {
  const { play } = self;
  const bases = [...play.start.options.bases].sort((a, b) => Number(b.id === play.base) - Number(a.id === play.base));
  const groups = bases.map((base) => baseGroup(self, base)).filter(Boolean);
  groups.push(...outsideGroups(self));
  replaceChildren(self.list, groups.length ? groups : h("p", { class: "ts-soft", role: "status" }, t("playground.pick.none")));
}

const fits = (self, row) => !self.text.trim() || [row.name, row.baseName, sideBadge(row)].join(" ").toLowerCase().includes(self.text.trim().toLowerCase());

function baseGroup(self, base) {
  const mine = self.rows.filter((row) => row.base === base.id && fits(self, row));
  if (!mine.length) return null;
  const plain = mine.filter((row) => row.step === undefined);
  const steps = mine.filter((row) => row.step !== undefined);
  const below = new Set();
  const lines = plain.map((row) => {
    const own = row.side.startsWith("tuned:") ? steps.filter((step) => step.tunedId === row.tunedId) : [];
    own.forEach((step) => below.add(step));
    return [pickRow(self, row), own.map((step) => pickRow(self, step))];
  });
  const jobs = grouped(steps.filter((step) => !below.has(step)));
  const id = "pick-base-" + base.id;
  return h("section", { class: "pick-group", "aria-labelledby": id },
    h("div", { class: "ts-spread" }, h("h3", { id, dir: "auto" }, base.name), wholeButton(self, base)),
    base.missing_bytes === null ? null : h("p", { class: "ts-small ts-soft" }, t(base.id === self.play.base ? "playground.pick.comes" : "playground.pick.not_here", { size: format.bytes(base.missing_bytes) })),
    lines, [...jobs.values()].map((some) => [h("p", { class: "ts-small ts-soft pick-job" }, t("playground.pick.job", { name: some[0].name })), some.map((step) => pickRow(self, step))]));
}

/** Models of servers elsewhere, as they say now. */
function outsideGroups(self) {
  if (!self.play.start.outside) return [];
  if (self.lost) return [h("p", { class: "ts-error", role: "alert" }, self.lost)];
  if (!self.outside) return [h("p", { class: "ts-soft ts-small", role: "status" }, t("playground.outside.looking"))];
  return self.outside.map((server, place) => {
    const rows = server.models.map((model) => outsideSide(model.side)).filter((row) => row && fits(self, row));
    if (self.text.trim() && !rows.length) return null;
    const id = "pick-server-" + place;
    const said = server.error ? h("p", { class: "ts-error" }, reasonBox(server.error)) : rows.length ? null : h("p", { class: "ts-small ts-soft" }, t("playground.outside.none"));
    return h("section", { class: "pick-group", "aria-labelledby": id }, h("h3", { id, dir: "auto" }, t("playground.outside.group", { host: server.host })), said, rows.map((row) => pickRow(self, row)));
  }).filter(Boolean);
}

function grouped(steps) {
  const found = new Map();
  for (const step of steps) found.set(step.madeBy, [...(found.get(step.madeBy) || []), step]);
  return found;
}

/** A fresh comparison can be about another base from the start. */
function wholeButton(self, base) {
  if (self.play.id || base.id === self.play.base) return null;
  return h("button", { type: "button", class: "ts-btn small ghost", id: "pick-whole-" + base.id, onclick: (event) => take(self, event, { base: base.id, sides: ["base", ...base.tuned.slice(0, 1).map((one) => "tuned:" + one.id)] }) }, t("playground.pick.whole"));
}

function pickRow(self, row) {
  const there = self.play.sides.includes(row.side);
  const step = row.step !== undefined;
  const away = row.missing !== null && row.base !== self.play.base;
  return h("button", { type: "button", class: "pick-row" + (step ? " step" : ""), id: "pick-" + row.side, disabled: there || away, onclick: (event) => take(self, event, { side: row.side }) },
    h("span", { class: "ts-badge " + row.kind }, sideBadge(row)), h("span", { class: "pick-name", dir: "auto" }, row.name),
    step && row.loss !== null ? h("span", { class: "ts-small ts-soft" }, t("playground.pick.loss", { loss: format.number(row.loss, 3) })) : null,
    row.best ? h("span", { class: "ts-badge good" }, t("playground.pick.best")) : null,
    there ? h("span", { class: "ts-small ts-soft" }, drawIcon("check"), " ", t("playground.pick.there")) : null);
}

function take(self, event, chosen) {
  self.chosen = chosen;
  event.currentTarget.closest("dialog")?.close("");
}
