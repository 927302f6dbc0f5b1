/* Bringing data: a data set of Hugging Face. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { t } from "../../../kit/texts.js";
import { goTo, wayCard } from "./way-card.js";
import { labelledField, noteBox, reasonBox } from "../../shared/form-controls.js";

/**
 * A data set of a hub; the download goes on in the background.
 * @param {Ctx<"data">} ctx
 */
export function hubWay(ctx, close) {
  const input = (key) => h("input", { class: "ts-input", id: "data-hub-" + key, type: "text", maxlength: "300", autocomplete: "off", spellcheck: false });
  const [name, split, folder] = ["name", "split", "folder"].map(input);
  const field = (key, control) => labelledField("data-hub-" + key, t("data.hub." + key), control, { help: t("data.hub." + key + ".help") });
  const first = field("name", name);
  const go = h("button", { class: "ts-btn primary" }, drawIcon("download"), t("data.hub.go"));
  const state = h("div", { class: "ts-stack", "aria-live": "polite" });
  ctx.call("fetches").then((found) => { if (found.length) hubWatch(state, found[0], ctx, go); }, () => {});
  return wayCard("hub", close, h("form", { class: "ts-stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    first.setError("");
    if (go.disabled) return;
    go.setAttribute("aria-busy", "true");
    try {
      const { job } = await ctx.call("fetch_data", name.value, split.value, folder.value);
      hubWatch(state, await ctx.call("fetch_state", job), ctx, go);
    } catch (error) {
      first.setError(error.message);
    }
    go.removeAttribute("aria-busy");
  } }, first,
  h("details", { class: "ts-details" }, h("summary", {}, t("data.hub.more")), h("div", { class: "form-grid" }, field("split", split), field("folder", folder))),
  h("div", { class: "ts-row" }, go), state));
}

/**
 * Tell how far a download is, until it ends.
 * @param {Ctx<"data">} ctx
 */
function hubWatch(state, fetch, ctx, go) {
  const words = h("span", {});
  const holder = h("div", {});
  const stop = h("button", { type: "button", class: "ts-btn ghost small", onclick: () => runAction(stop, () => ctx.call("stop_fetch", fetch.job)) }, t("data.hub.stop"));
  const end = (shown) => { unwatch(); go.disabled = false; replaceChildren(state, shown); };
  const draw = (now) => {
    if (now.dataset) return goTo(now.dataset);
    if (now.ended) return end(now.error ? noteBox("danger", reasonBox(now.error)) : noteBox("info", t("data.hub.stopped")));
    const sizes = { name: now.name, done: format.bytes(now.done), total: format.bytes(now.total) };
    const word = now.status === "queued" ? "waiting" : !now.total ? "preparing" : now.done >= now.total ? "reading" : "busy";
    words.textContent = t("data.hub." + word, sizes);
    replaceChildren(holder, progressBar(now.total ? now.done / now.total : null, now.name));
  };
  go.disabled = true;
  replaceChildren(state, h("div", { class: "ts-spread" }, words, stop), holder);
  draw(fetch);
  const unwatch = poll(state, 700, async () => draw(await ctx.call("fetch_state", fetch.job)));
}
