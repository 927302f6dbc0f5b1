/* The forms in which a model can be had: cards to check, each with its settings and what making it takes, and one start for all. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { segments } from "../shared/form-controls.js";
import { settingsForm } from "../shared/form.js";

/**
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 * @param {(forms: Server.WantedForm[], kept: "zip" | "folder") => Promise<void>} onstart
 */
export function exportChoice(model, ctx, onstart) {
  let kept = /** @type {"zip" | "folder"} */ ("zip");
  const bill = h("p", { class: "ts-small ts-soft", id: "export-bill", "aria-live": "polite" });
  const label = h("span", {});
  const button = h("button", { type: "button", class: "ts-btn primary", id: "export-start", onclick: () => runAction(button, start) }, drawIcon("box"), label);
  const cards = model.exports.map((form) => formCard(form, model, ctx, () => tell()));
  const chosen = () => cards.filter((card) => card.picked());
  const tell = () => {
    const taken = chosen();
    label.textContent = taken.length > 1 ? t("models.start_many", { n: taken.length }) : t("models.start");
    button.disabled = !taken.length;
    replaceChildren(bill, taken.length ? exportBill(taken.map((card) => card.needs())) : t("models.choose_one"));
  };
  const start = () => withFaults(chosen(), () => onstart(chosen().map((card) => card.wanted()), kept));
  tell();
  const ways = segments("export-package", t("models.package"), [["zip", t("models.package.zip")], ["folder", t("models.package.folder")]], kept, (value) => { kept = value; });
  return h("div", { class: "ts-card model-choice" }, h("h3", {}, t("models.choose")), h("p", { class: "ts-small ts-soft" }, t("models.choose_more")),
    h("div", { class: "model-forms" }, cards.map((card) => card.node), model.not_offered.map(notOffered)),
    cards.length ? h("div", { class: "model-choice-foot" }, ways, bill, button) : null);
}

/** Shows faults at the fields of the forms that have them. */
async function withFaults(cards, task) {
  for (const card of cards) card.setFaults({});
  try {
    return await task();
  } catch (error) {
    const shown = cards.map((card) => card.setFaults(error.faults || {}));
    if (shown.some(Boolean)) return undefined;
    throw error;
  }
}

/** @param {Server.NotOffered} one */
const notOffered = (one) => h("div", { class: "model-form not" }, h("div", { class: "model-form-head" }, drawIcon("x"), h("b", {}, one.label)),
  h("p", { class: "ts-small" }, t("models.not_offered", { reason: one.reason })),
  one.instead ? h("p", { class: "ts-small" }, t("models.instead", { instead: one.instead })) : null);

/** What making them takes together: the disk of all, the memory of the one that takes most. */
function exportBill(needs) {
  const disk = needs.reduce((sum, one) => sum + one.disk_bytes, 0), memory = Math.max(...needs.map((one) => one.memory_mb));
  return t(memory ? "models.export_memory" : "models.export_disk", { disk: format.bytes(disk), memory: format.memory(memory) });
}

/**
 * @param {Server.ExportFormView} form
 * @param {Server.NamedTuned} model
 * @param {Ctx<"models">} ctx
 * @param {() => void} onchange
 */
function formCard(form, model, ctx, onchange) {
  let needs = model.export_needs[form.key], asked = 0;
  const chosen = {};
  const size = h("span", { class: "ts-num" }, aboutSize(needs));
  const recount = async () => {
    const mine = asked += 1;
    const found = await ctx.call("export_needs", model.id, form.key, { ...chosen }).catch(() => null); // faults are told when it is made
    if (!found || mine !== asked) return;
    needs = found;
    replaceChildren(size, aboutSize(needs));
    onchange();
  };
  const fields = h("div", { class: "model-form-settings", hidden: true });
  const drawn = form.params.length ? settingsForm(fields, {
    id: "export-" + form.key, params: form.params, values: {}, defaults: Object.fromEntries(form.params.map((param) => [param.key, param.default])),
    onchange: (param, value) => {
      if (value === undefined) delete chosen[param.key];
      else chosen[param.key] = value;
      recount();
    },
  }) : null;
  const box = h("input", { type: "checkbox", id: "export-pick-" + form.key, "aria-describedby": "export-about-" + form.key, onchange: () => {
    fields.hidden = !box.checked || !drawn;
    onchange();
  } });
  return {
    node: h("div", { class: "model-form", "data-form": form.key },
      h("div", { class: "model-form-head" }, h("label", { class: "ts-check" }, box, h("b", {}, form.label)), size),
      h("p", { class: "ts-small ts-soft", id: "export-about-" + form.key }, form.help),
      form.runs_in.length ? h("p", { class: "ts-small" }, t("models.runs_in", { where: form.runs_in.join(t("models.and")) })) : null, fields),
    picked: () => box.checked,
    needs: () => needs,
    wanted: () => ({ format: form.key, params: { ...chosen } }),
    /** Whether one of them is about this form. */
    setFaults: (faults) => {
      drawn?.setFaults(faults);
      return form.params.some((param) => faults[param.field]);
    },
  };
}

const aboutSize = (needs) => t("models.about_size", { size: format.bytes(needs.bytes) });
