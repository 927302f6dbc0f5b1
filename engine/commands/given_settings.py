"""Settings given on the command line as KEY=VALUE, and rewards with theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.core.errors import Fault


def read_settings(pairs: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Each key with its value, read as YAML reads it. Raises Fault("cli.bad_set")."""
    import yaml

    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise Fault("cli.bad_set", given=pair)
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError:
            raise Fault("cli.bad_set", given=pair) from None
        # YAML takes 1e-3 for a word
        yield key.strip(), float(read) if isinstance(read, str) and _is_number(read) else read


def given_rewards(given: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """The rewards of `--reward KEY SETTING=VALUE ...`, as a spec holds them; `weight=` is that of the reward.

    Raises:
        Fault: "cli.bad_set".
    """
    return list(_given(given))


def _given(given: Sequence[Sequence[str]]) -> Iterator[dict[str, Any]]:
    for key, *pairs in given:
        values = dict(read_settings(pairs))
        yield {"reward": key, "weight": values.pop("weight", 1.0), "values": values}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
