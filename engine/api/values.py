"""How the parameters of the API are read: strictly, each fault one sentence that names the parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.api.declaration import ApiParam
from engine.core.characters import whole
from engine.core.errors import Fault
from engine.services.chat.stored.variables import LONGEST_PROMPT

MOST_STOPS, LONGEST_STOP = 4, 200
_MOST_BIASES, _LARGEST_BIAS = 300, 100.0
_MOST_SEED = 2**63


def number(param: ApiParam, given: Any) -> float:
    """A number within the bounds. Raises Fault("api.no_number" or "api.bounds")."""
    if not _is_number(given):
        raise Fault("api.no_number", param=param.key)
    _bound(param, given)
    return float(given)


def integer(param: ApiParam, given: Any) -> int:
    """A whole number within the bounds. Raises Fault("api.no_integer" or "api.bounds")."""
    if not _is_number(given) or given != int(given):
        raise Fault("api.no_integer", param=param.key)
    _bound(param, given)
    return int(given)


def seed(param: ApiParam, given: Any) -> int:
    """Any whole number of 64 bits, as a number that is not negative. Raises Fault("api.no_integer" or "api.bounds")."""
    found = integer(param, given)
    if not -_MOST_SEED <= found < _MOST_SEED:
        raise Fault("api.bounds", param=param.key, minimum=-_MOST_SEED, maximum=_MOST_SEED - 1)
    return found % _MOST_SEED


def switch(param: ApiParam, given: Any) -> bool:
    """True or false. Raises Fault("api.no_switch")."""
    if not isinstance(given, bool):
        raise Fault("api.no_switch", param=param.key)
    return given


def text(param: ApiParam, given: Any) -> str:
    """A text, as valid Unicode. Raises Fault("api.no_text")."""
    if not isinstance(given, str):
        raise Fault("api.no_text", param=param.key)
    return whole(given)


def stops(param: ApiParam, given: Any) -> tuple[str, ...]:
    """One text, or a few. Raises Fault("api.no_stops" or "api.bad_stops")."""
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Fault("api.no_stops", param=param.key, most=MOST_STOPS)
    if len(found) > MOST_STOPS or any(not 0 < len(one) <= LONGEST_STOP for one in found):
        raise Fault("api.bad_stops", param=param.key, most=MOST_STOPS, longest=LONGEST_STOP)
    return tuple(dict.fromkeys(map(whole, found)))


def bias(param: ApiParam, given: Any) -> tuple[tuple[int, float], ...]:
    """Token -> what is added to its score. Raises Fault("api.no_bias")."""
    if not isinstance(given, Mapping) or len(given) > _MOST_BIASES:
        raise Fault("api.no_bias", param=param.key, most=_MOST_BIASES)
    return tuple((_token(param, token), _added(param, add)) for token, add in given.items())


def stream_options(param: ApiParam, given: Any) -> bool:
    """Whether usage is told at the end of a stream: the one option that is understood. Raises Fault("api.no_stream_options" or "api.no_switch")."""
    if not isinstance(given, Mapping) or set(given) - {"include_usage", "include_obfuscation"}:
        raise Fault("api.no_stream_options", param=param.key)
    if given.get("include_obfuscation") not in (None, False):
        raise Fault("api.no_stream_options", param=param.key)
    told = given.get("include_usage")
    if told is not None and not isinstance(told, bool):
        raise Fault("api.no_switch", param=f"{param.key}.include_usage")
    return bool(told)


def encoding(param: ApiParam, given: Any) -> str:
    """How vectors are written. Raises Fault("api.no_encoding")."""
    if given not in ("float", "base64"):
        raise Fault("api.no_encoding", param=param.key)
    return str(given)


def prompts(param: ApiParam, given: Any) -> tuple[str | tuple[int, ...], ...]:
    """One text or several, each as text or as tokens. Raises Fault("api.no_prompts" or "api.too_many_prompts")."""
    found = given
    if isinstance(given, str) or (isinstance(given, list) and given and _is_token(given[0])):
        found = [given]
    most = int(param.maximum or 1)
    if not isinstance(found, list) or not found:
        raise Fault("api.no_prompts", param=param.key)
    if len(found) > most:
        raise Fault("api.too_many_prompts", param=param.key, count=len(found), most=most)
    return tuple(_prompt(param, one) for one in found)


def _prompt(param: ApiParam, given: Any) -> str | tuple[int, ...]:
    if isinstance(given, str):
        if len(given) > LONGEST_PROMPT:
            raise Fault("api.too_many_characters", param=param.key, characters=len(given), most=LONGEST_PROMPT)
        return whole(given)
    if not isinstance(given, list) or not given or not all(map(_is_token, given)):
        raise Fault("api.no_prompts", param=param.key)
    return tuple(given)


def _is_number(given: Any) -> bool:
    """Whether it is a finite one; whole ones may be of any size."""
    return not isinstance(given, bool) and (
        isinstance(given, int) or (isinstance(given, float) and math.isfinite(given))
    )


def _is_token(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**31


def _bound(param: ApiParam, given: float) -> None:
    low, high = param.minimum, param.maximum
    if (low is not None and given < low) or (high is not None and given > high):
        raise Fault("api.bounds", param=param.key, minimum=low, maximum=high)


def _token(param: ApiParam, name: Any) -> int:
    if not str(name).isascii() or not str(name).isdecimal() or len(str(name)) > 9:
        raise Fault("api.no_bias", param=param.key, most=_MOST_BIASES)
    return int(name)


def _added(param: ApiParam, add: Any) -> float:
    if not _is_number(add) or abs(add) > _LARGEST_BIAS:
        raise Fault("api.no_bias", param=param.key, most=_MOST_BIASES)
    return float(add)
