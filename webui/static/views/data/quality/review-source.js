/* The passage that a made row comes from, so that the answer can be compared with it. */
import { h } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { t } from "../../../kit/texts.js";

/** The row without the columns that `reviewSource` shows. */
export const withoutSource = ({ row, origin }) => (origin.code === "make" && row.extra?.source_passage
  ? { ...row, extra: Object.fromEntries(Object.entries(row.extra).filter(([name]) => !name.startsWith("source_") && name !== "made_as")) } : row);

/** @param {Server.ReviewRowView} row */
export function reviewSource(row) {
  const extra = /** @type {Record<string, any>} */ (row.row.extra || {});
  if (row.origin.code !== "make" || !extra.source_passage) return null;
  const { grounded } = row.origin;
  const place = [extra.source_file, extra.source_page ? t("make.page", { n: format.number(extra.source_page) }) : "", extra.source_heading].filter(Boolean).join(" · ");
  return h("section", { class: "data-review-source", "aria-label": t("make.source") },
    h("p", { class: "ts-small" }, h("strong", {}, t("make.source")), " ", h("span", { class: "ts-soft", dir: "auto" }, place)),
    h("p", { class: "make-text", dir: "auto" }, extra.source_passage),
    h("p", { class: "ts-soft ts-small" }, typeof grounded === "number" ? t("make.grounded", { share: format.percent(grounded) }) : t("make.not_compared")));
}
