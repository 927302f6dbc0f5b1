import "./page.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { arenaKey } from "../../webui/static/views/playground/arena/keys.js";
import { rankStart } from "../../webui/static/views/data/rank/state.js";

/** What a page with that turn does on these keys. */
function pressed(turn, keys, where = document.body) {
  const told = [];
  const self = { view: { turn, busy: false }, state: turn && rankStart(turn.answers.map((_, at) => at)), keep: (said) => told.push(said), undo: () => told.push("undo"), go: () => told.push("go"),
    again: () => told.push("again"), halt: () => told.push("halt"), names: () => told.push("names"), step: (next) => { self.state = next; } };
  for (const key of keys) {
    const [name, control] = key.startsWith("^") ? [key.slice(1), true] : [key, false];
    arenaKey(self, { key: name, ctrlKey: control, target: where, preventDefault() {} });
  }
  return told;
}

const open = (n) => ({ state: "ready", vote: null, names: [], answers: Array.from({ length: n }, () => ({})) });
const vote = (ranks, bad = false) => ({ ranks, bad, best: null });

test("two answers: left, right, as good, both bad, passed over, each by two keys", () => {
  assert.deepEqual(pressed(open(2), ["1", "ArrowLeft"]), [vote([1, 2]), vote([1, 2])]);
  assert.deepEqual(pressed(open(2), ["2", "ArrowRight"]), [vote([2, 1]), vote([2, 1])]);
  assert.deepEqual(pressed(open(2), ["0", "T"]), [vote([1, 1]), vote([1, 1])]);
  assert.deepEqual(pressed(open(2), ["b", "X"]), [vote([1, 1], true), vote([1, 1], true)]);
  assert.deepEqual(pressed(open(2), ["s"]), [vote([])]);
  assert.deepEqual(pressed(open(2), ["3", "Enter", "ArrowUp", "^1"]), []);
});

test("more answers are ranked from the best on; Enter keeps when all are decided", () => {
  assert.deepEqual(pressed(open(3), ["3", "Enter"]), []);
  assert.deepEqual(pressed(open(3), ["3", "1", "Enter"]), [vote([2, 3, 1])]);
  assert.deepEqual(pressed(open(3), ["3", "1", "=", "Enter"]), [vote([1, 2, 1])]);
  assert.deepEqual(pressed(open(3), ["b"]), [vote([1, 1, 1], true)]);
});

test("after the vote Enter goes on and a slip is taken back; who types is left alone", () => {
  const voted = { ...open(2), vote: vote([1, 2]) };
  assert.deepEqual(pressed(voted, ["1", "Enter", "n", "^z"]), ["go", "names", "undo"]);
  assert.deepEqual(pressed({ ...open(2), state: "writing" }, ["1", "Enter"]), []);
  assert.deepEqual(pressed({ ...open(2), state: "failed" }, ["1", "Enter"]), ["again"]);
  assert.deepEqual(pressed(null, ["Enter", "^z"]), ["go", "undo"]);
  const field = document.createElement("textarea");
  assert.deepEqual(pressed(open(2), ["1", "b", "^z"], field), []);
});
