"""One way in which records become conversations, as it is stored, sent and chosen: checked JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from engine.core.errors import Fault
from engine.data.records.record import show
from engine.data.schema.filled_templates.declared import filled_template

How = Literal["none", "rows", "tree", "filled", "script", "nested", "exchange"]
Begin = Literal["system", "question", "restart", "blank", "file"]
Paths = Literal["best", "all"]
TURNS = "messages"  # the column that holds the turns once records are arranged
_HOWS = ("none", "rows", "tree", "filled", "script", "nested", "exchange")
_BEGINS = ("system", "question", "restart", "blank", "file")
_PATHS = ("best", "all")


@dataclass(frozen=True)
class Arrangement:
    """How records become conversations.

    Attributes:
        how: "none" (each record by itself), "rows" (a record is a message), "tree" (messages that name the one before them), "filled"
            (a text is a template with a conversation in it), "script" (lines of a text are turns, each behind who speaks),
            "nested" (a record is a whole tree: in `content` lies its first message, in each message its replies),
            "exchange" (a record is a question, in `role`, and its answer, in `content`).
        role, content: columns of a message: who speaks, and the words. A script has both in `content`.
        id: column that all messages of a conversation share; of a tree the message's own. None: conversations follow each other.
        order: column that the messages of a conversation are sorted by; None: as they stand in the file.
        begin: without an id, where a conversation begins: at each system turn ("system"), at each question behind an answer
            ("question"), where the numbers of `order` begin anew ("restart"), behind an empty row ("blank"), with the file.
        parent: of a tree, the column that names the message before.
        rank: of a tree, the column whose lowest number is the best answer; None: the first one is.
        deleted: of a tree, the column that says that a message counts no more.
        paths: of a tree: "best" is one conversation a tree, "all" is one for each of its ends.
        template: key of a `FilledTemplate`.
        columns: that hold such texts, each of which becomes turns.
        before: column whose text stands before each of them; it becomes part of the turns.
    """

    how: How = "none"
    role: str | None = None
    content: str | None = None
    id: str | None = None
    order: str | None = None
    begin: Begin = "file"
    parent: str | None = None
    rank: str | None = None
    deleted: str | None = None
    paths: Paths = "best"
    template: str | None = None
    columns: tuple[str, ...] = ()
    before: str | None = None

    @property
    def spans(self) -> bool:
        """Whether a conversation is made of several records."""
        return self.how in ("rows", "tree", "script", "nested", "exchange")

    @property
    def used(self) -> frozenset[str]:
        """The columns that it reads."""
        named = (self.role, self.content, self.id, self.order, self.parent, self.rank, self.deleted, self.before)
        return frozenset(name for name in (*named, *self.columns) if name)

    def as_json(self) -> dict[str, Any]:
        """What differs from the defaults, to be stored; {"how": ...} is always there."""
        plain = Arrangement()
        kept = {key: value for key, value in asdict(self).items() if value != getattr(plain, key)}
        return {"how": self.how} | {key: list(v) if isinstance(v, tuple) else v for key, v in kept.items()}


AS_THEY_STAND = Arrangement()


def arrangement_of(value: Mapping[str, Any] | None) -> Arrangement | None:
    """The arrangement that JSON stands for; None stays None: as detected.

    Raises:
        Fault: "data.arrange.unknown".
    """
    if value is None:
        return None
    known = {one.name for one in fields(Arrangement)}
    texts = known - {"columns"}
    columns = value.get("columns") or ()
    fits = isinstance(columns, (list, tuple)) and all(isinstance(one, str) for one in columns)
    if not (fits and known >= value.keys() and all(isinstance(value.get(key), (str, type(None))) for key in texts)):
        raise Fault("data.arrange.unknown", found=show(dict(value)))
    found = Arrangement(**{key: one for key, one in value.items() if one is not None} | {"columns": tuple(columns)})
    return _complete(found)


def _complete(found: Arrangement) -> Arrangement:
    declared = found.how in _HOWS and found.begin in _BEGINS and found.paths in _PATHS
    needed: dict[str, tuple[object, ...]] = {
        "rows": (found.role, found.content),
        "tree": (found.role, found.content, found.id, found.parent),
        "filled": (found.template, found.columns),
        "script": (found.template, found.content),
        "nested": (found.content,),
        "exchange": (found.role, found.content, found.id),
    }
    declared = declared and (found.template is None or filled_template(found.template) is not None)
    if not declared or not all(needed.get(found.how, ())):
        raise Fault("data.arrange.unknown", found=show(found.as_json()))
    return found


def check_columns_of(arrangement: Arrangement, columns: Mapping[str, Any] | list[str]) -> None:
    """Raises Fault("data.arrange.no_column") where the file has not the columns that it reads."""
    for name in sorted(arrangement.used):
        if name not in columns:
            raise Fault("data.arrange.no_column", column=show(name))
