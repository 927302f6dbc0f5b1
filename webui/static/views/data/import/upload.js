/* Uploading: a drop zone for one file or several, with progress, cancel, and errors in place. */
import { h, replaceChildren } from "../../../kit/dom.js";
import { format } from "../../../kit/format.js";
import { drawIcon } from "../../../kit/icons.js";
import { progressBar, runAction } from "../../../kit/parts.js";
import { fromWire, poll, randomKey } from "../../../kit/server.js";
import { pageUrl, t } from "../../../kit/texts.js";
import { noteBox, reasonBox } from "../../shared/form-controls.js";

const OWN_READING = "ts-reading"; // the job that this browser's last upload became: those of others are followed by their own pages
const ACCEPT = ".jsonl,.ndjson,.json,.csv,.tsv,.parquet,.arrow,.feather,.xlsx,.xls,.ods,.sqlite,.sqlite3,.db,.html,.htm,.txt,.md,.docx,.pdf,.epub,.zip,.gz,.bz2,.xz,.zst";

/**
 * A zone to drop files on, with a button for everybody else; `more` stands below.
 * @param {Ctx<"data">} ctx
 */
export function dropZone(maxMegabytes, more, ctx) {
  const input = h("input", { type: "file", accept: ACCEPT, multiple: true, id: "data-file", class: "ts-hidden-input", tabindex: "-1", "aria-label": t("data.upload.choose_many") });
  const state = h("div", { class: "data-upload-state", "aria-live": "polite" });
  const button = h("button", { type: "button", class: "ts-btn primary", onclick: () => input.click() }, drawIcon("upload"), t("data.upload.choose_many"));
  const zone = h("section", { class: "data-drop", "aria-label": t("data.upload.title") },
    h("div", { class: "data-drop-words" },
      h("p", { class: "data-drop-title" }, t("data.upload.many")),
      h("p", { class: "ts-soft ts-small" }, t("data.upload.reads", { size: format.bytes(maxMegabytes * 1e6) }))),
    button, input, state, more);
  const setBusy = (busy) => {
    button.disabled = busy;
    zone.classList.toggle("busy", busy);
  };
  const send = (files) => files.length && uploadAll(files, maxMegabytes, state, setBusy, ctx);
  ctx.call("readings").then((found) => {
    const own = found.find((one) => String(one.job) === localStorage.getItem(OWN_READING));
    if (own && !zone.classList.contains("busy")) readingWatch(state, own, setBusy, ctx);
  }, () => {});
  input.addEventListener("change", () => { send([...(input.files || [])]); input.value = ""; });
  dropTarget(zone, send);
  return zone;
}

function dropTarget(zone, send) {
  let depth = 0;
  const holdsFiles = (event) => [...event.dataTransfer.types].includes("Files");
  const mark = (change) => { depth += change; zone.classList.toggle("over", depth > 0); };
  zone.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { event.preventDefault(); mark(1); } });
  zone.addEventListener("dragleave", (event) => { if (holdsFiles(event)) mark(-1); });
  zone.addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
  zone.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    if (!zone.classList.contains("busy")) send([...event.dataTransfer.files]);
  });
}

/** Send files one after another as one data set; on success go to its own view. */
async function uploadAll(files, maxMegabytes, state, setBusy, ctx) {
  const limit = maxMegabytes * 1e6;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const fail = (text) => { setBusy(false); replaceChildren(state, noteBox("danger", text)); };
  if (size > limit) {
    const sizes = { size: format.bytes(size), limit: format.bytes(limit) };
    return fail(files.length > 1 ? t("data.upload.too_large_all", sizes) : t("data.upload.too_large", { name: files[0].name, ...sizes }));
  }
  setBusy(true);
  const answer = await sendFiles(files, "/api/uploads", state);
  if (answer.stopped) return setBusy(false) || replaceChildren(state);
  if (answer.dataset) return location.assign(pageUrl("data", { dataset: answer.dataset }));
  if (answer.job) localStorage.setItem(OWN_READING, String(answer.job));
  if (answer.job) return readingWatch(state, await ctx.call("reading_state", answer.job), setBusy, ctx);
  return fail(sendingFault(answer));
}

/** Send files that belong together, one after another, with progress in `state`: the server's answer to the last one, or {stopped}. */
export async function sendFiles(files, address, state) {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const bar = uploadBar(state, files);
  const group = files.length > 1 ? randomKey() : "";
  let before = 0;
  let answer;
  for (const [place, file] of files.entries()) {
    answer = await upload(address, file, group && { "X-Group": group, "X-Group-Place": String(place), "X-Group-Count": String(files.length) }, bar,
      (loaded) => bar.tell(file, place, (before + loaded) / (size || 1)));
    before += file.size;
    if (answer.waiting === undefined) return answer;
  }
  return answer;
}

/** Why files could not be sent, as a sentence. */
export const sendingFault = (answer) => answer.error?.message || (answer.status ? t("data.upload.failed", { status: answer.status }) : t("common.server_away"));

/**
 * Files that take longer to look at than a request may: a job does it, and goes on when the page is closed.
 * @param {Ctx<"data">} ctx
 */
function readingWatch(state, reading, setBusy, ctx) {
  const name = reading.name;
  const stop = h("button", { type: "button", class: "ts-btn ghost small", onclick: () => runAction(stop, () => ctx.call("stop_fetch", reading.job)) }, t("data.upload.cancel"));
  const end = (shown) => { unwatch(); setBusy(false); replaceChildren(state, shown); };
  const draw = (now) => {
    if (now.dataset) return location.assign(pageUrl("data", { dataset: now.dataset }));
    if (now.ended) end(now.error ? noteBox("danger", reasonBox(now.error)) : noteBox("info", t("data.upload.job_stopped", { name })));
  };
  setBusy(true);
  replaceChildren(state, h("div", { class: "ts-spread" }, h("span", {}, t("data.upload.job", { name })), stop), progressBar(null, name));
  const unwatch = poll(state, 700, async () => draw(await ctx.call("reading_state", reading.job)));
  draw(reading);
}

/** Words, a bar and a way out. */
function uploadBar(state, files) {
  const several = files.length > 1;
  const bar = h("i", { style: { width: "0%" } });
  const words = h("span", {});
  const self = { stop: () => {} };
  const progress = h("div", { class: "ts-progress", role: "progressbar", "aria-label": t("data.upload.title"), "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
  replaceChildren(state, h("div", { class: "ts-spread" }, words,
    h("button", { type: "button", class: "ts-btn ghost small", onclick: () => self.stop() }, t("data.upload.cancel"))), progress);
  self.tell = (file, place, part) => {
    const percent = Math.floor(100 * Math.min(1, part));
    bar.style.width = percent + "%";
    progress.setAttribute("aria-valuenow", String(percent));
    const params = { name: file.name, percent, place: place + 1, count: files.length };
    if (percent < 100) words.textContent = t(several ? "data.upload.sending_many" : "data.upload.sending", params);
    else words.textContent = t(several ? "data.upload.reading_many" : "data.upload.reading", params);
  };
  self.tell(files[0], 0, 0);
  return self;
}

/** Send one file: resolves to the server's answer, or {stopped}. */
const upload = (address, file, headers, bar, progress) => new Promise((resolve) => {
  const request = new XMLHttpRequest();
  bar.stop = () => request.abort();
  request.upload.addEventListener("progress", (event) => progress(event.loaded));
  request.addEventListener("load", () => resolve({ status: request.status, ...parse(request.responseText) }));
  request.addEventListener("error", () => resolve({}));
  request.addEventListener("abort", () => resolve({ stopped: true }));
  request.open("POST", address);
  request.setRequestHeader("X-Filename", encodeURIComponent(file.name));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  for (const [name, value] of Object.entries(headers || {})) request.setRequestHeader(name, value);
  request.send(file);
});

export function parse(text) {
  try {
    return fromWire(JSON.parse(text)) || {};
  } catch {
    return {};
  }
}
