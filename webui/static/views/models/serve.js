/* Serving a model with another program: its exact commands, and the export that they need first. */
import { h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { copyText, runAction } from "../../kit/parts.js";
import { said, t } from "../../kit/texts.js";
import { noteBox, segments } from "../shared/form-controls.js";

/**
 * Draws into `holder`; `onstart` makes an export.
 * @param {Ctx<"models">} ctx
 * @param {Server.NamedTuned} model
 * @param {(forms: Server.WantedForm[], kept: "zip" | "folder") => Promise<void>} onstart
 */
export async function modelServing(holder, model, ctx, onstart) {
  const programs = await ctx.call("model_serving", model.id);
  const body = h("div", { class: "ts-stack", "aria-live": "polite" });
  const show = (key) => replaceChildren(body, serveProgram(programs.find((one) => one.key === key) || programs[0], onstart));
  replaceChildren(holder, segments("serve-program", t("models.serve.program"), programs.map((one) => [one.key, said(one.label)]), programs[0].key, show), body);
  show(programs[0].key);
}

/** @param {Server.ServingProgramView} program */
function serveProgram(program, onstart) {
  const served = program.ways.some((way) => !way.reason);
  return [h("p", { class: "ts-soft" }, said(program.help), " ", h("a", { class: "ts-link", href: program.source, target: "_blank", rel: "noreferrer noopener" }, t("models.serve.source"))),
    program.ways.length ? program.ways.map((way) => serveWay(way, onstart)) : noteBox("info", t("models.serve.none")),
    served ? [h("p", { class: "ts-small ts-soft" }, t("models.serve.back")), serveCode("TUNESMITH_SERVERS=" + program.address + (program.keyed ? ' TUNESMITH_SERVER_KEYS="$SERVER_KEY"' : "") + " python app.py")] : null];
}

/** @param {Server.ServingWayView} way */
function serveWay(way, onstart) {
  const make = h("button", { type: "button", class: "ts-btn small", onclick: () => runAction(make, () => onstart([{ format: way.form, params: way.params }], "zip")) }, drawIcon("box", 16), t("models.serve.make"));
  return h("section", { class: "ts-card ts-stack model-serve-way", "aria-label": said(way.label) },
    h("div", {}, h("h3", {}, said(way.label)), h("p", { class: "ts-small ts-soft" }, said(way.about))),
    way.reason ? noteBox("info", said(way.reason)) : [
      way.made ? null : h("div", { class: "ts-spread" }, h("p", { class: "ts-small" }, t("models.serve.first", { form: said(way.label) })), make),
      h("p", { class: "ts-small ts-soft" }, t("models.serve.folder")),
      h("ol", { class: "model-lines" }, way.lines.map((line) => h("li", {}, h("p", {}, said(line.says)), line.code ? serveCode(line.code) : null)))]);
}

const serveCode = (code) => h("div", { class: "model-code" }, h("pre", { tabindex: "0" }, h("code", {}, code)),
  h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("common.copy"), title: t("common.copy"), onclick: () => copyText(code) }, drawIcon("copy")));
