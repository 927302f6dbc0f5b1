/* What the list of jobs and one job's own view share: status, progress, sentences, actions, and keyed drawing. */
"use strict";

TS.job = {
  ACTIVE: new Set(["starting", "running", "stopping"]),
  LOOK: {
    queued: ["neutral", "clock"], starting: ["train", "refresh-cw"], running: ["train", "play"], stopping: ["warn", "square"],
    succeeded: ["good", "circle-check"], stopped: ["neutral", "square"], cancelled: ["neutral", "x"],
    failed: ["danger", "circle-x"], interrupted: ["warn", "triangle-alert"], stalled: ["warn", "triangle-alert"],
  },
  /** The status as people should read it: a worker that went silent is not "running". */
  state: (job) => (job.stalled && TS.job.ACTIVE.has(job.status) ? "stalled" : job.status),

  badge(job) {
    const state = TS.job.state(job);
    const [kind, icon] = TS.job.LOOK[state] || ["neutral", "info"];
    return TS.h("span", { class: "ts-badge job-badge " + kind, "data-status": state }, TS.icon(icon), TS.t("jobs.status." + state));
  },

  fraction(job) {
    if (job.status === "succeeded") return 1;
    if (job.fraction !== null && job.fraction !== undefined) return job.fraction;
    return job.total_steps ? Math.min(1, job.step / job.total_steps) : 0;
  },

  bar(job) {
    const percent = Math.round(100 * TS.job.fraction(job));
    const look = { succeeded: " good", failed: " danger", interrupted: " warn", stopped: " still", cancelled: " still" }[job.status] || "";
    return TS.h("div", {
      class: "ts-progress" + look, role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100",
      "aria-valuenow": String(percent), "aria-label": TS.t("jobs.progress_of", { name: job.name }),
    }, TS.h("i", { style: { width: percent + "%" } }));
  },

  /** "about 4 min left", the place in the queue, or when it ended: one short line under the bar. */
  soon(job) {
    if (job.status === "queued") {
      return job.queue_place > 1 ? TS.t("jobs.queue_place", { n: job.queue_place }) : TS.t("jobs.queue_next");
    }
    if (TS.job.ACTIVE.has(job.status)) {
      if (job.status === "stopping") return TS.t("jobs.status.stopping");
      if (job.seconds_left !== null && job.seconds_left !== undefined && job.step > 0) {
        return TS.t("jobs.left", { time: TS.format.duration(job.seconds_left) });
      }
      return job.phase ? TS.job.phase(job) : TS.t("jobs.status." + job.status);
    }
    if (!job.started_at || !job.finished_at) return "";
    return TS.t("jobs.took", { time: TS.format.duration(job.finished_at - job.started_at) });
  },

  phase: (job) => TS.said(job.phase_label),

  /** The first of `keys` that the catalogue has, filled in; else `fallback`. */
  text(keys, params, fallback) {
    const key = keys.find((k) => TS.texts && k in TS.texts);
    return key ? TS.t(key, params) : fallback;
  },

  error: (error) => (error ? TS.job.text(["error." + error.code], error.params, TS.t("jobs.error_unknown", { code: error.code })) : ""),

  headline: (job) => (job.headline?.text ? TS.said(job.headline.text) : job.headline ? TS.job.text(["headline." + job.headline.code], job.headline.params, "") : ""),

  /** The time of today, else the date; whole on hover. */
  when(epoch) {
    if (!epoch) return "";
    const date = new Date(epoch * 1000);
    const today = date.toDateString() === new Date().toDateString();
    const text = today ? date.toLocaleTimeString(TS.locale(), { timeStyle: "short" }) : date.toLocaleDateString(TS.locale(), { month: "short", day: "numeric" });
    return TS.h("time", { datetime: date.toISOString(), title: TS.format.when(epoch) }, text);
  },

  kind: (job) => (job.trains ? job.method_label || job.method : TS.said(job.title)),

  /** Stop, cancel, resume or delete; what cannot be undone asks once. Resolves to true when it was done. */
  async act(ctx, button, job, action) {
    if (action === "cancel" || action === "delete") {
      const sure = await TS.confirm(TS.t(`jobs.${action}.title`, { name: job.name }), TS.t(`jobs.${action}.text`), TS.t(`jobs.${action}.do`));
      if (!sure) return false;
    }
    const done = await TS.act(button, async () => {
      await ctx.call("job_act", job.id, action);
      return true;
    });
    if (done) TS.toast(TS.t(`jobs.${action}.done`, { name: job.name }), "good");
    return Boolean(done);
  },

  button(icon, label, attributes) {
    return TS.h("button", { type: "button", class: "ts-btn", ...attributes }, TS.icon(icon), TS.h("span", {}, label));
  },
  link(icon, label, href, look = "") {
    return TS.h("a", { class: "ts-btn " + look, href }, TS.icon(icon), TS.h("span", {}, label));
  },
};

/** Draw `items` into `parent`, one node an item: untouched while its JSON is the same, so focus and hover survive ticks. */
TS.keyed = function (parent, items, key, draw) {
  const had = parent.tsKeyed || new Map();
  const now = new Map();
  const focused = parent.contains(document.activeElement) ? document.activeElement.id : "";
  items.forEach((item, index) => {
    const name = String(key(item));
    const text = JSON.stringify(item);
    let entry = had.get(name);
    if (!entry || entry.text !== text) {
      const node = draw(item, index);
      entry?.node.replaceWith(node);
      entry = { node, text };
    }
    now.set(name, entry);
    if (parent.children[index] !== entry.node) parent.insertBefore(entry.node, parent.children[index] || null);
  });
  for (const [name, entry] of had) if (!now.has(name)) entry.node.remove();
  parent.tsKeyed = now;
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
};
