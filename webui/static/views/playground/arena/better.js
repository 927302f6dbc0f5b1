/* A better answer, written by who votes: it starts from one of the answers and is better than all of them in the data. */
import { h } from "../../../kit/dom.js";
import { openDialog } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { labelledField, selectField } from "../../shared/form-controls.js";

export async function betterAnswer(self) {
  const { vote, answers } = self.view.turn, many = answers.length > 2;
  const preferred = vote.bad || !vote.ranks.length ? 0 : vote.ranks.indexOf(1);
  const area = h("textarea", { class: "ts-textarea", id: "arena-best-text", rows: "10", dir: "auto", onkeydown: (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("dialog")?.close("keep");
  } });
  area.value = vote.best ?? answers[preferred].text;
  const starts = [...answers.map((one, at) => [at, t("arena.answer", { letter: many ? at + 1 : one.letter })]), [-1, t("arena.best_empty")]];
  const from = selectField("arena-best-from", starts, preferred, (at) => { area.value = at < 0 ? "" : answers[at].text; area.focus(); });
  const said = await openDialog(t("arena.best"), h("div", { class: "ts-stack" }, labelledField("arena-best-text", t("arena.best_label"), area, { help: t("arena.best_help") }), labelledField("arena-best-from", t("arena.best_from"), from)),
    [{ label: t("common.cancel"), value: "" }, { label: t("arena.best_keep"), value: "keep", kind: "primary" }], { wide: true });
  const text = area.value.trim();
  if (said === "keep") await self.keep({ ranks: vote.ranks.length ? vote.ranks : answers.map(() => 1), bad: vote.bad, best: text && !answers.some((one) => one.text.trim() === text) ? text : null });
  document.getElementById("arena-next")?.focus({ preventScroll: true });
}
