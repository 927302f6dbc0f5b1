/* Save an answer of the Playground as a training row: corrected by hand first if wanted, then it waits to be approved. */
"use strict";

TS.playSaveButton = function (play, item, answer) {
  const label = TS.t("playground.save_row");
  return TS.h("button", { type: "button", class: "ts-icon-btn play-save", "aria-label": label, title: label, onclick: () => TS.playSave(play, item, answer) }, TS.icon("database"));
};

TS.playSave = async function (play, item, answer) {
  const area = (id, text, rows) => {
    const node = TS.h("textarea", { class: "ts-textarea", id, rows: String(rows), dir: "auto" });
    node.value = text;
    return node;
  };
  const question = area("save-question", item.prompt, 3);
  const said = area("save-answer", answer.content, 8);
  const place = TS.h("div", {});
  const state = { dataset: null };
  const before = item.number > 1 ? TS.h("input", { class: "ts-check", id: "save-before", type: "checkbox", checked: true }) : null;
  play.ctx.call("save_row_targets").then((sets) => TS.replace(place, TS.field("save-target", TS.t("playground.save_row.target"),
    TS.select("save-target", [[null, TS.t("playground.save_row.none")], ...sets.map((set) => [set.id, set.name])], null, (id) => { state.dataset = id; }), {})))
    .catch((error) => TS.replace(place, TS.note("danger", error.message)));
  const body = TS.h("div", { class: "ts-stack play-save-row" }, TS.h("p", { class: "ts-soft" }, TS.t("playground.save_row.lead")),
    TS.field("save-question", TS.t("playground.save_row.question"), question, {}), TS.field("save-answer", TS.t("playground.save_row.answer"), said, {}),
    before ? TS.h("label", { class: "field-check", for: "save-before" }, before, TS.t("playground.save_row.before")) : null, place);
  const wanted = await TS.dialog(TS.t("playground.save_row"), body, [{ label: TS.t("common.cancel"), value: "" }, { label: TS.t("playground.save_row.save"), value: "yes", kind: "primary" }], { wide: true });
  if (wanted !== "yes") return;
  try {
    await play.ctx.call("save_row", play.id, item.turn, answer.side, { question: question.value, answer: said.value, with_before: Boolean(before?.checked), dataset: state.dataset });
    TS.toast(TS.t("playground.save_row.saved"), "good");
  } catch (error) {
    TS.toast(error.message, "danger");
  }
};
