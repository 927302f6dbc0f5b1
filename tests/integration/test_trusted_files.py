"""A base is what its hash says: what would be read instead of it, or beside it, is refused with the reason."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.text import LANGUAGES
from engine.models.base import gguf, hub, read_files
from engine.models.base.inspect import inspect_folder, read_config
from engine.models.base.integrity import change_of, intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.models.base.sound_config import read_model
from engine.models.hubs.declaration import RemoteFile
from engine.models.tuned.integrity import FILES, intact_result, result_change
from engine.services.models import base_models
from storage.tables import LanguageModel, TunedModel
from tests import tiny, training_jobs, workers
from tests.homes import new_home
from tests.model_files import edit
from webui.i18n import message

ELSEWHERE = {"peft_type": "LORA", "base_model_name_or_path": "someone/else", "r": 8, "target_modules": ["q_proj"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "mine"))


def says(name: str, **added: Any) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        file = folder / name
        content = json.loads(file.read_text()) if file.is_file() else {}
        file.write_text(json.dumps(content | added))

    return spoil


def puts(name: str, text: str = "{}") -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    return spoil


def links(name: str, *, below: str = "") -> Callable[[Path], None]:
    """A file that lies elsewhere, with the right content."""

    def spoil(folder: Path) -> None:
        outside = folder.parent / "outside"
        outside.mkdir(exist_ok=True)
        file = folder / below / name
        file.parent.mkdir(exist_ok=True)
        (outside / name).write_bytes(file.read_bytes() if file.is_file() else b"{}")
        file.unlink(missing_ok=True)
        file.symlink_to(outside / name)

    return spoil


def fifo(folder: Path) -> None:
    (folder / "generation_config.json").unlink(missing_ok=True)
    os.mkfifo(folder / "generation_config.json")


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Fault) as caught:
        call()
    for language in LANGUAGES:
        assert not re.search(r"\{[a-z_]+\}", message(language, caught.value.code, caught.value.params))
    return caught.value.code


ODD: list[tuple[Callable[[Path], None], str]] = [
    (puts("adapter_config.json", json.dumps(ELSEWHERE)), "model.foreign_adapter"),
    (puts("Adapter_Config.json"), "model.foreign_adapter"),
    (puts("adapter_model.bin", "pickle"), "model.foreign_adapter"),
    (puts("shard-00000-model-00001-of-00001.safetensors", ""), "model.other_checkpoint"),
    (puts("custom_generate/generate.py", "print()"), "model.own_code"),
    (links("config.json"), "model.link_outside"),
    (links("tokenizer.json"), "model.link_outside"),
    (links("model.safetensors"), "model.link_outside"),
    (links("default.jinja", below="additional_chat_templates"), "model.link_outside"),
    (lambda folder: (folder / "merges.txt").symlink_to("/dev/zero"), "model.link_outside"),
    (lambda folder: (folder / "loop.json").symlink_to("loop.json"), "model.link_outside"),
    (fifo, "model.file_strange"),
    (says("config.json", attn_implementation="sdpa"), "model.chooses_code"),
    (says("config.json", _attn_implementation="kernels-community/flash-attn"), "model.chooses_code"),
    (says("config.json", text_config={"attn_implementation": {"": "someone/kernel"}}), "model.chooses_code"),
    (says("config.json", vision_config={"deep": [{"_experts_implementation": "x"}]}), "model.chooses_code"),
    (says("config.json", experts_implementation="grouped_mm"), "model.chooses_code"),
    (says("config.json", kernel_config={"RMSNorm": "someone/norm:Norm"}), "model.chooses_code"),
    (says("config.json", use_kernels=True), "model.chooses_code"),
    (says("config.json", my_kernel="someone/norm"), "model.chooses_code"),
    (says("config.json", fusion_config={"patch": True}), "model.chooses_code"),
    (says("generation_config.json", compile_config={"backend": "x"}), "model.chooses_code"),
    (says("generation_config.json", custom_generate="someone/generate"), "model.own_code"),
    (says("generation_config.json", cache_implementation="someone/cache"), "model.foreign_class"),
    (says("config.json", trust_remote_code=True), "model.own_code"),
    (says("config.json", custom_pipelines={"p": {"impl": "x.y"}}), "model.own_code"),
    (says("processor_config.json", auto_map={"AutoProcessor": "evil.P"}), "model.own_code"),
    (says("special_tokens_map.json", auto_map=["a.b"]), "model.own_code"),
    (says("config.json", text_config={"quantization_config": {"quant_method": "someone/q"}}), "model.quantised"),
    (says("config.json", transformers_weights="other.safetensors"), "model.names_file"),
    (says("config.json", configuration_files=["config.4.0.0.json"]), "model.names_file"),
    (says("config.json", backbone="resnet50"), "model.names_file"),
    (says("tokenizer_config.json", fast_tokenizer_files=["tokenizer.4.0.json"]), "model.names_file"),
    (says("tokenizer_config.json", vocab_file="/etc/passwd"), "model.names_file"),
    (says("tokenizer_config.json", init_inputs=["/etc/passwd"]), "model.names_file"),
    (says("tokenizer_config.json", tokenizer_class="evil.module.Tokenizer--x"), "model.foreign_class"),
    (says("config.json", model_type="../llama"), "model.foreign_class"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "code"), ODD)
def test_a_folder_that_leads_elsewhere_is_refused_before_anything_is_loaded(
    folder: Path, spoil: Callable[[Path], None], code: str
) -> None:
    spoil(folder)
    assert code_of(lambda: read_config(folder)) == code
    assert code_of(lambda: read_model(folder, "cpu")) == code


BEYOND: list[dict[str, Any]] = [
    {"num_hidden_layers": 10**9}, {"hidden_size": 10**20}, {"text_config": {"intermediate_size": 10**30}}, {"n_layer": 1e300},
]  # fmt: skip


@pytest.mark.parametrize("said", BEYOND)
def test_sizes_that_the_weights_cannot_hold_are_refused(folder: Path, said: dict[str, Any]) -> None:
    says("config.json", **said)(folder)
    assert code_of(lambda: inspect_folder(folder)) == "model.size_beyond"
    assert code_of(lambda: read_model(folder, "cpu")) == "model.size_beyond"


def test_a_context_that_no_database_holds_is_none(folder: Path) -> None:
    says("config.json", max_position_embeddings=10**30)(folder)
    assert inspect_folder(folder).context_length is None


def test_settings_that_say_nothing_and_sizes_of_convolutions_are_taken(folder: Path) -> None:
    harmless: dict[str, Any] = {
        "_attn_implementation": None, "_attn_implementation_autoset": True, "auto_map": {}, "conv_kernel": 4, "use_mamba_kernels": True,
        "linear_conv_kernel_dim": 4, "kernel_size": [3, 3], "cache_implementation": "hybrid", "quantization_config": None,
        "_name_or_path": "/somewhere/else", "attn_config": {"attn_impl": "torch"}, "use_kernels": False,
    }  # fmt: skip
    says("config.json", **harmless)(folder)
    says("tokenizer_config.json", name_or_path="../x", special_tokens_map_file="/root/x.json", tokenizer_file=None)(
        folder
    )
    (folder / "notes").symlink_to(folder.parent, target_is_directory=True)
    (folder / "again.json").symlink_to("config.json")
    model = read_model(folder, "cpu")
    assert model.config.name_or_path == str(folder)
    assert model.config._attn_implementation in ("sdpa", "eager")


@pytest.mark.parametrize(
    "named", ["../x.safetensors", "/etc/x.safetensors", "..", "a\\b.safetensors", "x.bin", ["x"], 7, ""]
)
def test_an_index_names_files_of_the_folder_alone(folder: Path, named: Any) -> None:
    from engine.models.base.inspect import weight_files

    (folder / "model.safetensors").unlink()
    (folder / "x.bin").write_bytes(b"pickle")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": named}}))
    assert code_of(lambda: weight_files(folder)) == "model.file_broken"


@pytest.mark.parametrize("named", ["AutoModelForCausalLM", "pipeline", "RagTokenizer", "NoSuchTokenizer"])
def test_a_tokenizer_is_of_a_class_of_the_library(folder: Path, tmp_path: Path, named: str) -> None:
    from engine.models.base.tokenizer import save_tokenizer

    says("tokenizer_config.json", tokenizer_class=named)(folder)
    assert code_of(lambda: save_tokenizer(folder, tmp_path / "tokenizer")) == "model.foreign_class"


def test_only_settings_and_weights_come_from_a_hub() -> None:
    names = ["config.json", "adapter_config.json", "tokenizer.py", "tokenizer.pkl", "vocab.pkl", "custom_generate/generate.py",
             "model.safetensors", "shard-00000-model-00001-of-00001.safetensors", "tokenizer.json", "additional_chat_templates/a.jinja"]  # fmt: skip
    assert set(hub.wanted(dict.fromkeys(names, RemoteFile(1)))) == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    }


def test_a_gguf_file_is_read_without_what_lies_beside_it(folder: Path, tmp_path: Path) -> None:
    seen: list[list[str]] = []
    (folder / "small.gguf").write_bytes(b"GGUF")
    with gguf._alone(folder / "small.gguf", tmp_path / "target") as alone:
        seen.append(sorted(os.listdir(alone)))
        assert (alone / "small.gguf").read_bytes() == b"GGUF"
    assert (seen, alone.exists()) == ([["small.gguf"]], False)


# ------------------------------------------------------------------ after preparation


class Home:
    """A home with a prepared base of a user's own folder, and a tuned model on it."""

    def __init__(self, ctx: Context, own: Path) -> None:
        self.ctx, self.own = ctx, own
        self.id = base_models.add_folder(ctx, str(own))
        assert workers.run_here(ctx).status == "succeeded"
        job = training_jobs.train(ctx, (self.id, tiny.add_dataset(ctx)), training={"epochs": 0.1})
        assert job.status == "succeeded", job.error
        made = training_jobs.tuned(ctx, job.id)
        assert made is not None
        self.tuned: TunedModel = made

    @property
    def row(self) -> LanguageModel:
        with self.ctx.db.read() as s:
            return s.get_one(LanguageModel, self.id)

    @property
    def tokenizer(self) -> Path:
        return self.ctx.settings.home / "models" / str(self.id) / "tokenizer"

    @property
    def result(self) -> Path:
        return self.ctx.settings.absolute(self.tuned.path)


@pytest.fixture(scope="module")
def made(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    yield Home(ctx, Path(shutil.copytree(whole, tmp_path_factory.mktemp("own") / "mine")))
    ctx.db.close()


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Iterator[Home]:
    kept = {made.own: tmp_path / "own", made.tokenizer: tmp_path / "tokenizer", made.result: tmp_path / "result"}
    for folder, copy in kept.items():
        shutil.copytree(folder, copy)
    yield made
    for folder, copy in kept.items():
        shutil.rmtree(folder)
        shutil.copytree(copy, folder)
    shutil.rmtree(made.ctx.settings.home / "cache" / "checks", ignore_errors=True)


@pytest.mark.parametrize(("spoil", "code"), [
    (puts("adapter_config.json", json.dumps(ELSEWHERE)), "model.foreign_adapter"),
    (links("model.safetensors"), "model.link_outside"),
    (says("generation_config.json", eos_token_id=7), "model.changed"),
    (says("tokenizer_config.json", bos_token="x"), "model.changed"),
    (puts("special_tokens_map.json"), "model.changed"),
    (lambda folder: (folder / "tokenizer_config.json").unlink(), "model.vanished"),
])  # fmt: skip
def test_what_is_put_into_a_prepared_folder_is_refused_by_jobs_chats_and_pages(
    home: Home, spoil: Callable[[Path], None], code: str
) -> None:
    intact_weights(home.ctx.settings, home.row)
    spoil(home.own)
    assert code_of(lambda: intact_weights(home.ctx.settings, home.row)) == code
    found = change_of(home.ctx.settings, home.row)
    assert found is not None
    assert found.code == code
    assert base_models.base_model_view(home.ctx, home.id)["status"] == "failed"


@pytest.mark.parametrize("name", ["tokenizer.json", "chat_template.jinja", "special.json", "embedding.json"])
def test_a_swapped_tokenizer_is_refused_also_with_its_size_and_time_as_before(home: Home, name: str) -> None:
    tokenizer_folder(home.ctx.settings, home.row)
    edit(home.tokenizer / name)
    assert code_of(lambda: tokenizer_folder(home.ctx.settings, home.row)) == "model.changed_here"
    assert code_of(lambda: intact_weights(home.ctx.settings, home.row)) == "model.changed_here"
    edit(home.tokenizer / name)
    assert tokenizer_folder(home.ctx.settings, home.row) == home.tokenizer


def test_a_changed_tokenizer_is_made_anew_when_the_folder_is_added_again(home: Home) -> None:
    before = {file.name: file.read_bytes() for file in home.tokenizer.iterdir()}
    edit(home.tokenizer / "tokenizer.json")
    (home.tokenizer / "chat_template.jinja").write_text("{{ 'other' }}")
    assert base_models.add_folder(home.ctx, str(home.own), wait=True) == home.id
    assert workers.run_here(home.ctx).status == "succeeded"
    assert {file.name: file.read_bytes() for file in home.tokenizer.iterdir()} == before


def test_files_of_a_model_of_earlier_versions_count_as_they_were_seen_first(home: Home) -> None:
    row = home.row
    row.config = {**row.config, "_tunesmith": {}}
    (home.tokenizer / "embedding.json").unlink()
    assert (change_of(home.ctx.settings, row), intact_weights(home.ctx.settings, row)) == (None, home.own)
    tokenizer_folder(home.ctx.settings, row)  # writes what it found of the embedding
    edit(home.tokenizer / "special.json")
    assert code_of(lambda: tokenizer_folder(home.ctx.settings, row)) == "model.changed_here"
    says("generation_config.json", top_k=3)(home.own)
    assert code_of(lambda: intact_weights(home.ctx.settings, row)) in ("model.changed", "model.changed_here")


def test_large_files_are_not_hashed_while_a_page_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_files, "_PAGE_BYTES", 10)
    monkeypatch.setattr(read_files, "_known", {})
    edit(home.tokenizer / "tokenizer.json")
    assert change_of(home.ctx.settings, home.row) is None
    assert change_of(home.ctx.settings, home.row, quick=False) is not None


# ------------------------------------------------------------------ results


@pytest.mark.parametrize(("spoil", "code"), [
    (puts("adapter_model.bin", "pickle"), "tuned.file_added"),
    (puts("deep/weights.pt", "pickle"), "tuned.file_added"),
    (puts("config.json"), "tuned.file_added"),
    (links("adapter_model.safetensors"), "tuned.file_added"),
    (says("adapter_config.json", lora_alpha=99), "chat.damaged"),
    (says("adapter_config.json", auto_mapping={"parent_library": "os", "base_model_class": "x"}), "tuned.leads_elsewhere"),
    (says("adapter_config.json", megatron_config={"a": 1}, megatron_core="evil.module"), "tuned.leads_elsewhere"),
    (says("adapter_config.json", megatron_core="evil.module"), "tuned.leads_elsewhere"),
    (says("adapter_config.json", adapters={"a": "/somewhere"}), "tuned.leads_elsewhere"),
    (says("adapter_config.json", tokenizer_name_or_path="someone/x"), "tuned.leads_elsewhere"),
    (puts("adapter_config.json", "[]"), "chat.damaged"),
    (lambda folder: (folder / "adapter_config.json").unlink(), "tuned.file_gone"),
])  # fmt: skip
def test_a_result_is_what_training_stored_also_without_what_was_seen_of_it(
    home: Home, spoil: Callable[[Path], None], code: str
) -> None:
    assert set(home.tuned.lineage[FILES]) == {home.result.name}
    spoil(home.result)
    shutil.rmtree(home.ctx.settings.home / "cache" / "checks", ignore_errors=True)
    assert code_of(lambda: intact_result(home.ctx.settings, home.tuned)) == code
    if code != "chat.damaged":  # a hash tells that one, at the next load
        assert result_change(home.ctx.settings, home.tuned) is not None


def test_a_result_of_earlier_versions_holds_no_pickles_and_no_links(home: Home) -> None:
    tuned = TunedModel(
        id=home.tuned.id, name="Old", path=home.tuned.path, weights_hash=home.tuned.weights_hash, lineage={}
    )
    assert intact_result(home.ctx.settings, tuned) == home.result
    puts("adapter_model.bin", "pickle")(home.result)
    assert code_of(lambda: intact_result(home.ctx.settings, tuned)) == "tuned.file_added"
