/* Taking a tuned model away: where it shall run, which forms of it, and what was made, with the proof of each file. */
import { h } from "../../kit/dom.js";
import { runAction } from "../../kit/parts.js";
import { loadPart } from "../../kit/server.js";
import { t } from "../../kit/texts.js";
import { exportChoice } from "./exports-choose.js";
import { exportsMade } from "./exports-made.js";
import { exportPlaces } from "./places.js";

/**
 * The section, and `follow`, which the page calls again and again while it is open.
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 */
export function modelDownloads(model, ctx) {
  const state = { version: "", there: "" };
  const made = exportsMade();
  const follow = async () => {
    const news = await ctx.news("model_exports", state.version, model.id);
    if (!news.value) return false;
    state.version = news.version;
    made.draw(news.value, again, cancel);
    const there = JSON.stringify(news.value.map((job) => job.files.map((file) => file.there)));
    if (state.there !== there) places.refresh();
    state.there = there;
    return true;
  };
  /** @type {(forms: Server.WantedForm[], kept: "zip" | "folder") => Promise<void>} */
  const start = async (forms, kept) => {
    await ctx.call("model_export", model.id, forms, kept);
    await follow();
    made.node.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "nearest" });
  };
  /** @param {Server.ExportedForm} file */
  const again = (file) => start([{ format: file.format, params: file.params }], file.folder ? "folder" : "zip");
  const cancel = async (id) => { await ctx.call("model_export_cancel", id); await follow(); };
  const places = exportPlaces(model, ctx, start);
  made.proofs = (job, file) => ctx.call("export_proof", job, file);
  made.push = async (job, file) => {
    const give = await loadPart(async () => (await import("./push.js")).pushExport);
    return give(ctx, job, file);
  };
  return {
    node: h("section", { class: "ts-stack model-exports", "aria-labelledby": "model-exports" }, h("h2", { id: "model-exports" }, t("models.downloads")),
      places.node, made.node, exportChoice(model, ctx, start), model.talks ? serveFold(model, ctx, start) : null),
    follow,
  };
}

/**
 * Other programs that serve it; asked for anew each time that it is opened, as exports come and go.
 * @param {Server.NamedTuned} model
 * @param {Ctx<"models">} ctx
 */
function serveFold(model, ctx, start) {
  const holder = h("div", { class: "ts-stack" });
  const open = () => fold.open && runAction(holder, async () => (await loadPart(async () => (await import("./serve.js")).modelServing))(holder, model, ctx, start));
  const fold = h("details", { class: "ts-details", id: "model-serve", ontoggle: open }, h("summary", {}, t("models.serve.title")), h("div", { class: "ts-stack" }, h("p", { class: "ts-small ts-soft" }, t("models.serve.lead")), holder));
  return fold;
}
