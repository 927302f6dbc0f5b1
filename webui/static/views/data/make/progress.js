/* Rows from documents: how far the job is, what it made, what was left out and why, and the way to the queue. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { noteBox, reasonBox } from "../../shared/form-controls.js";

const MAKE_BUSY = ["queued", "starting", "running", "stopping"];

/** @param {Parts<"data">} way */
export function followMade(way, id) {
  const node = h("div", { class: "ts-stack make-job", "aria-live": "polite" });
  let shown = "";
  const look = async () => {
    const [job, waiting] = await Promise.all([way.ctx.call("make_state", id), way.ctx.call("make_waiting")]);
    const now = JSON.stringify([job, waiting]);
    if (now !== shown) replaceChildren(node, jobView(way, job, waiting));
    shown = now;
    return now;
  };
  look().catch((error) => replaceChildren(node, noteBox("danger", error.message), startOver(way)));
  poll(node, 1000, async () => {
    const before = shown;
    return (await look()) === before ? false : undefined;
  });
  return node;
}

const startOver = (way) => h("button", { type: "button", class: "ts-btn ghost", onclick: () => way.begin() }, t("make.others"));

/** @param {Server.MadeRowsView} job */
function jobView(way, job, waiting) {
  const result = job.result || {};
  const busy = MAKE_BUSY.includes(job.status);
  return [h("div", { class: "ts-spread" }, h("strong", { dir: "auto" }, job.name), result.writer ? h("span", { class: "ts-soft ts-small" }, result.host ? t("make.by_host", { model: result.writer, host: result.host }) : t("make.by", { model: result.writer })) : null),
    busy ? jobProgress(way, job) : jobEnd(job),
    result.asks ? leftOut(result) : null,
    h("div", { class: "ts-row" },
      result.made && waiting ? h("a", { class: "ts-btn " + (busy ? "" : "primary"), id: "make-review", href: pageUrl("data", { review: 1, for: job.dataset || undefined }) }, drawIcon("list-checks"), t("make.review", { n: format.number(waiting) })) : null,
      job.resumable ? resumeButton(way, job) : null,
      busy ? null : h("button", { type: "button", class: "ts-btn ghost", onclick: () => way.choose(job.making) }, t("make.again")),
      busy ? null : startOver(way))];
}

function jobProgress(way, job) {
  const made = job.result?.made || 0;
  const words = job.step ? t("make.progress", { n: format.number(job.step), total: format.number(job.total), made: format.number(made) }) : t(job.status === "queued" ? "make.queued" : "make.loading");
  const left = job.step && job.seconds_left ? t("make.left_time", { time: format.roughly(job.seconds_left) }) : "";
  const stop = h("button", { type: "button", class: "ts-btn ghost small", id: "make-stop", disabled: job.status === "stopping", onclick: () => runAction(stop, () => way.ctx.call("make_stop", job.job)) }, drawIcon("circle-stop"), t("make.stop"));
  return h("div", { class: "ts-stack tight" }, h("div", { class: "ts-spread" }, h("span", {}, words, " ", h("span", { class: "ts-soft" }, left)), stop), progressBar(job.total && job.step ? job.step / job.total : null, words));
}

function jobEnd(job) {
  const made = job.result?.made || 0;
  const fault = job.error ? noteBox("danger", reasonBox(job.error)) : null;
  const told = made ? t(made === 1 ? "make.made_one" : "make.made", { n: format.number(made), passages: format.number(job.step) }) : t("make.made_none");
  return [fault, h("p", { id: "make-end" }, told)];
}

/** What the checks left out, by reason, and what it took. */
function leftOut(result) {
  const reasons = Object.entries(result.left_out || {}).sort((one, other) => other[1] - one[1]);
  return h("div", { class: "ts-stack tight" },
    reasons.length ? [h("p", { class: "ts-small" }, t("make.left_out")), h("ul", { class: "make-left ts-small" }, reasons.map(([reason, n]) => h("li", {}, t("make.left." + reason, { n: format.number(n) }))))] : null,
    result.unchecked ? noteBox("info", t("make.unchecked", { n: format.number(result.unchecked) })) : null,
    h("p", { class: "ts-soft ts-small" }, t("make.took", { read: format.number(result.tokens_in), wrote: format.number(result.tokens_out), time: format.duration(result.seconds) })));
}

function resumeButton(way, job) {
  const button = h("button", { type: "button", class: "ts-btn", id: "make-resume", onclick: () => runAction(button, () => way.ctx.call("make_resume", job.job)) }, drawIcon("play"), t("make.resume"));
  return button;
}
