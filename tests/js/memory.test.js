/* Amounts of memory in one unit, and texts that name one. */
import assert from "node:assert/strict";
import test from "node:test";

import { format } from "../../webui/static/kit/format.js";
import { addTexts, t } from "../../webui/static/kit/texts.js";

test("memory is said in GB with two digits, whatever its size", () => {
  const said = [[0, "0.00 GB"], [4, "< 0.01 GB"], [5, "0.01 GB"], [538, "0.54 GB"], [1150, "1.15 GB"], [24_300, "24.30 GB"]];
  for (const [mb, words] of said) assert.equal(format.memory(mb), words);
  assert.equal(format.memory(null), "–");
});

test("a placeholder whose name ends in _mb is filled with its unit", () => {
  globalThis.document = { documentElement: { lang: "en", dataset: { language: "en" } } };
  addTexts({ "fits": "Fits: {need_mb} of {limit_mb}, {n} tries." });
  assert.equal(t("fits", { need_mb: 1150, limit_mb: "?", n: 3 }), "Fits: 1.15 GB of ?, 3 tries.");
});

test("counts are short", () => {
  globalThis.document = { documentElement: { lang: "en", dataset: { language: "en" } } };
  assert.deepEqual([950, 10_400, 1_250_000, 134_515_008, 8_000_000_000].map(format.count), ["950", "10 k", "1.3 M", "135 M", "8 B"]);
});
