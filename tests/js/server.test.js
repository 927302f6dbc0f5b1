import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { shownJson, typedNumber } from "../../webui/static/kit/format.js";
import { callServer, fromWire, sentenceOf } from "../../webui/static/kit/server.js";
import { typedJson } from "../../webui/static/views/data/rows/typed.js";
import { formNumber } from "../../webui/static/views/shared/form.js";

const LARGE = 123456789012345678901234567890n;

test("a large number keeps its digits on the way in, on the page and on the way out", async () => {
  const server = { rows: async () => ({ ok: { rows: [{ extra: { id: { $integer: String(LARGE) } } }] }, tagged: true }) };
  const { rows } = await callServer(server, "rows", []);
  assert.equal(rows[0].extra.id, LARGE);
  assert.equal(String(rows[0].extra.id), String(LARGE));
  assert.equal(shownJson(rows[0]), `{"extra":{"id":${LARGE}}}`);
  assert.equal(JSON.stringify(rows[0]), `{"extra":{"id":{"$integer":"${LARGE}"}}}`);
  assert.deepEqual(fromWire(JSON.parse(JSON.stringify(structuredClone(rows)))), rows);
});

test("an answer without large numbers is left as it is", async () => {
  const ok = { rows: [{ $integer: "5" }] };
  assert.equal(await callServer({ rows: async () => ({ ok }) }, "rows", []), ok);
  assert.deepEqual(ok, { rows: [{ $integer: "5" }] });
});

test("what is typed as a number keeps its digits, what is none stays text", () => {
  for (const [typed, number] of [["10", 10], [" 1.5 ", 1.5], ["1e3", 1000], ["-7", -7], [String(LARGE), LARGE], ["9007199254740993", 9007199254740993n], ["", null], ["abc", null], ["1e400", null], ["NaN", null]]) {
    assert.equal(typedNumber(typed), number, typed);
  }
  assert.equal(formNumber(" 1e400 "), "1e400");
  assert.equal(formNumber("1".repeat(21)), BigInt("1".repeat(21)));
});

test("text in which such a number seems to stand is shown as it is", () => {
  assert.equal(shownJson({ text: '{"$integer":"5"}' }), '{"text":"{\\"$integer\\":\\"5\\"}"}');
  assert.equal(shownJson(undefined), "");
});

test("JSON that was typed keeps the digits of its numbers, in no text of it", () => {
  const value = typedJson('[{"id": 1234567890123456789, "b": [-9007199254740993, 5, 1.5e3], "9007199254740993": "x 9007199254740993 \\"9007199254740993\\""}]');
  assert.deepEqual(value, [{ id: 1234567890123456789n, b: [-9007199254740993n, 5, 1500], "9007199254740993": 'x 9007199254740993 "9007199254740993"' }]);
  assert.deepEqual(typedJson(shownJson(value, 1)), value);
  for (const text of ["", "[1", "{'a': 1}", "[NaN]"]) assert.equal(typedJson(text), null, text);
});

test("an exception's text is never a sentence", (context) => {
  context.mock.method(console, "error", () => {});
  assert.equal(sentenceOf(Object.assign(new Error("No such row."), { code: "not_found" })), "No such row.");
  assert.ok(!sentenceOf(new TypeError("Cannot mix BigInt")).includes("BigInt"));
  assert.ok(sentenceOf(undefined).length > 10);
});
