/* Beside the rows to review: all at once, and where the approved ones go. */
"use strict";
TS.data = TS.data || {};

TS.data.reviewSide = function (self) {
  const { counts } = self.found;
  return [TS.h("h2", { id: "data-review-add-title" }, TS.t("data.review.add.title", { n: TS.format.number(counts.approved) })),
    counts.approved ? TS.data.reviewAdd(self) : TS.h("p", { class: "ts-soft" }, TS.t("data.review.add.none")),
    TS.h("div", { class: "data-review-bulk" },
      counts.waiting > 1 ? TS.data.reviewBulk(self, "approve_all", counts.waiting) : null,
      counts.rejected ? TS.data.reviewBulk(self, "forget", counts.rejected) : null)];
};

/** Something done to many rows at once; it asks first. */
TS.data.reviewBulk = function (self, key, count) {
  const n = TS.format.number(count);
  const button = TS.h("button", { type: "button", class: "ts-btn small ghost", id: "review-" + key, onclick: async () => {
    if (!(await TS.confirm(TS.t("data.review." + key, { n }), TS.t("data.review." + key + ".text", { n }), TS.t("data.review." + key, { n })))) return;
    const done = await TS.act(button, async () => ({ rows: await self.ctx.call("review_" + key, self.dataset) }));
    if (!done) return;
    self.undo = [];
    self.at = 0;
    await TS.data.reviewLoad(self);
  } }, TS.t("data.review." + key, { n }));
  return button;
};

/** The form: an existing data set (a new version of it), or a new one. */
TS.data.reviewAdd = function (self) {
  const holder = TS.h("div", { class: "ts-stack" });
  const work = TS.h("div", { role: "status" });
  const name = TS.h("input", { class: "ts-input", id: "review-name", type: "text", maxlength: "120", value: TS.t("data.review.add.name_default") });
  const named = TS.field("review-name", TS.t("data.review.add.name"), name, {});
  self.ctx.call("all_datasets").then((sets) => {
    const ready = sets.filter((set) => set.status === "ready");
    const wanted = self.dataset || self.found.targets[0]?.id;
    let target = ready.find((set) => set.id === wanted)?.id ?? 0;
    const help = TS.h("span", {}, TS.t("data.review.add.help"));
    const choose = (value) => { target = value; named.hidden = target !== 0; help.hidden = target === 0; };
    const select = TS.select("review-target", [[0, TS.t("data.review.add.new")], ...ready.map((set) => [set.id, set.name])], target, choose);
    const add = TS.h("button", { type: "button", class: "ts-btn primary", id: "review-add", onclick: () => TS.act(add, async () => {
      const made = await self.ctx.call("review_add", target || name.value, self.dataset);
      self.undo = [];
      if (made.job) return TS.data.versionJob(work, made.job, self.ctx, (version) => TS.data.reviewAdded(self, work, { ...made, version }), (error) => TS.replace(work, TS.note("danger", error.message)));
      return TS.data.reviewAdded(self, work, made);
    }) }, TS.icon("plus"), TS.t("data.review.add.button", { n: TS.format.number(self.found.counts.approved) }));
    choose(target);
    TS.replace(holder, TS.field("review-target", TS.t("data.review.add.target"), select, { help }), named, TS.h("div", {}, add), work);
  }).catch((error) => TS.replace(holder, TS.note("danger", error.message)));
  return holder;
};

TS.data.reviewAdded = async function (self, _work, made) {
  self.at = 0;
  await TS.data.reviewLoad(self);
  self.side.append(TS.h("div", { class: "ts-note good" }, TS.icon("circle-check"), TS.h("div", {},
    TS.h("p", {}, TS.t("data.review.added", { n: TS.format.number(made.rows), version: made.version })),
    made.left ? TS.h("p", { class: "ts-small" }, TS.t("data.review.left", { n: TS.format.number(made.left) })) : null,
    TS.h("a", { class: "ts-link", href: TS.url("data", { dataset: made.dataset, tab: "versions" }) }, TS.t("data.review.open")))));
};
