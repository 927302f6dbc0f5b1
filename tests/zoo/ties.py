"""Two readers of one model may decide a tie differently, for they round differently; whoever compares them follows both ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

TIE = 1e-3  # nats between two tokens; weights that another has merged or read move far less in fp32


def follow(
    model: Any, prompt: Sequence[int], ids: Sequence[int], wanted: str, heard: Callable[[Sequence[int]], str]
) -> list[int]:
    """The greedy answer `ids` of `model` to `prompt`, or where it leaves the text `wanted` at a tie, the one that goes its way.

    Args:
        model: of transformers or PEFT, that takes tokens and gives scores.
        prompt: tokens.
        ids: tokens that it generated.
        wanted: what the other reader made.
        heard: tokens as text.

    Returns:
        as many tokens as `ids`, at most; where they still differ from `wanted`, it was no tie.
    """
    answer, settled = list(ids), 0
    while (place := _parting(answer, wanted, heard)) is not None and place >= settled:
        other = _tied(
            model,
            [*prompt, *answer[:place]],
            lambda token, kept=answer[:place]: wanted.startswith(heard([*kept, token])),
        )
        if other is None:
            break
        answer, settled = _greedy(model, prompt, [*answer[:place], other], len(ids)), place + 1
    return answer


def _parting(answer: Sequence[int], wanted: str, heard: Callable[[Sequence[int]], str]) -> int | None:
    """The first token with which the answer is no beginning of the text any more."""
    return next((place for place in range(len(answer)) if not wanted.startswith(heard(answer[: place + 1]))), None)


def _tied(model: Any, ids: list[int], goes_on: Callable[[int], bool]) -> int | None:
    """A token as likely as the likeliest one that goes on as wanted."""
    scores = _scores(model, ids)
    near = (scores >= scores.max() - TIE).nonzero().flatten().tolist()
    return next((token for token in near if token != int(scores.argmax()) and goes_on(token)), None)


def _greedy(model: Any, prompt: Sequence[int], answer: list[int], most: int) -> list[int]:
    ends = model.generation_config.eos_token_id
    stops = set(ends if isinstance(ends, list) else [ends])
    while len(answer) < most and answer[-1] not in stops:
        answer = [*answer, int(_scores(model, [*prompt, *answer]).argmax())]
    return answer


def _scores(model: Any, ids: list[int]) -> Any:
    import torch

    tokens = torch.tensor([ids])
    with torch.no_grad():
        return model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits[0, -1].float().log_softmax(-1)
