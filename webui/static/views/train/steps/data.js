/* Step 2: what it learns (the objective), and from which data. */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};

TS.train.steps.data = function (w, body) {
  const list = TS.h("div", { class: "ts-stack" });
  const taste = TS.h("div", { class: "train-taste" });
  const peek = TS.latest((id) => (id ? w.ctx.call("peek", id) : []), (rows) => TS.replace(taste, TS.train.taste(rows)), () => TS.replace(taste));
  const [now, others] = ["now", "others"].map(() => TS.h("div", { class: "ts-stack train-way-out" }));
  const notes = () => TS.train.wayOut(w).forEach((found, place) => TS.replace([now, others][place], found));
  const pick = (id) => { w.patch({ dataset: id }); notes(); peek(id); };
  const draw = () => {
    TS.replace(list, TS.h("h3", {}, TS.t("train.step.data")), now, TS.train.dataChoices(w, pick), others);
    notes();
  };
  TS.append(body, [TS.train.objectiveChoices(w, draw), list, TS.train.moreData(w, pick), taste]);
  w.on("lists", draw, "step");
  draw();
  peek(w.draft.dataset);
};

/** What is learnt: one card an objective, and in words what the chosen one does. */
TS.train.objectiveChoices = function (w, onpick) {
  const words = TS.h("p", { class: "ts-soft ts-small" });
  const tell = () => TS.replace(words, w.objective().help, " ",
    TS.h("a", { class: "ts-link", href: TS.url("learn") + "#objective-" + w.objective().key }, TS.t("train.objective.learn")));
  const pick = (key) => { TS.train.setObjective(w, key); tell(); onpick(); };
  tell();
  return TS.h("section", { class: "ts-stack train-objectives", "aria-labelledby": "train-objective-title" },
    TS.h("h3", { id: "train-objective-title" }, TS.t("train.objective")),
    TS.choices(TS.t("train.objective"), w.forms.objectives.map((one) => ({
      value: one.key, label: one.label,
      content: [TS.h("b", {}, one.label), TS.h("div", { class: "ts-soft" }, one.tagline), TS.h("div", { class: "ts-soft ts-small" }, TS.t("train.objective.from", { kinds: one.usable }))],
    })), w.objective().key, pick, "cards"), words);
};

TS.train.dataChoices = (w, pick) => (w.datasets.length
  ? TS.choices(TS.t("train.data.title"), w.datasets.map((set) => ({ value: set.id, content: TS.train.dataCard(w, set), label: set.name, disabled: !w.teaches(set) })), w.draft.dataset, pick, "cards")
  : TS.h("p", { class: "ts-soft" }, TS.t("train.data.none")));

TS.train.dataCard = (w, set) => [
  TS.h("div", { class: "ts-spread" }, TS.h("b", { dir: "auto" }, set.name), TS.data.languageBadge(TS.data.language(set))),
  TS.h("div", { class: "ts-soft ts-small" }, TS.t("train.data.rows", { train: TS.format.number(set.train_rows), val: TS.format.number(set.val_rows) }),
    set.rejected ? " · " + TS.t("train.data.rejected", { n: TS.format.number(set.rejected) }) : ""),
  w.teaches(set) ? null : TS.h("div", { class: "ts-small" }, TS.train.whyUnfit(w, set)),
];

/** The way out for data sets that no job can learn from as they are: the chosen one's, then that of some others. */
TS.train.wayOut = function (w) {
  const convertible = (set) => w.objective().unfit[set.kind];
  const out = (set) => (convertible(set) ? TS.h("a", { class: "ts-link", href: TS.url("data", { dataset: set.id, tab: "shape" }) }, TS.t("train.data.use_preferred")) : TS.t("train.data.unfit.out"));
  const note = (set) => TS.note(set.id === w.draft.dataset ? "warn" : "info", TS.h("b", { dir: "auto" }, set.name), " – ", TS.train.whyUnfit(w, set), " ", out(set));
  const sets = w.datasets.filter((set) => !w.teaches(set));
  return [sets.filter((set) => set.id === w.draft.dataset).map(note), sets.filter((set) => set.id !== w.draft.dataset && convertible(set)).slice(0, 3).map(note)];
};

/** Why the objective cannot learn from a data set: its own sentence for the kind, or what it does learn from. */
TS.train.whyUnfit = (w, set) => (w.objective().unfit[set.kind] ? TS.t("train.data." + set.kind) : TS.t("train.data.unfit", { objective: w.objective().label, kinds: w.objective().usable }));

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
