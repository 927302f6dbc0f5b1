/** Models that could be had: what each is and whether it fits, before any of it is fetched. By groups, with a search over them and the hub. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction } from "../../kit/parts.js";
import { loadPart } from "../../kit/server.js";
import { pageLocale, said, t } from "../../kit/texts.js";
import { labelledField, onlyLatest, reasonBox, selectField } from "./form-controls.js";

const SHOWN_FIRST = 8, SHOWN_LANGUAGES = 3, MANY = "multilingual";
const HUB = {
  search: async () => (await import("./shelf-hub.js")).hubSearch,
  folder: async () => (await import("./shelf-hub.js")).folderForm,
};

/**
 * Returns {node, tell(), place(), fitOf(model)}: tell() looks again at the models here, place() at the device.
 * @param {{ctx: Ctx<"train">, models(): Server.BaseModelView[], chosen?(): number | null, device(): [string, number | null],
 *   take(id: number): unknown, told?(): void}} given `take`: choose a model of this machine, or hear that one came; `chosen`: where one is chosen; `told`: the list is there
 */
export function modelShelf(given) {
  /** @type {any} */
  const self = { ...given, words: "", language: "", fitting: false, all: false, list: null, problem: null, cached: [], hub: null };
  const groups = h("div", { class: "ts-stack" });
  Object.assign(self, { rows: (models) => shelfList(self, models), wants: (one) => isWanted(self, one), above: (one) => isWanted(self, one) && isNamed(self, one), group: shelfGroup });
  let drawn = "";
  const spoken = h("p", { class: "ts-sr", role: "status" });
  self.tell = () => {
    const { words, language, fitting, all, list, problem, cached } = self;
    const now = JSON.stringify([words, language, fitting, all, list?.device, list?.limit_mb, problem, cached, self.hub?.state, self.chosen?.(), self.models()]);
    if (now !== drawn) replaceChildren(groups, shelfGroups(self)); // nothing is said again, and nothing loses the focus
    drawn = now;
    speak(self, spoken);
  };
  const bar = filterBar(self);
  self.place = onlyLatest(() => self.ctx.call("model_shelf", self.device()[0], self.device()[1]), (list) => {
    Object.assign(self, { list, problem: null });
    bar.offer(list);
    self.tell();
    self.told?.();
  }, (error) => { self.problem = error; self.tell(); });
  self.place();
  self.ctx.call("cached_models").then((cached) => { Object.assign(self, { cached }); self.tell(); }, () => {}); // the list says what is wrong
  self.tell();
  self.node = h("section", { class: "ts-stack pick", "aria-label": t("pick.title") }, self.chosen ? h("h3", {}, t("pick.title")) : null, bar.node, groups, ownFolder(self), spoken);
  /** @param {Server.BaseModelView} model */
  self.fitOf = (model) => {
    const [device, limit] = self.device();
    return fitBadge(self.list?.models.find((one) => one.model_id === model.id || one.ref === model.ref)?.fits || (device === "auto" && limit === null ? model.fits : null));
  };
  return self;
}

/** For those who do not see it: the model that was taken here is being fetched, or is chosen. */
function speak(self, spoken) {
  const taken = self.models().find((one) => one.id === self.taken);
  if (!taken || taken.status === "failed") return;
  const words = taken.status === "preparing" ? t("pick.fetching", { name: taken.name }) : t("pick.chosen_named", { name: taken.name });
  if (spoken.textContent !== words) spoken.textContent = words;
}

/** The hub is searched as well from the first letters on. */
async function askHub(self) {
  const search = await loadPart(HUB.search);
  self.hub ||= search(self);
  self.hub.look();
}

function filterBar(self) {
  const search = h("input", { class: "ts-input", id: "pick-search", type: "search", autocomplete: "off", spellcheck: "false", placeholder: t("pick.search.example"),
    oninput: () => { self.words = search.value.trim(); self.tell(); askHub(self); } });
  const holder = h("div", {});
  const fits = h("input", { type: "checkbox", id: "pick-fits", onchange: () => { self.fitting = fits.checked; self.tell(); } });
  const word = h("span", {}, t("pick.fits"));
  const offer = ({ models, device }) => {
    const codes = [...new Set(models.flatMap((one) => one.languages))].filter((code) => code !== MANY);
    const options = [["", t("pick.language.any")], ...codes.map((code) => [code, languageName(code)]).sort((a, b) => a[1].localeCompare(b[1], pageLocale()))];
    replaceChildren(holder, labelledField("pick-language", t("pick.language"), selectField("pick-language", options, self.language, (code) => { self.language = code; self.tell(); })));
    word.textContent = t("pick.fits_on", { device: said(device) });
  };
  return { offer, node: h("div", { class: "pick-bar" }, labelledField("pick-search", t("pick.search"), search), holder, h("label", { class: "ts-check" }, fits, word)) };
}

const languageName = (code) => {
  try { return new Intl.DisplayNames([pageLocale()], { type: "language" }).of(code) || code; } catch { return code; } // a hub's card may say anything
};

/** It has the language, and it fits where that is asked. */
const isWanted = (self, one) => (!self.language || !one.languages || one.languages.includes(self.language)) && (!self.fitting || one.fits?.how !== "not");

/** Each word that was typed is somewhere in its name. */
const isNamed = (self, one) => self.words.toLowerCase().split(/\s+/).every((word) => [one.ref, one.name, one.family, one.maker].join(" ").toLowerCase().includes(word));

function shelfGroups(self) {
  const { list, problem } = self;
  const cached = self.cached.filter(self.above);
  return [
    list ? recommendedGroup(self, list) : problem ? h("p", { class: "ts-error", role: "alert" }, problem.message) : h("i", { class: "ts-bone block", "aria-hidden": "true" }),
    cached.length ? shelfGroup("cached", t("pick.cached"), t("pick.cached.lead"), shelfList(self, cached)) : null,
    self.hub ? self.hub.group() : h("p", { class: "ts-small ts-soft" }, t("pick.hub.idle")),
  ];
}

const shelfGroup = (key, title, lead, ...body) => h("section", { class: "ts-stack tight", "aria-labelledby": "pick-" + key },
  h("h4", { id: "pick-" + key }, title), lead ? h("p", { class: "ts-small ts-soft" }, lead) : null, body);

/** @param {Server.ShelfView} list */
function recommendedGroup(self, list) {
  const hits = list.models.filter(self.above);
  const some = self.words || self.language ? hits : oneOfEach(list, hits);
  const shown = self.all ? hits : some;
  const more = hits.length > some.length ? h("button", { type: "button", class: "ts-btn ghost small pick-more", id: "pick-all", "aria-expanded": String(self.all),
    onclick: () => { self.all = !self.all; self.tell(); } }, drawIcon(self.all ? "chevron-up" : "chevron-down"), self.all ? t("pick.fewer") : t("pick.all", { n: hits.length })) : null;
  return shelfGroup("recommended", t("pick.recommended"), shown.length ? t("pick.recommended.lead", { device: said(list.device), limit_mb: list.limit_mb }) : null,
    shown.length ? shelfList(self, shown) : h("p", { class: "ts-soft ts-small" }, t("pick.none")), more);
}

/** Of each family the largest that fits and is quick; else with fewer bits, else its smallest. Those that fit and are quick come first. */
function oneOfEach(list, models) {
  const BEST = 4;
  const rank = (one) => (one.fits.how === "not" ? 0 : (one.fits.how === "fits" ? 2 : 1) + (isSlow(list, one) ? 0 : 2));
  const families = [...new Set(models.map((one) => one.family))];
  return families.map((family) => models.filter((one) => one.family === family).reduce((best, one) => (rank(one) > rank(best) || (rank(one) === BEST && rank(best) === BEST) ? one : best)))
    .sort((a, b) => Math.ceil(rank(b) / 2) - Math.ceil(rank(a) / 2)).slice(0, SHOWN_FIRST);
}

const isSlow = (list, one) => (one.active || one.parameters || 0) > list.quick_parameters;

const shelfList = (self, models) => h("ul", { class: "pick-list" }, models.map((one) => shelfRow(self, one)));

function shelfRow(self, one) {
  const here = self.models().find((model) => model.id === one.model_id || (model.ref === one.ref && model.source === "hub"));
  return h("li", { "data-ref": one.ref },
    h("div", { class: "pick-words" },
      h("div", { class: "ts-row" }, h("b", { dir: "auto" }, one.name || one.ref), fitBadge(one.fits), slowBadge(self, one)),
      h("p", { class: "ts-small ts-soft" }, modelFacts(one)),
      one.about ? h("p", { class: "ts-small" }, said(one.about)) : null,
      modelTags(one),
      here?.status === "preparing" ? [progressBar(here.progress?.fraction, t("pick.fetching", { name: here.name })), h("p", { class: "ts-small ts-soft" }, said(here.progress?.label) || t("pick.fetching", { name: here.name }))] : null,
      here?.status === "failed" && here.error ? h("p", { class: "ts-small ts-error" }, reasonBox(here.error)) : null),
    takeButton(self, one, here));
}

function takeButton(self, one, here) {
  if (here && here.id === self.chosen?.()) return h("span", { class: "ts-badge good", id: "pick-take-" + one.ref, tabindex: "-1" }, drawIcon("circle-check"), t("pick.chosen"));
  if (here && here.status !== "failed" && !self.chosen) return h("span", { class: "ts-badge neutral" }, t("pick.here"));
  const name = one.name || one.ref, verb = self.chosen ? "pick.take" : "pick.add";
  const ask = one.folder ? () => self.ctx.call("use_cached", one.ref) : () => self.ctx.call("know_model", one.ref);
  const there = here && ["known", "ready", "preparing"].includes(here.status);
  const button = h("button", { type: "button", class: "ts-btn small", id: "pick-take-" + one.ref, "aria-label": t(verb + "_named", { name }),
    onclick: () => runAction(button, async () => {
      self.taken = one.model_id = there ? here.id : await ask();
      await self.take(self.taken);
    }) }, t(here?.status === "failed" ? "pick.again" : verb));
  return button;
}

/**
 * In words and with a sign: whether a model can be trained on the device.
 * @param {Server.FitHere | null | undefined} fits
 */
export function fitBadge(fits) {
  if (!fits) return null;
  const [kind, icon] = { fits: ["good", "circle-check"], quantised: ["tuned", "layers"], not: ["warn", "triangle-alert"] }[fits.how];
  return h("span", { class: "ts-badge " + kind, title: t("pick.need", { need_mb: fits.need_mb, limit_mb: fits.limit_mb }) },
    drawIcon(icon), t("pick.fit." + fits.how, { bits: fits.bits, need_mb: fits.need_mb }));
}

/** Whether a small lesson takes over an hour. */
function slowBadge({ list }, one) {
  if (!list || !one.fits || one.fits.how === "not" || !isSlow(list, one)) return null;
  return h("span", { class: "ts-badge neutral", title: t("pick.slow.means", { device: said(list.device) }) }, drawIcon("clock"), t("pick.slow"));
}

/** Parameters, download, context and licence of a model, as far as they are known. */
export const modelFacts = (one) => [
  one.parameters ? t("pick.parameters", { n: format.count(one.parameters) }) : null,
  one.active ? t("pick.active", { n: format.count(one.active) }) : null,
  one.bytes ? t(one.folder ? "pick.files" : "pick.download", { size: format.bytes(one.bytes) }) : null,
  one.context_length ? t("pick.context", { n: format.number(one.context_length) }) : null,
  one.downloads ? t("pick.downloads", { n: format.count(one.downloads) }) : null,
  one.licence ? t("pick.licence", { licence: one.licence }) : null,
].filter(Boolean).join(" · ");

/** What it speaks and can, a word each. */
export function modelTags(one) {
  const codes = (one.languages || []).filter((code) => code !== MANY);
  const rest = codes.slice(SHOWN_LANGUAGES);
  const tags = [...codes.slice(0, SHOWN_LANGUAGES).map(languageName), rest.length ? t("pick.languages.more", { n: rest.length }) : null, one.languages?.includes(MANY) ? t("pick.languages.many") : null,
    one.tools ? t("pick.tools") : null, one.thinking ? t("pick.thinking") : null, one.gated ? t("pick.gated") : null].filter(Boolean);
  return tags.length ? h("ul", { class: "pick-tags" }, tags.map((tag) => h("li", {}, tag))) : null;
}

/** A folder of this machine: the form comes when it is opened. */
function ownFolder(self) {
  const body = h("div", {});
  const open = async () => {
    if (!fold.open || body.firstChild) return;
    const form = await loadPart(HUB.folder);
    if (!body.firstChild) body.append(form(self));
  };
  const fold = h("details", { class: "ts-details", id: "pick-own", ontoggle: open }, h("summary", {}, t("pick.folder")), body);
  return fold;
}
