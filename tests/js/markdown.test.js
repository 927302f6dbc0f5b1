import assert from "node:assert/strict";
import { test } from "node:test";
import { partedThought, renderMarkdown, thoughtFold } from "../../webui/static/views/shared/markdown.js";
import { held } from "./page.js";

test("what is written as HTML stays text", () => {
  const drawn = held(renderMarkdown("<script>alert(1)</script> **bold** <img src=x onerror=alert(1)>"));
  assert.equal(drawn.querySelector("script, img"), null);
  assert.match(drawn.textContent, /<script>alert\(1\)<\/script> bold <img/);
  assert.equal(drawn.querySelector("strong").textContent, "bold");
});

test("links that run code are no links, pictures never load", () => {
  const drawn = held(renderMarkdown("[a](javascript:alert(1)) [b](https://example.org/x) ![c](https://example.org/c.png)"));
  assert.deepEqual([...drawn.querySelectorAll("a")].map((link) => link.getAttribute("href")), ["https://example.org/x"]);
  assert.equal(drawn.querySelector("img"), null);
});

test("lists, code, quotes and tables are what they are elsewhere", () => {
  const drawn = held(renderMarkdown("1. one\n2. two\n   - inner\n\n```py\nx = 1\n```\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |"));
  assert.equal(drawn.querySelectorAll("ol > li").length, 2);
  assert.equal(drawn.querySelectorAll("ol ul li").length, 1);
  assert.equal(drawn.querySelector("pre code").textContent, "x = 1");
  assert.equal(drawn.querySelector("blockquote").textContent.trim(), "said");
  assert.equal(drawn.querySelectorAll("td").length, 2);
});

test("an answer that is still being written is drawn as far as it goes", () => {
  for (const source of ["```js\nlet x", "**bo", "- ", "| a |", "[a](http", "", "1."]) assert.doesNotThrow(() => held(renderMarkdown(source)), source);
});

test("thinking is told from the answer and folded", () => {
  const found = { thought: "add <b>one</b>", words: "1" };
  for (const text of ["<think>\nadd <b>one</b>\n</think>\n\n1", "[THINK]add <b>one</b>[/THINK]1", "add <b>one</b>\n</think>\n\n1"]) assert.deepEqual(partedThought(text), found, text);
  for (const text of ["1", "", "Write </think> to end it.", "Well. <think>a</think> b"]) assert.equal(partedThought(text), null, text);
  const fold = held(thoughtFold(found.thought)).querySelector("details");
  assert.equal(fold.hasAttribute("open"), false);
  assert.equal(fold.querySelector(".bubble-text").textContent, "add <b>one</b>");
  assert.equal(thoughtFold(""), null);
});

const N = 1_000_000;
const many = (part) => part.repeat(Math.ceil(N / part.length)).slice(0, N);
const HUGE = {
  pipes: many("|"), wide: `${"|a".repeat(N / 4)}|\n${"|-".repeat(N / 4)}|\n${"|b".repeat(N / 4)}|`, tall: `|a|b|\n|-|-|\n${many("|1|2|\n")}`,
  spaces: `a|b\n${many(" ")}x`, dashes: `a|b\n|${many("-|")}x`, heading: `# a${many(" ")}x`, hashes: `# a${many("#")}x`, rule: `${many("* ")}x`,
  quotes: many("> "), brackets: many("["), links: many("[a](b)"), pictures: many("![a](b)"), items: many("- a\n"), blank: many("- a\n\n"),
  lists: Array.from({ length: 1400 }, (_, depth) => `${" ".repeat(depth)}- x`).join("\n"), fences: many("```a\n~~~~\n"), ticks: many("`a"),
  stars: many("**a "), emphasis: many("*a "), struck: many("~~a "), under: many("__a"), mixed: many("*_**__~~`["), lines: many("a\n"), urls: many("http://"),
};

test("a text of a million characters never stops the page, nor fills it with elements", () => {
  for (const [name, source] of Object.entries(HUGE)) {
    const begun = process.cpuUsage();
    const drawn = renderMarkdown(source);
    const spent = process.cpuUsage(begun);
    assert.ok((spent.user + spent.system) / 1000 < 1000, name);
    const box = held(drawn);
    assert.ok(box.querySelectorAll("*").length < 60_000, name);
    if (name === "pipes") assert.equal(box.textContent.length, source.length, name);
  }
});

test("what is too large for a table stays as it is written, and what follows is still read", () => {
  const drawn = held(renderMarkdown(`${"|a".repeat(9000)}|\n${"|-".repeat(9000)}|\n${"|b".repeat(9000)}|\n\n**bold**`));
  assert.equal(drawn.querySelector("table"), null);
  assert.equal(drawn.querySelector("strong").textContent, "bold");
});
