import assert from "node:assert/strict";
import { test } from "node:test";
import { short, tickLabels } from "../../webui/static/kit/chart-math.js";

globalThis.document = { documentElement: { lang: "en", dataset: {} } };

const different = (values) => {
  const labels = tickLabels(values);
  assert.equal(new Set(labels).size, new Set(values).size, labels.join(" "));
  return labels;
};

test("ticks that differ enough are said as they always were", () => {
  assert.deepEqual(tickLabels([0, 0.5, 1, 1.5]), ["0", "0.5", "1", "1.5"]);
  assert.deepEqual(tickLabels([0, 500, 1000, 1500]), [0, 500, 1000, 1500].map(short));
});

test("ticks close together get as many digits as it takes", () => {
  assert.deepEqual(different([1.1302, 1.1304, 1.1306]), ["1.1302", "1.1304", "1.1306"]);
  assert.deepEqual(different([1130.1, 1130.2, 1130.3]), ["1130.1", "1130.2", "1130.3"]);
  assert.deepEqual(different([0.00021, 0.000212, 0.000214]), ["2.1e−4", "2.12e−4", "2.14e−4"]);
  assert.deepEqual(different([12345.25, 12345.5, 12345.75]), ["12,345.25", "12,345.5", "12,345.75"]);
});

test("no axis repeats a label, whatever its range", () => {
  for (const start of [-3, -0.5, 0, 1e-7, 0.9999, 2.3, 77, 999.9, 10001, 6.5e6]) {
    for (const step of [1e-8, 2e-5, 1e-4, 0.02, 0.5, 10, 2500]) different(Array.from({ length: 6 }, (_, i) => Number((start + i * step).toPrecision(14))));
  }
});

test("gaps stay gaps", () => {
  assert.deepEqual(tickLabels([null, 1, null]), ["", "1", ""]);
  assert.deepEqual(tickLabels([2, 2]), ["2", "2"]);
});
