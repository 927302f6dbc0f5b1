/** Numbers, sizes and times as people read them. */
import { memorySize, pageLocale, t } from "./texts.js";

export const format = {
  number: (x, digits = 0) => (x === null || x === undefined ? "–" : Number(x).toLocaleString(pageLocale(), { maximumFractionDigits: digits, signDisplay: "negative" })),
  /** What a reward says: its scale is its own, so small differences count as much as large ones. */
  score: (x) => (x === null || x === undefined ? "–" : Number(x).toLocaleString(pageLocale(), { maximumSignificantDigits: 3, signDisplay: "negative" })),
  loss: (x) => (x === null || x === undefined ? "–" : Number(x).toFixed(3)),
  percent: (x, digits = 0) => (x === null || x === undefined ? "–" : (100 * x).toFixed(digits) + " %"),
  bytes(x) {
    if (x === null || x === undefined) return "–";
    const units = ["B", "kB", "MB", "GB", "TB"];
    let i = 0;
    while (x >= 1000 && i < units.length - 1) { x /= 1000; i += 1; }
    return x.toFixed(i === 0 || x >= 100 ? 0 : 1) + " " + units[i];
  },
  memory: (mb) => (mb === null || mb === undefined ? "–" : memorySize(mb)),
  /** 134,515,008 -> "135 M". */
  count: (n) => (n >= 999.5e6 ? format.number(n / 1e9, n < 1e10 ? 1 : 0) + " B" : n >= 1e6 ? format.number(n / 1e6, n < 1e7 ? 1 : 0) + " M" : n >= 1e4 ? format.number(n / 1e3) + " k" : format.number(n)),
  duration(seconds) {
    if (seconds === null || seconds === undefined || !isFinite(seconds)) return "–";
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return t("common.seconds", { n: s });
    if (s < 3600) return t("common.minutes", { n: Math.floor(s / 60), s: s % 60 });
    return t("common.hours", { n: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
  },
  /** An estimate is not to be read to the second. */
  roughly(seconds) {
    if (seconds < 57.5) return format.duration(Math.max(5, Math.round(seconds / 5) * 5));
    if (seconds < 3600) return t("common.roughly", { n: format.number(Math.round(seconds / 30) / 2, 1) });
    return format.duration(Math.round(seconds / 600) * 600);
  },
  when: (epoch) => (epoch ? new Date(epoch * 1000).toLocaleString(pageLocale(), { dateStyle: "medium", timeStyle: "short" }) : "–"),
  clock: (epoch) => (epoch ? new Date(epoch * 1000).toLocaleTimeString(pageLocale()) : "–"),
};

/** Digits as a number with all of them: a BigInt beyond 2^53. Null where they are no whole number. */
export function wholeNumber(digits) {
  if (!/^-?\d+$/.test(digits)) return null;
  return Number.isSafeInteger(+digits) ? +digits : BigInt(digits);
}

/** What was typed, as a number; null where it is none. */
export const typedNumber = (text) => (text.trim() && Number.isFinite(+text) ? wholeNumber(text.trim()) ?? +text : null);

/** A value as JSON for people: large numbers with their digits. (Within a text of the value the quotes would be escaped.) */
export const shownJson = (value, indent) => (JSON.stringify(value, null, indent) ?? "").replace(/\{\s*"\$integer":\s*"(-?\d+)"\s*\}/g, "$1");
