"""What others use says what it is: modules, public classes, functions and methods, and every field of a declared value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPS = ("engine", "storage", "webui")
SELF_EVIDENT = {("label", "Text"), ("help", "Text"), ("tagline", "Text")}  # words shown beside or under what they name
FAULTS = {"Fault", "SpecError", "NotFound"}
# Methods that a library calls: of a class with a base, they need no words of their own.
FROM_LIBRARIES = re.compile(r"visit_\w+|emit|format|forward|on_[a-z_]+|handle_\w+|__\w+__")
Function = ast.FunctionDef | ast.AsyncFunctionDef
_LISTED = re.compile(r"^\s+((?:`?\w+`?)(?:, `?\w+`?)*): \S")


def _sources() -> list[Path]:
    files = sorted(file for top in TOPS for file in (ROOT / top).rglob("*.py"))
    assert len(files) > 400
    return [ROOT / "app.py", *(file for file in files if file.parent.name != "versions")]  # released migrations stay


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _base_names(node: ast.ClassDef) -> set[str]:
    bare = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
    return {ast.unparse(base).rpartition(".")[2] for base in bare}


@cache
def _documented_methods() -> dict[str, tuple[set[str], set[str]]]:
    """Of each class of ours by name: its documented methods and its bases."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for file in _sources():
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.ClassDef):
                methods = {part.name for part in node.body if isinstance(part, Function) and ast.get_docstring(part)}
                known, bases = found.setdefault(node.name, (set(), set()))
                known.update(methods)
                bases.update(_base_names(node))
    return found


def _inherits_words(bases: set[str], method: str) -> bool:
    classes = _documented_methods()
    ours = [classes[base] for base in bases if base in classes]
    return any(method in known or _inherits_words(above, method) for known, above in ours)


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _decorators(node: Function | ast.ClassDef) -> set[str]:
    named = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
    return {ast.unparse(one).rpartition(".")[2] for one in named}


def _public(body: list[ast.stmt], owner: ast.ClassDef | None = None) -> Iterator[tuple[Function | ast.ClassDef, str]]:
    """Public classes and functions of a module with their names, and the methods of such classes."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or not _is_public(node.name):
            continue
        if _decorators(node) & {"overload", "setter", "deleter"}:
            continue
        yield node, f"{owner.name}.{node.name}" if owner else node.name
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, node)


def _without_words(file: Path) -> Iterator[str]:
    tree = _tree(file)
    if not ast.get_docstring(tree):
        yield f"{file}:1 module"
    owners = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node, name in _public(tree.body):
        if ast.get_docstring(node):
            continue
        owner, _, method = name.rpartition(".")
        if owner and FROM_LIBRARIES.fullmatch(method) and owners[owner].bases:
            continue
        if not (owner and _inherits_words(_base_names(owners[owner]), method)):
            yield f"{file}:{node.lineno} {name}"


def _listed(docstring: str) -> set[str]:
    """Names that the lines below `Attributes:` explain."""
    _, found, lines = docstring.partition("Attributes:\n")
    listed = (_LISTED.match(line) for line in lines.splitlines()) if found else ()
    return {name.strip("`") for line in listed if line for name in line.group(1).split(", ")}


def _is_declared(node: ast.ClassDef) -> bool:
    return "dataclass" in _decorators(node) or bool(_base_names(node) & {"Protocol", "NamedTuple", "TypedDict"})


def _is_table(node: ast.ClassDef) -> bool:
    return any(
        isinstance(part, ast.AnnAssign) and ast.unparse(part.annotation).startswith("Mapped[") for part in node.body
    )


def _column_says_itself(field: ast.AnnAssign) -> bool:
    """Primary and foreign keys, and points in time, whose unit the module states."""
    value = "" if field.value is None else ast.unparse(field.value)
    name = ast.unparse(field.target)
    return "primary_key" in value or "ForeignKey(" in value or name == "at" or name.endswith("_at")


def _fields_without_a_line(source: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    lines = source.splitlines()
    for node in (node for node, _name in _public(tree.body) if isinstance(node, ast.ClassDef)):
        table = _is_table(node)
        if not table and not _is_declared(node):
            continue
        docstring = ast.get_docstring(node, clean=False) or ""
        listed = _listed(docstring)
        for index, field in enumerate(node.body):
            if not isinstance(field, ast.AnnAssign):
                continue
            name, kind = ast.unparse(field.target), ast.unparse(field.annotation)
            after = node.body[index + 1] if index + 1 < len(node.body) else None
            said = (
                name in listed
                or not _is_public(name)
                or kind.startswith("ClassVar")
                or (name, kind) in SELF_EVIDENT
                or _has_comment(lines, field)
                or (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
                or (table and (f"`{name}`" in docstring or _column_says_itself(field)))
            )
            if not said:
                yield field.lineno, f"{node.name}.{name}"


def _has_comment(lines: list[str], field: ast.AnnAssign) -> bool:
    texts = lines[field.lineno - 1 : field.end_lineno]
    return any(re.search(r"\s# (?!fmt|type|noqa)\S", text) for text in texts)


def _raises_unsaid(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node, name in _public(tree.body):
        said = "aises" in (ast.get_docstring(node) or "")
        if isinstance(node, Function) and not said and FAULTS & set(_raised(node)):
            yield node.lineno, name


def _raised(function: Function) -> Iterator[str]:
    """Names of what a function raises itself, not in functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc).rpartition(".")[2]
        waiting += ast.iter_child_nodes(node)


def _reports(found: Iterator[tuple[int, str]], file: Path) -> list[str]:
    return [f"{file.relative_to(ROOT)}:{line} {name}" for line, name in found]


def test_the_readers_see_what_they_must() -> None:
    source = '''
@dataclass(frozen=True)
class Group:
    """One microbatch.

    Attributes:
        rows, tokens: how many of each.
        longest: tokens
            of the longest row.
    """

    rows: int
    tokens: int
    longest: int
    label: Text
    padded: int
    real: int  # tokens
    _kept: int

    def split(self) -> Group:
        """Halves; raises nothing."""
        raise Fault("group.single")

    def join(self) -> Group:
        """Both in one."""
        def inner(): raise Fault("x")
        raise errors.NotFound("group")
'''
    tree = ast.parse(source)
    assert [name for _line, name in _fields_without_a_line(source, tree)] == ["Group.padded"]
    assert [name for _line, name in _raises_unsaid(tree)] == ["Group.join"]
    assert [name for _node, name in _public(tree.body)] == ["Group", "Group.split", "Group.join"]


def test_everything_public_says_what_it_is() -> None:
    found = [line.removeprefix(f"{ROOT}/") for file in _sources() for line in _without_words(file)]
    assert found == []


@pytest.mark.parametrize("top", ["app.py", *TOPS])
def test_each_field_of_a_declared_value_has_its_line(top: str) -> None:
    found: list[str] = []
    for file in _sources():
        where = file.relative_to(ROOT).as_posix()
        if where.split("/")[0] == top:
            found += _reports(_fields_without_a_line(file.read_text(encoding="utf-8"), _tree(file)), file)
    assert found == []


def test_a_function_that_raises_a_fault_says_so() -> None:
    found = [line for file in _sources() for line in _reports(_raises_unsaid(_tree(file)), file)]
    assert found == []
