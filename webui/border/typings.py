"""Writes `webui/static/types/server.d.ts` from the annotations of what the pages' views may call.

Run it with `python -m webui.border.typings`.
"""

from __future__ import annotations

from pathlib import Path

from engine.core.shapes import FaultView
from webui.border.typescript import Interfaces
from webui.border.views import ServerFunction, ViewBorder, borders

FILE = Path(__file__).parents[1] / "static" / "types" / "server.d.ts"
_ALSO = "// In comments of scripts: {Server.JobView}.\nexport as namespace Server;"
_LEAD = """\
// What the server hands to the views and what they may call, made from the annotations in Python.
// Written by `python -m webui.border.typings`; a test fails when it is out of date."""


def typings() -> str:
    """The whole file."""
    interfaces, found = Interfaces(), borders()
    interfaces.typescript(FaultView)  # of a refused call
    views = [_functions_of(view, interfaces, polled=polled) for view in found for polled in (False, True)]
    called, asked = ({view.name: _name_of(view, polled=polled) for view in found} for polled in (False, True))
    ends = [
        _keyed("ViewFunctions", "What each view may call.", called),
        _keyed("ViewNews", "What each view may ask again and again.", asked),
        _keyed("ViewValues", "What each view is placed with.", _values(found, interfaces)),
    ]
    return "\n\n".join([_LEAD, _ALSO, *interfaces.declared(), *views, *ends]) + "\n"


def _values(found: list[ViewBorder], interfaces: Interfaces) -> dict[str, str]:
    return {view.name: interfaces.typescript(type(None) if view.value is None else view.value) for view in found}


def _name_of(view: ViewBorder, *, polled: bool) -> str:
    return f"{view.name[0].upper()}{view.name[1:]}{'News' if polled else 'Functions'}"


def _keyed(name: str, says: str, kinds: dict[str, str]) -> str:
    lines = [f"  {key}: {kind};" for key, kind in kinds.items()]
    return "\n".join([f"/** {says} */", f"export interface {name} {{", *lines, "}"])


def _functions_of(view: ViewBorder, interfaces: Interfaces, *, polled: bool) -> str:
    wanted = [one for one in view.functions.values() if one.polled == polled]
    kinds = {_call(one, interfaces): interfaces.typescript(one.gives) for one in wanted}
    says = f"What the view {view.name} may {'ask again and again' if polled else 'call'}."
    return _keyed(_name_of(view, polled=polled), says, kinds)


def _call(function: ServerFunction, interfaces: Interfaces) -> str:
    arguments = [
        f"{one.name}{'?' if one.optional else ''}: {interfaces.typescript(one.kind)}" for one in function.arguments
    ]
    return f"{function.name}({', '.join(arguments)})"


def write() -> None:
    """Write the file anew."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(typings(), encoding="utf-8")


if __name__ == "__main__":
    write()
