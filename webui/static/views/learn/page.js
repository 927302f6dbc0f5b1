/* The Learn page: which method, all of them compared, a card each, misunderstandings put right, and the glossary.
   Words come with the page; costs are asked for the chosen model. The address (?model=3#lora) is the state. */
"use strict";
TS.learn = TS.learn || {};

TS.views.learn = async (root, value, ctx) => {
  const page = { ...value, ctx, costs: null, model: TS.query("model") || "", told: [] };
  page.on = (task) => page.told.push(task);
  const picker = TS.h("div", { class: "learn-picker" });
  const sections = [["guide", TS.learn.guide], ["compare", TS.learn.table], ["methods", TS.learn.cards], ["objectives", TS.learn.objectives],
    ["myths", TS.learn.myths], ["glossary", TS.learn.glossary]];
  TS.replace(root, TS.h("div", { class: "ts-page learn-page" },
    TS.head(TS.t("learn.title"), TS.t("learn.lead", { n: value.methods.length }), picker),
    TS.h("nav", { class: "ts-tabs learn-jumps", "aria-label": TS.t("learn.jumps") },
      sections.map(([key]) => TS.h("a", { href: "#learn-" + key }, TS.t(`learn.${key}.short`)))),
    sections.map(([key, draw]) => TS.h("section", { class: "learn-section", id: "learn-" + key, "aria-labelledby": `learn-${key}-title` },
      TS.h("div", { class: "learn-section-head" }, TS.h("h2", { id: `learn-${key}-title` }, TS.t(`learn.${key}.title`)), TS.h("p", { class: "ts-soft" }, TS.t(`learn.${key}.lead`))),
      draw(page)))));
  TS.learn.arrive();
  window.addEventListener("hashchange", TS.learn.arrive);
  page.choose = async (model) => {
    const got = await ctx.call("learn_start", model);
    Object.assign(page, { model: got.model, models: got.models, costs: got });
    TS.replace(picker, TS.learn.modelPicker(page));
    page.told.forEach((task) => task());
  };
  try {
    await page.choose(page.model);
  } catch (error) {
    TS.replace(picker, TS.note("danger", error.message));
  }
};

/** Go to the card, section or word that the address names; it may have been drawn after the browser looked. */
TS.learn.arrive = function () {
  const card = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (!card) return;
  card.scrollIntoView({ block: "start" });
  card.querySelector(":scope > dt, :scope > .learn-card-head :is(h3, h4)")?.focus({ preventScroll: true });
};

TS.learn.modelPicker = function (page) {
  const pick = async (model) => {
    try {
      await page.choose(model);
      history.replaceState(null, "", TS.url("learn", { model }) + location.hash);
    } catch (error) {
      TS.toast(error.message, "danger");
    }
  };
  const select = TS.select("learn-model", page.models.map((one) => [one.value, one.label]), page.model, pick);
  const { parameters, device, tokens } = page.costs;
  return TS.field("learn-model", TS.t("learn.model"), select, {
    help: TS.t("learn.model.help", { parameters: TS.train.count(parameters), device: device.place, tokens }),
  });
};

/** A method's costs on the chosen model; null while unknown or refused. */
TS.learn.cost = (page, key) => {
  const cost = page.costs?.numbers[key];
  return cost && !cost.refused ? cost : null;
};

TS.learn.share = (share) => (share === 0 ? "0 %" : share < 0.0001 ? "< 0.01 %" : TS.format.percent(share, share < 0.01 ? 2 : share < 0.1 ? 1 : 0));

TS.learn.rank = (cost) => (cost.rank === null ? TS.t("learn.no_rank") : TS.format.number(cost.rank));

TS.learn.myths = () => TS.h("div", { class: "learn-myths" }, TS.learn.MYTHS.map((key) => TS.h("article", { class: "learn-myth" },
  TS.h("p", { class: "learn-claim" }, TS.icon("circle-x", 16), TS.h("span", {}, TS.h("span", { class: "ts-sr" }, TS.t("learn.myth.said") + " "), TS.t(`learn.myth.${key}.claim`))),
  TS.h("p", { class: "learn-truth" }, TS.icon("circle-check", 16), TS.h("span", {}, TS.h("span", { class: "ts-sr" }, TS.t("learn.myth.is") + " "), TS.t(`learn.myth.${key}.truth`))))));

TS.learn.MYTHS = ["ptuning_v2", "ptuning", "qlora", "speed", "merge", "packing", "bitfit", "average", "pruning", "counts", "loss"];
