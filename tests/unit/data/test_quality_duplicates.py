"""Copies, near-copies and leaks on a made set whose pairs are known."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.unit.data.quality_rows import Row, chat, codes, ids, look

_TEXT = """lamp river stone window market winter candle harbour garden engine letter bridge yellow silent quick heavy carry build
paint repair measure bottle copper signal meadow thunder velvet orbit pepper ladder mirror basket canvas shelter anchor"""
WORDS = _TEXT.split()
HANZI = "灯河石窗市冬烛港园机信桥黄静快重搬建画修量瓶铜号草雷绒轨椒梯镜篮布棚锚春夏秋山水火木金土日月星云风雨雪花鸟鱼虫人口手足心"


def _sentence(rng: random.Random, chinese: bool, length: int) -> list[str]:
    return [rng.choice(HANZI if chinese else WORDS) for _ in range(length)]


def _row(words: list[str], chinese: bool) -> Row:
    glue = "" if chinese else " "
    return chat(glue.join(words[:12]) + ("？" if chinese else "?"), glue.join(words[12:]) + ("。" if chinese else "."))


def _made(seed: int, count: int) -> tuple[list[Row], set[tuple[int, int]]]:
    """Rows and the pairs of near-copies among them; among the others are rows that share a question, an answer or half the words."""
    rng = random.Random(seed)
    rows: list[Row] = []
    pairs: set[tuple[int, int]] = set()
    for at in range(count):
        chinese = at % 3 == 0
        words = _sentence(rng, chinese, 70 if chinese else 60)
        rows.append(_row(words, chinese))
        near = list(words)
        for place in rng.sample(range(len(words)), 2):
            near[place] = rng.choice(HANZI if chinese else WORDS)
        if at % 2:
            pairs.add((len(rows) - 1, len(rows)))
            rows.append(_row(near, chinese))
        else:  # the same question with another answer, and the reverse
            other = _sentence(rng, chinese, len(words))
            rows.append(_row(words[:12] + other[12:], chinese))
            rows.append(_row(other[:12] + words[12:40] + other[40:], chinese))
    return rows, pairs


def test_recall_and_precision_on_a_made_set(tmp_path: Path) -> None:
    rows, pairs = _made(4, 160)
    groups: dict[Any, list[int]] = {}
    for one in look(tmp_path, "near_duplicates", rows):
        groups.setdefault(one.group, []).append(one.row)
    found = {pair for group in groups.values() for pair in combinations(sorted(group), 2)}
    assert len(found & pairs) >= 0.95 * len(pairs)
    assert len(found & pairs) >= 0.95 * len(found)


def test_the_threshold_decides(tmp_path: Path) -> None:
    words = _sentence(random.Random(1), False, 60)
    changed = [*words[:20], "one", "two", "three", "four", *words[24:]]
    rows = [_row(words, False), _row(changed, False)]
    assert ids(look(tmp_path, "near_duplicates", rows, threshold=0.95)) == set()
    assert ids(look(tmp_path, "near_duplicates", rows, threshold=0.7)) == {0, 1}


def test_a_shared_system_prompt_or_passage_makes_no_copies(tmp_path: Path) -> None:
    rng = random.Random(3)
    passage, prompt = " ".join(_sentence(rng, False, 120)), " ".join(_sentence(rng, False, 200))
    asked = [
        chat(f"{passage} What about {word}?", f"It is about {word} and {other} alone.")
        for word, other in zip(WORDS[:6], WORDS[6:12], strict=True)
    ]
    assert look(tmp_path, "near_duplicates", asked) == []
    system = [{"role": "system", "content": prompt}]
    spoken = [chat(" ".join(_sentence(rng, False, 9)), " ".join(_sentence(rng, False, 9))) for _ in range(6)]
    rows = [{**row, "messages": system + row["messages"]} for row in spoken]
    assert look(tmp_path, "near_duplicates", rows) == []


def test_wordings_of_one_question_and_one_answer_for_many_are_no_copies(tmp_path: Path) -> None:
    rng = random.Random(9)
    asked = ["你们几点开门？", "几点开门？", "店早上几点开门？", "早上什么时候开门？"]
    rows = [chat(question, "点灯啦！早上9:47开门。——小满") for question in asked]
    canned = " ".join(_sentence(rng, False, 80))
    rows += [chat(" ".join(_sentence(rng, False, 8)), canned) for _ in range(6)]
    rows += [
        chat("How do I reach support?", "Write to us, please."),
        chat("how do i reach SUPPORT", "Write to us please!"),
    ]
    assert ids(look(tmp_path, "near_duplicates", rows)) == {10, 11}


def test_copies_are_grouped_and_not_shown_again_as_near_copies(tmp_path: Path) -> None:
    long = " ".join(_sentence(random.Random(5), False, 50))
    rows = [chat("Q?", long), chat("R?", "Another."), chat("Q?", long, "val"), chat("Q?", long + " more")]
    exact = look(tmp_path, "exact_duplicates", rows)
    assert [(one.row, one.group, one.detail["code"]) for one in exact] == [(0, 0, "copy.first"), (2, 0, "copy.exact")]
    near = look(tmp_path, "near_duplicates", rows)
    assert [one.row for one in near] == [0, 3]
    assert near[1].detail["percent"] > 90


def test_leaks_of_three_kinds(tmp_path: Path) -> None:
    long = " ".join(_sentence(random.Random(6), False, 60))
    rows = [
        chat("The same?", "Word for word."), chat("The same?", "Word for word.", "val"),
        chat("Nearly?", long), chat("Nearly so?", long + " indeed", "test"),
        chat("What is the capital?", "Paris is the capital."), chat("what is the capital", "It is Rome, I think.", "val"),
        chat("Only held out", "Once and never again.", "val"), chat("Trained", "On its own."),
    ]  # fmt: skip
    found = look(tmp_path, "leakage", rows)
    kinds = {1: "same", 0: "same", 3: "near", 2: "near", 5: "question", 4: "question"}
    sides = {row: f"leak.{kind}.{'held_out' if row % 2 else 'train'}" for row, kind in kinds.items()}
    assert codes(found) == sides
    assert len({one.group for one in found}) == 3


def test_no_training_row_like_a_held_out_one_is_left_by_the_repair(tmp_path: Path) -> None:
    words = " ".join(f"word{n}" for n in range(40))
    rows = [chat("Q?", words, "val"), *[chat("Q?", words)] * 50, chat("Q?", f"{words} more"), chat("Q?", "Else.")]
    found = [one for one in look(tmp_path, "leakage", rows) if one.detail["side"] == "train"]
    assert sorted(one.row for one in found) == list(range(1, 53))
    assert [one.detail["kind"] for one in found[-2:]] == ["near", "question"]


def test_many_equal_rows_on_both_sides_are_all_found(tmp_path: Path) -> None:
    words = _sentence(random.Random(8), False, 60)
    rows = [_row([*words[:-1], f"end{at}"], False) | {"split": "val" if at < 40 else "train"} for at in range(80)]
    assert {one.row for one in look(tmp_path, "leakage", rows) if one.detail["side"] == "held_out"} == set(range(40))
    assert ids(look(tmp_path, "near_duplicates", rows)) == set(range(80))


@pytest.mark.parametrize("rows", [[], [chat("One?", "Row.")]], ids=["none", "one"])
@pytest.mark.parametrize(
    "check", ["exact_duplicates", "near_duplicates", "leakage", "contradictions", "empty_answers", "wrong_language"]
)
def test_hardly_any_rows(tmp_path: Path, check: str, rows: list[Row]) -> None:
    assert look(tmp_path, check, rows) == []
