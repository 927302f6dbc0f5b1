"""How often votes name a winner who is none, looked at after every vote, and how many votes name one who is.

    python -m benchmarks.votes                 # about a minute
    python -m benchmarks.votes --seed 7 --runs 10000

Two equal models are voted on; whoever looks after every vote stops as soon as an interval lies on one side of one half. Beside our
interval stands the usual one of 95 % (Wilson's), read the same way. Then one model is better, and the votes with a winner are counted
that it takes until ours says so.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from engine.evaluation.arena.sequence import ALPHA, EVEN, log_pays, log_weights, more_needed

Votes = npt.NDArray[np.float64]  # by run and vote: 1 won, 0 lost, 1/2 a tie
Draw = Callable[[np.random.Generator, int, int], tuple[Votes, npt.NDArray[np.int_]]]
LOOKS = (50, 200, 1000)
_Z = 1.959964
_UNDECIDED = 10**9
_SOON = 20  # votes after which it is foretold how many more it takes


def ever_refuted(votes: Votes, prompts: npt.NDArray[np.int_], share: float = EVEN) -> npt.NDArray[np.int_]:
    """After how many votes a share was refuted first, by run; a very large number where it never was.

    Args:
        votes: by run and vote.
        prompts: which prompt each vote is on; its votes count as one, their mean.
    """
    runs, many = votes.shape
    logs = np.tile(log_weights(), (runs, 1))
    sums, counts = np.zeros((runs, prompts.max() + 1)), np.zeros(prompts.max() + 1)
    known: dict[float, Votes] = {}
    found = np.full(runs, _UNDECIDED)
    for place in range(many):
        prompt = prompts[place]
        before, seen = sums[:, prompt] / max(1.0, counts[prompt]), counts[prompt] > 0
        sums[:, prompt] += votes[:, place]
        counts[prompt] += 1
        logs += _pays(sums[:, prompt] / counts[prompt], share, known)
        if seen:
            logs -= _pays(before, share, known)
        top = logs.max(axis=1)
        wealth = top + np.log(np.exp(logs - top[:, None]).sum(axis=1))
        found = np.where((found == _UNDECIDED) & (wealth >= math.log(1 / ALPHA)), place + 1, found)
    return found


def _pays(values: Votes, share: float, known: dict[float, Votes]) -> Votes:
    kinds, places = np.unique(values, return_inverse=True)
    rows = [known.setdefault(kind, log_pays(kind, share)) for kind in kinds.tolist()]
    return np.asarray(np.stack(rows)[places])


def wilson_named(votes: Votes, first_look: int = 1) -> npt.NDArray[np.int_]:
    """After how many votes Wilson's interval of 95 % lay on one side of one half first, by run. A tie is half a win."""
    trials = np.arange(1, votes.shape[1] + 1)
    share = np.cumsum(votes, axis=1) / trials
    middle = (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    half = _Z * np.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2)) / (1 + _Z**2 / trials)
    named = (np.abs(middle - EVEN) > half) & (trials >= first_look)
    return np.where(named.any(axis=1), named.argmax(axis=1) + 1, _UNDECIDED)


def better(share: float, ties: float = 0.0) -> Draw:
    """One model wins that share of the votes with a winner."""

    def draw(rng: np.random.Generator, runs: int, many: int) -> tuple[Votes, npt.NDArray[np.int_]]:
        votes = (rng.random((runs, many)) < share).astype(float)
        return np.where(rng.random((runs, many)) < ties, 0.5, votes), np.arange(many)

    return draw


def clustered(people: int, in_turn: bool) -> Draw:
    """Two models that are equal over all questions; on each one is far better, and several people vote on it.

    Args:
        in_turn: all people vote on a question before the next one comes; else everybody votes on all questions first.
    """

    def draw(rng: np.random.Generator, runs: int, many: int) -> tuple[Votes, npt.NDArray[np.int_]]:
        questions = -(-many // people)
        leans = rng.beta(0.3, 0.3, size=(runs, questions))
        prompts = np.repeat(np.arange(questions), people) if in_turn else np.tile(np.arange(questions), people)
        return (rng.random((runs, many)) < leans[:, prompts[:many]]).astype(float), prompts[:many]

    return draw


def _rates(found: npt.NDArray[np.int_], most: int) -> str:
    return "  ".join(f"{100 * np.mean(found <= look):5.1f} %" if look <= most else "      –" for look in LOOKS)


def false_winners(rng: np.random.Generator, runs: int, many: int) -> None:
    """Print how often a winner is named among equals."""
    cases: dict[str, Draw] = {
        "equal": better(EVEN),
        "equal, 30 % ties": better(EVEN, 0.3),
        "three people a question": clustered(3, True),
        "three rounds over them": clustered(3, False),
    }
    print(f"{'False winners by so many votes':34} " + "  ".join(f"{look:7}" for look in LOOKS))
    for name, draw in cases.items():
        votes, prompts = draw(rng, runs, many)
        print(f"{name + ': ours':34} " + _rates(ever_refuted(votes, prompts), many))
        if len(set(prompts.tolist())) < many:
            print(f"{name + ': each vote alone':34} " + _rates(ever_refuted(votes, np.arange(many)), many))
        print(f"{name + ': Wilson':34} " + _rates(wilson_named(votes), many))
        print(f"{name + ': Wilson from the 10th':34} " + _rates(wilson_named(votes, 10), many))


def coverage(rng: np.random.Generator, runs: int, many: int) -> None:
    """Print how often the true win rate is ever outside the interval."""
    for share, ties in ((0.6, 0.2), (0.8, 0.0), (0.95, 0.0)):
        votes, prompts = better(share, ties)(rng, runs, many)
        true = ties / 2 + (1 - ties) * share
        print(f"{f'win rate {true:.2f} ever outside':34} " + _rates(ever_refuted(votes, prompts, true), many))


def needed(rng: np.random.Generator, runs: int, many: int) -> None:
    """Print how many votes with a winner it takes."""
    print(f"{'Votes with a winner needed':34} {'mean':>7}  {'half':>7}  {'4 in 5':>7}")
    for share in (0.6, 0.7, 0.8, 0.9, 1.0):
        found = np.minimum(ever_refuted(*better(share)(rng, runs, many)), many)
        print(
            f"{f'{share:.0%} of them won':34} {found.mean():7.0f}  {np.median(found):7.0f}  {np.quantile(found, 0.8):7.0f}"
        )


def foretold(rng: np.random.Generator, runs: int, many: int) -> None:
    """Print how many further votes it took after 20 that did not suffice, as a multiple of what was foretold then."""
    print(
        f"{'Taken / foretold after 20 votes':34} {'1 in 10':>7}  {'1 in 4':>7}  {'half':>7}  {'3 in 4':>7}  {'9 in 10':>7}"
    )
    for share in (0.65, 0.7, 0.8):
        votes, prompts = better(share)(rng, runs, many)
        found = ever_refuted(votes, prompts)
        told = [
            (at - _SOON, more_needed(seen[:_SOON].tolist()))
            for at, seen in zip(found, votes, strict=True)
            if at > _SOON
        ]
        ratios = [taken / more for taken, more in told if more]
        print(
            f"{f'{share:.0%} of them won':34} "
            + "  ".join(f"{one:7.2f}" for one in np.quantile(ratios, (0.1, 0.25, 0.5, 0.75, 0.9)))
        )


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--votes", type=int, default=1000)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    print(f"seed {args.seed}, {args.runs} runs of {args.votes} votes")
    false_winners(rng, args.runs, args.votes)
    coverage(rng, args.runs, args.votes)
    needed(rng, args.runs, args.votes)
    foretold(rng, args.runs // 5, args.votes)


if __name__ == "__main__":
    main()
