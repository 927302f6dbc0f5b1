"""A broken export fails its proof: real files, the real process of a foreign reader, a tiny real model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.core.errors import Fault
from engine.exports import format_of
from engine.exports.common.declaration import EXACT, ExportSource
from engine.exports.proof.plain import PLAIN
from engine.exports.proof.proving import prove
from engine.exports.proof.trained_base import read_trained
from engine.exports.proof.verdict import reasons
from engine.exports.writing.opening import open_shop
from engine.methods import method_of
from engine.models.base.download_progress import ByteProgress
from engine.training.heads.scalar import ScalarHead
from storage.tables import Dataset, LanguageModel, TunedModel
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_result, add_tuned
from tests.integration.test_export import World, train_on_four_bits
from tests.model_files import hash_of_folder
from tests.tiny import add_dataset

pytestmark = pytest.mark.slow


class Quiet(ByteProgress):
    """Progress that nobody hears of."""

    def __init__(self) -> None:
        self.reporter: Any = self
        self._done = self._total = 0

    def phase(self, name: str, total: int = 0) -> None:
        """A phase begins."""

    def at(self, done: int) -> None:
        """So far."""

    def event(self, *_said: Any, **_params: Any) -> None:
        """Something to say."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    yield World(ctx, base, dataset, ctx.settings.home / "models" / "tiny" / "weights")
    ctx.db.close()


def source_of(world: World, tuned: int) -> ExportSource:
    with world.ctx.db.read() as s:
        row = s.get_one(TunedModel, tuned)
        return ExportSource(
            world.ctx, row, s.get_one(LanguageModel, row.base_model_id), world.ctx.settings.absolute(row.path)
        )


@dataclass
class Export:
    """A sound export with what the tuned model says, to be broken."""

    source: ExportSource
    folder: Path
    facts: dict[str, Any]
    aside: Path

    def proved(self, folder: Path, base: Path | None = None) -> dict[str, Any]:
        truth = self.source.shop.truth
        assert truth is not None
        numbers = self.facts.get("numbers")
        return prove(PLAIN, folder, base, truth, EXACT, self.aside / "scratch", Quiet(), numbers)

    def copy(self, target: Path) -> Path:
        shutil.copytree(self.folder, target)
        return target


def made(world: World, tuned: int, form: str, aside: Path) -> Export:
    source = source_of(world, tuned)
    source = replace(source, shop=open_shop(source, aside / "truth", Quiet(), proved=True))
    (aside / form).mkdir()
    facts = format_of(form).write(source, {}, aside / form, Quiet())
    return Export(source, aside / form, facts, aside)


@pytest.fixture(scope="module")
def merged(world: World, tmp_path_factory: pytest.TempPathFactory) -> Export:
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Sound", seed=31)
    return made(world, tuned, "merged", tmp_path_factory.mktemp("merged"))


def test_a_sound_export_passes_and_its_answers_are_all_there(merged: Export) -> None:
    proof = merged.proved(merged.folder)
    assert (proof["passed"], proof["failed"]) == (True, [])
    assert (proof["prompts"], proof["same_answers"]) == (20, 20)
    assert proof["held_out"] == 4
    assert proof["places"] > 100
    assert set(proof["formats"]) == {"F32"}
    assert {"question", "before", "now", "same", "held_out"} <= proof["answers"][0].keys()


def _flip(folder: Path) -> None:
    """One tensor upside down, as a wrong layout leaves it."""
    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.0.self_attn.q_proj.weight"] = tensors["model.layers.0.self_attn.q_proj.weight"].flip(0)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _other_template(folder: Path) -> None:
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text(encoding="utf-8").replace("<|im_start|>", "<|start|>", 1), encoding="utf-8")


def _no_end(folder: Path) -> None:
    file = folder / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"eos_token_id": 0}))


BROKEN: dict[str, tuple[Callable[[Path], None], set[str], str]] = {
    "a flipped tensor": (_flip, {"numbers", "divergence", "divergence_99", "agreement"}, "numbers that were written"),
    "a wrong template": (_other_template, {"template"}, "chat template"),
    "a missing end": (_no_end, {"ends"}, "ends an answer"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_export_fails_its_proof_and_says_why(merged: Export, tmp_path: Path, kind: str) -> None:
    spoil, expected, said = BROKEN[kind]
    folder = merged.copy(tmp_path / "broken")
    spoil(folder)
    proof = merged.proved(folder)
    assert not proof["passed"]
    assert expected <= set(proof["failed"])
    assert said in reasons(proof).in_("en")
    assert "{" not in reasons(proof).in_("zh")


def test_what_the_library_cannot_read_is_said_with_its_own_words(merged: Export, tmp_path: Path) -> None:
    folder = merged.copy(tmp_path / "cut")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(Fault, match=r"export\.unreadable"):
        merged.proved(folder)


def test_without_rows_twenty_questions_of_our_own_are_asked(world: World, tmp_path: Path) -> None:
    gone = add_dataset(world.ctx, name="Gone")
    tuned = add_tuned(world.ctx, world.base, gone, name="No rows", seed=32)
    with world.ctx.db.write() as s:
        s.get_one(Dataset, gone).rows_path = "datasets/nowhere.jsonl"
    export = made(world, tuned, "merged", tmp_path)
    proof = export.proved(export.folder)
    assert (proof["passed"], proof["held_out"], proof["right_before"]) == (True, 0, 0)
    assert proof["prompts"] >= 10
    assert proof["places"] > 0
    broken = export.copy(tmp_path / "broken")
    _flip(broken)
    assert "divergence" in export.proved(broken)["failed"]


@pytest.mark.parametrize("method", ["prefix_tuning", "prompt_tuning", "p_tuning"])
def test_virtual_tokens_are_read_by_peft_and_answer_as_their_logits_say(
    world: World, tmp_path: Path, method: str
) -> None:
    """PEFT puts them in front; its `generate` says what the likeliest tokens are, one after the other."""
    from engine.exports.writing.merging import with_result
    from engine.serving.runtime.loading import load_model

    tuned = add_result(world.ctx, world.base, world.dataset, method_of(method))
    export = made(world, tuned, "adapter", tmp_path)
    proof = export.proved(export.folder, world.weights)
    assert (proof["passed"], proof["failed"]) == (True, [])
    assert proof["same_answers"] == proof["prompts"] == 20
    truth = json.loads((tmp_path / "truth" / "truth.json").read_text(encoding="utf-8"))
    model = with_result(load_model(world.weights, "fp32", "cpu"), export.source.folder)
    prompt = truth["prompts"][0]
    ids = list(prompt["ids"])
    with torch.inference_mode():
        for expected in prompt["answer"][:12]:
            found = int(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax())
            assert found == expected
            ids.append(found)


def test_a_reward_model_is_held_against_its_scores(world: World, tmp_path: Path) -> None:
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Scores", seed=33)
    source = source_of(world, tuned)
    head = ScalarHead(64)
    torch.manual_seed(2)
    torch.nn.init.normal_(head.weight)
    state = {name: tensor.detach() for name, tensor in head.state_dict().items()}
    save_file(state, source.folder / "head.safetensors")
    with world.ctx.db.write() as s:
        s.get_one(TunedModel, tuned).weights_hash = hash_of_folder(source.folder)
    export = made(world, tuned, "adapter", tmp_path)
    proof = export.proved(export.folder, world.weights)
    assert (proof["passed"], proof["failed"]) == (True, [])
    assert proof["scores_apart"] < 1e-4
    broken = export.copy(tmp_path / "broken")
    save_file({**state, "weight": state["weight"].flip(1)}, broken / "head.safetensors")
    assert export.proved(broken, world.weights)["failed"] == ["scores"]


def test_a_result_of_four_bits_says_how_far_it_is_from_its_training(world: World, tmp_path: Path) -> None:
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Four bits", method="qlora", seed=34)
    train_on_four_bits(world, tuned)
    with world.ctx.db.write() as s:
        row = s.get_one(TunedModel, tuned)
        row.lineage = {**row.lineage, "spec": {"training": {"quantisation": "nf4"}}}
    export = made(world, tuned, "merged", tmp_path)
    assert export.proved(export.folder)["passed"]
    told = read_trained(export.source.shop.truth)
    assert 0 < told["trained_divergence"] < 5
    assert 0 < told["trained_agreement"] <= 1
    assert told["trained_format"] == "nf4"
