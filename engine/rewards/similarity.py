"""How like the row's expected answer it is, by its letters."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.text import Text
from engine.rewards.declaration import Answered, Reward, RewardEnv, Values
from engine.rewards.reading.expected import expected_of
from engine.rewards.reading.said import inside
from engine.rewards.shared_params import INSIDE, MEMBER

_MOST = 20_000  # characters that are compared


class _Chrf:
    """chrF of each answer with the library's usual settings."""

    def __init__(self, values: Values) -> None:
        from sacrebleu.metrics import CHRF

        self._values, self._metric = values, CHRF()

    def score(self, batch: Sequence[Answered]) -> list[float | None]:
        """0 to 1 for each."""
        return [self._one(one) for one in batch]

    def _one(self, one: Answered) -> float | None:
        expected = expected_of(one.row, self._values["member"] or "")
        said = inside(one.answer, self._values["inside"] or "")
        if expected is None or not expected.strip():
            return None
        if not said:
            return 0.0
        return float(self._metric.sentence_score(said[:_MOST], [expected[:_MOST]]).score) / 100

    def close(self) -> None:
        """Nothing is held."""


def _open(values: Values, _env: RewardEnv) -> _Chrf:
    return _Chrf(values)


SIMILARITY = Reward(
    key="similarity",
    label=Text("rewards.similarity.label"),
    help=Text("rewards.similarity.help"),
    params=(INSIDE, MEMBER),
    open=_open,
    asks_of_rows=frozenset({"reference"}),
    suits=lambda values, row: expected_of(row, values["member"] or "") is not None,
    source="Popović 2015, https://aclanthology.org/W15-3049; sacrebleu",
)
