/* The Settings page: sections with their heading on the left. */
"use strict";

TS.views.settings = async function (root, _value, ctx) {
  const [machine, models, limits] = await Promise.all([ctx.call("machine"), ctx.call("models"), ctx.call("limits")]);
  const disk = TS.h("div", { class: "ts-card" }, TS.h("p", { class: "ts-soft" }, TS.t("settings.folders.counting")));
  const section = (key, ...content) => TS.h("section", { class: "settings-section", id: key, "aria-labelledby": "settings-" + key },
    TS.h("div", { class: "settings-words" }, TS.h("h2", { id: "settings-" + key }, TS.t(`settings.${key}.title`)),
      TS.h("p", { class: "ts-small ts-soft" }, TS.t(`settings.${key}.text`))), TS.h("div", { class: "ts-stack" }, content));
  TS.replace(root, TS.h("div", { class: "ts-page settings" }, TS.head(TS.t("settings.title"), TS.t("settings.lead")),
    section("hardware", TS.hardware(machine)),
    section("models", TS.settingsModels(models, ctx)),
    section("look", TS.settingsLook()),
    section("folders", disk),
    section("limits", TS.settingsLimits(limits))));
  if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
  TS.settingsFolders(disk, await ctx.call("disk_use"), machine);
};

TS.settingsGb = (mb) => TS.format.number(mb / 1000, mb < 10000 ? 1 : 0) + " GB";

TS.settingsLook = function () {
  const languages = [...document.querySelectorAll(".ts-languages a")].map(({ pathname, lang, textContent }) =>
    TS.h("a", { href: pathname, lang, "aria-current": TS.language() === lang ? "true" : null }, textContent));
  const schemes = ["system", "light", "dark"].map((key) => TS.h("button", { type: "button", "data-choice": key, onclick: () => TS.scheme(key) }, TS.t("settings.scheme." + key)));
  const mark = () => schemes.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.choice === TS.schemeChosen())));
  window.addEventListener("ts:scheme", mark);
  mark();
  const row = (key, children) => TS.h("div", { class: "ts-spread" }, TS.h("span", { class: "ts-label", id: "settings-look-" + key }, TS.t("settings.look." + key)),
    TS.h("div", { class: "ts-seg", role: "group", "aria-labelledby": "settings-look-" + key }, children));
  return TS.h("div", { class: "ts-card" }, row("language", languages), row("scheme", schemes));
};

TS.settingsFolders = function (card, use, machine) {
  const entries = [...use.folders, { key: "database", bytes: use.database }].filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  TS.replace(card,
    TS.h("div", { class: "ts-spread" }, TS.h("code", { class: "settings-path" }, use.home),
      TS.h("button", { type: "button", class: "ts-btn small ghost", onclick: () => TS.copy(use.home) }, TS.icon("copy", 16), TS.t("common.copy"))),
    TS.h("p", { class: "ts-small ts-soft" }, TS.t("settings.folders.total", { size: TS.format.bytes(use.total), free: TS.settingsGb(machine.disk_free_mb) })),
    entries.length ? TS.h("ul", { class: "settings-bars" }, entries.map(({ key, bytes }) => TS.h("li", {},
      TS.h("span", {}, TS.t("settings.folder." + key)), TS.h("span", { class: "settings-bar", "aria-hidden": "true" },
        TS.h("i", { style: { width: Math.max(1, 100 * bytes / use.total) + "%" } })), TS.h("span", { class: "ts-num" }, TS.format.bytes(bytes))))) : null);
};

TS.settingsLimits = (limits) => TS.h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": TS.t("settings.limits.text") },
  TS.h("table", { class: "ts-table" },
    TS.h("thead", {}, TS.h("tr", {}, ["what", "value", "variable"].map((key) => TS.h("th", { scope: "col" }, TS.t("settings.limits." + key))))),
    TS.h("tbody", {}, limits.map(({ key, value, variable }) => TS.h("tr", {}, TS.h("td", {}, TS.t("settings.limit." + key)),
      TS.h("td", {}, TS.t(typeof value === "boolean" ? "settings.limit." + (value ? "yes" : "no") : `settings.limit.${key}.value`, { value: typeof value === "number" && key !== "port" ? TS.format.number(value) : value })),
      TS.h("td", {}, TS.h("code", {}, variable)))))));
