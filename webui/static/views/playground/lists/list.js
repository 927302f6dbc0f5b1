/* One list of questions (?list=7): how far it is, its answers side by side, and the files to take away. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { pageHead, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { pageLanguage, pageUrl, t } from "../../../kit/texts.js";
import { inTurn } from "../../shared/in-turn.js";
import { listTools, rowHead } from "./list-tools.js";
import { jobBadge, jobBar, jobError, jobHeadline, jobLink, jobSoon } from "../../jobs/parts.js";

const STEP = 100; // answered questions that are shown at first, and more at a time

export function listView(root, id, ctx) {
  const page = { id, ctx, rows: 0, most: STEP, total: 0, body: null, drawn: "", version: "", wish: null, slots: {}, refresh: () => {}, seek: (wish) => seekRows(page, wish) };
  const slot = (name) => (page.slots[name] = h("div", { class: "play-list-" + name }));
  replaceChildren(root, h("div", { class: "ts-wide play-list" },
    h("a", { class: "job-back", href: pageUrl("playground") }, drawIcon("chevron-right"), t("playground.list.back")), slot("head"), slot("meter"), slot("tools"), slot("matched"), slot("table"), slot("more")));
  page.refresh = inTurn(() => refresh(page, root));
  poll(root, 1000, page.refresh);
}

async function refresh(page, root) {
  let view;
  try {
    const { wish } = page;
    const news = await page.ctx.news("list_view", page.version, page.id, wish ? 0 : page.rows, wish ? page.most : 50, wish);
    if (wish !== page.wish) return true; // looked for something else meanwhile
    page.version = news.version;
    if (!news.value) return false;
    view = news.value;
  } catch (error) {
    if (error.code !== "not_found") throw error;
    return replaceChildren(root, h("div", { class: "ts-page" }, pageHead(t("playground.list.title")),
      h("div", { class: "ts-empty" }, drawIcon("table"), h("p", {}, error.message), jobLink("messages-square", t("playground.list.back"), pageUrl("playground"), "primary"))));
  }
  document.title = view.job.name + " · Tunesmith";
  drawState(page, view);
  addRows(page, view);
  return true;
}

function drawState(page, view) {
  const { job, total } = view;
  const stamp = JSON.stringify([job.status, job.step, job.headline, jobSoon(job), job.can, page.rows > 0 || view.rows.length > 0]);
  if (stamp === page.drawn) return;
  page.drawn = stamp;
  const any = page.rows > 0 || view.rows.length > 0;
  const act = (icon, action) => h("button", { type: "button", class: "ts-btn", id: "list-do-" + action, onclick: async (event) => {
    await runAction(event.currentTarget, () => page.ctx.call("list_act", page.id, action));
    await page.refresh();
  } }, drawIcon(icon), h("span", {}, t(action === "stop" ? "playground.list.stop" : "playground.list.resume")));
  const file = (form, label) => h("a", { class: "ts-btn" + (form === "xlsx" ? " primary" : ""), id: "list-" + form, href: `/files/answers/${pageLanguage()}/${page.id}.${form}`, download: "" }, drawIcon("download"), h("span", {}, label));
  replaceChildren(page.slots.head, pageHead(job.name, jobHeadline(job),
    any ? [file("xlsx", t("playground.list.xlsx")), file("csv", t("playground.list.csv"))] : null,
    job.can.stop ? act("square", "stop") : null, job.can.resume ? act("play", "resume") : null,
    jobLink("list-checks", t("playground.list.job"), pageUrl("jobs", { job: page.id }), "ghost")));
  replaceChildren(page.slots.meter, h("div", { class: "ts-card" }, h("div", { class: "ts-spread" }, jobBadge(job),
    h("span", { class: "ts-num" }, t("playground.list.progress", { done: format.number(Math.min(job.step, total)), total: format.number(total) })),
    h("span", { class: "ts-soft" }, jobSoon(job))), jobBar(job)),
  job.status === "failed" ? h("p", { class: "ts-note danger", role: "alert" }, drawIcon("circle-x"), h("span", {}, jobError(job.error))) : null,
  any ? null : h("p", { class: "ts-soft" }, t("playground.list.waiting")));
}

/** Look for other rows: the table begins anew. */
function seekRows(page, wish) {
  Object.assign(page, { wish, rows: 0, most: STEP, version: "" });
  if (page.body) replaceChildren(page.body);
  return page.refresh();
}

function tellMatched(page, view) {
  const { matched } = view;
  const text = matched === null ? "" : matched ? t("playground.rows.matched", { n: format.number(matched) }) : t("playground.rows.none");
  if (page.slots.matched.textContent !== text) replaceChildren(page.slots.matched, text ? h("p", { class: "ts-small ts-soft", role: "status" }, text) : null);
}

function addRows(page, view) {
  page.total = Math.max(page.total, view.job.step);
  tellMatched(page, view);
  if (view.rows.length && !page.body) {
    replaceChildren(page.slots.tools, listTools(page, view.sides));
    page.body = h("tbody", {});
    replaceChildren(page.slots.table, h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": t("playground.list.table") },
      h("table", { class: "ts-table play-list-answers" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("playground.list.question")), view.sides.map(sideHead))), page.body)));
  }
  if (page.wish) {
    page.rows = 0;
    if (page.body) replaceChildren(page.body);
  }
  const taken = view.rows.slice(0, Math.max(0, page.most - page.rows));
  for (const row of taken) page.body.append(h("tr", {}, rowHead(page, row), view.sides.map((side) => answerCell(row.answers[side.side]))));
  page.rows += taken.length;
  const more = page.rows >= page.most && page.rows < (view.matched ?? page.total);
  if (more === Boolean(page.slots.more.firstChild)) return;
  replaceChildren(page.slots.more, more ? h("button", { type: "button", class: "ts-btn", id: "list-more", onclick: () => { page.most += STEP; page.version = ""; return page.refresh(); } }, t("playground.list.more")) : null);
}

const SIDE_WORDS = { base: "playground.base", tuned: "playground.tuned", fewshot: "playground.fewshot" };
const sideHead = (side) => h("th", { scope: "col" }, h("span", { class: "ts-badge " + side.kind }, side.step ? t("playground.side.step", { step: format.number(side.step) }) : t(SIDE_WORDS[side.kind])), " ", h("bdi", {}, side.label.replace(/ @\d+$/, "")),
  h("span", { class: "ts-small ts-soft ts-num play-list-hash", title: side.weights_hash }, t("playground.weights", { hash: side.weights_hash.slice(0, 8) })));

function answerCell(answer) {
  if (!answer) return h("td", {}, "–");
  if (answer.error) return h("td", { class: "ts-error" }, jobError(answer.error));
  return h("td", { dir: "auto" }, answer.text || h("em", { class: "ts-soft" }, t("playground.nothing")), answer.reason === "length" ? h("p", { class: "ts-small ts-soft" }, t("playground.cut")) : null);
}
