"""What the command line says when something is missing or wrong, all of it at once; and that it ends quietly when nobody reads."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest

import app
from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.text import LANGUAGES
from engine.services import api_keys
from tests import tiny
from tests.integration.queueing import add_job
from tests.integration.test_cli import APP, _environment

Call = Callable[..., str]


@pytest.fixture
def say(ctx: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line in this process: all that it printed, after checking the exit code."""
    monkeypatch.setattr(os, "environ", _environment(ctx))

    def call(*arguments: str, code: int) -> str:
        try:
            ended: object = app.main(arguments)
        except SystemExit as exit_:
            ended = exit_.code
        assert ended == code
        said = capsys.readouterr()
        return said.out + said.err

    return call


MISSING = [
    (("train",), 1, ["--data", "app.py data list"]),
    (("train", "--data", "2"), 1, ["--data", "2", "app.py data list"]),
    (("train", "--data", "2", "--model", "5"), 1, ["--data", "--model", "5", "app.py models list"]),
    (("train", "--data", "2", "--model", "./no", "--set", "x"), 1, ["--data", "--model", "./no", "--set", "KEY=VALUE"]),
    (("train", "--spec", "/no.yaml", "--model", "7"), 1, ["--spec", "/no.yaml", "--model", "7"]),
    (("train", "--data"), 2, ["--data", "sample-en"]),
    (("train", "--method", "no", "--memory-mb", "x", "--minutes", "y"), 2, ["--method", "lora", "--memory-mb", "--minutes"]),
    (("plan", "--data", "3", "--model", "4"), 1, ["--data", "3", "--model", "4"]),
    (("export",), 2, ["ID", "FORM", "merged", "app.py models list"]),
    (("export", "3"), 2, ["FORM", "merged"]),
    (("export", "x", "y"), 2, ["ID", "x", "y", "merged"]),
    (("export", "3", "adapter"), 1, ["3", "app.py models list"]),
    (("chat", "--tuned", "9", "--prompt", "x"), 1, ["9", "app.py models list"]),
    (("chat", "--tuned", "9", "--model", "1"), 2, ["--tuned", "--model"]),
    (("jobs", "show"), 2, ["ID", "app.py jobs list"]),
    (("jobs", "resume", "x"), 2, ["ID", "x"]),
    (("jobs", "show", "4"), 1, ["4", "app.py jobs list"]),
    (("keys", "make"), 1, []),
    (("keys", "make", "a", "--per-minute", "0"), 1, ["10000"]),
    (("keys", "revoke", "x"), 1, ["app.py keys list"]),
    (("keys", "revoke", "4"), 1, ["4"]),
    (("jobs", "no"), 2, ["no", "resume"]),
    (("recipe", "start", "no"), 1, ["no", "rlhf"]),
    (("recipe", "show", "x"), 1, ["x", "app.py recipe list"]),
    (("recipe", "list"), 0, ["sft_then_dpo", "reward_model"]),
    (("jobs", "show", "9" * 30), 1, []),
    (("jobs", "show", "9" * 5000), 2, ["ID"]),
    (("export", "9" * 30, "adapter"), 1, []),
    (("plan", "--data", "9" * 30, "--model", "9" * 30), 1, ["--data", "--model"]),
    (("no",), 2, ["no", "app.py --help"]),
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("arguments", "code", "words"), MISSING)
def test_all_that_is_missing_is_named_at_once(
    say: Call, arguments: tuple[str, ...], code: int, words: list[str], language: str
) -> None:
    said = say(*arguments, "--lang", language, code=code)
    assert [word for word in words if word not in said] == []
    assert not [word for word in ("Traceback", "usage:", "cli.", "error.", "{", "None") if word in said], said


def test_nothing_is_begun_when_something_is_missing(ctx: Context, say: Call) -> None:
    say("train", "--data", "2", code=1)
    assert "There are no jobs yet." in say("jobs", code=0)
    assert "There are no base models yet" in say("models", "list", code=0)


def test_models_and_data_are_listed_by_their_ids(ctx: Context, say: Call) -> None:
    assert "There are no data sets yet" in say("data", code=0)
    model, dataset = tiny.add_model(ctx), tiny.add_dataset(ctx)
    listed = say("models", code=0)
    assert f"   {model}  ready" in listed
    assert "Tiny" in listed
    assert "There are no tuned models yet." in listed
    assert f"   {dataset}  20 for training, 4 for validation" in say("data", "list", code=0)
    weights = ctx.settings.home / "models" / "tiny" / "weights" / "model.safetensors"
    weights.unlink()
    assert "“model.safetensors” of the base model “Tiny” is not there any more." in say("models", code=0)


LISTINGS = [("jobs", "list"), ("models", "list"), ("plan", "--devices"), ("--help",)]


@pytest.mark.parametrize("arguments", LISTINGS)
def test_a_reader_that_leaves_ends_a_listing_without_a_word(ctx: Context, arguments: tuple[str, ...]) -> None:
    add_job(ctx)
    process = subprocess.Popen(
        [*APP, *arguments], env=_environment(ctx), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(60) in (0, 141)


def test_keys_are_made_listed_and_revoked(ctx: Context, say: Call) -> None:
    secret = say("keys", "make", "night script", "--per-minute", "2", code=0).splitlines()[0]
    assert api_keys.check_key(ctx, secret).per_minute == 2
    listed = say("keys", code=0)
    assert "night script" in listed
    assert secret not in listed
    say("keys", "revoke", "1", code=0)
    with pytest.raises(Fault, match=r"api\.revoked"):
        api_keys.check_key(ctx, secret)
