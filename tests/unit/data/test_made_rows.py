"""What a writer says becomes pairs, and each pair is checked against its passage."""

from __future__ import annotations

from typing import Any

import pytest

from engine.data.made.alike import KnownRows
from engine.data.made.answers import pairs_of
from engine.data.made.asking import OF_DOCUMENT, asked, conversation, phrases
from engine.data.made.checks import comparable, judged
from engine.data.made.grounding import share_grounded
from engine.data.made.kinds import INSTRUCTION, MADE_KINDS, QUESTION, SUMMARY
from engine.data.made.rows import made_row
from engine.data.passages.splitting import Passage

EN = Passage(
    "Lamps can be returned within 30 days when the box is whole. The refund of 1,250 euros is paid to the same card. "
    "Bulbs that were used cannot be returned, whatever the reason may be.", "shop.pdf", 3, "Returns",
)  # fmt: skip
ZH = Passage(
    "灯具在30天内可以退货，包装盒必须完好。退款会退回原来的银行卡，已经用过的灯泡不能退。", "店.md", None, "退货"
)


@pytest.mark.parametrize(
    "text",
    [
        "Question: When?\nAnswer: In 30 days.",
        "**Question 1:** When?\n**Answer 1:** In 30 days.",
        "1. Question: When?\n   Answer: In 30 days.\n\n---",
        "Q: When?\nA: In 30 days.",
        "Sure, here it is:\n\nQuestion:\nWhen?\nAnswer:\nIn 30 days.",
        "问题：When?\n回答：In 30 days.",
        '```json\n[{"question": "When?", "answer": "In 30 days."}]\n```',
        '{"questions": [{"Question": "When?", "Answer": "In 30 days.", "n": 1}]}',
        "1. When?\nIn 30 days.",
        "<think>Question: no\nAnswer: no</think>\n### Question: When?\n### Answer: In 30 days.",
    ],
)
def test_a_pair_is_read_however_it_is_dressed(text: str) -> None:
    assert pairs_of(QUESTION, text) == [("When?", "In 30 days.")]


@pytest.mark.parametrize(
    "text", ["", "Nothing to say.", "Question: When?", "Answer: Yes.", "{broken", "[" * 5000, "Question:\nAnswer:"]
)
def test_what_holds_no_pair_gives_none(text: str) -> None:
    assert pairs_of(QUESTION, text) == []


def test_several_pairs_and_long_answers_stay_whole() -> None:
    text = "Question: One?\nAnswer: First line.\nSecond line: with a colon.\n\nQuestion: Two?\nAnswer: B\nInstruction: List.\nResponse: - a\n- b"
    assert pairs_of(INSTRUCTION, text) == [
        ("One?", "First line.\nSecond line: with a colon."),
        ("Two?", "B"),
        ("List.", "- a\n- b"),
    ]
    assert pairs_of(SUMMARY, "Summary: It is short.\nTruly.") == [("", "It is short.\nTruly.")]
    assert pairs_of(SUMMARY, "摘要：很短。") == [("", "很短。")]
    assert pairs_of(SUMMARY, "It is short.") == [("", "It is short.")]
    assert pairs_of(SUMMARY, "Question: a\nAnswer: b") == []


CASES: list[tuple[Any, str, str, Passage, str]] = [
    (QUESTION, "How long can lamps be returned?", "Within 30 days, when the box is whole.", EN, ""),
    (QUESTION, "How long can lamps be returned?", "Within 14 days, when the box is whole.", EN, "ungrounded"),
    (QUESTION, "Who founded the lamp shop?", "It was founded by a fisherman from Iceland in spring.", EN, "ungrounded"),
    (QUESTION, "How much is the refund of a lamp?", "The refund is 1250 euros.", EN, ""),
    (QUESTION, "How many days can lamps be returned?", "30", EN, ""),
    (QUESTION, "Why?", "The box is whole.", EN, "length"),
    (
        QUESTION,
        "Is the refund of 1,250 euros is paid to the same card?",
        "The refund is paid to the same card.",
        EN,
        "copied",
    ),
    (QUESTION, "The refund of 1,250 euros is paid to the same card", "The refund is paid to the card.", EN, "copied"),
    (QUESTION, "Can bulbs be returned?", "can bulbs be returned", EN, "echo"),
    (QUESTION, "When should lamps be returned?", "When the lamps should be returned?", EN, "echo"),
    (QUESTION, "What does the passage say about lamps?", "Lamps can be returned within 30 days.", EN, "refers"),
    (QUESTION, "灯具可以退货吗？", "可以，灯具在30天内退货。", EN, "language"),
    (QUESTION, "灯具几天内可以退货？", "灯具在30天内可以退货。", ZH, ""),
    (QUESTION, "灯具几天内可以退货？", "灯具在90天内可以退货。", ZH, "ungrounded"),
    (QUESTION, "月亮上住着谁？", "月亮上住着嫦娥和玉兔，还有吴刚。", ZH, "ungrounded"),
    (QUESTION, "根据文字内容，灯具几天内可以退货？", "灯具在30天内可以退货。", ZH, "refers"),
    (QUESTION, "When may lamps be returned?", "Lamps may be returned within 30 days.", ZH, "language"),
    (SUMMARY, "", "Lamps can be returned within 30 days; used bulbs cannot.", EN, ""),
    (SUMMARY, "", EN.text, EN, "length"),
    (SUMMARY, "", "Yes.", EN, "length"),
    (
        INSTRUCTION,
        "List what can be returned.",
        "Lamps within 30 days when the box is whole; never used bulbs.",
        EN,
        "",
    ),
]


@pytest.mark.parametrize(("kind", "question", "answer", "passage", "reason"), CASES)
def test_each_reason_has_its_rule(kind: Any, question: str, answer: str, passage: Passage, reason: str) -> None:
    assert judged(kind, (question, answer), passage, passage.language).reason == reason


def test_words_are_compared_by_their_beginnings_and_numbers_as_they_are() -> None:
    assert share_grounded("Returning and refunded lamps", EN.text) == 1.0
    assert share_grounded("", EN.text) == share_grounded("Yes", EN.text) == 0.0
    assert share_grounded("No", EN.text, "Can used bulbs be returned?") == 1.0
    assert share_grounded("1250", EN.text) == 1.0
    assert share_grounded("31 lamps", EN.text) == 0.0


def test_rows_in_other_letters_than_the_passage_are_marked_as_not_compared() -> None:
    found = judged(QUESTION, ("灯具可以退货吗？", "可以，灯具在三十天内退货。"), EN, "zh")
    assert (found.reason, found.share) == ("", None)
    assert [comparable(*pair) for pair in (("en", "en"), ("zh", "en"), ("en", "latin"), ("latin", "latin"))] == [
        True,
        False,
        False,
        True,
    ]


def test_near_duplicates_and_the_same_question_are_known() -> None:
    long = "The lamp can be returned within thirty days after it was bought if the box is whole and nothing is missing from it at all"
    known = KnownRows([made_row(QUESTION, ("How long can a lamp be returned?", long), EN, "en", 0, with_passage=False)])
    again = made_row(QUESTION, ("how long can a lamp be returned", "Other words."), EN, "en", 0, with_passage=False)
    nearly = made_row(QUESTION, ("How long may a lamp be returned?", long + " really"), EN, "en", 0, with_passage=False)
    other = made_row(QUESTION, ("Which bulbs are refused?", "Used ones are refused."), EN, "en", 0, with_passage=False)
    assert [known.has_like(row) for row in (again, nearly, other)] == [True, True, False]


def test_a_row_keeps_where_it_comes_from() -> None:
    row = made_row(SUMMARY, ("", "Short."), EN, "en", 1, with_passage=False)
    assert row["messages"][0]["content"] == f"{phrases()['request']['en'][1]}\n\n{EN.text}"
    assert row["extra"] == {
        "source_file": "shop.pdf",
        "source_page": 3,
        "source_heading": "Returns",
        "source_passage": EN.text,
        "made_as": "summary",
    }
    with_passage = made_row(QUESTION, ("Q?", "A."), ZH, "zh", 0, with_passage=True)
    assert with_passage["messages"][0]["content"] == f"{ZH.text}\n\nQ?"
    assert "source_page" not in with_passage["extra"]


def test_what_is_asked_holds_passage_number_and_language() -> None:
    text = asked(QUESTION, "", EN, OF_DOCUMENT, 2)
    assert EN.text in text
    assert "Write 2 question(s)" in text
    assert "in English" in text
    assert "英文" in asked(QUESTION, "用{language}写：{passage}", EN, OF_DOCUMENT, 1)
    for kind in MADE_KINDS:
        for language, passage in (("en", EN), ("zh", ZH)):
            turns = conversation(kind, "", passage, OF_DOCUMENT, 1, shown=True)
            assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
            example = Passage(phrases()[kind.key][language]["examples"][0][0], "", None, "")
            (pair,) = pairs_of(kind, turns[1]["content"])
            assert judged(kind, pair, example, language).reason == "", "our own example passes our checks"
