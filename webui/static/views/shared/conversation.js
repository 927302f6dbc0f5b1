/* A conversation as bubbles. The thinking before an answer is folded: it is there for who wants it, and the answer is seen first. */
import { h } from "../../kit/dom.js";
import { format, shownJson } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { partedThought, thoughtFold } from "./markdown.js";

/** What a turn says: its thinking, whether it stands in a member of its own or in the words, and the words. */
function turnWords(message) {
  const found = message.role === "assistant" && !message.reasoning_content ? partedThought(message.content || "") : null;
  const words = found ? found.words : message.content;
  return [thoughtFold(message.reasoning_content || found?.thought), words ? h("div", { class: "bubble-text", dir: "auto" }, words) : null];
}

/** One conversation (or text) of a data set, as bubbles; tools that may be called stand before it. */
export function conversationView(row) {
  if (row.text !== undefined) return h("div", { class: "ts-bubble text", dir: "auto" }, row.text);
  return h("div", { class: "conversation" },
    row.tools?.length ? h("p", { class: "ts-soft ts-small", dir: "auto" }, t("data.row.tools", { names: row.tools.map((tool) => tool.function.name).join(", ") })) : null,
    (row.messages || []).map((message) =>
      h("div", { class: "ts-bubble " + message.role },
        h("span", { class: ["system", "tool"].includes(message.role) ? "bubble-role" : "ts-sr" }, t("data.role." + message.role)),
        message.weight === undefined ? null : h("span", { class: "bubble-role" }, weightWords(message.weight)),
        turnWords(message),
        (message.tool_calls || []).map((call) => h("div", { class: "bubble-call", dir: "ltr" }, drawIcon("settings"),
          `${call.function.name}(${shownJson(call.function.arguments)})`)))));
}

/** How much an answer counts in the loss. */
export const weightWords = (weight) => (weight ? t("data.row.weight", { n: format.number(weight, 6) }) : t("data.row.not_learnt"));
