"""The zoo's models once a session: folders as from a hub, the same taught to speak a little, and ready rows in a home."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from tests.zoo import named


class ZooKeeper:
    """Builds what is asked for, once. Who changes a folder takes a `copy`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wild: dict[str, Path] = {}
        self._taught: dict[str, Path] = {}
        self._plain: dict[str, Path] = {}
        self._tokenizers: dict[str, Path] = {}

    def folder(self, key: str) -> Path:
        """The model with random weights, as it would come from a hub."""
        if key not in self._wild:
            from tests.zoo.build import write

            self._wild[key] = write(named(key), self._folder / "wild" / key)
        return self._wild[key]

    def taught(self, key: str) -> Path:
        """The model after some lessons in its own template: it answers, and ends its answers. A second or two."""
        if key not in self._taught:
            from tests.zoo.lessons import teach

            self._taught[key] = teach(named(key), self.folder(key), self.tokenizer(key), self._folder / "taught" / key)
        return self._taught[key]

    def plain(self, key: str) -> Path:
        """The taught model in fp32, with the product's tokenizer files beside its weights: for tests that compare numbers."""
        if key not in self._plain:
            from tests.zoo.lessons import teach

            model = replace(named(key), stored="fp32", said="dtype", finish=())
            tokenizer, target = self.tokenizer(key), self._folder / "plain" / key
            self._plain[key] = teach(model, self.folder(key), tokenizer, target)
            for file in tokenizer.iterdir():
                shutil.copyfile(file, target / file.name)
        return self._plain[key]

    def tokenizer(self, key: str) -> Path:
        """The tokenizer folder that the prepare step makes of the model's."""
        if key not in self._tokenizers:
            from engine.models.base.tokenizer import save_tokenizer

            target = self._folder / "tokenizers" / key
            save_tokenizer(self.folder(key), target)
            self._tokenizers[key] = target
        return self._tokenizers[key]

    def copy(self, key: str, target: Path, *, taught: bool = False) -> Path:
        """A folder of its own, for tests that change something."""
        shutil.copytree(self.taught(key) if taught else self.folder(key), target)
        return target

    def add_to(self, ctx: Context, key: str, *, taught: bool = False) -> int:
        """The id of its row in that home, prepared by the product's own job."""
        return register(ctx, self.taught(key) if taught else self.folder(key))


def register(ctx: Context, folder: Path) -> int:
    """Add a folder as users do and run its prepare job here; asserts that it becomes ready."""
    from engine.services.models.base_models import add_folder, base_model_view
    from tests import workers

    model_id = add_folder(ctx, str(folder))
    if base_model_view(ctx, model_id)["status"] != "ready":
        job = workers.run_here(ctx)
        assert job.status == "succeeded", job.error
    return model_id


def config_of(folder: Path) -> dict[str, Any]:
    """Its config.json."""
    content: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> ZooKeeper:
    """The zoo of this session."""
    return ZooKeeper(tmp_path_factory.mktemp("zoo"))
