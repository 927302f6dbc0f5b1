/* What the form and the board of a comparison share. */
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, t } from "../../kit/texts.js";

export const compareBack = () => h("a", { class: "compare-back", href: pageUrl("compare") }, drawIcon("chevron-right"), t("compare.back"));

export const compareKey = (style) => h("i", { class: "compare-key", "aria-hidden": "true", style: { borderTopColor: `var(${style.color})`, borderTopStyle: style.dash.length ? (style.dash[0] < 4 ? "dotted" : "dashed") : "solid" } });

export const compareRoughly = (seconds) => (seconds === null || seconds === undefined ? "–" : format.roughly(seconds));
