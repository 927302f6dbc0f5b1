import assert from "node:assert/strict";
import { test } from "node:test";
import { rankDone, rankMove, rankPick, rankPut, rankShown, rankStart, rankTie, rankUndo, ranksOf } from "../../webui/static/views/data/rank/state.js";

test("answers picked one after the other; the last one that is left has the last rank", () => {
  let state = rankStart([2, 0, 1]);
  assert.equal(rankDone(state), false);
  state = rankPick(state, 1);
  assert.deepEqual([state.levels, rankShown(state, 1), rankShown(state, 0)], [[[1], [2], [0]], 1, null]);
  state = rankPick(rankPick(state, 0), 1); // once more says nothing new
  assert.equal(rankDone(state), true);
  assert.deepEqual(ranksOf(state), [2, 1, 3]);
});

test("a tie with the one above, and back", () => {
  const two = rankPick(rankPick(rankStart([0, 1, 2, 3]), 3), 0);
  const tied = rankTie(two);
  assert.deepEqual([tied.levels, tied.fixed], [[[3, 0], [1], [2]], 1]);
  assert.deepEqual(rankTie(tied).levels, two.levels);
  assert.equal(rankTie(rankPick(rankStart([0, 1]), 0)).fixed, 1, "nothing stands above the first");
  const done = rankPick(tied, 2);
  assert.deepEqual([rankDone(done), ranksOf(done)], [true, [1, 3, 2, 1]]);
  assert.deepEqual(ranksOf(rankTie(done, 1)), [1, 2, 2, 1]);
  assert.deepEqual(ranksOf(rankTie(rankTie(rankStart([0, 1]), 1), 1)), [1, 2]);
});

test("cards moved by hand decide all ranks", () => {
  let state = rankMove(rankStart([0, 1, 2]), 2, -1);
  assert.deepEqual([state.levels, rankDone(state), ranksOf(state)], [[[0], [2], [1]], true, [1, 3, 2]]);
  assert.equal(rankMove(state, 0, -1), state, "the first goes no higher");
  state = rankTie(state, 2);
  assert.deepEqual(rankMove(state, 2, -1).levels, [[2], [0], [1]]);
  assert.deepEqual(rankMove(state, 0, 1).levels, [[2], [0], [1]]);
  assert.deepEqual(rankPut(state, 1, 0).levels, [[1], [0, 2]]);
  assert.deepEqual(rankPut(state, 0, 9).levels, [[2], [1], [0]]);
});

test("every step is taken back, and an earlier ranking comes back as it was", () => {
  const start = rankStart([0, 1, 2]);
  const state = rankMove(rankTie(rankPick(rankPick(start, 2), 1)), 0, -1);
  assert.deepEqual(rankUndo(rankUndo(rankUndo(rankUndo(state)))), start);
  assert.equal(rankUndo(start), start);
  const again = rankStart([2, 0, 1], [2, 1, 2]);
  assert.deepEqual([again.levels, rankDone(again), ranksOf(again)], [[[1], [2, 0]], true, [2, 1, 2]]);
});

test("whatever is done, each answer has one rank and there are no gaps", () => {
  let seed = 16;
  const random = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n; };
  let state = rankStart([4, 2, 0, 1, 3]);
  for (let step = 0; step < 500; step += 1) {
    const place = random(5);
    state = [() => rankPick(state, place), () => rankTie(state, place), () => rankMove(state, place, random(2) ? 1 : -1), () => rankPut(state, place, random(6)), () => rankUndo(state)][random(5)]();
    assert.deepEqual(state.levels.flat().sort(), [0, 1, 2, 3, 4]);
    assert.ok(state.fixed <= state.levels.length && state.levels.every((level) => level.length));
    assert.deepEqual([...new Set(ranksOf(state))].sort(), state.levels.map((_level, at) => at + 1));
  }
});
