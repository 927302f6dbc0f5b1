/* The Compare page: earlier comparisons, a new one (?new=1), or one live (?comparison=3). */
import { drawKeyed, h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { pageUrl, queryId, queryValue, t } from "../../kit/texts.js";
import { jobLink, jobWhen } from "../jobs/parts.js";

/** @param {Ctx<"compare">} ctx */
export async function view(root, forms, ctx) {
  const id = queryId("comparison");
  if (id) return (await import("./board.js")).board(root, id, forms, ctx);
  if (queryValue("new")) return (await import("./form.js")).compareForm(root, forms, ctx);
  return compareList(root, ctx);
}

/** @param {Ctx<"compare">} ctx */
function compareList(root, ctx) {
  const list = h("ul", { class: "compare-list", "aria-label": t("compare.earlier") });
  const fresh = jobLink("plus", t("compare.new"), pageUrl("compare", { new: 1 }), "primary");
  const empty = h("div", { class: "ts-empty", hidden: true }, drawIcon("gauge"), h("p", {}, t("compare.empty")),
    h("p", { class: "ts-soft" }, t("compare.empty_more")), jobLink("plus", t("compare.new"), pageUrl("compare", { new: 1 }), "primary"));
  replaceChildren(root, h("div", { class: "ts-page" }, pageHead(t("compare.title"), t("compare.lead"), fresh), empty, list));
  let version = "";
  poll(root, 2000, async () => {
    const news = await ctx.news("compare_list", version), rows = news.value;
    version = news.version;
    if (!rows) return false;
    empty.hidden = rows.length > 0;
    fresh.hidden = !rows.length;
    list.hidden = !rows.length;
    drawKeyed(list, rows, (row) => row.id, listed);
    return true;
  });
}

const STATES = { running: ["train", "play"], waiting: ["neutral", "clock"], done: ["good", "circle-check"], partly: ["warn", "triangle-alert"],
  failed: ["danger", "circle-x"], stopped: ["neutral", "square"] };

function compareBadge(state) {
  const [kind, icon] = STATES[state] || ["neutral", "info"];
  return h("span", { class: "ts-badge job-badge " + kind, "data-state": state }, drawIcon(icon), t("compare.state." + state));
}

/** @param {Server.ComparisonBrief} row */
const listed = (row) => h("li", { "data-comparison": row.id },
  h("div", { class: "compare-listed" },
    h("a", { class: "job-name", href: pageUrl("compare", { comparison: row.id }), dir: "auto" }, row.name),
    h("div", { class: "ts-small ts-soft job-facts" }, [row.base_model_name, row.dataset_name].filter(Boolean).map((fact, i) => [i ? " · " : "", h("bdi", {}, fact)]))),
  h("div", { class: "compare-names ts-small" }, row.entrants.map((one) => one.label).join(", ")),
  h("div", { class: "job-status-line" }, compareBadge(row.state),
    h("span", { class: "ts-small ts-soft" }, t("compare.jobs_ended", { ended: row.ended, jobs: row.jobs }))),
  h("div", { class: "ts-small ts-soft compare-when" }, jobWhen(row.created_at)));
