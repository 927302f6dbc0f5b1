"""Results beside a base: virtual tokens are what PEFT computes, swapped numbers leave no trace, rows of a batch are as alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import save_file

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.evaluation import sampling
from engine.methods import METHODS
from engine.methods.common.declaration import Method, RunContext
from engine.models.tuned.deltas import Delta
from engine.models.tuned.virtual_tokens import VirtualTokens
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model
from engine.training.forward.forward import Padded
from engine.training.loop.weights import save_result
from tests import methods, tiny
from tests.integration.chat_models import stir, write_adapter
from tests.zoo import representatives
from tests.zoo.keeper import ZooKeeper

VIRTUAL = [method for method in METHODS if method.family == "prompt"]
FAMILIES = ("llama", "gpt_neox", "qwen2")  # in every run; the zoo's models in those of the zoo
EVERY_FAMILY = [*FAMILIES, *(pytest.param(model.key, marks=pytest.mark.zoo) for model in representatives())]
SLIDING = "gemma-3"  # windows that are shorter than the prompts here
IDS = torch.tensor([[5, 100, 200, 300, 7, 42]])


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Bases(dict[str, Path]):
    """Folders by family; those of the zoo are made when they are asked for."""

    def __init__(self, folder: Path, zoo: ZooKeeper) -> None:
        super().__init__()
        self._folder, self._zoo = folder, zoo

    def __missing__(self, family: str) -> Path:
        ours = family in FAMILIES
        made = (
            stir(tiny.write_model(self._folder / family, family=family, tied=False))
            if ours
            else self._zoo.plain(family)
        )
        self[family] = made
        return made


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory, zoo: ZooKeeper) -> dict[str, Path]:
    return Bases(tmp_path_factory.mktemp("bases"), zoo)


def _skip_refused(base: Path, method: Method) -> None:
    if reason := methods.Case(method).refused(base):
        pytest.skip(str(reason))


def saved(base: Path, folder: Path, method: Method, **raw: Any) -> Path:
    """The method's result without any training: its start. Skips where the method is refused."""
    _skip_refused(base, method)
    model = methods.applied(base, method, folder / "scratch", **raw)
    _values, training = methods.settings_of(method, **raw)
    save_result(model, method, folder, RunContext(1, training, folder / "scratch", base))
    return folder


@pytest.mark.parametrize("dtype", ["fp32", "nf4"])
@pytest.mark.parametrize("family", EVERY_FAMILY)
@pytest.mark.parametrize("method", VIRTUAL, ids=lambda method: method.key)
def test_an_opened_cache_answers_as_pefts_own_forward(
    bases: dict[str, Path], tmp_path: Path, method: Method, family: str, dtype: str
) -> None:
    folder = saved(bases[family], tmp_path / "result", method)
    own = PeftModel.from_pretrained(load_model(bases[family], dtype, "cpu"), folder).eval()
    trunk = SharedBase(load_model(bases[family], dtype, "cpu"))
    before = trunk._fingerprint(BASE)
    trunk.add("it", str(folder))
    with torch.inference_mode():
        expected = own(input_ids=IDS, attention_mask=torch.ones_like(IDS), use_cache=False).logits[:, -IDS.shape[1] :]
        cache, length = trunk.open("it")
        first = trunk.forward(["it"], input_ids=IDS[:, :4], past_key_values=cache, use_cache=True).logits
        rest = trunk.forward(["it"], input_ids=IDS[:, 4:], past_key_values=cache, use_cache=True).logits
    assert length == 20
    assert torch.allclose(torch.cat([first, rest], dim=1), expected, atol=1e-5)
    assert torch.equal(trunk._fingerprint(BASE), before)
    assert "it" not in trunk.silent


@pytest.mark.parametrize("family", [*EVERY_FAMILY, pytest.param(SLIDING, id=f"{SLIDING} in every run")])
@pytest.mark.parametrize("method", VIRTUAL, ids=lambda method: method.key)
def test_padded_sample_answers_are_what_each_question_gets_alone(
    bases: dict[str, Path], tmp_path: Path, method: Method, family: str
) -> None:
    _skip_refused(bases[family], method)
    template = ChatTemplate.load(bases[family])
    model = methods.applied(bases[family], method, tmp_path).eval()
    texts = ("Hello", "Tell me about the lantern, the kettle and the tower.", "你好")
    prompts = [sampling.Prompt(t, template.encode_prompt([{"role": "user", "content": t}]), None) for t in texts]
    assert len({len(prompt.ids) for prompt in prompts}) > 1
    found = sampling.answer(model, prompts, template, 512, nullcontext, 10)
    for prompt, text in zip(prompts, found, strict=True):
        ids = torch.tensor([prompt.ids])
        with torch.no_grad():
            for _ in range(10):
                token = model(input_ids=ids, use_cache=False).logits[:, -1].argmax(-1)
                if int(token) in template.eos_ids:
                    break
                ids = torch.cat([ids, token[None]], dim=1)
        assert text == template.answer_text(ids[0, len(prompt.ids) :].tolist())


def test_text_and_vocabulary_starts_are_vectors_of_the_model(bases: dict[str, Path], tmp_path: Path) -> None:
    method = next(method for method in VIRTUAL if "start" in {param.key for param in method.params})
    words = load_model(bases["llama"], "fp32", "cpu").get_input_embeddings().weight
    for start, text in (("vocabulary", ""), ("text", "the kettle")):
        model = methods.applied(bases["llama"], method, tmp_path, start=start, text=text or "x", virtual_tokens=6)
        vectors = model.prompt_encoder["default"].embedding.weight
        same = (vectors[:, None] == words[None]).all(dim=-1)
        assert same.any(dim=1).all()
        if text:
            ids = ChatTemplate.load(bases["llama"]).tokenizer.encode(text).ids
            assert same.int().argmax(dim=1).tolist() == (ids * 6)[:6]


# ---------------------------------------------------------------- replaced numbers


def delta_of(model: Any, folder: Path) -> Path:
    """One whole tensor and a few numbers of another."""
    folder.mkdir(parents=True, exist_ok=True)
    layer = "model.layers.1.mlp.down_proj.weight"
    sparse = "model.layers.0.self_attn.q_proj.weight"
    parameters = dict(model.named_parameters())
    index = torch.tensor([0, 77, 4095])
    tensors = {
        layer: parameters[layer].detach() + 0.5,
        f"{sparse}::index": index,
        f"{sparse}::value": torch.tensor([3.0, -3.0, 1.5]),
    }
    save_file(tensors, folder / "delta.safetensors")
    return folder


def test_swapped_numbers_are_gone_without_a_trace(bases: dict[str, Path], tmp_path: Path) -> None:
    model = load_model(bases["llama"], "fp32", "cpu")
    folder = delta_of(model, tmp_path)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trunk = SharedBase(model)
    trunk.add("it", str(folder))
    settled = load_model(bases["llama"], "fp32", "cpu")
    Delta.read(settled, folder).settle()
    with torch.inference_mode():
        spoken = trunk.forward(["it"], input_ids=IDS).logits
        assert torch.equal(spoken, settled(input_ids=IDS).logits)
        assert not torch.equal(spoken, trunk.forward([BASE], input_ids=IDS).logits)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    with pytest.raises(IndexError):
        trunk.forward(["it"], input_ids=torch.tensor([[10**6]]))  # fails in the middle of its turn
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(
    "tensors",
    [
        {"model.layers.9.mlp.up_proj.weight": torch.zeros(2)},
        {"model.norm.weight": torch.zeros(3)},
        {"model.norm.weight::index": torch.tensor([64]), "model.norm.weight::value": torch.zeros(1)},
    ],
    ids=["name", "size", "place"],
)
def test_numbers_of_another_base_are_refused(
    bases: dict[str, Path], tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    save_file(tensors, tmp_path / "delta.safetensors")
    with pytest.raises(Fault, match=r"chat\.delta_foreign"):
        SharedBase(load_model(bases["llama"], "fp32", "cpu")).add("it", str(tmp_path))


# ---------------------------------------------------------------- one batch


def test_rows_of_a_mixed_batch_say_what_they_say_alone(bases: dict[str, Path], tmp_path: Path) -> None:
    """Base, LoRA and virtual tokens share a batch; a replaced tensor takes turns with it."""
    base, template = bases["llama"], ChatTemplate.load(bases["llama"])
    trunk = SharedBase(load_model(base, "fp32", "cpu"))
    trunk.add("lora", str(write_adapter(base, tmp_path / "lora")))
    for method in VIRTUAL:
        trunk.add(method.key, str(saved(base, tmp_path / method.key, method)))
    trunk.add("delta", str(delta_of(load_model(base, "fp32", "cpu"), tmp_path / "delta")))
    keys = (BASE, "lora", *(method.key for method in VIRTUAL), "delta")
    together = spoken(trunk, template, keys)
    alone = {key: spoken(trunk, template, (key,))[key] for key in keys}
    assert together == alone
    assert len(set(together.values())) == len(keys)
    assert {trunk.company(key) for key in keys[:-1]} == {"together"}
    assert trunk.company("delta") is None
    for key in keys[1:]:
        trunk.drop(key)
    assert trunk.adapters == ()
    assert spoken(trunk, template, (BASE,)) == {BASE: together[BASE]}


def spoken(trunk: SharedBase, template: ChatTemplate, keys: tuple[str, ...]) -> dict[str, str]:
    ids = {key: template.encode_prompt([{"role": "user", "content": "Hello " * (1 + i)}]) for i, key in enumerate(ALL)}
    asks = tuple(Ask(key, key, tuple(ids[key]), 7, 16) for key in keys)
    plan = ResidentModels("x", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
    events: list[dict[str, Any]] = []
    generate(
        Request(1, plan, asks), {key: AdaptedModel(trunk, key) for key in keys}, template, lambda: False, events.append
    )
    return {event["side"]: event["text"] for event in events if event["event"] == "side"}


ALL = (BASE, "lora", *(method.key for method in VIRTUAL), "delta")


@pytest.mark.parametrize("method", VIRTUAL, ids=lambda method: method.key)
def test_groups_of_a_step_count_the_tokens_in_front(bases: dict[str, Path], tmp_path: Path, method: Method) -> None:
    """Those that go through all layers take as much memory as text; keys and values of a prefix hardly any."""
    model = methods.applied(bases["llama"], method, tmp_path, virtual_tokens=40)
    through_all = not VirtualTokens.of(model).per_layer  # type: ignore[union-attr]
    rows = methods.rows(6, 0, new=False)
    longest = max(map(len, rows))
    groups = Padded(model).groups(rows, 2 * longest)
    assert sum(map(len, groups)) == len(rows)
    assert (max(map(len, groups)) == 1) == through_all
