"""Whether the longer (or the shorter) answer wins more often than chance allows: then length is what a model learns."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Fix, Material, Values
from engine.data.rows.intervals import wilson
from engine.data.rows.judged import KINDS, longer_won

_CHANCE = 0.5


def _run(material: Material, _values: Values) -> Iterator[FoundRow]:
    """Rows count, not pairs: the pairs of one ranking are not independent of each other."""
    ids, shares = [], []
    for row in material.rows():
        if row.get("split", "train") == "train" and (share := longer_won(row)) is not None:
            ids.append(int(row["id"]))
            shares.append(share)
    if not shares:
        return
    share = sum(shares) / len(shares)
    low, high = wilson(sum(shares), len(shares))
    if low <= _CHANCE <= high:
        return
    side = "longer" if low > _CHANCE else "shorter"
    percent = (
        {"share": share, "low": low, "high": high}
        if side == "longer"
        else {"share": 1 - share, "low": 1 - high, "high": 1 - low}
    )
    detail = {
        "code": f"length_bias.{side}",
        **{name: round(100 * one) for name, one in percent.items()},
        "pairs": len(shares),
    }
    for number, one in zip(ids, shares, strict=True):
        if (one > _CHANCE) == (side == "longer") and one != _CHANCE:
            yield FoundRow(number, None, detail)


LENGTH_BIAS = Check(
    key="length_bias",
    severity="look",
    label=Text("data.quality.pairs.length_bias.label"),
    help=Text("data.quality.pairs.length_bias.help"),
    found=Text("data.quality.pairs.length_bias.found"),
    run=_run,
    fixes=(
        Fix("balance_lengths", {"how": "drop"}, Text("data.quality.pairs.length_bias.drop.label")),
        Fix("balance_lengths", {"how": "weight"}, Text("data.quality.pairs.length_bias.weight.label")),
    ),
    kinds=KINDS,
)
