import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSides, moved, outsideSide, rebased, sideChoices, sidesQuery } from "../../webui/static/views/playground/who/sides.js";

const tuned = (id, created, format = "adapter") => ({ id, name: "T" + id, format, created_at: created });
const step = (id, job, left) => ({ id, job: "J" + job, job_id: job, tuned_id: left, step: 10 * id, val_loss: 1, best: false });
const options = { bases: [
  { id: 1, name: "One", missing_bytes: null, tuned: [tuned(3, 30), tuned(2, 20, "shots")], checkpoints: [step(7, 5, 3)] },
  { id: 4, name: "Four", missing_bytes: null, tuned: [tuned(9, 10)], checkpoints: [] },
] };
const first = (query) => firstSides(options, query);

test("everybody who can answer has one name, which depends on whose conversation it is", () => {
  assert.deepEqual([...sideChoices(options, 1).keys()], ["base", "tuned:3", "tuned:2", "checkpoint:7", "model:4", "tuned:9"]);
  assert.deepEqual([...sideChoices(options, 4).keys()], ["model:1", "tuned:3", "tuned:2", "checkpoint:7", "base", "tuned:9"]);
  assert.equal(sideChoices(options, 1).get("tuned:2").kind, "fewshot");
});

test("addresses of before, the newest model, and what is not there any more", () => {
  assert.deepEqual(first({}), { base: 1, sides: ["base", "tuned:3"] });
  assert.deepEqual(first({ tuned: "2,3,9,99" }), { base: 1, sides: ["base", "tuned:2", "tuned:3"] });
  assert.deepEqual(first({ base: "4" }), { base: 4, sides: ["base"] });
  assert.deepEqual(first({ sides: "tuned:99,nobody" }), { base: 1, sides: ["base", "tuned:3"] });
});

test("an address names any sides, and is what it was made from", () => {
  for (const [query, base, sides] of [
    [{ sides: "base,tuned:9,checkpoint:7" }, 4, ["base", "tuned:9", "checkpoint:7"]],
    [{ sides: "checkpoint:7,base" }, 1, ["checkpoint:7", "base"]],
    [{ base: "1", sides: "base,model:4" }, 1, ["base", "model:4"]],
    [{ base: "4", sides: "model:4,tuned:3" }, 4, ["base", "tuned:3"]],
  ]) {
    assert.deepEqual(first(query), { base, sides });
    const told = sidesQuery(options, base, sides);
    assert.deepEqual(first(Object.fromEntries(Object.entries(told).map(([key, value]) => [key, String(value)]))), { base, sides });
  }
  assert.deepEqual(sidesQuery(options, 1, ["base"]), { base: 1 });
  assert.deepEqual(sidesQuery(options, 1, ["base", "tuned:3"]), { tuned: "3" });
});

test("a fresh comparison without its base's models is about another base", () => {
  assert.deepEqual(rebased(options, 1, ["model:4", "tuned:9"]), { base: 4, sides: ["base", "tuned:9"] });
  assert.deepEqual(rebased(options, 1, ["model:4", "checkpoint:7"]), { base: 1, sides: ["model:4", "checkpoint:7"] });
});

test("an element takes the place of another", () => {
  assert.deepEqual(moved(["a", "b", "c"], 0, 2), ["b", "c", "a"]);
  assert.deepEqual(moved(["a", "b", "c"], 2, 1), ["a", "c", "b"]);
});

test("a model of a server elsewhere is told by the name of its side alone", () => {
  const side = "outside:http://127.0.0.1:8000/v1#meta/Gro%C3%9Fe%2C%20Nr%231";
  assert.equal(outsideSide(side).name, "meta/Große, Nr#1 · http://127.0.0.1:8000");
  assert.deepEqual(["base", "tuned:1", "outside:", "outside:ftp://a#b", "outside:http://a/v1#", "outside:http://a/v1#%"].map(outsideSide), [null, null, null, null, null, null]);
  assert.deepEqual(first({ base: "4", sides: "base," + side }), { base: 4, sides: ["base", side] });
  assert.deepEqual(first(sidesQuery(options, 4, [side])), { base: 4, sides: [side] });
  assert.deepEqual(rebased(options, 1, ["tuned:9", side]), { base: 4, sides: ["tuned:9", side] });
});
