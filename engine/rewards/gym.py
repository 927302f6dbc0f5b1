"""Tasks of the package reasoning-gym: it scores its own answers, where it is installed."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.rewards.declaration import Answered, EachAlone, Reward, RewardEnv, Values
from engine.rewards.reading.said import inside
from engine.rewards.shared_params import INSIDE

_PACKAGE = "reasoning_gym"
_log = logging.getLogger(__name__)


def _why_not(_settings: Settings | None) -> CodedMessage | None:
    if importlib.util.find_spec(_PACKAGE) is not None:
        return None
    return {"code": "reward.no_gym", "params": {}}


def entry_of(row: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The name of the task that a row was drawn from, and its entry as the package made it; None for other rows."""
    held = row.get("reference")
    reference = dict(held) if isinstance(held, Mapping) else {}
    metadata = reference.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("source_dataset"), str):
        return None
    asked = next((str(turn.get("content") or "") for turn in reversed(row.get("prompt") or ())), "")
    return metadata["source_dataset"], {"question": asked} | reference


def _open(values: Values, _env: RewardEnv) -> EachAlone:
    if _why_not(None) is not None:
        raise Fault("reward.no_gym")
    import reasoning_gym

    def score(one: Answered) -> float | None:
        found = entry_of(one.row)
        if found is None:
            return None
        try:
            scorer = reasoning_gym.get_score_answer_fn(found[0])
            return float(scorer(answer=inside(one.answer, values["inside"] or ""), entry=found[1]))
        except Exception as error:
            _log.info("reasoning-gym cannot score an answer to %s: %s", found[0], error)
            return None

    return EachAlone(score)


GYM = Reward(
    key="gym",
    label=Text("rewards.gym.label"),
    help=Text("rewards.gym.help"),
    params=(INSIDE,),
    open=_open,
    asks_of_rows=frozenset({"reference"}),
    suits=lambda _values, row: entry_of(row) is not None,
    why_not=_why_not,
    source="Stojanovski et al. 2025, arXiv:2505.24760",
)
