"""Every declared metric: its range and direction, and results that earlier versions stored."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.core.text import LANGUAGES
from engine.evaluation.comparison.leaderboard import COUNTS, MEASURES
from engine.evaluation.metrics import METRICS
from engine.evaluation.metrics.declaration import BASE, EvaluationMetric

EXPECTED = ["The sky is blue.", "四月有三十天", "Lanterns are lit at dusk"]
SAID = {
    "perfect": EXPECTED,
    "near": ["The sky is blue!", "四月有三十天", "Lanterns are lit at dawn"],
    "far": ["No", "不", "Never"],
}
OLD: dict[str, Any] = {
    "val_loss": 1.0,
    "base_val_loss": 2.0,
    "answers": {"count": 3, "exact": 0.5, "chrf": 40.0, "base_exact": 0.25, "base_chrf": None},
}
EACH = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)


def _within(metric: EvaluationMetric, value: float) -> bool:
    low, high = (float("-inf") if metric.lowest is None else metric.lowest), metric.highest
    return low <= value and (high is None or value <= high + 1e-9)


@EACH
def test_a_metric_says_what_it_is(metric: EvaluationMetric) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.key)
    assert metric.key != "count", "a result counts its answers by that name"
    assert not metric.key.startswith(BASE)
    assert (metric.of_answers is None) != (metric.of_loss is None)
    assert all(text.in_(language).strip() for text in (metric.label, metric.help) for language in LANGUAGES)
    assert metric.source


@EACH
def test_a_better_model_has_a_better_number_within_the_range(metric: EvaluationMetric) -> None:
    if metric.of_answers is not None:
        found = [metric.of_answers(EXPECTED, said) for said in SAID.values()]
        assert metric.of_answers(EXPECTED[:1], EXPECTED[:1]) == pytest.approx(found[0])
    else:
        assert metric.of_loss is not None
        found = [value for loss in (0.0, 1.5, 4.0) if (value := metric.of_loss(loss)) is not None]
    sign = 1 if metric.better == "low" else -1
    assert len(found) == 3
    assert sorted(found, key=lambda value: sign * value) == found
    assert found[0] != found[-1]
    assert all(_within(metric, value) for value in found)


@EACH
def test_what_earlier_jobs_stored_is_read(metric: EvaluationMetric) -> None:
    known = {"loss": (1.0, 2.0), "perplexity": (2.71828, 7.38906), "exact": (0.5, 0.25), "chrf": (40.0, None)}
    own, base = known.get(metric.key, (None, None))
    assert metric.of_result(OLD) == (own if own is None else pytest.approx(own, rel=1e-5))
    assert metric.of_base(OLD) == (base if base is None else pytest.approx(base, rel=1e-5))
    assert (metric.of_result({}), metric.of_base({"answers": None})) == (None, None)


def test_columns_differ_and_one_metric_leads() -> None:
    columns = [measure.key for measure in MEASURES] + list(COUNTS)
    assert len(set(columns)) == len(columns)
    assert columns[: len(METRICS)] == [metric.key for metric in METRICS]
    assert [metric.curve for metric in METRICS if metric.curve] == ["val_loss"]
