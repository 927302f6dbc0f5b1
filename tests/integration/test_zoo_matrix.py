"""Methods on the models of the zoo: what trains is what chats is what leaves. `docs/models.md` says what was found.

`make test-zoo` runs every pair of them; `make test` a share in which each model and each method comes at least once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.methods import METHODS, method_of
from tests.homes import new_home
from tests.zoo import representatives
from tests.zoo.cells import Enclosure
from tests.zoo.keeper import ZooKeeper
from tests.zoo.record import known, note, worse

pytestmark = pytest.mark.slow
_PAIRS = [(model.key, method.key) for model in representatives() for method in METHODS]


def _share() -> list[tuple[str, str]]:
    """Each model with the method that had the fewest turns, of those that are not refused on it."""
    pairs: list[tuple[str, str]] = []
    used = dict.fromkeys((method.key for method in METHODS), 0)
    for model in representatives():
        allowed = [key for key in used if "refused" not in (known(model.key, key) or {})]
        chosen = min(allowed, key=used.__getitem__)
        used[chosen] += 1
        pairs.append((model.key, chosen))
    return pairs


def _named(pairs: list[tuple[str, str]]) -> list[str]:
    return [" ".join(pair) for pair in pairs]


class Enclosures:
    """One at a time, since the tests come model by model."""

    def __init__(self, zoo: ZooKeeper, folder: Path) -> None:
        self._zoo, self._folder = zoo, folder
        self._open: Enclosure | None = None

    def of(self, key: str) -> Enclosure:
        """The model's enclosure."""
        if self._open is None or self._open.key != key:
            self.close()
            self._open = Enclosure.of(self._zoo, new_home(self._folder / key), key)
        return self._open

    def close(self) -> None:
        """Let the last one go."""
        if self._open is not None:
            self._open.playground.close()
            self._open.ctx.db.close()
            self._open = None


@pytest.fixture(scope="module")
def enclosures(zoo: ZooKeeper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enclosures]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    made = Enclosures(zoo, tmp_path_factory.mktemp("homes"))
    yield made
    made.close()
    torch.set_num_threads(before)


def _examine(enclosures: Enclosures, model: str, method: str) -> None:
    found = enclosures.of(model).examine(method_of(method))
    note(model, method, found)
    told = known(model, method)
    assert told is not None, "not in docs/models.md yet: run make test-zoo"
    assert worse(found, told) == []


@pytest.mark.parametrize(("model", "method"), _share(), ids=_named(_share()))
def test_a_pair_does_what_the_docs_say(enclosures: Enclosures, model: str, method: str) -> None:
    _examine(enclosures, model, method)


@pytest.mark.zoo
@pytest.mark.parametrize(("model", "method"), _PAIRS, ids=_named(_PAIRS))
def test_every_pair_does_what_the_docs_say(enclosures: Enclosures, model: str, method: str) -> None:
    _examine(enclosures, model, method)


def test_the_docs_tell_of_every_model_and_method() -> None:
    assert [pair for pair in _PAIRS if known(*pair) is None] == [], "run make test-zoo"


def test_the_share_has_every_model_and_method() -> None:
    share = _share()
    assert {model for model, _ in share} == {model.key for model in representatives()}
    assert {method for _, method in share} == {method.key for method in METHODS}
