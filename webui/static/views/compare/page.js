/* The Compare page: earlier comparisons, a new one (?new=1), or one live (?comparison=3). */
"use strict";
TS.compare = TS.compare || {};

TS.views.compare = function (root, forms, ctx) {
  const id = Number(TS.query("comparison"));
  if (id) return TS.compare.board(root, id, forms, ctx);
  return TS.query("new") ? TS.compare.form(root, forms, ctx) : TS.compare.list(root, ctx);
};

TS.compare.back = () => TS.h("a", { class: "compare-back", href: TS.url("compare") }, TS.icon("chevron-right"), TS.t("compare.back"));

TS.compare.list = function (root, ctx) {
  const list = TS.h("ul", { class: "compare-list", "aria-label": TS.t("compare.earlier") });
  const fresh = TS.job.link("plus", TS.t("compare.new"), TS.url("compare", { new: 1 }), "primary");
  const empty = TS.h("div", { class: "ts-empty", hidden: true }, TS.icon("gauge"), TS.h("p", {}, TS.t("compare.empty")),
    TS.h("p", { class: "ts-soft" }, TS.t("compare.empty_more")), TS.job.link("plus", TS.t("compare.new"), TS.url("compare", { new: 1 }), "primary"));
  TS.replace(root, TS.h("div", { class: "ts-page" }, TS.head(TS.t("compare.title"), TS.t("compare.lead"), fresh), empty, list));
  TS.poll(root, 2000, async () => {
    const rows = await ctx.call("compare_list");
    empty.hidden = rows.length > 0;
    fresh.hidden = !rows.length;
    list.hidden = !rows.length;
    TS.keyed(list, rows, (row) => row.id, TS.compare.listed);
  });
};

TS.compare.STATES = { running: ["train", "play"], waiting: ["neutral", "clock"], done: ["good", "circle-check"], partly: ["warn", "triangle-alert"],
  failed: ["danger", "circle-x"], stopped: ["neutral", "square"] };

TS.compare.badge = function (state) {
  const [kind, icon] = TS.compare.STATES[state] || ["neutral", "info"];
  return TS.h("span", { class: "ts-badge job-badge " + kind, "data-state": state }, TS.icon(icon), TS.t("compare.state." + state));
};

TS.compare.listed = (row) => TS.h("li", { "data-comparison": row.id },
  TS.h("div", { class: "compare-listed" },
    TS.h("a", { class: "job-name", href: TS.url("compare", { comparison: row.id }), dir: "auto" }, row.name),
    TS.h("div", { class: "ts-small ts-soft job-facts" }, [row.base_model_name, row.dataset_name].filter(Boolean).map((fact, i) => [i ? " · " : "", TS.h("bdi", {}, fact)]))),
  TS.h("div", { class: "compare-names ts-small" }, row.entrants.map((one) => one.label).join(", ")),
  TS.h("div", { class: "job-status-line" }, TS.compare.badge(row.state),
    TS.h("span", { class: "ts-small ts-soft" }, TS.t("compare.jobs_ended", { ended: row.ended, jobs: row.jobs }))),
  TS.h("div", { class: "ts-small ts-soft compare-when" }, TS.job.when(row.created_at)));
