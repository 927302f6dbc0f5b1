"""The one place where errors become messages. Every traceback reaches the log; none reaches the page."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, get_type_hints

from engine.core.characters import whole
from engine.core.conforming import conform
from engine.core.errors import Fault, SpecError, TunesmithError
from engine.core.obstacles import obstacle, true_reason
from engine.core.shapes import FaultView
from webui.i18n import error_text, message
from webui.wire import Answer, unpacked

log = logging.getLogger("tunesmith.web")


def error_value(language: str, error: TunesmithError) -> FaultView:
    """An error as the views understand it: {"message", "code", "faults": {field: sentence}}, and "field" where it is of one."""
    faults = error.faults if isinstance(error, SpecError) else {}
    shown: FaultView = {
        "message": whole(error_text(language, error)),
        "code": error.code,
        "faults": {
            whole(field): whole(message(language, fault["code"], fault["params"])) for field, fault in faults.items()
        },
    }
    if "field_key" in error.params:
        shown["field"] = error.params["field_key"]
    return shown


class _Parameters:
    """What a server function takes, as it declares it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function, include_extras=True)
        declared = inspect.signature(function).parameters.values()
        self._kinds = [(one.name, hints[one.name]) for one in declared]
        self._least = sum(one.default is one.empty for one in declared)

    def read(self, given: Any) -> list[Any]:
        """The arguments of a call as they came from a page. Raises Fault("shape.…"), which names the one that is wrong."""
        most = len(self._kinds)
        if not isinstance(given, list | tuple) or not self._least <= len(given) <= most:
            count = len(given) if isinstance(given, list | tuple) else 1
            raise Fault("shape.arguments", given=count, least=self._least, most=most)
        taken = [unpacked(value, name) for (name, _kind), value in zip(self._kinds, given, strict=False)]
        for (name, kind), value in zip(self._kinds, taken, strict=False):
            conform(value, kind, name)
        return taken


def guarded(language: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wrap a server function of a view: takes the list of the call's arguments (as `callServer` sends it), checks them against
    the function's annotations, and returns {"ok": result} or {"error": {...}}, never raises. Whatever it returns can be
    written as JSON; "tagged" is there where the result holds numbers that a browser must be told of (`webui.wire`)."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        parameters = cache(lambda: _Parameters(function))  # read at the first call: pages are to be built quickly

        @wraps(function)
        def call(arguments: Sequence[Any] = ()) -> dict[str, Any]:
            try:
                packed = Answer(language, function(*parameters().read(arguments)))
                return {"ok": packed.value, "tagged": True} if packed.tagged else {"ok": packed.value}
            except TunesmithError as error:
                log.info("%s: %r", function.__name__, str(error)[:2000])
                return {"error": error_value(language, true_reason(error))}
            except Exception as error:
                log.exception("%s failed", function.__name__)
                return {"error": error_value(language, obstacle(error) or TunesmithError())}

        del call.__wrapped__  # type: ignore[attr-defined]  # Gradio would read the inner signature
        call.answers = function  # type: ignore[attr-defined]  # whose annotations `webui.border` reads
        return call

    return wrap
