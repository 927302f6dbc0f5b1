/* Settings as a file: out (copy, download) and in (file, paste), and starting over. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, copyText, openDialog, saveFile } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { runAction, toast } from "../../kit/toast.js";
import { labelledField, noteBox, reasonBox } from "../shared/form-controls.js";

/** @param {Parts<"train">} w */
export function drawTools(holder, w) {
  const button = (id, icon, text, task) => {
    const node = h("button", { type: "button", class: "ts-btn ghost small", id, onclick: () => task(w, node) }, drawIcon(icon), text);
    return node;
  };
  const compare = async () => {
    await w.saved();
    const { base_model: model, dataset } = w.draft;
    location.assign(pageUrl("compare", Object.entries({ new: 1, model, dataset }).filter(([, value]) => value)));
  };
  replaceChildren(holder,
    button("train-compare", "gauge", t("compare.from_train"), compare),
    button("train-import", "upload", t("train.tools.import"), importYaml),
    button("train-export", "download", t("train.tools.export"), exportYaml),
    button("train-fresh", "rotate-ccw", t("train.tools.fresh"), startOver));
}

/** @param {Parts<"train">} w */
async function exportYaml(w, button) {
  const text = await runAction(button, () => w.ctx.call("write_yaml", w.raw()));
  if (text === undefined) return;
  const body = h("div", { class: "ts-stack" }, h("p", {}, t("train.yaml.export.lead")),
    h("pre", { class: "ts-log", tabindex: "0", "aria-label": t("train.yaml.export") }, text));
  const done = await openDialog(t("train.yaml.export"), body, [
    { label: t("common.close"), value: "" }, { label: t("common.copy"), value: "copy" }, { label: t("train.yaml.download"), value: "download", kind: "primary" }], { wide: true });
  if (done === "copy") await copyText(text);
  if (done === "download") saveFile(fileName(w.raw().name), text, "application/yaml");
}

export const fileName = (name) => (name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "tunesmith") + ".yaml";

/** @param {Parts<"train">} w */
async function importYaml(w) {
  const area = h("textarea", { class: "ts-textarea ts-mono", id: "train-yaml", rows: "10", spellcheck: "false" });
  const file = h("input", { class: "ts-input", id: "train-yaml-file", type: "file", accept: ".yaml,.yml", onchange: async () => { if (file.files?.[0]) area.value = await file.files[0].text(); } });
  const pasted = labelledField("train-yaml", t("train.yaml.paste"), area, {});
  const body = h("div", { class: "ts-stack" }, labelledField("train-yaml-file", t("train.yaml.file"), file, {}), pasted);
  const actions = [{ label: t("common.cancel"), value: "" }, { label: t("train.yaml.use"), value: "use", kind: "primary" }];
  while ((await openDialog(t("train.yaml.import"), body, actions, { wide: true })) === "use") {
    try {
      const { draft, warnings } = await w.ctx.call("read_yaml", area.value);
      w.reload(draft);
      sayWarnings(w, warnings);
      toast(t("train.yaml.done"), "good");
      return;
    } catch (error) {
      pasted.setError(error.message);
    }
  }
}

/**
 * What could not be taken over, above the steps until it is closed.
 * @param {Parts<"train">} w
 */
export function sayWarnings(w, warnings) {
  replaceChildren(w.notes, warnings.map((warning) => {
    const note = noteBox("warn", h("p", {}, reasonBox(warning)));
    note.append(h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("common.close"), onclick: () => note.remove() }, drawIcon("x")));
    return note;
  }));
}

/** @param {Parts<"train">} w */
async function startOver(w, button) {
  if (!(await askFirst(t("train.fresh.title"), t("train.fresh.text"), t("train.tools.fresh")))) return;
  const draft = await runAction(button, () => w.ctx.call("start_over"));
  if (!draft) return;
  replaceChildren(w.notes);
  w.reload(draft);
}
