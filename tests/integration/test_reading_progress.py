"""An operation that reads all rows before it writes the first one says how far that is, and can be ended meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.services.data.versions import version_files, versions
from engine.services.data.versions.recipes import Recipe
from tests.tiny import add_dataset

ROWS = 1_000
RECIPES: list[tuple[str, dict[str, Any]]] = [
    ("split_stratified", {"column": "@answer", "val": 10.0, "test": 5.0, "seed": 1, "nearest": False}),
    ("down_sample", {"column": "@answer", "temperature": 2.0, "seed": 1}),
]


@pytest.fixture
def shop(ctx: Context) -> int:
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"Q{n}"},
                {"role": "assistant", "content": f"A{n % 3 if n < 900 else 0}"},
            ]
        }
        for n in range(ROWS)
    ]
    return add_dataset(ctx, rows)


@pytest.mark.parametrize(("operation", "params"), RECIPES)
def test_the_first_pass_is_heard_of(ctx: Context, shop: int, operation: str, params: dict[str, Any]) -> None:
    heard: list[tuple[str, int]] = []
    versions.make_version(
        ctx,
        shop,
        Recipe(operation, params),
        tell=lambda rows: heard.append(("written", rows)),
        passed=lambda rows: heard.append(("passed", rows)),
    )
    before = heard[: [what for what, _rows in heard].index("written")]
    assert max(rows for _what, rows in before) >= ROWS - 200


def test_it_can_be_ended_before_anything_is_written(ctx: Context, shop: int) -> None:
    def stop(rows: int) -> None:
        if rows >= 400:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        versions.make_version(ctx, shop, Recipe(*RECIPES[0]), passed=stop)
    assert version_files.version_file(ctx, shop)[0].number == 1
    assert list(ctx.settings.folder("datasets").glob("*.part")) == []
