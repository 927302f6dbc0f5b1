import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurn } from "../../webui/static/views/shared/in-turn.js";

test("a task that is asked for twice at once runs once after the other, and goes on after a failure", async () => {
  const told = [];
  const task = inTurn(async (name) => {
    told.push("begin " + name);
    await new Promise((done) => setImmediate(done));
    told.push("end " + name);
    if (name === "b") throw new Error("refused");
    return name;
  });
  const all = await Promise.allSettled([task("a"), task("b"), task("c")]);
  assert.deepEqual(told, ["begin a", "end a", "begin b", "end b", "begin c", "end c"]);
  assert.deepEqual(all.map((one) => one.value ?? one.reason.message), ["a", "refused", "c"]);
});
