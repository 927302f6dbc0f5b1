/* One changed row: before and after, with the words that differ marked. Text reaches the page as text nodes alone. */
"use strict";
TS.data = TS.data || {};

/** A change: {id, what, before, after}. */
TS.data.change = function ({ id, what, before, after }) {
  const row = after || before;
  const kind = what || (before && after ? "changed" : after ? "added" : "dropped");
  return TS.h("article", { class: "data-change " + kind },
    TS.h("header", { class: "ts-row ts-small ts-soft" },
      TS.h("span", { class: "ts-badge neutral" }, TS.icon(TS.data.CHANGES[kind]), TS.t("data.change." + kind)),
      TS.h("span", { class: "ts-num" }, row.line ? TS.t("data.rows.line", { n: row.line }) : TS.t("data.change.id", { n: id })),
      row.file ? TS.h("span", {}, row.file) : null,
      before && after && before.split !== after.split ? TS.h("span", { class: "ts-row" }, TS.data.splitBadge(before.split), TS.icon("arrow-right"), TS.data.splitBadge(after.split))
        : TS.data.splitBadge(row.split)),
    before && after && kind === "changed" ? TS.data.beforeAfter(before, after) : TS.h("div", { class: "data-change-row" }, TS.data.shownRow(row)));
};

TS.data.splitBadge = (split) => TS.h("span", { class: "ts-badge " + split }, TS.t("data.rows." + split));

/** Every text of a row with its name: [[label, text]...]. */
TS.data.partsOf = function (row) {
  const parts = [];
  const turns = (messages, of) => (messages || []).forEach((message, at) => parts.push([of + at, TS.data.roleName(message.role, of),
    [message.content ?? "", ...(message.tool_calls ? [JSON.stringify(message.tool_calls, null, 1)] : [])].filter(Boolean).join("\n")]));
  if (row.text !== undefined) parts.push(["text", TS.t("data.field.text"), row.text]);
  for (const key of ["messages", "prompt", "chosen", "rejected", "completion"]) if (Array.isArray(row[key])) turns(row[key], key);
  if (row.label !== undefined) parts.push(["label", TS.t("data.row.label"), String(row.label)]);
  for (const [name, value] of Object.entries(row.extra || {})) parts.push(["extra." + name, name, String(value ?? "")]);
  return parts;
};

TS.data.roleName = function (role, of) {
  const name = ["system", "user", "assistant", "tool"].includes(role) ? TS.t("data.role." + role) : role;
  return of === "chosen" || of === "rejected" ? TS.t("data.row." + of, { role: name }) : name;
};

/** Two columns: parts of the row before and after, those that are equal folded away. */
TS.data.beforeAfter = function (before, after) {
  const [old, now] = [before, after].map((row) => new Map(TS.data.partsOf(row).map(([key, label, text]) => [key, { label, text }])));
  const keys = [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key)?.text !== now.get(key)?.text);
  return TS.h("div", { class: "data-before-after" }, keys.map((key) => {
    const [a, b] = [old.get(key), now.get(key)];
    const [left, right] = TS.data.differing(a?.text ?? "", b?.text ?? "");
    return [
      TS.h("p", { class: "ts-small ts-soft data-part" }, (a || b).label),
      TS.h("div", { class: "data-was", dir: "auto", "aria-label": TS.t("data.change.was") }, a ? left : TS.h("i", { class: "ts-soft" }, TS.t("data.change.none"))),
      TS.h("div", { class: "data-is", dir: "auto", "aria-label": TS.t("data.change.is") }, b ? right : TS.h("i", { class: "ts-soft" }, TS.t("data.change.none")))];
  }));
};

/** Words, runs of spaces, and single letters and marks of scripts without spaces. */
TS.data.wordsOf = (text) => text.match(/[\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uff65]|[^\s\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uff65]+|\s+/g) || [];

/** The nodes of both texts, with what is only in one of them marked. */
TS.data.differing = function (before, after) {
  const [a, b] = [TS.data.wordsOf(before), TS.data.wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const [midA, midB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const [keepA, keepB] = TS.data.common(midA, midB);
  const side = (words, mid, keep, tag) => [
    TS.data.around(words.slice(0, start), true), TS.data.runs(mid, keep, tag), TS.data.around(words.slice(words.length - end), false)];
  return [side(a, midA, keepA, "del"), side(b, midB, keepB, "ins")];
};

/** Equal text around the change: its nearer part alone, when it is long. */
TS.data.around = function (words, leading) {
  const text = words.join("");
  if (text.length <= 240) return text;
  return leading ? "… " + text.slice(-200) : text.slice(0, 200) + " …";
};

TS.data.runs = function (words, keep, tag) {
  const runs = [];
  const stays = (at) => keep.has(at) && !(!words[at].trim() && at && !keep.has(at - 1) && at + 1 < words.length && !keep.has(at + 1));
  words.forEach((word, at) => {
    const last = runs.at(-1);
    if (last && last.keep === stays(at)) last.text += word;
    else runs.push({ keep: stays(at), text: word });
  });
  return runs.map(({ keep: same, text }) => (same ? text : TS.h(tag, {}, text)));
};

/** Places of a longest common subsequence in both lists; none when they are too long to be laid side by side. */
TS.data.common = function (a, b) {
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
};

/** A row as a reader sees it, whatever its kind. */
TS.data.shownRow = function (row) {
  const extra = Object.entries(row.extra || {}).filter(([, value]) => value !== null && value !== "");
  return [row.messages || row.text !== undefined ? TS.conversation(row) : TS.data.pair(row),
    extra.length ? TS.h("dl", { class: "data-extra ts-small" }, extra.map(([name, value]) => TS.h("div", {}, TS.h("dt", {}, name), TS.h("dd", { dir: "auto" }, String(value))))) : null];
};

/** Preference pairs and answers with a thumb: the question once, then the answers. */
TS.data.pair = (row) => TS.h("div", { class: "ts-stack tight" }, TS.conversation({ messages: row.prompt || [] }),
  ["chosen", "rejected", "completion"].filter((key) => row[key]).map((key) => TS.h("div", { class: "data-answer " + key },
    TS.h("p", { class: "ts-small ts-soft" }, TS.icon(key === "rejected" || row.label === false ? "circle-x" : "circle-check"), " ",
      key === "completion" ? TS.t(row.label ? "data.row.good" : "data.row.bad") : TS.t("data.row.answer." + key)),
    TS.conversation({ messages: row[key] }))));
