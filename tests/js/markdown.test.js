import assert from "node:assert/strict";
import { test } from "node:test";
import { renderMarkdown } from "../../webui/static/views/shared/markdown.js";
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
