"""Tuned models for tests of chat and export: strong random adapters and whole models of the tiny base."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.methods.common.declaration import Method, RunContext
from storage.job_tables import Checkpoint, Job, JobStatus
from storage.tables import LanguageModel, TunedModel
from tests.tiny import add_model, chat_rows, write_model


def stir(folder: Path, strength: float = 6.0) -> Path:
    """Make a fresh random model's answers depend on every token before: as initialised, it repeats one token for ever."""
    from safetensors.torch import load_file, save_file

    file = folder / "model.safetensors"
    weights = {name: t * strength if t.ndim == 2 else t for name, t in load_file(file).items()}
    save_file(weights, file, metadata={"format": "pt"})
    return folder


def add_base(ctx: Context) -> int:
    """The tiny base, stirred."""
    base_id = add_model(ctx, tied=False)
    with ctx.db.write() as s:
        base = s.get_one(LanguageModel, base_id)
        folder = stir(ctx.settings.absolute(base.path or ""))
        base.weights_hash = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    return base_id


def add_other_base(ctx: Context, name: str = "Other") -> int:
    """Another tiny base, whose chat template and end of an answer are others."""
    from tests.tiny import write_tokenizer

    folder = ctx.settings.folder("models", name)
    stir(write_model(folder / "weights", seed=7, tied=False), 5.0)
    template = (
        "{% for message in messages %}<s>{{ message['role'] }}: {{ message['content'] }}</s>{% endfor %}<s>assistant:"
    )
    write_tokenizer(folder / "tokenizer", template, {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"})
    weights = folder / "weights" / "model.safetensors"
    with ctx.db.write() as s:
        first = s.get_one(LanguageModel, 1)
        other = LanguageModel(
            name=name, source="folder", ref=name, status="ready", path=ctx.settings.relative(folder / "weights"),
            tokenizer_path=ctx.settings.relative(folder / "tokenizer"), config=first.config, parameters=first.parameters,
            context_length=512, weights_hash=hashlib.sha256(weights.read_bytes()).hexdigest(),
        )  # fmt: skip
        s.add(other)
        s.flush()
        return other.id


def add_checkpoint(
    ctx: Context,
    base_id: int,
    dataset_id: int,
    *,
    step: int = 4,
    name: str = "Underway",
    method: str = "lora",
    seed: int = 3,
) -> int:
    """A job with one checkpoint, in the middle of its training: what it trains is random."""
    import torch

    from engine.jobs.spec import JobSpec
    from engine.methods import method_of
    from engine.training.limits.safe_files import hashes, size
    from engine.training.loop.weights import save_trained
    from tests import methods

    chosen = method_of(method)
    values, training = methods.settings_of(chosen)
    spec = JobSpec(name, base_id, dataset_id, method, values, training)
    with ctx.db.write() as s:
        base = s.get_one(LanguageModel, base_id)
        job = Job(name=name, kind="train", status=JobStatus.STOPPED, lane="cpu", position=1.0, spec=spec.as_dict(), method=method,
                  dataset_id=dataset_id, base_model_id=base_id, step=step, total_steps=12)  # fmt: skip
        s.add(job)
        s.flush()
        job_id, weights = job.id, ctx.settings.absolute(base.path or "")
    folder, scratch = (
        ctx.settings.folder("jobs", str(job_id), "checkpoints", f"step-{step}-1"),
        ctx.settings.folder("scratch"),
    )
    model = methods.applied(weights, chosen, scratch)
    torch.manual_seed(seed)
    for parameter in model.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.3)
    save_trained(model, chosen, folder)
    with ctx.db.write() as s:
        row = Checkpoint(
            job_id=job_id, attempt=1, step=step, path=ctx.settings.relative(folder), bytes=size(folder), files=hashes(folder),
            metrics={"train_loss": 2.0, "val_loss": 1.5},
        )  # fmt: skip
        s.add(row)
        s.flush()
        return row.id


def write_adapter(base: Path, folder: Path, *, seed: int = 1, scale: float = 1.0, **options: Any) -> Path:
    """A LoRA adapter that changes much: both of its matrices are random."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, use_safetensors=True)
    config = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM", **options)
    tuned = get_peft_model(model, config)
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.3 * scale)
    tuned.save_pretrained(folder)
    return folder


def add_result(ctx: Context, base_id: int, dataset_id: int, method: Method, *, steps: int = 12) -> int:
    """What the method makes of a few steps (of a few examples, where it trains nothing), as a job leaves it."""
    from engine.methods.few_shot_examples.choose import Shots
    from engine.training.limits.safe_files import size
    from engine.training.loop.weights import save_result
    from tests import methods
    from tests.model_files import hash_of_folder

    with ctx.db.write() as s:
        base = s.get_one(LanguageModel, base_id)
        job = Job(name=method.label.in_("en"), kind="train", status=JobStatus.SUCCEEDED, lane="cpu", position=1.0, spec={},
                  method=method.key, dataset_id=dataset_id, base_model_id=base_id)  # fmt: skip
        s.add(job)
        s.flush()
        job_id, weights = job.id, ctx.settings.absolute(base.path or "")
    folder, scratch = ctx.settings.folder("tuned", str(job_id)), ctx.settings.folder("jobs", str(job_id), "scratch")
    model = methods.applied(weights, method, scratch, steps=steps)
    if method.capabilities.trains:
        methods.learn(model, methods.Case(method), methods.rows(8, 1, new=True), steps)
    else:
        Shots.gather(chat_rows(8), similar=True, count=0, tokens=256, seed=1).write(scratch)
    _values, training = methods.settings_of(method)
    save_result(model, method, folder, RunContext(steps, training, scratch, weights))
    with ctx.db.write() as s:
        tuned = TunedModel(
            name=method.label.in_("en"), job_id=job_id, base_model_id=base_id, dataset_id=dataset_id, method=method.key,
            format=method.saves, path=ctx.settings.relative(folder), bytes=size(folder), weights_hash=hash_of_folder(folder),
            lineage={"spec": {"training": training}},
        )  # fmt: skip
        s.add(tuned)
        s.flush()
        return tuned.id


def add_tuned(
    ctx: Context, base_id: int, dataset_id: int, *, name: str, method: str = "lora", seed: int = 1, **options: Any
) -> int:
    """A tuned model with its job and its files, as training leaves them."""
    with ctx.db.write() as s:
        base = s.get_one(LanguageModel, base_id)
        job = Job(name=name, kind="train", status=JobStatus.SUCCEEDED, lane="cpu", position=1.0, spec={}, method=method,
                  dataset_id=dataset_id, base_model_id=base_id)  # fmt: skip
        s.add(job)
        s.flush()
        folder = ctx.settings.folder("tuned", str(job.id))
        if method == "full":
            stir(write_model(folder, seed=seed + 100, tied=False))
            weights = folder / "model.safetensors"
        else:
            write_adapter(ctx.settings.absolute(base.path or ""), folder, seed=seed, **options)
            weights = folder / "adapter_model.safetensors"
        tuned = TunedModel(
            name=name, job_id=job.id, base_model_id=base_id, dataset_id=dataset_id, method=method,
            format="full" if method == "full" else "adapter", path=ctx.settings.relative(folder),
            bytes=weights.stat().st_size, weights_hash=hashlib.sha256(weights.read_bytes()).hexdigest(),
        )  # fmt: skip
        s.add(tuned)
        s.flush()
        return tuned.id


def add_reward_model(ctx: Context, base_id: int, dataset_id: int, *, name: str = "Taste") -> int:
    """A tuned model that scores: an adapter with a random head beside it, as a job of that objective leaves it."""
    import torch

    from engine.models.tuned.integrity import hash_of_result, hashed_files, hashes_of_result
    from engine.training.heads.scalar import ScalarHead, save_head

    tuned_id = add_tuned(ctx, base_id, dataset_id, name=name, seed=5)
    with ctx.db.read() as s:
        folder = ctx.settings.absolute(s.get_one(TunedModel, tuned_id).path)
    torch.manual_seed(3)
    head = ScalarHead(64)
    torch.nn.init.normal_(head.weight)
    save_head(head, folder)
    hashes = hashes_of_result(folder)
    with ctx.db.write() as s:
        tuned = s.get_one(TunedModel, tuned_id)
        tuned.weights_hash = hash_of_result({one: hashes[one] for one in hashed_files(folder)})
        tuned.lineage = {"spec": {"objective": "reward_model", "training": {"max_length": 512}}}
    return tuned_id
