"""What each reward says of answers, how a job's are read, and that no answer stalls them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault, SpecError
from engine.core.settings import Settings
from engine.rewards import MOST, REWARDS, read_rewards, reward_of
from engine.rewards.declaration import Answered, Reward, RewardEnv, Talk
from engine.rewards.judge import asked_of_judge, verdict_of
from engine.rewards.reading.patterns import compiled
from engine.rewards.reading.schemas import schema_of
from engine.rewards.reading.within_time import TookTooLong
from engine.rewards.total import ChosenReward, OpenRewards, open_rewards, range_of, total
from tests.unit.data.long_texts import FULL, NAMED, long_text

ASKED = [{"role": "user", "content": "How much is it, and why is that so?"}]
CITY = '{"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}}}'
CALL = {"reference": {"tool_calls": [{"name": "look", "arguments": {"city": "Oslo"}}]}}


def expects(answer: Any) -> dict[str, Any]:
    return {"prompt": ASKED, "reference": {"answer": answer}}


def chosen(key: str, **values: Any) -> tuple[ChosenReward, ...]:
    return read_rewards([{"reward": key, "values": values}])


def score(
    key: str, values: Mapping[str, Any], answer: str, row: Mapping[str, Any] | None = None, **further: Any
) -> float | None:
    with open_rewards(chosen(key, **values)) as opened:
        (found,) = opened.score([Answered(ASKED, answer, row or {}, **further)]).total
    return None if found is None else round(found, 3)


ENGLISH, CHINESE = (
    "This is why it is so: the sea is cold, and the wind is strong.",
    "因为海水很冷，风也很大，所以是这样的。",
)
CASES: Sequence[tuple[str, dict[str, Any], str, dict[str, Any], float | None]] = [
    ("length", {"least": 3, "most": 5}, "one two three", {}, 1),
    ("length", {"least": 4, "most": 5}, "one two", {}, 0.5),
    ("length", {"least": 0, "most": 4}, "a b c d e f", {}, 0.5),
    ("length", {"least": 0, "most": 4}, "a b c d e f g h i", {}, 0),
    ("length", {"least": 0, "most": None}, "a " * 999, {}, 1),
    ("length", {"least": 6, "most": 8}, "今天天气很好。", {}, 1),
    ("length", {"unit": "characters", "least": 0, "most": 4}, "a b  c\nd", {}, 1),
    ("length", {"unit": "tokens", "least": 1, "most": 9}, "a b", {}, None),
    ("length", {"least": 1, "most": 2}, "<think>\nlong and wide\n</think>\n\nyes", {}, 1),
    ("json", {}, '{"a": 1}', {}, 1),
    ("json", {}, "```json\n{}\n```", {}, 1),
    ("json", {"fence": False}, "```json\n{}\n```", {}, 0),
    ("json", {}, "[1]", {}, 0.5),
    ("json", {"shape": "list"}, "[1]", {}, 1),
    ("json", {"shape": "any"}, "3", {}, 1),
    ("json", {}, "Here it is: {}", {}, 0),
    ("json", {"shape": "any"}, "NaN", {}, 0),
    ("json", {"schema": CITY}, '{"city": "Oslo"}', {}, 1),
    ("json", {"schema": CITY}, '{"city": "oslo"}', {}, 0.5),
    ("json", {"schema": '{"properties": {"城": {"type": "string"}}}'}, '{"城": "北京"}', {}, 1),
    ("json", {"schema": '{"multipleOf": 0.1}', "shape": "any"}, "1e400", {}, 0.5),
    ("json", {"schema": '{"items": {"$ref": "#/$defs/one"}, "$defs": {"one": {"type": "integer"}}}', "shape": "list"}, "[1, 2]", {}, 1),
    ("tags", {}, "<think>so</think> it is", {}, 1),
    ("tags", {}, "it is", {}, 0),
    ("tags", {}, "<think>so</think>", {}, 0.8),
    ("tags", {"tags": "think answer", "after": False}, "<think>a</think>\n<answer>b</answer>", {}, 1),
    ("tags", {"tags": "think answer", "after": False}, "<answer>b</answer><think>a</think>", {}, 0.667),
    ("tags", {"opened": True}, "so</think>it is", {}, 1),
    ("tags", {"tags": "思考"}, "<思考>先算</思考>是四", {}, 1),
    ("words", {"required": "Oslo, sea"}, "Oslo lies by the Sea.", {}, 1),
    ("words", {"required": "Oslo, sea"}, "Oslo season", {}, 0.5),
    ("words", {"required": "Oslo, sea", "share": False}, "Oslo season", {}, 0),
    ("words", {"forbidden": "sorry"}, "I am SORRY.", {}, 0),
    ("words", {"forbidden": "sorry", "case": True}, "I am SORRY.", {}, 1),
    ("words", {"required": "海水，风"}, CHINESE, {}, 1),
    ("pattern", {"pattern": r"^Answer: \d+$"}, "So.\nAnswer: 42", {}, 1),
    ("pattern", {"pattern": r"\d+", "where": "whole"}, "42 cats", {}, 0),
    ("pattern", {"pattern": r"\d+", "where": "absent"}, "no cats", {}, 1),
    ("pattern", {"pattern": "OSLO", "case": False}, "oslo", {}, 1),
    ("match", {}, "So it is 42.", expects("42"), 1),
    ("match", {}, "First 42, then 43.", expects("42"), 0),
    ("match", {}, "\\boxed{1,000} of 3", expects("#### 1000"), 1),
    ("match", {}, "It is 50%.", expects("0.5"), 1),
    ("match", {}, "答案是四十二。", expects(42), 1),
    ("match", {}, "It is Oslo.", expects("Oslo"), 0),
    ("match", {}, " oslo. ", expects("Oslo"), 1),
    ("match", {"how": "contains"}, "It is Oslo.", expects("Oslo"), 1),
    ("match", {"inside": "answer"}, "7 <answer>42</answer> 8", expects("42"), 1),
    ("match", {"inside": "answer"}, "42", expects("42"), 0),
    ("match", {"tolerance": 0.01}, "3.14", expects("3.1416"), 1),
    ("match", {"how": "number"}, "3", expects("Oslo"), None),
    ("match", {}, "42", {"prompt": ASKED, "reference": {}}, None),
    ("match", {}, "北京。", expects("北京"), 1),
    ("similarity", {}, ENGLISH, expects(ENGLISH), 1),
    ("similarity", {}, "", expects(ENGLISH), 0),
    ("similarity", {}, ENGLISH, {}, None),
    ("language", {}, ENGLISH, {}, 1),
    ("language", {}, CHINESE, {}, 0),
    ("language", {"language": "zh"}, CHINESE, {}, 1),
    ("language", {"language": "zh"}, CHINESE * 40 + ENGLISH * 20, {}, 0.4),
    ("language", {"language": "zh"}, "", {}, 0),
    ("repetition", {}, "one two three four five", {}, 1),
    ("repetition", {}, "very good " * 50, {}, 0.02),
    ("repetition", {"run": 2}, "很好很好很好", {}, 0.4),
    ("tool_call", {}, '<tool_call>{"name": "look", "arguments": {"city": "Oslo"}}</tool_call>', CALL, 1),
    ("tool_call", {}, 'look(city="Oslo")', CALL, 1),
    ("tool_call", {}, '{"name": "look", "arguments": {"city": "Rome"}}', CALL, 0.3),
    ("tool_call", {}, "I cannot.", CALL, 0),
    ("tool_call", {}, "I cannot.", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("key", "values", "answer", "row", "wanted"), CASES)
def test_scores(key: str, values: dict[str, Any], answer: str, row: dict[str, Any], wanted: float | None) -> None:
    assert score(key, values, answer, row) == wanted


def test_tokens_are_those_of_the_model() -> None:
    assert score("length", {"unit": "tokens", "least": 1, "most": 9}, "a b", tokens=18) == 0


# ---------------------------------------------------------------- all of them

GIVEN: Mapping[str, dict[str, Any]] = {
    "words": {"required": "sea"}, "pattern": {"pattern": "sea"}, "reward_model": {"model": 1}, "judge": {"model": 1},
    "function": {"function": "mine"},
}  # fmt: skip


class _Judge:
    def __init__(self) -> None:
        self.closed = False

    def say(self, asked: Sequence[Any], longest: int) -> list[str | None]:
        return ["7", None, "Points: 12", "none"][: len(asked)]

    def close(self) -> None:
        self.closed = True


def _lengths(_model: int) -> Any:
    def scores(talks: Talk) -> list[float]:
        return [float(len(answer)) for _question, answer in talks]

    return scores


@pytest.fixture
def env(tmp_path: Path) -> RewardEnv:
    (tmp_path / "rewards").mkdir(mode=0o700)
    own = tmp_path / "rewards" / "mine.py"
    own.write_text("def score(question, answer, row):\n    return len(answer) / len(question)\n")
    os.chmod(own, 0o600)
    os.chmod(tmp_path, 0o700)
    judge = _Judge()
    return RewardEnv(Settings(home=tmp_path), _lengths, lambda _model, _host: judge)


def _usable(reward: Reward) -> bool:
    return reward.why_not(None) is None


@pytest.mark.parametrize("reward", [one for one in REWARDS if _usable(one)], ids=lambda one: one.key)
def test_each_keeps_to_its_range_and_takes_any_answer_in_linear_time(reward: Reward, env: RewardEnv) -> None:
    values = GIVEN.get(reward.key, {})
    row = {"prompt": ASKED, "reference": {"answer": "42", "tool_calls": CALL["reference"]["tool_calls"]}, "tools": []}
    with open_rewards(chosen(reward.key, **values), env) as opened:
        for kind in (*NAMED, "json", "lists", "thought", "word ", "different words"):
            for answer in ("", long_text(kind, FULL) if kind != "word " else "word " * (FULL // 5)):
                began = time.thread_time()
                (found,) = opened.score([Answered(ASKED, answer, row)]).total
                assert time.thread_time() - began < 1.0, kind
                assert found is None or (reward.lowest or -1e9) <= found <= (reward.highest or 1e9)


def test_the_total_is_weighted_and_its_parts_are_not(env: RewardEnv) -> None:
    both = read_rewards(
        [{"reward": "length", "weight": 2, "values": {"least": 1, "most": 2}}, {"reward": "words", "weight": -0.5, "values": {"required": "sea"}}]
    )  # fmt: skip
    with open_rewards(both, env) as opened:
        found = total(opened, [Answered(ASKED, "the sea"), Answered(ASKED, "a b c d e f")])
    assert found.total == [1.5, 0.0]
    assert found.untold == {}
    assert found.components == {"length": [1.0, 0.0], "words": [1.0, 0.0]}
    assert range_of(both) == (-0.5, 2.0)
    assert range_of(chosen("reward_model", model=1)) == (None, None)


def test_of_an_answer_without_a_score_nothing_is_learnt(env: RewardEnv) -> None:
    with open_rewards(read_rewards([{"reward": "length"}, {"reward": "match"}]), env) as opened:
        found = opened.score([Answered(ASKED, "42", expects(42)), Answered(ASKED, "42")])
    assert found.total[1] is None
    assert found.total[0] is not None
    assert found.components["match"] == [1.0, None]
    assert found.untold == {"match": 1}


def test_two_of_one_kind_have_names_of_their_own() -> None:
    found = read_rewards([{"reward": "words", "values": {"required": word}} for word in ("sea", "wind")])
    assert [one.name for one in found] == ["words", "words_2"]
    assert read_rewards([one.as_dict() for one in found]) == found


def test_a_model_scores_and_judges(env: RewardEnv) -> None:
    batch = [Answered(ASKED, "abc"), Answered(ASKED, "a")]
    with open_rewards(
        read_rewards(
            [
                {"reward": "reward_model", "values": {"model": 3, "centre": 1}},
                {"reward": "judge", "values": {"model": 1}},
            ]
        ),
        env,
    ) as opened:
        found = opened.score(batch)
    assert found.components == {"reward_model": [2.0, 0.0], "judge": [0.7, None]}
    assert env.judge(1, "").closed  # type: ignore[attr-defined]
    with pytest.raises(Fault) as refused:
        open_rewards(chosen("reward_model", model=3))
    assert refused.value.code == "reward.no_models_here"


def test_what_was_opened_is_given_back_where_another_cannot_be(env: RewardEnv) -> None:
    with pytest.raises(Fault):
        OpenRewards(
            read_rewards(
                [{"reward": "judge", "values": {"model": 1}}, {"reward": "function", "values": {"function": "none"}}]
            ),
            env,
        )
    assert env.judge(1, "").closed  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "points"), [("7", 0.7), (" 10/10", None), ("8.5 points", 0.85), ("", None), ("11", None), ("八", 0.8)]
)
def test_verdicts(said: str, points: float | None) -> None:
    assert verdict_of(said) == (0.1 if said == " 10/10" else points)


def test_a_judge_is_asked_in_the_language_of_the_question() -> None:
    asked = asked_of_judge(
        Answered([{"role": "user", "content": "为什么天空是蓝色的？"}], "{因为}散射", expects("散射")), None
    )
    assert "请你评判" in asked
    assert "{因为}散射" in asked
    assert "<参考回答>\n散射" in asked
    assert "Be kind." in asked_of_judge(Answered(ASKED, "Yes."), "Be kind.")


# ---------------------------------------------------------------- the operator's function


def _own(env: RewardEnv, source: str) -> float | None:
    assert env.settings is not None
    (env.settings.home / "rewards" / "mine.py").write_text(source)
    with open_rewards(chosen("function", function="mine"), env) as opened:
        return opened.score([Answered(ASKED, "yes", {"id": 3})]).total[0]


def _refused(env: RewardEnv, source: str) -> Fault:
    with pytest.raises(Fault) as found:
        _own(env, source)
    return found.value


def test_an_own_function_sees_question_answer_and_row(env: RewardEnv) -> None:
    source = (
        "def score(question, answer, row):\n    return row['id'] * (answer == 'yes') * question.startswith('How')\n"
    )
    assert _own(env, source) == 3
    assert _own(env, "def score(question, answer, row):\n    return None\n") is None


def test_its_faults_name_file_and_line(env: RewardEnv) -> None:
    failed = _refused(env, "import json\n\ndef score(question, answer, row):\n    return json.loads(answer)\n")
    assert failed.code == "reward.function_failed"
    assert (failed.params["file"], failed.params["line"]) == ("mine.py", 4)
    assert "JSONDecodeError" in failed.params["reason"]
    assert _refused(env, "def score(:\n").params["line"] == 1
    assert _refused(env, "other = 3\n").code == "reward.function_missing"
    assert _refused(env, "def score(question, answer, row):\n    return 'good'\n").code == "reward.function_no_number"


def test_a_file_that_others_could_have_written_is_refused(env: RewardEnv, tmp_path: Path) -> None:
    file = tmp_path / "rewards" / "mine.py"
    for place in (file, file.parent, tmp_path):
        mode = place.stat().st_mode
        os.chmod(place, mode | 0o022)
        assert _refused(env, "x = 1").code == "reward.function_open"
        os.chmod(place, mode)
    away = tmp_path / "elsewhere.py"
    file.rename(away)
    file.symlink_to(away)
    assert _refused(env, "x = 1").code == "reward.function_open"


@pytest.mark.parametrize("name", ["../mine", "none", "a/b", "mine.py", "", "m" * 90])
def test_only_names_of_files_that_are_there(env: RewardEnv, name: str) -> None:
    with pytest.raises((Fault, SpecError)):
        open_rewards(chosen("function", function=name), env)


# ---------------------------------------------------------------- reading


def _faults(raw: Any) -> dict[str, str]:
    with pytest.raises(SpecError) as found:
        read_rewards(raw)
    return {field.removeprefix("training.rewards"): fault["code"] for field, fault in found.value.faults.items()}


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        (None, {"": "reward.none"}),
        ([], {"": "reward.none"}),
        ("json", {"": "param.not_list"}),
        ([{"reward": "json"}] * (MOST + 1), {"": "reward.too_many"}),
        (["json", 3], {".0": "param.not_values", ".1": "param.not_values"}),
        ([{"reward": "nice"}, {}, {"reward": []}], {".0.reward": "param.unknown_choice", ".1.reward": "param.unknown_choice", ".2.reward": "param.unknown_choice"}),
        ([{"reward": "json", "weight": "much", "wait": 1}], {".0.weight": "param.not_a_number", ".0.wait": "param.unknown"}),
        ([{"reward": "json", "weight": 1e9}], {".0.weight": "param.too_large"}),
        ([{"reward": "json", "weight": 10**400}], {".0.weight": "param.too_large"}),
        ([{"reward": "json", "weight": 0}], {"": "reward.all_weightless"}),
        ([{"reward": "json", "values": 3}], {".0": "param.not_values"}),
        ([{"reward": "length", "values": {"least": 9, "most": 3}}], {".0.most": "param.too_small"}),
        ([{"reward": "length", "values": {"leest": 9}}], {".0.leest": "param.unknown"}),
        ([{"reward": "words"}], {".0.required": "reward.no_words"}),
        ([{"reward": "pattern"}], {".0.pattern": "param.missing"}),
        ([{"reward": "pattern", "values": {"pattern": "("}}], {".0.pattern": "reward.pattern_wrong"}),
        ([{"reward": "pattern", "values": {"pattern": "(a+)+$"}}], {".0.pattern": "reward.pattern_slow"}),
        ([{"reward": "pattern", "values": {"pattern": "(牛|牛牛)+$"}}], {".0.pattern": "reward.pattern_slow"}),
        ([{"reward": "pattern", "values": {"pattern": "a" * 1001}}], {".0.pattern": "reward.pattern_long"}),
        ([{"reward": "tags", "values": {"tags": "a a"}}], {".0.tags": "reward.bad_tags"}),
        ([{"reward": "judge"}], {".0.model": "reward.no_judge"}),
        ([{"reward": "judge", "values": {"model": 1, "host": "x"}}], {".0.model": "reward.no_judge"}),
        ([{"reward": "reward_model"}], {".0.model": "param.missing"}),
        ([{"reward": "function"}], {".0.function": "param.missing"}),
    ],
)  # fmt: skip
def test_faults_stand_at_their_fields(raw: Any, faults: dict[str, str]) -> None:
    assert _faults(raw) == faults


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ("[]", "schema_no_json"), ("{", "schema_no_json"), ('{"type": 5}', "schema_wrong"), ('{"$ref": "https://a.b/c"}', "schema_remote"),
        ('{"$ref": "other.json"}', "schema_remote"), ('{"$ref": "#/none"}', "schema_no_place"), ('{"$ref": "#"}', "schema_loops"),
        ('{"pattern": "(a+)+$"}', "pattern_slow"), ('{"patternProperties": {"a": {}}}', "schema_pattern_names"),
        ('{"a": "' + "x" * 20_000 + '"}', "schema_long"), ('{"items": ' * 1_600 + "{}" + "}" * 1_600, "schema_no_json"),
    ],
)  # fmt: skip
def test_schemas_that_are_refused(schema: str, code: str) -> None:
    assert _faults([{"reward": "json", "values": {"schema": schema}}]) == {".0.schema": f"reward.{code}"}


def test_a_schema_that_takes_ever_longer_is_given_up() -> None:
    fits = schema_of('{"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}')
    value: dict[str, Any] = {}
    for _ in range(28):
        value = {"a": value}
    began = time.thread_time()
    with pytest.raises(TookTooLong):
        fits(value)
    assert time.thread_time() - began < 1


def test_a_pattern_that_takes_long_on_one_answer_gives_it_no_score() -> None:
    compiled("x.*y.*z")
    assert score("pattern", {"pattern": "x.*y.*z"}, "xy" * 100_000) is None


def test_unknown_rewards_are_named() -> None:
    with pytest.raises(Fault) as found:
        reward_of("nice")
    assert found.value.code == "reward.unknown"


def test_tasks_of_the_gym_say_that_they_are_not_there() -> None:
    gym = reward_of("gym")
    if gym.why_not(None) is not None:
        with pytest.raises(Fault):
            open_rewards(chosen("gym"))
