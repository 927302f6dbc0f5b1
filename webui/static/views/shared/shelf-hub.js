/** What of the shelf is not at hand: what a hub finds, and a folder of one's own. */
import { h } from "../../kit/dom.js";
import { drawIcon } from "../../kit/icons.js";
import { runAction } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { debounce, labelledField, onlyLatest, reasonBox } from "./form-controls.js";

const LEAST_WORDS = 2;
const HUB_NAME = /^[\w.-]+\/[\w.-]+$/;

/**
 * Returns {look(again), group()}: look() asks for what was typed, when nothing was typed for a moment; group() draws what came.
 */
export function hubSearch(self) {
  const state = { found: null, lost: null, asked: "" };
  const ask = onlyLatest(() => self.ctx.call("search_models", state.asked), (found) => { Object.assign(state, { found, lost: found.error }); self.tell(); },
    (error) => { Object.assign(state, { found: null, lost: error }); self.tell(); });
  const later = debounce(350, ask);
  const look = (again) => {
    if (state.asked === self.words && !again) return;
    Object.assign(state, { asked: self.words, found: null, lost: null });
    later.cancel();
    if (self.words.length >= LEAST_WORDS) later();
    self.tell();
  };
  return { look, state, group: () => hubGroup(self, state, () => look(true)) };
}

/** What the hub finds, or why there is nothing of it. */
function hubGroup(self, { found, lost, asked }, again) {
  const { words } = self;
  const known = [...(self.list?.models || []), ...self.cached].filter(self.above).map((one) => one.ref);
  const hits = (found?.models || []).filter((one) => !known.includes(one.ref) && self.wants(one));
  const exact = HUB_NAME.test(words) && ![...known, ...hits.map((one) => one.ref)].includes(words) ? [{ ref: words }] : [];
  const rows = [...hits, ...exact];
  const said = words.length < LEAST_WORDS ? t("pick.hub.idle") : lost ? null : !found || asked !== words ? t("pick.hub.busy") : rows.length || found.models.length ? "" : t("pick.hub.none", { words });
  return self.group("hub", found?.hub ? t("pick.hub.named", { hub: found.hub }) : t("pick.hub"), null,
    rows.length ? self.rows(rows) : null,
    lost ? h("div", { class: "ts-row" }, h("p", { class: "ts-small ts-error", role: "alert" }, reasonBox(lost)),
      h("button", { type: "button", class: "ts-btn small", id: "pick-again", onclick: again }, drawIcon("rotate-ccw", 16), t("pick.again"))) : null,
    h("p", { class: "ts-small ts-soft", role: "status" }, said));
}

/** A folder of this machine with a model in it. */
export function folderForm(self) {
  const input = h("input", { class: "ts-input", id: "pick-folder", type: "text", placeholder: "/home/me/models/my-model", autocomplete: "off", spellcheck: "false", autocapitalize: "off", required: true });
  const button = h("button", { class: "ts-btn" }, drawIcon("folder"), t("pick.folder.use"));
  const field = labelledField("pick-folder", t("pick.folder.path"), input, { help: t("pick.folder.help"), box: h("div", { class: "pick-inline" }, input, button) });
  const add = async () => {
    field.setError("");
    try {
      await self.take(await self.ctx.call("add_folder", input.value));
      input.value = "";
    } catch (error) {
      field.setError(error.message);
    }
  };
  return h("form", { onsubmit: (event) => { event.preventDefault(); runAction(button, add); } }, field);
}
