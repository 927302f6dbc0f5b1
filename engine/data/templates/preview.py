"""The tokens of an example as a person can read them: whole characters, with what is trained on marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from engine.core.errors import Fault
from engine.data.templates.encoded import Bundle, Encoded
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from engine.shapes.rows import ExampleTokens, TokenView

Told = Callable[..., None]
_MOST_REFUSED = 50  # rows in a row that the template cannot take: then the reason is the answer


class Maker(Protocol):
    """Turns rows into examples of one or several sequences."""

    def add(self, row: Mapping[str, Any]) -> Iterator[Sequence[Encoded] | Bundle]:
        """The examples that are complete with this row."""

    def close(self) -> Iterator[Sequence[Encoded] | Bundle]:
        """What is left when there are no more rows."""


def example_tokens(
    rows: Iterable[Mapping[str, Any]], made_of: Callable[[Told], Maker], template: ChatTemplate, n: int
) -> list[ExampleTokens]:
    """The first `n` examples that training would use, as tokens: [{row, split, texts, answers, truncated, tokens}].

    `row` is the line that completed the example, `texts` how many pieces of text are packed into it, `answers` how many answers to
    one question are compared, each shown behind its question.

    Args:
        made_of: what turns rows into examples, given whom it tells of the rows that it leaves out.

    Raises:
        Fault: why the template takes none of the first rows.
    """
    refused: list[Fault] = []
    maker = made_of(lambda _name, _count=1, fault=None: refused.append(fault) if fault is not None else None)
    shown: list[ExampleTokens] = []
    last: Mapping[str, Any] = {}
    for row in rows:
        last = row
        shown += [_shown(row, parts, template) for parts in maker.add(row)]
        if len(refused) >= _MOST_REFUSED and not shown:
            raise refused[-1]
        if len(shown) >= n:
            return shown[:n]
    return [*shown, *(_shown(last, parts, template) for parts in maker.close())][:n]


def _shown(row: Mapping[str, Any], made: Sequence[Encoded] | Bundle, template: ChatTemplate) -> ExampleTokens:
    parts = made.read_alone() if isinstance(made, Bundle) else made
    tokens = [token for part in parts for token in readable(part, template)]
    truncated = any(part.truncated for part in parts)
    texts, answers = (1, len(parts)) if isinstance(made, Bundle) else (len(parts), 1)
    where = {"row": int(row["line"]), "split": str(row["split"])}
    return cast(ExampleTokens, where | {"texts": texts, "answers": answers, "truncated": truncated, "tokens": tokens})


def readable(encoded: Encoded, template: ChatTemplate) -> list[TokenView]:
    """[{text, trained, perhaps weight}]; tokens that are only parts of a character are joined to the whole character.

    An end that is learnt behind an answer without standing in the text stands among them as if it did.
    """
    shown: list[TokenView] = []
    waiting = False
    between = {place: encoded.labels[place] for place in encoded.ends if encoded.labels[place] != encoded.ids[place]}
    for place, (piece, label) in enumerate(zip(template.pieces(encoded.ids), encoded.labels, strict=True)):
        weight = 1.0 if encoded.weights is None or label == IGNORED else encoded.weights[place]
        if place in between:
            shown.append(_view(template.decode([between[place]], skip_special=False), True, weight))
        trained = label != IGNORED and place > 0 and place not in between
        if waiting and shown[-1]["trained"] == trained:
            shown[-1]["text"] += piece
        else:
            shown.append(_view(piece, trained, weight))
        waiting = not shown[-1]["text"]
    return [token for token in shown if token["text"]]


def _view(text: str, trained: bool, weight: float) -> TokenView:
    if not trained or weight == 1:
        return {"text": text, "trained": trained}
    return {"text": text, "trained": True, "weight": weight}
