/* What is looked for: each check with a switch and its settings. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { noteBox } from "../../shared/form-controls.js";
import { settingsForm } from "../../shared/form.js";

/** @param {Parts<"data">} self */
export function findingsSettings(self) {
  const off = new Set(self.state.settings.off || []);
  const values = structuredClone(self.state.settings.values || {});
  const forms = [];
  const wrong = h("div", { "aria-live": "polite" });
  const run = h("button", { type: "button", class: "ts-btn primary", id: "findings-run", onclick: () => runAction(run, async () => {
    try {
      await self.look({ off: [...off], values });
    } catch (error) {
      for (const form of forms) form.setFaults(error.faults || {});
      if (!Object.keys(error.faults || {}).length) replaceChildren(wrong, noteBox("danger", error.message));
    }
  }) }, drawIcon("search"), t("findings.settings.run"));
  const body = h("div", { class: "ts-stack" });
  const node = h("details", { class: "ts-card flat ts-details findings-settings" }, h("summary", {}, t("findings.settings")), body);
  node.addEventListener("toggle", () => {
    if (!node.open || body.childElementCount) return;
    replaceChildren(body, h("p", { class: "ts-soft ts-small" }, t("findings.settings.lead")),
      h("div", { class: "findings-checks" }, self.checks.map((check) => checkSettings(check, off, values, forms))), wrong, h("div", {}, run));
  });
  return node;
}

/** @param {Server.CheckForm} check */
function checkSettings(check, off, values, forms) {
  const fields = h("div", { class: "ts-stack tight", hidden: off.has(check.key) });
  const box = h("input", { type: "checkbox", class: "ts-check", id: "check-" + check.key, checked: !off.has(check.key), "aria-describedby": "check-" + check.key + "-help", onchange: () => {
    if (box.checked) off.delete(check.key);
    else off.add(check.key);
    fields.hidden = !box.checked;
  } });
  if (check.params.length) {
    values[check.key] = values[check.key] || {};
    forms.push(settingsForm(fields, {
      id: "audit-" + check.key, params: check.params, values: values[check.key], defaults: Object.fromEntries(check.params.map((param) => [param.key, param.default])),
      onchange: (param, value) => {
        if (value === undefined) delete values[check.key][param.key];
        else values[check.key][param.key] = value;
      },
    }));
  }
  return h("section", { class: "findings-check" },
    h("label", { class: "ts-check", for: "check-" + check.key }, box, h("b", {}, check.label)),
    h("p", { class: "ts-help", id: "check-" + check.key + "-help" }, check.help), fields);
}
