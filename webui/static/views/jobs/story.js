/* A job's story: its events as a timeline, the settings it runs with, and the tail of its log. */
"use strict";

const JOB_EVENT_LOOK = { status: ["neutral", "git-branch"], info: ["neutral", "info"], warning: ["warn", "triangle-alert"], error: ["danger", "circle-x"] };

TS.jobEventText = function (event) {
  if (event.kind === "status") return TS.t("jobs.event." + event.code);
  return TS.job.text(["event." + event.code, "error." + event.code, "jobs.event." + event.code], event.params, event.code);
};

TS.jobEvents = function (root) {
  const list = TS.h("ol", { class: "job-timeline", tabindex: "0", "aria-label": TS.t("jobs.events.title") });
  TS.replace(root, TS.h("h2", {}, TS.t("jobs.events.title")), list);
  const add = (events) => {
    for (const event of events) {
      const [kind, icon] = event.kind === "status" ? TS.job.LOOK[event.code] || JOB_EVENT_LOOK.status : JOB_EVENT_LOOK[event.kind] || JOB_EVENT_LOOK.info;
      list.prepend(TS.h("li", { class: kind },
        TS.h("span", { class: "job-timeline-mark" }, TS.icon(icon)),
        TS.h("div", {}, TS.h("p", {}, TS.jobEventText(event)),
          TS.h("p", { class: "ts-small ts-soft ts-num" }, TS.format.when(event.at),
            event.step ? " · " + TS.t("jobs.step_n", { step: TS.format.number(event.step) }) : ""))));
    }
  };
  return { add, clear: () => list.replaceChildren() };
};

/** The whole spec, in words; what differs from the usual is marked. A job never changes its settings: read once. */
TS.jobSettings = async function (root, id, ctx) {
  const rows = await ctx.call("job_settings", id);
  root.hidden = rows.length === 0;
  const [main, rest] = [rows.filter((row) => row.main), rows.filter((row) => !row.main)];
  TS.replace(root,
    TS.h("div", { class: "ts-spread" }, TS.h("h2", {}, TS.t("jobs.settings.title")),
      TS.h("a", { class: "ts-btn small", href: `/files/spec/${id}.yaml`, download: "" }, TS.icon("download"), "YAML")),
    jobSettingGroups(main),
    rest.length ? TS.h("details", { class: "ts-details" }, TS.h("summary", {}, TS.t("jobs.settings.rest", { n: rest.length })), jobSettingGroups(rest)) : null);
};

function jobSettingGroups(rows) {
  const value = (row) => TS.h("dd", { class: "ts-num" }, row.value, row.changed
    ? [" ", TS.h("span", { class: "ts-badge neutral", title: TS.t("jobs.settings.changed_help") }, TS.t("jobs.settings.changed"))] : null);
  return ["method", "training", "budget"].filter((group) => rows.some((row) => row.group === group)).map((group) => [
    TS.h("h3", { class: "ts-label" }, TS.t("jobs.settings." + group)),
    TS.h("dl", { class: "ts-kv" }, rows.filter((row) => row.group === group).map((row) => [TS.h("dt", {}, row.label), value(row)]))]);
}

/** The end of the log, folded; it follows new lines until the reader scrolls up. */
TS.jobLog = function (root) {
  const MOST = 2000;
  const box = TS.h("div", { class: "ts-log", tabindex: "0", role: "log", "aria-label": TS.t("jobs.log.title") });
  const count = TS.h("span", { class: "ts-soft ts-num" });
  const follow = TS.h("input", { type: "checkbox", checked: true });
  const fold = TS.h("details", { class: "ts-details" }, TS.h("summary", {}, TS.t("jobs.log.title"), " ", count),
    TS.h("label", { class: "ts-check" }, follow, TS.h("span", {}, TS.t("jobs.log.follow"))), box);
  let lines = 0;
  const atEnd = () => { box.scrollTop = box.scrollHeight; };
  box.addEventListener("scroll", () => {
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (below > 40) follow.checked = false;
    else if (below < 4) follow.checked = true;
  });
  follow.addEventListener("change", () => follow.checked && atEnd());
  fold.addEventListener("toggle", () => fold.open && follow.checked && atEnd());
  TS.replace(root, fold);
  root.hidden = true;
  const add = (logs) => {
    for (const line of logs) {
      box.append(TS.h("div", { class: "job-log-line " + line.level.toLowerCase() },
        TS.h("time", {}, TS.format.clock(line.at)), " ", TS.h("span", {}, line.text)));
    }
    lines += logs.length;
    while (box.childElementCount > MOST) box.firstElementChild.remove();
    count.textContent = lines ? TS.t("jobs.log.lines", { n: TS.format.number(lines) }) : "";
    root.hidden = lines === 0;
    if (logs.length && follow.checked) atEnd();
  };
  return { add, clear: () => { box.replaceChildren(); lines = 0; } };
};
