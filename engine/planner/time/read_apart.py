"""What of prompts with answers is learnt, and what is only read before that: two passes over parts of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.data.bundles.sizes import BundleSize
from engine.data.templates.lengths import Counts
from engine.objectives.declaration import Needs


def learnt_and_read(counts: Counts, needs: Needs) -> tuple[Counts, Counts | None]:
    """The rows as they are learnt (or scored), and as they are read before each step and each check; None where nothing is."""
    if needs.apart is None or not counts.bundles:
        return counts, None
    parts = [needs.apart(one) for one in counts.bundles]
    return _like(counts, [one for one, _ in parts]), _like(counts, [one for _, one in parts if one is not None])


def _like(counts: Counts, bundles: Sequence[BundleSize]) -> Counts:
    """Counts of a part of the measured rows, scaled up to all rows as theirs are."""
    scale = counts.tokens / max(1, sum(one.tokens for one in counts.bundles))
    return replace(
        counts,
        rows=round(counts.rows * len(bundles) / len(counts.bundles)),
        tokens=round(scale * sum(one.tokens for one in bundles)),
        trained=round(scale * sum(sum(one.answers) for one in bundles)),
        lengths=[one.tokens for one in bundles],
        bundles=bundles,
    )
