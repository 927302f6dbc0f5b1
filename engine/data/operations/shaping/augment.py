"""More training rows from those that are there: the user's turns in other words, the answers untouched."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.noise import can_slip, noisy
from engine.data.operations.shaping.openings import another_opening, has_opening
from engine.data.operations.shaping.paraphrase import HOLE, can_paraphrase, paraphrased
from engine.data.operations.shaping.settings import PERCENT, SEED, fraction, share
from engine.data.operations.shaping.synthetic import EVERY, variants

_KINDS = ("chat", "preference", "kto", "ranking")


def _openings(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    yield from variants(source, values, "openings", another_opening, fits=has_opening)


def _noise(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    kinds, strength = list(values["kinds"]), fraction(values, "strength")

    def change(text: str, dice: random.Random) -> str | None:
        return noisy(text, kinds, strength, dice)

    def fits(text: str) -> bool:
        return can_slip(text, kinds)

    yield from variants(source, values, "noise", change, fits=fits, pick=EVERY)


def _paraphrase(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    ways, own = values["ways"], wordings_in(values["own"])

    def change(text: str, dice: random.Random) -> str | None:
        return paraphrased(text, ways, own, dice)

    yield from variants(source, values, "paraphrase", change, fits=lambda text: can_paraphrase(text, ways))


def wordings_in(text: str | None) -> tuple[str, ...]:
    """The user's own wordings, one a line (or between "|"). Raises Fault where one has no {question}."""
    lines = [line.strip() for part in (text or "").splitlines() for line in part.split("|")]
    found = tuple(line for line in dict.fromkeys(lines) if line)
    for line in found:
        if HOLE not in line:
            raise Fault("data.shape.no_hole", wording=line[:80])
    return found


def _copies(most: int) -> Param:
    return Param(
        "copies",
        "int",
        1,
        Text("data.operations.shaping.augment.copies.label"),
        Text("data.operations.shaping.augment.copies.help"),
        usual=Text("data.operations.shaping.augment.copies.usual"),
        minimum=1,
        maximum=most,
        advanced=False,
    )  # fmt: skip


_SHARE = share(
    Text("data.operations.shaping.augment.share.label"),
    Text("data.operations.shaping.augment.share.help"),
    100.0,
)
_OWN = Param(
    "own",
    "text",
    None,
    Text("data.operations.shaping.augment.own.label"),
    Text("data.operations.shaping.augment.own.help"),
    usual=Text("data.operations.shaping.augment.own.usual"),
    optional=True,
)
_WAYS = Param(
    "ways",
    "choice",
    "both",
    Text("data.operations.shaping.augment.ways.label"),
    Text("data.operations.shaping.augment.ways.help"),
    choices={
        "both": Text("data.operations.shaping.augment.ways.choices.both"),
        "patterns": Text("data.operations.shaping.augment.ways.choices.patterns"),
        "frames": Text("data.operations.shaping.augment.ways.choices.frames"),
    },
)  # fmt: skip
_SLIPS = Param(
    "kinds",
    "multi",
    ["typo", "swap", "marks", "lower"],
    Text("data.operations.shaping.augment.kinds.label"),
    Text("data.operations.shaping.augment.kinds.help"),
    choices={
        "typo": Text("data.operations.shaping.augment.kinds.choices.typo"),
        "swap": Text("data.operations.shaping.augment.kinds.choices.swap"),
        "marks": Text("data.operations.shaping.augment.kinds.choices.marks"),
        "lower": Text("data.operations.shaping.augment.kinds.choices.lower"),
        "sound": Text("data.operations.shaping.augment.kinds.choices.sound"),
    },
    advanced=False,
)
_STRENGTH = Param(
    "strength",
    "float",
    10.0,
    Text("data.operations.shaping.augment.strength.label"),
    Text("data.operations.shaping.augment.strength.help"),
    usual=Text("data.operations.shaping.augment.strength.usual"),
    minimum=1,
    maximum=50,
    unit=PERCENT,
)

AUGMENT = (
    Operation(
        "paraphrase",
        "augment",
        Text("data.operations.shaping.augment.paraphrase.label"),
        Text("data.operations.shaping.augment.paraphrase.help"),
        _paraphrase,
        (_copies(5), _SHARE, _WAYS, _OWN, SEED),
        kinds=_KINDS,
    ),
    Operation(
        "openings",
        "augment",
        Text("data.operations.shaping.augment.openings.label"),
        Text("data.operations.shaping.augment.openings.help"),
        _openings,
        (_copies(3), _SHARE, SEED),
        kinds=_KINDS,
    ),
    Operation(
        "noise",
        "augment",
        Text("data.operations.shaping.augment.noise.label"),
        Text("data.operations.shaping.augment.noise.help"),
        _noise,
        (_SLIPS, _STRENGTH, _copies(3), _SHARE, SEED),
        kinds=_KINDS,
    ),
)  # fmt: skip
