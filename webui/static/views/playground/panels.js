/* The Playground's two dialogs: the settings of the conversation, and the conversations so far. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, openDialog, runAction, toast } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { settingsForm } from "../shared/form.js";

/** @param {Parts<"playground">} play */
export async function playSettings(play) {
  const { form, defaults } = play.start;
  const draft = { ...defaults, ...play.settings };
  const changed = Object.fromEntries(Object.entries(draft).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key])));
  const library = h("div", { class: "ts-stack play-library" });
  const body = h("div", { class: "play-settings" }, library);
  const field = () => /** @type {HTMLTextAreaElement | null} */ (body.querySelector("#chat-system"));
  const { promptLibrary } = await import("./prompts.js");
  promptLibrary(play, library, field).catch((error) => toast(error.message, "danger"));
  const drawn = settingsForm(body, { id: "chat", params: form.map((param) => ({ ...param, advanced: false })), values: changed, defaults, faults: {},
    onchange: (param, value) => { draft[param.key] = value === undefined ? defaults[param.key] : value; } });
  const save = async () => {
    try {
      if (play.id) await play.ctx.call("chat_update", play.id, { settings: draft });
      play.settings = draft;
      play.draw();
      toast(t("playground.settings_saved"), "good");
    } catch (error) {
      drawn.setFaults(error.faults || {});
      toast(error.message, "danger");
    }
  };
  const said = await openDialog(t("playground.settings"), body, [
    { label: t("common.cancel"), value: "" }, { label: t("playground.settings_save"), value: "save", kind: "primary" }]);
  if (said === "save") await save();
}

/** @param {Parts<"playground">} play */
export async function playHistory(play) {
  const list = h("ul", { class: "play-past" });
  const draw = async () => {
    const past = await play.ctx.call("chat_list");
    replaceChildren(list, past.length ? past.map((one) => playPast(play, one, draw))
      : h("li", { class: "ts-soft" }, t("playground.history_empty")));
  };
  try {
    await draw();
  } catch (error) {
    return toast(error.message, "danger");
  }
  return openDialog(t("playground.history"), list, [{ label: t("common.close"), value: "" }]);
}

/** @param {Parts<"playground">} play */
function playPast(play, one, draw) {
  const branch = one.branch_turn && one.root !== one.id;
  const title = (branch && one.branch_prompt) || one.title || t("playground.untitled");
  const remove = t("playground.delete", { title });
  return h("li", { class: "ts-spread" + (branch ? " play-past-branch" : "") },
    branch ? drawIcon("git-branch") : null,
    h("a", { class: "play-past-link", href: pageUrl("playground", { conversation: one.id }), "aria-current": one.id === play.id ? "page" : null },
      h("span", {}, title), h("small", { class: "ts-soft" }, [branch ? t("playground.branch.of", { n: one.branch_turn }) : one.base_name, t("playground.turns", { n: one.turns }), format.when(one.updated_at)].join(" · "))),
    h("button", { type: "button", class: "ts-icon-btn danger", "aria-label": remove, title: remove,
      onclick: async (event) => {
        if (!(await askFirst(t("playground.delete_title"), title, t("playground.delete_do")))) return;
        await runAction(event.target.closest("button") || event.target, () => play.ctx.call("chat_delete", one.id));
        if (one.id === play.id) location.assign(pageUrl("playground"));
        else await draw();
      } }, drawIcon("trash-2")));
}
