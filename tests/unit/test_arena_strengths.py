"""Strengths of several models against another library, what led the voters, and the one sentence."""

from __future__ import annotations

import evalica
import numpy as np
import pytest

from engine.evaluation.arena.biases import adjusted_for_length, left_wins, longer_wins, rounded_percents
from engine.evaluation.arena.strengths import fit, groups_of, outcomes, strengths
from engine.evaluation.arena.verdict import verdict_of
from engine.evaluation.arena.votes import Vote, duel, score_of

SEED, NAMES = 31, ["a", "b", "c", "d"]
TRUE = {"a": 0.0, "b": 0.5, "c": 1.0, "d": 1.8}


def vote(number: int, one: str, other: str, ranks: tuple[int, ...] = (1, 2), **more: object) -> Vote:
    return Vote(**{"prompt_key": f"q{number}", "weights": (one, other), "ranks": ranks, "lengths": (1, 1), **more})  # type: ignore[arg-type]


def drawn(many: int, ties: float, seed: int = SEED) -> list[Vote]:
    rng = np.random.default_rng(seed)
    found = []
    for number in range(many):
        one, other = rng.choice(NAMES, 2, replace=False).tolist()
        ahead = rng.random() < 1 / (1 + np.exp(TRUE[other] - TRUE[one]))
        found.append(vote(number, one, other, (1, 1) if rng.random() < ties else (1, 2) if ahead else (2, 1)))
    return found


def against(votes: list[Vote]) -> tuple[list[str], list[str], list[evalica.Winner]]:
    won = {(1, 2): evalica.Winner.X, (2, 1): evalica.Winner.Y, (1, 1): evalica.Winner.Draw}
    return [one.weights[0] for one in votes], [one.weights[1] for one in votes], [won[one.ranks] for one in votes]  # type: ignore[index]


@pytest.mark.parametrize(("method", "ties"), [("bradley_terry", 0.0), ("newman", 0.25)])
def test_strengths_are_those_of_another_library(method: str, ties: float) -> None:
    """Newman's iteration solves Davidson's model with ties; both are asked for the plain maximum."""
    votes = drawn(400, ties)
    scores = getattr(evalica, method)(*against(votes), tolerance=1e-12, limit=10_000).scores
    theirs = np.log([scores[name] for name in NAMES])
    pairs, table = outcomes(NAMES, votes)
    ours = fit(4, pairs, table.sum(axis=0)[None], imagined=0.0)[0, :4]
    assert ours - ours.mean() == pytest.approx(theirs - theirs.mean(), abs=2e-4)
    assert [NAMES[place] for place in np.argsort(ours)] == NAMES


def test_an_undefeated_model_has_a_finite_strength() -> None:
    votes = [vote(n, "a", "b") for n in range(20)]
    first, second = strengths(["a", "b"], votes)
    assert (first.weights, first.rank, second.rank) == ("a", 1, 2)
    assert 200 < first.points - second.points < 2000
    assert first.high - first.low > 200  # though every draw of unanimous votes says the same
    assert [one.low for one in (first, second)] == [
        one.low for one in strengths(["a", "b"], votes)
    ]  # drawn by a fixed seed


def test_intervals_hold_what_is_true_and_overlapping_ones_share_a_rank() -> None:
    held = total = 0
    points = {name: (strength - np.mean(list(TRUE.values()))) * 400 / np.log(10) for name, strength in TRUE.items()}
    for seed in range(20):
        found = strengths(NAMES, drawn(150, 0.1, seed), draws=100)
        total += len(found)
        held += sum(one.low <= points[one.weights] <= one.high for one in found)
        for one in found:
            assert one.rank == 1 + sum(other.low > one.high for other in found)
    assert held / total > 0.88


def test_models_that_never_met_are_not_ranked_against_each_other() -> None:
    votes = [vote(1, "a", "b"), vote(2, "a", "b"), vote(3, "c", "d"), vote(4, "c", "d")]
    assert groups_of(NAMES, votes) == {"a": 0, "b": 0, "c": 1, "d": 1}
    found = strengths(NAMES, votes)
    assert [(one.weights, one.group) for one in found] == [("a", 0), ("b", 0), ("c", 1), ("d", 1)]
    assert [sum(one.points for one in found if one.group == group) for group in (0, 1)] == pytest.approx([0, 0])
    assert strengths(NAMES, []) == []


def test_votes_on_one_prompt_count_once_in_strengths_too() -> None:
    once = [vote(1, "a", "b"), vote(2, "b", "a")]
    many = [*[vote(1, "a", "b")] * 9, vote(2, "b", "a")]
    ours, theirs = ([one.points for one in strengths(["a", "b"], votes)] for votes in (once, many))
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_ranks_of_several_answers_are_all_their_pairs() -> None:
    three = Vote("q", ("a", "b", "a", "c"), (1, 2, 3, 2), (1, 1, 1, 1))
    assert score_of(three, "a", "b") == 0.5  # one of its answers is better, the other is worse
    assert score_of(three, "b", "c") == 0.5
    assert score_of(three, "a", "d") is None
    found = duel([three, vote(1, "a", "b"), vote(2, "b", "a", (1, 1))], "a", "b", states=9)
    assert (found.wins, found.losses, found.ties, found.after) == (1, 0, 2, (1, 2, 3))
    assert found.states == ((0.5,), (0.5, 1.0), (0.5, 1.0, 0.5))


def test_length_that_leads_the_votes_is_found_and_taken_out() -> None:
    rng = np.random.default_rng(SEED)
    votes = []
    for number in range(120):  # "a" is longer two times in three, and only the length decides
        gap = int(rng.integers(5, 100)) * (1 if rng.random() < 0.67 else -1)
        longer_won = rng.random() < 0.9
        ranks = (1, 2) if (gap > 0) == longer_won else (2, 1)
        votes.append(vote(number, "a", "b", ranks, lengths=(100 + gap, 100), places=(number % 2, 1 - number % 2)))
    longer, left, adjusted = longer_wins(votes), left_wins(votes), adjusted_for_length(votes, "a", "b")
    assert longer
    assert left
    assert adjusted
    assert longer.sure
    assert longer.share > 0.8
    assert not left.sure
    assert duel(votes, "a", "b").share > 0.6
    assert adjusted.low < 0.5 < adjusted.high
    assert abs(adjusted.share - 0.5) < 0.1
    back = adjusted_for_length(votes, "b", "a")
    assert back
    assert back.share == pytest.approx(1 - adjusted.share)
    assert adjusted_for_length(votes[:19], "a", "b") is None  # too few
    assert longer_wins([vote(1, "a", "b")]) is None  # both as long


def test_a_place_that_leads_the_votes_is_found() -> None:
    votes = [vote(n, "a", "b", (1, 2) if n % 2 else (2, 1), places=(0, 1) if n % 2 else (1, 0)) for n in range(30)]
    left = left_wins(votes)
    assert left
    assert left.sure
    assert left.share == 1.0
    assert duel(votes, "a", "b").share == 0.5


def code(*votes: Vote, names: tuple[str, ...] = ("a", "b")) -> tuple[str, str, str, int]:
    found = verdict_of(names, votes)
    return found.code, found.one, found.other, found.more


def test_the_sentence_follows_from_the_numbers() -> None:
    won, lost, tied = (
        [vote(n + at, "b", "a", ranks) for n in range(300)]
        for at, ranks in ((0, (1, 2)), (1000, (2, 1)), (2000, (1, 1)))
    )
    assert code() == ("none", "", "", 0)
    assert code(*won[:2]) == ("few", "b", "a", 8)
    assert code(*won[:4], *lost[:1]) == ("open", "b", "a", 20)
    assert code(*won[:20], *lost[:20])[0] == "close"
    assert code(*won[:10]) == ("better", "b", "a", 0)
    assert code(*lost[:10]) == ("better", "a", "b", 0)
    assert code(*won[:200], *lost[:200])[0] == "alike"
    assert code(*tied[:300])[0] == "alike"
    assert code(*tied[:3])[0] == "few"


def test_what_more_is_said_to_take_is_what_it_takes() -> None:
    votes = [vote(n, "b", "a", (1, 2) if n % 5 else (2, 1)) for n in range(1, 11)]
    found = verdict_of(("a", "b"), votes)
    assert found.code == "open"
    more = [vote(n, "b", "a", (1, 2) if n % 5 else (2, 1)) for n in range(11, 11 + found.more + 1)]
    assert verdict_of(("a", "b"), [*votes, *more]).code == "better"
    assert verdict_of(("a", "b"), [*votes, *more[:-5]]).code == "open"


def test_the_best_of_several_must_beat_each_of_the_others() -> None:
    beats = [vote(n, "c", "a") for n in range(20)]
    near = [vote(100 + n, "c", "b", (1, 2) if n % 3 else (2, 1)) for n in range(30)]
    found = verdict_of(("a", "b", "c"), [*beats, *near])
    assert (found.code, found.one, found.other, found.models) == ("open_best", "c", "b", 3)
    assert found.duel is not None
    assert (found.duel.wins, found.duel.losses) == (20, 10)
    sure = [vote(200 + n, "c", "b") for n in range(40)]
    assert verdict_of(("a", "b", "c"), [*beats, *near, *sure]).code == "best"
    never = verdict_of(("a", "b", "c"), [*beats, *[vote(300 + n, "a", "b") for n in range(20)]])
    assert (never.code, never.one, never.other) == ("open_best", "c", "b")  # they never met


def test_naming_the_best_of_equals_is_as_rare() -> None:
    """Three equal models, looked at now and then."""
    rng, named = np.random.default_rng(SEED), 0
    for _ in range(25):
        votes = []
        for number in range(90):
            one, other = rng.choice(3, 2, replace=False).tolist()
            votes.append(vote(number, NAMES[one], NAMES[other], (1, 2) if rng.random() < 0.5 else (2, 1)))
        named += any(verdict_of(NAMES[:3], votes[:many]).code == "best" for many in (30, 60, 90))
    assert named <= 2


def test_percents_are_never_narrower_than_the_interval() -> None:
    assert rounded_percents(0.501, 0.899) == (50, 90)
    assert rounded_percents(0.0, 1.0) == (0, 100)
