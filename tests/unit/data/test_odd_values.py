"""One odd value never changes what the other rows mean: columns are told by most of their values, odd rows are named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.core.errors import Fault
from engine.data.records.record import Record, RowFault
from engine.data.schema.declared import SHAPES
from engine.data.schema.guess import guess_shape, mappings_by_name
from engine.data.schema.majority import nearly_all
from engine.data.schema.mapping import make_plan
from engine.data.schema.normalise import normaliser
from tests.unit.data.corpus import jsonl, table
from tests.unit.data.pipeline import run

CASES = Path(__file__).parents[2] / "cases" / "data"
TURNS = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
TOOL = {"type": "function", "function": {"name": "lamp", "description": "", "parameters": {}}}
LONG = "a label of far too many words for any class that somebody could mean by it, and still more of them " * 2
Make = Callable[[int], dict[str, Any]]

KINDS: dict[str, tuple[str, Make, dict[str, Any], str]] = {
    "a thumb n/a": ("kto", lambda n: {"prompt": f"Q{n}", "completion": "A", "label": n % 2 == 0}, {"label": "n/a"}, "data.kto.label"),
    "a thumb in words": ("kto", lambda n: {"question": f"Q{n}", "answer": "A", "feedback": ("yes", "no")[n % 2]}, {"feedback": "maybe later"}, "data.kto.label"),
    "no thumb": ("kto", lambda n: {"prompt": f"Q{n}", "completion": "A", "label": ("1", "0")[n % 2]}, {"label": ""}, "data.kto.label"),
    "a thumb that is a list": ("kto", lambda n: {"messages": TURNS, "label": ("👍", "👎")[n % 2]}, {"label": [1]}, "data.kto.label"),
    "a long label": ("classification", lambda n: {"text": f"T{n}", "label": ("a", "b")[n % 2]}, {"label": LONG}, "data.row.long_label"),
    "a label that is an object": ("classification", lambda n: {"text": f"T{n}", "label": n % 2}, {"label": {"a": 1}}, "data.row.not_text"),
    "a label n/a": ("classification", lambda n: {"text": f"T{n}", "label": ("a", "b")[n % 2]}, {"label": "N/A"}, "data.row.no_class"),
    "no label": ("classification", lambda n: {"text": f"T{n}", "label": ("a", "b")[n % 2]}, {"label": " "}, "data.row.empty"),
    "tools as an object": ("messages", lambda n: {"messages": TURNS, "tools": [TOOL]}, {"tools": TOOL}, "data.tools.no_list"),
    "tools as a number": ("messages", lambda n: {"messages": TURNS, "tools": [TOOL]}, {"tools": 3}, "data.tools.no_list"),
    "turns as a text": ("messages", lambda n: {"messages": TURNS}, {"messages": "n/a"}, "data.turn.not_json"),
    "turns of numbers": ("messages", lambda n: {"messages": TURNS}, {"messages": [1, 2]}, "data.turn.no_object"),
    "an answer that is a list": ("prompt_completion", lambda n: {"prompt": f"Q{n}", "completion": "A"}, {"completion": ["A"]}, "data.row.not_text"),
    "a question that is a number": ("prompt_completion", lambda n: {"prompt": f"Q{n}", "completion": "A"}, {"prompt": 5}, "data.row.not_text"),
    "a system prompt that is a number": ("prompt_completion", lambda n: {"prompt": f"Q{n}", "completion": "A", "system": "S"}, {"system": 5}, "data.row.not_text"),
    "a history that is a text": ("alpaca", lambda n: {"instruction": f"Q{n}", "output": "A", "history": [["q", "a"]]}, {"history": {"a": 1}}, "data.turn.no_list"),
    "a worse answer that is missing": ("preference", lambda n: {"prompt": f"Q{n}", "chosen": "A", "rejected": "B"}, {"rejected": None}, "data.row.empty"),
    "a better answer that is an object": ("preference", lambda n: {"prompt": f"Q{n}", "chosen": "A", "rejected": "B"}, {"chosen": {"a": 1}}, "data.row.not_text"),
}  # fmt: skip


_LARGE = [
    (kind, 1_100, "last") for kind in ("a thumb n/a", "tools as an object", "a long label")
]  # behind what is looked at


@pytest.mark.parametrize(
    ("kind", "count", "place"),
    [*((kind, count, place) for kind in KINDS for count in (4, 50) for place in ("first", "middle", "last")), *_LARGE],
)
def test_one_odd_row_is_named_and_the_others_stay(kind: str, count: int, place: str, tmp_path: Path) -> None:
    shape, make, odd, code = KINDS[kind]
    at = {"first": 0, "middle": count // 2, "last": count - 1}[place]
    rows = [make(n) | (odd if n == at else {}) for n in range(count)]
    result = run(tmp_path, jsonl(*rows))
    assert result.source.shape == shape
    assert [(row["code"], row["line"]) for row in result.rejected] == [(code, at + 1)]
    assert len(result.rows) == count - 1
    if "tools" in rows[0]:
        assert all("tools" in row for row in result.rows)
    if shape == "kto":
        assert {row["label"] for row in result.rows} == {True, False}


def test_one_odd_definition_of_fifty(tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / "one_odd_tools_of_50.jsonl").read_bytes())
    assert [row["code"] for row in result.rejected] == ["data.tools.no_list"]
    assert sum("tools" in row for row in result.rows) == 49


@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize("odd", ["n/a", 5, {"a": 1}, ["x"]])
def test_one_odd_history_among_few_that_are_mostly_empty(odd: Any, place: int, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"instruction": f"Q{n}", "output": "A", "history": [["q", "a"]] if n == 3 else []} for n in range(5)
    ]
    rows[place]["history"] = odd
    result = run(tmp_path, jsonl(*rows))
    assert [row["line"] for row in result.rejected] == [place + 1]
    assert {row["line"]: len(row["messages"]) for row in result.rows}[4] == 4


def test_thumbs_of_a_table_with_an_empty_cell(tmp_path: Path) -> None:
    result = run(tmp_path, table("Q1,A,true", "Q2,A,false", "Q3,A,", head="prompt,completion,label"))
    assert (result.source.shape, len(result.rows), len(result.rejected)) == ("kto", 2, 1)


@pytest.mark.parametrize(
    ("fitting", "count", "told"),
    [
        (0, 0, False),
        (1, 1, True),
        (1, 2, False),
        (2, 3, True),
        (3, 4, True),
        (3, 5, False),
        (75, 100, True),
        (74, 100, False),
    ],
)
def test_how_many_are_nearly_all(fitting: int, count: int, told: bool) -> None:
    assert nearly_all(fitting, count) is told


@pytest.mark.parametrize(
    ("labels", "shape"),
    [
        (["0", "1", "2"] * 10, "prompt_completion"),  # classes, not thumbs
        (["yes", "no", "maybe", "later"] * 5, "prompt_completion"),
        (["true", "false", "n/a", "n/a"], "kto"),  # in doubt no answer with a thumb down is learnt
        (["true", "n/a", "n/a", "n/a"], "prompt_completion"),
        ([True, False, None, None, None], "prompt_completion"),  # most rows have none
    ],
)
def test_labels_in_doubt(labels: list[Any], shape: str) -> None:
    rows = [{"prompt": f"Q{n}", "completion": "A", "label": label} for n, label in enumerate(labels)]
    assert guess_shape(["prompt", "completion", "label"], rows).shape == shape


def test_a_label_that_judges_some_answers_is_told() -> None:
    rows = [
        {"prompt": f"Q{n}", "completion": "A", "label": label}
        for n, label in enumerate(["yes", "no", "maybe", "later"] * 5)
    ]
    remarks = dict(guess_shape(["prompt", "completion", "label"], rows).remarks)
    assert remarks["shape.some_thumbs"] == {"column": "label", "bad": 5, "looked": 20}
    scores = [{"prompt": "Q", "completion": "A", "label": str(n)} for n in range(2, 12)]
    assert "shape.some_thumbs" not in dict(guess_shape(["prompt", "completion", "label"], scores).remarks)


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", " ", "n/a", "[", "[]", "[{'a': 1}]", "user", "text", '{"messages": [1]}']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "from", "value", "parts", "text", "messages", "input", "output", "user"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
_NAMES = [
    "messages",
    "conversations",
    "prompt",
    "completion",
    "chosen",
    "rejected",
    "input",
    "output",
    "history",
    "system",
    "tools",
    "label",
    "text",
    "contents",
    "data",
    "reference",
    "instruction",
]


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate], deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from(_NAMES), _JUNK, max_size=5), min_size=1, max_size=4))
def test_any_values_are_guessed_and_each_row_is_read_or_refused(rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    guess_shape(columns, rows)
    for shape in SHAPES:
        mapping = {key: column for key, column in mappings_by_name(columns)[shape.key].items() if column}
        with suppress(Fault):
            convert = normaliser(make_plan(shape, mapping, columns))
            for row in rows:
                with suppress(RowFault):
                    convert(Record(1, 1, row, ""))


JUDGED: list[tuple[dict[str, Any], str, tuple[Any, Any]]] = [
    ({"prompt": "Q", "response": "A"}, "rating", ("good", "bad")),
    ({"question": "Q", "answer": "A"}, "is_correct", (1, 0)),
    ({"prompt": "Q", "response": "A"}, "status", ("accepted", "rejected")),
    ({"prompt": "Q", "response": "A"}, "feedback", ("Positive", "negative")),
    ({"问题": "Q", "回答": "A"}, "评价", ("点赞", "点踩")),
    ({"messages": TURNS}, "thumbs", ("👍🏽", "👎️")),
    ({"prompt": "Q", "completion": 4}, "label", (True, False)),  # an answer that is a number
]


@pytest.mark.parametrize(("row", "column", "said"), JUDGED, ids=[one[1] for one in JUDGED])
def test_bad_answers_are_told_from_good_ones(row: dict[str, Any], column: str, said: tuple[Any, Any]) -> None:
    rows = [row | {column: said[n % 2]} for n in range(6)]
    guess = guess_shape(list(rows[0]), rows)
    assert (guess.shape, guess.mapping["label"]) == ("kto", column)


@pytest.mark.parametrize(
    ("column", "said"),
    [("rating", ["1", "2", "3", "5"]), ("status", ["open", "closed"]), ("is_correct", [1, 1]), ("label", ["positive", "negative"])],
)  # fmt: skip
def test_what_judges_no_answer_is_no_thumb(column: str, said: list[Any]) -> None:
    rows = [{"prompt": "Q", "completion": "A", column: said[n % len(said)]} for n in range(8)]
    assert guess_shape(list(rows[0]), rows).shape == "prompt_completion"


def test_pairs_and_inputs_of_numbers(tmp_path: Path) -> None:
    result = run(tmp_path, jsonl(*[{"prompt": f"Q{n}", "chosen": n, "rejected": n + 1} for n in range(3)]))
    assert [row["chosen"][0]["content"] for row in result.rows] == ["0", "1", "2"]
    result = run(tmp_path, jsonl(*[{"instruction": "Double it.", "input": n, "output": 2 * n} for n in range(3)]))
    assert result.pairs[2] == ("Double it.\n2", "4")


def test_a_worse_answer_beside_an_answer_is_a_pair(tmp_path: Path) -> None:
    rows = [{"query": f"Q{n}", "response": "A", "rejected_response": "B"} for n in range(4)]
    result = run(tmp_path, jsonl(*rows))
    assert [row["chosen"][0]["content"] + row["rejected"][0]["content"] for row in result.rows] == ["AB"] * 4
    flags = [
        {"prompt": f"Q{n}", "response": "A", "rejected": n % 2 == 0} for n in range(4)
    ]  # says nothing of an answer
    assert guess_shape(list(flags[0]), flags).shape == "prompt_completion"


def test_one_class_for_all_is_no_classification() -> None:
    rows = [{"category": "help", "title": f"T{n}", "content": f"words {n}"} for n in range(5)]
    assert guess_shape(list(rows[0]), rows).shape is None


@pytest.mark.parametrize("column", ["image", "images", "videos"])
def test_words_that_stand_for_pictures_are_refused_by_row(column: str, tmp_path: Path) -> None:
    mark = f"<{column.rstrip('s')}>"
    turns = [
        [{"role": "user", "content": words}, TURNS[1]]
        for words in (f"{mark}\nWhat?", "No picture here", f"{mark} and?")
    ]
    rows = [{"messages": one, column: path} for one, path in zip(turns, (["x.png"], ["x.png"], []), strict=True)]
    result = run(tmp_path, jsonl(*rows))
    assert [(row["code"], row["line"]) for row in result.rejected] == [("data.turn.media", 1)]
    assert len(result.rows) == 2


@pytest.mark.parametrize(
    "beside", ["thread", "conversation_id", "in_response_to_tweet_id", "会话ID", "summary", "code"]
)
def test_texts_that_belong_to_others_are_no_plain_text(beside: str) -> None:
    rows = [{beside: str(n // 2), "name": ("Anna", "Bob")[n % 2], "text": f"words {n}"} for n in range(6)]
    guess = guess_shape(list(rows[0]), rows)
    assert (guess.shape, guess.remarks[0][0]) == (None, "shape.text_beside")
    rated = [{"quality": n / 7, "status": "ok", "text": f"words {n}"} for n in range(6)]
    assert guess_shape(list(rated[0]), rated).shape == "text"


@pytest.mark.parametrize(
    "odd",
    [
        {"messages": TURNS},
        {"chosen": "A", "rejected": "B", "prompt": "Q"},
        {"query": "Q", "response": "A"},
        {"text": "T", "label": "x"},
    ],
)
@pytest.mark.parametrize("place", [0, 30])
def test_a_row_of_another_shape_is_named(odd: dict[str, Any], place: int, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"question": f"Q{n}", "answer": f"A{n}"} for n in range(40)]
    rows[place] = odd
    result = run(tmp_path, jsonl(*rows))
    assert (result.source.shape, result.source.mapping) == (
        "prompt_completion",
        {"prompt": "question", "completion": "answer"},
    )
    assert (len(result.rows), [row["line"] for row in result.rejected]) == (39, [place + 1])


def test_other_columns_with_one_odd_value_are_kept(tmp_path: Path) -> None:
    rows = [
        {"prompt": "Q", "completion": "A", "topic": "x" if n else {"a": 1}, "notes": "2024-01-01" if n else "soon"}
        for n in range(30)
    ]
    result = run(tmp_path, jsonl(*rows))
    assert result.source.mapping == {"prompt": "prompt", "completion": "completion"}
    assert [row["extra"].get("topic") for row in result.rows] == [None, *["x"] * 29]
    (kept,) = [note["params"]["columns"] for note in result.source.notes if note["code"] == "columns.unused"]
    assert kept == "topic, notes"


PAIR = [{"role": "assistant", "content": "A"}]
LAYOUTS: dict[str, Make] = {
    "chat": lambda n: {"messages": TURNS, "system": f"S{n}", "tools": [TOOL]},
    "vertex": lambda n: {"systemInstruction": {"parts": [{"text": f"S{n}"}]}, "contents": [{"role": "user", "parts": [{"text": "Q"}]}, {"role": "model", "parts": [{"text": "A"}]}]},
    "sharegpt": lambda n: {"conversations": [{"from": "human", "value": f"Q{n}"}, {"from": "gpt", "value": "A"}]},
    "alpaca": lambda n: {"instruction": f"Q{n}", "input": f"some words {n}", "output": "A", "history": [["q", "a"]]},
    "pairs of texts": lambda n: {"prompt": f"Q{n}", "completion": "A"},
    "passages": lambda n: {"context": f"some words {n}", "question": f"Q{n}", "answers": {"text": ["A"]}},
    "thinking": lambda n: {"question": f"Q{n}", "reasoning": f"a long thought {n}", "answer": "A"},
    "classes": lambda n: {"sentence": f"T{n}", "category": ("a", "b")[n % 2]},
    "preference": lambda n: {"input": {"messages": TURNS[:1], "tools": []}, "preferred_output": PAIR, "non_preferred_output": PAIR},
    "thumbs": lambda n: {"query": f"Q{n}", "response": "A", "rating": ("good", "bad")[n % 2]},
    "questions": lambda n: {"messages": TURNS[:1], "reference_answer": f"R{n}"},
    "plain text": lambda n: {"text": f"some words {n}"},
}  # fmt: skip


@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("count", [4, 60])
def test_one_row_of_another_layout_changes_nothing(kind: str, count: int) -> None:
    rows = [LAYOUTS[kind](n) for n in range(count)]
    alone = guess_shape(list(rows[0]), rows)
    assert alone.shape
    for other in LAYOUTS.keys() - {kind}:
        odd = LAYOUTS[other](count)
        for mixed in ([odd, *rows], [*rows, odd]):
            guess = guess_shape(list(dict.fromkeys(name for row in mixed for name in row)), mixed)
            kept = {key: column for key, column in guess.mapping.items() if key in alone.mapping}
            assert (guess.shape, kept) == (alone.shape, alone.mapping), other
