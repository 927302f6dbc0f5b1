"""Models of a hub that are known by their small files: what is planned with them, and when their weights come."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.commands import shelf as shelf_command
from engine.commands.arguments import parse
from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.core.text import LANGUAGES
from engine.devices import devices
from engine.jobs.queue import fetch_weights
from engine.jobs.waiting import settle_stranded, waiting_kinds
from engine.models.base.hub import main as get_of_hub
from engine.models.base.paths import weights_folder
from engine.models.base.tensors import LONGEST_HEADER, read_header
from engine.models.hubs.asking import Refused, as_fault
from engine.models.shelf.curated import known_models
from engine.services.chat import views as chat_views
from engine.services.chat.bare_base import require_weights
from engine.services.jobs import lifecycle
from engine.services.models import base_models, hub_choice, shelf
from engine.services.planning import dry_runs, estimates, plan_search, reserve
from storage.job_tables import Job, JobStatus
from storage.queries.jobs import claim_next
from storage.tables import LanguageModel
from tests import tiny, workers
from tests.homes import new_home
from tests.integration.small_hub import COMMIT, LATER, moving_hub
from webui.i18n import error_text, t

NAME = "someone/tiny-llama"
CARD = {"license": "apache-2.0", "language": ["en", "zh"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.write_model(tmp_path_factory.mktemp("made") / "Tiny-Llama")
    (folder / "special.json").unlink()
    return folder


@pytest.fixture(scope="module")
def served(made: Path) -> Iterator[tuple[str, list[str]]]:
    """The model on a hub of this machine, and what was asked of that."""
    with moving_hub({COMMIT: made}, NAME, card=CARD) as found:
        yield found


def online(home: Path, patch: pytest.MonkeyPatch, address: str) -> Context:
    ctx = new_home(home)
    ctx = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, offline=False))
    for name, value in ctx.settings.child_environment().items():
        patch.setenv(name, value)
    patch.delenv("TUNESMITH_HUB")
    patch.setenv("HF_ENDPOINT", address)
    patch.setenv("HF_HUB_DISABLE_XET", "1")
    return ctx


@pytest.fixture(scope="module")
def known_home(tmp_path_factory: pytest.TempPathFactory, served: tuple[str, list[str]]) -> Path:
    """A home with the model known and a data set."""
    home = tmp_path_factory.mktemp("known") / "home"
    with pytest.MonkeyPatch.context() as patch:
        ctx = online(home, patch, served[0])
        base_models.add_hub_model(ctx, NAME)
        assert workers.run_here(ctx).status == "succeeded"
        tiny.add_dataset(ctx)
        ctx.db.close()
    return home


@pytest.fixture
def home(
    known_home: Path, tmp_path: Path, served: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    """A copy of it, online."""
    shutil.copytree(known_home, tmp_path / "home")
    ctx = online(tmp_path / "home", monkeypatch, served[0])
    yield ctx
    ctx.db.close()


def spec(**more: Any) -> dict[str, Any]:
    training = {"epochs": 1, "batch_size": 4, "evaluations": 1, "max_length": 128}
    return {"name": "Lesson", "base_model": 1, "dataset": 1, "method": "lora", "training": training,
            "budget": {"device": "cpu"}} | more  # fmt: skip


def row(ctx: Context) -> LanguageModel:
    with ctx.db.read() as s:
        return s.get_one(LanguageModel, 1)


def claimable(ctx: Context) -> str | None:
    """The kind of the job that would be started next; it is then running."""
    with ctx.db.write() as s:
        found = claim_next(s, nonce="n", boot_id="b", waiting=waiting_kinds())
        return s.get_one(Job, found[0]).kind if found else None


def end(ctx: Context, kind: str, status: JobStatus, error: dict[str, Any] | None = None) -> None:
    with ctx.db.write() as s:
        for job in s.query(Job).filter_by(kind=kind):
            job.status, job.error = status, error


# ------------------------------------------------------------------ knowing


def test_a_known_model_is_planned_with_and_its_weights_stay_where_they_are(
    home: Context, made: Path, served: tuple[str, list[str]]
) -> None:
    view = base_models.base_model_view(home, 1)
    assert (view["status"], view["parameters"], view["context_length"]) == ("known", tiny.parameters(), 512)
    size = sum((made / name).stat().st_size for name in ("config.json", "model.safetensors"))
    assert view["facts"] is not None
    assert view["facts"]["bytes"] >= size
    assert (view["facts"]["licence"], view["facts"]["languages"]) == ("apache-2.0", ["en", "zh"])
    assert (view["facts"]["tools"], view["facts"]["thinking"], view["progress"]) == (False, False, None)
    asked = list(served[1])
    plan = estimates.plan(home, spec())
    assert plan["verdict"]["ok"]
    assert plan["exact"]
    assert plan["disk"]["items"][0]["key"] == "download"
    assert plan["disk"]["total_mb"] >= round(size / 1e6)
    assert {"code": "warning.download", "params": {"size_mb": round(view["facts"]["bytes"] / 1e6)}} in plan["warnings"]
    assert estimates.token_preview(home, spec())[0]["tokens"]
    assert plan_search.offers(home, spec())["offers"]
    assert dry_runs.start_dry_run(home, spec())
    assert served[1] == asked  # nobody asked the hub
    header = 8 + len((made / "model.safetensors").read_bytes()[8:].split(b"\0")[0])
    fetched = [one for one in asked if one.startswith("GET") and one.endswith("model.safetensors")]
    assert len(fetched) == 1  # the beginning, which says what is in it
    assert header < LONGEST_HEADER


def test_known_by_its_headers_it_is_what_it_will_be_with_its_weights(home: Context) -> None:
    before, planned = base_models.base_model_view(home, 1), estimates.plan(home, spec())
    told = dict(row(home).config["_tunesmith"])
    base_models.fetch_model(home, 1)
    assert workers.run_here(home).status == "succeeded"
    after, again = base_models.base_model_view(home, 1), estimates.plan(home, spec())
    assert after["status"] == "ready"
    changed = {key for key in after if after[key] != before[key]}  # type: ignore[literal-required]
    assert changed == {"status", "weights_hash"}
    assert (again["memory"], again["seconds"]) == (planned["memory"], planned["seconds"])
    assert again["disk"]["total_mb"] < planned["disk"]["total_mb"] or not planned["disk"]["items"][0]["mb"]
    now = row(home).config["_tunesmith"]
    assert {key: now[key] for key in ("stored", "default_template", "hub")} == {
        key: told[key] for key in ("stored", "default_template", "hub")
    }
    assert not (home.settings.home / "cache" / "hub" / "1").exists()


def test_adding_it_again_is_the_same_model_and_fetches_nothing(home: Context, served: tuple[str, list[str]]) -> None:
    asked = len(served[1])
    assert base_models.add_hub_model(home, f"https://huggingface.co/{NAME}") == 1
    assert shelf.know_model(home, NAME) == 1
    assert (claimable(home), len(served[1])) == (None, asked)


def test_the_weights_are_those_of_the_day_when_it_became_known(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = {COMMIT: made}
    with moving_hub(commits, NAME) as (address, asked):
        ctx = online(tmp_path / "home", monkeypatch, address)
        base_models.add_hub_model(ctx, NAME)
        workers.run_here(ctx)
        commits[LATER] = tiny.write_model(tmp_path / "later", seed=9)
        base_models.fetch_model(ctx, 1)
        assert workers.run_here(ctx).status == "succeeded"
    folder = weights_folder(ctx.settings, row(ctx))
    assert (folder / "model.safetensors").read_bytes() == (made / "model.safetensors").read_bytes()
    assert not [one for one in asked if LATER in one]


def test_the_weights_may_come_from_another_mirror(home: Context, served: tuple[str, list[str]], made: Path) -> None:
    with moving_hub({COMMIT: made}, NAME) as (mirror, asked):
        hub_choice.choose_hub(home, "modelscope", "http://127.0.0.1:9")  # another kind knows nothing of it
        job = base_models.fetch_model(home, 1)
        assert row(home).config["_tunesmith"]["hub"]["url"] == served[0]
        lifecycle.cancel_job(home, job or 0)
        hub_choice.choose_hub(home, "huggingface", mirror)
        base_models.fetch_model(home, 1)
        assert workers.run_here(home).status == "succeeded"
    assert [one for one in asked if one.endswith("model.safetensors")]


@pytest.mark.parametrize("spoilt", ["moved", "same"])
def test_modelscope_gives_the_same_model_or_says_that_it_moved_on(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    commits = {COMMIT: Path(shutil.copytree(made, tmp_path / "first"))}
    with moving_hub(commits, NAME) as (address, asked):
        ctx = online(tmp_path / "home", monkeypatch, "http://127.0.0.1:9")
        hub_choice.choose_hub(ctx, "modelscope", address)
        base_models.add_hub_model(ctx, NAME)
        assert workers.run_here(ctx).status == "succeeded"
        facts = base_models.base_model_view(ctx, 1)["facts"]
        assert facts is not None
        assert (facts["licence"], facts["hub"]) == ("mit", address.removeprefix("http://"))
        if spoilt == "moved":
            weights = commits[COMMIT] / "model.safetensors"
            weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        base_models.fetch_model(ctx, 1)
        part = ctx.settings.home / "cache" / "hub" / "1" / "model.safetensors.part"
        part.write_bytes((made / "model.safetensors").read_bytes()[:1000])  # of an earlier try
        job = workers.run_here(ctx)
    view = base_models.base_model_view(ctx, 1)
    if spoilt == "same":
        assert (job.status, view["status"]) == ("succeeded", "ready")
    else:
        assert (view["status"], job.error["code"], view["error"]["code"]) == ("known", *["model.moved_on"] * 2)  # type: ignore[index]
        assert not part.exists()
    assert not [one for one in asked if "/resolve/" in one]


@pytest.mark.parametrize(
    ("file", "says", "code"),
    [
        ("config.json", {"auto_map": {"AutoModel": "evil.Model"}}, "model.own_code"),
        ("config.json", {"model_type": "unheard-of"}, "model.unknown_architecture"),
        ("tokenizer_config.json", {"tokenizer_class": "NobodysTokenizer"}, "model.foreign_class"),
        ("config.json", {"num_hidden_layers": 10**9}, "model.size_beyond"),
    ],
)
def test_what_cannot_be_used_is_told_right_then(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, says: dict[str, Any], code: str
) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "spoilt"))
    said = json.loads((folder / file).read_text()) if (folder / file).is_file() else {}
    (folder / file).write_text(json.dumps(said | says))
    with moving_hub({COMMIT: folder}, NAME) as (address, asked):
        ctx = online(tmp_path / "home", monkeypatch, address)
        base_models.add_hub_model(ctx, NAME)
        assert workers.run_here(ctx).status == "failed"
    view = base_models.base_model_view(ctx, 1)
    assert (view["status"], view["error"] and view["error"]["code"]) == ("failed", code)
    assert len([one for one in asked if one.startswith("GET") and one.endswith(".safetensors")]) <= 1


def test_a_gated_model_is_called_so() -> None:
    assert as_fault(Refused(403), "a/b").code == "model.gated"
    assert as_fault(Refused(404), "a/b").code == "model.not_found"
    assert as_fault(ValueError("?"), "a/b").code == "model.hub_unreachable"


def test_a_hub_that_is_gone_when_the_weights_come_is_not_a_model_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # between the client's tries
    files = {"config.json": {"size": 3}}
    known: dict[str, Any] = {"revision": COMMIT, "files": files, "licence": None, "languages": []}
    hub = {"kind": "huggingface", "url": "http://127.0.0.1:9"}
    told = {"action": "get", "hub": hub, "name": NAME, "folder": str(tmp_path), "repository": known}
    assert get_of_hub(json.dumps(told)) == 1
    fault = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert fault["code"] == "model.hub_unreachable"
    assert "refused" in fault["params"]["reason"]


# ------------------------------------------------------------------ starting


def test_a_job_waits_for_the_weights_and_then_runs(home: Context) -> None:
    job = lifecycle.start_job(home, spec(), key="")
    second = lifecycle.start_job(home, spec(name="Other"), key="")
    with home.db.read() as s:
        assert [one.kind for one in s.query(Job)].count("prepare_model") == 1  # shared
    assert claimable(home) == "prepare_model"
    assert claimable(home) is None
    with home.db.write() as s:
        s.query(Job).filter_by(kind="prepare_model").one().total_steps = 5_000_000_000
        s.query(Job).filter_by(kind="prepare_model").one().step = 2_300_000_000
    view = lifecycle.job_view(home, job)
    assert (view["headline"]["code"], view["headline"]["params"]) == (
        "queued.download", {"done_mb": 2300, "total_mb": 5000},
    )  # fmt: skip
    assert base_models.base_model_view(home, 1)["progress"] is not None
    end(home, "prepare_model", JobStatus.QUEUED)
    assert workers.run_here(home).kind == "prepare_model"
    done = workers.run_here(home)
    assert (done.id, done.status, done.error) == (job, "succeeded", None)
    assert lifecycle.job_view(home, second)["headline"]["code"] == "queued.next"


def test_what_loads_nothing_does_not_wait(home: Context) -> None:
    dry_runs.start_dry_run(home, spec())
    assert claimable(home) == "dry_run"


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (JobStatus.FAILED, {"code": "model.no_disk", "params": {"need_gb": "5", "free_gb": "1"}}, "model.no_disk"),
        (JobStatus.CANCELLED, None, "job.download_ended"),
    ],
)
def test_a_download_that_ends_early_ends_those_that_wait_and_they_can_be_tried_again(
    home: Context, status: JobStatus, error: dict[str, Any] | None, said: str
) -> None:
    job = lifecycle.start_job(home, spec(), key="")
    end(home, "prepare_model", status, error)
    assert settle_stranded(home)
    view = lifecycle.job_view(home, job)
    assert (view["status"], view["error"] and view["error"]["code"]) == ("failed", said)
    assert view["resuming_helps"]
    assert workers.event_codes(home, job)[-1] == said
    lifecycle.resume_job(home, job)
    assert not settle_stranded(home)
    assert claimable(home) == "prepare_model"


def test_a_download_that_a_reboot_interrupted_goes_on(home: Context) -> None:
    job = lifecycle.start_job(home, spec(), key="")
    assert claimable(home) == "prepare_model"
    end(home, "prepare_model", JobStatus.INTERRUPTED, {"code": "job.rebooted", "params": {"step": 0}})
    assert settle_stranded(home)
    assert lifecycle.job_view(home, job)["status"] == "queued"
    assert claimable(home) == "prepare_model"


def test_offline_a_known_model_is_planned_with_and_refused_at_the_start(home: Context) -> None:
    alone = dataclasses.replace(home, settings=dataclasses.replace(home.settings, offline=True))
    assert estimates.plan(alone, spec())["verdict"]["ok"]
    with pytest.raises(SpecError) as caught:
        lifecycle.start_job(alone, spec(), key="")
    assert caught.value.faults["base_model"]["code"] == "model.offline_weights"
    with pytest.raises(Fault) as refused:
        require_weights(alone, row(alone))
    assert refused.value.code == "model.offline_weights"


def test_the_first_question_in_a_chat_has_the_weights_fetched(home: Context) -> None:
    with pytest.raises(Fault) as caught:
        require_weights(home, row(home))
    assert (caught.value.code, claimable(home)) == ("chat.weights_coming", "prepare_model")
    with home.db.write() as s:
        assert fetch_weights(s, s.get_one(LanguageModel, 1)) is not None  # the same one


def test_a_changed_tokenizer_of_a_known_model_is_noticed(home: Context) -> None:
    file = home.settings.absolute(str(row(home).tokenizer_path)) / "chat_template.jinja"
    file.write_text(file.read_text() + " ")
    with pytest.raises(Fault) as caught:
        estimates.plan(home, spec())
    assert caught.value.code == "model.changed_here"


def test_the_header_of_the_beginning_is_that_of_the_file(made: Path) -> None:
    from engine.models.base.tensors import tensors_in

    file = made / "model.safetensors"
    data = file.read_bytes()
    length = 8 + int.from_bytes(data[:8], "little")
    there = [(one.name, one.shape, one.start) for one in tensors_in(file.name, data[:length], len(data))]
    assert there == [(one.name, one.shape, one.start) for one in read_header(file)[0]]


# ------------------------------------------------------------------ searching, caches, the command line


def test_a_search_asks_the_hub_in_use(home: Context, served: tuple[str, list[str]]) -> None:
    found = shelf.search_models(home, "nothing like it")
    assert (found["error"], [one["ref"] for one in found["models"]]) == (None, [])
    found = shelf.search_models(home, "tiny")
    assert [(one["ref"], one["model_id"], one["status"], one["licence"]) for one in found["models"]] == [
        (NAME, 1, "known", "mit")
    ]
    hub_choice.choose_hub(home, "modelscope", served[0])
    found = shelf.search_models(home, "tiny-llama")
    assert [(one["ref"], one["downloads"]) for one in found["models"]] == [(NAME, 7)]
    assert served[1][-1] == "PUT api/v1/dolphin/models tiny-llama"
    hub_choice.choose_hub(home, "huggingface", "http://127.0.0.1:9")
    answer = shelf.search_models(home, "tiny")
    assert (answer["models"], answer["error"] and answer["error"]["code"]) == ([], "hub.no_answer")
    alone = dataclasses.replace(home, settings=dataclasses.replace(home.settings, offline=True))
    assert shelf.search_models(alone, "tiny")["error"] == {"code": "hub.offline", "params": {}}
    assert hub_choice.choose_hub(home, "", "")["url"] == served[0]


def test_a_cached_model_is_used_where_it_lies(home: Context, made: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "cache" / "models--other--tiny-2" / "snapshots" / "abc"
    shutil.copytree(made, snapshot)
    settings = dataclasses.replace(home.settings, hub_caches=(("huggingface", tmp_path / "cache"),))
    ctx = dataclasses.replace(home, settings=settings)
    assert [(one["ref"], one["model_id"]) for one in shelf.cached_models(ctx)] == [("other/tiny-2", None)]
    model = shelf.use_cached(ctx, "other/tiny-2")
    view = base_models.base_model_view(ctx, model)
    assert (view["name"], view["source"], view["ref"]) == ("tiny-2", "folder", str(snapshot))
    assert shelf.cached_models(ctx)[0]["model_id"] == model
    with pytest.raises(Fault) as caught:
        shelf.use_cached(ctx, "../../etc")
    assert caught.value.code == "model.not_cached"


def test_what_fits_leaves_to_other_programs_what_the_user_leaves(home: Context) -> None:
    def limits() -> set[int]:
        of_model = base_models.base_model_view(home, 1)["fits"]
        assert of_model is not None
        return {of_model["limit_mb"], shelf.model_shelf(home)["limit_mb"]}

    key = devices()[0].key
    before = reserve.reserve_view(home, key)
    assert limits() == {before["limit_mb"]}
    reserve.set_reserve(home, key, before["reserve_mb"] + 500)
    assert limits() == {before["limit_mb"] - 500} == {estimates.plan(home, spec(budget={}))["memory"]["limit_mb"]}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_command_line_lists_searches_and_adds(home: Context, lang: str) -> None:
    def told(*arguments: str) -> str:
        out = io.StringIO()
        console = Console(lang, t, error_text, out)
        args = parse(console, ["models", *arguments])
        assert shelf_command.models(console, home, args) == 0
        return out.getvalue()

    assert "apache-2.0" in told()
    assert json.loads(told("list", "--json"))["base"][0]["status"] == "known"
    shown = told("catalogue")
    assert shown.count("\n      ") == len(known_models())
    assert "Qwen/Qwen3-0.6B" in shown
    assert NAME in told("search", "tiny")
    assert told("cached")
    assert "tiny-llama" in told("add", NAME)
    assert json.loads(told("search", "nothing-like-it", "--json"))["models"] == []


def test_whoever_may_write_says_that_its_weights_are_not_here(home: Context) -> None:
    from engine.services.data.making.writers import writers
    from webui.pages.shelf import named_model

    assert [one["missing_bytes"] for one in writers(home)] == [chat_views.options(home)["bases"][0]["missing_bytes"]]
    assert named_model("en", "Tiny", writers(home)[0]["missing_bytes"]).startswith("Tiny (weights not here yet: ")
    assert named_model("en", "Tiny", None) == "Tiny"
