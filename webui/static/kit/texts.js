/** Texts of the catalogue and the language of the page. The server puts into each script the texts that it asks for. */

const TEXTS = new Map();

/** Called by the server's preface of each script, with the texts that the script asks for. */
export function addTexts(texts) {
  for (const [key, text] of Object.entries(texts)) TEXTS.set(key, text);
}

/** Is there such a text? For keys that are built from values which a later version may add. */
export const hasText = (key) => TEXTS.has(key);

/** A text of the catalogue, filled in. */
export function t(key, params) {
  const text = TEXTS.get(key);
  if (text === undefined) {
    console.error("no text: " + key);
    return key;
  }
  return text.replace(/\{(\w+)(?:[^}]*)\}/g, (whole, name) => (params && name in params ? named(name, params[name]) : whole));
}

/** {need_mb} is an amount of memory with its unit, as on the server (engine/core/text.py). */
const named = (name, value) => (name.endsWith("_mb") && typeof value === "number" ? memorySize(value) : said(value));

/** An amount of memory in MB, always in one unit: 1150 -> "1.15 GB". */
export const memorySize = (mb) => (mb > 0 && mb < 5 ? "< 0.01 GB" : (mb / 1000).toFixed(2) + " GB");

/** A value of a message; one that comes in every language is said in the page's. */
export const said = (value) => (value && typeof value === "object" && "en" in value ? value[pageLanguage()] ?? value.en : value);

/** The key of the page's language: its folder of texts, and the first part of each address. */
export const pageLanguage = () => document.documentElement.dataset.language || "en";

/** The page's language as the browser knows it, for numbers and dates. */
export const pageLocale = () => document.documentElement.lang || "en";

/** The address of a page in the language shown: pageUrl("jobs", { job: 3 }). */
export function pageUrl(page, query) {
  const search = query ? "?" + new URLSearchParams(query) : "";
  return "/" + pageLanguage() + "/" + page + search;
}

/** A value of the page's address: ?job=7. */
export const queryValue = (name) => new URLSearchParams(location.search).get(name);

/** The id that the page's address gives, or 0: what can be no id (?job=1.5, thirty digits) is as if it were not there. */
export function queryId(name) {
  const id = Number(queryValue(name));
  return Number.isSafeInteger(id) ? id : 0;
}
