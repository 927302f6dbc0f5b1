"""Reading a command line: everything that is wrong with it at once, in the user's language, without a wall of usage."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

from engine.commands.console import Console

MISUSED = 2  # exit code, as of every Unix command
_BOTH = re.compile(r"argument (\S+): not allowed with argument (\S+)")
_REQUIRED, _UNKNOWN = "required: ", "unrecognized arguments: "  # how argparse begins what it lists


class _Misused(Exception):
    """Reading cannot go on."""


class Parser(argparse.ArgumentParser):
    """Gathers what is wrong; `end` tells all of it.

    Args:
        console: whose language it speaks.
        wrong: the sentences so far, shared by the parsers of all commands.
    """

    def __init__(self, console: Console, wrong: list[str], **options: Any) -> None:
        super().__init__(**options)
        self._console, self._wrong = console, wrong

    def add_subparsers(self, **options: Any) -> Any:
        """Commands are read by parsers of the same kind."""
        made: Any = partial(Parser, self._console, self._wrong)
        return super().add_subparsers(parser_class=made, **options)

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The arguments; ends the process with `MISUSED` where they are wrong."""
        try:
            found = self.parse_args(arguments)
        except _Misused:
            self.end()
        if self._wrong:
            self.end()
        return found

    def missing(self, action: argparse.Action) -> None:
        """Note that an argument must be given."""
        name = str(action.metavar or "/".join(action.option_strings) or action.dest)
        if action.metavar is None and action.choices and not action.option_strings:
            name = "|".join(map(str, action.choices))
        found = getattr(action, "find", None)
        hint = " " + self._console.text(f"cli.find.{found}") if found else ""
        self._note("missing", name=name, help=action.help or "", hint=hint)

    def end(self) -> NoReturn:
        """Tell all that is wrong and end the process."""
        for sentence in self._wrong:
            print(sentence, file=sys.stderr)
        sys.exit(MISUSED)

    def error(self, message: str) -> NoReturn:
        """What argparse finds, put into our words. Nothing more can be read then."""
        if _REQUIRED in message:
            names = message.partition(_REQUIRED)[2].split(", ")
            for action in self._actions:
                if str(action.metavar or action.dest) in names and action.required:
                    self.missing(action)
        elif message.startswith(_UNKNOWN):
            self._note("unknown", given=message.removeprefix(_UNKNOWN))
        elif both := _BOTH.match(message):
            self._note("both", one=both[1], other=both[2])
        else:
            self._note("other", said=message)
        self._wrong.append(self._console.text("cli.wrong.help", program=self.prog))
        raise _Misused

    # argparse calls these three for each argument; what they find does not keep the others from being read

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value is None or value in action.choices:
            return
        if isinstance(action, argparse._SubParsersAction):
            super()._check_value(action, value)
        self._note("choice", name=_name(action), given=value, known=", ".join(map(str, action.choices)))

    def _get_value(self, action: argparse.Action, text: str) -> Any:
        try:
            return super()._get_value(action, text)  # type: ignore[misc]
        except argparse.ArgumentError:
            self._note("number", name=_name(action), given=text)
            return None

    def _match_argument(self, action: argparse.Action, pattern: str) -> int:
        try:
            return int(super()._match_argument(action, pattern))  # type: ignore[misc]
        except argparse.ArgumentError:
            self._note("value", name=_name(action), help=action.help or "")
            raise _Misused from None

    def _note(self, code: str, **said: Any) -> None:
        self._wrong.append(self._console.text(f"cli.wrong.{code}", **said))


def _name(action: argparse.Action) -> str:
    return "/".join(action.option_strings) or str(action.metavar or action.dest)
