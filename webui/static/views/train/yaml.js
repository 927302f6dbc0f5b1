/* Settings as a file: out (copy, download) and in (file, paste). */
import { h } from "../../kit/dom.js";
import { copyText, fileName, openDialog, runAction, saveFile, toast } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { labelledField } from "../shared/form-controls.js";

/** @param {Parts<"train">} w */
export async function exportYaml(w, button) {
  const text = await runAction(button, () => w.ctx.call("write_yaml", w.raw()));
  if (text === undefined) return;
  const body = h("div", { class: "ts-stack" }, h("p", {}, t("train.yaml.export.lead")),
    h("pre", { class: "ts-log", tabindex: "0", "aria-label": t("train.yaml.export") }, text));
  const done = await openDialog(t("train.yaml.export"), body, [
    { label: t("common.close"), value: "" }, { label: t("common.copy"), value: "copy" }, { label: t("train.yaml.download"), value: "download", kind: "primary" }], { wide: true });
  if (done === "copy") await copyText(text);
  if (done === "download") saveFile(fileName(w.raw().name) + ".yaml", text, "application/yaml");
}

/** @param {Parts<"train">} w */
export async function importYaml(w) {
  const area = h("textarea", { class: "ts-textarea ts-mono", id: "train-yaml", rows: "10", spellcheck: "false" });
  const file = h("input", { class: "ts-input", id: "train-yaml-file", type: "file", accept: ".yaml,.yml", onchange: async () => { if (file.files?.[0]) area.value = await file.files[0].text(); } });
  const pasted = labelledField("train-yaml", t("train.yaml.paste"), area, {});
  const body = h("div", { class: "ts-stack" }, labelledField("train-yaml-file", t("train.yaml.file"), file, {}), pasted);
  const actions = [{ label: t("common.cancel"), value: "" }, { label: t("train.yaml.use"), value: "use", kind: "primary" }];
  while ((await openDialog(t("train.yaml.import"), body, actions, { wide: true })) === "use") {
    try {
      const { draft, warnings } = await w.ctx.call("read_yaml", area.value);
      w.reload(draft);
      w.warn(warnings);
      toast(t("train.yaml.done"), "good");
      return;
    } catch (error) {
      pasted.setError(error.message);
    }
  }
}
