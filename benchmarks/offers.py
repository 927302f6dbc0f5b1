"""Rules of offers over many random questions: `python -m benchmarks.offers --random 400 --seed 1` names each that is broken.

Devices of the catalogue, models known by config.json alone, rows, budgets and goals are drawn by the seed; the rules are
those of `tests/unit/test_offers.py`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

from engine.planner.search.offers import chosen
from tests.unit.test_offers import MINUTES, SHARES, offers_faults, questions


def main() -> None:
    """Print the broken rules, how many offers there were, and what a question took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    counts: Counter[int] = Counter()
    broken, began = 0, time.process_time()
    for asked, question in questions(args.seed, args.random, MINUTES, SHARES):
        faults = offers_faults(question)
        counts[len(chosen(question.found, question.goal))] += 1
        broken += bool(faults)
        for fault in faults:
            print(f"{fault}: {asked}")
    took = 1e3 * (time.process_time() - began) / args.random
    shared = ", ".join(f"{number} offers {count}" for number, count in sorted(counts.items()))
    print(f"seed {args.seed}: {args.random} questions, {broken} with a broken rule; {shared}; {took:.0f} ms each")


if __name__ == "__main__":
    main()
