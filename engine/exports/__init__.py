"""Every form in which a tuned model can be taken away: one explicit tuple."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import Fault
from engine.exports.common.declaration import ExportFormat
from engine.exports.forms.adapter import ADAPTER
from engine.exports.forms.delta import DELTA
from engine.exports.forms.gguf import GGUF
from engine.exports.forms.gguf_adapter import GGUF_ADAPTER
from engine.exports.forms.merged import MERGED
from engine.exports.forms.ollama import OLLAMA
from engine.exports.forms.onnx import ONNX
from engine.exports.forms.shots import SHOTS
from engine.exports.forms.whole import WHOLE
from engine.methods.common.declaration import Method

EXPORTS: tuple[ExportFormat, ...] = (
    ADAPTER,
    DELTA,
    SHOTS,
    MERGED,
    WHOLE,
    GGUF,
    OLLAMA,
    GGUF_ADAPTER,
    ONNX,
)
_BY_KEY = {form.key: form for form in EXPORTS}


def format_of(key: str) -> ExportFormat:
    """The form of that key. Raises Fault("export.unknown_format")."""
    if key not in _BY_KEY:
        raise Fault("export.unknown_format", format=str(key)[:40], known=", ".join(_BY_KEY))
    return _BY_KEY[key]


def meant(key: str, saved: str) -> ExportFormat:
    """The form that a key stands for, given how the tuned model is saved. Raises Fault("export.unknown_format")."""
    known = format_of(key)
    fitting = [form for form in EXPORTS if saved in form.made_of and key in form.also]
    return fitting[0] if fitting and saved not in known.made_of else known


def offered(
    method: Method, saved: str, *, scores: bool = False, config: Mapping[str, Any] | None = None
) -> tuple[ExportFormat, ...]:
    """The forms in which a tuned model (or one that scores), made by `method` and saved as `saved`, can be taken away."""
    return tuple(form for form in EXPORTS if form.refusal(method, saved, scores=scores, config=config) is None)


def impossible(
    method: Method, saved: str, *, scores: bool = False, config: Mapping[str, Any] | None = None
) -> tuple[ExportFormat, ...]:
    """Forms for such a result which this one does not have; `refusal` says the reason."""
    return tuple(
        form
        for form in EXPORTS
        if saved in form.made_of and form.refusal(method, saved, scores=scores, config=config) is not None
    )
