import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { filledText, variablesOf } from "../../webui/static/views/playground/variables.js";

const CASES = JSON.parse(readFileSync(new URL("variables.json", import.meta.url), "utf-8"));

test("variables are read as the server reads them", () => {
  for (const { text, names, filled } of CASES) {
    assert.deepEqual(variablesOf(text), names);
    assert.equal(filledText(text, Object.fromEntries(names.map((name) => [name, `<${name}>`]))), filled);
  }
});
