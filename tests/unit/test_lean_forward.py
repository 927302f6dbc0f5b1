"""The quick way says what the model's own pass says, for every number of rows, with adapters of all shapes; else it is not taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn.functional import linear

from engine.serving.protocol import BASE
from engine.serving.runtime.adapted_model import SharedBase
from engine.serving.runtime.lean import products
from engine.serving.runtime.lean.trial import stacked
from engine.serving.runtime.loading import load_model
from tests import tiny
from tests.integration.chat_models import stir

SHAPES: tuple[dict[str, Any], ...] = (
    {"r": 8, "lora_alpha": 16, "target_modules": "all-linear"},
    {"r": 3, "lora_alpha": 7, "target_modules": ["q_proj", "down_proj", "lm_head"], "use_rslora": True},
    {"r": 2, "lora_alpha": 4, "target_modules": ["v_proj", "up_proj"], "rank_pattern": {"up_proj": 5}, "alpha_pattern": {"v_proj": 1}},
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stir(tiny.write_model(tmp_path_factory.mktemp("lean") / "base", family="qwen2", tied=False))


@pytest.fixture(scope="module")
def adapters(base: Path) -> list[Path]:
    made = []
    for number, shape in enumerate(SHAPES):
        torch.manual_seed(number)
        tuned: Any = get_peft_model(load_model(base, "fp32", "cpu"), LoraConfig(task_type="CAUSAL_LM", **shape))
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.3)
        made.append(base.parent / f"adapter-{number}")
        tuned.save_pretrained(made[-1], save_embedding_layers=False)
    return made


@pytest.fixture(scope="module")
def trunk(base: Path, adapters: Sequence[Path]) -> SharedBase:
    found = SharedBase(load_model(base, "fp32", "cpu"))
    for number, folder in enumerate(adapters):
        found.add(f"tuned-{number}", str(folder))
    return found


def text(number: int) -> list[int]:
    """Tokens of a row; lengths differ."""
    generator = torch.Generator().manual_seed(number)
    found: list[int] = torch.randint(20, tiny.VOCABULARY, (9 + 3 * number,), generator=generator).tolist()
    return found


@torch.inference_mode()
def quickly(trunk: SharedBase, keys: Sequence[str]) -> torch.Tensor:
    """Scores of the rows' last tokens, read together after all that is before them was read alone."""
    caches, lengths, lasts = [], [], []
    for number, key in enumerate(keys):
        cache, before = trunk.open(key)
        ids = text(number)
        trunk.forward([key], **trunk.inputs.of(torch.tensor([ids[:-1]]), cache, before), **trunk.inputs.last_only)
        caches.append(cache)
        lengths.append(len(ids) - 1)
        lasts.append(ids[-1:])
    inputs = trunk.inputs.padded(torch.tensor(lasts), stacked(caches, lengths), lengths, max(lengths))
    found: torch.Tensor = trunk.forward(keys, **inputs, **trunk.inputs.last_only).logits[:, -1]
    return found


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8])
def test_rows_with_adapters_of_their_own_have_the_scores_of_each_model_alone(
    trunk: SharedBase, base: Path, adapters: Sequence[Path], rows: int
) -> None:
    keys = [("tuned-1", BASE, "tuned-0", "tuned-2")[number % 4] for number in range(rows)]
    models: dict[str, Any] = {BASE: load_model(base, "fp32", "cpu")}
    for number, folder in enumerate(adapters):
        models[f"tuned-{number}"] = PeftModel.from_pretrained(load_model(base, "fp32", "cpu"), folder).eval()
    with torch.inference_mode():
        expected = torch.cat(
            [models[key](input_ids=torch.tensor([text(n)])).logits[:, -1] for n, key in enumerate(keys)]
        )
    assert trunk.quick
    assert torch.allclose(quickly(trunk, keys), expected, atol=1e-4 * float(expected.abs().max()))


def test_a_row_has_the_same_numbers_alone_and_beside_three_others() -> None:
    """Products come in blocks of four rows: company changes no bit of them."""
    x = torch.randn(4, 64)
    weights = [torch.randn(40, 64), torch.randn(24, 64)]
    alone = torch.cat([x[:1], torch.zeros(3, 64)])
    assert torch.equal(products.product(x, weights)[0], products.product(alone, weights)[0])


@pytest.mark.parametrize("rows", [4, 8, 12, 33])
def test_products_are_products(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, weights = torch.randn(rows, 64), [torch.randn(40, 64), torch.randn(24, 64)]
    expected = torch.cat([linear(x, weight) for weight in weights], dim=-1)
    for stays in (1, 1 << 20):  # larger than the processor's cache, and smaller
        monkeypatch.setattr(products, "_STAYS", stays)
        assert torch.allclose(products.product(x, weights), expected, atol=1e-4)


@pytest.mark.parametrize(("family", "taken"), [("llama", True), ("qwen2", True), ("gpt_neox", False)])
def test_what_is_built_otherwise_goes_through_its_own_pass(tmp_path: Path, family: str, taken: bool) -> None:
    assert SharedBase(load_model(tiny.write_model(tmp_path, family=family), "fp32", "cpu")).quick is taken


def test_a_model_that_says_something_else_than_its_parts_is_found_out(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a family would that has all these parts and puts them together in another way."""
    model = load_model(base, "fp32", "cpu")
    own = type(model.model.layers[1]).forward

    def halved(self: Any, *args: Any, **inputs: Any) -> Any:
        return own(self, *args, **inputs) * 0.5

    monkeypatch.setattr(type(model.model.layers[1]), "forward", halved)
    assert not SharedBase(model).quick
