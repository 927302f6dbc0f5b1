/* What a long list knows after its first rows came anew. */
import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.js";
import { mergedRows } from "../../webui/static/views/shared/long-list.js";

const rows = (...ids) => ids.map((id) => ({ id }));
const follows = (a, b) => a.id < b.id;
const after = (first, known) => mergedRows(rows(...first), rows(...known), follows).map((row) => row.id);

test("what is below the first rows stays", () => {
  assert.deepEqual(after([9, 8, 7], [9, 8, 7, 6, 5]), [9, 8, 7, 6, 5]);
});

test("new ones push others down, and those are kept", () => {
  assert.deepEqual(after([11, 10, 9], [9, 8, 7, 6]), [11, 10, 9, 8, 7, 6]);
});

test("what went from among the first ones is gone", () => {
  assert.deepEqual(after([9, 7, 6], [9, 8, 7, 6, 5]), [9, 7, 6, 5]);
});

test("where nothing is left of what was known, there may be some between", () => {
  assert.deepEqual(after([30, 29, 28], [9, 8, 7, 6]), [30, 29, 28]);
});

test("an empty list stays empty", () => {
  assert.deepEqual(after([], [3, 2]), []);
  assert.deepEqual(after([3, 2], []), [3, 2]);
});
