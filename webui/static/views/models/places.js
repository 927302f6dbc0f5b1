/* Where shall it run? One question, the form that answers it, a click that makes it, and the lines with which it is put to use. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { copyText, runAction } from "../../kit/parts.js";
import { pageUrl, queryValue, said, t } from "../../kit/texts.js";
import { choiceCards, noteBox } from "../shared/form-controls.js";

/**
 * @param {Server.NamedTuned | Server.ListedTuned} model
 * @param {Ctx<"models">} ctx
 * @param {(forms: Server.WantedForm[], kept: "zip" | "folder") => Promise<void>} onstart
 * @param {"h2" | "h3"} [heading]
 */
export function exportPlaces(model, ctx, onstart, heading = "h3") {
  const cards = h("div", {}), answer = h("div", { class: "model-place", "aria-live": "polite" });
  const state = { chosen: queryValue("for") || "", places: /** @type {Server.DestinationView[]} */ ([]), drawn: "" };
  const tell = () => {
    const place = state.places.find((one) => one.key === state.chosen);
    const text = JSON.stringify(place || "");
    if (text !== state.drawn) replaceChildren(answer, place ? placeAnswer(place, onstart) : null);
    state.drawn = text;
  };
  const pick = (key) => {
    state.chosen = key;
    const address = new URL(location.href);
    address.searchParams.set("for", key);
    history.replaceState(history.state, "", address);
    tell();
  };
  const refresh = async () => {
    const first = !state.places.length;
    state.places = await ctx.call("model_destinations", model.id);
    if (first) state.chosen = queryValue("for") || ""; // another place may have been picked meanwhile
    if (first) replaceChildren(cards, choiceCards(t("models.where"), state.places.map(placeCard), state.chosen, pick, "model-places"));
    tell();
  };
  return { node: h("div", { class: "ts-card model-where" }, h(heading, {}, t("models.where")), h("p", { class: "ts-small ts-soft" }, t("models.where_more")), cards, answer), refresh };
}

/** @param {Server.DestinationView} place */
const placeCard = (place) => ({ value: place.key, label: said(place.label), content: [h("b", {}, said(place.label)), h("span", { class: "ts-small ts-soft" }, said(place.help))] });

/** @param {Server.DestinationView} place */
function placeAnswer(place, onstart) {
  if (!place.works) return noteBox("warn", t("models.where_none", { reason: said(place.reason) || "" }));
  return [place.reason ? noteBox("info", t("models.where_nearest", { wanted: said(place.wanted), reason: said(place.reason), form: said(place.form_label) || t("models.where_api") })) : null,
    h("div", { class: "ts-spread" }, h("p", {}, place.form ? t("models.where_form", { place: said(place.label) }) : t("models.where_nothing"), " ", place.form ? h("b", {}, said(place.form_label)) : null), placeButton(place, onstart)),
    h("ol", { class: "model-lines" }, place.lines.map((line) => h("li", {}, h("p", {}, said(line.says)), line.code ? codeLine(line.code.replaceAll("{url}", location.origin)) : null)))];
}

/** @param {Server.DestinationView} place */
function placeButton(place, onstart) {
  if (!place.form) return h("a", { class: "ts-btn primary", href: pageUrl("settings") }, drawIcon("settings"), t("models.where_keys"));
  if (place.made.length) return h("a", { class: "ts-btn primary", id: "place-download", href: "/files/export/" + place.made.join("/"), download: "" }, drawIcon("download"), t("models.download"));
  const button = h("button", { type: "button", class: "ts-btn primary", id: "place-make",
    onclick: () => runAction(button, () => onstart([{ format: place.form || "", params: place.params }], "zip")) }, drawIcon("box"), h("span", {}, t("models.where_make")));
  return button;
}

const codeLine = (code) => h("div", { class: "model-code" }, h("pre", { tabindex: "0" }, h("code", {}, code)),
  h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("common.copy"), title: t("common.copy"), onclick: () => copyText(code) }, drawIcon("copy")));
