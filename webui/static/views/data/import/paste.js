/* Other ways to bring data: pasted text, a typed table, a data set of a hub. One of them is open at a time. */
"use strict";
TS.data = TS.data || {};

TS.data.WAYS = [["paste", "file-text"], ["sheet", "table"], ["hub", "download"]];

/** Three quiet buttons; what they open stands below the drop zone and is named in the address (?add=sheet). */
TS.data.ways = function (ctx) {
  const panel = TS.h("div", { class: "data-way" });
  const buttons = TS.data.WAYS.map(([key, icon]) => TS.h("button", { type: "button", class: "ts-btn small", id: "data-way-" + key, "aria-expanded": "false", "aria-controls": "data-way", onclick: () => toggle(key) },
    TS.icon(icon), TS.t("data.sources." + key)));
  panel.id = "data-way";
  let open = "";
  const toggle = (key) => {
    const closing = open;
    open = key === open ? "" : key;
    TS.data.WAYS.forEach(([one], place) => buttons[place].setAttribute("aria-expanded", String(one === open)));
    TS.replace(panel, open ? TS.data.way[open](ctx, () => toggle(open)) : null);
    history.replaceState(null, "", TS.url("data", open ? { add: open } : undefined));
    if (open) panel.querySelector("textarea, input")?.focus();
    else document.getElementById("data-way-" + closing)?.focus();
  };
  const row = TS.h("div", { class: "ts-row data-ways", role: "group", "aria-label": TS.t("data.sources.label") }, buttons);
  return { row, panel, start: () => { const wanted = TS.query("add"); if (TS.data.way[wanted]) toggle(wanted); } };
};

TS.data.way = {};

TS.data.wayCard = (key, close, ...children) => TS.h("section", { class: "ts-card", "aria-labelledby": "data-way-title" },
  TS.h("div", { class: "ts-spread data-way-head" }, TS.h("h2", { id: "data-way-title" }, TS.t("data." + key + ".title")),
    TS.h("button", { type: "button", class: "ts-icon-btn", "aria-label": TS.t("data.sources.close"), title: TS.t("data.sources.close"), onclick: close }, TS.icon("x"))),
  TS.h("p", { class: "ts-soft ts-small" }, TS.t("data." + key + ".help")), children);

TS.data.goTo = (id) => location.assign(TS.url("data", { dataset: id }));

/** Pasted text. */
TS.data.way.paste = function (ctx, close) {
  const count = TS.h("span", { class: "ts-soft ts-small ts-num" });
  const text = TS.h("textarea", { class: "ts-textarea data-paste", id: "data-paste", rows: "10", spellcheck: false, dir: "auto",
    oninput: () => { count.textContent = TS.t("data.paste.count", { n: TS.format.number(text.value.length) }); field.setError(""); } });
  const name = TS.h("input", { class: "ts-input", id: "data-paste-name", type: "text", maxlength: "120" });
  const field = TS.field("data-paste", TS.t("data.paste.label"), text, { extra: count });
  const go = TS.h("button", { class: "ts-btn primary" }, TS.t("data.paste.go"));
  return TS.data.wayCard("paste", close, TS.h("form", { class: "ts-stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (!text.value.trim()) return field.setError(TS.t("data.paste.empty")) || text.focus();
    go.setAttribute("aria-busy", "true");
    try {
      TS.data.goTo(await ctx.call("paste_data", text.value, name.value));
    } catch (error) {
      field.setError(error.message);
    }
    go.removeAttribute("aria-busy");
  } }, field, TS.h("div", { class: "data-way-foot" }, TS.field("data-paste-name", TS.t("data.paste.name"), name, {}), go)));
};

/** A typed table; what is typed is kept on the server as it is typed. */
TS.data.way.sheet = function (ctx, close) {
  const holder = TS.h("div", { class: "ts-stack", "aria-busy": "true" }, TS.h("i", { class: "ts-bone block", "aria-hidden": "true" }));
  ctx.call("sheet_draft").then((draft) => { TS.data.sheetForm(holder, draft, ctx); holder.querySelector(".sheet-name")?.focus(); }, (error) => TS.replace(holder, TS.note("danger", error.message)));
  return TS.data.wayCard("sheet", close, holder);
};

TS.data.SHEET = { columns: ["instruction", "output"], rows: [], name: "" };

TS.data.sheetForm = function (holder, draft, ctx) {
  const kept = { ...TS.data.SHEET, ...draft };
  let done = false;
  const state = TS.h("span", { class: "ts-soft ts-small", role: "status" });
  const filled = TS.h("span", { class: "ts-small ts-num" });
  const wrong = TS.h("div", {});
  const name = TS.h("input", { class: "ts-input", id: "data-sheet-name", type: "text", maxlength: "120", value: kept.name, oninput: () => changed() });
  const now = () => ({ ...sheet.value(), rows: TS.data.filledRows(sheet.value().rows), name: name.value });
  const save = TS.debounce(400, async () => {
    if (done) return;
    try {
      await ctx.call("keep_sheet", now());
      state.textContent = TS.t("data.sheet.kept");
    } catch (error) {
      state.textContent = TS.t("data.sheet.not_kept", { reason: error.message });
    }
  });
  const count = () => { filled.textContent = TS.t("data.sheet.filled", { n: TS.format.number(sheet.value().rows.filter((row) => row.some((cell) => cell.trim())).length) }); };
  const changed = () => { state.textContent = TS.t("data.sheet.keeping"); count(); save(); };
  const sheet = TS.data.sheet({ columns: kept.columns, rows: kept.rows, changed });
  const go = TS.h("button", { type: "button", class: "ts-btn primary", onclick: async () => {
    go.setAttribute("aria-busy", "true");
    try {
      const id = await ctx.call("type_data", sheet.value().columns, TS.data.filledRows(sheet.value().rows), name.value);
      done = true;
      save.cancel();
      TS.data.goTo(id);
    } catch (error) {
      TS.replace(wrong, TS.note("danger", error.message));
    }
    go.removeAttribute("aria-busy");
  } }, TS.t("data.sheet.go"));
  const clear = TS.h("button", { type: "button", class: "ts-btn ghost", onclick: async () => {
    if (!(await TS.confirm(TS.t("data.sheet.clear.title"), TS.t("data.sheet.clear.text"), TS.t("data.sheet.clear")))) return;
    save.cancel();
    await TS.act(clear, () => ctx.call("keep_sheet", null));
    TS.data.sheetForm(holder, null, ctx);
  } }, TS.t("data.sheet.clear"));
  TS.keepDraft("data_sheet", save, () => (done ? null : now()));
  count();
  holder.removeAttribute("aria-busy");
  TS.replace(holder, sheet.node, wrong, TS.h("div", { class: "data-way-foot" }, TS.field("data-sheet-name", TS.t("data.sheet.name"), name, {}),
    TS.h("div", { class: "ts-row" }, go, clear, filled, state)));
};

/** Without the empty rows at the end. */
TS.data.filledRows = (rows) => rows.slice(0, rows.findLastIndex((row) => row.some((cell) => cell.trim())) + 1);

/** A data set of a hub; the download goes on in the background. */
TS.data.way.hub = function (ctx, close) {
  const input = (key) => TS.h("input", { class: "ts-input", id: "data-hub-" + key, type: "text", maxlength: "300", autocomplete: "off", spellcheck: false });
  const [name, split, folder] = ["name", "split", "folder"].map(input);
  const field = (key, control) => TS.field("data-hub-" + key, TS.t("data.hub." + key), control, { help: TS.t("data.hub." + key + ".help") });
  const first = field("name", name);
  const go = TS.h("button", { class: "ts-btn primary" }, TS.icon("download"), TS.t("data.hub.go"));
  const state = TS.h("div", { class: "ts-stack", "aria-live": "polite" });
  ctx.call("fetches").then((found) => { if (found.length) TS.data.hubWatch(state, found[0], ctx, go); }, () => {});
  return TS.data.wayCard("hub", close, TS.h("form", { class: "ts-stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    first.setError("");
    if (go.disabled) return;
    go.setAttribute("aria-busy", "true");
    try {
      const { job } = await ctx.call("fetch_data", name.value, split.value, folder.value);
      TS.data.hubWatch(state, await ctx.call("fetch_state", job), ctx, go);
    } catch (error) {
      first.setError(error.message);
    }
    go.removeAttribute("aria-busy");
  } }, first,
  TS.h("details", { class: "ts-details" }, TS.h("summary", {}, TS.t("data.hub.more")), TS.h("div", { class: "form-grid" }, field("split", split), field("folder", folder))),
  TS.h("div", { class: "ts-row" }, go), state));
};

/** Tell how far a download is, until it ends. */
TS.data.hubWatch = function (state, fetch, ctx, go) {
  const words = TS.h("span", {});
  const holder = TS.h("div", {});
  const stop = TS.h("button", { type: "button", class: "ts-btn ghost small", onclick: () => TS.act(stop, () => ctx.call("stop_fetch", fetch.job)) }, TS.t("data.hub.stop"));
  const end = (shown) => { unwatch(); go.disabled = false; TS.replace(state, shown); };
  const draw = (now) => {
    if (now.dataset) return TS.data.goTo(now.dataset);
    if (now.ended) return end(now.error ? TS.note("danger", TS.reason(now.error)) : TS.note("info", TS.t("data.hub.stopped")));
    const sizes = { name: now.name, done: TS.format.bytes(now.done), total: TS.format.bytes(now.total) };
    const word = now.status === "queued" ? "waiting" : !now.total ? "preparing" : now.done >= now.total ? "reading" : "busy";
    words.textContent = TS.t("data.hub." + word, sizes);
    TS.replace(holder, TS.progress(now.total ? now.done / now.total : null, now.name));
  };
  go.disabled = true;
  TS.replace(state, TS.h("div", { class: "ts-spread" }, words, stop), holder);
  draw(fetch);
  const unwatch = TS.poll(state, 700, async () => draw(await ctx.call("fetch_state", fetch.job)));
};

/** Another sheet of an Excel file has other columns: the draft is looked at anew. */
TS.data.sheetField = function (set, ctx) {
  const sheets = set.reading?.sheets || [];
  if (set.status !== "draft" || sheets.length < 2) return null;
  const select = TS.select("data-sheet", sheets.map((name) => [name, name]), set.reading.sheet, async (name) => {
    if (await TS.act(select, async () => { await ctx.call("choose_sheet", set.id, name); return true; })) location.reload();
  });
  return TS.field("data-sheet", TS.t("data.reading.sheet"), select, {});
};

/** Why a file was left out, in the reader's language. */
TS.data.refusal = (params) => (params.fault ? { ...params, reason: TS.reason(params.fault) } : params);
