"""How quickly the playground answers: one side, several tuned sides at once, beside transformers, two whole models and llama.cpp.

    python -m benchmarks.playground --model FOLDER              # FOLDER has weights/ and tokenizer/; a quiet machine
    python -m benchmarks.playground --model FOLDER --rounds 7 --threads 2 --without-llama

Everything runs in turn within each round, on the same fp32 weights and prompt, greedily and without drafts; the middle round counts.
Adapters are random LoRAs of rank 8 on all matrices. Memory is of this process after it has answered, before anything else is loaded.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
import torch
from peft import LoraConfig, PeftModel, get_peft_model

from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model

WAYS = 4
_Q8_SHARE = 34 / 128  # of fp32's bytes: 32 numbers of a byte and their scale
_FIRST_ID = 20  # of the tokens that prompts are made of, above special ones
LIMITS = {"decode": 1.4, "prefill": 1.8, "first": 1.3, "memory": 1.1, "generate": 2.0}


@dataclass
class Times:
    """What answers took, a list with one entry a round.

    Attributes:
        first: seconds until every side has its first token.
        token: seconds a step after it.
    """

    first: list[float] = field(default_factory=list)
    token: list[float] = field(default_factory=list)

    def middle(self) -> tuple[float, float]:
        """Of the rounds."""
        return statistics.median(self.first), statistics.median(self.token)


def write_adapters(folder: Path, into: Path, count: int) -> list[Path]:
    """Random LoRAs on the model of a folder, as PEFT saves them."""
    paths = []
    for number in range(count):
        torch.manual_seed(number)
        config = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
        tuned: Any = get_peft_model(load_model(folder, "fp32", "cpu"), config)
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.01)
        paths.append(into / f"adapter-{number}")
        tuned.save_pretrained(paths[-1], save_embedding_layers=False)
    return paths


class Sides:
    """A base with adapters, asked as the playground asks."""

    def __init__(self, folder: Path, template: ChatTemplate) -> None:
        self.trunk, self._template = SharedBase(load_model(folder, "fp32", "cpu")), template

    def ask(self, keys: Sequence[str], ids: Sequence[int], count: int) -> tuple[float, float, dict[str, str]]:
        """Seconds until all have their first token, seconds a step after it, and what they said."""
        plan = ResidentModels("x", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
        asks = tuple(Ask(key, key, tuple(ids), 0, count) for key in keys)
        adapted = {key: AdaptedModel(self.trunk, key) for key in keys}
        firsts: dict[str, float] = {}
        said: dict[str, str] = {}
        began = time.perf_counter()

        def hear(event: dict[str, Any]) -> None:
            firsts.setdefault(event["side"], time.perf_counter() - began)
            if event["event"] == "side":
                assert event["tokens"] == count, event
                said[event["side"]] = event["text"]

        with patch("engine.serving.runtime.decode_batch.draftable", return_value=False):
            generate(Request(1, plan, asks), adapted, self._template, lambda: False, hear)
        first = max(firsts.values())
        return first, (time.perf_counter() - began - first) / (count - 1), said


def by_generate(model: Any, ids: Sequence[int], count: int) -> tuple[float, float]:
    """Seconds until the first token and a step after it, through `transformers.generate`."""

    def seconds(new: int) -> float:
        began = time.perf_counter()
        with torch.inference_mode():
            model.generate(
                input_ids=torch.tensor([ids]), do_sample=False, max_new_tokens=new, min_new_tokens=new, pad_token_id=0
            )
        return time.perf_counter() - began

    first = seconds(1)
    return first, (seconds(count) - first) / (count - 1)


def bandwidth() -> float:
    """Bytes a second that this processor reads from memory, at best."""
    numbers = torch.ones(64 << 20)
    best = min(_seconds(numbers.sum) for _ in range(8))
    return numbers.numel() * 4 / best


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


@dataclass
class Found:
    """All that is measured.

    Attributes:
        times: by what was measured.
        memory: bytes of this process, by the number of adapters.
        same: the sides said together what each says alone.
    """

    times: dict[str, Times] = field(default_factory=dict)
    memory: dict[int, int] = field(default_factory=dict)
    same: bool = True

    def note(self, name: str, first: float, token: float) -> None:
        """A round of something."""
        its = self.times.setdefault(name, Times())
        its.first.append(first)
        its.token.append(token)


def measure(scratch: Path, given: argparse.Namespace) -> Found:
    """The playground's sides, transformers, two whole models and llama.cpp, in turn."""
    weights, template = given.model / "weights", ChatTemplate.load(given.model / "tokenizer")
    adapters = write_adapters(weights, scratch, WAYS)
    found, keys = Found(), [f"tuned-{number}" for number in range(WAYS)]
    sides = Sides(weights, template)
    ids = [_FIRST_ID + number * 37 % 400 for number in range(given.prompt)]
    for number, (key, folder) in enumerate(zip(keys, adapters, strict=True), 1):
        sides.trunk.add(key, str(folder))
        sides.ask(keys[:number], ids, 4)
        found.memory[number] = resident()
    model = load_model(weights, "fp32", "cpu")
    tuned: Any = PeftModel.from_pretrained(load_model(weights, "fp32", "cpu"), str(adapters[0])).merge_and_unload()
    alone: dict[str, str] = {}
    for key in keys:
        alone |= sides.ask([key], ids, given.tokens)[2]
    for _ in range(given.rounds):
        found.note("generate", *by_generate(model, ids, given.tokens))
        found.note("base", *sides.ask([BASE], ids, given.tokens)[:2])
        found.note("one", *sides.ask(keys[:1], ids, given.tokens)[:2])
        first, token, said = sides.ask(keys, ids, given.tokens)
        found.note("all", first, token)
        found.same &= said == alone
        found.note("two", *sides.ask([BASE, keys[0]], ids, given.tokens)[:2])
        loop = [by_generate(one, ids, given.tokens) for one in (model, tuned)]
        found.note("loop", sum(first for first, _ in loop), sum(token for _, token in loop))
    if not given.without_llama:
        with get_context("spawn").Pool(1) as pool:  # its library leaves torch in the same process with one thread
            for name, first, token in pool.apply(llama_cpp, (given, scratch, ids)):
                found.note(name, first, token)
    return found


def llama_cpp(given: argparse.Namespace, scratch: Path, ids: list[int]) -> list[tuple[str, float, float]]:
    """The same weights in llama.cpp, and those in 8 bits, in turn: seconds to the first token, and of each."""
    from benchmarks.llama_gguf import FORMS, LlamaCpp, write

    weights, tokenizer, found = given.model / "weights", given.model / "tokenizer", []
    files = {form: write(weights, tokenizer, scratch / f"{form}.gguf", form) for form in FORMS}
    others = {f"llama.cpp {form}": LlamaCpp(file, given.threads) for form, file in files.items()}
    for _ in range(given.rounds):
        for name, other in others.items():
            _said, speed, first = other.write(ids, given.tokens)
            found.append((name, first, 1 / speed))
    return found


def show(found: Found, size: int, speed: float) -> None:
    """Ratios beside their limits."""
    at = {name: times.middle() for name, times in found.times.items()}
    spread = {name: (min(its.token), max(its.token)) for name, its in found.times.items()}
    for name, (first, token) in at.items():
        low, high = spread[name]
        print(
            f"{name:14} first {1e3 * first:7.0f} ms   step {1e3 * token:6.1f} ms ({1e3 * low:.1f} to {1e3 * high:.1f})"
        )
    ratios = {
        "decode": at["all"][1] / at["one"][1],
        "prefill": at["all"][0] / at["one"][0],
        "first": at["all"][0] / at["one"][0],
        "memory": found.memory[WAYS] / found.memory[1],
        "generate": at["generate"][1] / at["base"][1],
    }
    print(f"decoding {WAYS} tuned sides / one: {ratios['decode']:.2f} (limit {LIMITS['decode']})")
    print(f"reading the prompt for {WAYS} / for one: {ratios['prefill']:.2f} (limit {LIMITS['prefill']})")
    print(f"first token of all {WAYS} / of one alone: {ratios['first']:.2f} (limit {LIMITS['first']})")
    print(f"the same beside transformers' first token of one: {at['all'][0] / at['generate'][0]:.2f}")
    print(f"memory of {WAYS} adapters / of one: {ratios['memory']:.3f} (limit {LIMITS['memory']})")
    print(
        f"base alone, tokens a second / transformers.generate: {ratios['generate']:.2f} (wanted {LIMITS['generate']})"
    )
    print(f"an adapter's cost over the base: {at['one'][1] / at['base'][1] - 1:.0%} of a step")
    print(f"a plain loop over two whole models / base and tuned here: {at['loop'][1] / at['two'][1]:.2f}")
    print(f"sides said together what each says alone: {found.same}")
    for name in ("base", "generate", *(name for name in at if name.startswith("llama.cpp"))):
        its = size * _Q8_SHARE if name.endswith("Q8_0") else size
        print(
            f"{name}: {1 / at[name][1]:.1f} tokens a second, {its / at[name][1] / speed:.0%} of what {speed / 1e9:.1f} GB/s allow"
        )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder with weights/ and tokenizer/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=64, help="of each answer")
    parser.add_argument("--prompt", type=int, default=24, help="tokens of the prompt")
    parser.add_argument("--threads", type=int, default=psutil.cpu_count(logical=False) or 1)
    parser.add_argument("--without-llama", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    speed = bandwidth()
    size = sum(file.stat().st_size for file in (given.model / "weights").glob("*.safetensors"))
    with tempfile.TemporaryDirectory() as scratch:
        show(measure(Path(scratch), given), size, speed)


if __name__ == "__main__":
    main()
