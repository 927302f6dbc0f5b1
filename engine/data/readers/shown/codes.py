"""Number format codes taken apart: sections, conditions, literals, and the marks that stand for digits."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<width>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]\[]*)\]|(?P<general>general)'
    r"|(?P<power>E[+-])|(?P<plain>.)",
    re.I | re.S,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)$")
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
}
DIGITS = "0#?"
_MARKS = DIGITS + ".,%/@"
MAX_CODE = 255  # characters that a spreadsheet takes


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a section: `kind` is "text", "general", "power" or the mark itself (one of `0 # ? . , % / @`)."""

    kind: str  # of the piece
    text: str  # as it is shown, or as it stands


@dataclass(frozen=True, slots=True)
class Section:
    """One of the parts that semicolons separate.

    Attributes:
        tokens: in order.
        test: whether a value is shown by this section; None where its place decides.
    """

    tokens: tuple[Token, ...]
    test: tuple[str, float] | None = None

    def takes(self, value: float) -> bool:
        """Whether the section's condition holds."""
        return self.test is None or _TESTS[self.test[0]](value, self.test[1])

    def has(self, *kinds: str) -> bool:
        """Whether any token is of one of these kinds."""
        return any(token.kind in kinds for token in self.tokens)


@lru_cache(maxsize=2_048)
def sections(code: str) -> tuple[Section, ...]:
    """The sections of a code, four at most."""
    found: list[Section] = []
    tokens: list[Token] = []
    test: tuple[str, float] | None = None
    for match in _TOKEN.finditer(code[:MAX_CODE]):
        if match["plain"] == ";":
            found.append(Section(tuple(tokens), test))
            tokens, test = [], None
        elif match["bracket"] is not None:
            if condition := _CONDITION.match(match["bracket"]):
                test = (condition[1], float(condition[2]))
            elif match["bracket"].startswith("$"):
                tokens.append(Token("text", match["bracket"][1:].partition("-")[0]))
        elif token := _token(match):
            tokens.append(token)
    return (*found, Section(tuple(tokens), test))[:4]


def _token(match: re.Match[str]) -> Token | None:
    """What a match stands for; None for what fills up a cell's width."""
    if match["fill"] is not None:
        return None
    if match["width"] is not None:
        return Token("text", " ")
    if match["general"]:
        return Token("general", match[0])
    if match["power"]:
        return Token("power", match[0])
    plain = match["plain"]
    if plain is not None:
        return Token(plain if plain in _MARKS else "text", plain)
    return Token("text", match["quoted"] if match["quoted"] is not None else match["escaped"])
