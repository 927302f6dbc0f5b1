"""llama.cpp's C functions, as the wheel of xllamacpp exports them.

Of its structures only what has lain in the same places for years is touched: settings are taken from the library's own defaults as a
block of bytes, and given back to it, larger than any of them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xllamacpp
from xllamacpp import xllamacpp as wheel  # the extension itself: importing it has loaded llama.cpp

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = f"llama.cpp of xllamacpp {xllamacpp.__version__}"
_THREADS = 2
_PLACES = 512  # tokens that a reading holds at most at once
_STEP = 64  # tokens whose logits lie in memory at once
_ERROR = 4  # GGML_LOG_LEVEL_ERROR
_Text, _Pointer, _Int = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int32
_LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, _Text, _Pointer)


class _Settings(ctypes.Structure):
    """llama_model_params and llama_context_params; the latter begins with n_ctx, n_batch and n_ubatch."""

    _fields_ = (("numbers", ctypes.c_uint32 * 3), ("rest", ctypes.c_uint32 * 125))


class _Batch(ctypes.Structure):
    """llama_batch."""

    _fields_ = (
        ("n_tokens", _Int),
        ("token", ctypes.POINTER(_Int)),
        ("embd", _Pointer),
        ("pos", ctypes.POINTER(_Int)),
        ("n_seq_id", ctypes.POINTER(_Int)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(_Int))),
        ("logits", ctypes.POINTER(ctypes.c_int8)),
    )


_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "llama_adapter_lora_init": (_Pointer, (_Pointer, _Text)),
    "llama_backend_init": (None, ()),
    "llama_batch_free": (None, (_Batch,)),
    "llama_batch_init": (_Batch, (_Int, _Int, _Int)),
    "llama_context_default_params": (_Settings, ()),
    "llama_decode": (_Int, (_Pointer, _Batch)),
    "llama_detokenize": (
        _Int,
        (_Pointer, ctypes.POINTER(_Int), _Int, _Pointer, _Int, ctypes.c_bool, ctypes.c_bool),
    ),
    "llama_get_logits_ith": (ctypes.POINTER(ctypes.c_float), (_Pointer, _Int)),
    "llama_get_memory": (_Pointer, (_Pointer,)),
    "llama_init_from_model": (_Pointer, (_Pointer, _Settings)),
    "llama_log_set": (None, (_LOG, _Pointer)),
    "llama_memory_clear": (None, (_Pointer, ctypes.c_bool)),
    "llama_model_chat_template": (_Text, (_Pointer, _Text)),
    "llama_model_default_params": (_Settings, ()),
    "llama_model_get_vocab": (_Pointer, (_Pointer,)),
    "llama_model_load_from_file": (_Pointer, (_Text, _Settings)),
    "llama_model_meta_val_str": (_Int, (_Pointer, _Text, _Pointer, ctypes.c_size_t)),
    "llama_sampler_init_greedy": (_Pointer, ()),
    "llama_sampler_sample": (_Int, (_Pointer, _Pointer, _Int)),
    "llama_set_adapters_lora": (
        _Int,
        (_Pointer, ctypes.POINTER(_Pointer), ctypes.c_size_t, ctypes.POINTER(ctypes.c_float)),
    ),
    "llama_set_n_threads": (None, (_Pointer, _Int, _Int)),
    "llama_tokenize": (
        _Int,
        (_Pointer, _Text, _Int, ctypes.POINTER(_Int), _Int, ctypes.c_bool, ctypes.c_bool),
    ),
    "llama_vocab_bos": (_Int, (_Pointer,)),
    "llama_vocab_get_add_bos": (ctypes.c_bool, (_Pointer,)),
    "llama_vocab_get_text": (_Text, (_Pointer, _Int)),
    "llama_vocab_is_eog": (ctypes.c_bool, (_Pointer, _Int)),
    "llama_vocab_n_tokens": (_Int, (_Pointer,)),
}


def _library() -> Any:
    """The shared library with types for all that is called of it."""
    library = ctypes.CDLL(wheel.__file__)
    for name, (returned, taken) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = returned, taken
    return library


class LlamaModel:
    """A file of llama.cpp that is open, with an adapter's file where one is given."""

    def __init__(self, file: Path, adapter: Path | None = None) -> None:
        self._c = _library()
        self._complaints: list[str] = []
        self._heard = _LOG(self._hear)  # kept: the library calls it as long as it lives
        self._c.llama_log_set(self._heard, None)
        self._c.llama_backend_init()
        self._model = self._there(
            self._c.llama_model_load_from_file(str(file).encode(), self._c.llama_model_default_params()), file
        )
        self._vocab = self._c.llama_model_get_vocab(self._model)
        self._context = self._there(self._c.llama_init_from_model(self._model, self._settings()), file)
        self._c.llama_set_n_threads(self._context, _THREADS, _THREADS)
        if adapter is not None:
            self._put_on(adapter)

    def _settings(self) -> _Settings:
        """Its own defaults, for as many tokens as a proof reads."""
        settings: _Settings = self._c.llama_context_default_params()
        settings.numbers[:] = [_PLACES, _PLACES, _PLACES]
        return settings

    def _put_on(self, adapter: Path) -> None:
        found = self._there(self._c.llama_adapter_lora_init(self._model, str(adapter).encode()), adapter)
        if self._c.llama_set_adapters_lora(self._context, (_Pointer * 1)(found), 1, (ctypes.c_float * 1)(1.0)):
            raise RuntimeError(self._complaint(adapter))

    def _hear(self, level: int, text: bytes | None, _data: Any) -> None:
        if level == _ERROR and text:
            self._complaints.append(text.decode("utf-8", "replace").strip())

    def _there(self, pointer: int | None, file: Path) -> int:
        if not pointer:
            raise RuntimeError(self._complaint(file))
        return pointer

    def _complaint(self, file: Path) -> str:
        return "; ".join(self._complaints[-3:]) or f"{file.name} cannot be loaded"

    @property
    def words(self) -> int:
        """How many tokens its vocabulary has."""
        return int(self._c.llama_vocab_n_tokens(self._vocab))

    @property
    def adds(self) -> str:
        """The token that it puts before every text by itself; empty where it puts none."""
        if not self._c.llama_vocab_get_add_bos(self._vocab):
            return ""
        text: bytes = self._c.llama_vocab_get_text(self._vocab, self._c.llama_vocab_bos(self._vocab))
        return text.decode()

    @property
    def template(self) -> str:
        """The chat template in the file; empty where it has none."""
        return (self._c.llama_model_chat_template(self._model, None) or b"").decode()

    def told(self, key: str) -> str:
        """A value of the file's metadata; empty where it has none."""
        buffer = ctypes.create_string_buffer(256)
        size = self._c.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if size >= 0 else ""

    def ends(self) -> list[int]:
        """Tokens at which it stops by itself."""
        return [token for token in range(self.words) if self._c.llama_vocab_is_eog(self._vocab, token)]

    def tokens(self, text: str) -> list[int]:
        """Of a text with special tokens in it, and what it adds by itself."""
        raw = text.encode()
        most = len(raw) + 8
        found = (_Int * most)()
        count = self._c.llama_tokenize(self._vocab, raw, len(raw), found, most, True, True)
        if count < 0:
            raise RuntimeError(f"llama_tokenize: {count}")
        return list(found[:count])

    def text(self, ids: Sequence[int]) -> str:
        """Without special tokens."""
        given = (_Int * len(ids))(*ids)
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = self._c.llama_detokenize(self._vocab, given, len(ids), buffer, size, True, False)
            if count >= 0:
                return buffer.raw[:count].decode("utf-8", "replace")
            size = -count

    def logits(self, ids: Sequence[int], first: int) -> NDArray[np.float32]:
        """After each token from place `first` on."""
        self._forget()
        found = np.empty((len(ids) - first, self.words), np.float32)
        for start in range(0, len(ids), _STEP):
            step = ids[start : start + _STEP]
            asked = [place - start for place in range(max(first, start), start + len(step))]
            self._decode(step, start, asked)
            for place in asked:
                at = self._c.llama_get_logits_ith(self._context, place)
                found[start + place - first] = np.ctypeslib.as_array(at, shape=(self.words,))
        return found

    def greedy(self, ids: Sequence[int], most: int) -> Iterator[int]:
        """The likeliest tokens, by its own sampler, up to one at which it stops."""
        self._forget()
        sampler = self._c.llama_sampler_init_greedy()
        fed, new = 0, list(ids)
        for _number in range(most):
            for start in range(0, len(new), _STEP):
                step = new[start : start + _STEP]
                self._decode(step, fed, [len(step) - 1])
                fed += len(step)
            token = int(self._c.llama_sampler_sample(sampler, self._context, -1))
            if self._c.llama_vocab_is_eog(self._vocab, token):
                return
            yield token
            new = [token]

    def _forget(self) -> None:
        self._c.llama_memory_clear(self._c.llama_get_memory(self._context), True)

    def _decode(self, ids: Sequence[int], start: int, asked: Sequence[int]) -> None:
        """Feed tokens that stand from place `start` on; logits are kept at the places `asked` of these."""
        batch = self._c.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for number, token in enumerate(ids):
            batch.token[number], batch.pos[number] = token, start + number
            batch.n_seq_id[number], batch.seq_id[number][0] = 1, 0
            batch.logits[number] = number in asked
        code = self._c.llama_decode(self._context, batch)
        self._c.llama_batch_free(batch)
        if code:
            raise RuntimeError(f"llama_decode: {code} {self._complaint(Path())}")
