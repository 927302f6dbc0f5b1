"""Our writing of answers in training against transformers' `generate`, and where the time of a step goes: `python -m benchmarks.rollout`.

Both write the same number of tokens to the same prompts with the same model with an adapter, in turn; processor seconds count, so
that a busy machine slows neither in the ratio. Without arguments the model is a random one of SmolLM2-135M's shape.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GenerationConfig, LlamaConfig, LlamaForCausalLM

from engine.core.params import read_all
from engine.data.templates.encoded import Bundle
from engine.objectives import objective_of
from engine.training.batches.examples import bundle_example
from engine.training.forward.forward import Packed
from engine.training.reference.tokens import noted_log_probs
from engine.training.rollout.decode import AnswerDecoder, Asked, Writing
from engine.training.rollout.merged import merged

_PROMPTS, _ANSWERS, _PROMPT_TOKENS, _NEW_TOKENS = 4, 8, 60, 48


@dataclass(frozen=True)
class Written:
    """Tokens a processor second of both ways."""

    plain: float
    ours: float

    @property
    def ratio(self) -> float:
        """How many times as fast ours is."""
        return self.ours / self.plain


def adapted(folder: str | None) -> Any:
    """The model of a folder, or a random one of SmolLM2-135M's shape, with LoRA on all linear layers."""
    torch.manual_seed(0)
    if folder:
        base: Any = AutoModelForCausalLM.from_pretrained(Path(folder), dtype=torch.float32, use_safetensors=True)
    else:
        base = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
                num_key_value_heads=3, tie_word_embeddings=True,
            )
        )  # fmt: skip
    return get_peft_model(base, LoraConfig(r=16, target_modules="all-linear", task_type="CAUSAL_LM")).eval()


def prompts(vocabulary: int) -> list[list[int]]:
    """Random tokens, of lengths that differ a little."""
    numbers = torch.Generator().manual_seed(1)
    return [
        torch.randint(0, vocabulary, (_PROMPT_TOKENS - 3 * place,), generator=numbers).tolist()
        for place in range(_PROMPTS)
    ]


def _seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def plainly(model: Any, asked: list[list[int]]) -> None:
    """As a library user would: padded prompts, each once for every answer, through `generate`."""
    rows = [one for one in asked for _ in range(_ANSWERS)]
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(one)) + one for one in rows])
    mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in rows])
    config = GenerationConfig(
        do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=_NEW_TOKENS, min_new_tokens=_NEW_TOKENS,
        eos_token_id=None, pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    with torch.no_grad():
        model.generate(input_ids=ids, attention_mask=mask, generation_config=config)


def by_rollout(model: Any, decoder: AnswerDecoder, asked: list[list[int]]) -> None:
    """As training does."""
    wanted = [Asked(one, (0, 0, place, n)) for place, one in enumerate(asked) for n in range(_ANSWERS)]
    with merged(model):
        decoder.write(wanted, Writing(frozenset(), 0, _NEW_TOKENS, 1.0), len(wanted))


@dataclass(frozen=True)
class Phases:
    """Processor seconds of one step of GRPO with a reference, by phase."""

    writing: float
    reading: float
    learning: float

    def shares(self) -> dict[str, float]:
        """Of the whole step."""
        whole = self.writing + self.reading + self.learning
        return {name: getattr(self, name) / whole for name in ("writing", "reading", "learning")}


def phases(model: Any, asked: list[list[int]]) -> Phases:
    """Write the answers, read them with the model of the start, and learn from them."""
    objective, decoder, forward = objective_of("grpo"), AnswerDecoder(model), Packed(model)
    given = {"kl": 0.04, "max_length": 256, "answer_tokens": _NEW_TOKENS, "unfinished": "as_scored"}
    values, _faults = read_all(objective.params, given, "training")
    wanted = [Asked(one, (0, 0, place, n)) for place, one in enumerate(asked) for n in range(_ANSWERS)]
    found: list[Any] = []

    def write() -> None:
        with merged(model):
            found.extend(decoder.write(wanted, Writing(frozenset(), 0, _NEW_TOKENS, 1.0), len(wanted))[0])

    writing = _seconds(write)
    made = [
        replace(
            bundle_example(Bundle(one, [w.ids for w in found[_ANSWERS * n : _ANSWERS * (n + 1)]], range(_ANSWERS))),
            answer_notes={"ended": np.ones(_ANSWERS, np.float32)},
        )
        for n, one in enumerate(asked)
    ]
    trainer: Any = SimpleNamespace(
        model=model, forward=forward, budget=2048, between_groups=lambda: None, autocast=nullcontext
    )
    noted: list[Any] = []
    reading = _seconds(lambda: noted.extend(noted_log_probs(trainer, made, "reference")))
    assert objective.online is not None
    learnt = objective.online.learn(noted, values, {}).examples

    def learn() -> None:
        model.train()
        for group in forward.groups(learnt, 2048):
            with forward.session(group):
                objective.loss(forward, group, values).total.backward()
        model.eval()

    return Phases(writing, reading, _seconds(learn))


def compare(folder: str | None = None, rounds: int = 3) -> Written:
    """Both ways, in turn; the best round of each counts, for other work on the machine only adds."""
    model = adapted(folder)
    decoder, asked = AnswerDecoder(model), prompts(model.config.vocab_size)
    tokens = _PROMPTS * _ANSWERS * _NEW_TOKENS
    plain, ours = [], []
    for _ in range(rounds):
        plain.append(_seconds(lambda: plainly(model, asked)))
        ours.append(_seconds(lambda: by_rollout(model, decoder, asked)))
    return Written(tokens / min(plain), tokens / min(ours))


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="folder of a model")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = compare(given.model, given.rounds)
    print(f"{_PROMPTS * _ANSWERS} answers of {_NEW_TOKENS} tokens, tokens a processor second")
    print(f"generate {found.plain:.0f}   ours {found.ours:.0f}   ratio {found.ratio:.2f}")
    model = adapted(given.model)
    parts = phases(model, prompts(model.config.vocab_size))
    print("share of a step: " + ", ".join(f"{name} {share:.0%}" for name, share in parts.shares().items()))


if __name__ == "__main__":
    main()
