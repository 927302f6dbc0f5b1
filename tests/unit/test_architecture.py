"""The rules of the house: who may import whom, what the web process never loads, and that nobody asks for an entry by its name."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.base_formats import BASE_FORMATS
from engine.devices import DEVICE_KINDS
from engine.evaluation.metrics import METRICS
from engine.exports import EXPORTS
from engine.jobs.kinds import JOB_KINDS
from engine.methods import METHODS
from engine.objectives import OBJECTIVES
from engine.optimizers import OPTIMIZERS

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "transformers", "peft", "trl", "bitsandbytes", "accelerate", "datasets", "gguf"}
HEAVY_HOMES = (
    "engine/training/", "engine/serving/", "engine/evaluation/", "engine/exports/", "engine/models/",
    "engine/jobs/runners/",
)  # fmt: skip
LAZY_HOMES = (
    "engine/methods/",
    "engine/objectives/",
    "engine/optimizers/",
    "engine/base_formats/",
    "engine/devices/",
    "engine/rewards/",
)  # inside functions; fmt: skip
WEB_MAY = (
    "engine.api", "engine.services", "engine.methods", "engine.objectives", "engine.rewards", "engine.core", "engine.jobs.spec", "engine.jobs.feed",
    "engine.jobs.curves",
    "engine.exports", "engine.data.operations", "engine.data.quality", "engine.data.writers.settings", "engine.evaluation.comparison.spec",
    "engine.evaluation.comparison.objective_measures", "engine.recipes",
    "engine.evaluation.metrics", "engine.shapes",
    "storage.queries", "webui",
)  # fmt: skip


def _files(*folders: str) -> list[Path]:
    """The Python files of the folders; fails where a folder has none, as a test that reads nothing finds nothing."""
    found = {folder: list((ROOT / folder).rglob("*.py")) for folder in folders}
    assert all(found.values()), [folder for folder, files in found.items() if not files]
    return sorted(file for files in found.values() for file in files)


def _scripts() -> list[Path]:
    """The scripts of the page, without those of others."""
    found = sorted(f for f in (ROOT / "webui" / "static").rglob("*.js") if "vendor" not in f.parts)
    assert len(found) > 50
    return found


class _Imports(ast.NodeVisitor):
    """Names of imported modules as (module, inside a function), without those for type checkers alone."""

    def __init__(self) -> None:
        self.found: list[tuple[str, bool]] = []
        self._depth = 0

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) not in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(alias.name, self._depth > 0) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, "imports are absolute"
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        self.found += [(name, self._depth > 0) for name in names]


def imports(source: str) -> list[tuple[str, bool]]:
    """Every import of a source text."""
    visitor = _Imports()
    visitor.visit(ast.parse(source))
    return visitor.found


def _under(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def _breaches(files: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    found = ((file, module) for file in files for module, _inside in imports(file.read_text(encoding="utf-8")))
    return [f"{file.relative_to(ROOT)}: {module}" for file, module in found if _under(module, *forbidden)]


def test_the_reader_of_imports_sees_what_it_must() -> None:
    source = "if TYPE_CHECKING:\n import torch\ndef f():\n from peft import x\nimport gradio as gr\n"
    assert imports(source) == [("peft.x", True), ("gradio", False)]


def test_storage_knows_neither_engine_nor_pages() -> None:
    assert _breaches(_files("storage"), ("engine", "webui", "gradio", *HEAVY)) == []


def test_engine_knows_no_page() -> None:
    assert _breaches(_files("engine"), ("webui", "gradio")) == []


def test_pages_use_services_and_declarations_only() -> None:
    assert _breaches(_files("webui"), ("sqlalchemy", "sqlite3", "pysqlite3", "alembic", *HEAVY)) == []
    ours = [
        f"{file.relative_to(ROOT)}: {module}"
        for file in _files("webui")
        for module, _inside in imports(file.read_text(encoding="utf-8"))
        if _under(module, "engine", "storage") and not _under(module, *WEB_MAY)
    ]
    assert ours == []


def test_heavy_libraries_stay_where_they_belong() -> None:
    outside = [file for file in _files("engine") if not file.relative_to(ROOT).as_posix().startswith(HEAVY_HOMES)]
    lazy = [file for file in outside if file.relative_to(ROOT).as_posix().startswith(LAZY_HOMES)]
    assert _breaches([file for file in outside if file not in lazy], tuple(HEAVY)) == []
    at_import = [
        f"{file.name}: {module}"
        for file in lazy
        for module, inside in imports(file.read_text(encoding="utf-8"))
        if not inside and _under(module, *HEAVY)
    ]
    assert at_import == []


_LOAD_ALL = """
import importlib, pkgutil, sys
for package in {packages!r}:
    importlib.import_module(package)
    inner = list(pkgutil.walk_packages([package.replace(".", "/")], package + "."))
    assert len(inner) > 10, package
    for found in inner:
        importlib.import_module(found.name)
print(" ".join(sorted({heavy!r} & set(sys.modules))))
"""


@pytest.mark.parametrize(
    ("packages", "never"),
    [
        (["engine.services", "engine.planner"], HEAVY | {"gradio", "pandas", "pyarrow"}),
        (["webui", "engine.services"], HEAVY),
    ],
    ids=["services", "pages"],
)
def test_the_web_process_never_loads_training_libraries(packages: list[str], never: set[str]) -> None:
    code = _LOAD_ALL.format(packages=packages, heavy=never)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == ""


@dataclass(frozen=True)
class Door:
    """A tuple of entries that nobody may ask for by their keys.

    Attributes:
        called: what holds such a key is called so: `method`, `method_key`, `method.key`, `["method"]`.
        keys: of all entries.
        home: the folder of the entries: there they may know each other.
    """

    called: str
    keys: frozenset[str]
    home: str

    @property
    def name(self) -> re.Pattern[str]:
        """Matches the end of an expression that holds a key."""
        return re.compile(rf"\b{self.called}(_key|\.key)?(['\"]\]|['\"]\))?$")

    @property
    def script(self) -> re.Pattern[str]:
        """Matches a question in a script."""
        keys, called = "|".join(self.keys), self.called
        return re.compile(
            rf"""{called}\w*\s*[!=]==?\s*["'`]({keys})["'`]|["'`]({keys})["'`]\s*[!=]==?\s*[\w.]*{called}\b"""
        )


DOORS = (
    Door("method", frozenset(method.key for method in METHODS), "engine/methods"),
    Door("objective", frozenset(objective.key for objective in OBJECTIVES), "engine/objectives"),
    Door("kind", frozenset(kind.key for kind in JOB_KINDS), "engine/jobs/kinds"),
)
_EVERY_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.called)


def questions(door: Door, source: str) -> Iterator[str]:
    """Comparisons of something that holds a key with a key itself."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        constants = {inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)}
        sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
        if constants & door.keys and any(door.name.search(side) for side in sides):
            yield ast.unparse(node)


@_EVERY_DOOR
def test_the_reader_of_questions_sees_what_it_must(door: Door) -> None:
    key, called = min(door.keys), door.called
    asks = f"if x.{called} == '{key}': pass\nx = job['{called}'] in ('{key}', 'b')\n{called}.key != '{key}'\n'{key}' == r.get('{called}')"
    assert len(list(questions(door, asks))) == 4
    assert list(questions(door, f"model.saves == '{key}'\nx.{called}.saves == '{key}'\n{called} == '{key}_x'")) == []
    assert all(door.script.search(f'if (job.{called} {sign} "{key}")') for sign in ("===", "!==", "=="))
    assert not door.script.search(f'x.{called} === "{key}_x"')


@_EVERY_DOOR
def test_nobody_asks_for_an_entry_by_name(door: Door) -> None:
    elsewhere = [f for f in _files("engine", "webui", "storage") if f.parent.relative_to(ROOT).as_posix() != door.home]
    asked = [
        f"{file.relative_to(ROOT)}: {text}" for file in elsewhere for text in questions(door, file.read_text("utf-8"))
    ]
    for file in _scripts():
        found = door.script.finditer(file.read_text(encoding="utf-8"))
        asked += [f"{file.relative_to(ROOT)}: {one.group()}" for one in found]
    assert asked == []


def test_services_leave_the_work_of_jobs_to_runners() -> None:
    assert _breaches(_files("engine/services"), ("engine.jobs.runners", "engine.jobs.worker")) == []


def test_jobs_are_made_in_one_place() -> None:
    made = [
        file.relative_to(ROOT).as_posix()
        for file in _files("engine", "webui", "storage")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Job"
    ]
    assert made == ["engine/jobs/queue.py"]


# ------------------------------------------------------------------ forms of export and metrics


def _any_of(keys: set[str]) -> str:
    return "(" + "|".join(sorted(keys)) + ")"


_FORM = _any_of({form.key for form in EXPORTS})
_METRIC = _any_of({metric.key for metric in METRICS})
# `tuned.format` and `model.format` say how a result is saved, which is another thing with partly the same words
_FORM_NAME = r"(?<![\w.])(form|export\w*)(\.key)?|spec(\[|\.get\()[\"']format[\"'][\])]"
_METRIC_NAME = r"\b(metric|measure|column)(\.key|_key)?"
_NUMBER_OF_METRIC = rf"""\b(cells|answers)([\"']\])?(\?\.|\.|\??\.?\[[\"']|\.get\([\"'])(base_)?{_METRIC}\b"""


def _asks(name: str, keys: str) -> re.Pattern[str]:
    """A comparison of a thing of that name with one of the keys, in Python or JavaScript."""
    quoted = rf"""[\"'`]{keys}[\"'`]"""
    return re.compile(
        rf"({name})\s*([!=]==?)\s*{quoted}|{quoted}\s*[!=]==?\s*({name})(?!\w)|({name})\s+(not )?in\s*[\(\[{{][^\n]*{quoted}"
    )


_DOORS = {
    "exports": (_asks(_FORM_NAME, _FORM),),
    "metrics": (_asks(_METRIC_NAME, _METRIC), re.compile(_NUMBER_OF_METRIC)),
}


@pytest.mark.parametrize(
    ("door", "asks", "fine"),
    [
        (
            "exports",
            ['form == "merged"', "form.key != 'whole'", '"adapter" === form', 'job.spec["format"] == "merged"', 'form in ("merged",)'],
            ['tuned.format == "adapter"', 'model.format === "shots"', 'form == "csv"', 'platform == "adapter"'],
        ),
        (
            "metrics",
            ['column.key === "loss"', "metric == 'chrf'", "row.cells.loss", 'row["cells"]["exact"]', 'answers.get("base_chrf")'],
            ['column.key === "disk"', "row.cells[lead.key]", 'part.exact', 'answers["count"]'],
        ),
    ],
)  # fmt: skip
def test_the_reader_of_doors_sees_what_it_must(door: str, asks: list[str], fine: list[str]) -> None:
    def seen(line: str) -> bool:
        return any(pattern.search(line) for pattern in _DOORS[door])

    assert [line for line in asks if not seen(line)] == []
    assert [line for line in fine if seen(line)] == []


@pytest.mark.parametrize("door", _DOORS)
def test_nobody_asks_for_an_export_or_a_metric_by_name(door: str) -> None:
    elsewhere = [file for file in (*_files("engine", "webui", "storage"), *_scripts()) if file.parent.name != door]
    asked = [
        f"{file.relative_to(ROOT)}: {found.group()}"
        for file in elsewhere
        for pattern in _DOORS[door]
        for found in pattern.finditer(file.read_text(encoding="utf-8"))
    ]
    assert asked == []


# ------------------------------------------------------------------ weights are loaded through one door


def test_the_folder_of_a_base_is_had_only_from_the_check_of_its_files() -> None:
    """`intact_weights` compares the files with those that were added; what asks for the folder itself would load changed ones."""
    may = {"engine/models/base/paths.py", "engine/models/base/integrity.py"}
    asks = {
        file.relative_to(ROOT).as_posix()
        for file in _files("engine", "webui", "storage")
        if "weights_folder" in file.read_text("utf-8")
    }
    assert asks == may


# ------------------------------------------------------------------ optimizers, formats of the base, kinds of device

_PLAIN = "none"  # a word of every day: only asked for beside the setting's name
DECLARED = {
    "optimizers": {optimizer.key for optimizer in OPTIMIZERS},
    "base_formats": {held.key for held in BASE_FORMATS} - {_PLAIN},
    "devices": {kind.key for kind in DEVICE_KINDS},
}


def _asked_by_key(source: str, keys: set[str], *, tables: bool = True) -> Iterator[str]:
    """Comparisons with a key, `tables` by keys, and questions how a name begins."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare | ast.MatchValue):
            named = {inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)}
            plain = _PLAIN in named and "quantisation" in ast.unparse(node)
        elif tables and isinstance(node, ast.Dict):
            named, plain = {key.value for key in node.keys if isinstance(key, ast.Constant)}, False
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".startswith"):
            named, plain = {argument.value for argument in node.args if isinstance(argument, ast.Constant)}, False
        else:
            continue
        if plain or {str(value).removesuffix(":") for value in named} & keys:
            yield ast.unparse(node)


def _asked_by_key_in_script(source: str, keys: set[str]) -> Iterator[str]:
    """The same in JavaScript, where no table may be kept either."""
    words = "|".join(sorted(keys))
    asked = (
        rf"""[!=]==?\s*["'`]({words})["'`]|["'`]({words})["'`]\s*[!=]==?|(startsWith|includes)\(["'`]({words}):?["'`]"""
    )
    kept = rf"""quantisation\w*\s*[!=]==?\s*["'`]{_PLAIN}["'`]"""
    return (found.group() for found in re.finditer(f"{asked}|{kept}", source))


def test_the_reader_of_declared_keys_sees_what_it_must() -> None:
    keys = {"nf4", "cuda", "sgd"}
    asks = "a == 'nf4'\nb in ('x', 'sgd')\nc = {'nf4': 1}\nd.startswith('cuda:')\nt['quantisation'] != 'none'"
    assert len(list(_asked_by_key(asks, keys))) == 5
    assert list(_asked_by_key("load('nf4')\na == 'none'\nb = {'none': 1}\nc.startswith('x')", keys)) == []
    asks = "x === 'nf4'; \"sgd\" !== y; z.startsWith('cuda'); w.quantisation === 'none'"
    assert len(list(_asked_by_key_in_script(asks, keys))) == 4
    assert list(_asked_by_key_in_script("TS.t('nf4'); icon === 'none'", keys)) == []


@pytest.mark.parametrize("room", DECLARED)
def test_nobody_asks_for_what_is_declared_by_its_key(room: str) -> None:
    elsewhere = [file for file in _files("engine", "webui", "storage") if file.parent != ROOT / "engine" / room]
    tables = room != "devices"  # what is said of a machine has a line "cpu", too
    found = {file: _asked_by_key(file.read_text("utf-8"), DECLARED[room], tables=tables) for file in elsewhere}
    found |= {file: _asked_by_key_in_script(file.read_text("utf-8"), DECLARED[room]) for file in _scripts()}
    assert [f"{file.relative_to(ROOT)}: {text}" for file, texts in found.items() for text in texts] == []
