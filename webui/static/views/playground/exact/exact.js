/* How an answer was made: the exact prompt with its control tokens, every setting, and the same asked once more. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { copyText, openDialog, runAction, toast } from "../../../kit/parts.js";
import { t } from "../../../kit/texts.js";
import { noteBox } from "../../shared/form-controls.js";

/** @param {Parts<"playground">} play */
export async function exactDialog(play, item, answer) {
  try {
    const made = await play.ctx.call("chat_exact", play.id, item.turn, answer.side);
    const body = h("div", { class: "ts-stack play-exact-body" }, exactPrompt(made), exactFacts(made), askedAgain(play, item, made));
    const closed = openDialog(t("exact.prompt"), body, [{ label: t("common.close"), value: "" }], { wide: true });
    /** @type {HTMLElement | null} */ (body.querySelector(".play-prompt"))?.focus(); // it begins with the prompt, not with the button at its end
    await closed;
  } catch (error) {
    toast(error.message, "danger");
  }
}

/** @param {Server.ExactAnswer} made */
function exactPrompt(made) {
  if (!made.prompt.length) return h("p", {}, t("exact.lead_old"));
  const whole = made.prompt.map((part) => part.text).join("");
  const lead = t("exact.lead", { n: format.number(made.prompt_tokens) });
  return [h("p", {}, lead),
    h("div", { class: "ts-tokens play-prompt", dir: "auto", tabindex: "0", role: "group", "aria-label": t("exact.prompt") },
      made.prompt.map((part) => (part.control ? h("span", { class: "trained" }, part.text) : part.text))),
    h("div", { class: "ts-row" }, h("button", { type: "button", class: "ts-btn small", id: "exact-copy", onclick: () => copyText(whole) }, drawIcon("copy"), h("span", {}, t("exact.copy"))))];
}

const exactReason = (reason) => (["end", "length", "stopped", "failed"].includes(reason) ? t("exact.reason." + reason) : reason);

/** @param {Server.ExactAnswer} made */
function exactFacts(made) {
  const seconds = (n) => t("exact.fact.seconds", { n: format.number(n, 2) });
  const hash = (text) => h("span", { class: "ts-mono ts-small" }, text);
  /** @type {[string, Child][]} */
  const facts = [
    ["exact.fact.model", made.name],
    ["exact.fact.weights", made.weights_hash && hash(made.weights_hash)],
    ["exact.fact.template", made.template && (made.template_sha256 ? t("exact.fact.template_of", { name: made.template }) : t("exact.fact.template_none"))],
    ["exact.fact.template_sha256", made.template_sha256 && hash(made.template_sha256)],
    ["exact.fact.prompt_sha256", made.prompt_sha256 && [hash(made.prompt_sha256), h("br"), h("small", { class: "ts-soft" }, t("exact.fact.prompt_help"))]],
    ["exact.fact.temperature", known(made.temperature, (n) => format.number(n, 2))],
    ["exact.fact.top_p", known(made.top_p, (n) => format.number(n, 2))],
    ["exact.fact.max_tokens", known(made.max_tokens, format.number)],
    ["exact.fact.seed", known(made.seed, String)],
    ["exact.fact.tokens", known(made.tokens, format.number)],
    ["exact.fact.reason", made.reason && exactReason(made.reason)],
    ["exact.fact.first", known(made.first_token_s, seconds)],
    ["exact.fact.speed", known(made.tokens_per_second, (n) => t("playground.speed", { n: format.number(n, 1) }))],
    ["exact.fact.device", made.device],
    ["exact.fact.precision", made.precision],
    ["exact.fact.threads", known(made.threads, format.number)],
    ["exact.fact.engine", made.engine],
    ["exact.fact.libraries", made.libraries.join(" · ")],
    ["exact.fact.made", format.when(made.made_at)],
  ];
  return h("section", { class: "ts-stack tight", "aria-labelledby": "exact-facts" }, h("h3", { id: "exact-facts" }, t("exact.facts")),
    h("dl", { class: "ts-kv" }, facts.filter(([, value]) => value).map(([key, value]) => [h("dt", {}, t(key)), h("dd", {}, value)])));
}

const known = (value, shown) => (value === null || value === undefined ? null : shown(value));

/**
 * The same once more: beside the conversation, which stays as it is.
 * @param {Parts<"playground">} play
 * @param {Server.ExactAnswer} made
 */
function askedAgain(play, item, made) {
  if (!made.again) return null;
  if (!made.same_weights) return noteBox("info", t("exact.other_now"));
  const out = h("div", { class: "ts-stack tight", role: "status", "aria-live": "polite" });
  const run = async () => {
    const again = await play.ctx.call("chat_exact_again", play.id, item.turn, made.side);
    const where = again.device ? t("exact.again_where", { device: again.device, precision: again.precision ?? "" }) : null;
    replaceChildren(out, noteBox(again.same ? "good" : "warn", again.same ? t("exact.again_same") : t("exact.again_other", { n: format.number((again.at ?? 0) + 1) })),
      again.same ? null : h("div", { class: "ts-bubble assistant", dir: "auto" }, again.text), where ? h("p", { class: "ts-soft ts-small" }, where) : null);
  };
  const button = h("button", { type: "button", class: "ts-btn", id: "exact-again", onclick: () => runAction(button, run) }, drawIcon("refresh-cw"), h("span", {}, t("exact.again")));
  return h("section", { class: "ts-stack tight" }, h("div", { class: "ts-row" }, button, h("span", { class: "ts-soft ts-small" }, t("exact.again_help"))), out);
}
