/* The Playground's two dialogs: the settings of the conversation, and the conversations so far. */
"use strict";

TS.playSettings = async function (play) {
  const draft = { ...play.start.defaults, ...play.settings };
  const set = (key) => (value) => { draft[key] = value; };
  const body = TS.h("div", { class: "ts-stack play-settings" },
    playField("system", TS.h("textarea", { class: "ts-textarea", id: "play-set-system", rows: "3", oninput: (event) => set("system")(event.target.value) }, draft.system || "")),
    playRange("temperature", draft, 0, 2, 0.05, set("temperature")),
    playRange("top_p", draft, 0.05, 1, 0.05, set("top_p")),
    TS.h("div", { class: "play-pair" }, playNumber("max_tokens", draft, 1, 4096, set("max_tokens")), playNumber("seed", draft, 0, 2147483647, set("seed"))));
  const said = await TS.dialog(TS.t("playground.settings"), body, [
    { label: TS.t("common.cancel"), value: "" }, { label: TS.t("playground.settings_save"), value: "save", kind: "primary" }]);
  if (said !== "save") return;
  try {
    if (play.id) await play.ctx.call("chat_update", play.id, { settings: draft });
    play.settings = draft;
    TS.toast(TS.t("playground.settings_saved"), "good");
  } catch (error) {
    TS.toast(error.message, "danger");
  }
};

const playField = (key, control, value) => TS.h("div", { class: "ts-field" },
  TS.h("label", { for: "play-set-" + key, class: "ts-spread" }, TS.h("span", { class: "ts-label" }, TS.t(`playground.set.${key}`)), value),
  control, TS.h("p", { class: "ts-help" }, TS.t(`playground.set.${key}.help`)));

function playRange(key, draft, min, max, step, set) {
  const shown = TS.h("output", { class: "ts-num", for: "play-set-" + key }, String(draft[key]));
  return playField(key, TS.h("input", { type: "range", class: "ts-range", id: "play-set-" + key, min: String(min), max: String(max), step: String(step), value: String(draft[key]),
    oninput: (event) => {
      set(Number(event.target.value));
      shown.textContent = event.target.value;
    } }), shown);
}

function playNumber(key, draft, min, max, set) {
  return playField(key, TS.h("input", { type: "number", class: "ts-input", id: "play-set-" + key, min: String(min), max: String(max), step: "1", value: String(draft[key] ?? ""),
    oninput: (event) => set(event.target.value === "" ? null : Math.min(max, Math.max(min, Math.round(Number(event.target.value))))) }));
}

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
      TS.h("span", {}, title), TS.h("small", { class: "ts-soft" }, TS.format.when(one.updated_at))),
    TS.h("button", { type: "button", class: "ts-icon-btn danger", "aria-label": remove, title: remove,
      onclick: async (event) => {
        if (!(await TS.confirm(TS.t("playground.delete_title"), title, TS.t("playground.delete_do")))) return;
        await TS.act(event.target.closest("button") || event.target, () => play.ctx.call("chat_delete", one.id));
        if (one.id === play.id) location.assign(TS.url("playground"));
        else await draw();
      } }, TS.icon("trash-2")));
}
