/* Bringing data: pasted text. */
import { h } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";
import { goTo, wayCard } from "./way-card.js";
import { labelledField } from "../../shared/form-controls.js";

/**
 * Pasted text.
 * @param {Ctx<"data">} ctx
 */
export function pasteWay(ctx, close) {
  const count = h("span", { class: "ts-soft ts-small ts-num" });
  const text = h("textarea", { class: "ts-textarea data-paste", id: "data-paste", rows: "10", spellcheck: false, dir: "auto",
    oninput: () => { count.textContent = t("data.paste.count", { n: format.number(text.value.length) }); field.setError(""); } });
  const name = h("input", { class: "ts-input", id: "data-paste-name", type: "text", maxlength: "120" });
  const field = labelledField("data-paste", t("data.paste.label"), text, { extra: count });
  const go = h("button", { class: "ts-btn primary" }, t("data.paste.go"));
  return wayCard("paste", close, h("form", { class: "ts-stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (!text.value.trim()) { field.setError(t("data.paste.empty")); text.focus(); return; }
    go.setAttribute("aria-busy", "true");
    try {
      goTo(await ctx.call("paste_data", text.value, name.value));
    } catch (error) {
      field.setError(error.message);
    }
    go.removeAttribute("aria-busy");
  } }, field, h("div", { class: "data-way-foot" }, labelledField("data-paste-name", t("data.paste.name"), name, {}), go)));
}
