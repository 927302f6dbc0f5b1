"""How fast a model may learn by its size: a method's own learning rate is for models below a billion parameters.

Declared once, by family, as shares of the method's own rate. Full fine-tuning: 2e-5 for 7 billion parameters and 1e-5 for 13
(Taori et al. 2023, Stanford Alpaca), 5e-6 and 2e-6 for 8 and 70 (Lambert et al. 2024, Tulu 3, arXiv:2411.15124). LoRA: ten times
that at every size (Schulman et al. 2025, LoRA Without Regret, whose fit for Llama gives 4.9e-4, 2.9e-4 and 1.7e-4 for 1, 8 and
70 billion); 2e-4 up to 13 billion, 1e-4 beyond (Dettmers et al. 2023, QLoRA, arXiv:2305.14314, table 9). Soft prompts learn at
one rate at every size (Lester et al. 2021, arXiv:2104.08691: 0.3 from 60 million to 11 billion).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.methods.common.declaration import Family, Method

RATE = "learning_rate"


@dataclass(frozen=True)
class Share:
    """What a larger base makes of a method's own learning rate."""

    parameters: float  # of the base, from which on it holds
    share: float  # of the method's own rate
    source: str  # who trained so


_WHOLE = (
    Share(3e9, 0.4, "2e-5 for 7 billion parameters: Stanford Alpaca"),
    Share(10e9, 0.2, "1e-5 for 13 billion parameters: Stanford Alpaca"),
    Share(30e9, 0.1, "between 1e-5 (Zhou et al. 2023, LIMA, arXiv:2305.11206) and 2e-6 (Tulu 3) for 65 and 70 billion"),
)
_ADDED = (
    Share(1e9, 0.5, "4.9e-4 at the width of a model of a billion parameters: LoRA Without Regret"),
    Share(3e9, 0.2, "2e-4 for 7 and 13 billion parameters: QLoRA, table 9"),
    Share(30e9, 0.1, "1e-4 for 33 and 65 billion parameters: QLoRA, table 9"),
)
SHARES: Mapping[Family, Sequence[Share]] = {
    "whole": _WHOLE,
    "low_rank": _ADDED,
    "adapter": _ADDED,
    "selective": _ADDED,
    "research": _ADDED,
    "prompt": (),
    "context": (),
}


def rates_of(method: Method) -> list[tuple[float, float]]:
    """(from so many parameters on, learning rate), from small models to large ones; empty for a method without a rate."""
    if (own := method.defaults.get(RATE)) is None:
        return []
    return [(0.0, own), *((one.parameters, float(f"{one.share * own:.2g}")) for one in SHARES[method.family])]


def rate_for(method: Method, parameters: int | None) -> float | None:
    """The learning rate that suits a method on a model of so many parameters; the method's own where they are not known."""
    suiting = [rate for least, rate in rates_of(method) if least <= (parameters or 0)]
    return suiting[-1] if suiting else None


def defaults_for(method: Method, parameters: int | None) -> Mapping[str, Any]:
    """The method's defaults for the objective's settings, on a model of so many parameters."""
    rate = rate_for(method, parameters)
    return method.defaults if rate is None else {**method.defaults, RATE: rate}
