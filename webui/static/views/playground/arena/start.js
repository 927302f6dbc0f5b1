/* A blind comparison begins (?arena=new&tuned=3): who takes part, and where the questions come from. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { pageHead, runAction } from "../../../kit/parts.js";
import { laterStyles, loadPart } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { labelledField, segments } from "../../shared/form-controls.js";
import { linesOf } from "../lists/questions.js";
import { playQuery, playSides } from "../talk.js";

const FILES = ".txt,.csv,.tsv,.xlsx";

/** @param {Parts<"playground">} play */
export async function arenaStart(root, play) {
  await laterStyles("playground-arena");
  const sides = playSides(play);
  const wish = { base_id: play.base, sides: play.sides, settings: play.settings, source: "validation", questions: [], apart: true, reveal: true };
  const self = { play, wish, text: "", found: 0, source: h("div", { class: "ts-stack" }), failed: h("p", { class: "ts-error", role: "alert", hidden: true }) };
  const check = (key, id) => {
    const box = h("input", { type: "checkbox", id, checked: wish[key], onchange: () => { wish[key] = box.checked; } });
    return h("div", {}, h("label", { class: "ts-check" }, box, h("span", {}, t("arena." + key))), h("p", { class: "ts-help" }, t(`arena.${key}_help`)));
  };
  const start = h("button", { type: "button", class: "ts-btn primary", id: "arena-start", onclick: () => runAction(start, () => begin(self)) }, drawIcon("play"), h("span", {}, t("arena.start")));
  replaceChildren(root, h("div", { class: "ts-page arena" }, h("a", { class: "job-back", href: pageUrl("playground", playQuery(play)) }, drawIcon("chevron-right"), t("arena.back")),
    pageHead(t("arena.title"), t("arena.lead"), h("a", { class: "ts-btn", href: pageUrl("playground", { evidence: "all" }) }, drawIcon("gauge"), h("span", {}, t("evidence.open_results")))),
    h("section", { class: "ts-card ts-stack", "aria-label": t("arena.title") },
      h("div", {}, h("p", { class: "ts-label" }, t("arena.who_takes_part")), h("ul", { class: "arena-sides" }, sides.map((side) => h("li", {}, h("span", { class: "ts-badge " + side.kind.split(" ")[0] }, side.badge), " ", h("span", { dir: "auto" }, side.name))))),
      h("div", { class: "ts-stack tight" }, h("p", { class: "ts-label" }, t("arena.source")), segments("arena-source", t("arena.source"), ["validation", "list", "own"].map((key) => [key, t("arena.source." + key)]), wish.source, (source) => { wish.source = source; drawSource(self); }), self.source),
      check("reveal", "arena-reveal"), check("apart", "arena-apart"), self.failed, h("div", {}, start))));
  drawSource(self);
  self.found = await play.ctx.call("arena_questions", wish.sides).catch(() => 0);
  drawSource(self);
}

/** What belongs to the chosen source of questions. */
function drawSource(self) {
  const { source } = self.wish;
  if (source !== "list") return replaceChildren(self.source, h("p", { class: "ts-small ts-soft", id: "arena-found" }, source === "own" ? t("arena.source_help.own") : t("arena.source_help.validation", { n: format.number(self.found) })));
  const count = h("p", { class: "ts-small", role: "status" });
  const tell = () => { count.textContent = t("playground.list.count", { n: format.number(linesOf(self.text).length) }); };
  const area = h("textarea", { class: "ts-textarea", id: "arena-questions", rows: "6", dir: "auto", oninput: () => { self.text = area.value; tell(); } });
  area.value = self.text;
  const file = h("input", { type: "file", id: "arena-file", accept: FILES, hidden: true, onchange: () => readFile(self, file) });
  replaceChildren(self.source, labelledField("arena-questions", t("playground.list.paste"), area), h("div", { class: "ts-row" },
    h("button", { type: "button", class: "ts-btn small", onclick: () => file.click() }, drawIcon("upload"), h("span", {}, t("playground.list.file"))), file, h("span", { class: "ts-small ts-soft" }, t("playground.list.file_help"))), count);
  return tell();
}

/** The questions of a file, from the column that holds them. */
async function readFile(self, input) {
  const [chosen] = input.files || [];
  if (!chosen) return;
  try {
    const { ok, answer } = await loadPart(async () => {
      const sent = await fetch("/api/questions", { method: "POST", headers: { "x-filename": encodeURIComponent(chosen.name) }, body: chosen });
      return { ok: sent.ok, answer: await sent.json() };
    });
    if (!ok) throw Object.assign(new Error(answer.error.message), answer.error);
    self.text = answer.columns[answer.guess].questions.map((question) => question.replace(/\s*\n\s*/g, " ")).join("\n");
    drawSource(self);
  } catch (error) {
    tellFault(self, error);
  }
}

function tellFault(self, error) {
  self.failed.textContent = error.message;
  self.failed.hidden = false;
}

async function begin(self) {
  self.failed.hidden = true;
  const { play, wish } = self;
  try {
    const id = await play.ctx.call("arena_open", { ...wish, questions: linesOf(self.text) });
    location.assign(pageUrl("playground", { arena: id }));
  } catch (error) {
    tellFault(self, error);
  }
}
