"""JSON, and whether it fits a schema: in bounded time, whatever a schema or an answer holds, and without asking any network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.rewards.reading.patterns import BadPattern, compiled, found
from engine.rewards.reading.within_time import Patience, TookTooLong

LONGEST = 20_000  # characters of a schema
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_TRIALS: tuple[Any, ...] = ({}, [], "", 0, None, {"a": [{}]})
_NO_JSON = object()


class BadSchema(Exception):
    """A schema that cannot be used: `code` says why, `reason` in the words of the library."""

    def __init__(self, code: str, reason: str = "") -> None:
        self.code, self.reason = code, reason
        super().__init__(code)


def json_of(text: str) -> tuple[bool, Any]:
    """Whether the text is JSON, and what it says. Numbers that are none (NaN) are not JSON."""
    try:
        return True, json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False, None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def unfenced(text: str) -> str:
    """What stands in the code fence that is all of the text; the text itself where it has none."""
    said = text.strip()
    if not said.startswith("```") or not said.endswith("```") or len(said) < 6:
        return said
    first, line_break, rest = said[3:-3].partition("\n")
    return (
        rest.strip()
        if line_break and not first.strip().strip("abcdefghijklmnopqrstuvwxyzJSON5")
        else said[3:-3].strip()
    )


@lru_cache(maxsize=50)
def schema_of(text: str) -> Callable[[Any], bool]:
    """What tells whether a value fits the schema; it raises TookTooLong where it gave up.

    Raises:
        BadSchema: it is no schema, refers to an address, or goes round in a circle.
    """
    if len(text) > LONGEST:
        raise BadSchema("reward.schema_long")
    is_json, schema = json_of(text)
    if not is_json or not isinstance(schema, dict):
        raise BadSchema("reward.schema_no_json")
    for key, value in _members(schema):
        _look_at(key, value)
    fits = _fitting(schema)
    for trial in _TRIALS:
        _try(fits, trial)
    return fits


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield from one.items()
            left += one.values()
        elif isinstance(one, list):
            left += one


def _look_at(key: str, value: Any) -> None:
    if key in _REFERENCES and isinstance(value, str) and not value.startswith("#"):
        raise BadSchema("reward.schema_remote", value[:80])
    if key == "patternProperties":
        raise BadSchema("reward.schema_pattern_names")
    if key == "pattern" and isinstance(value, str):
        try:
            compiled(value)
        except BadPattern as bad:
            raise BadSchema(bad.code, bad.reason) from None


def _try(fits: Callable[[Any], bool], trial: Any) -> None:
    try:
        fits(trial)
    except TookTooLong:
        raise BadSchema("reward.schema_loops") from None


def _fitting(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    import jsonschema
    from referencing import Registry

    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise BadSchema("reward.schema_wrong", error.message[:200]) from None
    except RecursionError:
        raise BadSchema("reward.schema_loops") from None

    def fits(value: Any) -> bool:
        deadline = Patience()
        checker = jsonschema.validators.extend(kind, _bounded(kind.VALIDATORS, deadline))
        try:
            return next(checker(schema, registry=Registry()).iter_errors(value), None) is None
        except RecursionError:
            raise TookTooLong from None
        except (ArithmeticError, ValueError):  # numbers beyond what can be divided
            return False
        except jsonschema.exceptions._WrappedReferencingError:
            raise BadSchema("reward.schema_no_place") from None

    return fits


def _bounded(rules: Mapping[str, Any], deadline: Patience) -> dict[str, Any]:
    """Each rule looks at the clock first; two of them are our own, which take linear time."""

    def heeding(rule: Any) -> Any:
        def apply(checker: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
            deadline.heed()
            for error in rule(checker, wanted, value, schema) or ():
                deadline.heed()
                yield error

        return apply

    return {name: heeding(_OWN.get(name, rule)) for name, rule in rules.items()}


def _pattern(checker: Any, wanted: str, value: Any, _schema: Any) -> Iterator[Any]:
    import jsonschema

    if checker.is_type(value, "string") and not found(compiled(wanted), value):
        yield jsonschema.ValidationError("pattern")


def _unique(checker: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[Any]:
    import jsonschema

    if not wanted or not checker.is_type(value, "array"):
        return
    seen = {json.dumps(one, sort_keys=True) for one in value}
    if len(seen) < len(value):
        yield jsonschema.ValidationError("uniqueItems")


_OWN: Mapping[str, Any] = {"pattern": _pattern, "uniqueItems": _unique}
