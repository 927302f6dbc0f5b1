import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { setObjective, setParam, trainState } from "../../webui/static/views/train/state.js";

const RATE = { key: "rate", field: "training.rate", default: 0.1, per_method: true };
const EPOCHS = { key: "epochs", field: "training.epochs", default: 3, per_method: false };
const RANK = { key: "rank", field: "method.rank", default: 8 };
const FORMS = {
  version: 2,
  methods: [{ key: "lora", label: "LoRA", params: [RANK], defaults: {}, variants: [] }, { key: "full", label: "Full", params: [], defaults: { rate: 0.001 }, variants: [] }],
  families: [],
  objectives: [{ key: "sft", label: "Chat", learns_from: ["chat"], params: [RATE, EPOCHS], refuses: [] }, { key: "text", label: "Text", learns_from: ["text"], params: [EPOCHS], refuses: [] }],
};
const draft = () => ({ step: "model", base_model: null, dataset: null, objective: "sft", method: "lora", method_params_by: {}, training: {}, training_by: {},
  by_objective: {}, budget: {}, own: false, plan: null, name: "", sample_prompts: "" });

/** A wizard with one ready model and a chat data set; `saved` and `asked` are the calls that it makes. */
function wizard(changes = {}) {
  const calls = [];
  const ctx = { call: async (name, ...given) => { calls.push([name, ...given]); return name === "plan_now" ? { verdict: { ok: true } } : null; } };
  const lists = { models: [{ id: 1, name: "m", status: "ready", source: "starter" }], datasets: [{ id: 5, name: "d", kind: "chat" }], devices: [], catalogue: [] };
  window.addEventListener ??= () => undefined;
  const w = trainState(ctx, FORMS, { ...lists, draft: { ...draft(), ...changes } });
  return { w, calls };
}

test("the starter model is chosen, what is gone is not", () => {
  const { w } = wizard({ dataset: 9, method: "gone" });
  assert.deepEqual([w.draft.base_model, w.draft.dataset, w.draft.method], [1, null, "lora"]);
});

test("the default of the learning rate follows the model's size, a value of one's own stays", () => {
  const { w } = wizard();
  const rate = { key: "learning_rate", field: "training.learning_rate", default: 3, per_method: true };
  w.forms = { ...FORMS, methods: [{ ...FORMS.methods[0], rates: [[0, 1e-3], [3e9, 2e-4]] }], objectives: [{ ...FORMS.objectives[0], params: [rate] }] };
  assert.equal(w.trainingDefaults().learning_rate, 1e-3);
  w.models.push({ id: 2, name: "large", status: "ready", source: "hub", parameters: 8e9 });
  w.patch({ base_model: 2 });
  assert.equal(w.trainingDefaults().learning_rate, 2e-4);
  assert.deepEqual(w.raw().training, {});
  setParam(w, rate, 5e-4);
  w.patch({ base_model: 1 });
  assert.deepEqual(w.raw().training, { learning_rate: 5e-4 });
});

test("a setting with a default of the method is kept for that method alone", () => {
  const { w } = wizard();
  setParam(w, RATE, 0.5);
  setParam(w, EPOCHS, 7);
  setParam(w, RANK, 4);
  assert.deepEqual([w.draft.training_by, w.draft.training, w.draft.method_params_by], [{ lora: { rate: 0.5 } }, { epochs: 7 }, { lora: { rank: 4 } }]);
  w.patch({ method: "full" });
  assert.deepEqual(w.raw().training, { epochs: 7 });
  assert.deepEqual(w.raw().method_params, {});
  w.patch({ method: "lora" });
  setParam(w, RATE, undefined);
  assert.deepEqual(w.draft.training_by, { lora: {} });
});

test("what was typed for an objective waits until it is chosen again", () => {
  const { w } = wizard();
  setParam(w, EPOCHS, 7);
  setObjective(w, "text");
  assert.deepEqual(w.raw().training, {});
  setObjective(w, "sft");
  assert.deepEqual(w.raw().training, { epochs: 7 });
});

test("a job is named after its data and method until it is named", () => {
  const { w } = wizard({ dataset: 5 });
  assert.equal(w.raw().name, "d · LoRA");
  w.patch({ name: " mine " });
  assert.equal(w.raw().name, "mine");
  w.patch({ sample_prompts: "one\n\n two " });
  assert.deepEqual(w.raw().sample_prompts, ["one", "two"]);
});
