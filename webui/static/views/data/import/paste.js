/* Other ways to bring data: pasted text, a typed table, a data set of a hub. One of them is open at a time. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { askFirst, progressBar } from "../../../kit/parts.js";
import { poll } from "../../../kit/server.js";
import { pageUrl, queryValue, t } from "../../../kit/texts.js";
import { runAction } from "../../../kit/toast.js";
import { dataSheet } from "./sheet.js";
import { debounce, keepDraft, labelledField, noteBox, reasonBox, selectField } from "../../shared/form-controls.js";

const WAYS = [["paste", "file-text"], ["sheet", "table"], ["hub", "download"]];

/** Three quiet buttons; what they open stands below the drop zone and is named in the address (?add=sheet). */
export function dataWays(ctx) {
  const panel = h("div", { class: "data-way" });
  const buttons = WAYS.map(([key, icon]) => h("button", { type: "button", class: "ts-btn small", id: "data-way-" + key, "aria-expanded": "false", "aria-controls": "data-way", onclick: () => toggle(key) },
    drawIcon(icon), t("data.sources." + key)));
  panel.id = "data-way";
  let open = "";
  const toggle = (key) => {
    const closing = open;
    open = key === open ? "" : key;
    WAYS.forEach(([one], place) => buttons[place].setAttribute("aria-expanded", String(one === open)));
    replaceChildren(panel, open ? WAY[open](ctx, () => toggle(open)) : null);
    history.replaceState(null, "", pageUrl("data", open ? { add: open } : undefined));
    if (open) panel.querySelector("textarea, input")?.focus();
    else document.getElementById("data-way-" + closing)?.focus();
  };
  const row = h("div", { class: "ts-row data-ways", role: "group", "aria-label": t("data.sources.label") }, buttons);
  return { row, panel, start: () => { const wanted = queryValue("add"); if (wanted in WAY) toggle(wanted); } };
}

const WAY = { paste: pasteWay, sheet: sheetWay, hub: hubWay };

const wayCard = (key, close, ...children) => h("section", { class: "ts-card", "aria-labelledby": "data-way-title" },
  h("div", { class: "ts-spread data-way-head" }, h("h2", { id: "data-way-title" }, t("data." + key + ".title")),
    h("button", { type: "button", class: "ts-icon-btn", "aria-label": t("data.sources.close"), title: t("data.sources.close"), onclick: close }, drawIcon("x"))),
  h("p", { class: "ts-soft ts-small" }, t("data." + key + ".help")), children);

const goTo = (id) => location.assign(pageUrl("data", { dataset: id }));

/** Pasted text. */
function pasteWay(ctx, close) {
  const count = h("span", { class: "ts-soft ts-small ts-num" });
  const text = h("textarea", { class: "ts-textarea data-paste", id: "data-paste", rows: "10", spellcheck: false, dir: "auto",
    oninput: () => { count.textContent = t("data.paste.count", { n: format.number(text.value.length) }); field.setError(""); } });
  const name = h("input", { class: "ts-input", id: "data-paste-name", type: "text", maxlength: "120" });
  const field = labelledField("data-paste", t("data.paste.label"), text, { extra: count });
  const go = h("button", { class: "ts-btn primary" }, t("data.paste.go"));
  return wayCard("paste", close, h("form", { class: "ts-stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (!text.value.trim()) return field.setError(t("data.paste.empty")) || text.focus();
    go.setAttribute("aria-busy", "true");
    try {
      goTo(await ctx.call("paste_data", text.value, name.value));
    } catch (error) {
      field.setError(error.message);
    }
    go.removeAttribute("aria-busy");
  } }, field, h("div", { class: "data-way-foot" }, labelledField("data-paste-name", t("data.paste.name"), name, {}), go)));
}

/** A typed table; what is typed is kept on the server as it is typed. */
function sheetWay(ctx, close) {
  const holder = h("div", { class: "ts-stack", "aria-busy": "true" }, h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  ctx.call("sheet_draft").then((draft) => { sheetForm(holder, draft, ctx); holder.querySelector(".sheet-name")?.focus(); }, (error) => replaceChildren(holder, noteBox("danger", error.message)));
  return wayCard("sheet", close, holder);
}

const SHEET = { columns: ["instruction", "output"], rows: [], name: "" };

function sheetForm(holder, draft, ctx) {
  const kept = { ...SHEET, ...draft };
  let done = false;
  const state = h("span", { class: "ts-soft ts-small", role: "status" });
  const filled = h("span", { class: "ts-small ts-num" });
  const wrong = h("div", {});
  const name = h("input", { class: "ts-input", id: "data-sheet-name", type: "text", maxlength: "120", value: kept.name, oninput: () => changed() });
  const now = () => ({ ...sheet.value(), rows: filledRows(sheet.value().rows), name: name.value });
  const save = debounce(400, async () => {
    if (done) return;
    try {
      await ctx.call("keep_sheet", now());
      state.textContent = t("data.sheet.kept");
    } catch (error) {
      state.textContent = t("data.sheet.not_kept", { reason: error.message });
    }
  });
  const count = () => { filled.textContent = t("data.sheet.filled", { n: format.number(sheet.value().rows.filter((row) => row.some((cell) => cell.trim())).length) }); };
  const changed = () => { state.textContent = t("data.sheet.keeping"); count(); save(); };
  const sheet = dataSheet({ columns: kept.columns, rows: kept.rows, changed });
  const go = h("button", { type: "button", class: "ts-btn primary", onclick: async () => {
    go.setAttribute("aria-busy", "true");
    try {
      const id = await ctx.call("type_data", sheet.value().columns, filledRows(sheet.value().rows), name.value);
      done = true;
      save.cancel();
      goTo(id);
    } catch (error) {
      replaceChildren(wrong, noteBox("danger", error.message));
    }
    go.removeAttribute("aria-busy");
  } }, t("data.sheet.go"));
  const clear = h("button", { type: "button", class: "ts-btn ghost", onclick: async () => {
    if (!(await askFirst(t("data.sheet.clear.title"), t("data.sheet.clear.text"), t("data.sheet.clear")))) return;
    save.cancel();
    await runAction(clear, () => ctx.call("keep_sheet", null));
    sheetForm(holder, null, ctx);
  } }, t("data.sheet.clear"));
  keepDraft("data_sheet", save, () => (done ? null : now()));
  count();
  holder.removeAttribute("aria-busy");
  replaceChildren(holder, sheet.node, wrong, h("div", { class: "data-way-foot" }, labelledField("data-sheet-name", t("data.sheet.name"), name, {}),
    h("div", { class: "ts-row" }, go, clear, filled, state)));
}

/** Without the empty rows at the end. */
const filledRows = (rows) => rows.slice(0, rows.findLastIndex((row) => row.some((cell) => cell.trim())) + 1);

/** A data set of a hub; the download goes on in the background. */
function hubWay(ctx, close) {
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

/** Tell how far a download is, until it ends. */
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

/** Another sheet of an Excel file has other columns: the draft is looked at anew. */
export function sheetField(set, ctx) {
  const sheets = set.reading?.sheets || [];
  if (set.status !== "draft" || sheets.length < 2) return null;
  const select = selectField("data-sheet", sheets.map((name) => [name, name]), set.reading.sheet, async (name) => {
    if (await runAction(select, async () => { await ctx.call("choose_sheet", set.id, name); return true; })) location.reload();
  });
  return labelledField("data-sheet", t("data.reading.sheet"), select, {});
}

/** Why a file was left out, in the reader's language. */
export const refusal = (params) => (params.fault ? { ...params, reason: reasonBox(params.fault) } : params);
