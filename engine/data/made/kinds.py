"""What can be made of a passage: one frozen value each, and one explicit tuple."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.text import Text


@dataclass(frozen=True)
class MadeKind:
    """One kind of example.

    Attributes:
        key: its name, in settings and in rows.
        label, help: for people.
        asks: the writer invents what the user says; else the user asks for a summary, and the passage stands in the row.
        several: more than one can be made of a passage.
        usual: tokens of one, as a rule.
        longest: tokens that one may have.
        grounded: least share of what an answer says that must stand in the passage, 0 to 1.
        fewest, most: words of the answer.
    """

    key: str
    label: Text
    help: Text
    asks: bool
    several: bool
    usual: int
    longest: int
    grounded: float
    fewest: int
    most: int


QUESTION = MadeKind(
    "question",
    Text("data.made.kinds.question.label"),
    Text("data.made.kinds.question.help"),
    asks=True,
    several=True,
    usual=60,
    longest=192,
    grounded=0.6,
    fewest=1,
    most=200,
)
SUMMARY = MadeKind(
    "summary",
    Text("data.made.kinds.summary.label"),
    Text("data.made.kinds.summary.help"),
    asks=False,
    several=False,
    usual=80,
    longest=320,
    grounded=0.6,
    fewest=5,
    most=200,
)
INSTRUCTION = MadeKind(
    "instruction",
    Text("data.made.kinds.instruction.label"),
    Text("data.made.kinds.instruction.help"),
    asks=True,
    several=True,
    usual=110,
    longest=448,
    grounded=0.5,
    fewest=2,
    most=350,
)
MADE_KINDS = (QUESTION, SUMMARY, INSTRUCTION)
_BY_KEY = {kind.key: kind for kind in MADE_KINDS}


def made_kind(key: str) -> MadeKind:
    """The kind of that key. Raises KeyError: keys are checked where settings are read."""
    return _BY_KEY[key]
