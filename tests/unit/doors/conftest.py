"""A copy of the product for each test that opens a door."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.doors.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """The product as it is, in a folder where an entry may be added."""
    return House(tmp_path / "house")
