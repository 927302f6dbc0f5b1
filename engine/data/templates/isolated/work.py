"""What a child does with a model's template and tokenizer. Runs in the child alone."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from engine.core.errors import Fault
from engine.core.small_files import read_bytes
from engine.data.templates.check import check_template
from engine.data.templates.isolated.limits import MOST_TOKENS
from engine.data.templates.isolated.spelling import spelled
from engine.data.templates.renderer import Messages
from engine.data.templates.template import LARGEST_TOKENIZER, ChatTemplate
from engine.data.thoughts.wish import LEARN

Args = Mapping[str, Any]
Begin = Callable[[int], None]  # hears which of several rows is begun
_MOST_HELD = 4  # models
_MOST_KEPT = 1_000  # texts of tokens that are sent back
TRY = "try"  # an operation on a file that is no prepared model's yet
_PANIC = "PanicException"  # of Rust code, which is no Exception
_TRIED = (
    "a",
    "Blue or green?\n\n  1234567890",
    "def f(x):\n    return x ** 2  # ok",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01 \U0001f600",
    "aaaaaaaa" * 200,
)
_TALK = ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"})


class Shelf:
    """The templates that were read last."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str, bool, str], ChatTemplate] = OrderedDict()

    def template(self, folder: str, stamps: str, controls: bool, thinking: str = LEARN) -> ChatTemplate:
        """That of a folder whose files have these times. Raises Fault("template.no_tokenizer") or "template.broken"."""
        key = folder, stamps, controls, thinking
        if (found := self._held.get(key)) is None:
            other = next((one for held, one in self._held.items() if held[:2] == key[:2]), None)
            found = (other or ChatTemplate.load(Path(folder))).with_controls(controls).with_thinking(thinking)
            self._held[key] = found
            while len({held[0] for held in self._held}) > _MOST_HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return found

    def clear(self) -> None:
        """Let all of them go."""
        self._held.clear()


def guarded(work: Callable[[], Any]) -> Any:
    """What some work on a model's files gives.

    Raises:
        Fault: also where memory is short ("template.needs_memory"), or the tokenizer fails in a way of its own
            ("template.tokenizer_failed").
    """
    try:
        return work()
    except Fault:
        raise
    except MemoryError:
        raise Fault("template.needs_memory") from None
    except Exception as error:  # tokenizers raises bare Exception
        raise _failed(error) from None
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise _failed(error) from None


def _failed(error: BaseException) -> Fault:
    return Fault("template.tokenizer_failed", reason=(str(error) or type(error).__name__)[:300])


def try_file(file: Path) -> None:
    """Read a tokenizer.json as it came with a model, and have it cut some texts.

    Raises:
        Fault: "template.no_tokenizer", "template.too_much".
    """
    content = read_bytes(file, LARGEST_TOKENIZER)
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except ValueError as error:
        raise Fault("template.no_tokenizer", reason=str(error)[:300]) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for text in _TRIED:
        _bounded(tokenizer.encode(text, add_special_tokens=False).ids)


# ------------------------------------------------------------------ one thing


def _get(template: ChatTemplate, args: Args) -> Any:
    value = getattr(template, args["name"])
    return sorted(value) if isinstance(value, frozenset) else value


def _render(template: ChatTemplate, args: Args) -> str:
    return template.render(args["messages"], add_generation_prompt=args["ask"], tools=args["tools"])


def _row_text(template: ChatTemplate, args: Args) -> str:
    return template.row_text(args["messages"], args["tools"], ask=args["ask"])


def _encode_prompt(template: ChatTemplate, args: Args) -> list[int]:
    return _bounded(template.encode_prompt(args["messages"], args["tools"]))


def _plain_ids(template: ChatTemplate, args: Args) -> list[int]:
    return _bounded(template.plain_ids(args["text"]))


def _bounded(ids: list[int]) -> list[int]:
    if len(ids) > MOST_TOKENS:
        raise Fault("template.too_much", n=len(ids), most=MOST_TOKENS)
    return ids


def _decode(template: ChatTemplate, args: Args) -> str:
    return template.decode(args["ids"], skip_special=args["skip_special"])


def _found_in(template: ChatTemplate, args: Args) -> list[str]:
    return template.control_tokens.found_in(args["text"], answer=args["answer"])


def _vocabulary(template: ChatTemplate, args: Args) -> dict[str, Any]:
    """Of a tokenizer: how many tokens it has, those from number `rows` on, those before it that were added, and which of the
    former the template writes itself; texts of the tokens from `old` on."""
    rows = args["rows"]
    template = ChatTemplate(template.tokenizer, template.source, template.special)  # nothing found earlier refuses here
    vocabulary = template.tokenizer.get_vocab(with_added_tokens=True)
    beyond = {number: text for text, number in vocabulary.items() if number >= rows}
    added = template.tokenizer.get_added_tokens_decoder()
    return {
        "size": 1 + max(vocabulary.values(), default=-1),
        "lacking": len(beyond),
        "beyond": dict(sorted(beyond.items())[:_MOST_KEPT]),
        "added": {number: token.content for number, token in added.items() if number < rows},
        "new": {number: template.tokenizer.id_to_token(number) or "?" for number in range(args["old"], rows)},
        "used": sorted(number for number in _written(template) if number >= rows),
    }


def _written(template: ChatTemplate) -> set[int]:
    """Tokens that a template writes into a short conversation, or that end every text."""
    ids = set() if template.eos_id is None else {template.eos_id}
    try:
        return ids | {*template.encode(_TALK).ids, *template.encode_prompt(_TALK[:1])}
    except Fault:  # a template that takes no such conversation
        return ids


ONE: Mapping[str, Callable[[ChatTemplate, Args], Any]] = {
    "get": _get,
    "render": _render,
    "row_text": _row_text,
    "encode_prompt": _encode_prompt,
    "plain_ids": _plain_ids,
    "decode": _decode,
    "pieces": lambda template, args: template.pieces(args["ids"]),
    "pieces_behind": lambda template, args: template.pieces_behind(args["ids"]),
    "texts_behind": lambda template, args: template.texts_behind(args["runs"]),
    "spelled": lambda template, args: spelled(template, args["ids"]),
    "marked": lambda template, args: template.marked(args["ids"]),
    "answer_text": lambda template, args: template.answer_text(args["ids"]),
    "text_behind": lambda template, args: template.text_behind(args["ids"]),
    "whole_text": lambda template, args: template.whole_text(args["ids"]),
    "found_in": _found_in,
    "check": lambda template, args: check_template(template, args["rows"]),
    "vocabulary": _vocabulary,
}


# ------------------------------------------------------------------ many rows


def _encode(template: ChatTemplate, row: Any, args: Args) -> Any:
    encoded = template.encode(row, **args["options"])
    _bounded(encoded.ids)
    return encoded


def _token_ids(template: ChatTemplate, text: str, args: Args) -> list[int]:
    return _bounded(template.token_ids(text, special=args["special"]))


def _text_of(template: ChatTemplate, row: Sequence[Any], _args: Args) -> str:
    messages: Messages = row[0]
    return template.row_text(messages, row[1])


MANY: Mapping[str, Callable[[ChatTemplate, Any, Args], Any]] = {
    "encode": _encode,
    "token_ids": _token_ids,
    "count": lambda template, text, args: len(_token_ids(template, text, args)),
    "row_texts": _text_of,
}


def results(
    work: Callable[[ChatTemplate, Any, Args], Any], template: ChatTemplate, args: Args, begin: Begin
) -> Iterator[Any]:
    """[value] or {"code", "params"} of each row, as many as there is time for; one at least."""
    end = time.monotonic() + args["seconds"] if args.get("seconds") else None
    for place, row in enumerate(args["rows"]):
        if end is not None and place and time.monotonic() > end:
            return
        begin(place)
        try:
            yield [guarded(partial(work, template, row, args))]
        except Fault as fault:
            yield fault.as_dict()
