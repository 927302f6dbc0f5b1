"""What was read, in sentences and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.commands.console import Console
from engine.core.errors import TunesmithError
from engine.core.shapes import CodedMessage
from engine.shapes.reading import FilesRead

_PARTS = ("train", "val", "test")
_SHOWN = 5


def tell_json(console: Console, found: Mapping[str, Any]) -> None:
    """One JSON object, its sentences in the language of the terminal."""
    console.line(json.dumps(found, ensure_ascii=False, indent=2, default=str))


def refused(console: Console, error: TunesmithError) -> dict[str, Any]:
    """What `check` prints of files that cannot be read at all: nothing accepted, and why."""
    fault: CodedMessage = {"code": error.code, "params": dict(error.params)}
    none = {"shape": None, "accepted": 0, "rejected": 0, "splits": dict.fromkeys(_PARTS, 0)}
    return {**none, "fault": {**fault, "message": console.sentence(fault)}}


def with_sentences(console: Console, found: FilesRead) -> dict[str, Any]:
    """Notes, reasons and rejected rows with the sentence that they stand for."""
    told: dict[str, Any] = dict(found)
    told["notes"] = [{**one, "message": note_sentence(console, one)} for one in found["notes"]]
    for key in ("reasons", "rejections"):
        told[key] = [{**one, "message": console.sentence({"code": one["code"], "params": one["params"]})} for one in told[key]]  # fmt: skip
    return told


def note_sentence(console: Console, one: CodedMessage) -> str:
    """Why something is read as it is."""
    params = dict(one["params"])
    if isinstance(params.get("fault"), Mapping):
        params["fault"] = console.sentence(params["fault"])
    if "field" in params:
        params["field"] = console.text(f"data.field.{params['field']}")
    return console.text(f"detect.{one['code']}", **params)


def tell_files(console: Console, found: FilesRead) -> None:
    """What the files are and what becomes of their rows."""
    for one in found["files"]:
        part = console.text(f"data.splits.{one['part']}") if one["part"] else ""
        console.line("  ".join(filter(None, (one["name"], one["format"].upper(), one["encoding"], part))))
    for note in found["notes"]:
        field = console.text(f"data.field.{note['value']}") + ": " if note["what"] == "field" and note["value"] else ""
        console.line(f"  {field}{note_sentence(console, note)}")
    if found["shape"] is None:
        return
    shape = console.text(f"data.shape.{found['shape']}")
    mapping = ", ".join(f"{console.text(f'data.field.{key}')} = {column}" for key, column in found["mapping"].items())
    console.say("cli.data.shape", shape=shape, mapping=mapping or "–")
    parts = {part: found["splits"][part] for part in _PARTS}  # type: ignore[literal-required]
    console.say("cli.data.accepted", accepted=found["accepted"], rejected=found["rejected"], **parts)
    for reason in found["reasons"]:
        first = reason["first"]
        place = (first["line"] or first["row"] or "–") if first else "–"
        sentence = console.sentence({"code": reason["code"], "params": reason["params"]})
        console.say("cli.data.reason", rows=reason["rows"], place=place, reason=sentence)
    for fix in found["tidy"]:
        label = console.text(f"data.tidy.{fix['key']}")
        console.say("cli.data.tidy_on" if fix["on"] else "cli.data.tidy", key=fix["key"], label=label, rows=fix["rows"])
    for column in found["left_out"][:_SHOWN]:
        console.say("cli.data.left_out", column=column["column"], rows=column["rows"])
    if found["leaked"]:
        console.say("cli.data.leaked", n=found["leaked"])
    if not found["whole"]:
        console.say("cli.data.part_only")
