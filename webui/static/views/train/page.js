/* The Train page: a wizard of five steps, the estimate beside it. State lies in the draft (state.js). */
"use strict";
TS.train = TS.train || {};
TS.train.STEPS = ["model", "data", "budget", "method", "review"];

TS.views.trainWizard = async (root, value, ctx) => {
  const query = Object.fromEntries(["from_job", "dataset", "model", "method"].map((key) => [key, TS.query(key)]).filter(([, given]) => given));
  const frame = TS.train.frame();
  TS.replace(root, frame.page);
  try {
    const loaded = await ctx.call("load_wizard", query);
    if (Object.keys(query).length) history.replaceState(null, "", location.pathname);
    TS.train.open(frame, TS.train.state(ctx, value.forms, loaded), loaded);
  } catch (error) {
    TS.replace(frame.panel, TS.note("danger", error.message));
  }
  frame.panel.removeAttribute("aria-busy");
};

/** The empty page: everything has its place before the data comes. */
TS.train.frame = function () {
  const frame = {
    tools: TS.h("div", { class: "ts-row train-tools" }),
    bar: TS.h("nav", { class: "train-bar", "aria-label": TS.t("train.steps") }),
    notes: TS.h("div", { class: "ts-stack train-notes" }),
    panel: TS.h("section", { class: "train-panel", "aria-busy": "true" }),
    estimate: TS.h("aside", { class: "train-estimate", "aria-label": TS.t("train.estimate") }),
  };
  TS.append(frame.panel, ["title", "lead", "block", "block"].map((kind) => TS.h("i", { class: "ts-bone " + kind, "aria-hidden": "true" })));
  TS.append(frame.estimate, [TS.h("i", { class: "ts-bone block", "aria-hidden": "true" })]);
  frame.page = TS.h("div", { class: "ts-page train-page" },
    TS.head(TS.t("train.title"), TS.t("train.lead"), frame.tools),
    frame.bar, frame.notes, TS.h("div", { class: "ts-cols" }, frame.panel, frame.estimate));
  return frame;
};

TS.train.open = function (frame, w, { replaced, warnings }) {
  w.notes = frame.notes;
  w.go = (step) => {
    w.patch({ step });
    TS.train.drawStep(frame, w);
    frame.panel.querySelector("h2")?.focus();
    frame.page.scrollIntoView({ block: "start" });
  };
  w.redraw = () => TS.train.drawStep(frame, w);
  w.reload = (draft) => { w.replace(draft); TS.train.drawStep(frame, w); };
  TS.train.drawEstimate(frame.estimate, w);
  TS.train.drawTools(frame.tools, w);
  TS.train.sayWarnings(w, warnings);
  if (replaced && TS.train.touched(replaced)) TS.train.offerBack(frame.notes, w, replaced);
  w.on("draft", () => TS.train.drawBar(frame.bar, w));
  w.on("plan", () => TS.train.drawBar(frame.bar, w));
  w.on("lists", () => TS.train.drawBar(frame.bar, w));
  TS.train.drawStep(frame, w);
  w.replanNow();
  w.lookForOffers();
};

/** Was anything chosen in this draft? */
TS.train.touched = (draft) => Boolean(draft.dataset || draft.name || Object.keys(draft.training).length || Object.keys(draft.method_params_by).length);

TS.train.offerBack = function (holder, w, replaced) {
  const note = TS.note("info", TS.h("p", {}, TS.t("train.replaced")),
    TS.h("button", { type: "button", class: "ts-btn small", onclick: () => { note.remove(); w.reload(replaced); } }, TS.t("train.replaced.back")));
  holder.append(note);
};

TS.train.drawStep = function (frame, w) {
  const step = w.draft.step;
  w.off("step");
  const heading = TS.h("h2", { tabindex: "-1", id: "train-heading" }, TS.t("train." + step + ".title"));
  const body = TS.h("div", { class: "ts-stack train-step", "data-step": step });
  frame.panel.setAttribute("aria-labelledby", "train-heading");
  TS.replace(frame.panel, heading, TS.h("p", { class: "ts-soft train-lead" }, TS.t("train." + step + ".lead")), body, TS.train.footer(w));
  TS.train.steps[step](w, body);
  TS.train.drawBar(frame.bar, w);
};

/** Back and on. */
TS.train.footer = function (w) {
  const at = TS.train.STEPS.indexOf(w.draft.step);
  const back = TS.train.STEPS[at - 1];
  const on = TS.train.STEPS[at + 1];
  const button = on ? TS.h("button", { type: "button", class: "ts-btn primary", id: "train-next", onclick: () => w.go(on) },
    TS.t("train.next", { step: TS.t("train.step." + on) }), TS.icon("arrow-right")) : null;
  const ready = () => { if (button) button.disabled = !w.done(w.draft.step); };
  w.on("draft", ready, "step");
  w.on("lists", ready, "step");
  ready();
  return TS.h("footer", { class: "ts-spread train-footer" },
    back ? TS.h("button", { type: "button", class: "ts-btn ghost", id: "train-back", onclick: () => w.go(back) }, TS.t("train.back")) : TS.h("span", {}), button);
};

/** The steps, each with what was chosen; those that can be reached are buttons. */
TS.train.drawBar = function (bar, w) {
  const at = TS.train.STEPS.indexOf(w.draft.step);
  TS.replace(bar, TS.h("ol", { class: "ts-steps" }, TS.train.STEPS.map((step, index) => {
    const reachable = TS.train.STEPS.slice(0, index).every((one) => w.done(one));
    const done = index < 4 && reachable && w.done(step);
    return TS.h("li", { class: (index === at ? "current " : "") + (done ? "done" : "") },
      TS.h("button", { type: "button", id: "train-step-" + step, "aria-current": index === at ? "step" : null, disabled: !reachable && index > at, onclick: () => w.go(step) },
        TS.h("span", { class: "step-number", "aria-hidden": "true" }, done && index !== at ? TS.icon("check") : index + 1),
        TS.h("span", { class: "step-words" }, TS.h("span", { class: "step-name" }, TS.t("train.step." + step)),
          TS.h("span", { class: "step-choice", dir: "auto" }, w.chosen(step) || TS.t("train.step.open")))));
  })));
};
