/* Step 2: what it learns from. */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};

TS.train.steps.data = function (w, body) {
  const list = TS.h("div", {});
  const taste = TS.h("div", { class: "train-taste" });
  const peek = TS.latest((id) => (id ? w.ctx.call("peek", id) : []), (rows) => TS.replace(taste, TS.train.taste(rows)), () => TS.replace(taste));
  const pick = (id) => { w.patch({ dataset: id }); peek(id); };
  const draw = () => TS.replace(list, TS.train.dataChoices(w, pick));
  TS.append(body, [list, TS.train.moreData(w, pick), taste]);
  w.on("lists", draw, "step");
  draw();
  peek(w.draft.dataset);
};

TS.train.dataChoices = function (w, pick) {
  if (!w.datasets.length) return TS.h("p", { class: "ts-soft" }, TS.t("train.data.none"));
  const [now, others] = TS.train.wayOut(w);
  return TS.h("div", { class: "ts-stack" }, now, TS.choices(TS.t("train.data.title"), w.datasets.map((set) => ({ value: set.id, content: TS.train.dataCard(set), label: set.name, disabled: TS.train.unteachable(set) })), w.draft.dataset, pick, "cards"), others);
};

TS.train.dataCard = (set) => [
  TS.h("div", { class: "ts-spread" }, TS.h("b", { dir: "auto" }, set.name), TS.data.languageBadge(TS.data.language(set))),
  TS.h("div", { class: "ts-soft ts-small" }, TS.t("train.data.rows", { train: TS.format.number(set.train_rows), val: TS.format.number(set.val_rows) }),
    set.rejected ? " · " + TS.t("train.data.rejected", { n: TS.format.number(set.rejected) }) : ""),
  TS.train.unteachable(set) ? TS.h("div", { class: "ts-small" }, TS.t("train.data." + set.kind)) : null,
];

/** The way out for data sets that no job can learn from as they are: the chosen one's, then that of some others. */
TS.train.wayOut = function (w) {
  const note = (set) => TS.note(set.id === w.draft.dataset ? "warn" : "info", TS.h("b", { dir: "auto" }, set.name), " – ",
    TS.t("train.data." + set.kind), " ", TS.h("a", { class: "ts-link", href: TS.url("data", { dataset: set.id, tab: "shape" }) }, TS.t("train.data.use_preferred")));
  const sets = w.datasets.filter(TS.train.unteachable);
  return [sets.filter((set) => set.id === w.draft.dataset).map(note), sets.filter((set) => set.id !== w.draft.dataset).slice(0, 3).map(note)];
};

/** Whether its rows hold no single wanted answer, so that no job can start with it. */
TS.train.unteachable = (set) => ["preference", "kto"].includes(set.kind);

/** Samples that are not there yet, and the way to the Data page. */
TS.train.moreData = function (w, pick) {
  const row = TS.h("div", { class: "ts-row train-more" });
  const draw = () => {
    const taken = new Set(w.datasets.map((set) => set.sample_key));
    TS.replace(row,
      TS.h("a", { class: "ts-btn", href: TS.url("data") }, TS.icon("upload"), TS.t("train.data.upload")),
      TS.data.SAMPLES.filter((key) => !taken.has(key)).map((key) => {
        const button = TS.h("button", { type: "button", class: "ts-btn ghost", id: "train-sample-" + key, onclick: () => TS.act(button, async () => {
          const id = await w.ctx.call("use_sample", key);
          await w.refresh();
          pick(id);
          w.tell("lists");
        }) }, TS.icon("sparkles"), TS.t("train.data.sample." + key));
        return button;
      }));
  };
  w.on("lists", draw, "step");
  draw();
  return row;
};

TS.train.taste = (rows) => (rows.length ? [TS.h("h3", {}, TS.t("train.data.taste")),
  rows.map((row) => TS.h("div", { class: "data-row" }, TS.data.previewRow(row)))] : null);
