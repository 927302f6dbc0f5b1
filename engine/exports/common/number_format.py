"""In which number format a model that stands alone is written: its base's own, unless asked otherwise. Imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.params import Param
from engine.core.text import Text
from engine.exports.common.declaration import EXACT, ROUNDED, ExportSizes, Values
from engine.exports.proof.declaration import ProofLimits
from engine.models.architecture.told_format import BYTES, told_format
from engine.models.base.number_formats import stored_format

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import LanguageModel, TunedModel

_OWN = "own"
_MB = 1_000_000  # as pages show it
_RUNTIME_MB = 600
DTYPE = Param(
    key="dtype",
    kind="choice",
    default=_OWN,
    label=Text("exports.number_format.dtype.label"),
    help=Text("exports.number_format.dtype.help"),
    choices={
        _OWN: Text("exports.number_format.dtype.own"),
        "fp32": Text("exports.number_format.dtype.fp32"),
        "bf16": Text("exports.number_format.dtype.bf16"),
        "fp16": Text("exports.number_format.dtype.fp16"),
    },
    advanced=False,
)


def asked(values: Values, own: str) -> str:
    """The format that is asked for, where the base is stored in `own`."""
    chosen = str(values.get(DTYPE.key, _OWN))
    return own if chosen == _OWN else chosen


def name_part(values: Values) -> str:
    """The format in a file's name, where it was asked for."""
    chosen = str(values.get(DTYPE.key, _OWN))
    return "" if chosen == _OWN else chosen


def sizes_of(settings: Settings, tuned: TunedModel, base: LanguageModel | None) -> ExportSizes:
    """How large a tuned model and its base are, and what they are stored in."""
    own = format_of_base(settings, base) if base else "fp32"
    return ExportSizes(
        (base.parameters if base else None) or 0, tuned.bytes, own, stored_format(settings.absolute(tuned.path))
    )


def format_of_base(settings: Settings, base: LanguageModel) -> str:
    """What the base's weights are stored in; where they are not there any more, what is known of them."""
    folder = settings.absolute(base.path) if base.path else None
    return stored_format(folder) if folder and folder.is_dir() else told_format(base.config)


def folder_bytes(sizes: ExportSizes, values: Values) -> int:
    """Bytes of all the weights in the format that is asked for."""
    return BYTES[asked(values, sizes.base_dtype)] * sizes.numbers


def memory_mb(sizes: ExportSizes, _values: Values) -> int:
    """All the weights in fp32, whatever they are stored in: there they are merged, and compared."""
    return BYTES["fp32"] * sizes.numbers // _MB + _RUNTIME_MB


def limits_of(values: Values) -> ProofLimits:
    """What rounding to 16 bits may change; nothing else may change anything."""
    return EXACT if asked(values, "") == "fp32" else ROUNDED
