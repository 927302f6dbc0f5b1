"""An export read as programs without torch read it: ONNX Runtime, the library `tokenizers`, and jinja2 for the chat template."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import jinja2
import jinja2.ext
import numpy as np
import onnx
import onnxruntime
import tokenizers
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.exports.proof.declaration import ForeignReading

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NUMBERS: dict[str, type[np.generic]] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
Feed = dict[str, "NDArray[Any]"]


class Runtime:
    """A session with what lies beside the model: tokenizer.json, chat_template.jinja and generation_config.json."""

    library = f"onnxruntime {onnxruntime.__version__}, tokenizers {tokenizers.__version__}"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._config = _object(folder / "tokenizer_config.json")
        self._ends = _object(folder / "generation_config.json").get("eos_token_id")
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        self._past = {value.name: value for value in self._session.get_inputs() if value.name.startswith("past")}

    def rendered(self, messages: list[dict[str, Any]], tools: list[Any] | None, ask: bool) -> str:
        """By the template in the folder."""
        file = self._folder / "chat_template.jinja"
        source = file.read_text(encoding="utf-8") if file.is_file() else self._config["chat_template"]
        special = {name: _text_of(value) for name, value in self._config.items() if name.endswith("_token") and value}
        text: str = (
            _templates()
            .from_string(source)
            .render(messages=messages, tools=tools, documents=None, add_generation_prompt=ask, **special)
        )
        return text

    def tokens(self, text: str) -> list[int]:
        """Without what the tokenizer adds: the template has written it."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def ends(self) -> list[int]:
        """Of generation_config.json."""
        return [self._ends] if isinstance(self._ends, int) else list(self._ends or [])

    def log_probs(self, ids: list[int], first: int) -> NDArray[np.float32]:
        """In one call, with an empty cache."""
        logits, _past = self._step(ids, 0, self._empty())
        kept = logits[first:].astype(np.float64)
        kept -= kept.max(-1, keepdims=True)
        found: NDArray[np.float32] = (kept - np.log(np.exp(kept).sum(-1, keepdims=True))).astype(np.float32)
        return found

    def answer(self, ids: list[int], most: int) -> list[int]:
        """Token by token, by the cache."""
        made: list[int] = []
        logits, past = self._step(ids, 0, self._empty())
        ends = set(self.ends())
        while True:
            best = int(logits[-1].argmax())
            if best in ends:
                return made
            made.append(best)
            if len(made) == most:
                return made
            logits, past = self._step([best], len(ids) + len(made) - 1, past)

    def _empty(self) -> Feed:
        return {
            name: np.zeros([1, value.shape[1], 0, value.shape[3]], dtype=_NUMBERS[value.type])
            for name, value in self._past.items()
        }

    def _step(self, ids: list[int], read: int, past: Feed) -> tuple[NDArray[np.float32], Feed]:
        """Logits after each of these tokens, where `read` came before them; and the longer cache."""
        asked = {
            "input_ids": np.array([ids], dtype=np.int64),
            "attention_mask": np.ones([1, read + len(ids)], dtype=np.int64),
            "position_ids": np.arange(read, read + len(ids), dtype=np.int64)[None],
        }
        logits, *longer = self._session.run(None, asked | past)
        return logits[0], dict(zip(past, longer, strict=True))

    def text(self, ids: list[int]) -> str:
        """Without special tokens."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def formats(self) -> dict[str, dict[str, int]]:
        """Of the numbers in the graph; what is a single number is left out."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: {"tensors": 0, "bytes": 0})
        for tensor in onnx.load(self._folder / "model.onnx", load_external_data=False).graph.initializer:
            size = int(np.prod(tensor.dims, dtype=np.int64))
            if size > 1:
                told = found[onnx.TensorProto.DataType.Name(tensor.data_type)]
                told["tensors"] += 1
                told["bytes"] += size * onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        return dict(found)


def _object(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return content


def _text_of(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)


def _templates() -> jinja2.Environment:
    """As authors of chat templates expect it: blocks leave no line behind, `tojson` keeps letters, loops can be left."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", GenerationMark]
    )
    environment.filters["tojson"] = _as_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda format: datetime.now().strftime(format)
    return environment


class GenerationMark(jinja2.ext.Extension):
    """`{% generation %}` marks an answer for training; here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012 (as jinja declares it)

    def parse(self, parser: Any) -> Any:
        """What stands between the marks."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _as_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, **more: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **more)


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def open_export(folder: Path, base: Path | None) -> ForeignReading:
    """Read a folder; `base` is not needed, as it stands alone."""
    return Runtime(folder)
