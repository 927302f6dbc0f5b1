"""Several adapters become one: exactly their sum, or the nearest of a rank; and what cannot be merged says why."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.models.tuned.results import adapter_config
from engine.services.jobs import lifecycle
from engine.services.models import merging, tuned
from storage.job_tables import Job, JobStatus
from storage.queries import tuned_models
from storage.tables import LanguageModel, TunedModel
from tests import workers
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_other_base, add_reward_model, add_tuned
from tests.tiny import add_dataset

IDS = [[1, 300, 301, 17, 40, 200, 2, 99], [5, 6, 7, 8, 400]]


@dataclass
class World:
    ctx: Context
    base: int
    dataset: int
    parents: dict[str, int]

    @property
    def weights(self) -> Path:
        with self.ctx.db.read() as s:
            return self.ctx.settings.absolute(s.get_one(LanguageModel, self.base).path or "")

    def row(self, tuned_id: int) -> TunedModel:
        with self.ctx.db.read() as s:
            return s.get_one(TunedModel, tuned_id)

    def folder(self, tuned_id: int) -> Path:
        return self.ctx.settings.absolute(self.row(tuned_id).path)

    def merge(self, weights: dict[str, float], way: str, rank: int | None = None) -> TunedModel:
        """The model that a merge makes, by its job."""
        parents = [{"id": self.parents[name], "weight": weight} for name, weight in weights.items()]
        job_id = merging.start_merge(self.ctx, parents, way, rank=rank)
        job = workers.run_here(self.ctx)
        assert job.id == job_id
        assert job.status == JobStatus.SUCCEEDED, job.error
        assert job.result is not None
        return self.row(job.result["tuned_id"])

    def refused(self, weights: dict[str, Any], way: str = "cat", rank: int | None = None) -> str:
        parents = [{"id": self.parents[name], "weight": weight} for name, weight in weights.items()]
        with pytest.raises(Fault) as found:
            merging.start_merge(self.ctx, parents, way, rank=rank)
        return found.value.code


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    made: dict[str, dict[str, Any]] = {
        "one": {"seed": 1},
        "two": {"seed": 2},
        "root": {"seed": 3, "use_rslora": True},
        "few": {"seed": 4, "rank_pattern": {"q_proj": 4}, "alpha_pattern": {"q_proj": 3}},
        "dora": {"seed": 5, "use_dora": True},
        "bias": {"seed": 6, "bias": "lora_only"},
    }
    parents = {name: add_tuned(ctx, base, dataset, name=name, scale=0.2, **options) for name, options in made.items()}
    parents["whole"] = add_tuned(ctx, base, dataset, name="whole", method="full")
    parents["taste"] = add_reward_model(ctx, base, dataset)
    other = add_other_base(ctx)
    parents["elsewhere"] = add_tuned(ctx, other, dataset, name="elsewhere", seed=7)
    yield World(ctx, base, dataset, parents)
    ctx.db.close()


def logits(model: Any) -> Any:
    import torch

    with torch.inference_mode():
        return torch.cat([model(input_ids=torch.tensor([ids])).logits[0].double() for ids in IDS])


def loaded(world: World, folder: Path | None = None) -> Any:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(world.weights, dtype=torch.float32)
    return (base if folder is None else PeftModel.from_pretrained(base, folder)).eval()


def summed(world: World, weights: dict[str, float]) -> Any:
    """The base with the weighted changes of the adapters added to its matrices: worked out by hand, without PEFT."""
    import torch
    from safetensors.torch import load_file

    model = loaded(world)
    matrices = dict(model.named_parameters())
    for name, weight in weights.items():
        folder = world.folder(world.parents[name])
        config, state = adapter_config(folder), load_file(folder / "adapter_model.safetensors")
        for key in (key for key in state if key.endswith("lora_A.weight")):
            down, up = state[key], state[key.replace("lora_A", "lora_B")]
            path = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            alpha = config["alpha_pattern"].get(path.rsplit(".", 1)[-1], config["lora_alpha"])
            rank = math.sqrt(down.shape[0]) if config["use_rslora"] else down.shape[0]
            with torch.no_grad():
                matrices[path + ".weight"] += weight * alpha / rank * (up @ down)
    return model


@pytest.mark.parametrize(
    "weights",
    [{"one": 1.0, "two": 1.0}, {"root": 0.7, "one": -0.3}, {"few": 0.5, "root": 0.25, "two": 1.5}],
    ids=["plain", "first by the root of its rank", "ranks that differ within"],
)
def test_the_exact_way_is_the_weighted_sum(world: World, weights: dict[str, float]) -> None:
    made = world.merge(weights, "cat")
    expected, found = logits(summed(world, weights)), logits(loaded(world, world.folder(made.id)))
    assert float((expected - found).abs().max()) / max(1.0, float(expected.abs().max())) < 1e-5
    assert float((expected - logits(loaded(world))).abs().max()) > 0.1  # they change something
    told = made.lineage["merged"]
    assert {one["name"]: one["weight"] for one in told["parents"]} == weights
    assert told["rank"] == 8 * len(weights)
    assert told["agreement"] == 1.0
    assert told["difference"] < 1e-5


def test_the_compact_way_is_as_good_as_a_decomposition_of_the_sum(world: World) -> None:
    """At the full rank it is the sum; below it is what PEFT's own decomposition of the formed product says."""
    import torch
    from peft import PeftModel

    weights = {"one": 0.6, "two": 0.9}
    exact = logits(loaded(world, world.folder(world.merge(weights, "svd", rank=16).id)))
    assert torch.allclose(exact, logits(summed(world, weights)), atol=1e-4)
    made = world.merge(weights, "svd", rank=5)
    model = PeftModel.from_pretrained(loaded(world), world.folder(world.parents["one"]), adapter_name="a")
    model.load_adapter(world.folder(world.parents["two"]), adapter_name="b")
    model.base_model.add_weighted_adapter(["a", "b"], [0.6, 0.9], "c", combination_type="svd", svd_rank=5)
    model.base_model.set_adapter("c")
    found = logits(loaded(world, world.folder(made.id)))
    assert torch.allclose(found, logits(model), atol=1e-3)
    assert not torch.allclose(found, exact, atol=1e-2)
    assert made.lineage["merged"]["divergence"] > 1e-6
    assert adapter_config(world.folder(made.id))["r"] == 5


def test_averaged_matrices_are_what_peft_says(world: World) -> None:
    import torch
    from peft import PeftModel

    made = world.merge({"one": 0.5, "two": 0.5}, "linear")
    model = PeftModel.from_pretrained(loaded(world), world.folder(world.parents["one"]), adapter_name="a")
    model.load_adapter(world.folder(world.parents["two"]), adapter_name="b")
    model.base_model.add_weighted_adapter(["a", "b"], [0.5, 0.5], "c", combination_type="linear")
    model.base_model.set_adapter("c")
    assert torch.allclose(logits(loaded(world, world.folder(made.id))), logits(model), atol=1e-3)


def test_it_is_a_tuned_model_like_others(world: World) -> None:
    """Listed, shown, taken away with proof, merged again, and deleted; its parents may go before it."""
    ctx = world.ctx
    world.parents["passing"] = add_tuned(ctx, world.base, world.dataset, name="passing", seed=9, scale=0.2)
    made = world.merge({"one": 1.0, "passing": 0.5}, "svd", rank=8)
    tuned.delete_tuned(ctx, world.parents["passing"])
    seen = tuned.tuned_view(ctx, made.id)
    assert seen["name"] == "one + passing"
    assert seen["changed"] is None
    assert [one["name"] for one in seen["lineage"]["merged"]["parents"]] == ["one", "passing"]
    tuned.start_export(ctx, made.id, "adapter")
    job = workers.run_here(ctx)
    assert job.status == JobStatus.SUCCEEDED, job.error
    world.parents["again"] = made.id
    assert world.merge({"again": 1.0, "two": 0.5}, "cat").lineage["merged"]["parents"][0]["merged"]["way"] == "svd"
    tuned.rename_tuned(ctx, made.id, "Blend")
    tuned.delete_tuned(ctx, made.id)
    with ctx.db.read() as s:
        assert tuned_models.get_tuned(s, made.id) is None


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"one": 1.0}, "merging.too_few"),
        ({"one": 1.0, "two": 0}, "merging.no_weight"),
        ({"one": 1.0, "two": float("nan")}, "merging.bad_weight"),
        ({"one": 1.0, "two": float("inf")}, "merging.bad_weight"),
        ({"one": 1.0, "two": 99.0}, "merging.bad_weight"),
        ({"one": 1.0, "elsewhere": 1.0}, "merging.other_base"),
        ({"one": 1.0, "dora": 1.0}, "merging.dora"),
        ({"bias": 1.0, "one": 1.0}, "merging.further_weights"),
        ({"one": 1.0, "whole": 1.0}, "merging.no_adapter"),
        ({"one": 1.0, "taste": 1.0}, "merging.scores"),
    ],
)
def test_what_cannot_be_merged_says_why(world: World, weights: dict[str, Any], code: str) -> None:
    assert world.refused(weights) == code


def test_odd_wishes_are_refused(world: World) -> None:
    ctx, one, two = world.ctx, world.parents["one"], world.parents["two"]
    both = [{"id": one, "weight": 1.0}, {"id": two, "weight": 1.0}]
    wishes: list[tuple[list[dict[str, Any]], str, int | None, str]] = [
        ([], "cat", None, "merging.too_few"),
        ([both[0], both[0]], "cat", None, "merging.twice"),
        (both, "blend", None, "merging.unknown_way"),
        (both, "svd", 0, "merging.bad_rank"),
        (both, "svd", 17, "merging.bad_rank"),
        (both * 50, "cat", None, "merging.too_many"),
    ]
    for parents, way, rank, code in wishes:
        with pytest.raises(Fault) as found:
            merging.start_merge(ctx, parents, way, rank=rank)
        assert found.value.code == code
    with pytest.raises(NotFound):
        merging.start_merge(ctx, [both[0], {"id": 999, "weight": 1.0}], "cat")


def test_other_weights_of_the_base_and_other_ranks(world: World) -> None:
    ctx = world.ctx
    old = add_tuned(ctx, world.base, world.dataset, name="old", seed=11)
    with ctx.db.write() as s:
        s.get_one(TunedModel, old).lineage = {"base": {"weights_hash": "0" * 64}}
    world.parents |= {"old": old}
    assert world.refused({"one": 1.0, "old": 1.0}) == "merging.other_weights"
    made = world.merge({"one": 0.5, "two": 0.5}, "svd", rank=3)
    world.parents["thin"] = made.id
    assert world.refused({"one": 1.0, "thin": 1.0}, "linear") == "merging.other_ranks"


def test_fifty_at_once(world: World) -> None:
    """Their ranks add up; a compact one stays small."""
    ctx, one = world.ctx, world.row(world.parents["one"])
    names = {f"copy {number}": 0.02 for number in range(50)}
    columns = ("base_model_id", "dataset_id", "method", "format", "path", "bytes", "weights_hash")
    with ctx.db.write() as s:
        taken = len(tuned_models.list_tuned(s))
        for name in names:
            job = Job(name=name, kind="train", status=JobStatus.SUCCEEDED, lane="cpu", position=1.0, spec={})
            s.add(job)
            s.flush()
            row = TunedModel(name=name, job_id=job.id, **{column: getattr(one, column) for column in columns})
            s.add(row)
            s.flush()
            world.parents[name] = row.id
    made = world.merge(names, "svd", rank=8)
    same, found = logits(summed(world, {"one": 1.0})), logits(loaded(world, world.folder(made.id)))
    assert float((same - found).abs().max()) / max(1.0, float(same.abs().max())) < 1e-4
    with ctx.db.read() as s:
        assert len(tuned_models.list_tuned(s)) == taken + 51


def test_a_parent_that_goes_or_changes_before_the_job_runs(world: World) -> None:
    ctx = world.ctx
    for spoil, code in (("delete", "merging.gone"), ("write", "chat.damaged")):
        lost = add_tuned(ctx, world.base, world.dataset, name=f"lost {spoil}", seed=12)
        folder = world.folder(lost)
        both = [{"id": world.parents["one"], "weight": 1.0}, {"id": lost, "weight": 1.0}]
        merging.start_merge(ctx, both, "cat")
        if spoil == "delete":
            tuned.delete_tuned(ctx, lost)
        else:
            file = folder / "adapter_model.safetensors"
            raw = bytearray(file.read_bytes())
            raw[-5] ^= 1
            file.write_bytes(raw)
        job = workers.run_here(ctx)
        assert job.status == JobStatus.FAILED
        assert job.error is not None
        assert job.error["code"] == code
        assert not list((ctx.settings.home / "tuned").glob(f"*{job.id}-*"))
        assert merging.merge_view(ctx, job.id)["tuned_id"] is None


def test_the_same_wish_twice_is_one_job_and_a_cancel_leaves_nothing(world: World) -> None:
    ctx = world.ctx
    both = [{"id": world.parents["one"], "weight": 0.3}, {"id": world.parents["two"], "weight": 1.0}]
    first = merging.start_merge(ctx, both, "cat")
    assert merging.start_merge(ctx, both, "cat") == first
    lifecycle.cancel_job(ctx, first)
    assert workers.row(ctx, first).status == JobStatus.CANCELLED
    assert merging.merge_view(ctx, first)["status"] == "cancelled"


def test_the_page_names_what_can_be_merged_and_why_the_rest_cannot(world: World) -> None:
    (here,) = [one for one in merging.merge_bases(world.ctx) if one["id"] == world.base]
    found = {one["name"]: one for one in here["models"]}
    assert found["one"]["rank"] == 8
    refused = {name: one["refused"]["code"] for name, one in found.items() if one["refused"]}
    assert refused["whole"] == "merging.no_adapter"
    assert refused["dora"] == "merging.dora"
    assert json.dumps(here)
