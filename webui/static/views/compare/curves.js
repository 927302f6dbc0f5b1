/* Overlaid curves, held-out and training loss beside each other, one line an entrant, and the answers side by side. */
"use strict";
TS.compare = TS.compare || {};
TS.compare.SHOWN = 6;

TS.compare.curves = function (b, root) {
  const charts = {};
  const hidden = new Set(b.view.rows.filter((row) => row.kind !== "base").slice(TS.compare.SHOWN).map((row) => row.key));
  const toggles = TS.h("div", { class: "compare-toggles", role: "group", "aria-label": TS.t("compare.curves.which") });
  const places = { val_loss: TS.h("div", { class: "ts-card" }), train_loss: TS.h("div", { class: "ts-card" }) };
  let data = {};
  TS.replace(root, TS.h("h2", {}, TS.t("compare.curves")), toggles, TS.h("div", { class: "compare-charts" }, Object.values(places)));
  const toggle = (key) => {
    if (!hidden.delete(key)) hidden.add(key);
    show();
  };
  const show = () => {
    TS.keyed(toggles, b.view.rows.map((row) => ({ key: row.key, label: row.label, shown: !hidden.has(row.key) })), (one) => one.key, (one) =>
      TS.h("button", { type: "button", id: "compare-line-" + one.key, class: "compare-toggle", "aria-pressed": String(one.shown), onclick: () => toggle(one.key) }, TS.compare.key(b.styles.get(one.key)), one.label));
    for (const [name, holder] of Object.entries(places)) {
      const series = TS.compare.series(b, data, name, hidden);
      if (charts[name]) charts[name].update(series);
      else charts[name] = TS.chart(holder, { title: TS.t("compare.chart." + name), yLabel: TS.t("compare.chart." + name), smoothing: name === "train_loss" ? 0.6 : 0, series });
    }
  };
  return { draw: (found) => { data = found; show(); } };
};

/** One line an entrant; the base and what does not train are level lines to beat. */
TS.compare.series = function (b, data, name, hidden) {
  const last = Math.max(1, ...Object.values(data).flatMap((lines) => Object.values(lines).map((points) => points.at(-1)?.[0] || 0)));
  const metric = b.forms.metrics.find((one) => one.curve === name);
  const across = (value) => (Number.isFinite(value) ? [[0, value], [last, value]] : []);
  return b.view.rows.filter((row) => !hidden.has(row.key)).map((row) => {
    const own = data[row.key]?.[name] || [];
    const level = row.kind === "tuned" ? null : row.cells[metric?.key]?.mean;
    return { name: row.key, label: row.label, ...b.styles.get(row.key), points: level === null ? own : across(level) };
  }).filter((one) => one.points.length);
};

/** The scored questions, one at a time: what was expected, and what everyone said. */
TS.compare.answers = function (b, root) {
  let rows = [], at = 0, drawn = "";
  const go = (step) => { at = (at + step + rows.length) % rows.length; show(); };
  const show = () => {
    root.hidden = !rows.length;
    if (!rows.length) return;
    at = Math.min(at, rows.length - 1);
    const stamp = JSON.stringify([at, rows.length, rows[at]]);
    if (stamp === drawn) return;
    drawn = stamp;
    const button = (icon, key, step) => TS.h("button", { type: "button", class: "ts-btn small", id: "compare-" + key, disabled: rows.length < 2, onclick: () => go(step) }, icon === "arrow-left" ? TS.icon(icon) : null, TS.t("compare." + key), icon === "arrow-right" ? TS.icon(icon) : null);
    TS.replace(root, TS.h("div", { class: "ts-spread" }, TS.h("h2", {}, TS.t("compare.answers")),
      TS.h("div", { class: "ts-row" }, TS.h("span", { class: "ts-small ts-soft", role: "status" }, TS.t("compare.question_of", { n: at + 1, all: rows.length })), button("arrow-left", "previous", -1), button("arrow-right", "next", 1))),
    TS.compare.answerCards(b, rows[at]));
  };
  return { draw: (found) => { rows = found; show(); } };
};

TS.compare.answerCards = function (b, one) {
  const plain = (text) => text.trim().split(/\s+/).join(" ").toLowerCase();
  const card = (row, answer) => TS.h("article", { class: "compare-answer " + row.kind, style: { borderTopColor: `var(${b.styles.get(row.key).color})` } },
    TS.h("header", { class: "ts-spread" }, TS.h("b", {}, row.label), plain(answer) === plain(one.expected) ? TS.h("span", { class: "ts-badge good" }, TS.icon("check"), TS.t("jobs.samples.same")) : null),
    TS.h("p", { dir: "auto" }, answer || TS.h("em", { class: "ts-soft" }, TS.t("jobs.samples.nothing"))));
  const said = b.view.rows.map((row) => [row, row.kind === "base" ? one.base : one.answers[row.key]]).filter(([, answer]) => answer !== undefined && answer !== null);
  return TS.h("div", { class: "ts-card compare-asked" },
    TS.h("div", { class: "ts-bubble user", dir: "auto" }, one.question),
    TS.h("div", { class: "sample-expected" }, TS.h("span", { class: "ts-label" }, TS.t("jobs.samples.expected")), TS.h("p", { dir: "auto" }, one.expected)),
    TS.h("div", { class: "compare-said" }, said.map(([row, answer]) => card(row, answer))));
};
