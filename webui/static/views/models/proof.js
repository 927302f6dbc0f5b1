/* Everything that a proof found: its numbers with their limits, what the tensors are stored in, and the answers side by side. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { laterStyles } from "../../kit/server.js";
import { hasText, said, t } from "../../kit/texts.js";

/**
 * @param {HTMLElement} root
 * @param {Server.ExportedForm} file
 * @param {Server.ProofNumbers} found
 */
export async function proofNumbers(root, file, found) {
  await laterStyles("models-proof");
  replaceChildren(root, file.proof && file.proof.state !== "hashed" ? measuredTable(file, file.proof, found) : null,
    found.formats.length ? storedTable(file, found.formats) : null, factList(file, found), found.answers.length ? answersBeside(found.answers) : null);
}

/**
 * @param {Server.ExportedForm} file
 * @param {Server.ExportProof} proof
 * @param {Server.ProofNumbers} found
 */
function measuredTable(file, proof, found) {
  const bound = (key, sign, shown) => (found.limits[key] === undefined ? "" : sign + " " + shown(found.limits[key]));
  const rows = /** @type {[string, string, string][]} */ ([
    ["divergence", nats(found.divergence), bound("divergence", "≤", nats)],
    ["divergence_99", nats(found.divergence_99), bound("divergence_99", "≤", nats)],
    ["agreement", format.percent(proof.agreement, 2), bound("agreement", "≥", (x) => format.percent(x, 1))],
    ["token_flips", format.number(found.token_flips), ""],
    ["flips", t("models.proof.of", { n: format.number(proof.flips), all: format.number(proof.right_before) }), bound("flips", "≤", (x) => format.percent(x))],
    ["gains", format.number(found.gains), ""],
    ["same_answers", t("models.proof.of", { n: format.number(proof.same_answers), all: format.number(proof.prompts) }), ""],
  ]);
  const row = ([key, value, limit]) => h("tr", { class: proof.failed.includes(key) ? "failed" : "" }, h("th", { scope: "row" }, t("models.proof.number." + key)),
    h("td", { class: "ts-num" }, value), h("td", { class: "ts-num" }, limit));
  return proofTable(file, t("models.proof.measured", { places: format.number(proof.places), rows: format.number(found.rows), held: format.number(found.held_out) }),
    ["number", "found", "limit"], rows.map(row));
}

const nats = (x) => (x === null ? t("models.proof.no_number") : x && Math.abs(x) < 0.001 ? x.toExponential(1) : format.number(x, 4));

/**
 * @param {Server.ExportedForm} file
 * @param {Server.StoredFormat[]} formats
 */
const storedTable = (file, formats) => proofTable(file, t("models.proof.stored"), ["format", "tensors", "bytes"], formats.map((one) => h("tr", {}, h("th", { scope: "row", class: "ts-mono" }, one.name),
  h("td", { class: "ts-num" }, one.tensors ? format.number(one.tensors) : "–"), h("td", { class: "ts-num" }, format.bytes(one.bytes)))));

const proofTable = (file, caption, heads, rows) => h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": (file.name || said(file.label)) + ": " + caption }, h("table", { class: "ts-table proof-table" },
  h("caption", { class: "ts-small ts-soft" }, caption), h("thead", {}, h("tr", {}, heads.map((key, i) => h("th", { scope: "col", class: i ? "ts-num" : "" }, t("models.proof.head." + key))))), h("tbody", {}, rows)));

/**
 * @param {Server.ExportedForm} file
 * @param {Server.ProofNumbers} found
 */
function factList(file, found) {
  const facts = Object.entries(found.facts).filter(([key]) => hasText("models.proof.fact." + key)).map(([key, value]) => [t("models.proof.fact." + key), value]);
  if (file.sha256) facts.unshift([t("models.proof.sha256"), file.sha256]);
  return facts.length ? h("dl", { class: "ts-kv model-facts proof-facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", { class: "ts-mono" }, value)])) : null;
}

/** @param {Server.ComparedAnswer[]} answers */
const answersBeside = (answers) => h("details", { class: "ts-details" }, h("summary", { class: "ts-small" }, t("models.proof.beside", { n: answers.length })), h("ol", { class: "proof-answers" }, answers.map((one) => h("li", {},
  h("p", { class: "proof-question" }, one.question || "–", " ", one.held_out ? h("span", { class: "ts-badge neutral" }, t("models.proof.held_out")) : null,
    h("span", { class: "ts-badge " + (one.same ? "good" : "warn") }, t(one.same ? "models.proof.same" : "models.proof.differs"))),
  one.same ? h("p", { class: "proof-answer" }, one.now || t("models.proof.silent")) : h("div", { class: "proof-two" },
    h("div", {}, h("span", { class: "ts-label" }, t("models.proof.before")), h("p", { class: "proof-answer" }, one.before || t("models.proof.silent"))),
    h("div", {}, h("span", { class: "ts-label" }, t("models.proof.now")), h("p", { class: "proof-answer" }, one.now || t("models.proof.silent"))))))));
