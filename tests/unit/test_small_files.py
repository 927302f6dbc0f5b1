"""A model's small files: what is no ordinary file, too large or no JSON is refused before it is read."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core import small_files
from engine.core.errors import Fault
from engine.models.base.gguf_header import check_header
from engine.models.base.inspect import inspect_folder, read_config
from engine.models.base.tensors import read_header


def _socket(file: Path) -> None:
    here = os.getcwd()
    os.chdir(file.parent)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(file.name)
    finally:
        os.chdir(here)


def _sparse(file: Path) -> None:
    with file.open("wb") as made:
        made.truncate(10_000_000_000)


def _says(content: bytes) -> Callable[[Path], None]:
    return lambda file: file.write_bytes(content) and None


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (os.mkfifo, "model.file_strange"),
    "socket": (_socket, "model.file_strange"),
    "folder": (Path.mkdir, "model.file_strange"),
    "device": (lambda file: file.symlink_to("/dev/zero"), "model.file_strange"),
    "huge": (_sparse, "model.file_too_large"),
    "bytes": (_says(b'{"a": "\xff\xfe"}'), "model.file_broken"),
    "deep": (_says(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "model.file_broken"),
    "rather deep": (_says(b'{"a": ' + b"[" * 400 + b"]" * 400 + b"}"), "model.file_broken"),
    "a list": (_says(b"[1]"), "model.file_broken"),
    "nothing": (_says(b""), "model.file_broken"),
    "long number": (_says(b'{"a": ' + b"9" * 10_000 + b"}"), "model.file_broken"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_json_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    make, code = ODD[kind]
    make(tmp_path / "config.json")
    begun = time.monotonic()
    with pytest.raises(Fault) as refused:
        small_files.read_object(tmp_path / "config.json")
    assert (refused.value.code, refused.value.params["file"]) == (code, "config.json")
    with pytest.raises(Fault):
        read_config(tmp_path)
    assert time.monotonic() - begun < 1


def test_an_ordinary_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('\ufeff{"time_step_limit": [0.0, Infinity], "a": "ä"}', encoding="utf-8")
    assert small_files.read_object(tmp_path / "config.json") == {"time_step_limit": [0.0, float("inf")], "a": "ä"}


def test_a_pipe_under_any_name_refuses_the_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    os.mkfifo(tmp_path / "added_tokens.json")
    with pytest.raises(Fault) as refused:
        inspect_folder(tmp_path)
    assert (refused.value.code, refused.value.params) == ("model.file_strange", {"file": "added_tokens.json"})


# ------------------------------------------------------------------ headers of weights


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2**60, 2**60], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [-4, 4]},
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [0, 2**70]},
        {"dtype": "F32", "shape": [[1]], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": 1, "data_offsets": 2},
        [],
    ],
)
def test_absurd_tensors_are_a_damaged_file(tmp_path: Path, entry: object) -> None:
    header = json.dumps({"weight": entry}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    with pytest.raises(Fault, match=r"model\.file_broken"):
        read_header(tmp_path / "model.safetensors")


def test_a_header_longer_than_the_file_is_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")
    with pytest.raises(Fault, match=r"model\.file_broken"):
        read_header(tmp_path / "model.safetensors")


def _gguf(tensors: int = 0, keys: int = 0, rest: bytes = b"") -> bytes:
    return b"GGUF" + (3).to_bytes(4, "little") + tensors.to_bytes(8, "little") + keys.to_bytes(8, "little") + rest


def _string(text: bytes, length: int | None = None) -> bytes:
    return (len(text) if length is None else length).to_bytes(8, "little") + text


def _list(kind: int, count: int, rest: bytes = b"") -> bytes:
    return kind.to_bytes(4, "little") + count.to_bytes(8, "little") + rest


_KEY = _string(b"tokens") + (9).to_bytes(4, "little")
ABSURD = {
    "keys": _gguf(keys=2**40),
    "tensors": _gguf(tensors=2**40),
    "items": _gguf(keys=1, rest=_KEY + _list(0, 2**40)),
    "strings": _gguf(keys=1, rest=_KEY + _list(8, 2**40)),
    "a long string": _gguf(keys=1, rest=_string(b"name") + (8).to_bytes(4, "little") + _string(b"", 2**60)),
    "a long name": _gguf(keys=1, rest=_string(b"", 2**60) + b"\0" * 20),
    "lists in lists": _gguf(keys=1, rest=_KEY + _list(9, 1, _list(9, 1, _list(9, 1, _list(9, 1, b"\0" * 16))))),
    "dimensions": _gguf(tensors=1, rest=_string(b"w") + (2**31).to_bytes(4, "little") + b"\0" * 20),
    "cut off": _gguf(keys=1, rest=_string(b"name") + b"\0" * 4),
    "an unknown type": _gguf(keys=1, rest=_string(b"name") + (77).to_bytes(4, "little") + b"\0" * 20),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", ABSURD)
def test_absurd_gguf_headers_are_refused_at_once(tmp_path: Path, kind: str) -> None:
    (tmp_path / "model.gguf").write_bytes(ABSURD[kind])
    begun = time.monotonic()
    with pytest.raises(Fault) as refused:
        check_header(tmp_path / "model.gguf")
    assert refused.value.code in ("model.gguf_beyond", "model.gguf_unreadable")
    assert time.monotonic() - begun < 0.5
