"""The first number of every job is the untouched base's, whatever the method starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.core.context import Context
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from tests import tiny
from tests.homes import new_home
from tests.training_jobs import train

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, tuple[int, int], float]]:
    """A database, a tiny model with rows, and the base's loss on them."""
    ctx = new_home(tmp_path_factory.mktemp("base") / "home")
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx)
    yield ctx, inputs, _base_loss(ctx, inputs, METHODS[0])
    ctx.db.close()


def _base_loss(ctx: Context, inputs: tuple[int, int], method: Method) -> float:
    wanted = {"epochs": 3, "evaluations": 1, "quantisation": "none", "learning_rate": 1e-4}
    job = train(ctx, inputs, method=method.key, training=wanted)
    assert (job.status, job.error) == ("succeeded", None)
    return float(job.result["base_val_loss"])


@pytest.mark.parametrize("method", METHODS[1:], ids=lambda method: method.key)
def test_the_base_is_scored_before_anything_is_added(
    home: tuple[Context, tuple[int, int], float], method: Method
) -> None:
    ctx, inputs, expected = home
    assert _base_loss(ctx, inputs, method) == pytest.approx(expected, abs=2e-5)
