"""The memory estimate against published figures: within 15 % where the settings are equal."""

from __future__ import annotations

import pytest

from benchmarks.published_rows import CLOSE, ROWS, Row, table
from engine.core.text import LANGUAGES


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not row.unlike], ids=lambda row: f"{row.source} {row.model} {row.setting}"
)
def test_equal_settings_are_within_15_percent(row: Row) -> None:
    assert row.ours == pytest.approx(row.gb, rel=CLOSE)


def test_each_row_says_where_it_is_from_and_why_it_differs() -> None:
    assert sum(not row.unlike for row in ROWS) >= 25
    assert all(row.address.startswith("https://") for row in ROWS)
    assert all(set(row.unlike) == set(LANGUAGES) for row in ROWS if row.unlike)
    assert {len(table(language)) for language in LANGUAGES} == {len(ROWS) + 2}
