/* Beside the rows to review: all at once, and where the approved ones go. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { askFirst, runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { versionJob } from "../operation.js";
import { labelledField, noteBox, selectField } from "../../shared/form-controls.js";

/** @param {Parts<"data">} self */
export function reviewSide(self) {
  const { counts } = self.found;
  return [h("h2", { id: "data-review-add-title" }, t("data.review.add.title", { n: format.number(counts.approved) })),
    counts.approved ? reviewAdd(self) : h("p", { class: "ts-soft" }, t("data.review.add.none")),
    h("div", { class: "data-review-bulk" },
      counts.waiting > 1 ? reviewBulk("approve_all", counts.waiting, self, () => self.ctx.call("review_approve_all", self.dataset)) : null,
      counts.rejected ? reviewBulk("forget", counts.rejected, self, () => self.ctx.call("review_forget", self.dataset)) : null)];
}

/**
 * Something done to many rows at once; it asks first.
 * @param {Parts<"data">} self
 */
function reviewBulk(key, count, self, task) {
  const n = format.number(count);
  const button = h("button", { type: "button", class: "ts-btn small ghost", id: "review-" + key, onclick: async () => {
    if (!(await askFirst(t("data.review." + key, { n }), t("data.review." + key + ".text", { n }), t("data.review." + key, { n })))) return;
    const done = await runAction(button, async () => ({ rows: await task() }));
    if (!done) return;
    self.undo = [];
    self.at = 0;
    await self.load();
  } }, t("data.review." + key, { n }));
  return button;
}

/**
 * The form: an existing data set (a new version of it), or a new one.
 * @param {Parts<"data">} self
 */
function reviewAdd(self) {
  const holder = h("div", { class: "ts-stack" });
  const work = h("div", { role: "status" });
  const name = h("input", { class: "ts-input", id: "review-name", type: "text", maxlength: "120", value: t("data.review.add.name_default") });
  const named = labelledField("review-name", t("data.review.add.name"), name, {});
  self.ctx.call("all_datasets").then((sets) => {
    const ready = sets.filter((set) => set.status === "ready");
    const wanted = self.dataset || self.found.targets[0]?.id;
    let target = ready.find((set) => set.id === wanted)?.id ?? 0;
    const help = h("span", {}, t("data.review.add.help"));
    const choose = (value) => { target = value; named.hidden = target !== 0; help.hidden = target === 0; };
    const select = selectField("review-target", [[0, t("data.review.add.new")], ...ready.map((set) => [set.id, set.name])], target, choose);
    const add = h("button", { type: "button", class: "ts-btn primary", id: "review-add", onclick: () => runAction(add, async () => {
      const made = await self.ctx.call("review_add", target || name.value, self.dataset);
      self.undo = [];
      if (made.job) return versionJob(work, made.job, self.ctx, (version) => reviewAdded(self, work, { ...made, version }), (error) => replaceChildren(work, noteBox("danger", error.message)));
      return reviewAdded(self, work, made);
    }) }, drawIcon("plus"), t("data.review.add.button", { n: format.number(self.found.counts.approved) }));
    choose(target);
    replaceChildren(holder, labelledField("review-target", t("data.review.add.target"), select, { help }), named, h("div", {}, add), work);
  }).catch((error) => replaceChildren(holder, noteBox("danger", error.message)));
  return holder;
}

/** @param {Parts<"data">} self */
async function reviewAdded(self, _work, made) {
  self.at = 0;
  await self.load();
  self.side.append(h("div", { class: "ts-note good" }, drawIcon("circle-check"), h("div", {},
    h("p", {}, t("data.review.added", { n: format.number(made.rows), version: made.version })),
    made.left ? h("p", { class: "ts-small" }, t("data.review.left", { n: format.number(made.left) })) : null,
    h("a", { class: "ts-link", href: pageUrl("data", { dataset: made.dataset, tab: "versions" }) }, t("data.review.open")))));
}
