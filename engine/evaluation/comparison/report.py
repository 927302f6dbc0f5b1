"""A leaderboard to take away: CSV for programs, Markdown for people. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.core.cells import disarmed
from engine.evaluation.comparison.leaderboard import COUNTS, Measure, shown_measures

Say = Callable[[str], str]


def csv_text(rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> str:
    """One line a row with plain numbers: mean, spread and number of runs of every measure, then the parameter counts.

    Args:
        labels: names of the rows by key.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    measures = shown_measures(rows)
    numbers = [f"{measure.key}{part}" for measure in measures for part in ("", "_spread", "_runs")]
    writer.writerow(["entrant", "key", "state", *numbers, *(f"parameters_{count}" for count in COUNTS)])
    for row in rows:
        cells = [row["cells"].get(measure.key) or {} for measure in measures]
        values = [_plain(cell.get(part)) for cell in cells for part in ("mean", "spread", "runs")]
        counts = [_plain(row["counts"].get(count)) for count in COUNTS]
        writer.writerow([disarmed(labels[row["key"]]), disarmed(row["key"]), row["state"], *values, *counts])
    return out.getvalue()


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def markdown_text(
    rows: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str],
    say: Say,
    title: str,
    facts: Sequence[tuple[str, str]],
) -> str:
    """A table with its conditions above and a legend below; `say` turns "column.loss", "best" ... into words."""
    measures = shown_measures(rows)
    heads = ["entrant", *(f"column.{measure.key}" for measure in measures), *(f"column.{count}" for count in COUNTS)]
    lines = [f"# {_flat(title)}", "", *(f"- {_flat(name)}: {_flat(value)}" for name, value in facts), ""]
    lines += [_line([say(head) for head in heads]), _line(["---", *["---:"] * (len(heads) - 1)])]
    for row in rows:
        cells = [_cell(measure, row["cells"].get(measure.key)) for measure in measures]
        counts = [_count(row["counts"].get(count)) for count in COUNTS]
        partial = f" ({say('partial')})" if row["partial"] else ""
        lines.append(_line([labels[row["key"]] + partial, *cells, *counts]))
    return "\n".join([*lines, "", say("legend"), ""])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_flat(cell).replace("|", "\\|") for cell in cells) + " |"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _cell(measure: Measure, cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "–"
    digits, scale = measure.decimals, measure.scale
    text = f"{cell['mean'] * scale:,.{digits}f}"
    if cell["spread"] is not None:
        text += f" ± {cell['spread'] * scale:,.{digits}f}"
    return {"best": f"**{text}** ✓", "level": f"{text} ≈"}.get(cell["mark"] or "", text)
