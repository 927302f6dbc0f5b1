/* Settings as a file: out (copy, download) and in (file, paste), and starting over. */
"use strict";
TS.train = TS.train || {};

TS.train.drawTools = function (holder, w) {
  const button = (id, icon, text, task) => {
    const node = TS.h("button", { type: "button", class: "ts-btn ghost small", id, onclick: () => task(w, node) }, TS.icon(icon), text);
    return node;
  };
  const compare = async () => {
    await w.saved();
    const { base_model: model, dataset } = w.draft;
    location.assign(TS.url("compare", Object.entries({ new: 1, model, dataset }).filter(([, value]) => value)));
  };
  TS.replace(holder,
    button("train-compare", "gauge", TS.t("compare.from_train"), compare),
    button("train-import", "upload", TS.t("train.tools.import"), TS.train.importYaml),
    button("train-export", "download", TS.t("train.tools.export"), TS.train.exportYaml),
    button("train-fresh", "rotate-ccw", TS.t("train.tools.fresh"), TS.train.startOver));
};

TS.train.exportYaml = async function (w, button) {
  const text = await TS.act(button, () => w.ctx.call("write_yaml", w.raw()));
  if (text === undefined) return;
  const body = TS.h("div", { class: "ts-stack" }, TS.h("p", {}, TS.t("train.yaml.export.lead")),
    TS.h("pre", { class: "ts-log", tabindex: "0", "aria-label": TS.t("train.yaml.export") }, text));
  const done = await TS.dialog(TS.t("train.yaml.export"), body, [
    { label: TS.t("common.close"), value: "" }, { label: TS.t("common.copy"), value: "copy" }, { label: TS.t("train.yaml.download"), value: "download", kind: "primary" }], { wide: true });
  if (done === "copy") await TS.copy(text);
  if (done === "download") TS.save(TS.train.fileName(w.raw().name), text, "application/yaml");
};

TS.train.fileName = (name) => (name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "tunesmith") + ".yaml";

TS.train.importYaml = async function (w) {
  const area = TS.h("textarea", { class: "ts-textarea ts-mono", id: "train-yaml", rows: "10", spellcheck: "false" });
  const file = TS.h("input", { class: "ts-input", id: "train-yaml-file", type: "file", accept: ".yaml,.yml", onchange: async () => { if (file.files[0]) area.value = await file.files[0].text(); } });
  const pasted = TS.field("train-yaml", TS.t("train.yaml.paste"), area, {});
  const body = TS.h("div", { class: "ts-stack" }, TS.field("train-yaml-file", TS.t("train.yaml.file"), file, {}), pasted);
  const actions = [{ label: TS.t("common.cancel"), value: "" }, { label: TS.t("train.yaml.use"), value: "use", kind: "primary" }];
  while ((await TS.dialog(TS.t("train.yaml.import"), body, actions, { wide: true })) === "use") {
    try {
      const { draft, warnings } = await w.ctx.call("read_yaml", area.value);
      w.reload(draft);
      TS.train.sayWarnings(w, warnings);
      TS.toast(TS.t("train.yaml.done"), "good");
      return;
    } catch (error) {
      pasted.setError(error.message);
    }
  }
};

/** What could not be taken over, above the steps until it is closed. */
TS.train.sayWarnings = function (w, warnings) {
  TS.replace(w.notes, warnings.map((warning) => {
    const note = TS.note("warn", TS.h("p", {}, TS.reason(warning)));
    note.append(TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": TS.t("common.close"), onclick: () => note.remove() }, TS.icon("x")));
    return note;
  }));
};

TS.train.startOver = async function (w, button) {
  if (!(await TS.confirm(TS.t("train.fresh.title"), TS.t("train.fresh.text"), TS.t("train.tools.fresh")))) return;
  const draft = await TS.act(button, () => w.ctx.call("start_over"));
  if (!draft) return;
  TS.replace(w.notes);
  w.reload(draft);
};
