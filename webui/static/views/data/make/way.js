/* Rows from documents: bring them (?add=make), choose what is made of them (&documents=...), follow the job (?made=7). */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { pageUrl, queryId, queryValue, t } from "../../../kit/texts.js";
import { sendFiles, sendingFault } from "../import/upload.js";
import { wayCard } from "../import/way-card.js";
import { noteBox, reasonBox } from "../../shared/form-controls.js";
import { followMade } from "./progress.js";
import { makeSettings } from "./settings.js";

/** @param {Ctx<"data">} ctx */
export function makeWay(ctx, close) {
  const self = { ctx, body: h("div", { class: "ts-stack make" }), begin: () => bring(self), choose: (key) => choose(self, key), follow: (job) => follow(self, job) };
  const job = queryId("made");
  const key = queryValue("documents");
  if (job) self.follow(job);
  else if (key) self.choose(key);
  else self.begin();
  return wayCard("make", close, self.body);
}

/**
 * Bring documents; below, what was made before.
 * @param {Parts<"data">} self
 */
function bring(self) {
  history.replaceState(null, "", pageUrl("data", { add: "make" }));
  const state = h("div", { class: "data-upload-state", "aria-live": "polite" });
  const earlier = h("div", { class: "ts-stack tight" });
  const input = h("input", { type: "file", multiple: true, id: "make-file", class: "ts-hidden-input", tabindex: "-1", "aria-label": t("make.choose") });
  const button = h("button", { type: "button", class: "ts-btn primary", id: "make-choose", onclick: () => input.click() }, drawIcon("upload"), t("make.choose"));
  input.addEventListener("change", async () => {
    const files = [...(input.files || [])];
    input.value = "";
    if (!files.length) return;
    button.disabled = true;
    await send(self, files, state);
    button.disabled = false;
  });
  self.ctx.call("make_form").then((form) => { input.accept = form.endings; }, () => {});
  self.ctx.call("make_jobs").then((jobs) => replaceChildren(earlier, jobs.length ? earlierJobs(jobs) : null), () => {});
  replaceChildren(self.body, h("div", { class: "ts-row make-bring" }, button, input, h("span", { class: "ts-soft ts-small" }, t("make.kinds"))), state, earlier);
}

/** @param {Parts<"data">} self */
async function send(self, files, state) {
  const answer = await sendFiles(files, "/api/documents", state);
  const fail = (text) => replaceChildren(state, noteBox("danger", text));
  if (answer.stopped) return replaceChildren(state);
  if (!answer.making) return fail(sendingFault(answer));
  if (!answer.job) return self.choose(answer.making);
  replaceChildren(state, h("p", {}, t("make.reading")), progressBar(null, t("make.reading")));
  const stop = poll(state, 700, async () => {
    const ended = await self.ctx.call("make_reading", answer.job);
    if (!ended) return;
    stop();
    if (ended === true) self.choose(answer.making);
    else fail(reasonBox(ended));
  });
}

const earlierJobs = (jobs) => [h("h3", { class: "make-earlier" }, t("make.earlier")),
  h("ul", { class: "make-jobs" }, jobs.map((job) => h("li", { class: "ts-spread" },
    h("a", { class: "ts-link", href: pageUrl("data", { made: job.job }), dir: "auto" }, job.name),
    h("span", { class: "ts-soft ts-small" }, t("make.earlier_made", { n: format.number(job.result?.made || 0) })))))];

/** @param {Parts<"data">} self */
async function choose(self, key) {
  history.replaceState(null, "", pageUrl("data", { add: "make", documents: key }));
  try {
    const form = await self.ctx.call("make_form");
    const length = form.params.find((param) => param.key === "characters")?.default;
    const view = await self.ctx.call("make_view", key, Number(length) || 0);
    replaceChildren(self.body, makeSettings(self, form, view));
  } catch (error) {
    self.begin();
    self.body.prepend(noteBox("warn", error.code === "not_found" ? t("make.gone") : error.message));
  }
}

/** @param {Parts<"data">} self */
function follow(self, job) {
  history.replaceState(null, "", pageUrl("data", { made: job }));
  replaceChildren(self.body, followMade(self, job));
}
