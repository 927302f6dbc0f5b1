"""Offline, no socket is opened and no program is started: the starter comes from what is on the machine, or is told as missing."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.text import LANGUAGES
from engine.models.base import starter
from engine.services.data import sources_hub
from engine.services.models import base_models
from tests import tiny, workers
from webui.i18n import message

MODEL = b"GGUF of a small model"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, whole: Path) -> Iterator[list[object]]:
    """What was tried of the network and of other programs; the model's file is a few bytes that become the tiny model."""
    found: list[object] = []

    def refuse(*given: Any, **_named: Any) -> None:
        found.append(given[1:2] or given)
        raise OSError("this machine is alone")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    monkeypatch.setattr(starter, "_GGUF_SHA256", hashlib.sha256(MODEL).hexdigest())
    monkeypatch.setattr(starter.gguf, "convert", lambda _file, target: shutil.copytree(whole, target))
    monkeypatch.setattr(starter, "installed", lambda: None)
    yield found
    assert found == []


def prepared(ctx: Context) -> str:
    """ "ready", or why it is not."""
    model = base_models.ensure_starter(ctx)
    workers.run_here(ctx)
    view = base_models.base_model_view(ctx, model)
    return view["error"]["code"] if view["error"] else view["status"]


def test_a_starter_that_is_nowhere_is_told_with_what_to_do(ctx: Context, tried: list[object]) -> None:
    assert prepared(ctx) == "starter.offline"
    said = [message(language, "starter.offline", {"wheel": starter.WHEEL}) for language in LANGUAGES]
    assert all("TUNESMITH_STARTER_FROM" in one and starter.WHEEL in one for one in said)
    assert tried == []


def test_the_starter_comes_from_the_installed_package(
    ctx: Context, tried: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / starter._PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('never imported')")
    file = package / Path(starter._GGUF_MEMBER).name
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(starter, "installed", INSTALLED)
    file.write_bytes(b"something else")
    assert prepared(ctx) == "model.checksum"
    assert file.read_bytes() == b"something else", "it is not ours to remove"
    file.write_bytes(MODEL)
    assert prepared(ctx) == "ready"
    file.unlink()
    assert INSTALLED() is None
    assert tried == []


@pytest.mark.parametrize("packed", [True, False])
def test_the_starter_comes_from_what_was_fetched_before(
    ctx: Context, tried: list[object], monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    staging = ctx.settings.folder("cache", "starter")
    if packed:
        with zipfile.ZipFile(staging / starter._WHEEL_FILE, "w") as archive:
            archive.writestr(starter._GGUF_MEMBER, MODEL)
        digest = hashlib.sha256((staging / starter._WHEEL_FILE).read_bytes()).hexdigest()
        monkeypatch.setattr(starter, "_WHEEL_SHA256", digest)
    else:
        (staging / Path(starter._GGUF_MEMBER).name).write_bytes(MODEL)
    assert prepared(ctx) == "ready"
    assert tried == []


def test_nothing_else_asks_either(ctx: Context, tried: list[object]) -> None:
    with pytest.raises(Fault, match=r"model\.offline"):
        base_models.add_hub_model(ctx, "someone/model")
    with pytest.raises(Fault, match=r"data\.hub\.offline"):
        sources_hub.add_from_hub(ctx, "someone/data")
    environment = ctx.settings.child_environment()
    assert (environment["HF_HUB_OFFLINE"], environment["PIP_NO_INDEX"]) == ("1", "1")
    assert tried == []


INSTALLED = starter.installed
