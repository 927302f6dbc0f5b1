"""What crosses the border: answers can always be written as JSON, arguments are what functions declare, or a sentence says which is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import orjson
import pytest

from engine.core.characters import whole
from engine.core.conforming import LARGEST, conforms
from engine.core.errors import Fault
from webui.guard import guarded
from webui.wire import DEEPEST, TAG, Answer, unpacked

LARGE = 10**29 + 7


class Leaf(TypedDict):
    name: str
    size: NotRequired[float | None]


class Tree(TypedDict):
    leaves: list[Leaf]
    kind: Literal["oak", "elm"]
    notes: dict[str, Any]


def plant(tree: Tree, count: int, label: str | None = None) -> dict[str, Any]:
    return {"tree": tree, "count": count, "label": label}


def call(*arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = guarded("en")(plant)(list(arguments))
    orjson.dumps(answer)
    return answer


OAK: dict[str, Any] = {"leaves": [{"name": "a", "size": 1.5}], "kind": "oak", "notes": {"any": [1, {"b": None}]}}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (LARGEST, LARGEST),
        (LARGEST + 1, {TAG: str(LARGEST + 1)}),
        ([-LARGE, {"a": LARGE}], [{TAG: str(-LARGE)}, {"a": {TAG: str(LARGE)}}]),
        ({"\ud800x": "a\udc00b", 3: (True, None)}, {"\ufffdx": "a\ufffdb", "3": [True, None]}),
        ("\ud83d\ude00", "😀"),
        ([float("nan"), float("inf"), -0.0], [None, None, -0.0]),
        ({None: 1, True: 2}, {"null": 1, "true": 2}),
        ({"code": "no.such", "params": {"n": LARGE}}, {"code": "no.such", "params": {"n": {TAG: str(LARGE)}}}),
    ],
)
def test_an_answer_can_be_written_and_keeps_its_numbers(value: Any, sent: Any) -> None:
    answer = Answer("en", value)
    assert answer.value == sent
    assert answer.tagged == (TAG in str(sent))
    assert orjson.loads(orjson.dumps(answer.value)) == sent


def test_what_is_nested_too_deeply_is_cut_in_an_answer_and_refused_in_an_argument() -> None:
    assert b"\xe2\x80\xa6" in orjson.dumps(Answer("en", deep(2_00)).value)
    assert orjson.loads(orjson.dumps(Answer("en", deep(DEEPEST)).value)) == deep(DEEPEST)
    with pytest.raises(Fault, match=r"shape\.too_deep"):
        unpacked(deep(DEEPEST + 1))


def test_thousands_of_digits_can_be_sent() -> None:
    assert Answer("en", 16**5000).value[TAG].startswith("0x1000")


def test_a_large_number_comes_back_as_what_it_was() -> None:
    assert unpacked(Answer("en", {"id": LARGE, "row": [-LARGE]}).value) == {"id": LARGE, "row": [-LARGE]}
    assert unpacked({TAG: "no digits"}) == {TAG: "no digits"}
    assert unpacked({TAG: "1", "other": 2}) == {TAG: "1", "other": 2}


def test_both_ends_call_the_tag_by_one_name() -> None:
    """The script reads what Python writes, and the other way round."""
    script = (Path(__file__).parents[2] / "webui/static/kit/server.js").read_text(encoding="utf-8")
    assert f'const LARGE = "{TAG}";' in script


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([OAK], "1 values, but it takes 2 to 3"),
        ([OAK, 1, None, 4], "4 values"),
        ([None, 1], "“tree” is missing"),
        (["oak", 1], "“tree” must be a group of named values, not “oak”"),
        ([OAK | {"kind": "fir"}, 1], "“tree.kind” must be one of oak, elm, not “fir”"),
        ([{"leaves": [], "kind": "oak"}, 1], "“tree.notes” is missing"),
        ([OAK | {"leaves": [{"name": "a"}, {"name": 7}]}, 1], "“tree.leaves[2].name” must be text, not “7”"),
        ([OAK | {"leaves": [{"name": "a", "size": float("nan")}]}, 1], "“tree.leaves[1].size” must be a number, not “nan”"),
        ([OAK | {"leaves": [{"name": "a", "size": 10**400}]}, 1], "“tree.leaves[1].size” must be a number"),
        ([OAK, "1"], "“count” must be a whole number, not “1”"),
        ([OAK, 1.0], "“count” must be a whole number"),
        ([OAK, True], "“count” must be a whole number, not “True”"),
        ([OAK, {TAG: str(LARGE)}], f"“count” is {LARGE}; numbers here go up to {LARGEST}"),
        ([OAK | {"notes": deep(200)}, 1], "nested too deeply: at most 100 levels"),
    ],
)  # fmt: skip
def test_an_argument_that_is_not_as_declared_is_named(arguments: list[Any], said: str) -> None:
    answer = call(*arguments)
    assert said in answer["error"]["message"]
    assert answer["error"]["code"].startswith("shape.")


def test_right_arguments_arrive_as_they_are() -> None:
    noted = {"n": {TAG: str(LARGE)}, "half": "\ud800"}
    answer = call(OAK | {"notes": noted, "unknown": 1}, 3)
    assert answer["ok"]["tree"]["notes"] == {"n": {TAG: str(LARGE)}, "half": "\ufffd"}
    assert answer["ok"]["tree"]["unknown"] == 1
    assert (answer["ok"]["count"], answer["tagged"]) == (3, True)
    assert "tagged" not in call(OAK, 3)


@pytest.mark.parametrize("given", [None, "x", 5, {"tree": OAK}])
def test_arguments_come_as_a_list(given: Any) -> None:
    answer = guarded("en")(plant)(given)
    assert answer["error"]["code"] == "shape.arguments"


def test_a_fault_with_half_a_character_can_be_written() -> None:
    def fail() -> None:
        raise Fault("shape.missing", place="\ud800")

    answer = guarded("en")(fail)([])
    orjson.dumps(answer)
    assert answer["error"]["message"] == "“\ufffd” is missing."


def test_what_has_no_form_in_json_is_told_of_without_its_exception() -> None:
    def odd() -> object:
        return {"a": {1, 2}}

    assert guarded("en")(odd)([])["error"]["code"] == "internal"


def test_halves_that_belong_together_become_one() -> None:
    assert [whole(text) for text in ("a", "ä", "\ud83d\ude00\ud83d", "\udc00")] == ["a", "ä", "😀\ufffd", "\ufffd"]


def test_unions_take_any_of_their_kinds() -> None:
    assert conforms(None, int | str | None)
    assert conforms([[1, "a"]], list[tuple[int, str]])
    assert not conforms([[1, 2]], list[tuple[int, str]])
    assert not conforms({1: 2}, dict[str, int])
