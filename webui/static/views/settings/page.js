/* The Settings page: sections with their heading on the left. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { copyText, pageHead } from "../../kit/parts.js";
import { loadPart, sentenceOf } from "../../kit/server.js";
import { pageLanguage, t } from "../../kit/texts.js";
import { hardwareSection } from "./hardware.js";
import { noteBox } from "../shared/form-controls.js";
import { settingsHub } from "./hub.js";
import { settingsModels } from "./models.js";
import { reserveSection } from "./reserve.js";

/** @type {View<"settings">} */
export async function view(root, _value, ctx) {
  const [machine, models, limits, rooms, hub] = await Promise.all([ctx.call("machine"), ctx.news("models", ""), ctx.call("limits"), ctx.call("reserves"), ctx.call("hub_now").catch((error) => error)]);
  const disk = h("div", { class: "ts-card" }, h("p", { class: "ts-soft" }, t("settings.folders.counting")));
  const keys = h("div", { class: "ts-stack", "aria-busy": "true" });
  const section = (key, ...content) => h("section", { class: "settings-section", id: key, "aria-labelledby": "settings-" + key },
    h("div", { class: "settings-words" }, h("h2", { id: "settings-" + key }, t(`settings.${key}.title`)),
      h("p", { class: "ts-small ts-soft" }, t(`settings.${key}.text`))), h("div", { class: "ts-stack" }, content));
  replaceChildren(root, h("div", { class: "ts-page settings" }, pageHead(t("settings.title"), t("settings.lead")),
    section("hardware", hardwareSection(machine), reserveSection(ctx, rooms)),
    section("models", settingsModels(models.value || [], ctx)),
    section("hub", settingsHub(hub, ctx)),
    section("keys", keys),
    section("look", settingsLook()),
    section("folders", disk),
    section("limits", settingsLimits(limits))));
  settingsKeys(keys, ctx).catch((error) => replaceChildren(keys, noteBox("danger", sentenceOf(error))));
  if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
  settingsFolders(disk, await ctx.call("disk_use"), machine);
}

/** @param {Ctx<"settings">} ctx */
async function settingsKeys(holder, ctx) {
  const asked = ctx.call("keys_start");
  const draw = await loadPart(async () => (await import("./keys.js")).keysSection);
  draw(holder, ctx, await asked);
  holder.removeAttribute("aria-busy");
}

function settingsLook() {
  const languages = [.../** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".ts-languages a"))].map(({ pathname, lang, textContent }) =>
    h("a", { href: pathname, lang, "aria-current": pageLanguage() === lang ? "true" : null }, textContent));
  const schemes = ["system", "light", "dark"].map((key) => h("button", { type: "button", "data-choice": key, onclick: () => window.TS.scheme(key) }, t("settings.scheme." + key)));
  const mark = () => schemes.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.choice === window.TS.schemeChosen())));
  window.addEventListener("ts:scheme", mark);
  mark();
  const row = (key, children) => h("div", { class: "ts-spread" }, h("span", { class: "ts-label", id: "settings-look-" + key }, t("settings.look." + key)),
    h("div", { class: "ts-seg", role: "group", "aria-labelledby": "settings-look-" + key }, children));
  return h("div", { class: "ts-card" }, row("language", languages), row("scheme", schemes));
}

/**
 * @param {Server.DiskUse} use
 * @param {Server.MachineFindings} machine
 */
function settingsFolders(card, use, machine) {
  const entries = [...use.folders, { key: "database", bytes: use.database }].filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  replaceChildren(card,
    h("div", { class: "ts-spread" }, h("code", { class: "settings-path" }, use.home),
      h("button", { type: "button", class: "ts-btn small ghost", onclick: () => copyText(use.home) }, drawIcon("copy", 16), t("common.copy"))),
    h("p", { class: "ts-small ts-soft" }, t("settings.folders.total", { size: format.bytes(use.total), free: format.memory(machine.disk_free_mb) })),
    entries.length ? h("ul", { class: "settings-bars" }, entries.map(({ key, bytes }) => h("li", {},
      h("span", {}, t("settings.folder." + key)), h("span", { class: "settings-bar", "aria-hidden": "true" },
        h("i", { style: { width: Math.max(1, 100 * bytes / use.total) + "%" } })), h("span", { class: "ts-num" }, format.bytes(bytes))))) : null);
}

/** @param {Server.LimitRow[]} limits */
const settingsLimits = (limits) => h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": t("settings.limits.text") },
  h("table", { class: "ts-table" },
    h("thead", {}, h("tr", {}, ["what", "value", "variable"].map((key) => h("th", { scope: "col" }, t("settings.limits." + key))))),
    h("tbody", {}, limits.map(({ key, value, variable }) => h("tr", {}, h("td", {}, t("settings.limit." + key)),
      h("td", {}, t(typeof value === "boolean" ? "settings.limit." + (value ? "yes" : "no") : `settings.limit.${key}.value`, { value: typeof value === "number" && key !== "port" ? format.number(value) : value })),
      h("td", {}, h("code", {}, variable)))))));
