"""Cells that stand for several: a value merged over rows counts for each of them."""

from __future__ import annotations


class Spread:
    """What cells of earlier rows still fill."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[int, str | None]] = {}  # column -> (rows left, value)
        self.areas = 0  # how many were merged downwards

    def hold(self, column: int, rows: int, value: str | None) -> None:
        """A value that counts for so many rows, the one at hand among them, which was filled already."""
        if rows > 1:
            self._held[column] = (rows - 1, value)
            self.areas += 1

    def filled(self, cells: list[str | None]) -> list[str | None]:
        """The next row with what earlier ones fill in it."""
        for column, (rows, value) in list(self._held.items()):
            if column >= len(cells):
                cells.extend([None] * (column + 1 - len(cells)))
            if cells[column] is None:
                cells[column] = value
            if rows <= 1:
                del self._held[column]
            else:
                self._held[column] = (rows - 1, value)
        return cells


def trimmed(cells: list[str | None]) -> list[str | None]:
    """Without the empty cells at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells
