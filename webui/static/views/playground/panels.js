/* The Playground's two dialogs: the settings of the conversation, and the conversations so far. */
"use strict";

TS.playSettings = async function (play) {
  const { form, defaults } = play.start;
  const draft = { ...defaults, ...play.settings };
  const changed = Object.fromEntries(Object.entries(draft).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key])));
  const body = TS.h("div", { class: "play-settings" });
  const drawn = TS.form(body, { id: "chat", params: form.map((param) => ({ ...param, advanced: false })), values: changed, defaults, faults: {},
    onchange: (param, value) => { draft[param.key] = value === undefined ? defaults[param.key] : value; } });
  const save = async () => {
    try {
      if (play.id) await play.ctx.call("chat_update", play.id, { settings: draft });
      play.settings = draft;
      TS.toast(TS.t("playground.settings_saved"), "good");
    } catch (error) {
      drawn.setFaults(error.faults || {});
      TS.toast(error.message, "danger");
    }
  };
  const said = await TS.dialog(TS.t("playground.settings"), body, [
    { label: TS.t("common.cancel"), value: "" }, { label: TS.t("playground.settings_save"), value: "save", kind: "primary" }]);
  if (said === "save") await save();
};

TS.playHistory = async function (play) {
  const list = TS.h("ul", { class: "play-past" });
  const draw = async () => {
    const past = await play.ctx.call("chat_list");
    TS.replace(list, past.length ? past.map((one) => playPast(play, one, draw))
      : TS.h("li", { class: "ts-soft" }, TS.t("playground.history_empty")));
  };
  try {
    await draw();
  } catch (error) {
    return TS.toast(error.message, "danger");
  }
  return TS.dialog(TS.t("playground.history"), list, [{ label: TS.t("common.close"), value: "" }]);
};

function playPast(play, one, draw) {
  const title = one.title || TS.t("playground.untitled");
  const remove = TS.t("playground.delete", { title });
  return TS.h("li", { class: "ts-spread" },
    TS.h("a", { class: "play-past-link", href: TS.url("playground", { conversation: one.id }), "aria-current": one.id === play.id ? "page" : null },
      TS.h("span", {}, title), TS.h("small", { class: "ts-soft" }, [one.base_name, TS.t("playground.turns", { n: one.turns }), TS.format.when(one.updated_at)].join(" · "))),
    TS.h("button", { type: "button", class: "ts-icon-btn danger", "aria-label": remove, title: remove,
      onclick: async (event) => {
        if (!(await TS.confirm(TS.t("playground.delete_title"), title, TS.t("playground.delete_do")))) return;
        await TS.act(event.target.closest("button") || event.target, () => play.ctx.call("chat_delete", one.id));
        if (one.id === play.id) location.assign(TS.url("playground"));
        else await draw();
      } }, TS.icon("trash-2")));
}
