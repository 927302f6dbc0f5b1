import assert from "node:assert/strict";
import { test } from "node:test";
import { columnFor, rowsOf } from "../../webui/static/views/playground/lists/questions.js";

const column = (name, cells, filled = cells.length) => ({ name, questions: cells.map(([, text]) => text), places: cells.map(([place]) => place), filled });

test("rows of a file keep together what stands in one row", () => {
  const file = { columns: [column(" Town", [[0, "Rome"], [2, "Oslo"]]), column("tone", [[0, "kind"], [1, "dry"]])], guess: 0 };
  assert.deepEqual(["town", "TONE", "x"].map((name) => columnFor(file, name)), [0, 1, -1]);
  const chosen = new Map([["town", 0], ["tone", 1]]);
  assert.deepEqual(rowsOf({ text: "", file, chosen }, ["town", "tone"]), [{ town: "Rome", tone: "kind" }, { tone: "dry" }, { town: "Oslo" }]);
  assert.deepEqual(rowsOf({ text: "", file, chosen: new Map([["town", -1]]) }, ["town"]), []);
  const cut = { columns: [column("a", [[0, "x"], [1, "y"]], 9), column("b", [[1, "z"], [5, "beyond"]])], guess: 0 };
  assert.deepEqual(rowsOf({ text: "", file: cut, chosen: new Map([["a", 0], ["b", 1]]) }, ["a", "b"]), [{ a: "x" }, { a: "y", b: "z" }]);
});

test("typed lines fill one variable", () => {
  const typed = { text: " Rome \n\nOslo", file: null, chosen: new Map() };
  assert.deepEqual(rowsOf(typed, ["town"]), [{ town: "Rome" }, { town: "Oslo" }]);
  assert.deepEqual(rowsOf(typed, ["town", "tone"]), []);
});
