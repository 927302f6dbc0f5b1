"""A parameter of the API, declared once: what is read, refused, documented and tested derives from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text

Reader = Callable[["ApiParam", Any], Any]  # the checked value; raises Fault("api....") that names the parameter


@dataclass(frozen=True)
class ApiParam:
    """One parameter of a request.

    Attributes:
        key: its name in the request.
        help: what it does, or why it is refused.
        read: how its value is read. None: it is not understood.
        default: where it is left out, or null.
        minimum, maximum: bounds of a number, inclusive; of a list, how long it may be.
        required: it must be there.
        idle: it may be there and changes nothing in the answer.
        harmless: values of what is not understood that ask for nothing.
    """

    key: str
    help: Text
    read: Reader | None = None
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    idle: bool = False
    harmless: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ApiEndpoint:
    """What can be asked under one address.

    Attributes:
        path: of the address, behind the host.
        params: all that a request may hold.
    """

    path: str
    params: tuple[ApiParam, ...]

    def read(self, body: Any) -> dict[str, Any]:
        """Every understood parameter of a request, checked.

        Raises:
            Fault: "api.no_object", "api.unknown", "api.missing", "api.refused", or what a parameter's reader says.
        """
        if not isinstance(body, Mapping):
            raise Fault("api.no_object")
        known = {param.key: param for param in self.params}
        if beyond := next((key for key in body if key not in known), None):
            raise Fault("api.unknown", param=str(beyond)[:60])
        read = {}
        for param in (one for one in self.params if not one.idle):
            if param.read is None:
                _refuse(param, body.get(param.key))
            else:
                read[param.key] = _value(param, param.read, body.get(param.key))
        return read


def _value(param: ApiParam, read: Reader, given: Any) -> Any:
    if given is not None:
        return read(param, given)
    if param.required:
        raise Fault("api.missing", param=param.key)
    return param.default


def _refuse(param: ApiParam, given: Any) -> None:
    if given is not None and not any(type(given) is type(one) and given == one for one in param.harmless):
        raise Fault("api.refused", param=param.key)
