/* How much of each device's memory is left to other programs: what plans never reckon with. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { runAction } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { labelledField } from "../shared/form-controls.js";

const MB_IN_GB = 1000;

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.ReserveView[]} rooms
 */
export const reserveSection = (ctx, rooms) => h("div", { class: "ts-card settings-reserve" },
  h("h3", {}, t("settings.reserve.title")), h("p", { class: "ts-small ts-soft" }, t("settings.reserve.text")),
  rooms.map((room) => reserveRow(ctx, room)));

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.ReserveView} first
 */
function reserveRow(ctx, first) {
  const box = h("div", { class: "ts-stack tight" });
  const draw = (/** @type {Server.ReserveView} */ room) => replaceChildren(box, reserveField(ctx, room, draw));
  draw(first);
  return box;
}

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.ReserveView} room
 */
function reserveField(ctx, room, draw) {
  const id = "reserve-" + room.key.replace(":", "-");
  const input = h("input", { type: "number", id, class: "ts-input", min: "0", step: "0.1", value: String(room.reserve_mb / MB_IN_GB) });
  const set = (mb) => async () => draw(await ctx.call("set_reserve", room.key, mb));
  const keep = async () => {
    field.setError("");
    try {
      await set(input.value === "" ? null : Math.round(Number(input.value) * MB_IN_GB))(); // nothing typed is the usual, not zero
    } catch (error) {
      field.setError(error.message);
    }
  };
  const save = h("button", { type: "button", class: "ts-btn small", onclick: () => runAction(save, keep) }, t("settings.reserve.save"));
  const usual = h("button", { type: "button", class: "ts-btn small ghost", hidden: !room.own, onclick: () => runAction(usual, set(null)) }, t("settings.reserve.usual", { usual_mb: format.memory(room.usual_mb) }));
  const named = room.holders.filter(({ name }) => name).map(({ name, mb }) => (mb ? `${name} (${format.memory(mb)})` : name));
  const now = t("settings.reserve.now", { limit_mb: format.memory(room.limit_mb), memory_mb: format.memory(room.memory_mb), free_mb: format.memory(room.free_mb) });
  const field = labelledField(id, t("settings.reserve.label", { name: room.name }), input,
    { help: named.length ? now + " " + t("settings.reserve.held", { programs: named.join(", ") }) : now, box: h("div", { class: "settings-inline" }, input, h("div", { class: "ts-row" }, save, usual)) });
  return field;
}
