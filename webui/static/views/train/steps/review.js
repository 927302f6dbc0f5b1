/* Step 5: everything on one page: what was chosen, what the plan says, checks, the exact tokens, the sample questions. */
"use strict";
TS.train = TS.train || {};
TS.train.steps = TS.train.steps || {};

TS.train.steps.review = function (w, body) {
  const said = TS.h("div", { class: "ts-stack" });
  const tokens = TS.h("div", { class: "ts-stack", "aria-busy": "true" });
  const look = TS.latest(() => w.ctx.call("show_tokens", w.raw()), (rows) => {
    tokens.removeAttribute("aria-busy");
    TS.replace(tokens, rows.map(TS.train.tokenRow));
  }, (error) => { tokens.removeAttribute("aria-busy"); TS.replace(tokens, TS.note("danger", error.message)); });
  const tell = () => TS.replace(said, TS.train.findings(w));
  w.on("plan", tell, "step");
  TS.append(body, [TS.train.summary(w), said, w.done("model") && w.done("data") ? TS.train.checksPart(w) : null,
    TS.h("section", { class: "ts-card ts-stack", "aria-labelledby": "train-tokens-title" }, TS.h("h3", { id: "train-tokens-title" }, TS.t("train.tokens.title")), TS.train.legend(w), tokens),
    TS.train.promptsCard(w)]);
  tell();
  if (w.done("model") && w.done("data")) look();
  else { tokens.removeAttribute("aria-busy"); TS.replace(tokens, TS.h("p", { class: "ts-soft" }, TS.t("train.tokens.later"))); }
};

/** What was chosen, each with the way back to it. */
TS.train.summary = (w) => TS.h("section", { class: "ts-card" }, TS.h("h3", {}, TS.t("train.review.chosen")),
  TS.h("dl", { class: "train-summary" }, TS.train.STEPS.slice(0, 4).map((step) => [
    TS.h("dt", {}, TS.t("train.step." + step)),
    TS.h("dd", {}, TS.h("span", { dir: "auto" }, w.chosen(step) || TS.t("train.step.open"), TS.train.detail(w, step)),
      TS.h("button", { type: "button", class: "ts-btn ghost small", "aria-label": TS.t("train.review.change_what", { step: TS.t("train.step." + step) }), onclick: () => w.go(step) }, TS.t("train.review.change")))])),
  TS.train.nameField(w));

TS.train.nameField = function (w) {
  const name = TS.h("input", { class: "ts-input", id: "train-name", type: "text", maxlength: "120", value: w.draft.name, placeholder: w.autoName(), oninput: () => w.patch({ name: name.value }) });
  const field = TS.field("train-name", TS.t("train.review.name"), name, { help: TS.t("train.review.name.help") });
  field.dataset.field = "name";
  const faults = () => field.setError(w.faults.name);
  w.on("plan", faults, "step");
  faults();
  return field;
};

TS.train.detail = function (w, step) {
  if (step === "data" && w.dataset()) return TS.h("small", { class: "ts-soft" }, w.objective().label + " · " + TS.t("train.data.rows", { train: TS.format.number(w.dataset().train_rows), val: TS.format.number(w.dataset().val_rows) }));
  if (step !== "method" || !w.method()) return null;
  const params = [...w.method().params, ...w.training()];
  const values = { ...w.trainingDefaults(), ...Object.fromEntries(w.method().params.map((param) => [param.key, param.default])), ...w.trainingValues(), ...w.methodValues() };
  const typed = { ...w.trainingValues(), ...w.methodValues() };
  const worth = params.filter((param) => !param.advanced || param.key in typed);
  return TS.h("small", { class: "ts-soft" }, worth.map((param) => param.label + " " + TS.formShow(param, values[param.key])).join(" · "));
};

/** What the plan warns of, and what is in the way. */
TS.train.findings = function (w) {
  const faults = Object.values(w.faults);
  if (faults.length) return TS.note("danger", faults.map((text) => TS.h("p", {}, text)));
  if (w.problem) return TS.note("danger", w.problem.message);
  if (!w.plan) return null;
  return (w.plan.warnings || []).map((warning) => TS.note("warn", TS.t("plan." + warning.code, warning.params)));
};

TS.train.legend = function (w) {
  const everything = w.trainingValues().train_on === "all";
  return TS.h("div", { class: "train-legend" }, TS.h("p", { class: "ts-soft" }, TS.t("train.tokens.lead")),
    TS.h("ul", {},
      TS.h("li", {}, TS.h("span", { class: "ts-tokens" }, TS.h("span", { class: "trained" }, TS.t("train.tokens.trained"))), " ", TS.t("train.tokens.trained.means")),
      everything ? null : TS.h("li", {}, TS.h("span", { class: "ts-tokens" }, TS.h("span", { class: "masked" }, TS.t("train.tokens.masked"))), " ", TS.t("train.tokens.masked.means"))));
};

/** One example, token by token. Line ends are shown as a sign, and break the line too. */
TS.train.tokenRow = function (row) {
  const trained = row.tokens.filter((token) => token.trained).length;
  const place = row.texts > 1 ? TS.t("train.tokens.packed", { texts: row.texts, n: row.row }) : TS.t("train.tokens.row", { n: row.row });
  return TS.h("figure", { class: "train-tokens" },
    TS.h("figcaption", { class: "ts-small ts-soft ts-row" }, place,
      TS.h("span", { class: "ts-num" }, TS.t("train.tokens.counts", { all: TS.format.number(row.tokens.length), trained: TS.format.number(trained) })),
      row.truncated ? TS.h("span", { class: "ts-badge warn" }, TS.t("train.tokens.cut")) : null),
    TS.h("div", { class: "ts-tokens", tabindex: "0", role: "group", dir: "auto", "aria-label": place }, row.tokens.map((token) =>
      TS.h("span", { class: token.trained ? "trained" : "masked" }, token.text.replaceAll("\n", "↵\n")))));
};

TS.train.promptsCard = function (w) {
  const area = TS.h("textarea", { class: "ts-textarea", id: "train-prompts", rows: "4", oninput: () => w.patch({ sample_prompts: area.value }) });
  area.value = w.draft.sample_prompts;
  return TS.h("section", { class: "ts-card" }, TS.field("train-prompts", TS.t("train.prompts"), area, { help: TS.t("train.prompts.help") }));
};
