/* Uploading: a drop zone for one file or several, with progress, cancel, and errors in place. */
"use strict";
TS.data = TS.data || {};

TS.data.ACCEPT = ".jsonl,.ndjson,.json,.csv,.tsv,.parquet,.xlsx,.txt,.md,.docx,.pdf,.zip";

/** A zone to drop files on, with a button for everybody else; `more` stands below. */
TS.data.dropZone = function (maxMegabytes, more) {
  const input = TS.h("input", { type: "file", accept: TS.data.ACCEPT, multiple: true, id: "data-file", class: "ts-hidden-input", tabindex: "-1", "aria-label": TS.t("data.upload.choose_many") });
  const state = TS.h("div", { class: "data-upload-state", "aria-live": "polite" });
  const button = TS.h("button", { type: "button", class: "ts-btn primary", onclick: () => input.click() }, TS.icon("upload"), TS.t("data.upload.choose_many"));
  const zone = TS.h("section", { class: "data-drop", "aria-label": TS.t("data.upload.title") },
    TS.h("div", { class: "data-drop-words" },
      TS.h("p", { class: "data-drop-title" }, TS.t("data.upload.many")),
      TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.upload.reads", { size: TS.format.bytes(maxMegabytes * 1e6) }))),
    button, input, state, more);
  const send = (files) => files.length && TS.data.uploadAll(files, maxMegabytes, state, (busy) => {
    button.disabled = busy;
    zone.classList.toggle("busy", busy);
  });
  input.addEventListener("change", () => { send([...input.files]); input.value = ""; });
  TS.data.dropTarget(zone, send);
  return zone;
};

TS.data.dropTarget = function (zone, send) {
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
};

/** Send files one after another as one data set; on success go to its own view. */
TS.data.uploadAll = async function (files, maxMegabytes, state, setBusy) {
  const limit = maxMegabytes * 1e6;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const fail = (text) => { setBusy(false); TS.replace(state, TS.note("danger", text)); };
  if (size > limit) {
    const sizes = { size: TS.format.bytes(size), limit: TS.format.bytes(limit) };
    return fail(files.length > 1 ? TS.t("data.upload.too_large_all", sizes) : TS.t("data.upload.too_large", { name: files[0].name, ...sizes }));
  }
  const bar = TS.data.uploadBar(state, files);
  setBusy(true);
  const group = files.length > 1 ? TS.key() : "";
  let before = 0;
  for (const [place, file] of files.entries()) {
    const answer = await TS.data.upload(file, group && { "X-Group": group, "X-Group-Place": String(place), "X-Group-Count": String(files.length) }, bar,
      (loaded) => bar.tell(file, place, (before + loaded) / (size || 1)));
    before += file.size;
    if (answer.stopped) return setBusy(false) || TS.replace(state);
    if (answer.dataset) return location.assign(TS.url("data", { dataset: answer.dataset }));
    if (answer.waiting === undefined) return fail(answer.error?.message || (answer.status ? TS.t("data.upload.failed", { status: answer.status }) : TS.t("common.server_away")));
  }
};

/** Words, a bar and a way out. */
TS.data.uploadBar = function (state, files) {
  const several = files.length > 1;
  const bar = TS.h("i", { style: { width: "0%" } });
  const words = TS.h("span", {});
  const self = { stop: () => {} };
  const progress = TS.h("div", { class: "ts-progress", role: "progressbar", "aria-label": TS.t("data.upload.title"), "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
  TS.replace(state, TS.h("div", { class: "ts-spread" }, words,
    TS.h("button", { type: "button", class: "ts-btn ghost small", onclick: () => self.stop() }, TS.t("data.upload.cancel"))), progress);
  self.tell = (file, place, part) => {
    const percent = Math.floor(100 * Math.min(1, part));
    bar.style.width = percent + "%";
    progress.setAttribute("aria-valuenow", String(percent));
    const params = { name: file.name, percent, place: place + 1, count: files.length };
    if (percent < 100) words.textContent = TS.t(several ? "data.upload.sending_many" : "data.upload.sending", params);
    else words.textContent = TS.t(several ? "data.upload.reading_many" : "data.upload.reading", params);
  };
  self.tell(files[0], 0, 0);
  return self;
};

/** Send one file: resolves to the server's answer, or {stopped}. */
TS.data.upload = (file, headers, bar, progress) => new Promise((resolve) => {
  const request = new XMLHttpRequest();
  bar.stop = () => request.abort();
  request.upload.addEventListener("progress", (event) => progress(event.loaded));
  request.addEventListener("load", () => resolve({ status: request.status, ...TS.data.parse(request.responseText) }));
  request.addEventListener("error", () => resolve({}));
  request.addEventListener("abort", () => resolve({ stopped: true }));
  request.open("POST", "/api/uploads");
  request.setRequestHeader("X-Filename", encodeURIComponent(file.name));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  for (const [name, value] of Object.entries(headers || {})) request.setRequestHeader(name, value);
  request.send(file);
});

TS.data.parse = function (text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
};
