import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGate, secondsToWait, pollPace } from "../../webui/static/kit/server.js";

/** A gate with a clock that is moved by hand, and a server that is switched off and on. */
function setUp() {
  const world = { now: 0, due: [], asked: 0, answers: false, seen: true, told: [] };
  const later = (seconds, task) => {
    const entry = { at: world.now + seconds, task };
    world.due.push(entry);
    return () => { world.due = world.due.filter((one) => one !== entry); };
  };
  const gate = makeGate({
    ask: async () => { world.asked += 1; return world.answers; }, tell: () => world.told.push(gate.state().away),
    clock: { now: () => world.now, later, random: () => 0 }, seen: () => world.seen,
  });
  const settle = () => new Promise((done) => setImmediate(done));
  const pass = async (seconds) => {
    for (const end = world.now + seconds; world.now < end; await settle()) {
      world.now += 1;
      const ripe = world.due.filter((one) => one.at <= world.now);
      world.due = world.due.filter((one) => one.at > world.now);
      ripe.forEach((one) => one.task());
    }
  };
  return { world, gate, settle, pass };
}

test("the wait doubles up to half a minute, and is spread downwards", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 9].map((tries) => secondsToWait(tries, () => 0)), [1, 2, 4, 8, 16, 30, 30]);
  assert.equal(secondsToWait(9, () => 1), 24);
});

test("many doubts are one question, and while the server is away none", async () => {
  const { world, gate } = setUp();
  assert.deepEqual(await Promise.all([gate.doubt(), gate.doubt(), gate.doubt()]), [false, false, false]);
  assert.equal(world.asked, 1);
  assert.equal(await gate.doubt(), false);
  assert.equal(world.asked, 1);
  assert.equal(gate.open(), false);
});

test("a doubt without cause shuts nothing", async () => {
  const { world, gate } = setUp();
  world.answers = true;
  assert.equal(await gate.doubt(), true);
  assert.equal(gate.open(), true);
});

test("in two minutes away it asks nine times, and opens when there is an answer", async () => {
  const { world, gate, pass } = setUp();
  await gate.doubt();
  await pass(121);
  assert.equal(world.asked, 1 + 8); // after 1, 3, 7, 15, 31, 61, 91 and 121 seconds
  world.answers = true;
  await pass(30);
  assert.equal(gate.open(), true);
  assert.deepEqual(world.told.at(-1), false);
  world.answers = false;
  await gate.doubt();
  assert.equal(gate.state().seconds, 1, "the next time it begins anew");
});

test("by hand it tries at once, and one try at a time", async () => {
  const { world, gate, pass } = setUp();
  await gate.doubt();
  await pass(40);
  const before = world.asked;
  world.answers = true;
  await Promise.all([gate.now(), gate.now()]);
  assert.equal(world.asked, before + 1);
  assert.equal(gate.open(), true);
  assert.equal(world.due.length, 0, "no try is left over");
});

test("who knows that it is gone says so without a question", async () => {
  const { world, gate, pass } = setUp();
  gate.lost();
  gate.lost();
  assert.deepEqual([world.asked, gate.open(), gate.state().seconds], [0, false, 1]);
  world.answers = true;
  await pass(2);
  assert.deepEqual([world.asked, gate.open()], [1, true]);
});

test("a page that nobody sees does not ask until it is seen", async () => {
  const { world, gate, pass } = setUp();
  await gate.doubt();
  world.seen = false;
  await pass(300);
  assert.equal(world.asked, 1);
  world.seen = true;
  world.answers = true;
  await gate.now();
  assert.equal(gate.open(), true);
});

test("an idle page asks more seldom, and a page that hears news does not", () => {
  assert.deepEqual([0, 5, 10].map((calm) => pollPace(1000, calm)), [1000, 1000, 1000]);
  assert.equal(Math.round(pollPace(1000, 12)), 1563);
  assert.deepEqual([600, 1000, 3000, 4000, 8000].map((every) => pollPace(every, 100)), [3000, 5000, 5000, 5000, 8000]);
});

test("the time of an answer is a part of the pace, and a slow server is asked more seldom", () => {
  assert.equal(pollPace(1000, 0, 200), 800);
  assert.equal(pollPace(1000, 0, 3000), 3000);
  assert.equal(pollPace(1000, 0, 60000), 5000);
});
