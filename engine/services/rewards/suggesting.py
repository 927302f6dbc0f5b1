"""Which rewards suit a data set where nobody chose any: what its rows expect decides, and the reason is said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from engine.core.context import Context
from engine.data.rows import overview
from engine.data.rows.index import RowIndex
from engine.objectives.online.prompts import asked_of
from engine.rewards.declaration import Reward
from engine.rewards.json_answer import JSON_ANSWER
from engine.rewards.length import LENGTH
from engine.rewards.match import MATCH
from engine.rewards.reading.expected import expected_calls, expected_of
from engine.rewards.reading.numbers import only_number, result_of
from engine.rewards.similarity import SIMILARITY
from engine.rewards.tool_call import TOOL_CALL
from engine.services.data.versions.version_files import version_file
from engine.services.rewards.shapes import SuggestedRewards

_LOOKED_AT = 200  # rows
_MOST = 0.8  # share of rows that something must be true of
_SHORT = 40  # characters of an answer that can be met exactly
_SOME = 0.5


def suggested_rewards(ctx: Context, dataset_id: int) -> SuggestedRewards:
    """The rewards that a job on this data set begins with, and why. Raises NotFound, or Fault where it was not imported."""
    _version, path = version_file(ctx, dataset_id)
    index = RowIndex.open(path)
    reward, code = _suited(index.rows(overview.evenly(len(index), _LOOKED_AT)))
    chosen = {"reward": reward.key, "weight": 1.0, "values": {}}
    return {"rewards": [chosen], "why": {"code": code, "params": {"reward": reward.label.as_dict()}}}


def _suited(rows: Sequence[Mapping[str, Any]]) -> tuple[Reward, str]:
    if _share([bool(list(expected_calls(row))) for row in rows]) >= _SOME:
        return TOOL_CALL, "suggested_calls"
    expected = [found for row in rows if (found := expected_of(row)) is not None]
    if len(expected) < _MOST * len(rows) or not expected:
        asked = [" ".join(str(turn.get("content")) for turn in asked_of(row)) for row in rows]
        wanted = _share(["json" in one.lower() for one in asked]) >= _SOME
        return (JSON_ANSWER, "suggested_json_asked") if wanted else (LENGTH, "suggested_length")
    if _share([only_number(result_of(one)) is not None for one in expected]) >= _MOST:
        return MATCH, "suggested_numbers"
    if _share([_is_json(one) for one in expected]) >= _MOST:
        return JSON_ANSWER, "suggested_json"
    short = median(len(one) for one in expected) <= _SHORT
    return (MATCH, "suggested_short") if short else (SIMILARITY, "suggested_long")


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False
