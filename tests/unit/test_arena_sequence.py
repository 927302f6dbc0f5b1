"""A win rate's interval holds however often one looks: simulated with a seed, and against what is known exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.votes import better, clustered, ever_refuted, wilson_named
from engine.evaluation.arena.sequence import evidence_against, fewest_needed, interval, intervals_of, more_needed

SEED, RUNS, VOTES = 23, 300, 100


@pytest.fixture(scope="module", autouse=True)
def told() -> None:
    print(f"seed {SEED}, {RUNS} runs of {VOTES} votes")


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("equal", better(0.5)),
        ("ties", better(0.5, 0.3)),
        ("clusters", clustered(3, True)),
        ("rounds", clustered(2, False)),
    ],
)
def test_looking_after_every_vote_names_a_false_winner_in_at_most_5_percent(name: str, draw: object) -> None:
    votes, prompts = draw(np.random.default_rng(SEED), RUNS, VOTES)  # type: ignore[operator]
    assert (ever_refuted(votes, prompts) <= VOTES).mean() <= 0.05
    assert (wilson_named(votes, 10) <= VOTES).mean() > 0.1, "the case is too easy to show anything"


@pytest.mark.parametrize(("share", "ties"), [(0.65, 0.2), (0.9, 0.0)])
def test_the_true_win_rate_is_ever_outside_in_at_most_5_percent(share: float, ties: float) -> None:
    votes, prompts = better(share, ties)(np.random.default_rng(SEED), RUNS, VOTES)
    assert (ever_refuted(votes, prompts, ties / 2 + (1 - ties) * share) <= VOTES).mean() <= 0.05


def test_votes_on_one_question_are_no_independent_evidence() -> None:
    votes, prompts = clustered(5, True)(np.random.default_rng(SEED), RUNS, VOTES)
    assert (ever_refuted(votes, np.arange(VOTES)) <= VOTES).mean() > 0.15  # taken as if they were
    assert (ever_refuted(votes, prompts) <= VOTES).mean() <= 0.05


def test_a_better_model_is_found() -> None:
    votes, prompts = better(0.8)(np.random.default_rng(SEED), RUNS, 80)
    found = ever_refuted(votes, prompts)
    assert np.mean(found <= 80) > 0.97
    assert np.median(found) <= 25


def test_wins_and_losses_alone_are_the_mixture_of_a_beta() -> None:
    """Robbins' mixture in closed form: B(a + wins, a + losses) / B(a, a) * 2 ** votes."""
    beta = lambda x, y: math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)  # noqa: E731
    for wins, losses in ((0, 0), (7, 1), (23, 7), (300, 250), (600, 390)):
        exact = beta(2.5 + wins, 2.5 + losses) - beta(2.5, 2.5) + (wins + losses) * math.log(2)
        assert math.log(evidence_against([1.0] * wins + [0.0] * losses)) == pytest.approx(exact, abs=1e-6)


def test_ties_prove_nothing_against_an_even_share_but_narrow_the_interval() -> None:
    decided = [1.0] * 9 + [0.0] * 2
    assert evidence_against([*decided, *[0.5] * 40]) == pytest.approx(evidence_against(decided))
    before, after = interval([0.5] * 10), interval([0.5] * 100)
    assert before[0] < after[0] < 0.5 < after[1] < before[1]


def test_the_interval_holds_the_share_and_is_symmetric() -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(20):
        values = rng.choice([0.0, 0.5, 1.0, 1 / 3], size=int(rng.integers(1, 60))).tolist()
        low, high = interval(values)
        assert low <= np.mean(values) <= high
        assert interval([1 - value for value in values]) == pytest.approx((1 - high, 1 - low), abs=1e-9)
        assert intervals_of([values, values[:1]])[0] == pytest.approx((low, high))
        assert evidence_against(values, max(low, 1e-9)) <= 20 * (1 + 1e-6)
    assert interval([]) == (0.0, 1.0)


def test_how_many_more_votes_is_just_enough() -> None:
    assert fewest_needed() == 10
    assert more_needed([1.0] * 10) == 0
    assert more_needed([1.0] * 3) == 7
    assert more_needed([0.5] * 30) is None
    assert more_needed([]) is None
    values = [1.0] * 7 + [0.0] * 3
    more = more_needed(values)
    assert more is not None
    grown = [1.0] * round(0.7 * (10 + more)) + [0.0] * round(0.3 * (10 + more))
    assert evidence_against(grown) >= 20 > evidence_against(grown[3:])
    assert more_needed([1.0] * 51 + [0.0] * 49, most=1000) is None
