"""Methods that objectives with better and worse answers cannot work with."""

from __future__ import annotations

from collections.abc import Iterator

from engine.methods.common.declaration import Method, Refusal


def without_training(method: Method) -> Iterator[Refusal]:
    """What changes no numbers learns nothing from answers that are worse."""
    if not method.capabilities.trains:
        yield Refusal("method", "preference.no_training", {"method": method.label.as_dict()})


def without_start(method: Method) -> Iterator[Refusal]:
    """Answers are compared with the start of the training: the base must be that start."""
    yield from without_training(method)
    if not method.starts_as_base:
        yield Refusal("method", "preference.no_start", {"method": method.label.as_dict()})
