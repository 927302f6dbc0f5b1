"""A list of objects in a JSON file, read one at a time: one bad row spoils no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.data.readers.jsonl_reader import json_row
from engine.data.records.bounds import LOOK_BYTES, MAX_READ_TWICE, ReadingBudget, Watched
from engine.data.records.encodings import open_text
from engine.data.records.json_stream import JsonScanner, Piece
from engine.data.records.record import Record, Rejected, clip


@dataclass(frozen=True, slots=True)
class ListInside:
    """A member of the file's object whose value is a list; `first` is the first character of its first element."""

    key: str  # of the member
    first: str  # "" at the end of the file


def lists_inside(path: Path, encoding: str) -> list[ListInside]:
    """The lists that are members of the file's one object, as far as they begin in its first megabytes."""
    with open_text(path, encoding, newline=None) as stream:
        scanner = JsonScanner(Watched(stream, ReadingBudget(), most=LOOK_BYTES))
        return [ListInside(key, scanner.peek()) for key in _lists(scanner)]


def _lists(scanner: JsonScanner) -> Iterator[str]:
    """The keys of the lists in the object at hand; while one is looked at, the scanner stands in its list."""
    if scanner.take() != "{":
        return
    while (key := scanner.key()) is not None:
        if scanner.peek() == "[":
            scanner.take()
            yield key
            _pass_list(scanner)
        else:
            scanner.value()
        if scanner.take() != ",":
            return


def _pass_list(scanner: JsonScanner) -> None:
    while scanner.peek() not in ("]", ""):
        if scanner.peek() not in (",", "}"):
            scanner.value()
        else:
            scanner.take()
    scanner.take()


def _enter(scanner: JsonScanner, key: str | None) -> bool:
    """Move just inside the file's list, or the list under `key`."""
    if key is None:
        return scanner.take() == "["
    return any(found == key for found in _lists(scanner))


def read_json(path: Path, encoding: str, key: str | None, budget: ReadingBudget) -> Iterator[Record | Rejected]:
    """Each element of the file's list, or of the list under `key`."""
    with open_text(path, encoding, newline=None) as stream:
        scanner = JsonScanner(Watched(stream, budget))
        if not _enter(scanner, key):
            return
        yield from _Elements(scanner)
        if key is None and (more := scanner.peek()):
            yield Rejected("data.json.after_end", line=scanner.line, params={"near": clip(more, 40)})


def read_json_stream(path: Path, encoding: str, budget: ReadingBudget) -> Iterator[Record | Rejected]:
    """Each of the objects that stand one after another, over any number of lines, with or without commas between them."""
    with open_text(path, encoding, newline=None) as stream:
        scanner = JsonScanner(Watched(stream, budget), alone=True)
        row = 0
        while char := scanner.peek():
            if char in ",]}":
                scanner.take()
                if char != ",":
                    params = {"position": scanner.column, "near": char}
                    yield Rejected("data.json.malformed", row, scanner.line, params=params)
                continue
            row += 1
            piece = scanner.value()
            yield json_row(piece.text, row, piece.line, whole=piece.whole)


class _Elements:
    """The elements of the list that `scanner` stands in."""

    def __init__(self, scanner: JsonScanner) -> None:
        self._scanner = scanner
        self._row = self._read_twice = 0

    def __iter__(self) -> Iterator[Record | Rejected]:
        scanner, item = self._scanner, None
        while (char := scanner.peek()) != "]":
            if not char:
                if not isinstance(item, Rejected):
                    yield Rejected("data.json.cut_off", line=scanner.line)
                return
            item = self._stray(char) if char in ",}" else self._element()
            yield item
        scanner.take()

    def _element(self) -> Record | Rejected:
        self._row += 1
        piece = self._scanner.value()
        item = json_row(piece.text, self._row, piece.line, whole=piece.whole)
        if isinstance(item, Rejected) and (offset := self._restart(piece)):
            return Rejected("data.json.not_closed", self._row, piece.line, raw=piece.text[:offset])
        if self._scanner.peek() == ",":
            self._scanner.take()
        return item

    def _restart(self, piece: Piece) -> int | None:
        offset = piece.next_start()
        if offset is None or self._read_twice > MAX_READ_TWICE:
            return None
        self._read_twice += len(piece.text)
        self._scanner.back_to(piece, offset)
        return offset

    def _stray(self, char: str) -> Rejected:
        self._scanner.take()
        params = {"position": self._scanner.column, "near": char}
        return Rejected("data.json.malformed", self._row, self._scanner.line, params=params)
