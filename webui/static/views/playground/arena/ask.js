/* A question of one's own in a blind comparison: where no list is left to be asked. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";

const LONGEST = "20000"; // characters

export function arenaComposer(self) {
  const { turn, left, busy, read_only: readOnly } = self.view;
  const open = !readOnly && !left && !busy && (!turn || Boolean(turn.vote) || turn.state !== "ready");
  self.dom.composer.hidden = !open;
  if (!open || self.dom.composer.firstChild) return;
  const input = h("textarea", { class: "ts-textarea play-input", id: "arena-input", rows: "1", dir: "auto", maxlength: LONGEST, "aria-label": t("playground.ask_label"), placeholder: t("playground.ask_label"),
    onkeydown: (event) => {
      if (event.isComposing || event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      send();
    } });
  const send = async () => {
    const prompt = input.value.trim();
    if (!prompt) return;
    input.value = "";
    self.dom.card.focus({ preventScroll: true });
    await self.ask(prompt);
  };
  const chips = h("div", { class: "play-chips" });
  self.suggested ??= self.ctx.call("chat_suggestions", self.view.tuned_ids[0] ?? null).catch(() => []);
  self.suggested.then((questions) => replaceChildren(chips, questions.slice(0, 3).map((question) => h("button", { type: "button", class: "play-chip", onclick: () => { input.value = question; send(); } }, question))));
  replaceChildren(self.dom.composer, chips, h("form", { class: "play-composer", onsubmit: (event) => { event.preventDefault(); send(); } }, input,
    h("button", { type: "submit", class: "ts-btn primary play-send", id: "arena-send", "aria-label": t("playground.send") }, drawIcon("arrow-up"), h("span", {}, t("playground.send")))));
}
