/* Which columns stay where when another shape is chosen. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { carriedMapping, withColumn } from "../../webui/static/views/data/import/carry.js";

const field = (key, role, required = true, wording = true) => ({ key, role, required, wording });
const INPUT = field("input", "input", false);
const PAIR = { fields: [field("prompt", "question"), field("completion", "answer"), INPUT] };
const ALPACA = { fields: [field("instruction", "question"), INPUT, field("output", "answer")] };
const PASSAGE = { fields: [field("context", "input"), field("question", "question"), field("answer", "answer"), INPUT] };
const TURNS = { fields: [field("messages", "turns", true, false)] };
const state = (mapping, templates = {}) => ({ mapping, templates });

test("a column keeps its part under another name", () => {
  const before = state({ prompt: "问题", completion: "回答", input: "补充" });
  assert.deepEqual(carriedMapping(PAIR, ALPACA, before, {}), state({ instruction: "问题", output: "回答", input: "补充" }));
});

test("what is needed takes what an optional field had", () => {
  const before = state({ instruction: "问题", output: "回答", input: "补充" });
  assert.deepEqual(carriedMapping(ALPACA, PASSAGE, before, {}).mapping, { context: "补充", question: "问题", answer: "回答" });
});

test("wordings come along where a field may have one", () => {
  const before = state({ completion: "zh" }, { prompt: ["Translate {en}", "{en}?"] });
  assert.deepEqual(carriedMapping(PAIR, ALPACA, before, {}), state({ output: "zh" }, { instruction: ["Translate {en}", "{en}?"] }));
  assert.deepEqual(carriedMapping(PAIR, TURNS, before, {}), state({}));
});

test("usual names fill what is left, and no column is used twice", () => {
  const names = { instruction: "指令", input: "补充", output: "回答" };
  const before = state({ prompt: "补充" });
  assert.deepEqual(carriedMapping(PAIR, ALPACA, before, names).mapping, { instruction: "补充", output: "回答" });
  assert.deepEqual(carriedMapping(null, ALPACA, state({}), names).mapping, names);
});

test("one more column stands alone, or on a line behind what is there", () => {
  assert.deepEqual(withColumn(state({ prompt: "q" }), "input", "a"), state({ prompt: "q", input: "a" }));
  const two = withColumn(state({ prompt: "q", input: "a" }), "input", "b");
  assert.deepEqual(two.templates, { input: ["{a}\n{b}"] });
  assert.deepEqual(withColumn(two, "input", "c").templates, { input: ["{a}\n{b}\n{c}"] });
  assert.deepEqual(withColumn(state({}, { input: [""] }), "input", "c").templates, { input: ["{c}"] });
});
