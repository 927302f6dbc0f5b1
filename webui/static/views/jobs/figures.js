/* Numbers of a job's objective that are drawn together, as declared: lines, a band, a level to compare with. Pure but for texts. */
import { t } from "../../kit/texts.js";

/* How lines look, by what they mean. */
const LOOKS = {
  train: { kind: "train" }, val: { kind: "val" }, val_more: { kind: "neutral", color: "--ts-val", dash: [2, 4] },
  good: { kind: "tuned" }, bad: { kind: "base" },
  good_val: { kind: "neutral", color: "--ts-tuned", dash: [3, 4] }, bad_val: { kind: "neutral", color: "--ts-base", dash: [3, 4] },
  first: { kind: "tuned" }, second: { kind: "neutral", color: "--ts-val", dash: [7, 4] },
};
const COLORS = ["--ts-tuned", "--ts-val", "--ts-base", "--ts-fewshot", "--ts-danger"];
const LEVEL = { kind: "neutral", color: "--ts-faint", dash: [2, 4] };

/**
 * Names of the numbers that figures draw, of those that were measured.
 * @param {Server.FigureRow[]} figures
 */
export const figureMetrics = (figures, metrics) => new Set(figures.flatMap((one) => [...one.lines.map((line) => line.metric), one.band, one.band && "val_" + one.band,
  ...eachOf(one, metrics), ...eachOf(one, metrics, "val_")]).filter(Boolean));

/** @param {Server.FigureRow} figure */
const eachOf = (figure, metrics, before = "") => (figure.each ? Object.keys(metrics).filter((name) => name.startsWith(before + figure.each)).sort() : []);

/**
 * The lines of a figure's parts: one each of training and, dashed in its colour, of held-out rows.
 * @param {Server.FigureRow} figure
 */
function partLines(figure, metrics) {
  const called = (name) => figure.parts[name] || name.replaceAll("_", " ");
  const names = [...new Set([...eachOf(figure, metrics), ...eachOf(figure, metrics, "val_").map((name) => name.slice(4))])].sort();
  return names.flatMap((name, at) => {
    const part = name.slice(figure.each.length), color = COLORS[at % COLORS.length];
    return [
      { name, label: called(part), kind: "neutral", color, dash: at < COLORS.length ? [] : [6, 3], points: metrics[name] },
      { name: "val_" + name, label: t("jobs.figure.part.held_out", { part: called(part) }), kind: "neutral", color, dash: [2, 4], points: metrics["val_" + name] },
    ];
  });
}

/**
 * The series of a figure; none while nothing of it was measured often enough to be a line.
 * @param {Server.FigureRow} figure
 */
export function figureSeries(figure, metrics) {
  const drawn = [
    ...figure.lines.map(({ metric, look, label }) => ({ name: metric, label, ...LOOKS[look], points: metrics[metric] })),
    ...partLines(figure, metrics),
  ].filter((one) => one.points?.length);
  if (!drawn.some((one) => one.points.length > 1)) return [];
  const band = figure.band && metrics[figure.band];
  if (band?.length && drawn[0].name === figure.lines[0]?.metric) drawn[0] = { ...drawn[0], band };
  return figure.level ? [...drawn, levelLine(figure.level, drawn)] : drawn;
}

function levelLine(level, drawn) {
  const steps = drawn.flatMap((one) => [one.points[0][0], one.points.at(-1)[0]]);
  return { name: "level", label: level.label, ...LEVEL, points: [[Math.min(...steps), level.value], [Math.max(...steps), level.value]] };
}
