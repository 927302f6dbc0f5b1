"""Methods on tiny models, without a job: load a base, apply a method, learn a fixed batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from engine.hardware import cpu, precision_for
from engine.methods import Method, ModelShape, Run
from engine.objectives import SFT
from engine.params import read_all
from engine.planner.shape import shape_of
from engine.training.weights import load_base

FAMILIES = ("llama", "gpt_neox")


def settings_of(method: Method, training: dict[str, Any] | None = None, **raw: Any) -> tuple[Any, Any]:
    """(the method's values, the objective's values) with defaults filled in."""
    values, wrong = read_all(method.params, raw, "method")
    objective, more = read_all(SFT.params_for(method.defaults), training or {}, "training")
    assert not wrong | more
    return values, objective


def applied(
    folder: Path, method: Method, scratch: Path, *, training: dict[str, Any] | None = None, steps: int = 8, **raw: Any
) -> Any:
    """The model of `folder` with the method applied, as a job would have it. `raw` are the method's settings."""
    values, objective = settings_of(method, training, **raw)
    torch.manual_seed(42)
    base = load_base(folder, method, objective, cpu(), precision_for(cpu()))
    torch.manual_seed(42)
    return method.apply(base, values, Run(steps, objective, scratch, folder))


def shape(folder: Path) -> ModelShape:
    """The shape as pages know it: from config.json alone."""
    return shape_of(json.loads((folder / "config.json").read_text()))
