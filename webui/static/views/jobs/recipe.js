/* One run of a recipe: its stages in a column, each with its state, its curves in small and what may be done with it. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, pageHead, runAction, sparkline, toast } from "../../kit/parts.js";
import { poll, sentenceOf } from "../../kit/server.js";
import { hasText, pageUrl, t } from "../../kit/texts.js";
import { noteBox } from "../shared/form-controls.js";
import { JOB_ACTIVE, jobBadge, jobBar, jobBlind, jobButton, jobHeadline, jobLink, jobTry } from "./parts.js";

/** @param {Ctx<"jobs">} ctx */
export function recipeRun(root, run, ctx) {
  const slot = h("div", { class: "ts-stack loose", "aria-busy": "true" });
  replaceChildren(root, h("div", { class: "ts-page recipe-page" },
    h("a", { class: "job-back", href: pageUrl("jobs") }, drawIcon("chevron-right"), t("recipe.back")), slot));
  let version = "", drawn = "";
  const refresh = async () => {
    try {
      const news = await ctx.news("recipe_run", version, run);
      version = news.version;
      const text = JSON.stringify(news.value);
      if (news.value && text !== drawn) {
        drawn = text;
        slot.removeAttribute("aria-busy");
        drawRun(slot, news.value, ctx, refresh);
      }
      return Boolean(news.value);
    } catch (error) {
      if (error.code !== "not_found") throw error;
      replaceChildren(slot, noteBox("danger", sentenceOf(error)));
      return false;
    }
  };
  poll(root, 1000, refresh);
}

/** @param {Server.RecipeRun} run */
function drawRun(slot, run, ctx, refresh) {
  document.title = run.name + " · Tunesmith";
  const stop = h("button", { type: "button", class: "ts-btn", id: "recipe-stop", onclick: async () => {
    if (!(await askFirst(t("recipe.run.stop.title"), t("recipe.run.stop.text"), t("recipe.run.stop")))) return;
    await runAction(stop, () => ctx.call("recipe_stop", run.id));
    await refresh();
  } }, drawIcon("circle-stop"), h("span", {}, t("recipe.run.stop")));
  replaceChildren(slot, pageHead(run.name, [run.label, run.base_model_name].filter(Boolean).join(" · "), run.active ? stop : null),
    h("ol", { class: "recipe-stages", "aria-label": t("recipe.run.stages") }, run.stages.map((stage) => drawStage(stage, run, ctx, refresh))));
}

/** @param {Server.StageRun} stage */
function drawStage(stage, run, ctx, refresh) {
  const job = stage.job;
  const goOn = jobButton("play", t("recipe.run.go_on"), { id: "recipe-go-on-" + stage.key, class: "ts-btn primary", onclick: async (event) => {
    const done = await runAction(event.currentTarget, async () => { await ctx.call("recipe_go_on", run.id, stage.key); return true; });
    if (done) toast(t("recipe.run.went_on"), "good");
    await refresh();
  } });
  return h("li", { class: "ts-card recipe-run-stage", "data-stage": stage.key, "data-state": job?.status || "gone" },
    h("div", { class: "ts-spread" }, h("h2", {}, t("recipe.stage", { n: stage.place, label: stage.label })), job ? jobBadge(job) : null),
    h("p", { role: "status" }, job ? jobHeadline(job) : t("recipe.run.gone")),
    stage.takes.length ? h("p", { class: "ts-small ts-soft" }, t("recipe.run.takes", { stages: stage.takes.join(", ") })) : null,
    job && JOB_ACTIVE.has(job.status) ? jobBar(job) : null,
    drawCurves(stage.curves),
    h("div", { class: "ts-row" },
      stage.can_go_on ? goOn : null,
      job ? jobLink("list-checks", t("recipe.run.open"), pageUrl("jobs", { job: job.id })) : null,
      job?.tuned_id ? [jobTry(job, "recipe.run.chat"), jobBlind(job)] : null));
}

const curveName = (name) => (hasText("jobs.loss.short." + name.replace("_loss", "")) ? t("jobs.loss.short." + name.replace("_loss", "")) : name);

/** @param {Record<string, number[][]>} curves */
function drawCurves(curves) {
  const lines = Object.entries(curves).map(([name, points]) => {
    const label = t("recipe.run.curve", { name: curveName(name), first: format.number(points[0][1], 3), last: format.number(points[points.length - 1][1], 3) });
    return h("figure", { class: "recipe-curve" }, sparkline(points, label), h("figcaption", { class: "ts-small ts-soft ts-num" }, label));
  });
  return lines.length ? h("div", { class: "recipe-curves" }, lines) : null;
}
