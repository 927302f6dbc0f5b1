"""A wish with gaps becomes a whole choice: what is not said is as the files were understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from engine.core.errors import Fault
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.importing.import_rows import split_plan
from engine.data.schema.guess import mappings_by_name
from engine.data.splits.plan import RANDOM
from engine.services.data.imports import ImportChoice


def choice_of(source: DetectedUpload, wish: Mapping[str, Any]) -> ImportChoice:
    """The choice for these files.

    Args:
        wish: fields of `ImportChoice`; "columns" are changes to the mapping, field -> column ("" for none), and "parts" the parts of
            files beside what they are proposed to be.

    Raises:
        Fault: "data.wish.unknown" for a field that there is not.
    """
    known = {one.name for one in fields(ImportChoice)} | {"columns", "parts"}
    for key in wish:
        if key not in known:
            raise Fault("data.wish.unknown", key=str(key)[:60], known=", ".join(sorted(known)))
    given = {key: value for key, value in wish.items() if key not in ("columns", "parts") and value is not None}
    shape = given.get("shape", source.shape)
    same = shape == source.shape
    mapping = source.mapping if same else mappings_by_name(source.columns).get(shape or "", {})
    given.setdefault("mapping", mapping | dict(wish.get("columns") or {}))
    given.setdefault("templates", source.templates if same else {})
    given["shape"] = shape
    if wish.get("parts"):
        kept = given.get("splits") or source.splits or {"kind": "kept", "files": {}}
        given["splits"] = {**kept, "kind": "kept", "files": {**(kept.get("files") or {}), **wish["parts"]}}
    return ImportChoice(**given)


def as_used(source: DetectedUpload, choice: ImportChoice) -> dict[str, Any]:
    """The choice as JSON, with what was left open as it is used. Raises Fault where the parts do not suit the files."""
    plan = split_plan(source, choice.splits)
    told = asdict(choice)
    for key, value in told.items():
        if value is None and key not in ("encoding", "options"):
            told[key] = getattr(source, key, None)
    return told | {"splits": {"kind": RANDOM} if plan is None else plan.as_dict()}
