/** The Train page: a wizard of five steps, the estimate beside it. State lies in the draft (state.js). */
import { appendAll, h, replaceChildren } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, pageHead, runAction } from "../../kit/parts.js";
import { laterStyles, loadPart } from "../../kit/server.js";
import { pageUrl, queryValue, t } from "../../kit/texts.js";
import { noteBox, reasonBox } from "../shared/form-controls.js";
import { trainDrawEstimate } from "./estimate.js";
import { trainState } from "./state.js";
import { STEPS, walkSteps, whyLine } from "./steps.js";

/** @param {Ctx<"train">} ctx */
export const view = async (root, value, ctx) => {
  const query = Object.fromEntries(["from_job", "starts_from", "dataset", "model", "method", "objective"].map((key) => [key, queryValue(key)]).filter(([, given]) => given));
  const frame = trainFrame();
  replaceChildren(root, frame.page);
  try {
    const loaded = await ctx.call("load_wizard", query);
    const { settings, objectives } = value.forms;
    const forms = { ...value.forms, objectives: objectives.map((one) => ({ ...one, params: one.params.map((at) => settings[at]) })) };
    trainOpen(frame, trainState(ctx, forms, loaded), loaded);
  } catch (error) {
    replaceChildren(frame.panel, noteBox("danger", error.message));
  }
  frame.panel.removeAttribute("aria-busy");
};

/** The empty page: everything has its place before the data comes. */
function trainFrame() {
  const frame = {
    tools: h("div", { class: "ts-row train-tools" }),
    bar: h("nav", { class: "train-bar", "aria-label": t("train.steps") }),
    notes: h("div", { class: "ts-stack train-notes" }),
    panel: h("section", { class: "train-panel", "aria-busy": "true" }),
    estimate: h("aside", { class: "train-estimate", "aria-label": t("train.estimate") }),
  };
  appendAll(frame.panel, ["title", "lead", "block", "block"].map((kind) => h("i", { class: "ts-bone " + kind, "aria-hidden": "true" })));
  appendAll(frame.estimate, [h("i", { class: "ts-bone block", "aria-hidden": "true" })]);
  frame.page = h("div", { class: "ts-page train-page" },
    pageHead(t("train.title"), t("train.lead"), frame.tools),
    frame.bar, frame.notes, h("div", { class: "ts-cols" }, frame.panel, frame.estimate));
  return frame;
}

/** @param {Parts<"train">} w */
function trainOpen(frame, w, { replaced, warnings }) {
  w.notes = frame.notes;
  w.warn = (told) => sayWarnings(w, told);
  const show = (step) => {
    w.patch({ step });
    const drawn = drawStep(frame, w);
    frame.panel.querySelector("h2")?.focus();
    frame.page.scrollIntoView({ block: "start" });
    return drawn;
  };
  const walk = walkSteps(w, show);
  w.go = (step) => { walk.on(step); return show(step); };
  w.redraw = () => drawStep(frame, w);
  w.reload = (draft) => { w.replace(draft); walk.stay(); return drawStep(frame, w); };
  trainDrawEstimate(frame.estimate, w);
  drawTools(frame.tools, w);
  sayWarnings(w, warnings);
  if (replaced && touched(replaced)) offerBack(frame.notes, w, replaced);
  w.on("draft", () => drawBar(frame.bar, w));
  w.on("plan", () => drawBar(frame.bar, w));
  w.on("lists", () => drawBar(frame.bar, w));
  const gather = async () => { if (w.gathers().length) (await import("./gather.js")).suggestGathered(w); };
  w.on("draft", gather);
  gather();
  if (w.draft.starts_from) import("./goes-on.js").then((part) => part.tellStart(w, frame.notes));
  drawStep(frame, w);
  w.replanNow();
  w.lookForOffers();
  w.lookAtFits();
}

/** Was anything chosen in this draft? */
const touched = (draft) => Boolean(draft.dataset || draft.name || Object.keys(draft.training).length || Object.keys(draft.method_params_by).length);

/** @param {Parts<"train">} w */
function offerBack(holder, w, replaced) {
  const note = noteBox("info", h("p", {}, t("train.replaced")),
    h("button", { type: "button", class: "ts-btn small", onclick: () => { note.remove(); w.reload(replaced); } }, t("train.replaced.back")));
  holder.append(note);
}

/** @param {Parts<"train">} w */
function drawStep(frame, w) {
  const step = w.draft.step;
  w.off("step");
  const heading = h("h2", { tabindex: "-1", id: "train-heading" }, t("train." + step + ".title"));
  const body = h("div", { class: "ts-stack train-step", "data-step": step });
  frame.panel.setAttribute("aria-labelledby", "train-heading");
  replaceChildren(frame.panel, heading, h("p", { class: "ts-soft train-lead" }, t("train." + step + ".lead")), body, footer(w));
  drawBar(frame.bar, w);
  return drawBody(w, step, body);
}

/** What draws each step: loaded when the step is opened. */
const STEP_VIEWS = {
  model: async () => (await import("./steps/model.js")).modelStepView,
  data: async () => (await import("./steps/data.js")).dataStepView,
  budget: async () => (await import("./steps/budget.js")).budgetStepView,
  method: async () => (await import("./steps/method.js")).methodStepView,
  review: async () => (await import("./steps/review.js")).reviewStepView,
};

/** @param {Parts<"train">} w */
async function drawBody(w, step, body) {
  try {
    const [draw] = await Promise.all([loadPart(STEP_VIEWS[step]), step === STEPS[0] ? null : laterStyles("train-later")]);
    if (body.isConnected) draw(w, body);
  } catch (error) {
    replaceChildren(body, noteBox("danger", error.message));
  }
}

/**
 * Back and on.
 * @param {Parts<"train">} w
 */
function footer(w) {
  const at = STEPS.indexOf(w.draft.step);
  const back = STEPS[at - 1];
  const on = STEPS[at + 1];
  const button = on ? h("button", { type: "button", class: "ts-btn primary", id: "train-next", onclick: () => w.go(on) },
    t("train.next", { step: t("train.step." + on) }), drawIcon("arrow-right")) : null;
  const why = whyLine(w, "train-why-next", w.draft.step);
  button?.setAttribute("aria-describedby", "train-why-next");
  const ready = () => { if (button) { button.disabled = !w.done(w.draft.step); why.tell(); } };
  w.on("draft", ready, "step");
  w.on("lists", ready, "step");
  ready();
  return h("footer", { class: "ts-spread train-footer" },
    back ? h("button", { type: "button", class: "ts-btn ghost", id: "train-back", onclick: () => w.go(back) }, t("train.back")) : h("span", {}), button ? why.node : null, button);
}

/**
 * The steps, each with what was chosen; those that can be reached are buttons.
 * @param {Parts<"train">} w
 */
function drawBar(bar, w) {
  const at = STEPS.indexOf(w.draft.step);
  replaceChildren(bar, h("ol", { class: "ts-steps" }, STEPS.map((step, index) => {
    const reachable = w.reachable(step);
    const chosen = w.chosen(step) || t("train.step.open");
    const name = t("train.step." + step);
    const done = index < 4 && reachable && w.done(step);
    return h("li", { class: (index === at ? "current " : "") + (done ? "done" : "") },
      h("button", { type: "button", id: "train-step-" + step, "aria-current": index === at ? "step" : null, disabled: !reachable && index > at, title: name + ": " + chosen, onclick: () => w.go(step) },
        h("span", { class: "step-number", "aria-hidden": "true" }, done && index !== at ? drawIcon("check") : index + 1),
        h("span", { class: "step-words" }, h("span", { class: "step-name" }, name),
          h("span", { class: "step-choice", dir: "auto" }, chosen))));
  })));
}

const YAML = {
  importing: async () => (await import("./yaml.js")).importYaml,
  exporting: async () => (await import("./yaml.js")).exportYaml,
};

/** @param {Parts<"train">} w */
function drawTools(holder, w) {
  const button = (id, icon, text, task) => {
    const node = h("button", { type: "button", class: "ts-btn ghost small", id, onclick: () => task(w, node) }, drawIcon(icon), text);
    return node;
  };
  const compare = async () => {
    await w.saved();
    const { base_model: model, dataset } = w.draft;
    location.assign(pageUrl("compare", Object.entries({ new: 1, model, dataset }).filter(([, value]) => value)));
  };
  replaceChildren(holder,
    button("train-compare", "gauge", t("compare.from_train"), compare),
    button("train-stages", "git-branch", t("train.tools.stages"), () => location.assign(pageUrl("jobs", { recipe: "new" }))),
    button("train-import", "upload", t("train.tools.import"), async (_w, node) => (await runAction(node, () => loadPart(YAML.importing)))?.(w)),
    button("train-export", "download", t("train.tools.export"), async (_w, node) => (await runAction(node, () => loadPart(YAML.exporting)))?.(w, node)),
    button("train-fresh", "rotate-ccw", t("train.tools.fresh"), startOver));
}

/**
 * What could not be taken over, above the steps until it is closed.
 * @param {Parts<"train">} w
 */
function sayWarnings(w, warnings) {
  replaceChildren(w.notes, warnings.map((warning) => {
    const note = noteBox("warn", h("p", {}, reasonBox(warning)));
    note.append(h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("common.close"), onclick: () => note.remove() }, drawIcon("x")));
    return note;
  }));
}

/** @param {Parts<"train">} w */
async function startOver(w, button) {
  if (!(await askFirst(t("train.fresh.title"), t("train.fresh.text"), t("train.tools.fresh")))) return;
  const draft = await runAction(button, () => w.ctx.call("start_over"));
  if (!draft) return;
  replaceChildren(w.notes);
  w.reload(draft);
}
