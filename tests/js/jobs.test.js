import assert from "node:assert/strict";
import { test } from "node:test";
import { changeOf } from "../../webui/static/kit/change.js";
import { dayOf, narrowed, narrowedBy, splitTags } from "../../webui/static/views/jobs/words.js";
import { linesOf, questionsOf } from "../../webui/static/views/playground/lists/questions.js";

test("a number is better or worse by the direction of its metric", () => {
  assert.deepEqual(changeOf(1.11, 1.13), { word: "worse", tone: "warn", share: (1.13 - 1.11) / 1.11 });
  assert.equal(changeOf(2.3, 1.1).tone, "good");
  assert.equal(changeOf(0.4, 0.6, "high").word, "better");
  assert.equal(changeOf(0.6, 0.4, "high").tone, "warn");
  assert.deepEqual(changeOf(1.1101, 1.1104), { word: "same", tone: "neutral", share: 0 });
  assert.equal(changeOf(0, 1).share, null);
});

test("a day is today, yesterday, a day of this year or a date", () => {
  const now = new Date(2026, 2, 1, 0, 5).getTime(); // five past midnight
  const at = (...parts) => new Date(...parts).getTime() / 1000;
  assert.equal(dayOf(at(2026, 2, 1, 0, 1), now), "today");
  assert.equal(dayOf(at(2026, 1, 28, 23, 59), now), "yesterday");
  assert.equal(dayOf(at(2026, 0, 1), now), "year");
  assert.equal(dayOf(at(2025, 11, 31), now), "date");
  assert.equal(dayOf(at(2025, 11, 31, 12), new Date(2026, 0, 1, 9).getTime()), "yesterday");
});

test("tags are split at commas of either language", () => {
  assert.deepEqual(splitTags(" first  try，中文, ,last\nline"), ["first try", "中文", "last", "line"]);
});

test("a list's address holds what narrows it and nothing else", () => {
  assert.deepEqual(narrowed({ text: "", state: "failed", model: 3, other: "x" }), { state: "failed", model: "3" });
  assert.deepEqual(narrowedBy("?tag=%E4%B8%AD%E6%96%87&job=7&text=a+b"), { text: "a b", tag: "中文" });
});

test("questions are the lines that say something, or a column of a file", () => {
  assert.deepEqual(linesOf("Who?\r\n\n  Why? \rHow?"), ["Who?", "Why?", "How?"]);
  const file = { columns: [{ questions: ["1"] }, { questions: ["two\nlines"] }] };
  assert.deepEqual(questionsOf({ text: "typed", file, column: 1 }), ["two\nlines"]);
  assert.deepEqual(questionsOf({ text: "typed", file: null, column: 1 }), ["typed"]);
});
