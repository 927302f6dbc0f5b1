"""Files of which nothing can be read, perhaps for their encoding alone: they are kept, to be read in another one."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.errors import Fault
from engine.data.detection.detect_file import Note, note, other_notes
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.detection.file_signatures import binary_format
from engine.data.readers.source_file import SourceFile
from engine.data.records.encodings import detect_encoding

_DOUBTS = ("encoding.guess", "encoding.unsure", "encoding.utf8_damaged")


def in_doubt(files: Sequence[SourceFile], fault: Fault) -> DetectedUpload:
    """The refused files with what is guessed of their encoding, and without columns: `is_in_doubt` tells them by it.

    Raises:
        Fault: `fault` itself, where an encoding is certain or a file is no text, so that no other one would help.
    """
    notes: list[Note] = []
    kept: list[SourceFile] = []
    for file in files:
        try:
            found = None if binary_format(file.path) else detect_encoding(file.path)
        except Fault:
            found = None
        if found is None or found.code not in _DOUBTS:
            raise fault
        params = {"encoding": found.name, "fault": fault.as_dict()}
        notes += [note("encoding", found.name, "encoding.refused", params), *other_notes(found)]
        kept.append(SourceFile(file.path, file.name, "", found.name))
    if not kept:
        raise fault
    return DetectedUpload(tuple(kept), notes=notes)


def is_in_doubt(files: Sequence[SourceFile]) -> bool:
    """Whether nobody could read these files yet."""
    return any(not file.format for file in files)
