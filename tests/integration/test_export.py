"""Taking models away: what is in the zips answers as the tuned model, with plain transformers and PEFT in a fresh process."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.text import LANGUAGES
from engine.exports import EXPORTS
from engine.exports.common.declaration import ExportFormat, ExportSource
from engine.jobs.reporter import Reporter
from engine.jobs.runners.export import run
from engine.methods import METHODS, method_of
from engine.services.models import tuned as service
from storage.job_tables import Job, JobStatus
from storage.queries import jobs
from storage.tables import LanguageModel, TunedModel
from tests import workers
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_result, add_tuned
from tests.tiny import add_dataset

ROOT = Path(__file__).resolve().parents[2]
IDS = [1, 300, 301, 17, 40, 200, 2, 99]
_READ = """
import json, sys
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
found = {}
for name, (folder, base) in json.loads(sys.argv[1]).items():
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(base or folder, dtype=torch.float32)
    ends = model.generation_config.eos_token_id
    if base:
        model = PeftModel.from_pretrained(model, folder)
    text = tokenizer.apply_chat_template([{"role": "user", "content": "Hello"}], add_generation_prompt=True, tokenize=False)
    logits = model(torch.tensor([json.loads(sys.argv[2])])).logits[0].tolist()
    found[name] = {"logits": logits, "text": text, "eos": ends}
print(json.dumps(found))
"""


@dataclass
class World:
    ctx: Context
    base: int
    dataset: int
    weights: Path

    def export(self, tuned: int, form: str) -> tuple[int, dict[str, Any]]:
        """Run an export job in one form as a worker does; what its result says of the form."""
        job_id = service.start_export(self.ctx, tuned, form)
        return job_id, self.work(job_id)

    def work(self, job_id: int) -> dict[str, Any]:
        """Of a job of one form."""
        (told,) = self.work_all(job_id)
        return told

    def work_all(self, job_id: int) -> list[dict[str, Any]]:
        with self.ctx.db.write() as s:
            claimed = jobs.claim_next(s, nonce="n", boot_id="b")
        assert claimed is not None
        assert claimed[0] == job_id
        reporter = Reporter(self.ctx, *claimed)
        reporter.start()
        try:
            with self.ctx.db.read() as s:
                job = s.get_one(Job, job_id)
            run(self.ctx, job, reporter)
        except Fault as fault:
            reporter.finish("failed", error=fault.as_dict())
            raise
        finally:
            reporter.close()
        with self.ctx.db.read() as s:
            return list((s.get_one(Job, job_id).result or {})["files"])

    def unpack(self, job_id: int, target: Path) -> Path:
        path, name = service.export_file(self.ctx, job_id)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
            archive.extractall(target)
        return target / name.removesuffix(".zip")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    yield World(ctx, base, dataset, ctx.settings.home / "models" / "tiny" / "weights")
    ctx.db.close()


def tuned_logits(world: World, tuned: int) -> Any:
    """What the tuned model itself says."""
    import torch

    from engine.serving.protocol import BASE
    from engine.serving.runtime.adapted_model import SharedBase
    from engine.serving.runtime.loading import load_model

    with world.ctx.db.read() as s:
        row = s.get_one(TunedModel, tuned)
    folder = world.ctx.settings.absolute(row.path)
    whole = row.format == "full"
    trunk = SharedBase(load_model(folder if whole else world.weights, "fp32", "cpu"))
    if not whole:
        trunk.add("it", str(folder))
    with torch.inference_mode():
        return trunk.forward([BASE if whole else "it"], input_ids=torch.tensor([IDS])).logits[0]


@dataclass
class Taken:
    """One export: the job's result, the unpacked folder, the tuned model's logits, and what a fresh process read."""

    job_id: int
    result: dict[str, Any]
    folder: Path
    expected: Any
    fresh: dict[str, Any]

    @property
    def apart(self) -> float:
        """Largest difference of logits, relative to the largest logit."""
        import torch

        scale = max(1.0, float(self.expected.abs().max()))
        return float((self.expected - torch.tensor(self.fresh["logits"])).abs().max()) / scale


def train_on_four_bits(world: World, tuned: int) -> None:
    """Replace the adapter by one that has taken steps on a base in 4 bits."""
    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    from engine.serving.runtime.loading import load_model

    torch.manual_seed(5)
    quantised = prepare_model_for_kbit_training(
        load_model(world.weights, "nf4", "cpu"), use_gradient_checkpointing=False
    )
    model = get_peft_model(quantised, LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM"))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    ids = torch.tensor([IDS])
    for _ in range(3):
        model(ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    with world.ctx.db.write() as s:
        row = s.get_one(TunedModel, tuned)
        folder = world.ctx.settings.absolute(row.path)
        model.save_pretrained(folder)
        row.weights_hash = hashlib.sha256((folder / "adapter_model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def taken(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Taken]:
    """Each kind of export, read by plain transformers and PEFT in one process that knows nothing of us."""
    kinds = {"adapter": "lora", "merged": "lora", "four bits": "qlora", "full": "full"}
    kinds |= {"replaced": "freeze", "biases": "bitfit"}  # merged by ways of their own
    made: dict[str, tuple[int, dict[str, Any], Path, Any]] = {}
    for seed, (kind, method) in enumerate(kinds.items()):
        if kind in ("replaced", "biases"):
            tuned = add_result(world.ctx, world.base, world.dataset, method_of(method))
        else:
            tuned = add_tuned(
                world.ctx, world.base, world.dataset, name=f"A / {kind} 家", method=method, seed=seed + 20
            )
        if kind == "four bits":
            train_on_four_bits(world, tuned)
        job_id, result = world.export(tuned, "adapter" if kind == "adapter" else "merged")
        folder = world.unpack(job_id, tmp_path_factory.mktemp("taken"))
        made[kind] = (job_id, result, folder, tuned_logits(world, tuned))
    places = {kind: (str(m[2]), str(world.weights) if kind == "adapter" else None) for kind, m in made.items()}
    argv = [sys.executable, "-c", _READ, json.dumps(places), json.dumps(IDS)]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=200, cwd=tmp_path_factory.mktemp("cwd"), check=True
    )
    fresh = json.loads(done.stdout.splitlines()[-1])
    return {kind: Taken(*parts, fresh[kind]) for kind, parts in made.items()}


@pytest.mark.slow
def test_adapter_zip_loads_with_plain_peft(world: World, taken: dict[str, Taken]) -> None:
    adapter = taken["adapter"]
    path, name = service.export_file(world.ctx, adapter.job_id)
    assert name == "A---adapter-家-adapter.zip"
    assert adapter.result["bytes"] == path.stat().st_size
    assert adapter.result["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert adapter.apart < 1e-6
    assert adapter.fresh["text"].endswith("<|im_start|>assistant\n")
    about = (adapter.folder / "README.md").read_text(encoding="utf-8")
    assert adapter.result["proof"]["weights_hash"] in about
    assert str(world.ctx.settings.home) not in about
    assert "PeftModel" in about
    assert "适配器" in about


@pytest.mark.slow
def test_merged_zip_loads_with_plain_transformers_and_says_its_proof(world: World, taken: dict[str, Taken]) -> None:
    merged = taken["merged"]
    assert merged.apart < 1e-4
    assert merged.fresh["text"].endswith("<|im_start|>assistant\n")
    assert merged.fresh["eos"] == [2]
    proof = merged.result["proof"]
    assert (proof["passed"], proof["failed"]) == (True, [])
    assert proof["divergence"] <= proof["limits"]["divergence"]
    assert proof["agreement"] == 1.0
    assert proof["prompts"] == proof["same_answers"] == 20
    assert proof["dtype"] == "fp32"
    assert set(proof["stored_bytes_by_dtype"]) == set(proof["formats"]) == {"F32"}
    assert {file.name for file in (world.ctx.settings.home / "exports" / str(merged.job_id)).iterdir()} == {"0"}


def test_an_adapter_trained_on_four_bits_is_merged_into_the_full_precision_base(taken: dict[str, Taken]) -> None:
    merged = taken["four bits"]
    assert merged.apart < 1e-4
    assert set(merged.result["proof"]["stored_bytes_by_dtype"]) == {"F32"}
    assert "quantization_config" not in json.loads((merged.folder / "config.json").read_text())


def test_whole_tuned_model_is_packed_as_it_is(world: World, taken: dict[str, Taken]) -> None:
    whole = taken["full"]
    assert whole.apart < 1e-6
    weights = (whole.folder / "model.safetensors").read_bytes()
    with world.ctx.db.read() as s:
        tuned = s.get_one(TunedModel, s.get_one(Job, whole.job_id).spec["tuned_id"])
    assert hashlib.sha256(weights).hexdigest() == tuned.weights_hash == whole.result["proof"]["weights_hash"]
    with pytest.raises(Fault, match=r"export\.not_offered") as refused:
        service.start_export(world.ctx, tuned.id, "adapter")
    assert (refused.value.params["format"]["en"], refused.value.params["known"]) == (
        "Adapter (PEFT)",
        "whole, gguf, ollama, onnx",
    )


@pytest.mark.parametrize("kind", ["replaced", "biases"])
def test_other_results_are_merged_by_ways_of_their_own(taken: dict[str, Taken], kind: str) -> None:
    merged = taken[kind]
    assert merged.apart < 1e-4
    assert merged.result["proof"]["passed"]
    assert json.loads((merged.folder / "config.json").read_text()).get("attention_bias", False) == (kind == "biases")


@pytest.mark.slow
def test_replaced_numbers_are_put_into_the_base_by_the_readmes_own_code(world: World, tmp_path: Path) -> None:
    tuned = add_result(world.ctx, world.base, world.dataset, method_of("diff_pruning"))
    job_id, _result = world.export(tuned, "adapter")
    folder = world.unpack(job_id, tmp_path)
    assert folder.name.endswith("-delta")
    about = (folder / "README.md").read_text(encoding="utf-8")
    code = about.split("```python\n")[1].split("messages = ")[0].replace("'Tiny'", repr(str(world.weights)))
    look = f"print(model(torch.tensor([{IDS}])).logits[0].tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code + look], capture_output=True, text=True, timeout=200, cwd=folder, check=True
    )
    import torch

    found = torch.tensor(json.loads(done.stdout.splitlines()[-1]))
    assert torch.allclose(found, tuned_logits(world, tuned), atol=1e-4)


def test_what_plain_peft_does_not_know_is_said(world: World, tmp_path: Path) -> None:
    tuned = add_result(world.ctx, world.base, world.dataset, method_of("pfeiffer"))
    job_id, _result = world.export(tuned, "adapter")
    about = (world.unpack(job_id, tmp_path) / "README.md").read_text(encoding="utf-8")
    assert "import engine.training.tuners" in about
    with pytest.raises(Fault, match=r"export\.not_offered") as refused:
        service.start_export(world.ctx, tuned, "merged")
    assert refused.value.params["reason"] == method_of("pfeiffer").capabilities.why_not["merge"].as_dict()


def test_a_merge_that_answers_otherwise_is_thrown_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save that loses precision, as 4-bit saves passed off as 16-bit did elsewhere, is found by the proof."""
    from transformers import PreTrainedModel

    save = PreTrainedModel.save_pretrained

    def lossy(self: Any, folder: Any, **options: Any) -> None:
        rounded = {name: (t * 8).round() / 8 for name, t in options.pop("state_dict").items()}
        save(self, folder, state_dict=rounded, **options)

    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Lossy", seed=6)
    monkeypatch.setattr(PreTrainedModel, "save_pretrained", lossy)
    with pytest.raises(Fault, match=r"export\.proof_failed") as failed:
        world.export(tuned, "merged")
    assert "numbers that were written" in failed.value.params["checks"]["en"]
    with world.ctx.db.read() as s:
        job = s.query(Job).filter_by(name="Lossy", kind="export").one()
    assert (job.status, job.error["code"] if job.error else None) == ("failed", "export.proof_failed")
    assert list((world.ctx.settings.home / "exports" / str(job.id)).iterdir()) == []


@pytest.mark.parametrize("form", EXPORTS, ids=lambda form: form.key)
def test_every_form_is_made_of_the_results_that_it_names(world: World, tmp_path: Path, form: ExportFormat) -> None:
    """Of each kind of result; and a job that an earlier version queued under another key is found as one in this form."""
    for saved in form.made_of:
        method = next((one for one in METHODS if one.saves == saved and form.refusal(one, saved) is None), None)
        if method is None:
            continue
        tuned = add_result(world.ctx, world.base, world.dataset, method)
        job_id, result = world.export(tuned, form.key)
        folder = world.unpack(job_id, tmp_path / saved)
        part = form.name_part({param.key: param.default for param in form.params})
        assert folder.name.endswith(f"-{form.suffix}-{part}" if part else f"-{form.suffix}")
        assert (result["name"], bool(result["proof"])) == (f"{folder.name}.zip", True)
        about = (folder / "README.md").read_text(encoding="utf-8")
        with world.ctx.db.read() as s:
            row, base = s.get_one(TunedModel, tuned), s.get_one(LanguageModel, world.base)
        part = form.readme(ExportSource(world.ctx, row, base, world.ctx.settings.absolute(row.path)))
        assert all(part.about.in_(language).split("{")[0].strip() in about for language in LANGUAGES)
        for key in (form.key, *form.also):
            with world.ctx.db.write() as s:
                s.get_one(Job, job_id).spec = {"tuned_id": tuned, "format": key, "version": 1}
            assert service.tuned_view(world.ctx, tuned)["export_jobs"][form.key] == job_id
            assert service.start_export(world.ctx, tuned, key) == job_id
        world.unpack(job_id, tmp_path / f"{saved} again")


def test_damaged_weights_are_not_exported(world: World) -> None:
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Bit flip", seed=7)
    with world.ctx.db.read() as s:
        file = world.ctx.settings.absolute(s.get_one(TunedModel, tuned).path) / "adapter_model.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    with pytest.raises(Fault, match=r"chat\.damaged"):
        world.export(tuned, "adapter")


def test_exports_are_used_again_and_deleting_frees_the_disk(world: World) -> None:
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Again", seed=8)
    first = service.start_export(world.ctx, tuned, "adapter")
    assert service.start_export(world.ctx, tuned, "adapter") == first, "while it waits"
    with pytest.raises(Fault, match=r"export\.not_ready"):
        service.export_file(world.ctx, first)
    world.work(first)
    assert service.start_export(world.ctx, tuned, "adapter") == first, "while its file is there"
    view = service.tuned_view(world.ctx, tuned)
    assert {key: job for key, job in view["export_jobs"].items() if job is not None} == {"adapter": first}
    assert (view["base_name"], view["dataset_name"], view["job_name"]) == ("Tiny", "Words", "Again")
    service.export_file(world.ctx, first)[0].unlink()
    with pytest.raises(Fault, match=r"export\.file_gone"):
        service.export_file(world.ctx, first)
    second, _result = world.export(tuned, "adapter")
    assert second != first
    service.rename_tuned(world.ctx, tuned, "  Another\nname ")
    assert service.list_tuned(world.ctx)[0]["name"] == "Another name"
    with pytest.raises(Fault, match=r"tuned\.no_name"):
        service.rename_tuned(world.ctx, tuned, " \n")
    with world.ctx.db.write() as s:
        s.get_one(Job, second).status = JobStatus.RUNNING
    with pytest.raises(Fault, match=r"tuned\.exporting"):
        service.delete_tuned(world.ctx, tuned)
    with world.ctx.db.write() as s:
        s.get_one(Job, second).status = JobStatus.SUCCEEDED
    home = world.ctx.settings.home
    assert (home / "tuned" / str(view["job_id"])).exists()
    service.delete_tuned(world.ctx, tuned)
    assert not (home / "tuned" / str(view["job_id"])).exists()
    assert not (home / "exports" / str(second)).exists()
    assert tuned not in {row["id"] for row in service.list_tuned(world.ctx)}
    for gone in (service.tuned_view, service.delete_tuned):
        with pytest.raises(NotFound):
            gone(world.ctx, tuned)
    with world.ctx.db.read() as s:
        assert s.get_one(TunedModel, tuned).name == "Another name", "the history stays"


def test_a_cancelled_export_leaves_nothing(world: World) -> None:
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Cancelled", seed=10)
    job_id = service.start_export(world.ctx, tuned, "adapter")
    with world.ctx.db.write() as s:
        claimed = jobs.claim_next(s, nonce="n", boot_id="b")
        assert claimed is not None
    reporter = Reporter(world.ctx, *claimed)
    reporter.start()
    with world.ctx.db.write() as s:
        jobs.ask(s, job_id, "cancel")
    reporter.flush()
    workers.work_here(world.ctx, reporter)
    with world.ctx.db.read() as s:
        assert s.get_one(Job, job_id).status == JobStatus.CANCELLED
    assert list((world.ctx.settings.home / "exports" / str(job_id)).iterdir()) == []


PHASES = ("loading", "asking", "checking", "merging", "saving", "proving", "packing")


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
def test_a_cancel_in_any_phase_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch, phase: str) -> None:
    """In the last one that is called so, where a form may be finished already; exports of before stay."""
    tuned = add_tuned(world.ctx, world.base, world.dataset, name=f"Cancelled {phase}", seed=50 + PHASES.index(phase))
    before = {folder.name for folder in (world.ctx.settings.home / "exports").iterdir() if any(folder.iterdir())}
    forms = [{"format": "adapter", "params": {}}, {"format": "merged", "params": {}}]
    job_id = service.make_export(world.ctx, tuned, forms, "zip")
    tell, seen = Reporter.phase, list[str]()
    last = 2 if phase in ("proving", "packing") else 1

    def told(self: Reporter, name: str) -> None:
        tell(self, name)
        seen.append(name)
        if name == phase and seen.count(phase) == last:
            with world.ctx.db.write() as s:
                jobs.ask(s, job_id, "cancel")
            self.flush()

    monkeypatch.setattr(Reporter, "phase", told)
    job = workers.run_here(world.ctx)
    assert (job.id, job.status) == (job_id, JobStatus.CANCELLED)
    assert seen[-1] == phase
    assert list((world.ctx.settings.home / "exports" / str(job_id)).iterdir()) == []
    after = {folder.name for folder in (world.ctx.settings.home / "exports").iterdir() if any(folder.iterdir())}
    assert after == before


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_proves_leaves_nothing_half_done(world: World) -> None:
    """The next attempt begins anew; files of earlier exports stay."""
    import os
    import signal
    import time

    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Killed", seed=61)
    earlier, _result = world.export(tuned, "adapter")
    job_id = service.start_export(world.ctx, tuned, "merged")
    claimed = workers.claim(world.ctx)
    assert claimed[0] == job_id
    process = workers.start_worker(world.ctx, *claimed)
    deadline = time.monotonic() + 240
    while workers.row(world.ctx, job_id).phase != "proving":
        assert process.poll() is None, workers.worker_output(world.ctx, *claimed)
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    work = world.ctx.settings.home / "exports" / str(job_id)
    assert (work / "aside").is_dir(), "it was killed in the middle"
    with world.ctx.db.write() as s:
        assert jobs.requeue_attempt(s, job_id, claimed[1])
    assert workers.run_here(world.ctx).status == JobStatus.SUCCEEDED
    assert [one.name for one in work.iterdir()] == ["0"]
    assert service.export_file(world.ctx, earlier)[0].is_file()
