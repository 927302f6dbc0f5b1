"""One tree of errors that are safe to show. Each carries a message key and what fills it in; the texts are in the catalogue."""

from __future__ import annotations

from typing import Any

from engine.core.shapes import CodedMessage, Faults


class TunesmithError(Exception):
    """A fault with a clear sentence for the user: key `error.<code>` in the catalogue of each language.

    Args:
        params: JSON values that fill the sentence in (file, row, column, limit ...).
    """

    code = "internal"

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(f"{self.code} {params}" if params else self.code)

    def as_dict(self) -> CodedMessage:
        """The form that is stored in the database: {"code", "params"}."""
        return {"code": self.code, "params": self.params}


class Fault(TunesmithError):
    """Any fault by its code: for packages with many small faults. Prefer it over a class nobody catches."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        super().__init__(**params)


class SpecError(TunesmithError):
    """A form with faults, all reported together: field name -> {"code", "params"}."""

    code = "spec.invalid"

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        super().__init__(fields=sorted(faults))


class NotFound(TunesmithError):
    """The thing asked for is not there (any more)."""

    code = "not_found"
