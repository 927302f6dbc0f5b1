"""A model whose template or tokenizer loops or grows for some rows: each page says so in time, and other models work on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.templates.isolated import pool as pools
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.isolated.limits import ChildLimits
from engine.objectives import usual_objective
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import Setup, make_asks, sides_of
from engine.services.data import report, row_lengths, row_tokens
from engine.services.data.fit import fit_of
from engine.services.planning import estimates
from engine.training.batches.examples import load_examples
from storage.tables import LanguageModel
from tests import tiny
from webui.i18n import error_text

_ROW_S = 0.5
_LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
ATTACKS = {"loops": _LOOP, "grows": "{{ 'a' * 2000000000 }}"}


@pytest.fixture
def evil(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], tuple[int, int, int]]]:
    """(a model that is well with other questions than those of the data, a good one, the data)"""
    made = pools.Pool(ChildLimits(row_s=_ROW_S, memory_bytes=400_000_000, pause_s=0.0))
    monkeypatch.setattr(pools, "_pool", made)

    def make(kind: str) -> tuple[int, int, int]:
        bad, good = (tiny.add_config(ctx, _CONFIG, name) for name in ("Evil", "Good"))
        folder = ctx.settings.home / "models" / "Evil" / "tokenizer"
        tiny.write_tokenizer(
            folder, "{% if 'kettle' in messages[0].content %}" + ATTACKS[kind] + "{% endif %}" + tiny.CHATML
        )
        rows = [{"id": n, **row} for n, row in enumerate(tiny.chat_rows(60, seed=3))]
        rows[0] |= _first(rows[0])
        return bad, good, tiny.add_dataset(ctx, rows)

    yield make
    made.close()


_CONFIG = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
           "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": tiny.VOCABULARY}  # fmt: skip
Ask = Callable[[Context, int, int], Any]


def _first(row: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Where is the kettle?"}, row["messages"][1]]}


def _spec(model: int, data: int) -> dict[str, Any]:
    return {"base_model": model, "dataset": data, "method": "lora", "name": "A"}


def _asked(ctx: Context, model: int, _data: int) -> Any:
    with ctx.db.read() as s:
        base = s.get_one(LanguageModel, model)
    setup = Setup(0, base, (), read_chat_settings(None), sides_of(base, ()))
    return make_asks(ctx, setup, (), "Where is the kettle?", 1)


def _training(ctx: Context, model: int, data: int) -> Any:
    with ctx.db.read() as s:
        base = s.get_one(LanguageModel, model)
    folder = ctx.settings.absolute(str(base.tokenizer_path))
    rows = [{"split": split, "line": 1, **_first(row)} for split in ("train", "val") for row in tiny.chat_rows(4)]
    training = {"train_on": "assistant", "max_length": 512, "over_length": "truncate"}
    out = ctx.settings.folder("examples", str(time.monotonic_ns()))
    return load_examples(rows, open_template(folder, base.name), usual_objective(), training, Path(out))


PAGES: dict[str, Ask] = {
    "preview of rows": lambda ctx, model, data: row_tokens.row_tokens(ctx, data, [0], model),
    "lengths": lambda ctx, model, data: row_lengths.measure_tokens(ctx, data, model),
    "report": lambda ctx, model, data: report.token_report(ctx, data, model),
    "template check": lambda ctx, model, data: report.template_report(ctx, data, model),
    "plan": lambda ctx, model, data: estimates.plan(ctx, _spec(model, data)),
    "examples": lambda ctx, model, data: estimates.token_preview(ctx, _spec(model, data)),
    "chat": _asked,
    "training": _training,
}


SAME = {"loops": ("lengths", "template check", "examples"), "grows": ()}  # the same call as another page's: each waits
COUNTED = {
    "loops": (),
    "grows": ("lengths", "plan"),
}  # where a row that the template cannot take is counted among others


@pytest.mark.parametrize("kind", ATTACKS)
def test_each_page_says_so_and_other_models_work_on(
    ctx: Context, evil: Callable[[str], tuple[int, int, int]], kind: str
) -> None:
    bad, good, data = evil(kind)
    for name, page in PAGES.items():
        if name in SAME[kind]:
            continue
        begun = time.monotonic()
        fault = None if name in COUNTED[kind] else _fault(page, ctx, bad, data)
        if fault is None:
            page(ctx, bad, data)
        assert time.monotonic() - begun < _ROW_S + 4, name
        page(ctx, good, data)
        if fault is None:
            continue
        assert fault.code == ("template.too_slow" if kind == "loops" else "template.needs_memory"), name
        for lang in ("en", "zh"):
            assert "Evil" in error_text(lang, fault), name
    if kind == "loops":
        (found,) = fit_of(ctx, data, bad)["findings"]
        assert (found["code"], found["level"]) == ("template.too_slow", "danger")
        assert found["ways"][0]["label"] == "Good"
    assert fit_of(ctx, data, good)["findings"] == []


def _fault(page: Ask, ctx: Context, model: int, data: int) -> Fault:
    """Raised, or told of the row."""
    try:
        found = page(ctx, model, data)
    except Fault as fault:
        return fault
    told = found[0]["error"] if isinstance(found, list) else found.get("reason") if "reason" in found else found
    assert told
    return Fault(told["code"], **told["params"])
