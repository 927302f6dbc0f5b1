/* What plans warn of, where they are chosen and where they are started. */
import { h } from "../../kit/dom.js";
import { noteBox } from "../shared/form-controls.js";
import { changeButton } from "./estimate.js";

/**
 * What a plan warns of, with the button that takes the reason away where the planner knows one.
 * @param {Parts<"train">} w
 */
export const planWarnings = (w, warnings) => (warnings || []).map((one) => noteBox("warn", h("p", { "data-warning": one.code }, one.message), changeButton(w, one.change, null)));
