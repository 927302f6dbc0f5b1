"""An export read by llama.cpp, which is what Ollama, LM Studio and many others run."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np
import xllamacpp

from engine.exports.proof.declaration import ForeignReading
from engine.exports.proof.readers.llama_library import VERSION, LlamaModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_END = "tokenizer.ggml.eos_token_id"
_SECONDS = 60.0


class LlamaCpp:
    """A file of llama.cpp, or an adapter's file on that of its base."""

    library = VERSION

    def __init__(self, file: Path, base: Path | None) -> None:
        self._file, self._whole = file, base or file
        self._model = LlamaModel(self._whole, None if base is None else file)
        self._server: Any = None

    def rendered(self, messages: list[dict[str, Any]], tools: list[Any] | None, ask: bool) -> str:
        """By its server, as it feeds the model: with what its tokenizer puts before; a file without a template renders nothing."""
        if not self._model.template:
            return ""
        asked: dict[str, Any] = {"messages": messages, "add_generation_prompt": ask}
        if tools:
            asked["tools"] = tools
        return self._model.adds + str(self._asked("/apply-template", asked)["prompt"])

    def tokens(self, text: str) -> list[int]:
        """By its own tokenizer, which adds what the file says."""
        return self._model.tokens(text.removeprefix(self._model.adds))

    def ends(self) -> list[int]:
        """All that it stops at; none where the file itself does not name its end, so that llama.cpp has to guess."""
        return self._model.ends() if self._model.told(_END) else []

    def log_probs(self, ids: list[int], first: int) -> NDArray[np.float32]:
        """By its own arithmetic."""
        logits = self._model.logits(ids, first).astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        return (logits - np.log(np.exp(logits).sum(-1, keepdims=True))).astype(np.float32)

    def answer(self, ids: list[int], most: int) -> list[int]:
        """By its own sampler, up to where it stops by itself."""
        return list(self._model.greedy(ids, most))

    def text(self, ids: list[int]) -> str:
        """Without special tokens."""
        return self._model.text(ids)

    def formats(self) -> dict[str, dict[str, int]]:
        """As the file says."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: {"tensors": 0, "bytes": 0})
        for tensor in gguf.GGUFReader(self._file).tensors:
            found[tensor.tensor_type.name]["tensors"] += 1
            found[tensor.tensor_type.name]["bytes"] += int(tensor.n_bytes)
        return dict(found)

    def _asked(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Its server's answer. Raises RuntimeError with what it complains of."""
        if self._server is None:
            self._server = _server(self._whole)
        at = urllib.parse.urlsplit(self._server.listening_address)
        line = http.client.HTTPConnection(str(at.hostname), at.port, timeout=_SECONDS)
        line.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = line.getresponse()
        told = response.read().decode("utf-8", "replace")
        if response.status != http.client.OK:
            raise RuntimeError(f"llama.cpp's server: {told[:300]}")
        found: dict[str, Any] = json.loads(told)
        return found


def _server(file: Path) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 64, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup, params.verbosity, params.ui = False, -1, False
    params.no_extra_bufts = True
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:  # its own words are in a log that this wheel does not hand out
        raise RuntimeError("llama.cpp cannot serve the file: it takes its numbers but not its chat template") from error


def open_export(folder: Path, base: Path | None) -> ForeignReading:
    """The only file of llama.cpp in a folder; an adapter's on that in the folder `base`."""
    return LlamaCpp(_only(folder), None if base is None else _only(base))


def _only(folder: Path) -> Path:
    found = sorted(folder.glob("*.gguf"))
    if len(found) != 1:
        raise FileNotFoundError(f"{len(found)} files *.gguf in {folder.name}, not one")
    return found[0]
