"""Every fine-tuning method: one explicit tuple."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.errors import Fault
from engine.methods.adalora import ADALORA
from engine.methods.bitfit import BITFIT
from engine.methods.common.declaration import Method
from engine.methods.diff_pruning import DIFF_PRUNING
from engine.methods.few_shot import FEW_SHOT
from engine.methods.freeze import FREEZE
from engine.methods.full import FULL
from engine.methods.houlsby import HOULSBY, PFEIFFER
from engine.methods.ia3 import IA3
from engine.methods.ladder import LADDER
from engine.methods.ln_tuning import LN_TUNING
from engine.methods.lora import LORA
from engine.methods.oft import OFT
from engine.methods.p_tuning import P_TUNING
from engine.methods.prefix import P_TUNING_V2, PREFIX
from engine.methods.prompt import PROMPT
from engine.methods.qlora import QLORA
from engine.methods.vera import VERA

METHODS: tuple[Method, ...] = (
    LORA,
    QLORA,
    ADALORA,
    IA3,
    LN_TUNING,
    OFT,
    VERA,
    PREFIX,
    P_TUNING_V2,
    PROMPT,
    P_TUNING,
    HOULSBY,
    PFEIFFER,
    BITFIT,
    FREEZE,
    DIFF_PRUNING,
    LADDER,
    FULL,
    FEW_SHOT,
)
_BY_KEY = {method.key: method for method in METHODS}


def method_of(key: str) -> Method:
    """The method of that key. Raises Fault("method.unknown")."""
    if key not in _BY_KEY:
        raise Fault("method.unknown", method=key, known=list(_BY_KEY))
    return _BY_KEY[key]


def settings_with_own_defaults(methods: Sequence[Method] = METHODS) -> set[str]:
    """Settings of an objective for which some method has a default of its own: another method brings another value."""
    return {key for method in methods for key in method.defaults}
