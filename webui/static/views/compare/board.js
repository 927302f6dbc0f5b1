/* One comparison, live: who leads, the table, the curves, the answers. */
"use strict";
TS.compare = TS.compare || {};

TS.compare.board = function (root, id, forms, ctx) {
  const lead = TS.compare.leading(forms.metrics);
  const b = { id, ctx, forms, lead, columns: TS.compare.columns(forms.metrics), view: null, version: "", sort: { key: lead.key, down: lead.better === "high" }, curvesAt: 0, answered: -1 };
  const frame = { head: TS.h("div", { class: "compare-head" }), lead: TS.h("div", { class: "compare-lead", role: "status" }), notes: TS.h("div", {}),
    table: TS.h("section"), curves: TS.h("section"), answers: TS.h("section") };
  TS.replace(root, TS.h("div", { class: "ts-wide compare-page" }, TS.compare.back(), frame.head, frame.lead, frame.notes, frame.table, frame.curves, frame.answers));
  TS.append(frame.table, ["block", "block"].map((kind) => TS.h("i", { class: "ts-bone " + kind, "aria-hidden": "true" })));
  b.refresh = async () => {
    const news = await ctx.call("compare_view", id, b.version);
    b.version = news.version;
    if (news.view) TS.compare.drawBoard(b, frame, news.view);
    await TS.compare.follow(b, Boolean(news.view));
  };
  b.act = async (button, name, ...args) => {
    const done = await TS.act(button, async () => { await ctx.call(name, id, ...args); return true; });
    if (done) await b.refresh();
    return done;
  };
  const stop = TS.poll(root, 1200, async () => {
    try {
      await b.refresh();
    } catch (error) {
      if (error.code !== "not_found") throw error;
      stop();
      TS.replace(root, TS.h("div", { class: "ts-page" }, TS.h("h1", {}, TS.t("compare.title")), TS.h("div", { class: "ts-empty" }, TS.icon("gauge"),
        TS.h("p", {}, TS.t("compare.gone")), TS.job.link("gauge", TS.t("compare.back"), TS.url("compare"), "primary"))));
    }
  });
};

TS.compare.drawBoard = function (b, frame, view) {
  const first = !b.view;
  const named = b.view?.name !== view.name || b.view?.active !== view.active || JSON.stringify(b.view?.spec) !== JSON.stringify(view.spec);
  b.view = view;
  b.styles = TS.compare.styles(view.rows);
  if (first) {
    b.table = TS.compare.table(b, frame.table);
    b.curves = TS.compare.curves(b, frame.curves);
    b.answers = TS.compare.answers(b, frame.answers);
  }
  if (named) TS.replace(frame.head, TS.compare.boardHead(b));
  const lead = TS.compare.headline(view, b.lead);
  if (frame.lead.textContent !== lead) frame.lead.textContent = lead;
  TS.replace(frame.notes, TS.compare.boardNote(view, b.lead));
  b.table.draw();
};

/** Curves every three seconds while something runs; answers whenever one more job has ended. */
TS.compare.follow = async function (b, changed) {
  if (changed && (!b.view.active || Date.now() - b.curvesAt > 3000)) {
    b.curvesAt = Date.now();
    b.curves.draw(await b.ctx.call("compare_curves", b.id));
  }
  const ended = b.view.rows.flatMap((row) => row.runs).filter((run) => !["queued", "starting", "running", "stopping"].includes(run.status)).length;
  if (ended !== b.answered) {
    b.answered = ended;
    b.answers.draw(await b.ctx.call("compare_answers", b.id));
  }
};

/** A colour and a line of its own for each row: base slate, few-shot violet, the others from the palette. */
TS.compare.styles = function (rows) {
  const styles = new Map();
  let n = 0;
  for (const row of rows) {
    if (row.kind === "base") styles.set(row.key, { kind: "base", color: "--ts-base", dash: [2, 4] });
    else if (row.kind === "fewshot") styles.set(row.key, { kind: "fewshot", color: "--ts-fewshot", dash: [2, 4] });
    else {
      styles.set(row.key, { kind: "neutral", color: "--compare-" + (1 + (n % 6)), dash: [[], [8, 4], [2, 3], [12, 3, 2, 3]][Math.floor(n / 6) % 4] });
      n += 1;
    }
  }
  return styles;
};

TS.compare.key = (style) => TS.h("i", { class: "compare-key", "aria-hidden": "true", style: { borderTopColor: `var(${style.color})`, borderTopStyle: style.dash.length ? (style.dash[0] < 4 ? "dotted" : "dashed") : "solid" } });

TS.compare.boardHead = function (b) {
  const { view } = b, { shared } = view.spec;
  const budget = shared.held === "time" ? TS.t("compare.budget.time", { minutes: TS.format.number(shared.minutes, 1) }) : TS.t("compare.budget.tokens", { epochs: TS.format.number(shared.epochs, 2) });
  const facts = [view.base_model_name, view.dataset_name, budget, TS.t(shared.seeds > 1 ? "compare.seeds" : "compare.seed", { n: shared.seeds })];
  return TS.h("header", { class: "ts-head" }, TS.h("h1", { dir: "auto" }, view.name),
    TS.h("p", { class: "ts-lead" }, facts.filter(Boolean).map((fact, i) => [i ? " · " : "", TS.h("bdi", {}, fact)])),
    TS.h("div", { class: "ts-row compare-acts" }, TS.compare.actions(b)));
};

TS.compare.actions = function (b) {
  const { view } = b;
  const button = (id, icon, text, task, look = "ghost small") => {
    const node = TS.h("button", { type: "button", class: "ts-btn " + look, id, onclick: () => task(node) }, TS.icon(icon), text);
    return node;
  };
  const save = (form, name, type) => async (node) => {
    const text = await TS.act(node, () => b.ctx.call("compare_export", b.id, form));
    if (text !== undefined) TS.save(TS.train.fileName(view.name).replace(/\.yaml$/, name), text, type);
  };
  const out = view.spec.shared.seeds >= 5;
  const best = TS.compare.bestModels(view, b.lead);
  return [
    best.length > 1 && !view.active ? TS.h("a", { class: "ts-btn small", id: "compare-chat", href: TS.url("playground", { tuned: best.join(",") }) }, TS.icon("messages-square"), TS.t("compare.chat_best")) : null,
    view.active ? button("compare-stop", "square", TS.t("compare.stop"), (node) => TS.compare.stopAll(b, node), "small") : null,
    button("compare-join", "plus", TS.t("compare.join"), () => TS.compare.join(b)),
    out ? null : button("compare-seed", "refresh-cw", TS.t("compare.more_seed"), (node) => b.act(node, "compare_seed")),
    button("compare-csv", "download", "CSV", save("csv", ".csv", "text/csv;charset=utf-8")),
    button("compare-markdown", "download", "Markdown", save("markdown", ".md", "text/markdown;charset=utf-8")),
    button("compare-delete", "trash-2", TS.t("compare.delete"), (node) => TS.compare.remove(b, node)),
  ];
};

/** The metric that says who leads: the first one of which jobs draw a curve. */
TS.compare.leading = (metrics) => metrics.find((metric) => metric.curve);

/** The models of the two best rows by the leading metric: as many as the playground shows beside the base. */
TS.compare.bestModels = (view, { key, better }) => view.rows.filter((row) => row.cells[key] && !row.partial && row.runs.some((run) => run.tuned_id))
  .sort((a, b) => (better === "high" ? -1 : 1) * (a.cells[key].mean - b.cells[key].mean)).slice(0, 2).map((row) => row.runs.find((run) => run.tuned_id).tuned_id);

TS.compare.stopAll = async (b, node) => {
  if (await TS.confirm(TS.t("compare.stop.title"), TS.t("compare.stop.text"), TS.t("compare.stop"))) await b.act(node, "compare_stop");
};

TS.compare.remove = async function (b, node) {
  if (!(await TS.confirm(TS.t("compare.delete.title", { name: b.view.name }), TS.t("compare.delete.text"), TS.t("compare.delete")))) return;
  const done = await TS.act(node, async () => { await b.ctx.call("compare_delete", b.id); return true; });
  if (done) location.assign(TS.url("compare"));
};

/** One more entrant, with its own defaults. */
TS.compare.join = async function (b) {
  const taken = new Set(b.view.rows.map((row) => row.key));
  const free = b.forms.entrants.filter((one) => !taken.has(one.key));
  if (!free.length) return TS.toast(TS.t("compare.join.none"));
  let chosen = free[0];
  const select = TS.select("compare-join-which", free.map((one) => [one, one.label]), chosen, (one) => { chosen = one; about.textContent = one.tagline; });
  const about = TS.h("p", { class: "ts-soft" }, chosen.tagline);
  const body = TS.h("div", { class: "ts-stack" }, TS.h("p", {}, TS.t("compare.join.lead")), TS.field("compare-join-which", TS.t("compare.join.which"), select, {}), about);
  const done = await TS.dialog(TS.t("compare.join"), body, [{ label: TS.t("common.cancel"), value: "" }, { label: TS.t("compare.join.add"), value: "add", kind: "primary" }]);
  const button = document.getElementById("compare-join");
  if (done === "add") await b.act(button, "compare_join", chosen.method, chosen.variant);
  return undefined;
};

/** Who leads, in one sentence. */
TS.compare.headline = function (view, lead) {
  const show = (value) => TS.compare.STYLES[lead.style](value, lead.decimals);
  const of = (row) => row.cells[lead.key];
  const measured = view.rows.filter((row) => of(row) && row.kind !== "base");
  const soFar = view.active ? ".so_far" : "";
  if (!measured.length) return TS.t(view.active ? "compare.headline.none" : "compare.headline.nothing");
  const base = of(view.rows.find((row) => row.kind === "base"));
  const best = view.rows.find((row) => of(row)?.mark === "best");
  const level = view.rows.filter((row) => of(row)?.mark === "level");
  if (best?.kind === "base") return TS.t("compare.headline.base" + soFar, { base: show(base.mean) });
  if (best) return TS.t("compare.headline.best" + soFar, { name: best.label, loss: show(of(best).mean), base: show(base?.mean) });
  if (level.length) return TS.t("compare.headline.level" + soFar, { names: level.map((row) => row.label).join(TS.t("compare.and")) });
  return TS.t("compare.headline.one", { name: measured[0].label, loss: show(of(measured[0]).mean), base: show(base?.mean) });
};

TS.compare.boardNote = function (view, lead) {
  const measured = view.rows.filter((row) => row.cells[lead.key] && row.kind !== "base").length;
  if (view.active || measured < 2 || view.spec.shared.seeds > 1) return null;
  return TS.h("p", { class: "ts-small ts-soft compare-chance" }, TS.icon("info"), TS.t("compare.one_seed"));
};
