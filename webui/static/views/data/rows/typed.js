/* Values that are typed as JSON. */
import { wholeNumber } from "../../../kit/format.js";
import { fromWire } from "../../../kit/server.js";

/** The value whose JSON was typed, with all digits of its whole numbers; null where it is none. */
export function typedJson(text) {
  const tagged = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (part) => (typeof wholeNumber(part) === "bigint" ? JSON.stringify(wholeNumber(part)) : part));
  try {
    return fromWire(JSON.parse(tagged));
  } catch {
    return null;
  }
}
