/* Other ways to bring data: pasted text, a typed table, a data set of a hub, rows made from documents, answers to rank. One of them is open at a time, and loaded then. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { drawIcon } from "../../../kit/icons.js";
import { loadPart } from "../../../kit/server.js";
import { pageUrl, queryValue, t } from "../../../kit/texts.js";
import { noteBox } from "../../shared/form-controls.js";

const WAYS = [["paste", "file-text"], ["sheet", "table"], ["hub", "download"], ["make", "sparkles"], ["rank", "list-ordered"]];

/**
 * Quiet buttons; what they open stands below the drop zone and is named in the address (?add=sheet).
 * @param {Ctx<"data">} ctx
 */
export function dataWays(ctx) {
  const panel = h("div", { class: "data-way" });
  const buttons = WAYS.map(([key, icon]) => h("button", { type: "button", class: "ts-btn small", id: "data-way-" + key, "aria-expanded": "false", "aria-controls": "data-way", onclick: () => toggle(key) },
    drawIcon(icon), t("data.sources." + key)));
  panel.id = "data-way";
  let open = "";
  const toggle = async (key) => {
    const closing = open;
    open = key === open ? "" : key;
    WAYS.forEach(([one], place) => buttons[place].setAttribute("aria-expanded", String(one === open)));
    if (queryValue("add") !== open && !(open === "make" && queryValue("made"))) history.replaceState(null, "", pageUrl("data", open ? { add: open } : undefined));
    try {
      const draw = open ? await loadPart(WAY[open]) : null;
      if (draw && open !== key) return;
      replaceChildren(panel, draw ? draw(ctx, () => toggle(key)) : null);
    } catch (error) {
      if (open === key) replaceChildren(panel, noteBox("danger", error.message));
    }
    if (open) /** @type {HTMLElement | null} */ (panel.querySelector("textarea, input"))?.focus();
    else document.getElementById("data-way-" + closing)?.focus();
  };
  const row = h("div", { class: "ts-row data-ways", role: "group", "aria-label": t("data.sources.label") }, buttons);
  return { row, panel, start: () => { const wanted = queryValue("made") ? "make" : queryValue("add"); if (wanted && wanted in WAY) toggle(wanted); } };
}

const WAY = {
  paste: async () => (await import("./paste.js")).pasteWay,
  sheet: async () => (await import("./sheet-way.js")).sheetWay,
  hub: async () => (await import("./hub.js")).hubWay,
  make: async () => (await import("../make/way.js")).makeWay,
  rank: async () => (await import("../rank/way.js")).rankWay,
};
