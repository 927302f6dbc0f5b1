/* The hardware: what was found, what it unlocks, and why something is off. */
"use strict";
TS.hardwareIcons = { good: "circle-check", note: "info", off: "circle-x" };

TS.hardware = (machine) => TS.h("div", { class: "ts-card hardware" },
  TS.h("div", { class: "settings-stats" },
    TS.hardwareStat(TS.format.number(machine.cores), "hardware.cores"), TS.hardwareStat(TS.settingsGb(machine.ram_free_mb), "hardware.ram_free"),
    TS.hardwareStat(TS.settingsGb(machine.disk_free_mb), "hardware.disk_free"), TS.hardwareStat(TS.format.number(machine.gpus.length), "hardware.gpus")),
  [...new Set(machine.findings.map(({ area }) => area))].map((area) => TS.hardwareArea(area, machine.findings.filter((finding) => finding.area === area))));

TS.hardwareStat = function (value, key) {
  const [number, unit] = value.split(" ");
  return TS.h("div", { class: "ts-stat" }, TS.h("b", {}, number, unit ? TS.h("small", {}, " " + unit) : null), TS.h("span", {}, TS.t(key)));
};

TS.hardwareArea = (area, findings) => TS.h("section", { class: "hardware-area", "aria-labelledby": "hardware-" + area },
  TS.h("h3", { id: "hardware-" + area }, TS.t("hardware.area." + area)),
  TS.h("ul", {}, findings.map(({ code, level, params }) => TS.h("li", { class: "hardware-finding " + level, "data-code": code },
    TS.h("span", { class: "hardware-mark", title: TS.t("hardware.level." + level) }, TS.icon(TS.hardwareIcons[level], 18)),
    TS.h("div", {}, TS.h("b", {}, TS.h("span", { class: "ts-sr" }, TS.t("hardware.level." + level) + ": "), TS.t("hardware." + code, params)),
      TS.h("p", { class: "ts-small ts-soft" }, TS.t("hardware." + code + ".means", params)))))));
