/* A document and the English texts, for modules that make elements. Import it before anything of the pages. */
import { readdirSync, readFileSync } from "node:fs";
import { parseHTML } from "linkedom";
import { addTexts } from "../../webui/static/kit/texts.js";

const { window, document, Node, Event } = parseHTML('<!doctype html><html lang="en" data-language="en"><body></body></html>');
Object.assign(globalThis, { window, document, Node, Event });

const folder = new URL("../../engine/texts/en/", import.meta.url);
for (const name of readdirSync(folder, { recursive: true })) {
  if (String(name).endsWith(".json")) addTexts(JSON.parse(readFileSync(new URL(String(name), folder), "utf8")));
}

/** An element with what a module drew. */
export function held(...nodes) {
  const holder = document.createElement("div");
  holder.append(...nodes.flat(Infinity));
  return holder;
}
