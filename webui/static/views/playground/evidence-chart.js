/* How what is possible narrows with each vote: the win rate as a line, its interval as a band around it. */
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { t } from "../../kit/texts.js";

const WIDE = 600, HIGH = 200;

/** @param {Server.DuelLook[]} looks */
export function evidenceChart(looks, name) {
  const title = t("evidence.chart", { name });
  const last = looks[looks.length - 1].votes, first = looks[0].votes;
  const place = (votes, share) => `${(WIDE * (votes - first) / (last - first || 1)).toFixed(1)},${(HIGH * (1 - share)).toFixed(1)}`;
  const line = (key) => looks.map((look) => place(look.votes, look[key]));
  const svg = h("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": said(title, looks) },
    h("polygon", { class: "evidence-band", points: [...line("high"), ...line("low").reverse()].join(" ") }),
    h("line", { class: "evidence-even", x1: 0, x2: WIDE, y1: HIGH / 2, y2: HIGH / 2 }),
    h("polyline", { class: "evidence-line", points: line("share").join(" ") }));
  const scale = (numbers) => h("div", { class: "evidence-scale ts-num ts-small ts-soft", "aria-hidden": "true" }, numbers.map((number) => h("span", {}, format.number(number))));
  return h("figure", { class: "evidence-chart" }, h("figcaption", { class: "ts-small ts-soft", dir: "auto" }, title),
    h("div", { class: "evidence-plot" }, scale([100, 50, 0]), svg), h("div", { class: "evidence-votes" }, scale([first, last])));
}

/**
 * The chart in words, for those who cannot see it.
 * @param {Server.DuelLook[]} looks
 */
function said(title, looks) {
  const end = looks[looks.length - 1];
  return `${title}: ${[["rate", end.share], ["low", end.low], ["high", end.high]].map(([key, share]) => `${t("evidence.chart." + key)} ${format.percent(share)}`).join(", ")}`;
}
