/* The library of system prompts, above the settings of a conversation: load one, keep the present one, rename, delete. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, runAction, toast } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { labelledField, selectField } from "../shared/form-controls.js";

/**
 * Draw the library into `box`.
 * @param {Parts<"playground">} play
 * @param {() => HTMLTextAreaElement | null} field the text that it loads into and keeps
 */
export async function promptLibrary(play, box, field) {
  const state = { prompts: await play.ctx.call("prompt_list"), chosen: -1 };
  const again = async (id) => {
    state.prompts = await play.ctx.call("prompt_list");
    state.chosen = state.prompts.findIndex((one) => one.id === id && id !== null);
    draw();
  };
  const name = h("input", { class: "ts-input", id: "prompt-name", maxlength: "120" });
  const button = (icon, label, id, run, off = false) => h("button", { type: "button", class: "ts-btn small", id, disabled: off, onclick: (event) => runAction(event.currentTarget, run) }, drawIcon(icon), h("span", {}, label));
  const draw = () => {
    const own = state.prompts[state.chosen]?.id ?? null;
    const choices = [[-1, t("playground.prompts.choose")], ...state.prompts.map((one, place) => [place, one.id === null ? t("playground.prompts.shipped", { name: one.name }) : one.name])];
    const keep = (id) => async () => {
      const kept = await play.ctx.call("prompt_keep", id, name.value, field()?.value || "");
      await again(kept);
      toast(t("playground.prompts.kept"), "good");
    };
    replaceChildren(box,
      labelledField("prompt-choice", t("playground.prompts"), selectField("prompt-choice", choices, state.chosen, (place) => { state.chosen = place; load(); })),
      labelledField("prompt-name", t("playground.prompts.name"), name),
      h("div", { class: "ts-row" }, button("plus", t("playground.prompts.keep"), "prompt-keep", keep(null)),
        own === null ? null : [button("check", t("playground.prompts.change"), "prompt-change", keep(own)),
          button("trash-2", t("playground.prompts.delete"), "prompt-delete", () => forget(own))]),
      h("p", { class: "ts-small ts-soft" }, t("playground.prompts.help", { mark: "{{name}}" })));
  };
  const load = () => {
    const one = state.prompts[state.chosen], area = field();
    name.value = one?.name ?? "";
    if (one && area) {
      area.value = one.text;
      for (const kind of ["input", "change"]) area.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    draw();
    document.getElementById("prompt-choice")?.focus();
  };
  const forget = async (id) => {
    if (!(await askFirst(t("playground.prompts.delete_title"), name.value, t("playground.prompts.delete")))) return;
    await play.ctx.call("prompt_forget", id);
    name.value = "";
    await again(null);
  };
  draw();
}
