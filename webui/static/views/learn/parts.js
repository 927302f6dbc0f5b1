/* What the cards and the table of methods share. */
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { t } from "../../kit/texts.js";

/**
 * A method's costs on the chosen model; null while unknown or refused.
 * @param {Parts<"learn">} page
 */
export const learnCost = (page, key) => {
  const cost = page.costs?.numbers[key];
  return cost && !cost.refused ? cost : null;
};

export const learnShare = (share) => (share === 0 ? "0 %" : share < 0.0001 ? "< 0.01 %" : format.percent(share, share < 0.01 ? 2 : share < 0.1 ? 1 : 0));

export const rank = (cost) => (cost.rank === null ? t("learn.no_rank") : format.number(cost.rank));

const PHONE = matchMedia("(max-width: 860px)");

/** What a phone folds away. On a wide window it is open and has no handle. */
export function learnFold(handle, ...children) {
  const fold = h("details", { class: "ts-details learn-fold", open: !PHONE.matches }, h("summary", {}, handle), h("div", { class: "ts-stack" }, children));
  PHONE.addEventListener("change", () => { fold.open = !PHONE.matches; });
  return fold;
}

/** Open what folds a node away, and the fold that is the node's own. */
export function learnUnfold(node) {
  node.querySelector(":scope > .learn-fold")?.setAttribute("open", "");
  for (let around = node.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
}
