"""Plans count prompts with answers as those who make them: the same tokens, what is cut, what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.bundles.arranged import arranged_lengths, sequences_of
from engine.data.bundles.sizes import BundleSize, measured, size_of
from engine.data.templates.encoded import Bundle
from engine.data.templates.lengths import LengthTable
from engine.data.templates.template import ChatTemplate
from engine.jobs.spec import make_spec
from engine.planner.time.example_lengths import measure_examples
from engine.training.batches.counted import counts_of
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import TokenizedDataset, TokenizedDatasetWriter
from tests import tiny

SEED = 11


class Maker:
    """Bundles of random lengths out of rows' sizes, cut and left out as makers of preferences do it."""

    def __init__(self, most: int, counts: Counter[str]) -> None:
        self.most, self.counts = most, counts

    def add(self, row: Mapping[str, Any]) -> Iterator[Bundle]:
        prompt, *answers = row["sizes"]
        if not answers:
            return
        room = self.most - max(answers)
        if room < 1:
            self.counts["dropped"] += 1
            return
        self.counts["truncated"] += prompt > room
        yield Bundle([1] * min(prompt, room), [[2] * size for size in answers], [0.0] * len(answers))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    numbers = np.random.default_rng(SEED)
    sizes = [[*numbers.integers(1, 60, 1 + numbers.integers(0, 5)).tolist()] for _ in range(80)]
    return [{"split": "val" if place % 5 == 0 else "train", "sizes": size} for place, size in enumerate(sizes)]


@pytest.fixture(scope="module")
def table(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> LengthTable:
    template = ChatTemplate.load(tiny.write_tokenizer(tmp_path_factory.mktemp("tokenizer")))
    return measure_examples(rows, len(rows), template, lambda _told: Maker(1 << 40, Counter()))


@pytest.mark.parametrize("most", [5, 20, 45, 70, 1000])
def test_counts_are_those_of_the_examples_that_are_made(
    rows: list[dict[str, Any]], table: LengthTable, most: int, tmp_path: Path
) -> None:
    told: Counter[str] = Counter()
    with TokenizedDatasetWriter(tmp_path / "a.arrow") as writer:
        for row in rows:
            if row["split"] == "train":
                for one in Maker(most, told).add(row):
                    writer.add(bundle_example(one))
    spec = make_spec({"name": "x", "base_model": 1, "dataset": 1, "method": "lora", "objective": "dpo"})
    made = counts_of(TokenizedDataset(tmp_path / "a.arrow"), spec)
    kept = LengthTable.from_dict(table.as_dict())
    found = kept.train_index.count(most, "truncate")
    assert (found.rows, found.tokens, found.trained, found.longest) == (
        made.rows,
        made.tokens,
        made.trained,
        made.longest,
    )
    assert sorted(found.lengths) == sorted(made.lengths)
    assert (found.truncated, found.dropped) == (told["truncated"], told["dropped"])
    assert found.unlearnable == sum(len(row["sizes"]) == 1 for row in rows if row["split"] == "train")
    for packs in (True, False):
        assert arranged_lengths(found.lengths, found.bundles, packs=packs) == arranged_lengths(
            made.lengths, made.bundles, packs=packs
        )


def test_a_size_comes_back_from_what_is_kept_of_a_row() -> None:
    bundle = Bundle([1] * 9, [[2] * 4, [3] * 7, [4]], [2, 1, 0])
    size = size_of(*measured(9, (4, 7, 1)))
    assert size == BundleSize(8, (4, 7, 1))
    assert (size.tokens, size.longest) == (len(bundle_example(bundle)), bundle_example(bundle).longest)
    assert size.padded == 3 * size.longest


def test_sequences_that_share_no_row_each_read_the_prompt(table: LengthTable) -> None:
    found = table.train_index.count(1000, "truncate")
    apart = sequences_of(found.lengths, found.bundles, packs=False)
    assert [sum(one) for one in apart] == [one.padded for one in found.bundles]
    assert arranged_lengths(found.lengths, found.bundles, packs=False).largest == max(
        one.padded for one in found.bundles
    )
    together = arranged_lengths(found.lengths, found.bundles, packs=True)
    assert together.largest == max(found.lengths)
    assert 0 < together.attended < 1 < together.read_again
