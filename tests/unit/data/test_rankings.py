"""Ranked answers: read from files as public sets have them, shown, edited, exported, and made into pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.operations.repairs.editing import edited
from engine.data.rows.ranking import pair_of, pairs_in, thumbs_of
from engine.data.rows.row import answer_of, content_of, kind_of, message_lists, said_of, texts_of
from engine.services.data.row_edits import check_row
from tests.unit.data.corpus import jsonl
from tests.unit.data.pipeline import run
from tests.unit.data.shaping import Memory
from tests.unit.data.shaping import run as shape


def _asked(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _ranking(*ranks: int, **more: Any) -> dict[str, Any]:
    answers = [[_said(f"Answer {n}.")] for n in range(len(ranks))]
    return {
        "split": "train",
        "id": 1,
        "line": 1,
        "prompt": [_asked("Q")],
        "answers": answers,
        "ranks": list(ranks),
        **more,
    }


def _feedback(number: int) -> dict[str, Any]:
    """A row as UltraFeedback has them."""
    scored = (("Paris.", 8.5), ("Lyon.", 2.0), ("It is Paris, of course.", 8.5))
    completions = [
        {"annotations": {"helpfulness": {"Rating": "4", "Rationale": "fine"}}, "custom_system_prompt": "Be brief.", "model": f"m{n}",
         "principle": "helpfulness", "overall_score": score, "fine-grained_score": score / 2, "response": text}
        for n, (text, score) in enumerate(scored)
    ]  # fmt: skip
    return {"source": "x", "instruction": f"Capital of France, {number}?", "models": ["a", "b", "c"], "completions": completions,
            "correct_answers": ["None"], "incorrect_answers": ["None"]}  # fmt: skip


FILES: dict[str, tuple[list[dict[str, Any]], list[int]]] = {
    "scores in the answers": ([_feedback(n) for n in range(4)], [1, 2, 1]),
    "ranks in the answers": (
        [{"prompt": f"Q{n}", "answers": [{"answer": "a", "model": "x", "rank": 2.0}, {"answer": "b", "model": "y", "rank": 1.0}]} for n in range(4)],
        [2, 1],
    ),
    "ranks beside": ([{"prompt": f"Q{n}", "responses": ["a", "b", "c"], "ranks": [3, 1, 1]} for n in range(4)], [2, 1, 1]),
    "scores beside": ([{"question": f"Q{n}", "responses": ["a", "b"], "scores": [0.25, 0.75]} for n in range(4)], [2, 1]),
    "lists as text": ([{"prompt": f"Q{n}", "completions": '["a", "b"]', "scores": "[1, 2]"} for n in range(4)], [2, 1]),
    "turns": ([{"prompt": [_asked(f"Q{n}")], "answers": [[_said("a")], [_said("b")]], "ranks": [1, 2]} for n in range(4)], [1, 2]),
    "whole conversations": (
        [{"messages": [_asked(f"Q{n}")], "candidates": [[_asked(f"Q{n}"), _said("a")], [_asked(f"Q{n}"), _said("b")]], "ranks": [1, 2]} for n in range(4)],
        [1, 2],
    ),
    "Chinese": ([{"问题": f"问{n}", "候选回答": ["甲", "乙"], "得分": [1, 5]} for n in range(4)], [2, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_of_ranked_answers_are_read(tmp_path: Path, name: str) -> None:
    records, ranks = FILES[name]
    result = run(tmp_path, jsonl(*records))
    assert (result.source.shape, result.rejected) == ("ranking", []), result.rejected
    assert [kind_of(row) for row in result.rows] == ["ranking"] * len(records)
    assert all(row["ranks"] == ranks for row in result.rows)
    assert all(len(message_lists(row)) == 1 + len(ranks) for row in result.rows)
    assert all(one[-1]["role"] == "assistant" and len(one) == 1 for row in result.rows for one in row["answers"])


NOT_RANKED: dict[str, list[dict[str, Any]]] = {
    "choices": [{"question": f"Q{n}", "choices": ["a", "b"], "answer": "a"} for n in range(4)],
    "answers without an order": [{"prompt": f"Q{n}", "responses": ["a", "b"], "response": "a"} for n in range(4)],
    "answers of a passage": [{"context": "c", "question": f"Q{n}", "answers": {"text": ["a", "b"], "answer_start": [1, 2]}} for n in range(4)],
    "labels with scores": [{"text": f"Q{n}", "label": ("good", "bad")[n % 2], "scores": [0.5, 0.5]} for n in range(4)],
    "pairs with scores": [{"prompt": f"Q{n}", "chosen": "a", "rejected": "b", "scores": [2, 1], "responses": ["a", "b"]} for n in range(4)],
    "a conversation called responses": [{"messages": [_asked(f"Q{n}"), _said("a")], "scores": [1, 2]} for n in range(4)],
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_RANKED)
def test_other_files_stay_what_they_were(tmp_path: Path, name: str) -> None:
    assert run(tmp_path, jsonl(*NOT_RANKED[name])).source.shape != "ranking"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"responses": ["a"]}, "data.ranking.count"),
        ({"responses": ["a", " "]}, "data.ranking.blank"),
        ({"ranks": [1]}, "data.ranking.order"),
        ({"ranks": [1, "best"]}, "data.ranking.order"),
        ({"prompt": ""}, "data.row.empty"),
    ],
)
def test_a_row_that_is_no_ranking_is_rejected_by_name(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    good = [{"prompt": f"Q{n}", "responses": ["a", "b"], "ranks": [2, 1]} for n in range(4)]
    result = run(tmp_path, jsonl(*good, {**good[0], **change}))
    assert ([one["code"] for one in result.rejected], len(result.rows)) == ([code], 4)


@pytest.mark.parametrize(
    ("columns", "margin"),
    [
        ({"margin": 0.5}, 0.5),
        ({"chosen_score": 8, "rejected_score": 5.5}, 2.5),
        ({"score_chosen": "3", "score_rejected": "1"}, 2),
        ({"chosen_score": 5, "rejected_score": 5}, None),
        ({"chosen_score": 4}, None),
        ({}, None),
    ],
)
def test_a_pair_carries_its_margin(tmp_path: Path, columns: dict[str, Any], margin: float | None) -> None:
    rows = [{"prompt": f"Q{n}", "chosen": "a", "rejected": "b", **columns} for n in range(4)]
    result = run(tmp_path, jsonl(*rows))
    assert (result.source.shape, result.rejected) == ("preference", [])
    assert [row.get("margin") for row in result.rows] == [margin] * 4


def test_what_a_ranking_says() -> None:
    row = _ranking(2, 1, 3)
    assert texts_of(row) == ["Q", "Answer 0.", "Answer 1.", "Answer 2."]
    assert answer_of(row) == "Answer 1."
    assert content_of(row).keys() == {"prompt", "answers", "ranks"}
    weighed = _ranking(2, 1, 3)
    weighed["answers"][0][0]["weight"] = 0.5
    assert said_of(weighed) == said_of(row)


@pytest.mark.parametrize(
    ("ranks", "which", "pairs"),
    [
        ([2, 1, 3], "adjacent", [(1, 0), (0, 2)]),
        ([2, 1, 3], "all", [(1, 0), (1, 2), (0, 2)]),
        ([2, 1, 3], "best_worst", [(1, 2)]),
        ([1, 2, 2, 1], "adjacent", [(0, 1), (0, 2), (3, 1), (3, 2)]),
        ([1, 2, 2, 1], "best_worst", [(0, 2)]),
        ([1, 1], "all", []),
    ],
)
def test_pairs_of_a_ranking(ranks: list[int], which: str, pairs: list[tuple[int, int]]) -> None:
    assert pairs_in(ranks, which) == pairs


def test_rankings_become_pairs_that_stay_together() -> None:
    held = _ranking(1, 1) | {"id": 2}
    made = shape(
        Memory([_ranking(3, 1, 2, scores=[1.0, 4.0, 2.0]), held], kind="ranking"), "ranking_pairs", which="all"
    )
    assert [kind_of(row) for row in made] == ["preference"] * 3
    assert [row["margin"] for row in made] == [2.0, 3.0, 1.0]
    assert made[0]["id"] == 1
    assert [row["origin"] for row in made[1:]] == [{"code": "ranking", "row": 1}] * 2
    with pytest.raises(Fault, match=r"data\.shape\.all_tied"):
        shape(Memory([held], kind="ranking"), "ranking_pairs", which="all")
    (best,) = shape(Memory([_ranking(2, 1)], kind="ranking"), "prefer_chosen")
    assert best["messages"] == [_asked("Q"), _said("Answer 1.")]


def test_thumbs_are_the_best_and_the_worst() -> None:
    assert [(row["completion"][0]["content"], row["label"]) for row in thumbs_of(_ranking(2, 1, 3, 1))] == [
        ("Answer 1.", True), ("Answer 2.", False), ("Answer 3.", True),
    ]  # fmt: skip
    assert thumbs_of(_ranking(1, 1)) == []
    assert pair_of(_ranking(1, 2), 0, 1)["chosen"] == [_said("Answer 0.")]


def test_an_edit_keeps_a_ranking_whole() -> None:
    row = _ranking(1, 2)
    changed = edited(row, _ranking(2, 1))
    assert changed["ranks"] == [2, 1]
    for wrong in (
        _ranking(1, 3),
        _ranking(1),
        {**row, "ranks": [1]},
        {**row, "answers": [[_asked("no")], [_said("a")]]},
    ):
        assert check_row(wrong) is not None
        with pytest.raises(Fault, match=r"data\.repair"):
            edited(row, wrong)
    assert check_row(row) is None


@pytest.mark.parametrize("name", FILES)
def test_the_original_file_comes_back(tmp_path: Path, name: str) -> None:
    from engine.data.writers.original import original_layout

    result = run(tmp_path, jsonl(*FILES[name][0]))
    layout = original_layout("ranking", result.source.mapping, result.source.columns, {})
    again = run(tmp_path, jsonl(*(json.loads(json.dumps(layout.record(row))) for row in result.rows)))
    assert [content_of(row) for row in again.rows] == [content_of(row) for row in result.rows]


def test_our_own_file_comes_back(tmp_path: Path) -> None:
    from engine.data.writers.layout import own_layout

    rows = [_ranking(2, 1, 2, scores=[0.5, 2.0, 0.5], weight=0.5), _ranking(1, 2, 3, scores=[3.0, 2.0, 1.0])]
    records = [json.loads(json.dumps(own_layout().record(row))) for row in rows]
    again = run(tmp_path, jsonl(*records))
    assert (again.source.shape, again.rejected) == ("ranking", [])
    assert [row["ranks"] for row in again.rows] == [[2, 1, 2], [1, 2, 3]]
    pairs = [
        {"prompt": [_asked(f"Q{n}")], "chosen": [_said("a")], "rejected": [_said("b")], "margin": 0.5} for n in range(4)
    ]
    again = run(tmp_path, jsonl(*(own_layout().record(row) for row in pairs)))
    assert [content_of(row) for row in again.rows] == pairs
