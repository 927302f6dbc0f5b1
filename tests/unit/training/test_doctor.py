"""The doctor's rules on made-up courses of training, ill and healthy, with seeds that no threshold was chosen on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from engine.core.text import FALLBACK, LANGUAGES, catalogue
from engine.training.doctor.answers import is_loop
from engine.training.doctor.declaration import Ailment, History, correlation
from engine.training.doctor.doctor import RULES, findings

SEEDS = range(52_000, 52_030)
Course = Mapping[str, np.ndarray]
STEPS = 60


def _rising(begin: float, end: float, speed: float = 12.0, steps: int = STEPS) -> np.ndarray:
    return begin + (end - begin) * (1 - np.exp(-np.arange(steps) / speed))


def _line(begin: float, end: float, steps: int = STEPS) -> np.ndarray:
    return np.linspace(begin, end, steps)


# name -> (what is found, means, noise of each)
REWARDS: Mapping[str, tuple[set[str], Course]] = {
    "healthy": (set(), {"reward": _rising(0.1, 0.8), "kl": _rising(0, 0.15, 20), "entropy": _rising(1.2, 0.6, 25), "answer_tokens": _line(40, 46), "ended": _line(0.9, 0.97), "flat_groups": _line(0.1, 0.3)}),
    "healthy, short and sharp": (set(), {"reward": _rising(0.03, 0.85), "kl": _rising(0, 0.9, 12), "entropy": _rising(1.2, 0.4, 20), "answer_tokens": _line(34, 12), "ended": _line(0.5, 1.0), "flat_groups": _line(0.2, 0.7)}),
    "healthy, without a start": (set(), {"reward": _rising(0.2, 0.6), "entropy": _rising(1.0, 0.7), "answer_tokens": _line(60, 50), "ended": _line(0.8, 0.9), "flat_groups": _line(0.3, 0.2)}),
    "nothing learnt yet": (set(), {"reward": _line(0.3, 0.3), "kl": _line(0, 0.01), "entropy": _line(1.1, 1.1), "answer_tokens": _line(50, 50), "ended": _line(0.8, 0.8), "flat_groups": _line(0.4, 0.4)}),
    "KL explodes": ({"kl"}, {"reward": _rising(0.1, 0.8, 5), "kl": 0.02 * np.exp(np.arange(STEPS) / 14), "entropy": _rising(1.2, 0.6), "answer_tokens": _line(40, 44)}),
    "nothing is as it was": ({"kl"}, {"reward": _rising(0.1, 0.8), "kl": _line(0, 6), "entropy": _rising(1.2, 0.6), "answer_tokens": _line(40, 44)}),
    "length pays": ({"length"}, {"reward": _line(0.2, 0.7), "kl": _rising(0, 0.1), "entropy": _rising(1.2, 0.8), "answer_tokens": _line(30, 90), "ended": _line(0.95, 0.9)}),
    "runs to the limit": ({"length", "cut"}, {"reward": _line(0.2, 0.7), "kl": _rising(0, 0.1), "answer_tokens": _line(40, 126), "ended": _line(0.95, 0.1)}),
    "all alike": ({"narrow"}, {"reward": _rising(0.1, 0.4, 4), "kl": _rising(0, 0.2), "entropy": _rising(1.2, 0.02, 8), "answer_tokens": _line(30, 28), "flat_groups": _line(0.1, 0.7)}),
    "never ends": ({"unended"}, {"reward": _line(-0.5, -0.5), "entropy": _line(1.2, 1.2), "answer_tokens": _line(40, 40), "ended": _line(-1, -1), "flat_groups": _line(1, 1)}),
    "ends late": (set(), {"reward": _rising(0.1, 0.6), "entropy": _rising(1.2, 0.7), "answer_tokens": _line(40, 30), "ended": _line(0.2, 0.9), "flat_groups": _line(0.3, 0.2)}),
    "too hard": ({"flat"}, {"reward": _line(0.0, 0.0), "entropy": _line(1.2, 1.2), "answer_tokens": _line(30, 30), "flat_groups": _line(0.97, 0.97)}),
    "won": ({"flat_solved"}, {"reward": _rising(0.3, 1.0, 4), "kl": _rising(0, 0.2, 6), "entropy": _rising(1.2, 0.05, 6), "answer_tokens": _line(20, 12), "flat_groups": _rising(0.1, 1.0, 4)}),
}  # fmt: skip
PAIRS: Mapping[str, tuple[set[str], Course]] = {
    "healthy": (set(), {"accuracy": _rising(0.5, 1.0, 8), "margin": _rising(0, 4), "chosen_logp": _line(-1.6, -1.7), "rejected_logp": _line(-1.7, -2.6)}),
    "displaced": ({"displaced"}, {"accuracy": _rising(0.5, 0.95, 8), "margin": _rising(0, 6), "chosen_logp": _line(-1.6, -3.0), "rejected_logp": _line(-1.7, -6)}),
    "over-taught": ({"saturated"}, {"accuracy": _rising(0.5, 1.0, 3), "margin": _line(0, 40), "chosen_logp": _line(-1.6, -1.5), "rejected_logp": _line(-1.7, -9)}),
}  # fmt: skip
NOISE = {"reward": 0.05, "kl": 0.01, "entropy": 0.04, "answer_tokens": 3.0, "ended": 0.05, "flat_groups": 0.02, "accuracy": 0.02, "margin": 0.4, "chosen_logp": 0.15, "rejected_logp": 0.15}  # fmt: skip
WITHIN = {"ended": (0, 1), "flat_groups": (0, 1), "accuracy": (0, 1), "kl": (0, None), "entropy": (0, None)}


def _course(means: Course, seed: int) -> list[dict[str, float]]:
    chance = np.random.default_rng(seed)
    noisy = {name: mean + chance.normal(0, NOISE[name], len(mean)) for name, mean in means.items()}
    noisy = {name: np.clip(values, *WITHIN[name]) if name in WITHIN else values for name, values in noisy.items()}
    return [{name: float(values[at]) for name, values in noisy.items()} for at in range(STEPS)]


def _found(course: Sequence[Mapping[str, float]], highest: float | None = 1.0) -> set[str]:
    """Everything that is told in the course of it."""
    history, told = History(highest), set[str]()
    for values in course:
        history.add(values)
        told |= {one.code for one in findings(history)}
    return told


@pytest.mark.parametrize("name", REWARDS)
def test_courses_of_rewards(name: str) -> None:
    wanted, means = REWARDS[name]
    found = {seed: _found(_course(means, seed)) for seed in SEEDS}
    assert {seed: codes for seed, codes in found.items() if codes != wanted} == {}


@pytest.mark.parametrize("name", PAIRS)
def test_courses_of_pairs(name: str) -> None:
    wanted, means = PAIRS[name]
    found = {seed: _found(_course(means, seed), None) for seed in SEEDS}
    assert {seed: codes for seed, codes in found.items() if codes != wanted} == {}


def test_what_the_held_out_pairs_say_counts_more() -> None:
    history = History()
    for chosen, margin in ((-1.6, 0.0), (-1.7, 2.0), (-2.4, 6.0)):
        history.add({"val_chosen_logp": chosen, "val_margin": margin})
    assert findings(history) == [Ailment("displaced", {"nats": 0.8})]


def test_a_wanted_length_is_no_hack() -> None:
    wanted, means = REWARDS["length pays"]
    history = History(1.0, frozenset({"length"}))
    for values in _course(means, SEEDS[0]):
        history.add(values)
    assert wanted == {"length"}
    assert findings(history) == []


LOOP = "A school is a school is " * 12
GOOD = "The sea is cold because the wind takes its warmth away, and because the sun stands low for most of the year up here."


@pytest.mark.parametrize(
    ("answer", "loop"),
    [
        (LOOP, True),
        ("很好很好" * 20, True),
        (GOOD, False),
        ("yes yes yes", False),
        ("", False),
        ("word " * 50_000, True),
    ],
)
def test_loops(answer: str, loop: bool) -> None:
    assert is_loop(answer) == loop


def _samples(*checks: Sequence[str]) -> list[Ailment]:
    history = History()
    for step, answers in enumerate(checks):
        history.samples[step].update(enumerate(answers))
    return findings(history)


def test_sample_answers() -> None:
    assert _samples([GOOD, "a", "b"], [LOOP, LOOP, "b"]) == [Ailment("loops", {"count": 2, "of": 3})]
    assert _samples([LOOP, LOOP, "b"], [LOOP, LOOP, "b"]) == []
    assert _samples(["a", "b", "c"], ["Fine.", "fine. ", "Fine."]) == [Ailment("same", {"of": 3})]
    assert _samples(["a", "b", "c"], ["a", "b", "d"]) == []
    assert _samples([LOOP, LOOP, LOOP]) == []


@pytest.mark.parametrize(
    ("thumbs", "told"), [((40, 2), True), ((0, 30), True), ((40, 12), False), ((5, 0), False), ((0, 0), False)]
)
def test_one_sided_thumbs(thumbs: tuple[int, int], told: bool) -> None:
    found = findings(History(thumbs=thumbs))
    assert bool(found) == told


def test_odd_numbers_are_no_findings() -> None:
    history = History()
    for _ in range(40):
        history.add(
            {
                "reward": float("nan"),
                "kl": None,
                "entropy": float("inf"),
                "answer_tokens": 0.0,
                "flat_groups": 0.0,
                "ended": 1.0,
                "margin": 0.0,
                "accuracy": 0.0,
            }
        )
    assert findings(history) == []
    assert correlation([1, 1], [2, 3]) == 0


def _codes(rule: Callable[[History], object]) -> set[str]:
    return {
        const
        for const in rule.__code__.co_consts
        if isinstance(const, str) and f"event.doctor_{const}" in catalogue(FALLBACK)
    }


def test_each_finding_has_its_sentence_in_every_language() -> None:
    codes = set().union(*map(_codes, RULES))
    assert len(codes) >= len(RULES)
    told = {key.removeprefix("event.doctor_") for key in catalogue(FALLBACK) if key.startswith("event.doctor_")}
    assert told == codes
    assert all(f"event.doctor_{code}" in catalogue(language) for code in codes for language in LANGUAGES)
