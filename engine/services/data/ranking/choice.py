"""What can be chosen before answers are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault, SpecError
from engine.core.params import Param, read_all
from engine.core.text import Text

MOST_ANSWERS, MOST_WRITERS, MOST_PROMPTS, LONGEST_PROMPT = 8, 4, 2_000, 20_000
_PREFIX = "rank"


PARAMS = (
    Param("writers", "data", (), Text("services.data.ranking.choice.writers.label"), Text("services.data.ranking.choice.writers.help")),
    Param("answers", "int", 4, Text("services.data.ranking.choice.answers.label"), Text("services.data.ranking.choice.answers.help"), usual=Text("services.data.ranking.choice.answers.usual"), minimum=1, maximum=MOST_ANSWERS, advanced=False),
    Param("temperature", "float", 1.0, Text("services.data.ranking.choice.temperature.label"), Text("services.data.ranking.choice.temperature.help"), usual=Text("services.data.ranking.choice.temperature.usual"), minimum=0.1, maximum=2, advanced=False),
    Param("longest", "int", 256, Text("services.data.ranking.choice.longest.label"), Text("services.data.ranking.choice.longest.help"), usual=Text("services.data.ranking.choice.longest.usual"), minimum=8, maximum=2048, advanced=False),
    Param("most", "int", 50, Text("services.data.ranking.choice.most.label"), Text("services.data.ranking.choice.most.help"), minimum=1, maximum=MOST_PROMPTS, advanced=False),
    Param("dataset", "choice", None, Text("services.data.ranking.choice.dataset.label"), Text("services.data.ranking.choice.dataset.help"), source="dataset", optional=True, advanced=False),
    Param("prompts", "text", "", Text("services.data.ranking.choice.prompts.label"), Text("services.data.ranking.choice.prompts.help"), optional=True, advanced=False),
    Param("seed", "int", 42, Text("services.data.ranking.choice.seed.label"), Text("services.data.ranking.choice.seed.help"), minimum=0, maximum=2**31 - 1),
)  # fmt: skip


@dataclass(frozen=True)
class DrawChoice:
    """What was chosen, checked."""

    writers: tuple[str, ...]  # keys of the models that answer
    answers: int  # of each model to each prompt
    temperature: float  # of all of them
    longest: int  # tokens of an answer
    most: int  # prompts
    dataset: int | None  # that the prompts come from
    prompts: tuple[str, ...]  # that a person typed
    seed: int  # of the draw


def read_choice(values: Mapping[str, Any]) -> DrawChoice:
    """Check what a page or a job's spec says.

    Raises:
        SpecError: with every fault, by "rank.<key>". Fault: "rank.no_writer", "rank.few_answers", "rank.no_prompts" or "rank.long_prompt".
    """
    read, faults = read_all(PARAMS, values, _PREFIX)
    if faults:
        raise SpecError(faults)
    writers = _writers(read["writers"])
    if not writers:
        raise Fault("rank.no_writer")
    if not 2 <= len(writers) * read["answers"] <= MOST_ANSWERS:
        raise Fault("rank.few_answers", most=MOST_ANSWERS, found=len(writers) * read["answers"])
    prompts = tuple(typed_prompts(str(read["prompts"] or "")))
    if not prompts and read["dataset"] is None:
        raise Fault("rank.no_prompts")
    return DrawChoice(**{**read, "writers": writers, "prompts": prompts})


def _writers(given: Any) -> tuple[str, ...]:
    listed = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    return tuple(dict.fromkeys(one for one in listed if isinstance(one, str) and one))[:MOST_WRITERS]


def typed_prompts(text: str) -> list[str]:
    """One prompt a line; or, where blank lines part them, one a paragraph. Raises Fault("rank.long_prompt")."""
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\0", "")
    parts = text.split("\n\n") if "\n\n" in text.strip() else text.split("\n")
    found = list(dict.fromkeys(part.strip() for part in parts if part.strip()))[:MOST_PROMPTS]
    for place, part in enumerate(found, 1):
        if len(part) > LONGEST_PROMPT:
            raise Fault("rank.long_prompt", place=place, most=LONGEST_PROMPT)
    return found
