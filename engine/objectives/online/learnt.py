"""What objectives that write answers have in common: methods they cannot work with, and what each answer of a rollout counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.methods.common.declaration import Method, Refusal

if TYPE_CHECKING:
    pass


def online_refusals(method: Method) -> Iterator[Refusal]:
    """Methods that train nothing, and those that begin elsewhere than at the base: there is no start that answers like it."""
    if not method.capabilities.trains:
        yield Refusal("method", "online.no_training", {"method": method.label.as_dict()})
    elif not method.starts_as_base:
        yield Refusal("method", "online.random_start", {"method": method.label.as_dict()})


def live_share(examples: Sequence[Any]) -> list[Any]:
    """The examples with what each answer counts in the divisor of a step, so that it is 1 in all: the labels' own weights say the
    rest. "even" is what a label counts in means over all."""
    import numpy as np

    answers, labels = sum(len(one.parts) for one in examples), sum(one.trained for one in examples)
    return [
        replace(
            one,
            answer_notes={**one.answer_notes, "share": np.full(len(one.parts), 1 / answers, np.float32)},
            label_notes={**one.label_notes, "even": np.full(one.trained, 1 / labels, np.float32)},
        )
        for one in examples
    ]


def shares(example: Any) -> float:
    """What an example counts in the divisor of a step."""
    import numpy as np

    return float(example.answer_notes["share"].sum(dtype=np.float64))
