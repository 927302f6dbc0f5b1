"""Our training steps against transformers' plain padded Trainer, side by side: `python -m benchmarks.training`.

Both take the same examples with the same weights, in turn, so that a busy machine slows both alike; the median of several
rounds counts. The losses of the two must agree to 1e-5. Without arguments the model is a random one of SmolLM2-135M's
shape and the examples have the lengths of instruction data (201 tokens on average, three quarters of them answers).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback

from engine.core.hardware import cpu
from engine.core.params import read_all
from engine.data.rows.training_rows import training_rows
from engine.data.templates.template import ChatTemplate
from engine.devices.cpu import CPU
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.objectives import usual_objective
from engine.training.batches.examples import load_examples
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.choice import choose_forward
from engine.training.forward.fast_lora import speed_up
from engine.training.limits.memory_use import MemoryWatch
from engine.training.loop.trainer import StepTrainer, training_arguments

BATCH = 8
_MEAN, _SPREAD, _LEAST, _MOST, _ANSWER = 201, 0.7, 30, 1024, 0.74


@dataclass
class Round:
    """One step of both: real tokens a second, and the two losses."""

    tokens: int
    padded_share: float
    plain: float
    ours: float
    plain_loss: float
    ours_loss: float


def made_up_examples(count: int, vocabulary: int) -> list[Example]:
    """Random tokens with the lengths of real instruction data."""
    numbers = np.random.default_rng(0)
    lengths = numbers.lognormal(np.log(_MEAN) - _SPREAD**2 / 2, _SPREAD, count).clip(_LEAST, _MOST).astype(int)
    examples = []
    for length in lengths:
        ids = numbers.integers(0, vocabulary, length, dtype=np.int32)
        labels = np.append(ids[1:], -100).astype(np.int32)
        labels[: round(length * (1 - _ANSWER))] = -100
        examples.append(Example(ids, labels, int((labels >= 0).sum())))
    return examples


def load_model(folder: Path | None) -> Any:
    """The model of a folder, or a random one of SmolLM2-135M's shape."""
    if folder is not None:
        return AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True
        )
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=49152,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            max_position_embeddings=8192,
            tie_word_embeddings=True,
        )
    )


def padded(examples: list[Example]) -> dict[str, torch.Tensor]:
    """The batch as the usual collator makes it: all rows as long as the longest."""
    width = max(map(len, examples))
    ids, labels, mask = (np.zeros((len(examples), width), dtype=np.int64) for _ in range(3))
    labels -= 100
    for row, example in enumerate(examples):
        ids[row, : len(example)] = example.ids
        labels[row, 1 : len(example)] = example.labels[:-1]
        mask[row, : len(example)] = 1
    arrays = {"input_ids": ids, "labels": labels, "attention_mask": mask}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def timed(step: Callable[[], torch.Tensor], model: Any) -> tuple[float, float]:
    """Seconds and loss of one forward and backward pass."""
    model.zero_grad()
    started = time.perf_counter()
    loss = step()
    return time.perf_counter() - started, float(loss)


def measure(ours: StepTrainer, plain: Trainer, examples: list[Example]) -> Round:
    """One step of each on the same examples."""
    inputs = padded(examples)
    for module in plain.model.modules():
        module.__dict__.pop("forward", None)  # the plain trainer has PEFT's own layers
    plain_seconds, plain_loss = timed(lambda: plain.training_step(plain.model, dict(inputs)), plain.model)
    speed_up(ours.model)
    our_seconds, our_loss = timed(lambda: ours.training_step(ours.model, {"examples": examples}), ours.model)
    tokens = sum(map(len, examples))
    share = inputs["input_ids"].numel() / tokens
    return Round(tokens, share, tokens / plain_seconds, tokens / our_seconds, plain_loss, our_loss)


def trainers(model: Any, spec: JobSpec, examples: list[Example], folder: Path) -> tuple[StepTrainer, Trainer]:
    """Both trainers around one model."""
    arguments = training_arguments(spec, folder, dtype="fp32", use_cpu=True, recompute=False)
    memory = MemoryWatch(torch.device("cpu"), None)
    ours = StepTrainer(model, arguments, examples, CPU.tokens_at_once, memory, TrainerCallback(), spec)
    ours.forward = choose_forward(model, model.config.vocab_size, ours.autocast(), pack=True)
    return ours, Trainer(model=model, args=arguments, train_dataset=examples)  # type: ignore[arg-type]


def lora_spec(rank: int) -> JobSpec:
    """LoRA on all linear layers."""
    raw = {"name": "benchmark", "base_model": 1, "dataset": 1, "method": "lora"}
    return make_spec(raw | {"method_params": {"rank": rank, "alpha": 2 * rank}, "training": {"batch_size": BATCH}})


def run(arguments: argparse.Namespace) -> list[Round]:
    """All rounds, after one that warms up."""
    torch.set_num_threads(cpu().cores)
    spec, lora = lora_spec(arguments.rank), method_of("lora")
    values, _faults = read_all(lora.params, spec.method_params, "method")
    model = lora.apply(load_model(arguments.model), values, RunContext(1, spec.training, Path(tempfile.gettempdir())))
    count = BATCH * (arguments.rounds + 1)
    if arguments.data is None:
        examples = made_up_examples(count, model.config.vocab_size)
    else:
        template = ChatTemplate.load(arguments.tokenizer or arguments.model)
        with tempfile.TemporaryDirectory() as folder:
            rows = training_rows(arguments.data)
            examples = load_examples(rows, template, usual_objective(), spec.training, Path(folder)).train[:count]
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = trainers(model, spec, examples, Path(folder))
        plain.current_gradient_accumulation_steps = 1  # which `train()` sets, one batch a step
        batches = [examples[i : i + BATCH] for i in range(0, len(examples), BATCH)]
        return [measure(ours, plain, batch) for batch in batches][1:]


def main() -> None:
    """Print each round and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument(
        "--model", type=Path, help="folder of a model (default: random weights of SmolLM2-135M's shape)"
    )
    parser.add_argument("--data", type=Path, help="normalised rows of a data set, from datasets/ in the home folder")
    parser.add_argument("--tokenizer", type=Path, help="tokenizer folder for --data (default: the model's)")
    rounds = run(parser.parse_args())
    print("round  tokens  padded/real  plain tok/s  ours tok/s  ratio  loss difference")
    for number, found in enumerate(rounds, 1):
        difference = abs(found.ours_loss - found.plain_loss)
        print(
            f"{number:5}  {found.tokens:6}  {found.padded_share:11.2f}  {found.plain:11.1f}  {found.ours:10.1f}"
            f"  {found.ours / found.plain:5.2f}  {difference:.1e}"
        )
        assert difference <= 1e-5 * max(1.0, found.plain_loss), "the losses differ"
    plain, ours, ratio = (
        statistics.median(values) for values in zip(*((r.plain, r.ours, r.ours / r.plain) for r in rounds), strict=True)
    )
    print(f"median: plain padded Trainer {plain:.1f} tokens/s, Tunesmith {ours:.1f} tokens/s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
