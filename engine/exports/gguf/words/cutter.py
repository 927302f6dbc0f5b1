"""A child process: what llama.cpp's tokenizer makes of texts, by files that hold a vocabulary alone.

`python -m engine.exports.gguf.words.cutter`, with {"files": [...], "texts": [...]} on its standard input. The last line that it prints
has for each file the tokens of each text, or null where llama.cpp cannot read the file. torch must not be in the process: its
threads are not llama.cpp's.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

_SETTINGS = 512  # bytes: more than llama_model_params has
_VOCABULARY_ALONE = 72  # place of its first bool
_LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class _Settings(ctypes.Structure):
    """llama_model_params, as bytes."""

    _fields_ = (("bytes", ctypes.c_uint8 * _SETTINGS),)


def main() -> None:
    """Read what is asked, print what is found."""
    asked = json.loads(sys.stdin.read())
    library = _library()
    found = [_cut(library, file, asked["texts"]) for file in asked["files"]]
    print("\n" + json.dumps(found))


def _library() -> Any:
    """The shared library in xllamacpp's wheel."""
    spec = importlib.util.find_spec("xllamacpp")
    assert spec is not None, "requirements.txt names xllamacpp"
    assert spec.origin is not None, "it is a package on the disk"
    library = ctypes.CDLL(str(next(Path(spec.origin).parent.glob("xllamacpp*.so"))))
    pointer, number, flag = ctypes.c_void_p, ctypes.c_int32, ctypes.c_bool
    typed = {
        "llama_log_set": (None, (_LOG, pointer)),
        "llama_model_default_params": (_Settings, ()),
        "llama_model_load_from_file": (pointer, (ctypes.c_char_p, _Settings)),
        "llama_model_get_vocab": (pointer, (pointer,)),
        "llama_model_free": (None, (pointer,)),
        "llama_tokenize": (number, (pointer, ctypes.c_char_p, number, ctypes.POINTER(number), number, flag, flag)),
    }
    for name, (gives, takes) in typed.items():
        function = getattr(library, name)
        function.restype, function.argtypes = gives, takes
    library.llama_log_set(_SILENT, None)
    library.llama_backend_init()
    return library


_SILENT = _LOG(lambda _level, _text, _data: None)  # kept: the library goes on calling it


def _cut(library: Any, file: str, texts: list[str]) -> list[list[int]] | None:
    settings = library.llama_model_default_params()
    settings.bytes[_VOCABULARY_ALONE] = 1
    model = library.llama_model_load_from_file(file.encode(), settings)
    if not model:
        return None
    vocabulary = library.llama_model_get_vocab(model)
    found = [_tokens(library, vocabulary, text.encode()) for text in texts]
    library.llama_model_free(model)
    return found


def _tokens(library: Any, vocabulary: int, text: bytes) -> list[int]:
    room = len(text) + 16
    tokens = (ctypes.c_int32 * room)()
    count = library.llama_tokenize(vocabulary, text, len(text), tokens, room, False, True)
    return list(tokens[: max(0, count)])


if __name__ == "__main__":
    main()
