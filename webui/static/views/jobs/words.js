/* What the list of jobs works out without a page: days, tags, what is asked of the server. */

const NARROWED_BY = ["text", "state", "kind", "tag", "model", "data", "days"];

/** "today", "yesterday", "year" (a day of this year) or "date", by the calendar of the reader. */
export function dayOf(epoch, now = Date.now()) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const date = new Date(epoch * 1000), today = midnight(new Date(now));
  const days = Math.round((today.getTime() - midnight(date).getTime()) / 86400000);
  if (days === 0) return "today";
  if (days === 1) return "yesterday";
  return date.getFullYear() === today.getFullYear() ? "year" : "date";
}

/** Tags as they are typed, separated by commas of either language. */
export const splitTags = (text) => text.split(/[,，、\n]/).map((tag) => tag.trim().replace(/\s+/g, " ")).filter(Boolean);

/** What a list is narrowed to, without what is empty, in one order: for the address and for the server. */
export const narrowed = (values) => Object.fromEntries(NARROWED_BY.filter((key) => values[key]).map((key) => [key, String(values[key])]));

/** The same, out of an address: "?state=failed&tag=first". */
export const narrowedBy = (search) => narrowed(Object.fromEntries(new URLSearchParams(search)));
