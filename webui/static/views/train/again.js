/* Settings of an earlier job, used again: what is special in them. */
import { h } from "../../kit/dom.js";
import { t } from "../../kit/texts.js";
import { formShow } from "../shared/form.js";
import { differing } from "./differences.js";

/** What differs from the defaults, each with the default. */
export function againCard(w) {
  const methodDefaults = Object.fromEntries(w.method().params.map((param) => [param.key, param.default]));
  const found = [...differing(w.method().params, w.methodValues(), methodDefaults), ...differing(w.training(), w.trainingValues(), w.trainingDefaults())];
  const row = ({ param, value, standard }) => h("div", {}, h("dt", {}, param.label),
    h("dd", {}, h("span", { class: "ts-num" }, formShow(param, value)), h("small", {}, t("train.again.default", { value: formShow(param, standard) }))));
  return h("section", { class: "ts-card train-again", "aria-labelledby": "train-again-title" },
    h("h3", { id: "train-again-title", dir: "auto" }, t("train.again.title", { name: w.draft.again.name })),
    h("h4", {}, t("train.again.differs")),
    found.length ? h("dl", { class: "train-differs" }, found.map(row)) : h("p", { class: "ts-soft" }, t("train.again.none")));
}
