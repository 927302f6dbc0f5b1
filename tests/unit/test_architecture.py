"""The rules of the house: who may import whom, what the web process never loads, and that nobody asks a method's name."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.evaluation.metrics import METRICS
from engine.exports import EXPORTS
from engine.methods import METHODS

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "transformers", "peft", "trl", "bitsandbytes", "accelerate", "datasets", "gguf"}
HEAVY_HOMES = (
    "engine/training/", "engine/serving/", "engine/evaluation/", "engine/exports/", "engine/models/",
    "engine/jobs/runners/",
)  # fmt: skip
LAZY_HOMES = ("engine/methods/", "engine/objectives/", "engine/optimizers/", "engine/base_formats/")  # inside functions
WEB_MAY = (
    "engine.services", "engine.methods", "engine.objectives", "engine.core", "engine.jobs.spec", "engine.jobs.feed",
    "engine.exports", "engine.data.operations", "engine.data.quality", "engine.data.writers.settings", "engine.evaluation.comparison.spec",
    "engine.evaluation.metrics",
    "storage.queries", "webui",
)  # fmt: skip
METHOD_KEYS = {method.key for method in METHODS}


def _files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


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
    for found in pkgutil.walk_packages([package.replace(".", "/")], package + "."):
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


_A_METHOD = re.compile(r"\bmethod(_key|\.key)?(['\"]\]|['\"]\))?$")


def _method_questions(source: str) -> Iterator[str]:
    """Comparisons of something called a method with a method's key."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        constants = {inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)}
        sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
        if constants & METHOD_KEYS and any(_A_METHOD.search(side) for side in sides):
            yield ast.unparse(node)


def test_the_reader_of_questions_sees_what_it_must() -> None:
    asks = "if spec.method == 'lora': pass\nx = job['method'] in ('qlora', 'b')\nmethod.key != 'full'\n'lora' == r.get('method')"
    assert len(list(_method_questions(asks))) == 4
    assert list(_method_questions("model.saves == 'full'\nspec.method.saves == 'full'\nkind == 'lora_x'")) == []


def test_nobody_asks_for_a_method_by_name() -> None:
    elsewhere = [file for file in _files("engine", "webui", "storage") if file.parent.name != "methods"]
    asked = [
        f"{file.relative_to(ROOT)}: {text}" for file in elsewhere for text in _method_questions(file.read_text("utf-8"))
    ]
    keys = "|".join(METHOD_KEYS)
    pattern = re.compile(rf"""method\w*\s*[!=]==?\s*["'`]({keys})["'`]|["'`]({keys})["'`]\s*[!=]==?\s*\w*method""")
    for file in sorted((ROOT / "webui" / "static" / "views").rglob("*.js")):
        asked += [
            f"{file.relative_to(ROOT)}: {found.group()}" for found in pattern.finditer(file.read_text(encoding="utf-8"))
        ]
    assert asked == []


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
    views = sorted((ROOT / "webui" / "static" / "views").rglob("*.js"))
    elsewhere = [file for file in (*_files("engine", "webui", "storage"), *views) if file.parent.name != door]
    asked = [
        f"{file.relative_to(ROOT)}: {found.group()}"
        for file in elsewhere
        for pattern in _DOORS[door]
        for found in pattern.finditer(file.read_text(encoding="utf-8"))
    ]
    assert asked == []
