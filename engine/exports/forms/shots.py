"""The examples that are put before each question."""

from __future__ import annotations

from engine.core.text import Text
from engine.exports.common.declaration import ExportFormat, ReadmePart
from engine.exports.writing.result_files import as_large_as_it_is, write_as_it_is

_ABOUT = Text("exports.shots.about")

SHOTS = ExportFormat(
    key="shots",
    label=Text("exports.shots.label"),
    help=Text("exports.shots.help"),
    made_of=("shots",),
    suffix="shots",
    write=write_as_it_is,
    readme=lambda _source: ReadmePart(_ABOUT),
    folder_bytes=as_large_as_it_is,
    proof=Text("exports.shots.proof"),
    also=("adapter",),
)
