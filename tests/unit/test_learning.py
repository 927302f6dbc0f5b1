"""The Learn page's words and numbers: every method is explained, drawn and costed; the guide's advice fits its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from engine.base_formats import base_format
from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.hardware import cpu
from engine.core.text import LANGUAGES, Text, catalogue
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.objectives import OBJECTIVES
from engine.objectives.families import FAMILIES
from engine.services.app import learning
from engine.services.app.formulas import formula_in
from engine.services.app.method_guide import GOALS, RULES, Answers, Cost, advise
from engine.services.planning import estimates, spec_repair
from tests.homes import new_home
from tests.tiny import add_dataset, add_model

ROOT = Path(__file__).parents[2]
VIEWS = ROOT / "webui" / "static" / "views" / "learn"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
METHOD = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.key)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, dict[str, Any]]]:
    """A home with a tiny model and a small data set, and a form that names both."""
    ctx = new_home(tmp_path_factory.mktemp("learning"))
    yield ctx, {"base_model": add_model(ctx), "dataset": add_dataset(ctx)}
    ctx.db.close()


def texts_of(method: Method) -> list[Text]:
    """Every text of a method that the page shows."""
    learn = method.learn
    assert learn is not None
    return [
        method.tagline, method.help, learn.what, learn.trains, learn.frozen, learn.when, learn.when_not,
        *learn.strengths, *learn.weaknesses, *method.notes, *method.capabilities.why_not.values(),
        *(variant.tagline for variant in method.variants),
    ]  # fmt: skip


@METHOD
def test_every_method_has_a_whole_card_in_both_languages(method: Method) -> None:
    assert method.learn is not None
    for text in texts_of(method):
        assert text.in_("en").strip()
        assert CHINESE.search(text.in_("zh")), text.in_("zh")
        assert not CHINESE.search(text.in_("en"))
    sentences = re.findall(r"[.!?](?:\s|$)", method.learn.what.in_("en"))
    assert 1 <= len(sentences) <= 3, "two plain sentences"
    assert method.learn.strengths
    assert method.learn.weaknesses
    assert method.learn.formula


@METHOD
def test_formulas_are_said_in_chinese_too(method: Method) -> None:
    assert method.learn is not None
    assert formula_in(method.learn.formula, "en") == method.learn.formula
    assert not re.findall(r"[A-Za-z]{2,}", formula_in(method.learn.formula, "zh"))


@METHOD
def test_every_method_names_its_paper(method: Method) -> None:
    assert method.learn is not None
    assert method.learn.paper
    for variant in method.variants:
        assert variant.paper, variant.key


@METHOD
def test_what_a_method_cannot_do_has_a_reason_and_nothing_else_has(method: Method) -> None:
    can = method.capabilities
    cannot = {key for key in learning.CAPABILITIES if not getattr(can, key)}
    assert cannot <= set(can.why_not), "each capability that is lacking says why"
    for key, reason in can.why_not.items():
        assert not getattr(can, key), f"{key} has a reason although the method can"
        assert not reason.in_("en").endswith("."), "it completes a sentence"


@METHOD
def test_the_guide_and_the_readme_name_every_method(method: Method) -> None:
    def names(label: str) -> list[str]:
        return [part for part in re.split(r"[（）() -]+", label.casefold()) if part]

    for folder, label in (("", method.label.in_("en")), ("docs/zh/", method.label.in_("zh"))):
        for page in (f"{folder}README.md", f"{folder or 'docs/'}guide.md"):
            text = (ROOT / page).read_text(encoding="utf-8").casefold()
            assert (
                any(name in text for name in names(label))
                if folder
                else all(n.rstrip("s") in text for n in names(label))
            )


def test_every_method_has_a_diagram_of_its_own() -> None:
    source = (VIEWS / "diagrams.js").read_text(encoding="utf-8")
    drawn = set(re.findall(r"^  (\w+):", source.split("OF_METHOD = {")[1].split("};")[0], re.MULTILINE))
    assert drawn == {method.key for method in METHODS}
    for family in learning.FAMILIES:
        assert f"{family}:" in source.split("OF_FAMILY = {")[1]


def test_every_objective_has_a_diagram_of_its_own() -> None:
    source = (VIEWS / "objective-diagrams.js").read_text(encoding="utf-8")
    drawn = set(re.findall(r"^  (\w+):", source.split("OF_OBJECTIVE = {")[1].split("};")[0], re.MULTILINE))
    assert drawn == {objective.key for objective in OBJECTIVES}
    for family in FAMILIES:
        assert f"{family.key}:" in source.split("OF_SOURCE = {")[1]


def test_diagrams_hold_no_colour_of_their_own() -> None:
    """Both schemes draw them: colours are classes."""
    for name in ("diagrams.js", "objective-diagrams.js", "diagram-kit.js"):
        source = (VIEWS / name).read_text(encoding="utf-8")
        assert not re.findall(r"#[0-9a-fA-F]{3,6}\b|rgb\(|\b(?:white|black)\b", source)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_json_in_its_language(language: str) -> None:
    lessons = learning.lessons(language)
    assert json.loads(json.dumps(lessons)) == lessons
    assert [card["key"] for card in lessons["methods"]] == [method.key for method in METHODS]
    told = lessons["methods"][0]["learn"]["what"]
    assert bool(CHINESE.search(told)) == (language == "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_misunderstanding_is_put_right(language: str) -> None:
    listed = re.search(r"const MYTHS = (\[.*?\])", (VIEWS / "page.js").read_text(encoding="utf-8"))
    assert listed
    keys = json.loads(listed[1])
    texts = catalogue(language)
    assert {f"learn.myth.{key}.{part}" for key in keys for part in ("claim", "truth")} == {
        key for key in texts if re.fullmatch(r"learn\.myth\.\w+\.(claim|truth)", key)
    }


# ------------------------------------------------------------------ numbers


@METHOD
@pytest.mark.parametrize("model", list(learning.REFERENCES))
def test_numbers_of_every_method_make_sense(ctx: Context, method: Method, model: str) -> None:
    shape = learning.shape_named(ctx, model)
    number = learning.numbers(shape, cpu())[method.key]
    assert number["refused"] is None, "defaults work on a plain Llama"
    assert (number["trained"] > 0) == method.capabilities.trains
    assert 0 <= number["share"] <= 2.01, "a difference and its gate for each weight at most"
    assert 0 <= number["changed"] <= shape.parameters
    assert number["memory_mb"] > 0
    assert number["rank"] is None or number["rank"] > 0


def test_numbers_agree_with_the_estimate_of_the_form(studio: tuple[Context, dict[str, Any]]) -> None:
    ctx, form = studio
    raw = form | {"method": METHODS[0].key}
    asked: dict[str, Any] = {method.key: {} for method in METHODS}
    costs = learning.costs(ctx, raw, asked | {"lora": {"method_params": {"rank": 4}}})
    assert costs.keys() == asked.keys()
    assert learning.costs(ctx, raw, {"lora": {}}).keys() == {"lora"}
    plan = estimates.plan(ctx, raw | {"method": "lora", "method_params": {"rank": 4}})
    assert (costs["lora"]["memory_mb"], costs["lora"]["trained"]) == (plan["memory"]["total_mb"], plan["trainable"])
    assert costs["lora"]["bytes"] == 4 * plan["trainable"]


def test_a_method_that_cannot_do_what_the_form_asks_says_so(studio: tuple[Context, dict[str, Any]]) -> None:
    ctx, form = studio
    raw = form | {"training": {"quantisation": "nf4"}}
    costs = learning.costs(ctx, raw, {method.key: {} for method in METHODS})
    for method in METHODS:
        assert ("fault" in costs[method.key]) or method.capabilities.quantised_base, method.key
    assert "fault" not in costs["lora"]


def test_models_are_offered_and_unknown_ones_refused(studio: tuple[Context, dict[str, Any]]) -> None:
    ctx, form = studio
    model = form["base_model"]
    offered = [one["value"] for one in learning.models(ctx, "en")]
    assert offered == [str(model), *learning.REFERENCES]
    assert learning.overview(ctx, str(model), "en")["parameters"] > 0
    for unknown in ("999", "nothing", "-1", ""):
        with pytest.raises(NotFound):
            learning.overview(ctx, unknown, "en")


# ------------------------------------------------------------------ the guide


def costs_of(memory_mb: float) -> dict[str, Cost]:
    """Each method needs the same memory, but for those on a quantised base, which need a quarter; prompts are small."""
    return {
        method.key: Cost(memory_mb / (4 if base_format(method.defaults).quantised else 1), 1e6 + len(method.key))
        for method in METHODS
    }


def test_every_answer_gets_advice_that_fits() -> None:
    for goal, examples, memory in product(GOALS, (1, 19, 20, 99, 500, 50_000), (500, 2_000, 24_000)):
        for need in (400, 1_900, 80_000):
            costs = costs_of(need)
            found = advise(Answers(memory, examples, goal), costs)
            assert len({advice.method.key for advice in found}) == len(found) <= 2
            assert all(costs[advice.method.key].memory_mb <= memory for advice in found)
            if memory >= need:
                assert found


def test_every_rule_is_used_by_some_answer() -> None:
    used = {
        advice.rule.key
        for goal, examples, memory in product(GOALS, (5, 50, 500, 50_000), (150, 24_000))
        for advice in advise(Answers(memory, examples, goal), costs_of(400))
    }
    assert used == {rule.key for rule in RULES}


def test_short_memory_leads_to_the_quantised_base() -> None:
    found = advise(Answers(200, 200, "style"), costs_of(400))
    assert base_format(found[0].method.defaults).quantised
    assert not base_format(advise(Answers(8_000, 200, "style"), costs_of(400))[0].method.defaults).quantised


def test_few_examples_are_shown_not_trained() -> None:
    assert not advise(Answers(8_000, 5, "style"), costs_of(400))[0].method.capabilities.trains


def test_nothing_fits_nowhere() -> None:
    assert advise(Answers(10, 200, "style"), costs_of(4_000)) == []
    assert advise(Answers(10_000, 200, "style"), {}) == []


@pytest.mark.parametrize("answers", [(0, 5, "style"), (8, 0, "style"), (8, 5, "anything"), (float("nan"), 5, "style")])
def test_answers_that_are_none_are_refused(ctx: Context, answers: tuple[float, int, str]) -> None:
    with pytest.raises(Fault, match=r"learn\.bad_answer"):
        learning.recommend(ctx, "reference-7b", *answers, "en")


def test_the_examples_of_the_guide_are_advice_of_the_guide(ctx: Context) -> None:
    seen = learning.overview(ctx, "reference-135m", "en")
    for example in seen["examples"]:
        asked = (example["memory_gb"], example["examples"], example["goal"])
        assert learning.recommend(ctx, "reference-135m", *asked, "en") == example["advice"]
    first = seen["examples"][0]
    assert (first["memory_gb"], first["examples"], first["goal"]) == (8, 200, "style")
    assert first["advice"][0]["method"] == "lora"


# ------------------------------------------------------------------ mends


def test_a_wrong_setting_gets_the_nearest_one_that_works(studio: tuple[Context, dict[str, Any]]) -> None:
    ctx, form = studio
    raw = form | {"method": "lora", "method_params": {"rank": 0}}
    change = spec_repair.repairs_for(ctx, raw)["method.rank"]
    assert change == {"method.rank": 1}
    estimates.plan(ctx, spec_repair.changed(raw, change))


@METHOD
def test_a_quantised_base_is_mended_where_it_cannot_be(studio: tuple[Context, dict[str, Any]], method: Method) -> None:
    ctx, form = studio
    raw = form | {"method": method.key, "training": {"quantisation": "nf4"}}
    if method.capabilities.quantised_base:
        estimates.plan(ctx, raw)
        assert spec_repair.repairs_for(ctx, raw) == {}
        return
    with pytest.raises(SpecError) as refused:
        estimates.plan(ctx, raw)
    mends = spec_repair.repairs_for(ctx, raw)
    assert mends.keys() == refused.value.faults.keys()
    for change in mends.values():
        estimates.plan(ctx, spec_repair.changed(raw, change))


def test_what_cannot_be_mended_is_left_out(studio: tuple[Context, dict[str, Any]]) -> None:
    ctx, form = studio
    raw = form | {"method": "lora", "budget": {"minutes": -1}}
    assert spec_repair.repairs_for(ctx, raw) == {}


def test_another_method_keeps_the_settings_that_are_the_objectives_own() -> None:
    raw = {"method": "full", "objective": "pretraining", "training": {"epochs": 2, "learning_rate": 5e-5, "seed": 7}}
    assert spec_repair.changed(raw, {"method": "lora"})["training"] == {"epochs": 2, "seed": 7}
    assert spec_repair.changed(raw | {"objective": "sft"}, {"method": "lora"})["training"] == {"seed": 7}
