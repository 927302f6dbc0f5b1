/* Uploading: a drop zone with progress, cancel, and errors in place. */
"use strict";
TS.data = TS.data || {};

TS.data.ACCEPT = ".jsonl,.ndjson,.json,.csv,.tsv,.parquet,.txt,.md";

/** A zone to drop a file on, with a button for everybody else. */
TS.data.dropZone = function (maxMegabytes) {
  const input = TS.h("input", { type: "file", accept: TS.data.ACCEPT, id: "data-file", class: "ts-hidden-input", tabindex: "-1", "aria-label": TS.t("data.upload.choose") });
  const state = TS.h("div", { class: "data-upload-state", "aria-live": "polite" });
  const button = TS.h("button", { type: "button", class: "ts-btn primary", onclick: () => input.click() }, TS.icon("upload"), TS.t("data.upload.choose"));
  const zone = TS.h("section", { class: "data-drop", "aria-label": TS.t("data.upload.title") },
    TS.h("div", { class: "data-drop-words" },
      TS.h("p", { class: "data-drop-title" }, TS.t("data.upload.drop")),
      TS.h("p", { class: "ts-soft ts-small" }, TS.t("data.upload.formats", { size: TS.format.bytes(maxMegabytes * 1e6) }))),
    button, input, state);
  const send = (file) => file && TS.data.upload(file, maxMegabytes, state, (busy) => {
    button.disabled = busy;
    zone.classList.toggle("busy", busy);
  });
  input.addEventListener("change", () => { send(input.files[0]); input.value = ""; });
  TS.data.dropTarget(zone, send);
  return zone;
};

TS.data.dropTarget = function (zone, send) {
  let depth = 0;
  const mark = (change) => { depth += change; zone.classList.toggle("over", depth > 0); };
  zone.addEventListener("dragenter", (event) => { event.preventDefault(); mark(1); });
  zone.addEventListener("dragleave", () => mark(-1));
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    if (!zone.classList.contains("busy")) send(event.dataTransfer.files[0]);
  });
};

/** Send one file; on success go to its own view. */
TS.data.upload = function (file, maxMegabytes, state, setBusy) {
  const fail = (text) => { setBusy(false); TS.replace(state, TS.note("danger", text)); };
  if (file.size > maxMegabytes * 1e6) {
    return fail(TS.t("data.upload.too_large", { name: file.name, size: TS.format.bytes(file.size), limit: TS.format.bytes(maxMegabytes * 1e6) }));
  }
  const bar = TS.h("i", { style: { width: "0%" } });
  const words = TS.h("span", {}, TS.t("data.upload.sending", { name: file.name, percent: 0 }));
  const request = new XMLHttpRequest();
  const cancel = TS.h("button", { type: "button", class: "ts-btn ghost small", onclick: () => request.abort() }, TS.t("data.upload.cancel"));
  TS.replace(state, TS.h("div", { class: "ts-spread" }, words, cancel),
    TS.h("div", { class: "ts-progress", role: "progressbar", "aria-label": file.name, "aria-valuemin": "0", "aria-valuemax": "100" }, bar));
  setBusy(true);
  request.upload.addEventListener("progress", (event) => {
    const percent = Math.floor((100 * event.loaded) / event.total);
    bar.style.width = percent + "%";
    bar.parentNode.setAttribute("aria-valuenow", String(percent));
    words.textContent = percent < 100 ? TS.t("data.upload.sending", { name: file.name, percent }) : TS.t("data.upload.reading", { name: file.name });
  });
  request.addEventListener("load", () => {
    const answer = TS.data.parse(request.responseText);
    if (answer.dataset) location.assign(TS.url("data", { dataset: answer.dataset }));
    else fail(answer.error?.message || TS.t("data.upload.failed", { status: request.status }));
  });
  request.addEventListener("error", () => fail(TS.t("common.server_away")));
  request.addEventListener("abort", () => { setBusy(false); TS.replace(state); });
  request.open("POST", "/api/uploads");
  request.setRequestHeader("X-Filename", encodeURIComponent(file.name));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
  return request;
};

TS.data.parse = function (text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
};
