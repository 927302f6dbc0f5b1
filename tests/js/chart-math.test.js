import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { align, chartMathSmooth, chartMathTable, clean, csv, describe, short, thin } from "../../webui/static/kit/chart-math.js";

const near = (found, wanted) => found.forEach((value, i) => (wanted[i] === null ? assert.equal(value, null) : assert.ok(Math.abs(value - wanted[i]) < 1e-9, `${value} is not ${wanted[i]}`)));

test("smoothing is debiased and keeps gaps", () => {
  near(chartMathSmooth([3, 3, 3], 0.9), [3, 3, 3]);
  near(chartMathSmooth([1, 2, null, 4], 0.5), [1, 5 / 3, null, 3]);
  assert.deepEqual(chartMathSmooth([1, 5], 0), [1, 5]);
});

test("series share one axis", () => {
  const aligned = align([[[1, 10], [3, 30]], [[2, 5], [3, 6]]]);
  assert.deepEqual(aligned.map((column) => column.map((value) => value ?? null)), [[1, 2, 3], [10, null, 30], [null, 5, 6]]);
});

test("points are in order, the last of one x wins, what is no number is a gap", () => {
  assert.deepEqual(clean([[2, 1], [1, NaN], [2, 7], [null, 3]]), [[1, null], [2, 7]]);
  assert.deepEqual(clean(undefined), []);
});

test("numbers are short", () => {
  const shown = [0, 0.00002, 0.123456, 1.5, 123.456, 45678, null, Infinity].map(short);
  assert.deepEqual(shown, ["0", "2.0e−5", "0.123", "1.5", "123", "45,678", "–", "–"]);
});

test("thinned rows keep the first and the last", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => i);
  const kept = thin(rows, 11);
  assert.equal(kept.length, 11);
  assert.deepEqual([kept[0], kept.at(-1)], [0, 999]);
  assert.equal(thin(rows, 2000), rows);
});

test("tables, CSV and words tell every point", () => {
  const series = [{ label: 'a "b", c', points: [[1, 2], [2, 1]] }, { label: "val", points: [[2, 3]] }];
  assert.deepEqual(chartMathTable(series, "Step"), [["Step", 'a "b", c', "val"], [[1, 2, null], [2, 1, 3]]]);
  assert.equal(csv(series, "Step"), 'Step,"a ""b"", c",val\r\n1,2,\r\n2,1,3\r\n');
  assert.match(describe("Loss", series), /Loss.*from 2 to 1|Loss.*2.*1/);
});

test("labels that a spreadsheet would run as formulas are disarmed, numbers are not", () => {
  const series = ["=1+1", "@x", "'-1", "plain", "\r=1"].map((label) => ({ label, points: [[1, -2]] }));
  assert.equal(csv(series, "+Step"), "'+Step,'=1+1,'@x,''-1,plain,\"'\r=1\"\r\n1,-2,-2,-2,-2,-2\r\n");
});
