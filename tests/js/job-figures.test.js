import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { figureMetrics, figureSeries } from "../../webui/static/views/jobs/figures.js";

const line = (metric, look = "train") => ({ metric, look, label: metric });
const figure = (given) => ({ key: "f", label: "F", help: "", section: "learns", lines: [], band: "", each: "", parts: {}, level: null, large: false, ...given });

test("a figure is drawn once one of its lines has two points", () => {
  const one = figure({ lines: [line("a"), line("val_a", "val")] });
  assert.deepEqual(figureSeries(one, {}), []);
  assert.deepEqual(figureSeries(one, { a: [[1, 2]] }), []);
  assert.deepEqual(figureSeries(one, { a: [[1, 2], [2, 3]] }).map((series) => series.name), ["a"]);
  assert.deepEqual(figureSeries(one, { a: [[1, 2]], val_a: [[0, 1], [2, 3]] }).map((series) => series.kind), ["train", "val"]);
});

test("a band lies around the first line alone", () => {
  const one = figure({ lines: [line("a"), line("b")], band: "spread" });
  const spread = [[1, 0.5], [2, 0.2]];
  assert.equal(figureSeries(one, { a: [[1, 2], [2, 3]], b: [[1, 2]], spread })[0].band, spread);
  assert.ok(figureSeries(one, { b: [[1, 2], [2, 3]], spread }).every((series) => !series.band));
});

test("each part has a line, and a level reaches from end to end", () => {
  const one = figure({ each: "reward/", level: { value: 0.5, label: "half" } });
  const metrics = { "reward/b": [[1, 0], [9, 1]], "reward/a_2": [[2, 0], [4, 1]], reward: [[1, 0], [2, 1]] };
  const series = figureSeries(one, metrics);
  assert.deepEqual(series.map((part) => part.label), ["a 2", "b", "half"]);
  assert.deepEqual(series.at(-1).points, [[1, 0.5], [9, 0.5]]);
  assert.equal(new Set(series.map((part) => part.color)).size, 3);
  assert.deepEqual([...figureMetrics([one], metrics)], ["reward/a_2", "reward/b"]);
});

test("parts have names for people, and held-out numbers beside them; what a band has of those is drawn nowhere else", () => {
  const one = figure({ each: "reward/", parts: { length: "Length of the answer" } });
  const metrics = { "reward/length": [[1, 0], [9, 1]], "val_reward/length": [[0, 0], [9, 1]] };
  const [part, held] = figureSeries(one, metrics);
  assert.equal(part.label, "Length of the answer");
  assert.deepEqual([held.name, held.color], ["val_reward/length", part.color]);
  assert.deepEqual([...figureMetrics([one, figure({ band: "spread" })], metrics)], ["reward/length", "val_reward/length", "spread", "val_spread"]);
});
