/* Giving an export to a hub: what leaves and to where is read and confirmed first. */
import { h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { openDialog, toast } from "../../kit/parts.js";
import { pageUrl, t } from "../../kit/texts.js";
import { labelledField, noteBox } from "../shared/form-controls.js";

/**
 * @param {Ctx<"models">} ctx
 * @param {number} job of the export
 * @param {number} file which of its files, counted from 0
 */
export async function pushExport(ctx, job, file = 0) {
  const offer = await ctx.call("push_offer", job, file);
  if (!offer.allowed) return void (await openDialog(t("models.push.title"), h("p", {}, t("models.push.not_allowed")), [{ label: t("common.close"), value: "", kind: "primary" }]));
  const input = (id, attributes) => h("input", { class: "ts-input", id, autocomplete: "off", spellcheck: "false", ...attributes });
  const check = (id, key, checked) => {
    const box = h("input", { type: "checkbox", id, checked });
    return { box, node: h("label", { class: "ts-check", for: id }, box, h("span", {}, t(key))) };
  };
  const repo = input("push-repo", { value: "/" + offer.repo, maxlength: "200" });
  const token = input("push-token", { type: "password", maxlength: "400" });
  const hidden = check("push-private", "models.push.private", true);
  const add = check("push-add", "models.push.add", false);
  const read = check("push-confirm", "models.push.confirm", false);
  const said = await openDialog(t("models.push.title"), h("div", { class: "ts-stack" },
    noteBox("warn", h("p", {}, t("models.push.leaves", { size: format.bytes(offer.bytes), host: offer.host || "–" })),
      h("ul", { class: "ts-small" }, offer.files.map((one) => h("li", {}, h("code", {}, one.name), " ", h("span", { class: "ts-num" }, format.bytes(one.bytes)))))),
    labelledField("push-repo", t("models.push.repo"), repo, { help: t("models.push.repo_help") }), hidden.node, add.node,
    offer.token ? pushKept(ctx) : labelledField("push-token", t("models.push.token"), token, { help: t("models.push.token_help") }), read.node), [
    { label: t("common.cancel"), value: "" }, { label: t("models.push.send"), value: "send", kind: "primary" }]);
  if (said !== "send") return;
  try {
    if (token.value.trim()) await ctx.call("push_token", token.value.trim());
    const begun = await ctx.call("push_begin", { export: job, file, repo: repo.value.trim(), private: hidden.box.checked, add: add.box.checked, confirmed: read.box.checked });
    location.assign(pageUrl("jobs", { job: begun }));
  } catch (error) {
    toast(error.message, "danger");
  } finally {
    token.value = "";
  }
}

/** A token that is kept, and the way to take it away.
    @param {Ctx<"models">} ctx */
function pushKept(ctx) {
  const line = h("p", { class: "ts-row ts-small" }, t("models.push.token_kept"),
    h("button", { type: "button", class: "ts-btn small ghost", onclick: async () => { await ctx.call("push_token", ""); line.remove(); } }, t("models.push.token_forget")));
  return line;
}
