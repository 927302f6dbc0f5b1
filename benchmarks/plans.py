"""How long the page waits for plans: `python -m benchmarks.plans` times the whole answer, from the raw form to ranked offers.

4,000 rows (the most that are measured of any data set), models known by config.json alone, devices of the catalogue. The
lengths of the rows are cached, as they are once a data set was looked at. Processor time is counted: one thread does all.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.core.context import open_context
from engine.core.settings import Settings
from engine.data.templates.lengths import MOST_ROWS
from engine.planner.memory.sizes import COMMON_SIZES
from engine.services.planning import estimates, plan_search
from tests import tiny

ROUNDS = 7
ASKED: tuple[tuple[str, int, Mapping[str, Any]], ...] = (  # what for, place in COMMON_SIZES, budget
    ("0.13B, 8 cores", -1, {"device": "desktop-8-32"}),
    ("0.13B, 8 cores, 10 minutes", -1, {"device": "desktop-8-32", "minutes": 10}),
    ("0.13B, 8 cores, smallest", -1, {"device": "desktop-8-32", "goal": "smallest"}),
    ("8B, RTX 4090", 3, {"device": "rtx-4090"}),
    ("8B, RTX 4090, fastest", 3, {"device": "rtx-4090", "goal": "fastest"}),
    ("70B, H200", 0, {"device": "h200"}),
    ("8B, 5 GB (nothing fits)", 3, {"device": "rtx-4090", "memory_mb": 5000}),
    ("70B, RTX 4090 (nothing fits)", 0, {"device": "rtx-4090"}),
)


def rows() -> Iterator[dict[str, Any]]:
    """Conversations of one to twelve turns."""
    for turns in (1, 1, 2, 3, 4, 6, 8, 12):
        yield from tiny.chat_rows(MOST_ROWS // 8, seed=turns, turns=turns)


def milliseconds(act: Callable[[], object]) -> float:
    """The median of a few rounds, after a first one."""
    act()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        act()
        taken.append((time.process_time() - began) * 1e3)
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    print("| AskedPrompt | Offers | Plans, ms | One plan, ms |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        ctx = open_context(Settings(home=Path(folder) / "home"), upgrade=True)
        dataset = tiny.add_dataset(ctx, list(rows()), held_out=200)
        models = [tiny.add_config(ctx, config, f"Planned {place}") for place, config in enumerate(COMMON_SIZES)]
        for name, place, budget in ASKED:
            raw = {"base_model": models[place], "dataset": dataset, "budget": dict(budget)}
            found = plan_search.offers(ctx, raw)
            one = raw | {"method": "lora"}
            offered = milliseconds(lambda raw=raw: plan_search.offers(ctx, raw))  # type: ignore[misc]
            planned = milliseconds(lambda one=one: estimates.plan(ctx, one))  # type: ignore[misc]
            print(f"| {name} | {len(found['offers'])} | {offered:.0f} | {planned:.0f} |", flush=True)


if __name__ == "__main__":
    main()
