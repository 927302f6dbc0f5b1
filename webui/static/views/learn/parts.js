/* What the cards and the table of methods share. */
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
