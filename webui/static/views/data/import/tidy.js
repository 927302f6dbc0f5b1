/* Repairs of conversations at import, each with the rows that it saves. */
import { h } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";
import { noteBox } from "../../shared/form-controls.js";

/** The note, or nothing where no repair helps. `found` is what a preview says. */
export function tidyNote(found, choice, changed) {
  if (!found.tidy.length) return null;
  const set = (key, on) => {
    choice.tidy = on ? [...choice.tidy, key] : choice.tidy.filter((one) => one !== key);
    changed();
  };
  const waiting = found.tidy.filter((one) => !one.on);
  const all = () => {
    choice.tidy = [...new Set([...choice.tidy, ...waiting.map((one) => one.key).filter((key) => key !== "drop_late_system")])];
    changed();
  };
  return noteBox(waiting.length ? "warn" : "info", h("b", {}, t("data.tidy")),
    h("p", { class: "ts-small" }, waiting.length ? t("data.tidy.lead", { n: format.number(found.rejected_rows) }) : t("data.tidy.lead_on")),
    h("ul", { class: "data-tidy" }, found.tidy.map((one) => tidyLine(one, set))),
    waiting.length > 1 && found.tidy_together ? h("button", { type: "button", class: "ts-btn small", id: "data-tidy-all", onclick: all }, t("data.tidy.together", { n: format.number(found.tidy_together) })) : null);
}

function tidyLine({ key, rows, on }, set) {
  const box = h("input", { type: "checkbox", id: "data-tidy-" + key, checked: on, onchange: () => set(key, box.checked) });
  return h("li", {}, h("label", { class: "data-tidy-line", for: "data-tidy-" + key }, box, h("span", {}, t("data.tidy." + key), " ",
    h("span", { class: "ts-soft ts-small" }, t("data.tidy.saves", { n: format.number(rows) })))));
}
