/* Another question, other words or another answer from a turn on: each is a branch, and the conversation of before stays. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction, toast } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { playRegenerate } from "./ask.js";
import { playSaveButton } from "./save.js";
import { variableFields, variablesOf } from "./variables.js";

/**
 * The form in place of a question (side "") or of one side's answer. What is typed lies in `play.editing`.
 * @param {Parts<"playground">} play
 */
export function editForm(play, item) {
  const { editing } = play;
  const id = `play-edit-${item.turn}`;
  const fields = h("div", { class: "play-edit-values" });
  const area = h("textarea", { class: "ts-textarea", id, rows: String(Math.min(12, 2 + editing.text.split("\n").length)), dir: "auto", "aria-label": t(editing.side ? "playground.edit.answer" : "playground.edit.question"),
    oninput: () => { editing.text = area.value; drawFields(); },
    onkeydown: (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") { event.stopPropagation(); leave(play, item); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save.click();
    } });
  area.value = editing.text;
  const drawFields = () => {
    const names = editing.values && !editing.side ? variablesOf(editing.text, play.settings.system || "") : [];
    if (fields.dataset.names === names.join("\n")) return;
    fields.dataset.names = names.join("\n");
    replaceChildren(fields, names.length ? variableFields(id + "-value", names, editing.values) : null);
  };
  drawFields();
  const save = h("button", { type: "button", class: "ts-btn primary small", id: id + "-save", onclick: () => runAction(save, () => saved(play, item)) },
    t(editing.side ? "playground.edit.go_on" : "playground.edit.ask"));
  return h("div", { class: "play-edit ts-stack" }, area, fields,
    h("div", { class: "ts-row" }, save, h("button", { type: "button", class: "ts-btn ghost small", onclick: () => leave(play, item) }, t("common.cancel")),
      h("span", { class: "ts-small ts-soft" }, t("playground.edit.kept"))));
}

/** @param {Parts<"playground">} play */
function leave(play, item) {
  const { side } = play.editing;
  play.editing = null;
  play.draw();
  document.getElementById(side ? `play-correct-${item.turn}-${side}` : `play-edit-do-${item.turn}`)?.focus();
}

/** @param {Parts<"playground">} play */
async function saved(play, item) {
  const { side, text, values } = play.editing;
  const id = side ? await play.ctx.call("chat_correct", play.id, item.turn, side, text)
    : await play.ctx.call("chat_edit", play.id, item.turn, { prompt: text, values: valuesOf(play, text, values) });
  play.editing = null;
  await play.show(id);
  toast(t(side ? "playground.edit.corrected" : "playground.edit.branched"), "good");
}

/** What an edited question is asked with: null where it stands as it is. @param {Parts<"playground">} play */
function valuesOf(play, text, values) {
  const names = variablesOf(text, play.settings.system || "");
  return values && (names.length || text.includes("{{{{")) ? Object.fromEntries(names.map((name) => [name, values[name] || ""])) : null;
}

/** Begin to write a question (side "") or an answer differently. @param {Parts<"playground">} play */
function beginEdit(play, item, side = "", text = item.template || item.prompt) {
  play.editing = { turn: item.turn, side, text, values: item.values ? { ...item.values } : variablesOf(text).length ? null : {} }; // braces that were sent as they stand stay so
  play.draw();
  document.getElementById(`play-edit-${item.turn}`)?.focus();
}

/** Another conversation that has all up to this turn. @param {Parts<"playground">} play */
async function branchHere(play, item) {
  await play.show(await play.ctx.call("chat_branch", play.id, item.turn));
  toast(t("playground.branch.made"), "good");
  play.dom.input.focus();
}

const toolButton = (icon, id, label, run) => h("button", { type: "button", class: "ts-icon-btn", id, "aria-label": label, title: label, onclick: (event) => runAction(event.currentTarget, async () => run()) }, drawIcon(icon));

/** @param {Parts<"playground">} play */
const againButton = (play, item, side, label) => toolButton("refresh-cw", `play-again-${item.turn}-${side}`, label, () => playRegenerate(play, item.turn, side));

/** Beside a question: its versions, and what can be done from it on. @param {Parts<"playground">} play */
export function turnTools(play, item) {
  return h("div", { class: "play-turn-tools" }, item.versions ? versionsWalk(play, item) : null, play.readOnly ? null : [
    toolButton("pencil", `play-edit-do-${item.turn}`, t("playground.edit"), () => beginEdit(play, item)),
    toolButton("git-branch", `play-branch-do-${item.turn}`, t("playground.branch"), () => branchHere(play, item)),
    item.last ? null : againButton(play, item, "", t("playground.again_all"))]);
}

/**
 * In one side's place: stop it while it answers, ask it too where it was not asked, else correct its answer or have it given again.
 * @param {Parts<"playground">} play
 */
export function sideTools(play, item, side, answer) {
  const name = side?.name ?? "", given = answer && answer.status !== "streaming";
  const save = given && answer.status !== "failed" ? playSaveButton(play, item, answer) : null;
  if (play.readOnly) return save;
  if (!answer) return item.sides.includes(side) ? againButton(play, item, side.side, t("playground.ask_too", { name })) : null;
  if (!given) {
    const alone = item.answers.filter((one) => one.status === "streaming").length < 2;
    return alone || !side ? null : toolButton("square", "play-stop-" + side.side, t("playground.stop_side", { name }), () => play.ctx.call("chat_stop", play.id, side.side));
  }
  return h("div", { class: "play-side-tools" }, save,
    answer.content ? toolButton("pencil", `play-correct-${item.turn}-${answer.side}`, t("playground.edit_answer"), () => beginEdit(play, item, answer.side, answer.content)) : null,
    side ? againButton(play, item, side.side, t(item.last ? "playground.again_one" : "playground.again_branch", { name })) : null);
}

/** "‹ 2 / 3 ›": the versions of a turn. @param {Parts<"playground">} play */
function versionsWalk(play, item) {
  const { place, conversations } = item.versions;
  const step = (by, label, sign) => {
    const id = conversations[place + by];
    const button = h("button", { type: "button", class: "ts-icon-btn", id: `play-version-${item.turn}${by < 0 ? "-back" : "-on"}`, "aria-label": label, title: label, disabled: id === undefined,
      onclick: () => runAction(button, async () => {
        await play.show(id);
        document.getElementById(`play-version-${item.turn}${by < 0 ? "-back" : "-on"}`)?.focus();
      }) }, h("span", { class: "play-version-" + sign, "aria-hidden": "true" }, drawIcon("chevron-right")));
    return button;
  };
  return h("span", { class: "play-versions", role: "group", "aria-label": t("playground.versions") }, step(-1, t("playground.versions.back"), "back"),
    h("span", { class: "ts-num ts-small", "aria-live": "polite" }, t("playground.versions.place", { n: place + 1, all: conversations.length })), step(1, t("playground.versions.on"), "on"));
}
