/* A job's story: its events as a timeline, the settings it runs with, and the tail of its log. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { jobLook } from "./parts.js";

const JOB_EVENT_LOOK = { status: ["neutral", "git-branch"], info: ["neutral", "info"], warning: ["warn", "triangle-alert"], error: ["danger", "circle-x"] };

export function jobEventText(event) {
  if (event.kind === "status") return t("jobs.event." + event.code);
  return event.message ?? event.code;
}

export function jobEvents(root) {
  const list = h("ol", { class: "job-timeline", tabindex: "0", "aria-label": t("jobs.events.title") });
  replaceChildren(root, h("h2", {}, t("jobs.events.title")), list);
  const add = (events, job) => {
    for (const event of events) {
      const [kind, icon] = event.kind === "status" ? jobLook(event.code, job) || JOB_EVENT_LOOK.status : JOB_EVENT_LOOK[event.kind] || JOB_EVENT_LOOK.info;
      list.prepend(h("li", { class: kind },
        h("span", { class: "job-timeline-mark" }, drawIcon(icon)),
        h("div", {}, h("p", {}, jobEventText(event)),
          h("p", { class: "ts-small ts-soft ts-num" }, format.when(event.at),
            job.trains && event.step ? " · " + t("jobs.step_n", { step: format.number(event.step) }) : ""))));
    }
  };
  return { add, clear: () => list.replaceChildren() };
}

/**
 * The whole spec, in words; what differs from the usual is marked. A job never changes its settings: read once.
 * @param {Ctx<"jobs">} ctx
 */
export async function jobSettings(root, id, ctx) {
  const rows = await ctx.call("job_settings", id);
  root.hidden = rows.length === 0;
  const [main, rest] = [rows.filter((row) => row.main), rows.filter((row) => !row.main)];
  replaceChildren(root,
    h("div", { class: "ts-spread" }, h("h2", {}, t("jobs.settings.title")),
      h("a", { class: "ts-btn small", href: `/files/spec/${id}.yaml`, download: "" }, drawIcon("download"), "YAML")),
    jobSettingGroups(main),
    rest.length ? h("details", { class: "ts-details" }, h("summary", {}, t("jobs.settings.rest", { n: rest.length })), jobSettingGroups(rest)) : null);
}

function jobSettingGroups(rows) {
  const value = (row) => h("dd", { class: "ts-num" }, row.value, row.changed
    ? [" ", h("span", { class: "ts-badge neutral", title: t("jobs.settings.changed_help") }, t("jobs.settings.changed"))] : null);
  return ["method", "training", "budget"].filter((group) => rows.some((row) => row.group === group)).map((group) => [
    h("h3", { class: "ts-label" }, t("jobs.settings." + group)),
    h("dl", { class: "ts-kv" }, rows.filter((row) => row.group === group).map((row) => [h("dt", {}, row.label), value(row)]))]);
}

/** The end of the log, folded; it follows new lines until the reader scrolls up. */
export function jobLog(root) {
  const MOST = 2000;
  const box = h("div", { class: "ts-log", tabindex: "0", role: "log", "aria-label": t("jobs.log.title") });
  const count = h("span", { class: "ts-soft ts-num" });
  const follow = h("input", { type: "checkbox", checked: true });
  const fold = h("details", { class: "ts-details" }, h("summary", {}, t("jobs.log.title"), " ", count),
    h("label", { class: "ts-check" }, follow, h("span", {}, t("jobs.log.follow"))), box);
  let lines = 0;
  const atEnd = () => { box.scrollTop = box.scrollHeight; };
  box.addEventListener("scroll", () => {
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (below > 40) follow.checked = false;
    else if (below < 4) follow.checked = true;
  });
  follow.addEventListener("change", () => follow.checked && atEnd());
  fold.addEventListener("toggle", () => fold.open && follow.checked && atEnd());
  replaceChildren(root, fold);
  root.hidden = true;
  const add = (logs) => {
    for (const line of logs) {
      box.append(h("div", { class: "job-log-line " + line.level.toLowerCase() },
        h("time", {}, format.clock(line.at)), " ", h("span", {}, line.text)));
    }
    lines += logs.length;
    while (box.childElementCount > MOST) box.firstElementChild?.remove();
    count.textContent = lines ? t("jobs.log.lines", { n: format.number(lines) }) : "";
    root.hidden = lines === 0;
    if (logs.length && follow.checked) atEnd();
  };
  return { add, clear: () => { box.replaceChildren(); lines = 0; } };
}
