/* The hardware: what was found, what it unlocks, and why something is off. */
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";

const HARDWARE_ICONS = { good: "circle-check", note: "info", off: "circle-x" };

/** @param {Server.MachineFindings} machine */
export const hardwareSection = (machine) => h("div", { class: "ts-card hardware" },
  h("div", { class: "settings-stats" },
    hardwareStat(format.number(machine.cores), "hardware.cores"), hardwareStat(format.memory(machine.ram_free_mb), "hardware.ram_free"),
    hardwareStat(format.memory(machine.disk_free_mb), "hardware.disk_free"), hardwareStat(format.number(machine.gpus.length), "hardware.gpus")),
  [...new Set(machine.findings.map(({ area }) => area))].map((area) => hardwareArea(area, machine.findings.filter((finding) => finding.area === area))));

function hardwareStat(value, key) {
  const [number, unit] = value.split(" ");
  return h("div", { class: "ts-stat" }, h("b", {}, number, unit ? h("small", {}, " " + unit) : null), h("span", {}, t(key)));
}

const hardwareArea = (area, findings) => h("section", { class: "hardware-area", "aria-labelledby": "hardware-" + area },
  h("h3", { id: "hardware-" + area }, t("hardware.area." + area)),
  h("ul", {}, findings.map(({ code, level, params }) => h("li", { class: "hardware-finding " + level, "data-code": code },
    h("span", { class: "hardware-mark", title: t("hardware.level." + level) }, drawIcon(HARDWARE_ICONS[level], 18)),
    h("div", {}, h("b", {}, h("span", { class: "ts-sr" }, t("hardware.level." + level) + ": "), t("hardware." + code, params)),
      h("p", { class: "ts-small ts-soft" }, t("hardware." + code + ".means", params)))))));
