/* A job's numbers: the tiles with what counts now, the loss large, everything else small beside each other. */
"use strict";

TS.jobMetric = {
  MEMORY: ["memory_device_mb", "memory_process_mb"], // of the device where it has its own
  LOSS: [["train_loss", "train"], ["val_loss", "val"]],
  SMALL: [
    ["learning_rate", "jobs.metric.learning_rate"],
    ["grad_norm", "jobs.metric.grad_norm"],
    ["tokens_per_s", "jobs.metric.speed"],
  ],
};

const jobLast = (metrics) => Object.fromEntries(Object.entries(metrics).map(([name, points]) => [name, points.at(-1)?.[1]]));

TS.jobCharts = function (root) {
  const charts = {};
  const big = TS.h("div", { class: "job-chart-big" });
  const small = TS.h("div", { class: "job-chart-grid" });
  const memory = TS.jobMemory();
  const wait = TS.h("p", { class: "ts-soft job-chart-wait" }, TS.icon("gauge"), TS.t("jobs.chart.wait"));
  TS.replace(root, wait, TS.h("section", { class: "ts-card job-chart-card", hidden: true }, big,
    TS.h("p", { class: "ts-small ts-soft" }, TS.t("jobs.chart.lead"))), memory.node, small);

  const put = (holder, name, options, series, markers) => {
    if (!charts[name]) charts[name] = TS.chart(holder(), { ...options, series, markers });
    else charts[name].update(series, markers);
  };
  const update = (metrics, markers, job, plan, added = []) => {
    memory.update(metrics, markers, job, plan);
    const loss = TS.jobMetric.LOSS.filter(([name]) => metrics[name]?.length)
      .map(([name, kind]) => ({ name, kind, label: TS.t("jobs.loss." + kind), points: metrics[name] }));
    const any = loss.length > 0;
    wait.hidden = any || !TS.job.ACTIVE.has(job.status);
    big.parentElement.hidden = !any;
    if (any) put(() => big, "loss", { title: TS.t("jobs.chart.loss"), yLabel: TS.t("jobs.chart.loss"), smoothing: 0.6, log: false }, loss, markers);
    const shown = [...TS.jobMetric.SMALL.map(([name, key]) => [name, TS.t(key)]), ...added.map((one) => [one.key, one.label, one.help])];
    for (const [name, label, help] of shown) {
      if (!(metrics[name]?.length > 1)) continue;
      const holder = () => {
        const card = TS.h("section", { class: "ts-card job-chart-small", title: help || null });
        small.append(card);
        return card;
      };
      put(holder, name, { title: label, yLabel: label, compact: true }, [{ name, label, kind: "neutral", points: metrics[name] }], []);
    }
  };
  return { update };
};

function jobTiles(job, metrics) {
  if (!job.trains) return jobResultTiles(job);
  const last = jobLast(metrics);
  const tile = (label, value, unit = "", line = "") => TS.h("div", { class: "ts-stat" },
    TS.h("b", { class: "ts-num" }, value, unit ? TS.h("small", {}, " " + unit) : null), TS.h("span", line ? { "data-line": line } : {}, label));
  if (!Object.keys(last).length) return null;
  const memory = last.memory_device_mb || last.memory_process_mb;
  return TS.h("div", { class: "job-tile-grid" },
    tile(TS.t("jobs.loss.train"), TS.format.loss(job.train_loss ?? last.train_loss), "", "train"),
    tile(TS.t("jobs.loss.val"), TS.format.loss(job.val_loss ?? last.val_loss), "", "val"),
    tile(TS.t("jobs.tile.step"), TS.format.number(job.step)),
    tile(TS.t("jobs.tile.tokens"), TS.format.number(last.tokens)),
    tile(TS.t("jobs.tile.speed"), TS.format.number(last.tokens_per_s), TS.t("jobs.unit.tokens_s")),
    tile(TS.t("jobs.tile.memory"), memory ? TS.format.bytes(memory * 1e6) : "–"));
}

/** What an export or a model's preparation made. */
function jobResultTiles(job) {
  if (!job.gives_file) return null;
  return TS.h("div", { class: "ts-row" }, TS.job.link("download", TS.t("jobs.download"), "/files/export/" + job.id, "primary"));
}
