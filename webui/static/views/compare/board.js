/* One comparison, live: who leads, the table, the curves, the answers. */
import { appendAll, h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, fileName, openDialog, runAction, saveFile, toast } from "../../kit/parts.js";
import { poll } from "../../kit/server.js";
import { pageUrl, t } from "../../kit/texts.js";
import { answers, curves } from "./curves.js";
import { compareBack } from "./parts.js";
import { STYLES, compareColumns, compareTable } from "./table.js";
import { jobLink } from "../jobs/parts.js";
import { labelledField, selectField } from "../shared/form-controls.js";

/** @param {Ctx<"compare">} ctx */
export function board(root, id, forms, ctx) {
  /** @type {any} */
  const b = { id, ctx, forms, view: null, version: "", curvesAt: 0, answered: -1 };
  const frame = { head: h("div", { class: "compare-head" }), lead: h("div", { class: "compare-lead", role: "status" }), notes: h("div", {}),
    table: h("section"), curves: h("section"), answers: h("section"), judge: h("section") };
  replaceChildren(root, h("div", { class: "ts-wide compare-page" }, compareBack(), frame.head, frame.lead, frame.notes, frame.table, frame.curves, frame.answers, frame.judge));
  appendAll(frame.table, ["block", "block"].map((kind) => h("i", { class: "ts-bone " + kind, "aria-hidden": "true" })));
  b.refresh = async () => {
    const news = await ctx.news("compare_view", b.version, id);
    b.version = news.version;
    if (news.value) drawBoard(b, frame, news.value);
    await follow(b, Boolean(news.value));
    return Boolean(news.value);
  };
  b.act = async (button, task) => {
    const done = await runAction(button, async () => { await task(); return true; });
    if (done) await b.refresh();
    return done;
  };
  const stop = poll(root, 1200, async () => {
    try {
      return await b.refresh();
    } catch (error) {
      if (error.code !== "not_found") throw error;
      stop();
      replaceChildren(root, h("div", { class: "ts-page" }, h("h1", {}, t("compare.title")), h("div", { class: "ts-empty" }, drawIcon("gauge"),
        h("p", {}, t("compare.gone")), jobLink("gauge", t("compare.back"), pageUrl("compare"), "primary"))));
    }
  });
}

/**
 * @param {Parts<"compare">} b
 * @param {Server.ComparisonView} view
 */
function drawBoard(b, frame, view) {
  const first = !b.view;
  const named = b.view?.name !== view.name || b.view?.active !== view.active || JSON.stringify(b.view?.spec) !== JSON.stringify(view.spec);
  b.view = view;
  b.styles = compareStyles(view.rows);
  if (first) {
    b.ofObjectives = view.rows.some((row) => row.objective);
    b.lead = leading(b.forms.metrics, b.ofObjectives);
    b.columns = compareColumns(b.forms.metrics, b.ofObjectives);
    b.sort = { key: b.lead.key, down: b.lead.better === "high" };
    b.table = compareTable(b, frame.table);
    b.curves = b.ofObjectives ? { draw: () => {} } : curves(b, frame.curves); // losses of objectives mean different things
    b.answers = answers(b, frame.answers);
    b.judge = frame.judge;
  }
  if (named) replaceChildren(frame.head, boardHead(b));
  const lead = b.ofObjectives ? objectivesHeadline(b) : compareHeadline(view, b.lead);
  if (frame.lead.textContent !== lead) frame.lead.textContent = lead;
  replaceChildren(frame.notes, boardNote(view, b.lead));
  b.table.draw();
}

/**
 * Curves every three seconds while something runs; answers whenever one more job has ended.
 * @param {Parts<"compare">} b
 */
async function follow(b, changed) {
  if (changed && (!b.view.active || Date.now() - b.curvesAt > 3000)) {
    b.curvesAt = Date.now();
    const news = await b.ctx.news("compare_curves", b.drawnCurves || "", b.id);
    if (news.value) b.curves.draw(news.value);
    b.drawnCurves = news.version;
  }
  const ended = b.view.rows.flatMap((row) => row.runs).filter((run) => !["queued", "starting", "running", "stopping"].includes(run.status)).length;
  if (ended !== b.answered) {
    const said = await b.ctx.call("compare_answers", b.id);
    b.answers.draw(said);
    b.answered = ended;
    if (said.length && !b.judge.hasChildNodes()) replaceChildren(b.judge, await (await import("./judge.js")).compareJudge(b));
  }
}

/** A colour and a line of its own for each row: base slate, few-shot violet, the others from the palette. */
function compareStyles(rows) {
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
}

/** @param {Parts<"compare">} b */
function boardHead(b) {
  const { view } = b, { shared } = view.spec;
  const budget = shared.held === "time" ? t("compare.budget.time", { minutes: format.number(shared.minutes, 1) }) : t("compare.budget.tokens", { epochs: format.number(shared.epochs, 2) });
  const facts = [view.base_model_name, view.dataset_name, budget, t(shared.seeds > 1 ? "compare.seeds" : "compare.seed", { n: shared.seeds })];
  return h("header", { class: "ts-head" }, h("h1", { dir: "auto" }, view.name),
    h("p", { class: "ts-lead" }, facts.filter(Boolean).map((fact, i) => [i ? " · " : "", h("bdi", {}, fact)])),
    h("div", { class: "ts-row compare-acts" }, actions(b)));
}

/** @param {Parts<"compare">} b */
function actions(b) {
  const { view } = b;
  const button = (id, icon, text, task, look = "ghost small") => {
    const node = h("button", { type: "button", class: "ts-btn " + look, id, onclick: () => task(node) }, drawIcon(icon), text);
    return node;
  };
  const save = (form, name, type) => async (node) => {
    const text = await runAction(node, () => b.ctx.call("compare_export", b.id, form));
    if (text !== undefined) saveFile(fileName(view.name) + name, text, type);
  };
  const out = view.spec.shared.seeds >= 5;
  const best = bestModels(view, b.lead);
  return [
    best.length > 1 && !view.active ? h("a", { class: "ts-btn small", id: "compare-chat", href: pageUrl("playground", { tuned: best.join(",") }) }, drawIcon("messages-square"), t("compare.chat_best")) : null,
    best.length > 1 && !view.active ? h("a", { class: "ts-btn small", id: "compare-blind", href: pageUrl("playground", { arena: "new", tuned: best.join(",") }) }, drawIcon("thumbs-up"), t("arena.of_best")) : null,
    view.active ? button("compare-stop", "square", t("compare.stop"), (node) => stopAll(b, node), "small") : null,
    button("compare-join", "plus", t("compare.join"), () => join(b)),
    out ? null : button("compare-seed", "refresh-cw", t("compare.more_seed"), (node) => b.act(node, () => b.ctx.call("compare_seed", b.id))),
    button("compare-csv", "download", "CSV", save("csv", ".csv", "text/csv;charset=utf-8")),
    button("compare-markdown", "download", "Markdown", save("markdown", ".md", "text/markdown;charset=utf-8")),
    button("compare-delete", "trash-2", t("compare.delete"), (node) => compareRemove(b, node)),
  ];
}

/** The metric that says who leads: the first one of which jobs draw a curve; of objectives, whose losses differ, the first of their own. */
const leading = (metrics, ofObjectives) => metrics.find((metric) => (ofObjectives ? metric.only === "objectives" : metric.curve));

/**
 * The models of the two best rows by the leading metric: as many as the playground shows beside the base.
 * @param {Server.ComparisonView} view
 */
const bestModels = (view, { key, better }) => view.rows.filter((row) => row.cells[key] && !row.partial && row.runs.some((run) => run.tuned_id))
  .sort((a, b) => (better === "high" ? -1 : 1) * (a.cells[key].mean - b.cells[key].mean)).slice(0, 2).map((row) => row.runs.find((run) => run.tuned_id)?.tuned_id);

/** @param {Parts<"compare">} b */
const stopAll = async (b, node) => {
  if (await askFirst(t("compare.stop.title"), t("compare.stop.text"), t("compare.stop"), t("compare.stop.keep"))) await b.act(node, () => b.ctx.call("compare_stop", b.id));
};

/** @param {Parts<"compare">} b */
async function compareRemove(b, node) {
  if (!(await askFirst(t("compare.delete.title", { name: b.view.name }), t("compare.delete.text"), t("compare.delete")))) return;
  const done = await runAction(node, async () => { await b.ctx.call("compare_delete", b.id); return true; });
  if (done) location.assign(pageUrl("compare"));
}

/**
 * One more entrant, with its own defaults.
 * @param {Parts<"compare">} b
 */
async function join(b) {
  const taken = new Set(b.view.rows.map((row) => row.key));
  const free = b.forms.entrants.filter((one) => !taken.has(one.key) && Boolean(one.objective) === b.ofObjectives);
  if (!free.length) return toast(t("compare.join.none"));
  let chosen = free[0];
  const select = selectField("compare-join-which", free.map((one) => [one, one.label]), chosen, (one) => { chosen = one; about.textContent = one.tagline; });
  const about = h("p", { class: "ts-soft" }, chosen.tagline);
  const body = h("div", { class: "ts-stack" }, h("p", {}, t("compare.join.lead")), labelledField("compare-join-which", t("compare.join.which"), select, {}), about);
  const done = await openDialog(t("compare.join"), body, [{ label: t("common.cancel"), value: "" }, { label: t("compare.join.add"), value: "add", kind: "primary" }]);
  const button = document.getElementById("compare-join");
  if (done === "add") await b.act(button, () => b.ctx.call("compare_join", b.id, chosen.method, chosen.variant, chosen.objective));
  return undefined;
}

/**
 * Who leads, in one sentence.
 * @param {Server.ComparisonView} view
 */
function compareHeadline(view, lead) {
  const show = (value) => STYLES[lead.style](value, lead.decimals);
  const of = (row) => row.cells[lead.key];
  const measured = view.rows.filter((row) => of(row) && row.kind !== "base");
  const soFar = view.active ? ".so_far" : "";
  if (!measured.length) return t(view.active ? "compare.headline.none" : "compare.headline.nothing");
  const base = of(view.rows.find((row) => row.kind === "base"));
  const best = view.rows.find((row) => of(row)?.mark === "best");
  const level = view.rows.filter((row) => of(row)?.mark === "level");
  if (best?.kind === "base") return t("compare.headline.base" + soFar, { base: show(base.mean) });
  if (best) return t("compare.headline.best" + soFar, { name: best.label, loss: show(of(best).mean), base: show(base?.mean) });
  if (level.length) return t("compare.headline.level" + soFar, { names: level.map((row) => row.label).join(t("compare.and")) });
  return t("compare.headline.one", { name: measured[0].label, loss: show(of(measured[0]).mean), base: show(base?.mean) });
}

/**
 * What the objectives taught, and whether imitation alone does it as well.
 * @param {Parts<"compare">} b
 */
function objectivesHeadline(b) {
  const { view, lead } = b, of = (row) => row.cells[lead.key];
  const always = new Set(b.forms.entrants.filter((one) => one.always).map((one) => one.objective));
  const measured = view.rows.filter((row) => of(row) && row.kind !== "base");
  if (!measured.length) return t(view.active ? "compare.headline.none" : "compare.headline.nothing");
  const top = measured.reduce((a, c) => (of(c).mean > of(a).mean ? c : a));
  const control = measured.find((row) => always.has(row.objective));
  const show = (row) => format.percent(of(row).mean);
  if (control && of(control).mean >= of(top).mean) return t("compare.objectives.control", { share: show(control) });
  return control ? t("compare.objectives.best", { name: top.label, share: show(top), control: show(control) }) : t("compare.objectives.one", { name: top.label, share: show(top) });
}

/** @param {Server.ComparisonView} view */
function boardNote(view, lead) {
  const measured = view.rows.filter((row) => row.cells[lead.key] && row.kind !== "base").length;
  if (view.active || measured < 2 || view.spec.shared.seeds > 1) return null;
  return h("p", { class: "ts-small ts-soft compare-chance" }, drawIcon("info"), t("compare.one_seed"));
}
