/* What the form and the board of a comparison share. */
import { h } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { pageUrl, t } from "../../kit/texts.js";

export const compareBack = () => h("a", { class: "compare-back", href: pageUrl("compare") }, drawIcon("chevron-right"), t("compare.back"));
