/* The Data page: the list of data sets, or one of them when the address names it (?dataset=3). */
import { queryId, queryValue } from "../../kit/texts.js";
import { openSet } from "./open-set.js";

/** @type {View<"data">} */
export async function view(root, value, ctx) {
  const id = queryId("dataset");
  openSet.pageRows = value.page_rows;
  if (queryValue("review")) return (await import("./quality/review.js")).dataReview(root, ctx);
  if (queryValue("rank")) return (await import("./rank/page.js")).rankPage(root, ctx);
  if (id) return (await import("./one.js")).dataOne(root, id, ctx);
  return (await import("./library.js")).library(root, value, ctx);
}
