/** Models that could be had: what each is and whether it fits, before any of it is fetched. By groups, with a search over them and the hub. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { progressBar, runAction } from "../../kit/parts.js";
import { pageLocale, said, t } from "../../kit/texts.js";
import { debounce, labelledField, onlyLatest, reasonBox, selectField } from "./form-controls.js";

const LEAST_WORDS = 2, SHOWN_LANGUAGES = 3, MANY = "multilingual";
const HUB_NAME = /^[\w.-]+\/[\w.-]+$/;

/**
 * Returns {node, tell(), place(), fitOf(model)}: tell() looks again at the models here, place() at the device.
 * @param {{ctx: Ctx<"train">, models(): Server.BaseModelView[], chosen(): number | null, device(): [string, number | null],
 *   take(id: number, told: boolean): unknown, told?(): void}} given `take`: choose a model of this machine; `told`: the list is there
 */
export function modelShelf(given) {
  /** @type {any} */
  const self = { ...given, words: "", language: "", fitting: false, all: false, list: null, problem: null, cached: [], found: null, asked: "", lost: null };
  const groups = h("div", { class: "ts-stack" });
  self.tell = () => replaceChildren(groups, shelfGroups(self));
  const bar = filterBar(self);
  self.lookUp = searching(self);
  self.place = onlyLatest(() => self.ctx.call("model_shelf", ...self.device()), (list) => {
    Object.assign(self, { list, problem: null });
    bar.offer(list);
    self.tell();
    self.told?.();
  }, (error) => { self.problem = error; self.tell(); });
  self.place();
  self.ctx.call("cached_models").then((cached) => { Object.assign(self, { cached }); self.tell(); }, () => {}); // the list says what is wrong
  self.tell();
  self.node = h("section", { class: "ts-stack pick", "aria-labelledby": "pick-title" }, h("h3", { id: "pick-title" }, t("pick.title")), bar.node, groups, ownFolder(self));
  /** @param {Server.BaseModelView} model */
  self.fitOf = (model) => fitBadge(self.list?.models.find((one) => one.model_id === model.id || one.ref === model.ref)?.fits);
  return self;
}

/** The hub is asked when nothing was typed for a moment. */
function searching(self) {
  const ask = onlyLatest(() => self.ctx.call("search_models", self.asked), (found) => { Object.assign(self, { found, lost: found.error }); self.tell(); },
    (error) => { Object.assign(self, { found: null, lost: error }); self.tell(); });
  const later = debounce(350, ask);
  return (again) => {
    if (self.asked === self.words && !again) return;
    Object.assign(self, { asked: self.words, found: null, lost: null });
    later.cancel();
    if (self.words.length >= LEAST_WORDS) later();
  };
}

function filterBar(self) {
  const search = h("input", { class: "ts-input", id: "pick-search", type: "search", autocomplete: "off", spellcheck: "false", placeholder: t("pick.search.example"),
    oninput: () => { self.words = search.value.trim(); self.lookUp(); self.tell(); } });
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

/** What is typed is in its name, it has the language, and it fits where that is asked. */
const wanted = (self, one) => (!self.words || [one.ref, one.name, one.family, one.maker].join(" ").toLowerCase().includes(self.words.toLowerCase()))
  && (!self.language || !one.languages || one.languages.includes(self.language)) && (!self.fitting || one.fits?.how !== "not");

function shelfGroups(self) {
  const { list, problem } = self;
  const cached = self.cached.filter((one) => wanted(self, one));
  return [
    list ? recommendedGroup(self, list) : problem ? h("p", { class: "ts-error", role: "alert" }, problem.message) : h("i", { class: "ts-bone block", "aria-hidden": "true" }),
    cached.length ? shelfGroup("cached", t("pick.cached"), t("pick.cached.lead"), shelfList(self, cached)) : null,
    hubGroup(self),
  ];
}

const shelfGroup = (key, title, lead, ...body) => h("section", { class: "ts-stack tight", "aria-labelledby": "pick-" + key },
  h("h4", { id: "pick-" + key }, title), lead ? h("p", { class: "ts-small ts-soft" }, lead) : null, body);

/** @param {Server.ShelfView} list */
function recommendedGroup(self, list) {
  const hits = list.models.filter((one) => wanted(self, one));
  const some = self.words || self.language ? hits : oneOfEach(hits);
  const shown = self.all ? hits : some;
  const more = hits.length > some.length ? h("button", { type: "button", class: "ts-btn ghost small pick-more", id: "pick-all", "aria-expanded": String(self.all),
    onclick: () => { self.all = !self.all; self.tell(); } }, drawIcon(self.all ? "chevron-up" : "chevron-down"), self.all ? t("pick.fewer") : t("pick.all", { n: hits.length })) : null;
  return shelfGroup("recommended", t("pick.recommended"), t("pick.recommended.lead", { device: said(list.device), limit_mb: list.limit_mb }),
    shown.length ? shelfList(self, shown) : h("p", { class: "ts-soft" }, t("pick.none")), more);
}

/** Of each family the largest that fits as it is, else with fewer bits, else its smallest. */
function oneOfEach(models) {
  const families = [...new Set(models.map((one) => one.family))];
  return families.map((family) => {
    const alike = models.filter((one) => one.family === family);
    return alike.findLast((one) => one.fits.how === "fits") || alike.find((one) => one.fits.how === "quantised") || alike[0];
  });
}

/** What the hub finds, or why there is nothing of it. */
function hubGroup(self) {
  const { found, lost, words, asked } = self;
  const known = new Set([...(self.list?.models || []), ...self.cached].filter((one) => wanted(self, one)).map((one) => one.ref));
  const hits = (found?.models || []).filter((one) => !known.has(one.ref) && wanted(self, one));
  const exact = HUB_NAME.test(words) && ![...known, ...hits.map((one) => one.ref)].includes(words) ? [{ ref: words }] : [];
  const rows = [...hits, ...exact];
  const state = words.length < LEAST_WORDS ? t("pick.hub.idle") : lost ? null : !found || asked !== words ? t("pick.hub.busy") : rows.length ? "" : t("pick.hub.none", { words });
  return shelfGroup("hub", found?.hub ? t("pick.hub.named", { hub: found.hub }) : t("pick.hub"), null,
    rows.length ? shelfList(self, rows) : null,
    lost ? h("div", { class: "ts-row" }, h("p", { class: "ts-small ts-error", role: "alert" }, reasonBox(lost)),
      h("button", { type: "button", class: "ts-btn small", id: "pick-again", onclick: () => { self.lookUp(true); self.tell(); } }, drawIcon("rotate-ccw", 16), t("pick.again"))) : null,
    h("p", { class: "ts-small ts-soft", role: "status" }, state));
}

const shelfList = (self, models) => h("ul", { class: "pick-list" }, models.map((one) => shelfRow(self, one)));

function shelfRow(self, one) {
  const here = self.models().find((model) => model.id === one.model_id || (model.ref === one.ref && model.source === "hub"));
  return h("li", { "data-ref": one.ref },
    h("div", { class: "pick-words" },
      h("div", { class: "ts-row" }, h("b", { dir: "auto" }, one.name || one.ref), fitBadge(one.fits)),
      h("p", { class: "ts-small ts-soft" }, modelFacts(one)),
      one.about ? h("p", { class: "ts-small" }, said(one.about)) : null,
      modelTags(one),
      here?.status === "preparing" ? [progressBar(here.progress?.fraction, t("pick.fetching", { name: here.name })), h("p", { class: "ts-small ts-soft" }, said(here.progress?.label) || t("pick.fetching", { name: here.name }))] : null,
      here?.status === "failed" && here.error ? h("p", { class: "ts-small ts-error" }, reasonBox(here.error)) : null),
    takeButton(self, one, here));
}

function takeButton(self, one, here) {
  if (here && here.id === self.chosen()) return h("span", { class: "ts-badge good" }, drawIcon("circle-check"), t("pick.chosen"));
  const name = one.name || one.ref;
  const ask = one.folder ? () => self.ctx.call("use_cached", one.ref) : () => self.ctx.call("know_model", one.ref);
  const there = here && ["known", "ready", "preparing"].includes(here.status);
  const button = h("button", { type: "button", class: "ts-btn small", id: "pick-take-" + one.ref, "aria-label": t("pick.take_named", { name }),
    onclick: () => runAction(button, async () => self.take(there ? here.id : await ask())) }, t(here?.status === "failed" ? "pick.again" : "pick.take"));
  return button;
}

/**
 * In words and with a sign: whether a model can be trained on the device.
 * @param {Server.FitHere | null | undefined} fits
 */
function fitBadge(fits) {
  if (!fits) return null;
  const [kind, icon] = { fits: ["good", "circle-check"], quantised: ["tuned", "layers"], not: ["warn", "triangle-alert"] }[fits.how];
  return h("span", { class: "ts-badge " + kind, title: t("pick.need", { need_mb: fits.need_mb, limit_mb: fits.limit_mb }) },
    drawIcon(icon), t("pick.fit." + fits.how, { bits: fits.bits, need_mb: fits.need_mb }));
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

/** A folder of this machine with a model in it. */
function ownFolder(self) {
  const input = h("input", { class: "ts-input", id: "pick-folder", type: "text", placeholder: "/home/me/models/my-model", autocomplete: "off", spellcheck: "false", autocapitalize: "off", required: true });
  const button = h("button", { class: "ts-btn" }, drawIcon("folder"), t("pick.folder.use"));
  const field = labelledField("pick-folder", t("pick.folder"), input, { help: t("pick.folder.help"), box: h("div", { class: "pick-inline" }, input, button) });
  const add = async () => {
    field.setError("");
    try {
      self.take(await self.ctx.call("add_folder", input.value));
      input.value = "";
    } catch (error) {
      field.setError(error.message);
    }
  };
  return h("form", { onsubmit: (event) => { event.preventDefault(); runAction(button, add); } }, field);
}
