"""A job may leave two sets of weights: those of its best check, which are the model, and those of its last step beside it.

The row of the tuned model says which are in use; its metrics hold what the row says of each. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BEST, LAST = "best", "last"
LAST_SUFFIX = f"-{LAST}"  # of the folder with the last step's weights, after that of the model
_VERSIONS = "versions"
_COLUMNS = ("path", "bytes", "weights_hash", "metrics")


def with_versions(row: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a tuned model whose best weights are in use, and what it says once the last step's are."""
    both = {BEST: {key: row[key] for key in _COLUMNS}, LAST: {key: last[key] for key in _COLUMNS}}
    return {**row, "metrics": {**row["metrics"], _VERSIONS: both}}


def versions_of(metrics: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What a tuned model's row would say of each set of weights; empty where there is only one."""
    found: Mapping[str, Mapping[str, Any]] = metrics.get(_VERSIONS) or {}
    return found


def in_use(metrics: Mapping[str, Any]) -> str | None:
    """Which of two sets of weights are the model; None where there is only one."""
    steps = {which: one["metrics"]["model_step"] for which, one in versions_of(metrics).items()}
    return next((which for which, step in steps.items() if step == metrics["model_step"]), None)


def columns_with(metrics: Mapping[str, Any], which: str) -> dict[str, Any]:
    """The columns of the row once this set of weights is in use."""
    versions = versions_of(metrics)
    chosen = versions[which]
    return {**chosen, "metrics": {**chosen["metrics"], _VERSIONS: versions}}
