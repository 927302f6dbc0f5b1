/* Save an answer of the Playground as a training row: corrected by hand first if wanted, then it waits to be approved. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { openDialog, toast } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { labelledField, noteBox, selectField } from "../shared/form-controls.js";

/** @param {Parts<"playground">} play */
export function playSaveButton(play, item, answer) {
  const label = t("playground.save_row");
  return h("button", { type: "button", class: "ts-icon-btn play-save", "aria-label": label, title: label, onclick: () => playSave(play, item, answer) }, drawIcon("database"));
}

/** @param {Parts<"playground">} play */
async function playSave(play, item, answer) {
  const area = (id, text, rows) => {
    const node = h("textarea", { class: "ts-textarea", id, rows: String(rows), dir: "auto" });
    node.value = text;
    return node;
  };
  const question = area("save-question", item.prompt, 3);
  const said = area("save-answer", answer.content, 8);
  const place = h("div", {});
  const state = { dataset: null };
  const before = item.number > 1 ? h("input", { class: "ts-check", id: "save-before", type: "checkbox", checked: true }) : null;
  play.ctx.call("save_row_targets").then((sets) => replaceChildren(place, labelledField("save-target", t("playground.save_row.target"),
    selectField("save-target", [[null, t("playground.save_row.none")], ...sets.map((set) => [set.id, set.name])], null, (id) => { state.dataset = id; }), {})))
    .catch((error) => replaceChildren(place, noteBox("danger", error.message)));
  const body = h("div", { class: "ts-stack play-save-row" }, h("p", { class: "ts-soft" }, t("playground.save_row.lead")),
    labelledField("save-question", t("playground.save_row.question"), question, {}), labelledField("save-answer", t("playground.save_row.answer"), said, {}),
    before ? h("label", { class: "field-check", for: "save-before" }, before, t("playground.save_row.before")) : null, place);
  const wanted = await openDialog(t("playground.save_row"), body, [{ label: t("common.cancel"), value: "" }, { label: t("playground.save_row.save"), value: "yes", kind: "primary" }], { wide: true });
  if (wanted !== "yes") return;
  try {
    await play.ctx.call("save_row", play.id, item.turn, answer.side, { question: question.value, answer: said.value, with_before: Boolean(before?.checked), dataset: state.dataset });
    toast(t("playground.save_row.saved"), "good");
  } catch (error) {
    toast(error.message, "danger");
  }
}
