"""What can be chosen before rows are made from documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault, SpecError
from engine.core.params import Param, read_all
from engine.core.shapes import Faults
from engine.core.text import Text
from engine.data.made.asking import OF_DOCUMENT, check_wording
from engine.data.made.kinds import MADE_KINDS, MadeKind, made_kind
from engine.data.passages.splitting import CHARACTERS, LEAST, MOST, Passage

_PREFIX = "making"
_MOST_PASSAGES = 5_000
PARAMS = (
    Param("writer", "text", None, Text("services.data.making.choice.writer.label"), Text("services.data.making.choice.writer.help"), advanced=False),
    Param("kinds", "multi", [MADE_KINDS[0].key], Text("services.data.making.choice.kinds.label"), Text("services.data.making.choice.kinds.help"), choices={kind.key: kind.label for kind in MADE_KINDS}, advanced=False),
    Param("per_passage", "int", 2, Text("services.data.making.choice.per_passage.label"), Text("services.data.making.choice.per_passage.help"), usual=Text("services.data.making.choice.per_passage.usual"), minimum=1, maximum=5, advanced=False),
    Param("passages", "int", 50, Text("services.data.making.choice.passages.label"), Text("services.data.making.choice.passages.help"), usual=Text("services.data.making.choice.passages.usual"), minimum=1, maximum=_MOST_PASSAGES, advanced=False),
    Param("language", "choice", OF_DOCUMENT, Text("services.data.making.choice.language.label"), Text("services.data.making.choice.language.help"), choices={OF_DOCUMENT: Text("services.data.making.choice.language.choices.document"), "en": Text("services.data.making.choice.language.choices.en"), "zh": Text("services.data.making.choice.language.choices.zh")}, advanced=False),
    Param("dataset", "choice", None, Text("services.data.making.choice.dataset.label"), Text("services.data.making.choice.dataset.help"), source="dataset", optional=True, advanced=False),
    Param("characters", "int", CHARACTERS, Text("services.data.making.choice.characters.label"), Text("services.data.making.choice.characters.help"), usual=Text("services.data.making.choice.characters.usual"), minimum=LEAST, maximum=MOST),
    Param("with_passage", "bool", False, Text("services.data.making.choice.with_passage.label"), Text("services.data.making.choice.with_passage.help")),
    Param("temperature", "float", 0.7, Text("services.data.making.choice.temperature.label"), Text("services.data.making.choice.temperature.help"), usual=Text("services.data.making.choice.temperature.usual"), minimum=0, maximum=2),
    Param("seed", "int", 42, Text("services.data.making.choice.seed.label"), Text("services.data.making.choice.seed.help"), minimum=0, maximum=2**31 - 1),
    Param("wordings", "data", None, Text("services.data.making.choice.wordings.label"), Text("services.data.making.choice.wordings.help"), optional=True),
)  # fmt: skip


@dataclass(frozen=True)
class MakingChoice:
    """What was chosen, checked."""

    writer: str  # key of a writer
    kinds: tuple[MadeKind, ...]  # of examples
    per_passage: int  # examples of a kind that a passage is asked for
    passages: int  # at most
    language: str  # of the answers; OF_DOCUMENT: that of each passage
    dataset: int | None  # that the rows are meant for
    characters: int  # of a passage
    with_passage: bool  # it stands before each question
    temperature: float  # of the writer
    seed: int  # of a local writer's choices
    wordings: Mapping[str, str]  # kind -> what is asked; where there is none, the usual one in the answers' language

    def number_of(self, kind: MadeKind) -> int:
        """How many examples of a kind a passage is asked for."""
        return self.per_passage if kind.several else 1

    def picked(self, passages: Sequence[Passage]) -> list[Passage]:
        """As many as wanted, evenly spread over the documents."""
        if len(passages) <= self.passages:
            return list(passages)
        return [passages[place * len(passages) // self.passages] for place in range(self.passages)]


def read_choice(values: Mapping[str, Any]) -> MakingChoice:
    """Check what a page, a command line or a job's spec says. Raises SpecError with every fault, by "making.<key>"."""
    read, faults = read_all(PARAMS, values, _PREFIX)
    wordings = _wordings(read.get("wordings"), faults)
    if faults:
        raise SpecError(faults)
    kinds = tuple(made_kind(key) for key in dict.fromkeys(read.pop("kinds")))
    return MakingChoice(**{**read, "kinds": kinds, "wordings": wordings})


def passage_length(characters: int) -> int:
    """So many characters, within what is taken."""
    return min(max(characters, LEAST), MOST)


def _wordings(given: Any, faults: Faults) -> dict[str, str]:
    known = {kind.key for kind in MADE_KINDS}
    found = given if isinstance(given, Mapping) else {}
    said = {key: text for key, text in found.items() if key in known and isinstance(text, str) and text.strip()}
    for key, text in said.items():
        try:
            check_wording(text)
        except Fault as fault:
            faults[f"{_PREFIX}.wordings.{key}"] = fault.as_dict()
    return said
