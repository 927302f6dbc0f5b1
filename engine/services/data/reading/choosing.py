"""A wish with gaps becomes a whole choice: what is not said is as the files were understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from engine.core.errors import Fault
from engine.data.arrange.arrangement import arrangement_of
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.importing.arranging import rearranged
from engine.data.importing.import_rows import split_plan
from engine.data.records.bounds import ReadingBudget
from engine.data.records.record import show
from engine.data.schema.guess import mappings_by_name
from engine.data.splits.plan import RANDOM
from engine.services.data.imports import ImportChoice

_CHANGES = ("columns", "parts")


def choice_of(found: DetectedUpload, wish: Mapping[str, Any]) -> tuple[DetectedUpload, ImportChoice]:
    """The choice for these files, and the files as they are arranged by it.

    Args:
        wish: fields of `ImportChoice`; "arrange" may also be the word of a way that was found. "columns" are changes to the mapping,
            field -> column ("" for none), and "parts" the parts of files beside what they are proposed to be.

    Raises:
        Fault: "data.wish.unknown" for a field that there is not; "data.wish.no_way", or as `rearranged`.
    """
    known = {one.name for one in fields(ImportChoice)} | set(_CHANGES)
    for key in wish:
        if key not in known:
            raise Fault("data.wish.unknown", key=str(key)[:60], known=", ".join(sorted(known)))
    given = {key: value for key, value in wish.items() if key not in _CHANGES and value is not None}
    if "arrange" in given:
        given["arrange"] = _way(found, given["arrange"])
    source = _arranged(found, given.get("arrange"))
    shape = given.setdefault("shape", source.shape)
    same = shape == source.shape
    mapping = source.mapping if same else mappings_by_name(source.columns).get(shape or "", {})
    given.setdefault("mapping", mapping | dict(wish.get("columns") or {}))
    given.setdefault("templates", source.templates if same else {})
    if wish.get("parts"):
        kept = given.get("splits") or source.splits or {"kind": "kept", "files": {}}
        given["splits"] = {**kept, "kind": "kept", "files": {**(kept.get("files") or {}), **wish["parts"]}}
    return source, ImportChoice(**given)


def _way(found: DetectedUpload, wanted: Any) -> dict[str, Any]:
    """The arrangement that is meant: whole, or the word of one that fits."""
    if isinstance(wanted, Mapping):
        return dict(wanted)
    ways = {"none": {"how": "none"}} | {way["arrange"]["how"]: way["arrange"] for way in reversed(found.ways)}
    if wanted not in ways:
        raise Fault("data.wish.no_way", wanted=show(wanted), known=", ".join(ways))
    return dict(ways[wanted])


def _arranged(found: DetectedUpload, wanted: Mapping[str, Any] | None) -> DetectedUpload:
    """The files under this arrangement, with the shape that they have then."""
    source = rearranged(found, wanted, ReadingBudget())
    if source is found:
        return found
    plan = arrangement_of(wanted)
    known = next((way for way in found.ways if arrangement_of(way["arrange"]) == plan), None)
    if known is None:
        return replace(source, shape=None, mapping={}, templates={})
    return replace(source, shape=known["shape"], mapping=known["mapping"], templates=known["templates"])


def as_used(source: DetectedUpload, choice: ImportChoice) -> dict[str, Any]:
    """The choice as JSON, with what was left open as it is used. Raises Fault where the parts do not suit the files."""
    plan = split_plan(source, choice.splits)
    told = asdict(choice)
    for key, value in told.items():
        if value is None and key not in ("encoding", "options"):
            told[key] = getattr(source, key, None)
    return told | {"splits": {"kind": RANDOM} if plan is None else plan.as_dict()}
