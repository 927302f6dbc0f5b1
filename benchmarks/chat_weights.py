"""What chats with weights in 8 bits lose and win: `python -m benchmarks.chat_weights FOLDER` (weights/ and tokenizer/ in it).

The same model is held in full (fp32) and in 8 bits, and both answer the built-in samples' validation questions, greedily. Loss: how far
the probabilities of 8 bits are from those in full along the answers in full (Kullback-Leibler, nats a token), how often
the likeliest token is the same, and how many answers change. Gain: processor seconds of a token, both in turn, and memory.
torch's dynamic quantisation, which rounds inputs to 8 bits as well, stands beside: why it was not taken.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import BASE, EIGHT_BITS, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model

SAMPLES = Path(__file__).resolve().parents[1] / "engine" / "data" / "samples"
PLAN = ResidentModels("it", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
_DYNAMIC = "dynamic"


@dataclass
class Talker:
    """A model that answers as chats do."""

    trunk: SharedBase
    template: ChatTemplate

    @classmethod
    def load(cls, folder: Path, dtype: str) -> Talker:
        """The model of a folder, held so."""
        model = load_model(folder / "weights", "fp32" if dtype == _DYNAMIC else dtype, "cpu")
        if dtype == _DYNAMIC:
            model = dynamic(model)
        return cls(SharedBase(model), ChatTemplate.load(folder / "tokenizer"))

    def ids(self, question: str) -> tuple[int, ...]:
        """A prompt's tokens."""
        return tuple(self.template.encode_prompt([{"role": "user", "content": question}]))

    def answer(self, ids: Sequence[int], tokens: int, *, ends: bool = True) -> dict[str, Any]:
        """How the side ended; `ids` are the prompt's."""
        events: list[dict[str, Any]] = []
        stops = tuple(self.template.eos_ids) if ends else ()
        request = Request(1, PLAN, (Ask(BASE, BASE, tuple(ids), 7, tokens),), stop_ids=stops)
        generate(request, {BASE: AdaptedModel(self.trunk, BASE)}, self.template, lambda: False, events.append)
        return next(event for event in events if event["event"] == "side")

    @torch.inference_mode()
    def along(self, ids: Sequence[int], said: Sequence[int]) -> Tensor:
        """Log probabilities of all tokens at each place of an answer, read token by token as it would be given."""
        shared = self.trunk
        cache, read = shared.open(BASE)
        scores = []
        for piece in (ids, *([token] for token in said)):
            inputs = shared.inputs.of(torch.tensor([list(piece)]), cache, read)
            scores.append(shared.forward([BASE], **inputs, **shared.inputs.last_only).logits[0, -1].float())
            read += len(piece)
        return torch.stack(scores).log_softmax(-1)


def dynamic(model: Any) -> Any:
    """The same model with torch's own quantisation of linear modules, inputs included."""
    return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)


def weight_bytes(model: nn.Module) -> int:
    """Of all parameters and buffers, each once."""
    tensors = {tensor.data_ptr(): tensor for tensor in (*model.parameters(), *model.buffers())}
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


def questions(most: int) -> list[str]:
    """Validation questions of the built-in samples and lessons: some of each."""
    lists = [
        json.loads((SAMPLES / f"{language}_held_out.json").read_text(encoding="utf-8")) for language in ("en", "zh")
    ]
    for file in sorted((SAMPLES / "lessons").glob("*.jsonl")):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        lists.append([row for row in rows if row.get("split") == "val"])
    turns = (item["prompt"] for items in zip_longest(*lists) for item in items if item is not None)
    return list(islice(dict.fromkeys(turns), most))


def loss(full: Talker, other: Talker, asked: Sequence[str], tokens: int) -> dict[str, float]:
    """What the other model's probabilities and answers lose."""
    distances, same, changed = [], [], 0
    for question in asked:
        ids = full.ids(question)
        text = full.answer(ids, tokens)["text"]
        said = full.template.token_ids(text)
        expected, found = full.along(ids, said), other.along(ids, said)
        distances.append((expected.exp() * (expected - found)).sum(-1))
        same.append(expected.argmax(-1) == found.argmax(-1))
        changed += other.answer(ids, tokens)["text"] != text
    apart = torch.cat(distances)
    return {
        "places": len(apart), "kl": float(apart.mean()), "kl_p99": float(apart.quantile(0.99)),
        "top1": float(torch.cat(same).float().mean()), "changed": changed, "answers": len(asked),
    }  # fmt: skip


def seconds(talkers: dict[str, Talker], tokens: int, runs: int) -> dict[str, float]:
    """Processor seconds of one token more, each in turn; the median."""
    ids, spent = {name: one.ids("Tell me a story.") for name, one in talkers.items()}, {name: [] for name in talkers}
    for _ in range(runs):
        for name, talker in talkers.items():
            ends = []
            for length in (1, tokens + 1):
                began = time.process_time()
                talker.answer(ids[name], length, ends=False)
                ends.append(time.process_time() - began)
            spent[name].append((ends[1] - ends[0]) / tokens)
    return {name: median(times) for name, times in spent.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    forms = {"full": "fp32", "8 bits": EIGHT_BITS, _DYNAMIC: _DYNAMIC}
    talkers = {name: Talker.load(options.folder, dtype) for name, dtype in forms.items()}
    for name, talker in talkers.items():
        if name != "full":
            print(name, loss(talkers["full"], talker, questions(options.questions), options.tokens))
        if name != _DYNAMIC:  # its packed weights are no tensors
            print(name, f"weights {weight_bytes(talker.trunk._model) / 1e6:.0f} MB")
    spent = seconds(talkers, options.tokens, options.runs)
    for name, each in spent.items():
        print(f"{name}: {1e3 * each:.1f} ms of the processor a token, {spent['full'] / each:.2f}x as fast as in full")


if __name__ == "__main__":
    main()
