/* The Learn page: which method, all of them compared, a card each, misunderstandings put right, and the glossary.
   Words come with the page; costs are asked for the chosen model. The address (?model=3#lora) is the state. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { pageHead, toast } from "../../kit/parts.js";
import { pageUrl, queryValue, t } from "../../kit/texts.js";
import { cards, objectives } from "./card.js";
import { glossary } from "./glossary.js";
import { guide } from "./guide.js";
import { learnFold, learnUnfold } from "./parts.js";
import { learnTable } from "./table.js";
import { labelledField, noteBox, selectField } from "../shared/form-controls.js";

/** @param {Ctx<"learn">} ctx */
export const view = async (root, value, ctx) => {
  const page = { ...value, ctx, costs: null, model: queryValue("model") || "", told: [] };
  page.on = (task) => page.told.push(task);
  const picker = h("div", { class: "learn-picker" });
  /** @type {[string, (page: any) => HTMLElement][]} */
  const sections = [["guide", guide], ["compare", learnTable], ["methods", cards], ["objectives", objectives],
    ["myths", myths], ["glossary", glossary]];
  replaceChildren(root, h("div", { class: "ts-page learn-page" },
    pageHead(t("learn.title"), t("learn.lead", { n: value.methods.length }), picker),
    h("nav", { class: "ts-tabs learn-jumps", "aria-label": t("learn.jumps") },
      sections.map(([key]) => h("a", { href: "#learn-" + key }, t(`learn.${key}.short`)))),
    sections.map(([key, draw]) => h("section", { class: "learn-section", id: "learn-" + key, "aria-labelledby": `learn-${key}-title` },
      h("div", { class: "learn-section-head" }, h("h2", { id: `learn-${key}-title` }, t(`learn.${key}.title`)), h("p", { class: "ts-soft" }, t(`learn.${key}.lead`))),
      draw(page)))));
  arrive();
  window.addEventListener("hashchange", arrive);
  page.choose = async (model) => {
    const got = await ctx.call("learn_start", model);
    Object.assign(page, { model: got.model, models: got.models, costs: got });
    replaceChildren(picker, modelPicker(page));
    page.told.forEach((task) => task());
  };
  try {
    await page.choose(page.model);
  } catch (error) {
    replaceChildren(picker, noteBox("danger", error.message));
  }
};

/** Go to the card, section or word that the address names; it may have been drawn after the browser looked. */
function arrive() {
  const card = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (!card) return;
  learnUnfold(card);
  card.scrollIntoView({ block: "start" });
  const title = /** @type {HTMLElement | null} */ (card.querySelector(":scope > dt, :scope > .learn-card-head :is(h3, h4)"));
  title?.focus({ preventScroll: true });
}

/** @param {Parts<"learn">} page */
function modelPicker(page) {
  const pick = async (model) => {
    try {
      await page.choose(model);
      history.replaceState(null, "", pageUrl("learn", { model }) + location.hash);
    } catch (error) {
      toast(error.message, "danger");
    }
  };
  const select = selectField("learn-model", page.models.map((one) => [one.value, one.label]), page.model, pick);
  const { parameters, device, tokens } = page.costs;
  return labelledField("learn-model", t("learn.model"), select, {
    help: t("learn.model.help", { parameters: format.count(parameters), device: device.place, tokens }),
  });
}

const myths = () => learnFold(t("learn.unfold.myths", { n: MYTHS.length }), h("div", { class: "learn-myths" }, MYTHS.map((key) => h("article", { class: "learn-myth" },
  h("p", { class: "learn-claim" }, drawIcon("circle-x", 16), h("span", {}, h("span", { class: "ts-sr" }, t("learn.myth.said") + " "), t(`learn.myth.${key}.claim`))),
  h("p", { class: "learn-truth" }, drawIcon("circle-check", 16), h("span", {}, h("span", { class: "ts-sr" }, t("learn.myth.is") + " "), t(`learn.myth.${key}.truth`)))))));

const MYTHS = ["ptuning_v2", "ptuning", "qlora", "speed", "merge", "packing", "bitfit", "average", "pruning", "counts", "loss"];
