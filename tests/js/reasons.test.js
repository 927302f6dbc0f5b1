import assert from "node:assert/strict";
import { test } from "node:test";
import { differing } from "../../webui/static/views/train/differences.js";
import { stepOfField, whyNot } from "../../webui/static/views/train/steps.js";

const wizard = (given) => ({
  model: () => given.model, dataset: () => given.data, teaches: (set) => set.kind === "chat", faults: given.faults || {},
});
const model = { name: "Tiny", status: "ready" };
const data = { name: "Words", kind: "chat" };

test("the first open choice is what is in the way", () => {
  assert.deepEqual(whyNot(wizard({})), { key: "train.why.model", step: "model" });
  assert.deepEqual(whyNot(wizard({ model: { ...model, status: "preparing" } })), { key: "train.why.model_waits", params: { model: "Tiny" }, step: "model" });
  assert.deepEqual(whyNot(wizard({ model })), { key: "train.why.data", step: "data" });
  assert.deepEqual(whyNot(wizard({ model, data: { ...data, kind: "kto" } })), { key: "train.why.unfit", params: { data: "Words" }, step: "data" });
  assert.equal(whyNot(wizard({ model, data })), null);
});

test("a wrong setting leads to its step and field", () => {
  const found = whyNot(wizard({ model, data, faults: { "training.batch_size": "too small", "method.rank": "too small" } }));
  assert.deepEqual(found, { key: "train.estimate.faults", params: { n: 2 }, field: "training.batch_size", step: "method" });
  assert.deepEqual(["base_model", "budget.minutes", "method.rank", "name", "of the future"].map(stepOfField), ["model", "budget", "method", "review", "method"]);
});

test("a step tells what is open in it alone", () => {
  assert.equal(whyNot(wizard({}), "budget"), null);
  assert.equal(whyNot(wizard({}), "data").key, "train.why.data");
});

test("what differs from the defaults, in the order of the form", () => {
  const params = ["rank", "targets", "epochs", "length"].map((key) => ({ key }));
  const found = differing(params, { epochs: 3, rank: 8, targets: ["q"] }, { rank: 16, targets: ["q"], epochs: 1, length: 512 });
  assert.deepEqual(found, [{ param: { key: "rank" }, value: 8, standard: 16 }, { param: { key: "epochs" }, value: 3, standard: 1 }]);
});
