"""Why no row of a file could be used: the first row's own fault, and what would save rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.importing.import_rows import Imported, preview
from engine.data.records.bounds import AT_ONCE_SECONDS, ReadingBudget


def no_row(
    source: DetectedUpload,
    shape: str | None,
    mapping: Mapping[str, str],
    templates: Mapping[str, Sequence[str]] | None,
    tidy: Sequence[str],
    done: Imported,
) -> Fault:
    """The fault "data.import.none_accepted", or "data.import.none_accepted_tidy" where a repair of conversations would save rows."""
    first = done.kept[0]
    reason = Text(f"error.{first['code']}").filled(**first["params"]).as_dict()
    told = {"rejected": done.rejected, "line": first["line"] or first["row"] or 1, "reason": reason}
    found = preview(source, shape, dict(mapping), 1, templates, ReadingBudget(AT_ONCE_SECONDS), tidy)
    best = max((one for one in found.tidy if not one["on"]), key=lambda one: one["rows"], default=None)
    if best is None:
        return Fault("data.import.none_accepted", **told)
    repair = Text(f"data.tidy.{best['key']}").as_dict()
    return Fault("data.import.none_accepted_tidy", **told, repair=repair, saved=best["rows"], looked=found.checked)
