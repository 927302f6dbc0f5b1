"""How plans are ranked: what each goal asks for, and how good the result of a plan can be expected to be.

The expected quality is a product of shares, each of which has a named source. It says in which order plans should be
tried, not what loss a job will reach: the sources measured other models and other data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

from engine.base_formats.declaration import BaseFormat
from engine.core.formula import Basis
from engine.methods.common.declaration import Method
from engine.optimizers.declaration import Optimizer
from engine.optimizers.trained_format import FP32, TrainedFormat

GOALS = ("quality", "fastest", "smallest")
GOOD_ENOUGH = 0.8  # plans below this are only "fastest" or "smallest" when no other fits
_MUCH = 2_000  # examples from which training every weight can gain something
_FORGETTING = 0.98
_BITS_A_PARAMETER = 2.0
_EXPONENT = 0.28
_REPEATS = 15.4
_ENOUGH_PASSES = 4.0  # more are worth ever less, and learn by heart
_NOTHING_TRAINED = 0.3


FAMILIES: Mapping[str, Basis] = {
    "whole": Basis(1.0, "the mark that the others are measured by; Biderman et al. 2024, arXiv:2405.09673"),
    "low_rank": Basis(
        1.0,
        "equal to full fine-tuning while the data fit into the adapter: Schulman et al. 2025, LoRA Without Regret; close to "
        "it on instructions, behind it on large new corpora: Biderman et al. 2024, arXiv:2405.09673",
    ),
    "adapter": Basis(0.98, "within 0.4 % of full fine-tuning on GLUE: Houlsby et al. 2019, arXiv:1902.00751"),
    "selective": Basis(0.97, "close to full fine-tuning on small data: Ben Zaken et al. 2021, arXiv:2106.10199"),
    "prompt": Basis(
        0.75, "reaches full fine-tuning only from 10 billion parameters: Lester et al. 2021, arXiv:2104.08691"
    ),
    "research": Basis(0.75, "our own table, docs/methods.md"),
    "context": Basis(_NOTHING_TRAINED, "shows examples instead of learning them: Brown et al. 2020, arXiv:2005.14165"),
}


@dataclass(frozen=True)
class Learning:
    """What a plan makes of the data.

    Attributes:
        whole: share of the examples that are seen whole; one that is cut or left out teaches nothing certain.
        examples: how many there are.
        trained_tokens: tokens with a label in one pass.
        trainable: trained parameters.
        epochs: passes over the data.
    """

    whole: float
    examples: int
    trained_tokens: int
    trainable: int
    epochs: float


def quality(
    method: Method, held: BaseFormat, optimizer: Optimizer, learning: Learning, trained: TrainedFormat = FP32
) -> float:
    """Expected quality from 0 to 1: method x base format x optimizer x format of trained weights x capacity x data seen.

    Data seen counts as in scaling laws, to the power of 0.28 (Hoffmann et al. 2022, arXiv:2203.15556, approach 3), with
    repeated passes worth ever less (Muennighoff et al. 2023, arXiv:2305.16264, R* = 15.4).
    """
    if not method.capabilities.trains:
        return FAMILIES[method.family].share
    base = FAMILIES[method.family].share * _share(held) * _share(optimizer) * trained.quality.share
    seen = learning.whole * min(1.0, _worth(learning.epochs) / _worth(_ENOUGH_PASSES))
    return base * _unlost(method, learning.examples) * _capacity(learning) * seen**_EXPONENT


def _share(chosen: BaseFormat | Optimizer) -> float:
    """Of what plans do not try, nothing is known that speaks against it."""
    return chosen.quality.share if chosen.quality else 1.0


def _worth(epochs: float) -> float:
    """Passes over the data in passes over fresh data: 4 are worth 3.7, 40 are worth 15."""
    return epochs if epochs <= 1 else 1 + _REPEATS * (1 - exp(-(epochs - 1) / _REPEATS))


def _unlost(method: Method, examples: int) -> float:
    """On few examples, training every weight forgets more than it gains (arXiv:2405.09673)."""
    return _FORGETTING if method.family == "whole" and examples < _MUCH else 1.0


def _capacity(learning: Learning) -> float:
    """Room for what is learnt; what has none counts as data that is not seen.

    2 bits a parameter (Allen-Zhu and Li 2024, arXiv:2404.05405), about one bit a trained token (LoRA Without Regret).
    """
    return min(1.0, _BITS_A_PARAMETER * learning.trainable / max(1, learning.trained_tokens)) ** _EXPONENT
