/* Keys of the API: made and shown once, what each did, revoked; and how a program uses one. */
import { h, replaceChildren } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, copyText, openDialog, runAction } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { labelledField, noteBox, segments } from "../shared/form-controls.js";

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.ApiKeysView} first
 */
export function keysSection(holder, ctx, first) {
  const list = h("div", {}), made = h("div", { role: "status" }), example = h("div", { class: "ts-card ts-stack" });
  const self = { ctx, found: first, language: "curl" };
  const draw = () => {
    replaceChildren(list, self.found.keys.length ? keyTable(self, refresh) : h("p", { class: "ts-small ts-soft" }, t("settings.keys.none")));
    keyExample(example, self);
  };
  const refresh = async () => { self.found = await ctx.call("keys_start"); draw(); };
  draw();
  replaceChildren(holder, keyForm(self, made, refresh), made, list, example);
}

function keyForm(self, made, refresh) {
  const name = h("input", { class: "ts-input", id: "key-name", type: "text", maxlength: "120", autocomplete: "off" });
  const limit = h("input", { class: "ts-input", id: "key-limit", type: "number", min: "1", max: String(self.found.most), step: "1", value: String(self.found.usual) });
  const nameField = labelledField("key-name", t("settings.keys.name"), name, { help: t("settings.keys.name.help") });
  const limitField = labelledField("key-limit", t("settings.keys.limit"), limit, { help: t("settings.keys.limit.help") });
  const button = h("button", { class: "ts-btn", id: "key-make" }, drawIcon("plus", 16), t("settings.keys.make"));
  const make = async () => {
    nameField.setError("");
    limitField.setError("");
    try {
      const answer = await self.ctx.call("key_make", name.value, Math.round(Number(limit.value)) || 0);
      name.value = "";
      keyShown(made, answer);
      await refresh();
    } catch (error) {
      (error.code === "api.bad_limit" ? limitField : nameField).setError(error.message);
    }
  };
  return h("form", { class: "ts-card settings-key-form", novalidate: true, onsubmit: (event) => { event.preventDefault(); runAction(button, make); } }, nameField, limitField, h("div", {}, button));
}

/**
 * The one time that a key is told.
 * @param {Server.MadeKey} answer
 */
function keyShown(holder, answer) {
  const copy = h("button", { type: "button", class: "ts-btn small", id: "key-copy", onclick: () => copyText(answer.secret) }, drawIcon("copy", 16), t("common.copy"));
  const away = h("button", { type: "button", class: "ts-btn small ghost", onclick: () => replaceChildren(holder) }, t("settings.keys.kept"));
  replaceChildren(holder, noteBox("good", h("p", {}, t("settings.keys.once", { name: answer.key.name })),
    h("code", { class: "settings-path settings-secret", id: "key-secret" }, answer.secret), h("div", { class: "ts-row" }, copy, away)));
  copy.focus();
}

function keyTable(self, refresh) {
  const heads = ["key", "limit", "used", "requests", "tokens", "state"].map((key) => h("th", { scope: "col" }, t("settings.keys." + key)));
  return h("div", { class: "ts-table-wrap", tabindex: "0", role: "region", "aria-label": t("settings.keys.table") },
    h("table", { class: "ts-table", id: "key-table" },
      h("thead", {}, h("tr", {}, heads, h("th", { scope: "col" }, h("span", { class: "ts-sr" }, t("settings.keys.acts"))))),
      h("tbody", {}, self.found.keys.map((key) => keyRow(self, key, refresh)))));
}

/** @param {Server.ApiKeyView} key */
function keyRow(self, key, refresh) {
  const [kind, icon] = key.revoked_at ? ["neutral", "circle-x"] : ["good", "circle-check"];
  const state = h("span", { class: "ts-badge " + kind }, drawIcon(icon), t(key.revoked_at ? "settings.keys.revoked" : "settings.keys.open"));
  return h("tr", { "data-key": String(key.id) },
    h("td", {}, h("b", { dir: "auto" }, key.name), h("br"), h("code", { class: "ts-small ts-soft" }, key.shown)),
    [key.per_minute, key.used_at ? format.when(key.used_at) : t("settings.keys.never"), key.requests, key.tokens].map((value) =>
      h("td", { class: typeof value === "number" ? "ts-num" : null }, typeof value === "number" ? format.number(value) : value)),
    h("td", { title: key.revoked_at ? format.when(key.revoked_at) : null }, state),
    h("td", {}, h("div", { class: "ts-row settings-key-acts" }, keyActs(self, key, refresh))));
}

/** @param {Server.ApiKeyView} key */
function keyActs(self, key, refresh) {
  const act = (icon, text, danger, run) => {
    const button = h("button", { type: "button", class: "ts-icon-btn" + (danger ? " danger" : ""), "aria-label": text, title: text }, drawIcon(icon));
    button.addEventListener("click", async () => { if (await run(button)) await refresh(); });
    return button;
  };
  const surely = (what, call) => async (button) => (await askFirst(t(`settings.keys.${what}_title`, { name: key.name }), t(`settings.keys.${what}_text`), t(`settings.keys.${what}_do`)))
    && runAction(button, async () => { await call(); return true; });
  return [
    act("pencil", t("settings.keys.rename", { name: key.name }), false, (button) => keyRename(self.ctx, key, button)),
    key.revoked_at ? act("trash-2", t("settings.keys.delete", { name: key.name }), true, surely("delete", () => self.ctx.call("key_delete", key.id)))
      : act("circle-x", t("settings.keys.revoke", { name: key.name }), true, surely("revoke", () => self.ctx.call("key_revoke", key.id))),
  ];
}

/**
 * @param {Ctx<"settings">} ctx
 * @param {Server.ApiKeyView} key
 */
async function keyRename(ctx, key, button) {
  const input = h("input", { class: "ts-input", id: "key-new-name", type: "text", maxlength: "120", value: key.name });
  const actions = [{ label: t("common.cancel"), value: "" }, { label: t("settings.keys.rename_do"), value: "yes", kind: "primary" }];
  const said = await openDialog(t("settings.keys.rename_title"), labelledField("key-new-name", t("settings.keys.name"), input), actions);
  return said === "yes" && runAction(button, async () => { await ctx.call("key_rename", key.id, input.value); return true; });
}

/** The address of this page and a model that is here, as a terminal and as Python ask them. */
function keyExample(holder, self) {
  const address = location.origin + "/v1", model = self.found.model || t("settings.keys.your_model");
  const code = h("pre", { class: "ts-log settings-code", tabindex: "0", "aria-label": t("settings.keys.example"), id: "key-example" });
  const draw = () => { code.textContent = EXAMPLES[self.language](address, model, t("settings.keys.question")); };
  const pick = (value) => { self.language = value; draw(); };
  draw();
  replaceChildren(holder,
    h("div", { class: "ts-spread" }, h("span", { class: "ts-label" }, t("settings.keys.address")),
      h("div", { class: "ts-row" }, h("code", { class: "settings-path", id: "key-address" }, address),
        h("button", { type: "button", class: "ts-btn small ghost", onclick: () => copyText(address) }, drawIcon("copy", 16), t("common.copy")))),
    h("div", { class: "ts-spread" }, segments("key-example-language", t("settings.keys.example"), [["curl", "curl"], ["python", "Python"]], self.language, pick),
      h("button", { type: "button", class: "ts-btn small ghost", onclick: () => copyText(code.textContent) }, drawIcon("copy", 16), t("settings.keys.copy_example"))),
    code, h("p", { class: "ts-small ts-soft" }, t("settings.keys.example.help")));
}

/** A text as one word of a shell. */
const shellWord = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

const EXAMPLES = {
  curl: (address, model, question) => [
    `curl ${address}/chat/completions \\`,
    '  -H "Authorization: Bearer $TUNESMITH_KEY" -H "Content-Type: application/json" \\',
    "  -d " + shellWord(JSON.stringify({ model, messages: [{ role: "user", content: question }] })),
  ].join("\n"),
  python: (address, model, question) => [
    "import openai, os",
    `client = openai.OpenAI(base_url=${JSON.stringify(address)}, api_key=os.environ["TUNESMITH_KEY"])`,
    `answer = client.chat.completions.create(model=${JSON.stringify(model)}, messages=[{"role": "user", "content": ${JSON.stringify(question)}}])`,
    "print(answer.choices[0].message.content)",
  ].join("\n"),
};
