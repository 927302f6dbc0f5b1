import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { debounce, onlyLatest, watchFit } from "../../webui/static/views/shared/form-controls.js";

const later = () => Promise.withResolvers ? Promise.withResolvers() : (() => { const one = {}; one.promise = new Promise((resolve, reject) => Object.assign(one, { resolve, reject })); return one; })();

test("a task waits for quiet, runs at once when asked, and can be forgotten", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let runs = 0;
  const task = debounce(100, () => (runs += 1));
  task();
  context.mock.timers.tick(60);
  task();
  context.mock.timers.tick(60);
  assert.equal(runs, 0);
  context.mock.timers.tick(50);
  assert.equal(runs, 1);
  task();
  assert.equal(task.waiting(), true);
  task.flush();
  assert.equal(runs, 2);
  assert.equal(task.flush(), undefined);
  task();
  task.cancel();
  context.mock.timers.tick(1000);
  assert.equal(runs, 2);
});

test("only the newest call's outcome counts, however late the older ones come", async () => {
  const calls = [];
  const done = [], failed = [];
  const ask = onlyLatest((name) => { const call = { name, ...later() }; calls.push(call); return call.promise; }, (value) => done.push(value), (error) => failed.push(error.message));
  const first = ask("first"), second = ask("second"), third = ask("third");
  calls[1].resolve("second");
  calls[2].reject(new Error("third failed"));
  calls[0].resolve("first");
  await Promise.all([first, second, third]);
  assert.deepEqual([done, failed], [[], ["third failed"]]);
  const fourth = ask("fourth");
  calls[3].resolve("fourth");
  await fourth;
  assert.deepEqual(done, ["fourth"]);
});

test("what fits is asked for again where an answer was lost, and not where it was refused", async () => {
  const lost = Object.assign(new Error(), { code: "away" }), refused = Object.assign(new Error(), { code: "not_found" });
  const answers = [lost, { 1: { working: true } }, lost, { 1: { working: false } }], shown = [];
  const asks = (given) => async () => { const one = given.shift(); if (one instanceof Error) throw one; return one; };
  await watchFit(asks(answers), (one) => shown.push(one), () => true);
  assert.deepEqual(shown.map((one) => one[1].working), [true, false]);
  const left = [refused, { 1: { working: false } }];
  await watchFit(asks(left), () => assert.fail(), () => true);
  assert.equal(left.length, 1);
});
