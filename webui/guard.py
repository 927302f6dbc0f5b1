"""The one place where errors become messages. Every traceback reaches the log; none reaches the page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from engine.core.errors import SpecError, TunesmithError
from engine.core.obstacles import obstacle, true_reason
from engine.core.shapes import FaultView
from webui.i18n import error_text, message, sentence

log = logging.getLogger("tunesmith.web")


def error_value(language: str, error: TunesmithError) -> FaultView:
    """An error as the views understand it: {"message", "code", "faults": {field: sentence}}, and "field" where it is of one."""
    faults = error.faults if isinstance(error, SpecError) else {}
    shown: FaultView = {
        "message": error_text(language, error),
        "code": error.code,
        "faults": {field: message(language, fault["code"], fault["params"]) for field, fault in faults.items()},
    }
    if "field_key" in error.params:
        shown["field"] = error.params["field_key"]
    return shown


def with_sentences(language: str, value: Any) -> Any:
    """What a service returned, with the "message" of each stored reason or event ({"code", "params"}) that has a text."""
    if isinstance(value, dict):
        told = {key: with_sentences(language, one) for key, one in value.items()}
        if isinstance(value.get("code"), str) and isinstance(value.get("params"), dict):
            said = sentence(language, value["code"], value["params"])
            return told if said is None else told | {"message": said}
        return told
    return [with_sentences(language, one) for one in value] if isinstance(value, list | tuple) else value


def guarded(language: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wrap a server function of a view: takes the list of the call's arguments (as `callServer` sends it),
    returns {"ok": result} or {"error": {...}}, never raises."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(arguments: Sequence[Any] = ()) -> dict[str, Any]:
            try:
                return {"ok": with_sentences(language, function(*arguments))}
            except TunesmithError as error:
                log.info("%s: %s", function.__name__, error)
                return {"error": error_value(language, true_reason(error))}
            except Exception as error:
                log.exception("%s failed", function.__name__)
                return {"error": error_value(language, obstacle(error) or TunesmithError())}

        del call.__wrapped__  # type: ignore[attr-defined]  # Gradio would read the inner signature
        call.answers = function  # type: ignore[attr-defined]  # whose annotations `webui.border` reads
        return call

    return wrap
