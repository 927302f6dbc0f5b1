/* Rows from documents: what was read, what is to be made of it by whom, what that costs, and the start. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { runAction } from "../../../kit/parts.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { cutPreview } from "../../shared/cut-preview.js";
import { debounce, labelledField, noteBox, onlyLatest, reasonBox } from "../../shared/form-controls.js";
import { settingsForm } from "../../shared/form.js";

/** @param {Parts<"data">} way */
export function makeSettings(way, form, view) {
  const given = Object.fromEntries(form.params.map((param) => [param.key, param.default]));
  const self = { way, ctx: way.ctx, form, view, given, chosen: {}, wordings: {}, read: h("div", { class: "ts-stack tight" }), asked: h("div", { class: "ts-stack" }),
    told: h("div", { class: "ts-stack tight make-forecast", "aria-live": "polite" }), who: h("div", { class: "ts-stack tight", "aria-live": "polite" }) };
  self.again = debounce(400, onlyLatest(() => self.ctx.call("make_forecast", self.view.making, makeValues(self)), (found) => showForecast(self, found), (error) => forecastFault(self, error)));
  self.split = debounce(400, onlyLatest(() => self.ctx.call("make_view", self.view.making, Number(makeValues(self).characters) || 0), (found) => { self.view = found; showRead(self); }, () => {}));
  showRead(self);
  if (!form.writers.length) return [self.read, noteBox("warn", t("make.no_writer"), " ", h("a", { class: "ts-link", href: pageUrl("models") }, t("make.to_models"))), otherDocuments(self)];
  const fields = h("div", { class: "ts-stack" });
  self.fields = settingsForm(fields, { id: "make", params: form.params, values: {}, defaults: given, onchange: (param, value) => changed(self, param.key, value) });
  showWordings(self);
  showWriter(self);
  self.again();
  self.start = h("button", { type: "button", class: "ts-btn primary", id: "make-start", onclick: () => runAction(self.start, () => begin(self)) }, drawIcon("sparkles"), t("make.start"));
  return [self.read, fields, h("details", { class: "ts-details", id: "make-wordings" }, h("summary", {}, t("make.wordings")), self.asked), self.who, self.told,
    h("div", { class: "ts-row" }, self.start, otherDocuments(self), h("span", { class: "ts-soft ts-small" }, t("make.nothing_yet")))];
}

const otherDocuments = (self) => h("button", { type: "button", class: "ts-btn ghost", onclick: () => self.way.begin() }, t("make.others"));

const makeValues = (self) => ({ ...self.given, ...self.chosen, wordings: self.wordings });

function changed(self, key, value) {
  if (value === undefined) delete self.chosen[key];
  else self.chosen[key] = value;
  if (key === "characters") self.split();
  if (key === "kinds" || key === "language") showWordings(self);
  if (key === "writer") showWriter(self);
  self.again();
}

/** What was read of each document, and some of the passages. */
function showRead(self) {
  const { documents, passages, examples } = self.view;
  const many = documents.filter((one) => !one.fault).length;
  replaceChildren(self.read,
    h("p", { class: "make-count" }, t(many === 1 ? "make.passages_one" : "make.passages", { n: format.number(passages), documents: format.number(many) })),
    h("ul", { class: "make-documents" }, documents.map(documentLine)),
    h("details", { class: "ts-details" }, h("summary", {}, t("make.look")), h("div", { class: "make-passages" }, examples.map(examplePassage))));
}

function documentLine(one) {
  const told = one.fault ? null : [one.pages ? t("make.pages", { n: format.number(one.pages) }) : "", t("make.of_document", { n: format.number(one.passages) })].filter(Boolean).join(", ");
  return h("li", {}, h("span", { dir: "auto", class: "make-name" }, one.name), " ", h("span", { class: "ts-soft ts-small" }, told),
    one.fault ? noteBox("warn", reasonBox(one.fault)) : null,
    one.lost.length ? h("details", { class: "ts-details" }, h("summary", {}, t("make.lost", { n: format.number(one.lost.length) })), h("ul", {}, one.lost.slice(0, 50).map((lost) => h("li", {}, reasonBox(lost))))) : null);
}

const examplePassage = (one) => h("figure", { class: "make-passage" },
  h("figcaption", { class: "ts-soft ts-small", dir: "auto" }, [one.file, one.page ? t("make.page", { n: format.number(one.page) }) : "", one.heading].filter(Boolean).join(" · ")),
  cutPreview(h("p", { class: "make-text", dir: "auto" }, one.text)));

/** Who reads the passages: another host is named, and the small starter is said to be small. */
function showWriter(self) {
  const writer = self.form.writers.find((one) => one.key === makeValues(self).writer);
  replaceChildren(self.who, writer?.host ? noteBox(writer.near ? "info" : "warn", t(writer.near ? "make.sent_near" : "make.sent", { host: writer.host, model: writer.label })) : null,
    writer && !writer.host ? h("p", { class: "ts-soft ts-small" }, t("make.stays")) : null,
    writer?.starter ? noteBox("info", t("make.starter")) : null);
}

/** The wording of each kind that is made; what is typed goes with the wish, what is not changed is asked in each passage's language. */
function showWordings(self) {
  const { kinds, language } = makeValues(self);
  const [most] = Object.entries(self.view.languages).sort((one, other) => other[1] - one[1])[0] || [""];
  const usual = self.view.wordings[(language === "document" ? most : language) === "zh" ? "zh" : "en"];
  const labels = self.form.params.find((param) => param.key === "kinds").choices;
  replaceChildren(self.asked, h("p", { class: "ts-soft ts-small" }, t("make.wordings.help", { passage: "{passage}", n: "{n}", language: "{language}" })), kinds.map((key) => {
    const id = "make-wording-" + key;
    const text = h("textarea", { class: "ts-textarea make-wording", id, rows: 9, spellcheck: false, maxlength: 4000, oninput: () => {
      if (text.value === usual[key] || !text.value.trim()) delete self.wordings[key];
      else self.wordings[key] = text.value;
      self.again();
    } });
    text.value = self.wordings[key] ?? usual[key];
    const back = h("button", { type: "button", class: "ts-btn ghost small", onclick: () => { text.value = usual[key]; delete self.wordings[key]; self.again(); text.focus(); } }, drawIcon("rotate-ccw"), t("make.wordings.back"));
    const field = labelledField(id, labels.find((one) => one.value === key).label, text, { extra: back });
    field.dataset.wording = key;
    return field;
  }));
}

function showFaults(self, faults) {
  self.fields.setFaults(faults);
  for (const field of self.asked.querySelectorAll("[data-wording]")) /** @type {any} */ (field).setError(faults["making.wordings." + field.dataset.wording]);
  if (Object.keys(faults).some((key) => key.startsWith("making.wordings."))) /** @type {HTMLDetailsElement} */ (document.getElementById("make-wordings")).open = true;
}

function showForecast(self, found) {
  showFaults(self, {});
  const sizes = { passages: format.number(found.passages), rows: format.number(found.rows), read: format.number(found.tokens_in), wrote: format.number(found.tokens_out) };
  replaceChildren(self.told, h("p", { class: "make-cost", id: "make-cost" }, h("strong", {}, t("make.forecast.time", { time: format.roughly(found.seconds) })), " ", t("make.forecast.tokens", sizes)),
    h("p", { class: "ts-soft ts-small" }, t("make.forecast." + found.source, { n: format.number(found.tokens_per_second, 0) }), " ", t("make.forecast.fewer")),
    found.crossing ? noteBox("info", t("make.crossing")) : null);
}

function forecastFault(self, error) {
  showFaults(self, error.faults || {});
  replaceChildren(self.told, Object.keys(error.faults || {}).length ? null : noteBox("danger", error.message));
}

async function begin(self) {
  try {
    self.way.follow(await self.ctx.call("make_start", self.view.making, makeValues(self)));
  } catch (error) {
    showFaults(self, error.faults || {});
    if (!Object.keys(error.faults || {}).length) throw error;
  }
}
