"""Steps of DPO against TRL's: `python -m benchmarks.alignment`; plans against real jobs: `--plans`; writing answers: `--generation`.

Both trainers take the same pairs with weights that have moved alike from their start, in turn, so that a busy machine slows both
alike; processor seconds count, and the median of several rounds. TRL's reference is made before (`precompute_ref_log_probs`) as
ours is. The model is the starter, with LoRA on all linear layers in fp32.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

from engine.core.hardware import cpu
from engine.data.templates.template import ChatTemplate
from engine.devices.cpu import CPU
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.objectives import objective_of
from engine.training.batches.examples import load_examples
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.choice import choose_forward
from engine.training.forward.fast_lora import speed_up
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.trainer import StepTrainer, training_arguments
from engine.training.reference.before import ReferenceWork

ROOT = Path(__file__).resolve().parents[1]
BATCH, SEED, BETA = 8, 3, 0.1
WORDS = "time year people way day man thing woman life child world school state family student group country problem hand part"
LENGTHS = {"short": (40, 60), "long": (200, 60)}  # words of a prompt and of an answer, on average


@dataclass(frozen=True)
class Step:
    """Processor seconds of one step of both, and the two losses."""

    theirs: float
    ours: float
    their_loss: float
    our_loss: float


def starter() -> Path:
    """The folder of a prepared starter model, with weights/ and tokenizer/."""
    named = os.environ.get("TUNESMITH_STARTER_FROM")
    return Path(named) if named else next(iter(sorted((ROOT / "build" / "starter-home" / "models").glob("*"))))


def pairs(count: int, prompt: int, answer: int) -> list[dict[str, Any]]:
    """Made-up pairs of about so many words."""
    numbers, words = np.random.default_rng(SEED), WORDS.split()

    def said(role: str, most: int) -> list[dict[str, str]]:
        size = int(numbers.integers(max(1, most // 2), most + most // 2 + 1))
        return [{"role": role, "content": " ".join(numbers.choice(words, size))}]

    return [
        {
            "split": "train",
            "prompt": said("user", prompt),
            "chosen": said("assistant", answer),
            "rejected": said("assistant", answer),
        }
        for _ in range(count)
    ]


def spec_of(rank: int) -> JobSpec:
    """DPO with LoRA on all linear layers."""
    raw = {"name": "benchmark", "base_model": 1, "dataset": 1, "method": "lora", "objective": "dpo"}
    training = {"batch_size": BATCH, "beta": BETA, "imitate": 0.0}
    return make_spec(raw | {"method_params": {"rank": rank, "alpha": 2 * rank}, "training": training})


def adapted(folder: Path, spec: JobSpec) -> Any:
    """The starter with a fresh adapter."""
    torch.manual_seed(SEED)
    model = AutoModelForCausalLM.from_pretrained(folder / "weights", dtype=torch.float32, local_files_only=True)
    return method_of("lora").apply(model, spec.method_params, RunContext(1, spec.training, Path(tempfile.gettempdir())))


def moved(model: Any) -> None:
    """Some way from its start, always the same."""
    torch.manual_seed(SEED + 1)
    with torch.no_grad():
        for name, one in model.named_parameters():
            if "lora_B" in name:
                one.add_(torch.randn_like(one) * 1e-3)


def their_trainer(folder: Path, spec: JobSpec, rows: Sequence[dict[str, Any]], scratch: Path) -> Any:
    """TRL's, with its reference made."""
    from trl import DPOConfig, DPOTrainer

    arguments = DPOConfig(
        output_dir=str(scratch), per_device_train_batch_size=BATCH, beta=BETA, precompute_ref_log_probs=True, use_cpu=True,
        bf16=False, gradient_checkpointing=False, max_length=None, report_to=[], disable_tqdm=True, logging_strategy="no",
    )  # fmt: skip
    tokenizer = AutoTokenizer.from_pretrained(folder / "weights", local_files_only=True)
    data = Dataset.from_list([{key: one for key, one in row.items() if key != "split"} for row in rows])
    trainer = DPOTrainer(model=adapted(folder, spec), args=arguments, train_dataset=data, processing_class=tokenizer)
    trainer.current_gradient_accumulation_steps = 1  # which `train()` sets
    return trainer


def our_trainer(folder: Path, spec: JobSpec, examples: Sequence[Example], scratch: Path) -> StepTrainer:
    """Ours, packed, with prompts that are read once."""
    model = adapted(folder, spec)
    arguments = training_arguments(spec, scratch, dtype="fp32", use_cpu=True, recompute=False)
    memory = MemoryWatch(torch.device("cpu"), None)
    ours = StepTrainer(model, arguments, examples, CPU.tokens_at_once, memory, TrainerCallback(), spec)
    speed_up(model)
    ours.forward = choose_forward(model, model.config.vocab_size, ours.autocast(), pack=True)
    return ours


def timed(step: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, and what came of it."""
    began = time.process_time()
    found = step()
    return time.process_time() - began, found


def compare(folder: Path, rounds: int, rank: int, lengths: tuple[int, int]) -> tuple[list[Step], dict[str, float]]:
    """All rounds after one that warms up, and processor seconds of the phases of ours for each pair."""
    spec, rows = spec_of(rank), pairs(BATCH * (rounds + 1), *lengths)
    with tempfile.TemporaryDirectory() as scratch:
        template = ChatTemplate.load(folder / "tokenizer")
        examples = load_examples(rows, template, objective_of("dpo"), spec.training, Path(scratch) / "examples").train
        ours, theirs = (
            our_trainer(folder, spec, examples, Path(scratch)),
            their_trainer(folder, spec, rows, Path(scratch)),
        )
        work = ReferenceWork(ours, lambda: None, Path(scratch) / "reference", "start")
        reference_s, (noted,) = timed(lambda: work.noted(examples))
        moved(ours.model)
        moved(theirs.model)
        batches = [theirs.data_collator([theirs.train_dataset[at] for at in places]) for places in _steps(len(rows))]
        found = [
            _both(ours, theirs, batch, [noted[at] for at in places])
            for batch, places in zip(batches, _steps(len(rows)), strict=True)
        ]
        phases = {"reference": reference_s / len(rows)} | _phases(ours, [noted[at] for at in range(BATCH)])
    return found[1:], phases


def _steps(count: int) -> list[range]:
    return [range(first, first + BATCH) for first in range(0, count, BATCH)]


def _both(ours: StepTrainer, theirs: Any, batch: dict[str, Any], examples: list[Example]) -> Step:
    for trainer in (theirs, ours):
        trainer.model.zero_grad()
    their_s, their_loss = timed(lambda: theirs.training_step(theirs.model, dict(batch)))
    our_s, our_loss = timed(lambda: ours.training_step(ours.model, {"examples": examples}))
    return Step(their_s, our_s, float(their_loss), float(our_loss))


def _phases(ours: StepTrainer, examples: list[Example]) -> dict[str, float]:
    """Forward alone, and what the backward pass and the update add, for each pair."""

    @torch.no_grad()
    def forward() -> None:
        for group in ours.forward.groups(examples, ours.budget, whole=True):
            with ours.forward.session(group):
                ours.objective.loss(ours.forward, group, ours.values)

    ours.model.train()
    forward_s, _ = timed(forward)
    step_s, _ = timed(lambda: ours.training_step(ours.model, {"examples": examples}))
    optimizer = ours.create_optimizer()
    update_s, _ = timed(optimizer.step)
    return {"forward": forward_s / BATCH, "backward": (step_s - forward_s) / BATCH, "update": update_s / BATCH}


def speed(folder: Path, rounds: int, rank: int, names: Sequence[str]) -> None:
    """Print the table of steps, and the share of each phase of a job of one pass."""
    for name in names:
        lengths = LENGTHS[name]
        found, phases = compare(folder, rounds, rank, lengths)
        ratios = [one.theirs / one.ours for one in found]
        print(
            f"DPO, {BATCH} pairs a step, prompts of {lengths[0]} and answers of {lengths[1]} words ({name}), seed {SEED}"
        )
        for one in found:
            apart = abs(one.their_loss - one.our_loss)
            print(f"  TRL {one.theirs:6.2f} s  ours {one.ours:6.2f} s  loss {one.our_loss:.4f}, {apart:.0e} apart")
        print(f"  TRL over ours: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")
        whole = sum(phases.values())
        print("  one pass: " + ", ".join(f"{key} {100 * one / whole:.0f} %" for key, one in phases.items()), flush=True)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--lengths", nargs="*", choices=list(LENGTHS), default=list(LENGTHS))
    parser.add_argument(
        "--model", type=Path, help="folder with weights/ and tokenizer/ (default: the prepared starter)"
    )
    parser.add_argument("--plans", action="store_true", help="planned against measured memory and time instead")
    parser.add_argument("--steps", type=int, default=4, help="batches of the jobs behind the plans")
    parser.add_argument("--objectives", nargs="*", default=[], help="those that are planned (default: all)")
    parser.add_argument("--generation", action="store_true", help="answers in one batch against transformers instead")
    asked = parser.parse_args()
    torch.set_num_threads(cpu().cores)
    folder = asked.model or starter()
    if asked.plans:
        from benchmarks.alignment_plans import compare_plans

        compare_plans(folder, asked.objectives, asked.steps)
    elif asked.generation:
        from benchmarks import rollout

        rollout.main()
    else:
        speed(folder, asked.rounds, asked.rank, asked.lengths)


if __name__ == "__main__":
    main()
