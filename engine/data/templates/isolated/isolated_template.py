"""A chat template and tokenizer that live in a child process. To callers it is a `ChatTemplate`; everything is asked for there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.rows.row import Row
from engine.data.templates.controls import ControlTokens
from engine.data.templates.encoded import Encoded, Views
from engine.data.templates.isolated.pool import Model, pool, where
from engine.data.templates.renderer import Messages, Tools
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_rows import BEYOND, FILE, TokenRows
from engine.data.thoughts.form import ThoughtForm
from engine.data.thoughts.wish import LEARN

_FILES = ("tokenizer.json", "chat_template.jinja", "special.json", FILE)
_AHEAD = 64  # rows that are asked for together
_NEEDS_MEMORY = "template.needs_memory"
_OF_MODEL = (_NEEDS_MEMORY, "template.tokenizer_failed", "template.too_much")
Outcome = Encoded | Fault


def open_template(folder: Path, name: str = "") -> ChatTemplate:
    """The template of a tokenizer folder, as its files are now, read and run in a child process when it is first needed.

    Args:
        name: what people call the model.
    """
    return isolated(folder, name)


def isolated(folder: Path, name: str = "") -> IsolatedTemplate:
    """As `open_template`, for those who ask for many rows at once."""
    return IsolatedTemplate(folder, name)


def try_tokenizer(file: Path) -> None:
    """Have a child read a tokenizer.json as it came with a model, and cut some texts: whoever reads it then is safer.

    Raises:
        Fault: "template.*".
    """
    model = Model(str(file), _stamps(file.parent), file.parent.name)
    found = pool().ask(model, {"op": "try", "folder": str(file)})
    if "fault" in found:
        raise fault_of(model, found["fault"], None, 0)


def _stamps(folder: Path) -> str:
    found = [file.stat() for name in _FILES if (file := folder / name).exists()]
    return " ".join(f"{one.st_size}:{one.st_mtime_ns}:{one.st_ino}" for one in found)


def fault_of(model: Model, told: Mapping[str, Any], lines: Sequence[Any] | None, place: int) -> Fault:
    """What a child says, with what only we know."""
    code, params = str(told["code"]), dict(told["params"])
    if code == BEYOND:
        params["texts"] = {int(token): text for token, text in params["texts"].items()}
    if code in _OF_MODEL:
        params |= {"model": model.name, "where": where(None if lines is None else list(lines), place)}
    if code == _NEEDS_MEMORY:
        params["limit_mb"] = round(pool().memory_mb)
    return Fault(code, **params)


class IsolatedTemplate(ChatTemplate):
    """The proxy. What it says of itself (`eos_ids` and the like) is asked once."""

    thinking: str = LEARN

    def __init__(self, folder: Path, name: str = "") -> None:
        self._model = Model(str(folder), _stamps(folder), name or folder.parent.name)
        self.token_rows = TokenRows.read(folder) or TokenRows()
        self.controls = False
        self._asked: dict[str, Any] = {}
        self._ahead: list[tuple[Any, Mapping[str, Any], Outcome]] = []

    def with_controls(self, work: bool) -> IsolatedTemplate:
        """The same, where control tokens in texts work as such, or do not."""
        other = copy(self)
        other.controls, other._asked, other._ahead = work, {}, []
        return other

    def with_thinking(self, wish: str) -> IsolatedTemplate:
        """The same, where something else is wanted of the thinking in answers."""
        other = copy(self)
        other.thinking, other._asked, other._ahead = wish, {}, []
        return other

    # ------------------------------------------------------------ asking

    def _ask(self, op: str, lines: Sequence[Any] | None = None, **args: Any) -> Any:
        model = self._model
        request: dict[str, Any] = {"op": op, "folder": model.folder, "stamps": model.stamps, "args": args}
        request |= {"controls": self.controls, "thinking": self.thinking}
        found = pool().ask(model, request, None if lines is None else list(lines))
        if "fault" in found:
            raise fault_of(model, found["fault"], lines, 0)
        return found["values"] if "values" in found else found["value"]

    def _many(self, op: str, rows: Sequence[Any], **args: Any) -> list[Any]:
        """A value or a Fault of each row."""
        lines = [row.get("line", row.get("id")) if isinstance(row, Mapping) else None for row in rows]
        found = self._ask(op, lines, rows=rows, **args)
        return [
            one[0] if isinstance(one, list) else fault_of(self._model, one, lines, place)
            for place, one in enumerate(found)
        ]

    def _get(self, name: str) -> Any:
        if name not in self._asked:
            self._asked[name] = self._ask("get", name=name)
        return self._asked[name]

    # ------------------------------------------------------------ what it is

    @property
    def has_chat(self) -> bool:
        return bool(self._get("has_chat"))

    @property
    def source(self) -> str | None:  # type: ignore[override]
        """The template's text."""
        found: str | None = self._get("source")
        return found

    @property
    def special(self) -> Mapping[str, Any]:  # type: ignore[override]
        """Names of tokens by their part."""
        found: Mapping[str, Any] = self._get("special")
        return found

    @cached_property
    def dropped(self) -> frozenset[str]:
        return frozenset(self._get("dropped"))

    @cached_property
    def crops_answers(self) -> str:
        return str(self._get("crops_answers"))

    @property
    def opens_thought(self) -> bool:
        return bool(self._get("opens_thought"))

    @cached_property
    def thoughts(self) -> ThoughtForm:
        found = dict(self._get("thoughts"))
        return ThoughtForm(**found | {"marks": (found["marks"][0], found["marks"][1])})

    @property
    def knows_thinking(self) -> bool:
        return bool(self._get("knows_thinking"))

    @cached_property
    def eos_id(self) -> int | None:
        found: int | None = self._get("eos_id")
        return found

    @cached_property
    def eos_ids(self) -> list[int]:
        return list(self._get("eos_ids"))

    @cached_property
    def turn_end(self) -> int | None:
        found: int | None = self._get("turn_end")
        return found

    @cached_property
    def end_id(self) -> int | None:
        found: int | None = self._get("end_id")
        return found

    @property
    def end_text(self) -> str:
        return str(self._get("end_text"))

    @cached_property
    def pad_id(self) -> int:
        return int(self._get("pad_id"))

    @cached_property
    def end_marks(self) -> tuple[str, ...]:
        return tuple(self._get("end_marks"))

    @cached_property
    def closing_marks(self) -> tuple[str, ...]:
        return tuple(self._get("closing_marks"))

    @cached_property
    def control_tokens(self) -> ControlTokens:
        return _Controls(self)

    # ------------------------------------------------------------ one conversation or text

    def render(self, messages: Messages, add_generation_prompt: bool = False, tools: Tools | None = None) -> str:
        return str(self._ask("render", messages=list(messages), ask=add_generation_prompt, tools=tools))

    def row_text(self, messages: Messages, tools: Tools | None = None, *, ask: bool = False) -> str:
        return str(self._ask("row_text", messages=list(messages), tools=tools, ask=ask))

    def encode(self, row: Mapping[str, Any] | Messages | str, **options: Any) -> Encoded:  # type: ignore[override]
        max_length = options.pop("max_length", None)
        found = self._known(row, options)
        if isinstance(found, Fault):
            raise found
        return found if max_length is None or len(found.ids) <= max_length else found.cut(max_length)

    def encode_prompt(self, messages: Messages, tools: Tools | None = None) -> list[int]:
        found: list[int] = self._ask("encode_prompt", messages=list(messages), tools=tools)
        return found

    def plain_ids(self, text: str) -> list[int]:
        found: list[int] = self._ask("plain_ids", text=text)
        return found

    def token_ids(self, text: str, *, special: bool = False) -> list[int]:
        found = self._many("token_ids", [text], special=special)[0]
        if isinstance(found, Fault):
            raise found
        ids: list[int] = found
        return ids

    def decode(self, ids: Sequence[int], *, skip_special: bool = True) -> str:
        return str(self._ask("decode", ids=list(ids), skip_special=skip_special))

    def pieces(self, ids: Sequence[int]) -> list[str]:
        found: list[str] = self._ask("pieces", ids=list(ids))
        return found

    def pieces_behind(self, ids: Sequence[int]) -> list[str]:
        found: list[str] = self._ask("pieces_behind", ids=list(ids))
        return found

    def texts_behind(self, runs: Sequence[Sequence[int]]) -> list[str]:
        found: list[str] = self._ask("texts_behind", runs=[list(run) for run in runs])
        return found

    def spelled(self, ids: Sequence[int]) -> list[tuple[bytes, bool]]:
        """The bytes of each token, and whether texts leave it out, as `engine.data.templates.isolated.spelling` finds them."""
        return [(bytes(one), bool(hidden)) for one, hidden in self._ask("spelled", ids=list(ids))]

    def marked(self, ids: Sequence[int]) -> list[tuple[str, bool]]:
        return [(text, control) for text, control in self._ask("marked", ids=list(ids))]

    def answer_text(self, ids: Sequence[int]) -> str:
        return str(self._ask("answer_text", ids=list(ids)))

    def text_behind(self, ids: Sequence[int]) -> str:
        return str(self._ask("text_behind", ids=list(ids)))

    def whole_text(self, ids: Sequence[int]) -> str:
        return str(self._ask("whole_text", ids=list(ids)))

    # ------------------------------------------------------------ many at once

    def ready(self) -> bool:
        self._get("has_chat")
        return True

    def encode_many(self, rows: Sequence[Any], seconds: float | None = None, **options: Any) -> list[Outcome]:
        """As `encode` of each, with the Fault in place of what is refused; of the first rows alone where the time is over."""
        found = self._many("encode", rows, options=options, seconds=seconds)
        return [one if isinstance(one, Fault) else Encoded(**one | {"ends": tuple(one["ends"])}) for one in found]

    def row_texts(self, rows: Sequence[tuple[Messages, Tools | None]]) -> list[str | Fault]:
        """As `row_text` of each, with the Fault in place of what is refused."""
        return self._many("row_texts", [list(row) for row in rows])

    def token_counts(self, texts: Sequence[str], *, special: bool = False) -> list[int]:
        counts: list[int] = []
        for found in self._many("count", list(texts), special=special) if texts else ():
            if isinstance(found, Fault):
                raise found
            counts.append(found)
        return counts

    def check(self, rows: Sequence[Row]) -> dict[str, Any]:
        """As `engine.data.templates.check` says."""
        found: dict[str, Any] = self._ask("check", rows=list(rows))
        return found

    def vocabulary(self, rows: int, old: int) -> dict[str, Any]:
        """Tokens of the tokenizer against the `rows` of an embedding, of which those from `old` on are new."""
        found = self._ask("vocabulary", rows=rows, old=old)
        texts = {
            name: {int(number): text for number, text in found[name].items()} for name in ("beyond", "added", "new")
        }
        return dict(found) | texts

    def ahead(
        self, rows: Iterator[Mapping[str, Any]], views: Views | None = None, **options: Any
    ) -> Iterator[Mapping[str, Any]]:
        """The same rows, one after the other; what `encode` with these options makes of them is asked for in good time."""
        while some := list(islice(rows, _AHEAD)):
            asked = [(row,) if views is None else views(row) for row in some]
            found = iter(self.encode_many([view for several in asked for view in several], **options))
            for row, several in zip(some, asked, strict=True):
                self._ahead = [(view, options, next(found)) for view in several]
                yield row
            self._ahead = []

    def _known(self, row: Any, options: Mapping[str, Any]) -> Outcome:
        for view, asked, found in self._ahead:
            if (view is row or view == row) and asked == options:
                return found
        return self.encode_many([row], **options)[0]


class _Controls(ControlTokens):
    """Control tokens that are looked for in the child."""

    def __init__(self, template: IsolatedTemplate) -> None:
        self._asking = template

    def found_in(self, text: str, *, answer: bool = False) -> list[str]:
        found: list[str] = self._asking._ask("found_in", text=text, answer=answer)
        return found
