/* The versions of a data set: what made each, which one is in use, and what differs between two. */
"use strict";
TS.data = TS.data || {};
TS.data.tab = TS.data.tab || {};

TS.data.tab.versions = function (set, ctx) {
  const node = TS.h("div", { class: "ts-stack loose data-versions", "aria-busy": "true" });
  const compared = TS.h("div", {});
  const making = TS.h("div", { class: "data-making" });
  const draw = async () => {
    try {
      const { versions: list, job } = await ctx.call("all_versions", set.id);
      const compare = (a, b) => { TS.replace(compared, TS.data.comparing(set, ctx, list, a, b)); compared.scrollIntoView({ block: "nearest" }); };
      TS.replace(node, making, TS.data.lineage(set, ctx, list, compare), compared);
      if (job) TS.data.made(making, { job }, set, ctx, null, (error) => TS.replace(making, TS.note("danger", error.message)));
      const wanted = (TS.query("compare") || "").split("-").map(Number);
      if (wanted.length === 2 && wanted.every((number) => list.some((one) => one.number === number))) compare(...wanted);
    } catch (error) {
      TS.replace(node, TS.note("danger", error.message));
    }
    node.removeAttribute("aria-busy");
  };
  draw();
  return node;
};

/** All versions as a line, newest first; one that was made from another than the one below it says so. */
TS.data.lineage = (set, ctx, list, compare) => TS.h("section", { class: "ts-card", "aria-labelledby": "data-versions-title" },
  TS.h("h2", { id: "data-versions-title" }, TS.t("data.tab.versions")),
  TS.h("p", { class: "ts-soft" }, TS.t(list.length > 1 ? "data.version.lead" : "data.version.only")),
  TS.h("ol", { class: "data-lineage" }, list.map((one) => TS.data.versionItem(set, ctx, one, list, compare))));

TS.data.versionItem = function (set, ctx, one, list, compare) {
  const use = TS.h("button", { type: "button", class: "ts-btn small", onclick: () => TS.data.useVersion(use, set, ctx, one) }, TS.icon("rotate-ccw"), TS.t("data.version.use"));
  const branch = one.parent !== null && one.parent !== one.number - 1;
  const train = TS.h("button", { type: "button", class: "ts-btn small ghost", onclick: () => TS.data.trainVersion(train, set, ctx, one) }, TS.icon("wand-sparkles"), TS.t("data.train_with"));
  return TS.h("li", { class: "data-version" + (one.in_use ? " in-use" : "") + (branch ? " branch" : ""), "data-version": one.number, "aria-current": one.in_use ? "true" : null },
    TS.h("div", { class: "ts-spread" },
      TS.h("h3", {}, TS.h("span", { class: "ts-num" }, TS.t("data.version.number", { n: one.number })), " ", one.label),
      one.in_use ? TS.h("span", { class: "ts-badge good" }, TS.icon("circle-check"), TS.t("data.version.in_use")) : null),
    TS.h("p", { class: "ts-soft ts-small" }, TS.format.when(one.created_at),
      one.parent ? " · " + TS.t("data.version.from", { n: one.parent }) : "",
      one.jobs ? " · " + TS.t("data.version.jobs", { n: one.jobs }) : ""),
    one.settings.length ? TS.h("dl", { class: "data-settings ts-small" }, one.settings.map(([name, value]) => TS.h("div", {}, TS.h("dt", {}, name), TS.h("dd", { dir: "auto" }, value)))) : null,
    TS.h("div", { class: "ts-spread" },
      TS.h("p", { class: "ts-small data-version-rows" }, TS.data.versionRows(one)),
      one.parent ? TS.data.changeCounts(one.summary) : null),
    TS.h("div", { class: "ts-row data-version-act" }, one.in_use ? null : use,
      one.parent ? TS.h("button", { type: "button", class: "ts-btn small ghost", "data-compare": `${one.parent}-${one.number}`, onclick: () => compare(one.parent, one.number) }, TS.icon("search"), TS.t("data.version.compare_with", { n: one.parent })) : null,
      train));
};

TS.data.versionRows = (one) => ["train", "val", "test"].filter((split) => one[split + "_rows"]).map((split) =>
  TS.t("data.version.rows." + split, { n: TS.format.number(one[split + "_rows"]) })).join(" · ");

TS.data.useVersion = async function (button, set, ctx, one) {
  const used = await TS.act(button, async () => { await ctx.call("use_version", set.id, one.number); return true; });
  if (!used) return;
  TS.toast(TS.t("data.version.used", { n: one.number }), "good");
  await TS.data.reload();
};

/** Training takes the version in use, so another one comes into use first. */
TS.data.trainVersion = async function (button, set, ctx, one) {
  const ready = one.in_use || await TS.act(button, async () => { await ctx.call("use_version", set.id, one.number); return true; });
  if (ready) location.assign(TS.url("train", { dataset: set.id }));
};

/** What differs between two versions: both can be chosen, one sort of change at a time, page by page. */
TS.data.comparing = function (set, ctx, list, a, b) {
  const state = { a, b, what: null, offset: 0 };
  const numbers = list.map((one) => [one.number, TS.t("data.version.number", { n: one.number }) + " " + one.label]);
  const rows = TS.h("div", { class: "data-changes", "aria-live": "polite" });
  const sorts = TS.h("div", {});
  const pager = TS.h("div", { class: "data-pager" });
  const load = TS.latest(() => ctx.call("compare_versions", set.id, state.a, state.b, state.what || "changed", state.offset), (found) => {
    const first = Object.keys(TS.data.CHANGES).find((what) => found.counts[what]);
    if (state.what === null && first) { state.what = first; if (first !== "changed") return load(); }
    TS.replace(sorts, TS.data.changeSorts(found.counts, state, () => { state.offset = 0; load(); }));
    TS.replace(rows, found.rows.length ? found.rows.map((row) => TS.data.change({ ...row, what: state.what })) : TS.h("p", { class: "ts-soft" }, TS.t(first ? "data.compare.none" : "data.compare.same")));
    TS.replace(pager, TS.data.pager(state.offset, found.total, (offset) => { state.offset = offset; load(); }));
    return undefined;
  }, (error) => TS.replace(rows, TS.note("danger", error.message)));
  const again = (side) => (number) => { Object.assign(state, { [side]: number, what: null, offset: 0 }); load(); };
  load();
  return TS.h("section", { class: "ts-card data-compare", "aria-labelledby": "data-compare-title" },
    TS.h("h2", { id: "data-compare-title" }, TS.t("data.compare.title")),
    TS.h("div", { class: "data-compare-which" },
      TS.field("data-compare-a", TS.t("data.compare.before"), TS.select("data-compare-a", numbers, a, again("a")), {}),
      TS.field("data-compare-b", TS.t("data.compare.after"), TS.select("data-compare-b", numbers, b, again("b")), {})),
    sorts, rows, pager);
};

TS.data.changeSorts = (counts, state, changed) => TS.h("div", { class: "ts-row" },
  TS.segments("data-compare-what", TS.t("data.compare.what"), Object.keys(TS.data.CHANGES).map((what) =>
    [what, TS.t("data.compare." + what, { n: TS.format.number(counts[what]) })]), state.what, (what) => { state.what = what; changed(); }),
  TS.h("span", { class: "ts-soft ts-small" }, TS.t("data.compare.kept", { n: TS.format.number(counts.same) })));
