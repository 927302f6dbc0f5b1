import assert from "node:assert/strict";
import { test } from "node:test";
import { held } from "./page.js";

const { seenToken, shownShare, wordWalk } = await import("../../webui/static/views/playground/exact/word-walk.js");

test("tokens that nobody sees have a name or a sign", () => {
  const shown = ["", " ", "\n", "\uFFFD\uFFFD", " the", "a\n", "你"].map(seenToken);
  assert.deepEqual(shown, ["(nothing)", "space", "line break", "(a part of a character)", "␣the", "a↵", "你"]);
});

test("what is nearly none or nearly certain is not told as none or certain", () => {
  assert.deepEqual([0.00001, 0.0123, 0.25, 0.995, 0.99999, 1].map(shownShare), ["< 0.1 %", "1.2 %", "25 %", "99.5 %", "> 99.9 %", "100 %"]);
});

test("words are one stop for the Tab key, and their texts stay whole", () => {
  const words = ["<b>", " x", "\n"].map((text) => ({ text, name: text + "!", className: "sure-1" }));
  const holder = held(wordWalk(words, "words", () => []).row);
  const spans = [...holder.querySelectorAll(".play-word")];
  assert.deepEqual(spans.map((span) => span.getAttribute("tabindex")), ["0", "-1", "-1"]);
  assert.equal(holder.textContent, "<b> x↵\n");
  assert.equal(holder.querySelectorAll("b").length, 0);
});
