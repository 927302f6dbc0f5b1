/* One changed row: before and after, with the words that differ marked. Text reaches the page as text nodes alone. */
import { h } from "../../../kit/dom.js";
import { format, shownJson } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { t } from "../../../kit/texts.js";
import { CHANGES } from "../badges.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { conversationView, weightWords } from "../../shared/conversation.js";

/** A change: {id, what, before, after}. */
export function change({ id, what, before, after }) {
  const row = after || before;
  const kind = what || (before && after ? "changed" : after ? "added" : "dropped");
  return h("article", { class: "data-change " + kind },
    h("header", { class: "ts-row ts-small ts-soft" },
      h("span", { class: "ts-badge neutral" }, drawIcon(CHANGES[kind]), t("data.change." + kind)),
      h("span", { class: "ts-num" }, row.line ? t("data.rows.line", { n: row.line }) : t("data.change.id", { n: id })),
      row.file ? h("span", {}, row.file) : null,
      before && after && before.split !== after.split ? h("span", { class: "ts-row" }, splitBadge(before.split), drawIcon("arrow-right"), splitBadge(after.split))
        : splitBadge(row.split)),
    before && after && kind === "changed" ? beforeAfter(before, after) : h("div", { class: "data-change-row" }, cutPreview(shownRow(row))));
}

const splitBadge = (split) => h("span", { class: "ts-badge " + split }, t("data.rows." + split));

/** Every text of a row with its name: [[label, text]...]. */
function partsOf(row) {
  const parts = [];
  const weight = (key, label, one) => { if (one.weight !== undefined) parts.push([key + ".weight", label, weightWords(one.weight)]); };
  const turns = (messages, of) => (messages || []).forEach((message, at) => { parts.push([of + at, roleName(message.role, of),
    [message.reasoning_content ?? "", message.content ?? "", ...(message.tool_calls ? [shownJson(message.tool_calls, 1)] : [])].filter(Boolean).join("\n")]); weight(of + at, roleName(message.role, of), message); });
  if (row.text !== undefined) parts.push(["text", t("data.field.text"), row.text]);
  for (const key of ["messages", "prompt", "chosen", "rejected", "completion"]) if (Array.isArray(row[key])) turns(row[key], key);
  (row.answers || []).forEach((answer, at) => {
    turns(answer, "answers" + at + ".");
    parts.push(["ranks" + at, t("data.row.rank_of", { n: at + 1 }), String(row.ranks[at])]);
  });
  if (row.margin !== undefined) parts.push(["margin", t("data.row.margin"), String(row.margin)]);
  if (row.reference !== undefined) parts.push(["reference", t("data.row.reference"), shownJson(row.reference, 1)]);
  if (row.label !== undefined) parts.push(["label", t("data.row.label"), String(row.label)]);
  weight("row", t("data.edit.weight_row"), row);
  for (const [name, value] of Object.entries(row.extra || {})) parts.push(["extra." + name, name, String(value ?? "")]);
  return parts;
}

function roleName(role, of) {
  const name = ["system", "user", "assistant", "tool"].includes(role) ? t("data.role." + role) : role;
  return of === "chosen" || of === "rejected" ? t("data.row." + of, { role: name }) : name;
}

/** Two columns: parts of the row before and after, those that are equal folded away. */
function beforeAfter(before, after) {
  const [old, now] = [before, after].map((row) => new Map(partsOf(row).map(([key, label, text]) => [key, { label, text }])));
  const keys = [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key)?.text !== now.get(key)?.text);
  return h("div", { class: "data-before-after" }, keys.map((key) => {
    const [a, b] = [old.get(key), now.get(key)];
    const [left, right] = differing(a?.text ?? "", b?.text ?? "");
    return [
      h("p", { class: "ts-small ts-soft data-part" }, (a || b)?.label),
      h("div", { class: "data-was", dir: "auto", tabindex: "0", role: "group", "aria-label": t("data.change.was") }, a ? left : h("i", { class: "ts-soft" }, t("data.change.none"))),
      h("div", { class: "data-is", dir: "auto", tabindex: "0", role: "group", "aria-label": t("data.change.is") }, b ? right : h("i", { class: "ts-soft" }, t("data.change.none")))];
  }));
}

/** Words, runs of spaces, and single letters and marks of scripts without spaces. */
const wordsOf = (text) => text.match(/[\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uff65]|[^\s\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uff65]+|\s+/g) || [];

/** The nodes of both texts, with what is only in one of them marked. */
function differing(before, after) {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const [midA, midB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const [keepA, keepB] = common(midA, midB);
  const side = (words, mid, keep, tag) => [
    around(words.slice(0, start), true), dataRuns(mid, keep, tag), around(words.slice(words.length - end), false)];
  return [side(a, midA, keepA, "del"), side(b, midB, keepB, "ins")];
}

/** Equal text around the change: its nearer part alone, when it is long. */
function around(words, leading) {
  const text = words.join("");
  if (text.length <= 240) return text;
  return leading ? "… " + text.slice(-200) : text.slice(0, 200) + " …";
}

function dataRuns(words, keep, tag) {
  const runs = [];
  const stays = (at) => keep.has(at) && !(!words[at].trim() && at && !keep.has(at - 1) && at + 1 < words.length && !keep.has(at + 1));
  words.forEach((word, at) => {
    const last = runs.at(-1);
    if (last && last.keep === stays(at)) last.text += word;
    else runs.push({ keep: stays(at), text: word });
  });
  return runs.map(({ keep: same, text }) => (same ? text : h(tag, {}, text)));
}

/** Places of a longest common subsequence in both lists; none when they are too long to be laid side by side. */
function common(a, b) {
  const [keepA, keepB] = [new Set(), new Set()];
  if (!a.length || !b.length || a.length * b.length > 400000) return [keepA, keepB];
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = a[i] === b[j] ? table[(i + 1) * width + j + 1] + 1 : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) { keepA.add(i); keepB.add(j); i += 1; j += 1; }
    else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return [keepA, keepB];
}

/** A row as a reader sees it, whatever its kind. */
export function shownRow(row) {
  const extra = Object.entries(row.extra || {}).filter(([, value]) => value !== null && value !== "");
  if (row.reference) extra.unshift([t("data.row.reference"), shownJson(row.reference, 1)]);
  return [row.weight === undefined ? null : h("p", { class: "ts-small ts-soft" }, t("data.row.row_weight", { n: format.number(row.weight, 6) })),
    row.messages || row.text !== undefined ? conversationView(row) : row.answers ? ranked(row) : pair(row),
    row.margin === undefined ? null : h("p", { class: "ts-small ts-soft" }, t("data.row.margin"), " ", h("span", { class: "ts-num" }, format.number(row.margin, 6))),
    extra.length ? h("dl", { class: "data-extra ts-small" }, extra.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, String(value))))) : null];
}

/** Preference pairs and answers with a thumb: the question once, then the answers. */
const pair = (row) => h("div", { class: "ts-stack tight" }, conversationView({ messages: row.prompt || [] }),
  ["chosen", "rejected", "completion"].filter((key) => row[key]).map((key) => h("div", { class: "data-answer " + key },
    h("p", { class: "ts-small ts-soft" }, drawIcon(key === "rejected" || row.label === false ? "circle-x" : "circle-check"), " ",
      key === "completion" ? t(row.label ? "data.row.good" : "data.row.bad") : t("data.row.answer." + key)),
    conversationView({ messages: row[key] }))));

/** Ranked answers: the question once, then the answers, the best first. */
const ranked = (row) => h("div", { class: "ts-stack tight" }, conversationView({ messages: row.prompt || [] }),
  row.answers.map((answer, at) => ({ answer, rank: row.ranks[at], score: row.scores?.[at] })).sort((one, other) => one.rank - other.rank).map(({ answer, rank, score }) => h("div", { class: "data-answer ranked" },
    h("p", { class: "ts-small ts-soft" }, h("span", { class: "ts-badge neutral ts-num" }, t("data.row.rank", { n: rank })), score === undefined ? null : h("span", { class: "ts-num" }, t("data.row.score", { n: format.number(score, 6) }))),
    conversationView({ messages: answer }))));
