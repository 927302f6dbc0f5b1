"""What it costs to note how sure a model was of each word: `python -m benchmarks.words FOLDER` (with weights/ and tokenizer/).

Answers with and without it are given in turn by one thread; processor seconds count, so that a busy machine slows neither in the
ratio. The share is what noting and telling took of all, measured within the same answers. Seed 1, temperature 0.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from engine.data.templates.template import ChatTemplate
from engine.serving.made_by import WORDS
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime import answer_row
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model
from engine.serving.runtime.token_worths import TokenWorths

_QUESTION = [{"role": "user", "content": "Tell me a long story about a lantern."}]


class Bench:
    """One model that answers on one thread."""

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)
        self._template = ChatTemplate.load(folder / "tokenizer")
        self._shared = SharedBase(load_model(folder / "weights", "fp32", "cpu"))
        self._ids = tuple(self._template.encode_prompt(_QUESTION))
        self.kept = 0.0  # bytes a token of the last answer's words, as JSON

    def seconds(self, words: int, sides: int, tokens: int) -> float:
        """Of the processor for so many answers at once."""
        plan = ResidentModels("it", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
        asks = tuple(Ask(f"side {n}", BASE, self._ids, 1, tokens) for n in range(sides))
        ended: list[dict[str, Any]] = []
        begun = time.process_time()
        model = {BASE: AdaptedModel(self._shared, BASE)}
        generate(Request(1, plan, asks, words=words), model, self._template, lambda: False, ended.append)
        took = time.process_time() - begun
        self.kept = len(json.dumps(ended[-1].get("words", []), ensure_ascii=False).encode()) / tokens
        return took


def timed(spent: list[float], call: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which notes the processor seconds that it takes."""

    def within(*given: Any) -> Any:
        begun = time.process_time()
        found = call(*given)
        spent.append(time.process_time() - begun)
        return found

    return within


def main() -> None:
    """Print a line for one side and one for four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--tokens", type=int, default=64)
    asked = parser.parse_args()
    bench = Bench(asked.folder)
    bench.seconds(WORDS, 1, 8)
    for sides in (1, 4):
        plain = noted = 0.0
        for turn in range(asked.rounds):
            order = (0, WORDS) if turn % 2 else (WORDS, 0)
            took = {words: bench.seconds(words, sides, asked.tokens) for words in order}
            plain, noted = plain + took[0], noted + took[WORDS]
        spent: list[float] = []
        note, told = TokenWorths.note, answer_row.told
        TokenWorths.note, answer_row.told = timed(spent, note), timed(spent, told)  # type: ignore[method-assign]
        try:
            whole = bench.seconds(WORDS, sides, asked.tokens)
        finally:
            TokenWorths.note, answer_row.told = note, told  # type: ignore[method-assign]
        each = 1e6 * sum(spent) / (sides * asked.tokens)
        print(f"{sides} side(s): with words {noted / plain:.3f} of the time without; noting and telling {sum(spent) / whole:.2%}, {each:.0f} us a token; {bench.kept:.0f} bytes a token")  # fmt: skip


if __name__ == "__main__":
    main()
