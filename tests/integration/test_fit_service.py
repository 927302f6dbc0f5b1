"""What of a data set does not fit an objective and a base model: measured on real rows, with numbers and ways out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from engine.commands.console import Console
from engine.commands.review import tell_misfits
from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.text import catalogue
from engine.models.shelf.curated import known_models
from engine.objectives import DPO, KTO, PRETRAINING, SFT
from engine.services.data import datasets, imports, sources
from engine.services.data.fit import fit_of, fits
from engine.services.data.versions import versions
from storage.tables import LanguageModel
from tests.tiny import CHATML, add_config, write_tokenizer
from webui.i18n import error_text, t
from webui.wire import WireValue

WITH_TOOLS = (
    "{% if tools %}{{ tools | tojson }}\n{% endif %}{% for message in messages %}<|{{ message.role }}|>{{ message.content }}"
    "{% for call in message.tool_calls or [] %}{{ call.function | tojson }}{% endfor %}\n{% endfor %}"
)
NO_SYSTEM = (
    "{% for message in messages if message.role != 'system' %}<|{{ message.role }}|>{{ message.content }}\n{% endfor %}"
)
ONLY_ONE_TURN = (
    "{% if messages | length > 2 %}{{ raise_exception('One turn alone') }}{% endif %}{{ messages[0].content }}"
)
TOOL = {"type": "function", "function": {"name": "lamp", "description": "", "parameters": {}}}
CHINESE = "今天天气很好，我们去公园散步。退货需要发票和订单编号，七天内可以退。"


def add_model(ctx: Context, name: str, template: str | None = CHATML, tokenizer: str = "") -> int:
    made = add_config(ctx, {"model_type": "llama"}, name)
    with ctx.db.read() as s:
        folder = ctx.settings.absolute(s.get_one(LanguageModel, made).tokenizer_path or "")
    (folder / "chat_template.jinja").unlink()
    write_tokenizer(folder, template)
    if tokenizer:
        (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    return made


def knows_chinese() -> str:
    """A tokenizer that was taught some Chinese words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        [CHINESE] * 50,
        trainers.BpeTrainer(
            vocab_size=700, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
        ),
    )
    return str(tokenizer.to_str())


def add_rows(ctx: Context, rows: list[dict[str, Any]], name: str = "rows") -> int:
    made = sources.add_text(ctx, "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), name)
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name=name, shape=view["shape"], mapping=view["mapping"])
    return made


def chat(n: int, **more: Any) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": f"It is {n}."}],
        **more,
    }


def with_system(n: int) -> dict[str, Any]:
    return {"messages": [{"role": "system", "content": f"Be brief, {n}."}, *chat(n)["messages"]]}


def _named(way: dict[str, Any]) -> Any:
    return way["key"] if way["do"] == "operation" else way["label"]


def told(ctx: Context, *asked: Any) -> list[tuple[str, str, dict[str, Any], list[tuple[str, Any]]]]:
    """What is wrong; the templates here mostly have no end mark, which is only good to know."""
    found = fit_of(ctx, *asked)
    assert not found["working"]
    ways = [[(way["do"], _named(way)) for way in one["ways"]] for one in found["findings"]]
    every = [(one["code"], one["level"], one["params"], way) for one, way in zip(found["findings"], ways, strict=True)]
    return [one for one in every if one[1] != "info"]


def test_rows_that_fit_are_told_nothing_of(ctx: Context) -> None:
    plain, made = add_model(ctx, "Plain"), add_rows(ctx, [chat(n) for n in range(30)])
    assert fit_of(ctx, made) == {"findings": [], "model": plain, "working": False}
    assert datasets.dataset_view(ctx, made)["badge"] == "chat"
    assert datasets.dataset_view(ctx, made)["spoken"] == ["en"]


def test_tools_without_a_template_for_them(ctx: Context) -> None:
    plain = add_model(ctx, "Plain")
    made = add_rows(ctx, [chat(n, tools=[TOOL] if n < 12 else []) for n in range(30)])
    wanted = {"n": 12, "rows": 30, "model": "Plain"}
    assert told(ctx, made, plain) == [("tools", "warn", wanted, [("models", "")])]
    other = add_model(ctx, "Handy", WITH_TOOLS)
    assert told(ctx, made, plain) == [("tools", "warn", wanted, [("model", "Handy")])]
    assert told(ctx, made, other) == []
    view = datasets.dataset_view(ctx, made)
    assert (view["badge"], view["stats"]["with_tools"]) == ("tools", 12)


@pytest.mark.parametrize(
    ("template", "row", "code", "ways"),
    [
        (None, chat, "no_template", [("models", "")]),
        (NO_SYSTEM, with_system, "system", [("models", ""), ("operation", "system_turn")]),
        (ONLY_ONE_TURN, with_system, "refused", [("models", "")]),
    ],
)
def test_what_a_template_cannot_take(
    ctx: Context, template: str | None, row: Callable[[int], Any], code: str, ways: list[Any]
) -> None:
    model = add_model(ctx, "Odd", template)
    made = add_rows(ctx, [row(n) for n in range(20)])
    ((found, level, params, way),) = told(ctx, made, model)
    assert (found, level, params["n"], params["rows"], way) == (code, "danger", 20, 20, ways)
    assert params.get("reason", "One turn alone") == "One turn alone"


def test_of_many_rows_some_are_looked_at(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.services.data.fit.MOST_ROWS", 50)
    model = add_model(ctx, "Odd", NO_SYSTEM)
    made = add_rows(ctx, [with_system(n) if n % 2 else chat(n) for n in range(400)])
    ((code, level, params, _way),) = told(ctx, made, model)
    assert (code, level, params["rows"]) == ("system.about", "warn", 400)
    assert 120 <= params["n"] <= 280


def test_a_language_that_a_model_hardly_knows_is_measured(ctx: Context) -> None:
    small = add_model(ctx, "Small")
    rows = [{"问题": f"{CHINESE}{n}？", "回答": CHINESE} for n in range(20)] + [
        {"问题": f"What is the answer to {n}?", "回答": "It is what you do."} for n in range(20)
    ]
    made = add_rows(ctx, rows)
    ((code, level, params, ways),) = told(ctx, made, small)
    assert (code, level, ways) == ("language", "warn", [("models", "")])
    assert params | {"tokens": 0} == {
        "n": 20, "rows": 40, "language": {"en": "Chinese", "zh": "中文"}, "model": "Small", "tokens": 0, "usual": 0.7,
    }  # fmt: skip
    assert 1.5 < params["tokens"] <= 3
    add_model(ctx, "Panda", tokenizer=knows_chinese())
    assert told(ctx, made, small)[0][3] == [("model", "Panda")]
    assert sorted(datasets.dataset_view(ctx, made)["spoken"]) == ["en", "zh"]
    few = add_rows(ctx, [*rows[20:], rows[0]], "few")
    assert told(ctx, few, small) == []
    panda = add_model(ctx, "English panda", tokenizer=knows_chinese())
    for languages, codes in ((["en", "de"], ["language_unnamed"]), (["zh-Hans"], []), (["multilingual"], []), ([], [])):
        assert [code for code, *_ in told(ctx, made, named(ctx, panda, languages))] == codes
    assert told(ctx, made, named(ctx, small, ["en"]))[0][0] == "language"  # what is measured says more
    assert told(ctx, made, named(ctx, small, ["zh"])) == []  # its makers know better


def test_a_model_of_the_list_is_named_where_none_here_fits(ctx: Context) -> None:
    online = replace(ctx, settings=replace(ctx.settings, offline=False))
    small = add_model(ctx, "Small")
    chinese = add_rows(ctx, [{"问题": f"{CHINESE}{n}？", "回答": CHINESE} for n in range(20)])
    tools = add_rows(ctx, [chat(n, tools=[TOOL]) for n in range(20)], "tools")
    for made, able in ((chinese, lambda one: "zh" in one.languages), (tools, lambda one: one.tools)):
        ((_code, _level, _params, ((do, name),)),) = told(online, made, small)
        one = next((one for one in known_models() if one.name == name), None)
        assert do == "models"
        assert one is not None
        assert able(one)
        assert not one.gated
        assert [ways for *_, ways in told(ctx, made, small)] == [[("models", "")]]  # without a network none can come
    add_model(ctx, "Takes tools", WITH_TOOLS)
    assert [ways for *_, ways in told(online, tools, small)] == [[("model", "Takes tools")]]


def named(ctx: Context, model: int, languages: list[str]) -> int:
    """The model, whose card on a hub names these languages."""
    with ctx.db.write() as s:
        row = s.get_one(LanguageModel, model)
        row.config = {**(row.config or {}), "_tunesmith": {"hub": {"languages": languages}}}
    return model


def test_reasoning_that_a_template_leaves_out(ctx: Context) -> None:
    drops = CHATML.replace(
        "message['content'] + '<|im_end|>'", "message['content'].split('</think>')[-1] + '<|im_end|>'"
    )
    model = add_model(ctx, "Drops", drops)
    made = add_rows(ctx, [reasoned(n) if n < 6 else chat(n) for n in range(20)])
    wanted = {"n": 6, "answers": 12, "rows": 20, "model": "Drops"}
    assert told(ctx, made, model) == [("thoughts", "warn", wanted, [("models", "")])]
    add_model(ctx, "Keeps")
    assert told(ctx, made, model) == [("thoughts", "warn", wanted, [("model", "Keeps")])]


def reasoned(n: int) -> dict[str, Any]:
    answers = [{"role": "assistant", "content": f"<think>{n} is {m}.</think>It is {m}."} for m in range(2)]
    ask = {"role": "user", "content": f"What is {n}?"}
    return {"messages": [ask, answers[0], ask, answers[1]]}


@pytest.mark.parametrize(("end", "code", "level"), [("<|im_end|>", "end_added", "info"), (None, "no_end", "danger")])
def test_a_template_without_an_end_is_told_on_pages_and_in_the_terminal(
    ctx: Context, end: str | None, code: str, level: str
) -> None:
    model = add_model(ctx, "Open", WITH_TOOLS)
    with ctx.db.read() as s:
        file = ctx.settings.absolute(s.get_one(LanguageModel, model).tokenizer_path or "") / "special.json"
    file.write_text(json.dumps({"eos_token": end}))
    made = add_rows(ctx, [chat(n) for n in range(20)])
    (found,) = fit_of(ctx, made, model)["findings"]
    assert (found["code"], found["level"]) == (code, level)
    assert found["params"] == {"model": "Open", "token": end or ""}
    console = Console("en", t, error_text, out=io.StringIO())
    tell_misfits(console, ctx, made, model, SFT.key, {})
    assert console.out.getvalue().startswith(t("en", f"fit.{code}", **found["params"]))  # type: ignore[attr-defined]
    console.out = io.StringIO()
    tell_misfits(console, ctx, made, model, SFT.key, {"teach_end": False})
    assert console.out.getvalue().startswith(t("en", f"fit.{'end_refused' if end else code}", model="Open"))
    text = add_rows(ctx, [{"text": f"A text {n}."} for n in range(20)], "texts")
    assert fit_of(ctx, text, model)["findings"] == []


def test_kinds_that_an_objective_does_not_learn_from(ctx: Context) -> None:
    pairs = add_rows(ctx, [{"prompt": f"Q{n}", "chosen": f"yes {n}", "rejected": f"no {n}"} for n in range(10)])
    assert told(ctx, pairs) == []
    wanted = {"rows": 10, "objective": SFT.label.as_dict()}
    ways = [("objective", DPO.label.as_dict()), ("operation", "prefer_chosen"), ("objective", KTO.label.as_dict())]
    assert told(ctx, pairs, None, "sft") == [
        ("kind.preference", "danger", wanted, ways)
    ]  # what they are made for first
    assert datasets.dataset_view(ctx, pairs)["badge"] == "pairs"
    ((code, _level, params, ways),) = told(ctx, pairs, None, "pretraining")
    assert (code, params["usable"]["en"]) == ("kind.other", "plain texts")
    assert ways == [("objective", DPO.label.as_dict()), ("objective", KTO.label.as_dict())]
    talk = add_rows(ctx, [chat(n) for n in range(10)])
    assert told(ctx, talk) == []
    ((code, level, params, ways),) = told(ctx, talk, None, PRETRAINING.key)
    assert (code, level, ways[0]) == ("kind.other", "danger", ("objective", SFT.label.as_dict()))
    with pytest.raises(Fault, match="objective"):
        fit_of(ctx, talk, None, "nonsense")


def test_the_preferred_answers_fit(ctx: Context) -> None:
    pairs = add_rows(ctx, [{"prompt": f"Q{n}", "completion": f"a {n}", "label": n % 2 == 0} for n in range(10)])
    assert datasets.dataset_view(ctx, pairs)["badge"] == "thumbs"
    ((code, _level, _params, ways),) = told(ctx, pairs, None, "sft")
    assert (code, ways[0]) == ("kind.kto", ("objective", KTO.label.as_dict()))
    versions.apply(ctx, pairs, ways[1][1], {})
    assert told(ctx, pairs, None, "sft") == []


def test_every_data_set_is_looked_at_in_turn(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    model = add_model(ctx, "Odd", NO_SYSTEM)
    sets = [add_rows(ctx, [with_system(n) for n in range(100 * k, 100 * k + 40)], f"set {k}") for k in range(3)]
    draft = sources.add_text(ctx, '{"a": 1}\n{"a": 2}', "draft")
    monkeypatch.setattr("engine.services.data.fit.SLICE_S", 0.0)  # one step a call
    monkeypatch.setattr("engine.services.data.slow_work._MOST_OPEN", 2)  # fewer than there are data sets
    found, calls = fits(ctx, model), 1
    while any(one["working"] for one in found.values()):
        found, calls = fits(ctx, model), calls + 1
    assert 1 < calls < 30
    assert str(draft) not in found
    assert [found[str(made)]["findings"][0]["code"] for made in sets] == ["system"] * 3
    assert fits(ctx, 4711)[str(sets[0])] == {"findings": [], "model": None, "working": False}


def test_every_sentence_is_there_in_both_languages() -> None:
    codes = ["tools", "system", "refused", "no_template", "thoughts"]
    keys = [
        *codes,
        *(f"{code}.about" for code in codes),
        "language",
        "language_unnamed",
        "end_added",
        "no_end",
        "kind.preference",
        "kind.kto",
        "kind.other",
    ]
    for language in ("en", "zh"):
        assert [key for key in keys if f"fit.{key}" not in catalogue(language)] == []

    found = {"code": "tools", "level": "warn", "params": {"n": 1200, "rows": 30_000, "model": "Small"}}
    said = WireValue("en", {"findings": [found]}).value["findings"][0]["message"]
    assert said == t("en", "fit.tools", n=1200, rows=30_000, model="Small")
    assert said.startswith("1,200 of 30,000 rows")
