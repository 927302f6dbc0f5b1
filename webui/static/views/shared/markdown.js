/* Markdown of models' answers as elements, through text nodes alone: HTML stays text, pictures never load, links say where they go. */
import { h } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";

const MD_LONGEST = 100000; // characters that are drawn as Markdown; what follows stays as it is written
const MD_PARTS = 10000; // blocks, items, cells and spans of one text: beyond them, text stays as it is written
let mdLeft = 0;

/** The nodes for `source`. Paragraphs keep their line breaks. */
export function renderMarkdown(source) {
  mdLeft = MD_PARTS;
  const whole = String(source).replace(/\r\n?/g, "\n");
  const nodes = mdBlocks(whole.slice(0, MD_LONGEST).split("\n"), 0);
  if (whole.length > MD_LONGEST) nodes.push(h("p", {}, whole.slice(MD_LONGEST)));
  return nodes;
}

const MD_ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const MD_FENCE = /^\s*(```+|~~~+)\s*([\w+#.-]*)/;
const MD_DEPTH = 8;

function mdBlocks(lines, depth) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) { at += 1; continue; }
    if (mdLeft <= 0) { nodes.push(h("p", {}, lines.slice(at).join("\n"))); break; }
    mdLeft -= 1;
    const block = (depth < MD_DEPTH && mdFirst(lines, at, depth)) || mdParagraph(lines, at, depth);
    nodes.push(block.node);
    at = block.next;
  }
  return nodes;
}

function mdFirst(lines, at, depth) {
  for (const read of MD_BLOCKS) {
    const block = read(lines, at, depth);
    if (block) return block;
  }
  return null;
}

function mdFence(lines, at) {
  const open = MD_FENCE.exec(lines[at]);
  if (!open) return null;
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(open[1])) end += 1;
  const text = lines.slice(at + 1, end).join("\n");
  return { node: h("pre", { class: "md-code", tabindex: "0" }, h("code", { "data-language": open[2] || null }, text)), next: end + 1 };
}

function mdHeading(lines, at, depth) {
  const found = /^\s{0,3}(#{1,6})\s(.*)$/.exec(lines[at]);
  if (!found) return null;
  const text = found[2].trim();
  let end = text.length;
  while (text[end - 1] === "#") end -= 1;
  return { node: h("p", { class: "md-heading md-heading-" + found[1].length }, mdInline(text.slice(0, end).trimEnd(), depth)), next: at + 1 };
}

function mdRule(lines, at) {
  return /^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(lines[at]) ? { node: h("hr"), next: at + 1 } : null;
}

function mdQuote(lines, at, depth) {
  if (!/^\s{0,3}>/.test(lines[at])) return null;
  let end = at;
  while (end < lines.length && /^\s{0,3}>/.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^\s{0,3}>\s?/, ""));
  return { node: h("blockquote", {}, mdBlocks(inner, depth + 1)), next: end };
}

/** A list takes every line that is an item of its indent, or is indented deeper (nested lists, second paragraphs). */
function mdList(lines, at, depth) {
  const first = MD_ITEM.exec(lines[at]);
  if (!first) return null;
  const indent = first[1].length;
  const content = indent + first[2].length + 1; // where an item's text begins: what follows is moved left by as much
  const ordered = /\d/.test(first[2]);
  const items = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const item = MD_ITEM.exec(lines[end]);
    if (item && item[1].length <= indent) {
      if (item[1].length < indent || /\d/.test(item[2]) !== ordered) break;
      if (mdLeft <= 0 && items.length) break;
      mdLeft -= 1;
      items.push([item[3]]);
    } else if (!lines[end].trim()) {
      const after = lines[end + 1] || "";
      if (!MD_ITEM.test(after) && !/^\s{2,}\S/.test(after)) break;
      items.at(-1).push("");
    } else if (item || /^\s{2,}/.test(lines[end])) {
      items.at(-1).push(lines[end].slice(Math.min(content, lines[end].search(/\S/))));
    } else break;
  }
  const start = ordered ? parseInt(first[2], 10) : null;
  const node = h(ordered ? "ol" : "ul", { start: start !== null && start > 1 ? start : null }, items.map((item) => h("li", {}, mdItem(item, depth))));
  return { node, next: end };
}

function mdItem(lines, depth) {
  const rest = lines.slice(1);
  return [mdInline(lines[0], depth), rest.some((line) => line.trim()) ? mdBlocks(rest, depth + 1) : null];
}

function mdTable(lines, at, depth) {
  if (!lines[at].includes("|") || !/^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?$/.test((lines[at + 1] || "").trim())) return null;
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const head = cells(lines[at]);
  if (head.length * (end - at) > mdLeft) return null; // its cells would be too many: it stays text
  mdLeft -= head.length * (end - at);
  const row = (line) => {
    const found = cells(line);
    return h("tr", {}, head.map((_, i) => h("td", {}, mdInline(found[i] || "", depth))));
  };
  const table = h("table", { class: "ts-table" },
    h("thead", {}, h("tr", {}, head.map((cell) => h("th", { scope: "col" }, mdInline(cell, depth))))),
    h("tbody", {}, lines.slice(at + 2, end).map(row)));
  return { node: h("div", { class: "ts-table-wrap", tabindex: "0" }, table), next: end };
}

const MD_BLOCKS = [mdFence, mdHeading, mdRule, mdQuote, mdList, mdTable];

function mdParagraph(lines, at, depth) {
  let end = at + 1;
  const starts = (line) => MD_FENCE.test(line) || MD_ITEM.test(line) || /^\s{0,3}(#{1,6}\s|>)/.test(line);
  while (end < lines.length && lines[end].trim() && !starts(lines[end])) end += 1;
  return { node: h("p", {}, mdInline(lines.slice(at, end).join("\n"), depth)), next: end };
}

const MD_SPAN = 600; // characters that a bold or struck run may have: keeps hostile text quick
const MD_INLINE = new RegExp([
  "\\\\(?<raw>[\\\\`*_{}[\\]()#+.!|~>-])",
  "(`+)(?<code>[^`]|[^`][\\s\\S]*?[^`])\\2(?!`)",
  "(?<image>!)?\\[(?<text>[^\\]\\n]{0,500})\\]\\((?<url>[^()\\s]{1,2000})(?:\\s+\"[^\"\\n]*\")?\\)",
  "(?<auto>https?:\\/\\/[^\\s<>\"'`)\\]]{1,2000}[^\\s<>\"'`)\\].,;:!?。，；：！？])",
  `\\*\\*\\*(?<both>(?=\\S)[^\\n*]{1,${MD_SPAN}}?(?<=\\S))\\*\\*\\*`,
  `\\*\\*(?<bold>(?=\\S)[^\\n]{1,${MD_SPAN}}?(?<=\\S))\\*\\*`,
  `__(?<bold2>(?=\\S)[^\\n]{1,${MD_SPAN}}?(?<=\\S))__(?!\\w)`,
  `~~(?<gone>(?=\\S)[^\\n]{1,${MD_SPAN}}?(?<=\\S))~~`,
  `(?<![\\w*])\\*(?<it>(?=[^\\s*])[^\\n*]{1,${MD_SPAN}}?(?<=\\S))\\*(?![\\w*])`,
  `(?<![\\w_])_(?<it2>(?=[^\\s_])[^\\n_]{1,${MD_SPAN}}?(?<=\\S))_(?!\\w)`,
].join("|"), "g");

function mdInline(text, depth) {
  if (depth >= MD_DEPTH || mdLeft <= 0) return [text];
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(MD_INLINE)) {
    if (found.index > from) nodes.push(text.slice(from, found.index));
    nodes.push(mdSpan(found, depth + 1));
    from = found.index + found[0].length;
    if ((mdLeft -= 1) <= 0) break;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function mdSpan(found, depth) {
  const { raw, code, image, text, url, auto, both, bold, bold2, gone, it, it2 } = found.groups;
  if (raw) return raw;
  if (code !== undefined) return h("code", {}, code);
  if (auto) return mdLink(auto, [auto]);
  if (image) return h("span", { class: "md-picture" }, drawIcon("eye"), t("playground.picture", { text: text || url }));
  if (url) return mdLink(url, mdInline(text, depth), text);
  if (both) return h("strong", {}, h("em", {}, mdInline(both, depth)));
  if (bold || bold2) return h("strong", {}, mdInline(bold || bold2, depth));
  if (gone) return h("s", {}, mdInline(gone, depth));
  return h("em", {}, mdInline(it || it2, depth));
}

/** Only web addresses become links; the address shows itself where the text hides it. */
function mdLink(url, children, text) {
  if (!/^https?:\/\/[^\s]+$/i.test(url)) return h("span", {}, children, ` (${url})`);
  return h("a", { class: "ts-link", href: url, title: url, target: "_blank", rel: "noopener noreferrer nofollow" }, children,
    text && text !== url ? h("span", { class: "ts-soft ts-small" }, ` (${mdHost(url)})`) : null);
}

function mdHost(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

const THOUGHTS = [["<think>", "</think>"], ["<thinking>", "</thinking>"], ["[THINK]", "[/THINK]"], ["<seed:think>", "</seed:think>"], ["<|channel>thought", "<channel|>"]];

/** An answer that begins with its thinking, in two; null for any other. Where chat opened the thought, the answer begins within it. */
export function partedThought(text) {
  for (const [begin, end] of THOUGHTS) {
    const at = text.indexOf(end);
    if (at < 0) continue;
    const before = text.slice(0, at).trimStart();
    const rest = text.slice(at + end.length);
    const opened = !before.includes(begin) && (text[at - 1] === "\n" || rest.startsWith("\n"));
    if (opened || before.startsWith(begin)) return { thought: (opened ? before : before.slice(begin.length)).trim(), words: rest.replace(/^[\r\n]+/, "") };
  }
  return null;
}

/** Thinking, folded. */
export const thoughtFold = (thought) => (thought ? h("details", { class: "ts-details bubble-thought" },
  h("summary", {}, t("data.role.thinking")), h("div", { class: "bubble-text ts-soft", dir: "auto" }, thought)) : null);
