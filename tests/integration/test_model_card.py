"""The card in every export: a hub reads it, people learn the facts, and nothing private is in it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from huggingface_hub import ModelCard

from engine.core.context import Context
from engine.exports import offered
from engine.exports.card.card import whole_card
from engine.exports.card.facts import gathered
from engine.exports.card.front import _licence
from engine.exports.common.declaration import ExportSource
from engine.methods import method_of
from engine.services.models import merging, tuned
from engine.services.taking.card_evidence import evidence_of
from engine.serving.scored_texts import talks
from storage.job_tables import JobStatus, Metric
from storage.tables import Dataset, LanguageModel, TunedModel
from tests import workers
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_result, add_reward_model, add_tuned
from tests.tiny import add_dataset

SECRET = "PRIVATEWORDS"
METRICS = {
    "val_loss": 2.5, "base_val_loss": 2.0, "train_loss": 0.5, "steps": 12, "tokens": 3456,
    "answers": {"chrf": 41.5, "base_chrf": 12.25, "base_exact_match": 0.1, "exact_match": 0.5},
}  # fmt: skip


@dataclass
class World:
    ctx: Context
    base: int
    dataset: int

    def card(self, tuned_id: int) -> str:
        """The card of a result's own files, as they are."""
        with self.ctx.db.read() as s:
            row = s.get_one(TunedModel, tuned_id)
            base = s.get_one(LanguageModel, row.base_model_id)
        form = offered(method_of(row.method), row.format, scores=not talks(row))[0]
        source = ExportSource(self.ctx, row, base, self.ctx.settings.absolute(row.path))
        return whole_card(gathered(source, form, {}, source.folder, evidence_of(self.ctx, row)))

    def exported(self, tuned_id: int, form: str) -> str:
        """The README of an export, by its job."""
        tuned.start_export(self.ctx, tuned_id, form)
        job = workers.run_here(self.ctx)
        assert job.status == JobStatus.SUCCEEDED, job.error
        path, name = tuned.export_file(self.ctx, job.id)
        with zipfile.ZipFile(path) as archive:
            return archive.read(f"{name.removesuffix('.zip')}/README.md").decode()

    def tell(
        self, tuned_id: int, *, spec: dict[str, Any], metrics: dict[str, Any] | None = None, **lineage: Any
    ) -> int:
        with self.ctx.db.write() as s:
            row, data = s.get_one(TunedModel, tuned_id), s.get_one(Dataset, self.dataset)
            told = {"id": data.id, "name": data.name, "content_hash": data.content_hash}
            row.lineage, row.metrics = {"spec": spec, "dataset": told, **lineage}, metrics or METRICS
        return tuned_id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    with ctx.db.write() as s:
        row, data = s.get_one(LanguageModel, base), s.get_one(Dataset, dataset)
        row.source, row.ref = "hub", "acme/tiny-llama"
        row.config = {
            **row.config,
            "_tunesmith": {
                "hub": {
                    "kind": "huggingface",
                    "url": "https://huggingface.co",
                    "licence": "apache-2.0",
                    "languages": ["en", "multilingual"],
                }
            },
        }
        data.source_name, data.name = f"/home/ada/{SECRET}.csv", "/home/ada/Letters | <b>"
    yield World(ctx, base, dataset)
    ctx.db.close()


def test_an_adapters_card_says_what_is_known(world: World) -> None:
    spec = {
        "training": {"epochs": 7, "max_length": 64, "system_prompt": SECRET},
        "method_params": {"rank": 8, "dropout": 0.25},
    }
    made = world.tell(
        add_tuned(world.ctx, world.base, world.dataset, name="Poet | {x}", seed=1),
        spec=spec,
        starts_from={"name": "Bard"},
    )
    with world.ctx.db.write() as s:
        job = s.get_one(TunedModel, made).job_id
        s.add_all(
            [
                Metric(job_id=job, name="train_loss", step=step, value=value, at=0.0)
                for step, value in ((1, 4.0), (12, 0.5))
            ]
        )
    text = world.exported(made, "adapter")
    card: Any = ModelCard(text)
    assert card.data.base_model == "acme/tiny-llama"
    assert card.data.library_name == "peft"
    assert card.data.pipeline_tag == "text-generation"
    assert card.data.license == "apache-2.0"
    assert card.data.language == ["en"]
    assert {"tunesmith", "lora", "sft", "peft"} <= set(card.data.tags or ())
    assert card.data.to_dict()["base_model_relation"] == "adapter"
    english, chinese = card.text.split("\n---\n")
    for fact in (
        "Letters",
        "0.25",
        "| Epochs | 7 |",
        "4",
        "2.5",
        "12.25 → 41.5",
        "Bard",
        "worse than its base",
        "by heart",
        "64 tokens",
    ):
        assert fact in english, fact
    for fact in ("Letters", "0.25", "12.25 → 41.5", "Bard", "不如基座模型", "已知的局限"):
        assert fact in chinese, fact
    assert "adapter_model.safetensors" in english
    assert len(re.findall(r"[0-9a-f]{64}", english)) >= 5
    assert "peft" in english.split("## Does this export")[1]  # the library that read it
    for private in (SECRET, "/home/", "/ada", str(world.ctx.settings.home), "<b>"):
        assert private not in text, private


@pytest.mark.parametrize("method", ["bitfit", "few_shot", "full"])
def test_a_hub_reads_the_card_of_each_kind_of_result(world: World, method: str) -> None:
    made = world.tell(
        add_result(world.ctx, world.base, world.dataset, method_of(method), steps=2), spec={"training": {}}
    )
    card: Any = ModelCard(world.card(made))
    assert card.data.base_model == "acme/tiny-llama"
    assert method in (card.data.tags or ())
    assert "Known limits" in card.text
    assert "已知的局限" in card.text


def test_a_reward_models_card_says_that_it_scores(world: World) -> None:
    card: Any = ModelCard(world.card(add_reward_model(world.ctx, world.base, world.dataset)))
    assert card.data.pipeline_tag == "text-classification"
    assert "reward-model" in (card.data.tags or ())
    assert "made to fool it" in card.text


def test_a_merged_models_card_names_its_parents(world: World) -> None:
    parents = [
        add_tuned(world.ctx, world.base, world.dataset, name=name, seed=seed, scale=0.2)
        for name, seed in (("Ode", 3), ("Elegy", 4))
    ]
    merging.start_merge(world.ctx, [{"id": one, "weight": 0.5} for one in parents], "cat", name="Blend")
    job = workers.run_here(world.ctx)
    assert job.status == JobStatus.SUCCEEDED, job.error
    card: Any = ModelCard(world.card((job.result or {})["tuned_id"]))
    assert "merge" in (card.data.tags or ())
    assert "| Ode | 0.5 |" in card.text
    assert "| Elegy | 0.5 |" in card.text
    assert "never trained together" in card.text


def test_an_unknown_licence_is_told_by_its_name() -> None:
    assert _licence(None) == {}
    assert _licence("Apache-2.0") == {"license": "apache-2.0"}
    assert _licence("Tongyi Qianwen!") == {"license": "other", "license_name": "tongyi-qianwen"}
