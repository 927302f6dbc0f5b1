"""What an export job was asked for, as its spec says it. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.params import read_all
from engine.exports import meant
from engine.exports.common.declaration import ExportFormat

VERSION = 2
Package = Literal["zip", "folder"]


@dataclass(frozen=True)
class ExportWish:
    """One form with its settings.

    Attributes:
        form: that is made.
        values: of its own settings.
    """

    form: ExportFormat
    values: dict[str, Any]

    def as_spec(self) -> dict[str, Any]:
        """As the spec has it."""
        return {"format": self.form.key, "params": self.values}


def wishes_of(spec: Mapping[str, Any], saved: str) -> list[ExportWish]:
    """The forms that a job makes, in order; specs of earlier versions name one. Settings that they do not name have their defaults.

    Args:
        saved: how the tuned model is saved, as `Method.saves` names it.

    Raises:
        Fault: "export.unknown_format".
    """
    asked = spec.get("forms") or [{"format": spec["format"], "params": spec.get("params", {})}]
    forms = [(meant(str(one["format"]), saved), one["params"]) for one in asked]
    return [ExportWish(form, read_all(form.params, params, "export")[0]) for form, params in forms]


def package_of(spec: Mapping[str, Any]) -> Package:
    """Whether the files become one zip a form, or stay a folder on this machine."""
    return "folder" if spec.get("package") == "folder" else "zip"
