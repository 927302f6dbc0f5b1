/* The Playground: one question, answered side by side by the base and its tuned models. What is said lies in the database;
   this view reads it again and again, so a refresh in mid-answer or a second tab shows the same words. */
"use strict";

TS.views.playground = async function (root, _value, ctx) {
  let start;
  try {
    start = await ctx.call("chat_start");
  } catch (error) {
    return TS.replace(root, TS.h("div", { class: "ts-wide" }, TS.head(TS.t("playground.title")), playNote("danger", error.message)));
  }
  if (!start.options.bases.length) return TS.replace(root, playEmpty());
  const play = { ctx, start, dom: {}, id: null, view: null, turns: [], asked: null, error: "", wait: false, status: start.status, suggestions: [] };
  playChoose(play);
  playFrame(root, play);
  const id = Number(TS.query("conversation"));
  if (id) await playOpen(play, id);
  playDraw(play);
  playSuggest(play);
  playFollow(root, play);
};

/** The models of a fresh comparison: those of the address (?tuned=2, ?tuned=2,3 or ?base=1), else the newest tuned model. */
function playChoose(play) {
  const bases = play.start.options.bases;
  const all = bases.flatMap((base) => base.tuned);
  const wanted = (TS.query("tuned") || "").split(",").map((id) => all.find((one) => one.id === Number(id))).filter(Boolean);
  const newest = TS.query("base") ? [] : [...all].sort((a, b) => b.created_at - a.created_at).slice(0, 1);
  const chosen = wanted.length ? wanted : newest;
  const base = bases.find((one) => one.tuned.includes(chosen[0])) || bases.find((one) => one.id === Number(TS.query("base"))) || bases[0];
  const tuned = chosen.filter((one) => base.tuned.includes(one)).slice(0, 2).map((one) => one.id);
  Object.assign(play, { base: base.id, tuned, settings: { ...play.start.defaults } });
}

/** The address of the models chosen for a fresh comparison. */
TS.playFresh = (play) => TS.playAddress(play.tuned.length ? { tuned: play.tuned.join(",") } : { base: play.base });

TS.playBase = (play) => play.start.options.bases.find((base) => base.id === play.base);

/** The sides shown, in order: {side, kind, badge, name}. A second tuned model differs by a word, not by a colour alone. */
TS.playSides = function (play) {
  const base = TS.playBase(play);
  const named = (id) => base?.tuned.find((one) => one.id === id)?.name || play.view?.sides.find((one) => one.side === "tuned:" + id)?.label || "#" + id;
  const examples = (id) => base?.tuned.find((one) => one.id === id)?.format === "shots" || play.view?.sides.some((one) => one.side === "tuned:" + id && one.kind === "fewshot");
  const trained = play.tuned.filter((id) => !examples(id));
  const badge = (id) => (examples(id) ? TS.t("playground.fewshot") : trained.length > 1 ? TS.t("playground.tuned_n", { letter: "ABC"[trained.indexOf(id)] }) : TS.t("playground.tuned"));
  return [
    { side: "base", kind: "base", badge: TS.t("playground.base"), name: base?.name || play.view?.base_name || "" },
    ...play.tuned.map((id, i) => ({
      side: "tuned:" + id, kind: (examples(id) ? "fewshot" : "tuned") + (i ? " second" : ""), name: named(id), badge: badge(id),
    })),
  ];
};

function playFrame(root, play) {
  const part = (name, tag = "div", attributes = {}) => (play.dom[name] = TS.h(tag, { class: "play-" + name, ...attributes }));
  const button = (icon, key, run) => TS.h("button", { type: "button", class: "ts-btn small", id: "play-do-" + icon, onclick: run },
    TS.icon(icon), TS.h("span", {}, TS.t(key)));
  TS.replace(root, TS.h("div", { class: "ts-wide play" },
    TS.head(TS.t("playground.title"), TS.t("playground.lead"),
      button("plus", "playground.new", () => playNew(play)),
      button("clock", "playground.history", () => TS.playHistory(play)),
      button("settings", "playground.settings", () => TS.playSettings(play))),
    part("heads"), part("turns"), part("welcome"), part("note"),
    TS.h("div", { class: "play-foot" }, part("chips"), part("composer", "form", { onsubmit: (event) => { event.preventDefault(); TS.playAsk(play); } }),
      TS.h("div", { class: "ts-spread play-under ts-small ts-soft" },
        TS.h("span", { class: "play-hint" }, TS.t("playground.keys")), part("memory", "span"))),
    part("live", "div", { class: "ts-sr", role: "status", "aria-live": "polite" })));
  TS.playComposer(play);
}

async function playOpen(play, id) {
  try {
    const view = await play.ctx.call("chat_view", id);
    Object.assign(play, { id, view, base: view.base_model_id, tuned: [...view.tuned_ids], readOnly: view.read_only, settings: { ...play.start.defaults, ...view.settings } });
    play.turns = TS.playTurns(view.messages);
  } catch (error) {
    play.error = error.message;
    TS.playAddress(null);
  }
}

/** The page's address is its state: a conversation, or the models of a fresh one. */
TS.playAddress = (query) => history.replaceState(null, "", TS.url("playground", query || undefined));

function playNew(play) {
  TS.playStop(play);
  Object.assign(play, { id: null, view: null, readOnly: null, turns: [], asked: null, error: "" });
  TS.playFresh(play);
  playDraw(play);
  playSuggest(play);
  play.dom.input.focus();
}

async function playSuggest(play) {
  const tuned = play.tuned[0] ?? null;
  play.suggestions = await play.ctx.call("chat_suggestions", tuned).catch(() => []);
  playDraw(play);
}
TS.playSuggest = playSuggest;

/** Fetch what is new: often while somebody answers, seldom otherwise (another tab may write, memory may be given back). */
function playFollow(root, play) {
  let last = 0;
  let failed = false;
  TS.poll(root, 200, async () => {
    const calm = !play.wait && !TS.playBusy(play);
    if (calm && !failed && Date.now() - last < 3000) return;
    last = Date.now();
    failed = true;
    await TS.playRefresh(play);
    failed = false;
  });
}

TS.playRefresh = async function (play) {
  const id = play.id;
  const feed = await play.ctx.call("chat_feed", id, Math.max(0, play.turns.length - 1));
  if (play.id !== id) return;
  play.status = feed.status;
  if (id && feed.messages) play.turns = [...play.turns.slice(0, -1).filter((turn) => !feed.messages.some((m) => m.turn === turn.turn)), ...TS.playTurns(feed.messages)];
  if (play.asked !== null && play.turns.some((turn) => turn.turn >= play.askedTurn)) play.asked = null;
  playDraw(play);
};

TS.playBusy = (play) => play.turns.at(-1)?.answers.some((answer) => answer.status === "streaming") || false;

/** Who reads the newest words keeps seeing them while they grow. */
function playDraw(play) {
  const page = document.scrollingElement;
  const follows = play.turns.length > 0 && page.scrollHeight - page.scrollTop - page.clientHeight < 120;
  TS.playHeads(play);
  TS.playDrawTurns(play);
  playTellNote(play);
  TS.playChips(play);
  TS.playTellMemory(play);
  TS.playTellState(play);
  if (follows) page.scrollTop = page.scrollHeight;
}
TS.playDraw = playDraw;

function playTellNote(play) {
  const reason = play.error || (play.readOnly ? TS.job.text(["error." + play.readOnly.code], play.readOnly.params, "") : "");
  if (play.dom.note.dataset.reason === reason) return;
  play.dom.note.dataset.reason = reason;
  TS.replace(play.dom.note, reason ? playNote("warn", reason) : null);
}

const playNote = (kind, text) => TS.h("div", { class: "ts-note " + kind, role: "alert" },
  TS.icon(kind === "danger" ? "circle-x" : "triangle-alert"), TS.h("p", {}, text));

function playEmpty() {
  return TS.h("div", { class: "ts-page" }, TS.head(TS.t("playground.title"), TS.t("playground.lead")),
    TS.h("div", { class: "ts-empty" }, TS.icon("messages-square"), TS.h("p", {}, TS.t("playground.empty")),
      TS.h("p", { class: "ts-soft" }, TS.t("playground.empty_more")),
      TS.h("div", { class: "ts-row" },
        TS.h("a", { class: "ts-btn primary", href: TS.url("") }, TS.icon("sparkles"), TS.t("playground.empty_try")),
        TS.h("a", { class: "ts-btn", href: TS.url("train") }, TS.icon("wand-sparkles"), TS.t("playground.train")))));
}
