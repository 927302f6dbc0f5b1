import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { format } from "../../webui/static/kit/format.js";
import { addTexts, hasText, pageUrl, queryId, said, t } from "../../webui/static/kit/texts.js";

test("texts are filled in, in the language of the page", () => {
  addTexts({ "test.one": "{n} of {name}, {n:,}", "test.two": "{other} stays" });
  assert.equal(t("test.one", { n: 3, name: { en: "four", zh: "四" } }), "3 of four, 3");
  assert.equal(t("test.two", { n: 1 }), "{other} stays");
  assert.equal(said({ en: "word", zh: "词" }), "word");
  assert.equal(said("plain"), "plain");
});

test("a text that is not there shows its key and is reported", (context) => {
  const told = context.mock.method(console, "error", () => undefined);
  assert.equal(hasText("test.none"), false);
  assert.equal(t("test.none"), "test.none");
  assert.equal(told.mock.callCount(), 1);
});

test("addresses are in the language of the page", () => {
  assert.equal(pageUrl("jobs"), "/en/jobs");
  assert.equal(pageUrl("jobs", { job: 7, tab: "a b" }), "/en/jobs?job=7&tab=a+b");
});

test("an id of the address that can be none is as if it were not there", () => {
  const before = globalThis.location;
  const id = (given) => {
    globalThis.location = /** @type {any} */ ({ search: given });
    return queryId("job");
  };
  assert.deepEqual(["?job=7", "?job=-5"].map(id), [7, -5]);
  assert.deepEqual(["", "?job=abc", "?job=1.5", "?job=1e22", "?job=10000000000000000000000", "?job=9223372036854775808"].map(id), [0, 0, 0, 0, 0, 0]);
  globalThis.location = before;
});

test("numbers, sizes and times are for people", () => {
  assert.deepEqual([1234.5, 0, null].map((x) => format.number(x)), ["1,235", "0", "–"]);
  assert.deepEqual([format.number(-0.004, 2), format.score(-0.00569), format.score(-0), format.score(null)], ["0", "-0.00569", "0", "–"]);
  assert.deepEqual([0.1234, null].map((x) => format.percent(x, 1)), ["12.3 %", "–"]);
  assert.deepEqual([0, 999, 1500, 2e6, 123e9].map(format.bytes), ["0 B", "999 B", "1.5 kB", "2.0 MB", "123 GB"]);
  assert.deepEqual([5, 65, 3700, Infinity].map(format.duration).map((text) => text.replaceAll(/[^\d–]+/g, " ").trim()), ["5", "1 5", "1 1", "–"]);
});
