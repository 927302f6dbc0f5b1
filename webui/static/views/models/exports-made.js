/* What was exported of a model: jobs under way, their files, and in a sentence what the proof of each found. */
import { drawKeyed, h } from "../../kit/dom.js";
import { format } from "../../kit/format.js";
import { drawIcon } from "../../kit/icons.js";
import { askFirst, copyText, runAction } from "../../kit/parts.js";
import { loadPart } from "../../kit/server.js";
import { hasText, pageUrl, said, t } from "../../kit/texts.js";
import { JOB_ACTIVE, jobBadge, jobBar, jobError, jobPhase, jobSoon } from "../jobs/parts.js";

/** The list, empty until `draw` is given the jobs. `proofs` is how the numbers of one file's proof are fetched. */
export function exportsMade() {
  const list = h("div", { class: "ts-stack" });
  const node = h("div", { class: "ts-stack model-made", id: "model-made", hidden: true }, h("h3", {}, t("models.made_files")), list);
  const self = {
    node,
    /** @type {(job: number, file: number) => Promise<Server.ProofNumbers>} */
    proofs: () => Promise.reject(new Error()),
    /** @type {(job: number, file: number) => Promise<void>} */
    push: () => Promise.resolve(),
    /** @type {(jobs: Server.ExportView[], again: (file: Server.ExportedForm) => Promise<void>, cancel: (id: number) => Promise<void>) => void} */
    draw: (jobs, again, cancel) => {
      node.hidden = !jobs.length;
      drawKeyed(list, jobs, (job) => job.id, (job) => exportJob(job, self, again, cancel));
    },
  };
  return self;
}

/** @param {Server.ExportView} job */
function exportJob(job, self, again, cancel) {
  const going = job.status === "queued" || JOB_ACTIVE.has(job.status);
  const names = job.forms.map(said).join(t("models.and"));
  return h("article", { class: "ts-card model-job", "data-job": job.id, "aria-label": names },
    h("div", { class: "ts-spread" }, h("h4", {}, names), h("span", { class: "ts-row ts-small ts-soft" }, job.finished_at ? format.when(job.finished_at) : null,
      going || job.status !== "succeeded" ? jobBadge(job) : null, h("a", { class: "ts-link", href: pageUrl("jobs", { job: job.id }) }, t("models.see_job")))),
    going ? exportUnderway(job, cancel) : null,
    !going && job.error && !job.files.length ? h("p", { class: "ts-error", role: "alert" }, jobError(job.error)) : null,
    job.files.length ? h("ul", { class: "model-files" }, job.files.map((file) => exportFile(job, file, self, again))) : null);
}

/** @param {Server.ExportView} job */
function exportUnderway(job, cancel) {
  const stop = async (button) => {
    if (await askFirst(t("models.cancel_title"), t("models.cancel_text"), t("models.cancel"), t("models.cancel_keep"))) await runAction(button, () => cancel(job.id));
  };
  return h("div", { class: "model-job-live", role: "status" }, jobBar(job),
    h("div", { class: "ts-spread" }, h("span", { class: "ts-small" }, job.phase ? jobPhase(job) : jobSoon(job)),
      h("button", { type: "button", class: "ts-btn small ghost", id: "export-cancel-" + job.id, onclick: (event) => stop(event.currentTarget) }, drawIcon("x"), t("models.cancel"))));
}

/**
 * @param {Server.ExportView} job
 * @param {Server.ExportedForm} file
 */
function exportFile(job, file, self, again) {
  const remake = h("button", { type: "button", class: "ts-btn small", id: `export-again-${job.id}-${file.number}`,
    "aria-label": t("models.make_again_named", { form: said(file.label) }), onclick: () => runAction(remake, () => again(file)) }, drawIcon("rotate-ccw"), t("models.make_again"));
  return h("li", { class: "model-file" + (file.error ? " failed" : ""), "data-file": file.format },
    h("div", { class: "model-file-head" },
      h("div", { class: "model-file-name" }, h("b", {}, file.name || said(file.label)), file.bytes ? h("span", { class: "ts-num ts-soft" }, format.bytes(file.bytes)) : null, proofBadge(file)),
      file.there && !file.folder ? h("a", { class: "ts-btn small primary", href: `/files/export/${job.id}/${file.number}`, download: "", "aria-label": t("models.download_named", { name: file.name }) },
        drawIcon("download"), t("models.download")) : remakes(job, file) ? remake : null),
    file.folder && file.there ? folderPath(file.folder) : null,
    file.error ? fileError(file) : file.there ? null : h("p", { class: "ts-error" }, t("models.file_gone")),
    file.proof && !file.error ? h("p", { class: "ts-small" }, proofSentence(file.proof)) : null,
    file.there && !file.error ? exportPush(job, file, self) : null,
    file.proof ? proofFold(job, file, self) : null);
}

/** To a hub: what would leave is shown and confirmed first.
    @param {Server.ExportedForm} file */
function exportPush(job, file, self) {
  const button = h("button", { type: "button", class: "ts-btn small ghost", id: `export-push-${job.id}-${file.number}`, "aria-label": t("models.push.named", { name: file.name }),
    onclick: () => runAction(button, () => self.push(job.id, file.number)) }, drawIcon("upload"), t("models.push"));
  return button;
}

/** @param {Server.ExportedForm} file */
const remakes = (job, file) => job.status !== "queued" && (file.error || !file.there);

const folderPath = (path) => h("div", { class: "model-path" }, h("code", {}, path),
  h("button", { type: "button", class: "ts-btn small ghost", onclick: () => copyText(path) }, drawIcon("copy"), t("common.copy")),
  h("span", { class: "ts-small ts-soft" }, t("models.folder_where")));

/** @param {Server.ExportedForm} file */
function proofBadge(file) {
  const state = file.error ? "failed" : file.proof?.state;
  if (!state) return null;
  const [kind, icon] = { passed: ["good", "circle-check"], hashed: ["neutral", "check"], failed: ["danger", "circle-x"] }[state];
  return h("span", { class: "ts-badge " + kind, "data-proof": state }, drawIcon(icon), t(file.error && !file.proof?.failed.length ? "models.proof.not_made" : "models.proof." + state));
}

/** Why there is no file, and what to do.
    @param {Server.ExportedForm} file */
function fileError(file) {
  const failed = file.proof?.failed || [];
  return h("div", { class: "ts-error", role: "alert" }, failed.length
    ? [h("p", {}, t("models.proof.thrown")), h("ul", {}, failed.map((check) => h("li", {}, hasText("models.proof.check." + check) ? t("models.proof.check." + check) : check)))]
    : h("p", {}, jobError(file.error)));
}

/**
 * What the proof found, in one plain sentence.
 * @param {Server.ExportProof} proof
 */
function proofSentence(proof) {
  if (proof.state === "hashed") return t("models.proof.by_hash");
  const facts = [t("models.proof.words", { share: sharePercent(proof.agreement), places: format.number(proof.places) }),
    proof.right_before ? t("models.proof.flips", { flips: format.number(proof.flips), right: format.number(proof.right_before) }) : null,
    proof.prompts ? t("models.proof.answers", { same: format.number(proof.same_answers), all: format.number(proof.prompts) }) : null,
    proof.same_template ? t("models.proof.template") : null];
  return t("models.proof.sentence", { library: proof.library, facts: facts.filter(Boolean).join(t("models.proof.join")) });
}

/** Rounded down: what is not all is never said to be 100 %. */
const sharePercent = (share) => format.percent(Math.floor(share * 1000) / 1000, share < 1 ? 1 : 0);

/** All numbers, fetched when they are looked at.
    @param {Server.ExportedForm} file */
function proofFold(job, file, self) {
  const body = h("div", { class: "ts-stack" }, h("p", { class: "ts-soft ts-small", role: "status" }, t("models.asking")));
  const fold = h("details", { class: "ts-details model-proof", ontoggle: async () => {
    if (!fold.open || fold.dataset.asked) return;
    fold.dataset.asked = "yes";
    try {
      const [numbers, part] = await Promise.all([self.proofs(job.id, file.number), loadPart(() => import("./proof.js"))]);
      part.proofNumbers(body, file, numbers);
    } catch (error) {
      delete fold.dataset.asked;
      body.replaceChildren(h("p", { class: "ts-error", role: "alert" }, error.message));
    }
  } }, h("summary", {}, t("models.proof.more")), body);
  return fold;
}
