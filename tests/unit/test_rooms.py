"""The rooms of the house: no circle of imports between files or between folders, and no room that is too full."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FULL = 20  # files of one folder, its __init__ apart
Graph = Mapping[str, set[str]]


def _modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    files = [ROOT / "app.py", *(file for top in ("engine", "storage", "webui") for file in (ROOT / top).rglob("*.py"))]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


MODULES = _modules()


def imported(source: str, known: Mapping[str, object]) -> set[str]:
    """The known modules that a source text imports: within functions and for type checkers alone, too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return found & set(known)


def circles(graph: Graph) -> list[set[str]]:
    """Groups of more than one node, each of which reaches all others (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            group = set(stack[stack.index(node) :])
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(group)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


@cache
def _graph() -> dict[str, set[str]]:
    return {name: imported(file.read_text("utf-8"), MODULES) - {name} for name, file in MODULES.items()}


def _room(name: str) -> str:
    """The folder of a module. A package's own file stands for itself: it lists what lies within (`METHODS`)."""
    return name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0] + "/"


def test_the_readers_see_what_they_must() -> None:
    known = {"a.b": 0, "a.c": 0, "a": 0}
    source = "from a import b\nif TYPE_CHECKING:\n from a.c import X\ndef f():\n import a\n"
    assert imported(source, known) == {"a", "a.b", "a.c"}
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]


def test_no_circle_between_files() -> None:
    assert circles(_graph()) == []


def test_no_circle_between_folders() -> None:
    rooms: dict[str, set[str]] = defaultdict(set)
    for name, others in _graph().items():
        rooms[_room(name)] |= {_room(other) for other in others} - {_room(name)}
    assert circles(rooms) == []


def test_no_room_is_too_full() -> None:
    top = [file.name for file in (ROOT / "engine").glob("*.py")]
    assert top == ["__init__.py"]
    code = [file for file in MODULES.values() if file.name != "__init__.py"]
    shown = [file for kind in ("js", "css", "json") for file in (ROOT / "webui").rglob(f"*.{kind}")]
    counts = Counter(file.parent.relative_to(ROOT).as_posix() for file in (*code, *shown) if "vendor" not in file.parts)
    assert {folder: count for folder, count in counts.items() if count > FULL} == {}


def test_nothing_only_passes_names_on() -> None:
    """One path to one thing: what a module hands out is its own."""
    passed_on = [
        f"{name}: {node.module}.{alias.name}"
        for name in MODULES
        for node in _nodes(name)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
        if f"{node.module}.{alias.name}" not in MODULES and alias.name not in _defined(str(node.module))
    ]
    assert passed_on == []


@cache
def _nodes(module: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(MODULES[module].read_text("utf-8"))))


@cache
def _defined(module: str) -> set[str]:
    """The names that a module makes itself: by definition or by assignment, not by import alone."""
    nodes = _nodes(module)
    brought = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "") in MODULES
        for alias in node.names
    }
    own = {getattr(node, "name", "") for node in nodes} | {node.id for node in nodes if isinstance(node, ast.Name)}
    return own - brought


def test_one_name_means_one_thing() -> None:
    """Public classes of the product have names of their own."""
    named = Counter(
        node.name
        for file in MODULES.values()
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and "versions" not in file.parts
    )
    assert len(named) > 200
    assert {name for name, count in named.items() if count > 1} == set()


def test_each_file_of_tests_has_a_name_of_its_own() -> None:
    """pytest collects no two modules of one name."""
    counts = Counter(file.name for file in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in counts.items() if count > 1] == []
