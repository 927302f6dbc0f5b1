/* The checkpoints of a job that are still there: each can be asked in the playground, beside what the job left. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { pageUrl, t } from "../../kit/texts.js";
import { jobLink } from "./parts.js";

/** @param {Server.JobCheckpoint[]} checkpoints */
export function jobCheckpoints(slot, job, checkpoints) {
  const losses = checkpoints.map((one) => one.metrics.val_loss).filter(Number.isFinite);
  const least = losses.length > 1 ? Math.min(...losses) : null;
  const best = checkpoints.findLast((one) => one.metrics.val_loss === least)?.id;
  replaceChildren(slot, checkpoints.length ? h("section", { class: "ts-card" },
    h("h2", {}, t("jobs.checkpoints.title")), h("p", { class: "ts-soft ts-small" }, t("jobs.checkpoints.lead")),
    h("ul", { class: "job-kept" }, checkpoints.map((one) => keptStep(job, one, one.id === best)))) : null);
}

function keptStep(job, one, best) {
  const loss = Number.isFinite(one.metrics.val_loss) ? t("jobs.checkpoints.loss", { loss: format.number(one.metrics.val_loss, 3) }) : null;
  const sides = ["base", job.tuned_id ? "tuned:" + job.tuned_id : null, "checkpoint:" + one.id].filter(Boolean);
  return h("li", { class: "ts-spread" }, h("span", { class: "ts-row" }, h("b", {}, t("jobs.checkpoints.step", { step: format.number(one.step) })),
    h("span", { class: "ts-soft ts-small" }, [loss, format.bytes(one.bytes)].filter(Boolean).join(" · ")), best ? h("span", { class: "ts-badge good" }, t("jobs.checkpoints.best")) : null),
  jobLink("messages-square", t("jobs.checkpoints.try"), pageUrl("playground", { sides: sides.join(",") }), "small"));
}
