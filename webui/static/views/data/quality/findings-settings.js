/* What is looked for: each check with a switch and its settings. */
"use strict";
TS.data = TS.data || {};

TS.data.findingsSettings = function (self) {
  const off = new Set(self.state.settings.off || []);
  const values = structuredClone(self.state.settings.values || {});
  const forms = [];
  const wrong = TS.h("div", { "aria-live": "polite" });
  const run = TS.h("button", { type: "button", class: "ts-btn primary", id: "findings-run", onclick: () => TS.act(run, async () => {
    try {
      await TS.data.findingsLook(self, { off: [...off], values });
    } catch (error) {
      for (const form of forms) form.setFaults(error.faults || {});
      if (!Object.keys(error.faults || {}).length) TS.replace(wrong, TS.note("danger", error.message));
    }
  }) }, TS.icon("search"), TS.t("findings.settings.run"));
  const body = TS.h("div", { class: "ts-stack" });
  const node = TS.h("details", { class: "ts-card flat ts-details findings-settings" }, TS.h("summary", {}, TS.t("findings.settings")), body);
  node.addEventListener("toggle", () => {
    if (!node.open || body.childElementCount) return;
    TS.replace(body, TS.h("p", { class: "ts-soft ts-small" }, TS.t("findings.settings.lead")),
      TS.h("div", { class: "findings-checks" }, self.checks.map((check) => TS.data.checkSettings(check, off, values, forms))), wrong, TS.h("div", {}, run));
  });
  return node;
};

TS.data.checkSettings = function (check, off, values, forms) {
  const fields = TS.h("div", { class: "ts-stack tight", hidden: off.has(check.key) });
  const box = TS.h("input", { type: "checkbox", class: "ts-check", id: "check-" + check.key, checked: !off.has(check.key), "aria-describedby": "check-" + check.key + "-help", onchange: () => {
    if (box.checked) off.delete(check.key);
    else off.add(check.key);
    fields.hidden = !box.checked;
  } });
  if (check.params.length) {
    values[check.key] = values[check.key] || {};
    forms.push(TS.form(fields, {
      id: "audit-" + check.key, params: check.params, values: values[check.key], defaults: Object.fromEntries(check.params.map((param) => [param.key, param.default])),
      onchange: (param, value) => {
        if (value === undefined) delete values[check.key][param.key];
        else values[check.key][param.key] = value;
      },
    }));
  }
  return TS.h("section", { class: "findings-check" },
    TS.h("label", { class: "ts-check", for: "check-" + check.key }, box, TS.h("b", {}, check.label)),
    TS.h("p", { class: "ts-help", id: "check-" + check.key + "-help" }, check.help), fields);
};
