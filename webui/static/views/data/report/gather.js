/* A report that is asked for until it is whole. */
import { h } from "../../../kit/dom.js";
import { progressBar } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";

/** Ask for a report until it is whole; null when the page was left meanwhile. */
export async function gather(root, ask, tell) {
  await Promise.resolve(); // until the caller has put `root` on the page
  for (;;) {
    const part = await ask();
    if (part.working === undefined) return part;
    if (!root.isConnected) return null;
    tell(part.working);
    await new Promise((done) => setTimeout(done, 30));
  }
}

export const working = (share) => h("div", { class: "ts-card data-working" }, h("p", { class: "ts-soft" }, t("data.report.working")), progressBar(share, t("data.report.working")));
