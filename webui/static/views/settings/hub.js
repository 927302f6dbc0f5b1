/* Where models come from: a kind of hub, the address of a mirror, and whether it answers. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { labelledField, noteBox, reasonBox, selectField } from "../shared/form-controls.js";

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.HubChoice | Refusal} choice
 */
export function settingsHub(choice, ctx) {
  if (choice instanceof Error) return noteBox("danger", choice.message); // the environment names no hub
  return h("div", { class: "ts-card" }, choice.offline ? noteBox("info", t("settings.hub.offline")) : null, hubForm(ctx, choice));
}

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.HubChoice} choice
 */
function hubForm(ctx, choice) {
  const state = { kind: choice.chosen ? choice.kind : "" };
  const known = () => choice.kinds.find((one) => one.value === state.kind);
  const url = h("input", { class: "ts-input", id: "settings-hub-url", type: "text", inputmode: "url", autocomplete: "off", spellcheck: "false", value: choice.chosen && choice.url !== known()?.url ? choice.url : "" });
  const holder = h("div", {});
  const field = () => labelledField("settings-hub-url", t("settings.hub.url"), url, { help: t("settings.hub.url.help", { url: known()?.url || "" }) });
  const show = () => { url.placeholder = known()?.url || ""; shown = field(); replaceChildren(holder, state.kind ? shown : null); };
  let shown = field();
  const options = [["", t("settings.hub.usual", { url: choice.usual })], ...choice.kinds.map((one) => [one.value, one.label])];
  const kind = labelledField("settings-hub-kind", t("settings.hub.kind"), selectField("settings-hub-kind", options, state.kind, (value) => { state.kind = value; url.value = ""; show(); }));
  const save = h("button", { class: "ts-btn", id: "settings-hub-save" }, drawIcon("refresh-cw", 16), t("settings.hub.save"));
  const told = h("p", { class: "ts-small", role: "status" });
  const keep = async () => {
    shown.setError("");
    replaceChildren(told);
    try {
      await ctx.call("choose_hub", state.kind, state.kind ? url.value : "");
      replaceChildren(told, hubSaid(await ctx.call("search_models", "smol")));
    } catch (error) {
      if (state.kind) shown.setError(error.message);
      else replaceChildren(told, hubSaid({ error }));
    }
  };
  show();
  return h("form", { class: "ts-stack", onsubmit: (event) => { event.preventDefault(); runAction(save, keep); } }, kind, holder, h("div", {}, save), told);
}

/**
 * Whether the hub that is set answers, or what is wrong.
 * @param {{ hub?: string, error: Server.FoundModels["error"] }} found
 */
const hubSaid = (found) => (found.error ? h("span", { class: "data-health danger" }, drawIcon("circle-x"), h("span", {}, reasonBox(found.error)))
  : h("span", { class: "data-health good" }, drawIcon("circle-check"), h("span", {}, t("settings.hub.works", { hub: found.hub }))));
