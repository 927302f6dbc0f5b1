"""Numbers, numerals, results and expected answers, as answers of models write them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from engine.rewards.reading.chinese_numerals import numeral
from engine.rewards.reading.expected import expected_calls, expected_of
from engine.rewards.reading.numbers import last_number, numbers_in, result_of
from engine.rewards.reading.said import inside, words_of_answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is 42.", 42), ("1,234,567.5 dollars", Fraction("1234567.5")), ("−7", -7), ("first 3, then 4", 4), ("3/4", Fraction(3, 4)),
        (r"\frac{3}{4}", Fraction(3, 4)), (r"so $\dfrac{-1}{2}$", Fraction(-1, 2)), ("1.5e3", 1500), ("５０", 50), ("1.2万", 12_000),
        ("3亿", 300_000_000), ("答案是四十二。", 42), ("一共两千零五十个", 2050), ("百分之十二", 12), ("$18", 18), ("x = 12, y = 3.", 3),
        ("1,2", 2), ("12,34", 34), ("0.1 + 0.2", Fraction("0.2")), ("5-3", 3), ("x=-3", -3), ("v1.2.3", Fraction("1.2")), ("nothing", None), ("9" * 80, None),
    ],
)  # fmt: skip
def test_the_last_number(text: str, value: object) -> None:
    found = last_number(text)
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", 10), ("十二", 12), ("二十", 20), ("一百零三", 103), ("一百二十三", 123), ("三百五", 350), ("两千零五", 2005), ("一万", 10_000),
        ("三万五", 35_000), ("三万零五", 30_005), ("一百二十万", 1_200_000), ("一亿零一", 100_000_001), ("二零二六", 2026), ("三点一四", Fraction("3.14")),
        ("负五", -5), ("百百", None), ("千万", None), ("一二百", None), ("十百", None),
    ],
)  # fmt: skip
def test_numerals_of_chinese(text: str, value: object) -> None:
    found = numeral(text)
    assert (found and found[0]) == value


def test_percent_says_both_hundredths_and_the_number() -> None:
    half, fifty, percent = (next(numbers_in(text)) for text in ("0.5", "50", "50 %"))
    assert percent.equals(half, 0)
    assert percent.equals(fifty, 0)
    assert fifty.equals(percent, 0)
    assert not half.equals(fifty, 0)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (r"So \boxed{1}, no: \boxed{\frac{1}{2}}.", r"\frac{1}{2}"), ("a\n#### 42", "42"), ("#### 1\n#### 2\n", "2"), ("plain", "plain"),
        (r"\boxed{never closed", r"\boxed{never closed"),
    ],
)  # fmt: skip
def test_marked_results(text: str, result: str) -> None:
    assert result_of(text) == result


def test_thinking_and_tags_are_told_from_the_answer() -> None:
    answer = "<think>\nIs it 3?\n</think>\n\nIt is <answer> 4 </answer>."
    assert words_of_answer(answer) == "It is <answer> 4 </answer>."
    assert inside(answer, "answer") == "4"
    assert inside(answer, "result") is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"prompt": [], "reference": {"level": "easy", "answer": "4"}}, "4"),
        ({"prompt": [], "reference": {"only": 4}}, "4"),
        ({"prompt": [], "reference": {"reward_model": {"style": "rule", "ground_truth": "4"}, "ability": "math"}}, "4"),
        ({"prompt": [], "reference": {"level": "easy", "topic": "sums"}}, None),
        ({"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "4"}]}, "4"),
        ({"prompt": [], "chosen": [{"role": "assistant", "content": "4"}], "rejected": []}, "4"),
        ({"prompt": [], "reference": {}}, None),
        ({}, None),
    ],
)
def test_expected_answers(row: dict[str, Any], expected: str | None) -> None:
    assert expected_of(row) == expected


def test_a_named_member_is_taken() -> None:
    row = {"prompt": [], "reference": {"answer": "1", "short": "2"}, "extra": {"note": "3"}}
    assert [expected_of(row, name) for name in ("short", "note", "none")] == ["2", "3", None]


def test_expected_calls_in_all_their_forms() -> None:
    call = {"name": "look", "arguments": '{"city": "Oslo"}'}
    forms: list[Any] = [[{"function": call}], [call], call, '[{"name": "look", "arguments": {"city": "Oslo"}}]']
    rows: list[Any] = [{"prompt": [], "reference": {"tool_calls": form}} for form in forms]
    rows.append({"messages": [{"role": "assistant", "content": "", "tool_calls": [{"function": call}]}]})
    assert [expected_calls(row) for row in rows] == [[("look", {"city": "Oslo"})]] * 5
    assert expected_calls({"prompt": [], "reference": {"tool_calls": "none{"}}) == []
