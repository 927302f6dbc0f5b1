/* A job that goes on with a tuned model: which one, and the way back to the base. */
import { h } from "../../kit/dom.js";
import { pageUrl, t } from "../../kit/texts.js";
import { noteBox } from "../shared/form-controls.js";

/** @param {Parts<"train">} w */
export function tellStart(w, notes) {
  const drop = h("button", { type: "button", class: "ts-btn small", id: "train-from-base", onclick: () => { w.patch({ starts_from: null }); note.remove(); } }, t("train.goes_on.drop"));
  const note = noteBox("info", h("p", {}, t("train.goes_on"), " ", h("a", { class: "ts-link", href: pageUrl("models", { model: w.draft.starts_from }) }, t("train.goes_on.which", { id: w.draft.starts_from }))), drop);
  note.id = "train-goes-on";
  notes.append(note);
}
