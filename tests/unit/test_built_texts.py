"""Every text whose key is put together from a value exists for every value that Python knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from engine.core.text import catalogue
from engine.data.operations.base import Group
from engine.data.quality.base import Severity
from engine.data.rows.index import _LANGUAGES as LANGUAGES_OF_ROWS
from engine.data.rows.index import SPLITS
from engine.data.samples.builtin import SAMPLES
from engine.data.schema.declared import SHAPES
from engine.evaluation.comparison.leaderboard import COUNTS, MEASURES
from engine.evaluation.comparison.objective_measures import OBJECTIVE_MEASURES
from engine.evaluation.comparison.spec import PARAMS as SHARED
from engine.evaluation.metrics import METRICS
from engine.jobs import status_messages
from engine.methods import METHODS
from engine.planner.budget.catalogue import CATALOGUE
from engine.planner.budget.goals import GOALS
from engine.planner.memory.estimate import KEYS
from engine.planner.time.corrections import Source
from engine.services.app.folders import FOLDERS
from engine.services.app.hardware_findings import AREAS, Level
from engine.shapes.annotation import ReviewStatus
from engine.shapes.jobs import StatusName
from engine.shapes.leaderboard import EntrantState, Mark
from engine.shapes.models import BaseModelView
from engine.shapes.versions import ChangeOfRow
from tests.scripts import modules
from webui.pages import PAGES
from webui.pages.jobs import Action
from webui.pages.settings import _LIMITS as LIMITS
from webui.scripts import FOLDER
from webui.train_draft import STEPS

STATUSES: tuple[str, ...] = get_args(StatusName)
READY = get_args(get_type_hints(BaseModelView)["status"])
SOURCES = ("starter", "hub", "folder", "resized")
DECLARED = {one.key for one in (*METRICS, *OBJECTIVE_MEASURES)}  # with their own labels
OURS = [one.key for one in MEASURES if one.key not in DECLARED]
FIELDS = {field.key for shape in SHAPES for field in shape.fields}
# What the scripts (or Python, where it says so) build, `{}` for the value, and all that the value can be.
BUILT: dict[str, Iterable[str]] = {
    "jobs.status.{}": STATUSES,
    "jobs.event.{}": STATUSES,
    "jobs.{}.done": get_args(Action),
    "settings.models.status.{}": READY,
    "settings.models.source.{}": SOURCES,
    "train.model.source.{}": SOURCES,
    "settings.folder.{}": (*FOLDERS, "database"),
    "settings.limit.{}": LIMITS,
    "hardware.area.{}": AREAS,
    "hardware.level.{}": get_args(Level),
    "plan.memory.{}": KEYS,
    "plan.disk.{}": ("checkpoints", "writing", "result", "scratch", "export"),
    "plan.time.{}": ("start", "training", "checks", "answers", "saving"),
    "train.step.{}": STEPS,
    "train.{}.title": STEPS,
    "train.goal.{}": GOALS,
    "train.goal.{}.help": GOALS,
    "train.estimate.time.{}": get_args(Source),
    "train.shelf.{}": {f"{entry.shelf}.{entry.group}" for entry in CATALOGUE},
    "train.data.sample.{}": SAMPLES,
    "data.sample.{}.title": SAMPLES,
    "data.sample.{}.what": SAMPLES,
    "data.sample.{}.ask": SAMPLES,
    "data.sample.{}.answer": SAMPLES,
    "data.shape.{}": [shape.key for shape in SHAPES],
    "data.field.{}": FIELDS - {"messages", "tools", "chat"},
    "data.language.{}": LANGUAGES_OF_ROWS,
    "data.rows.{}": SPLITS,
    "data.version.rows.{}": SPLITS,
    "shape.part.{}": SPLITS,
    "shape.group.{}": set(get_args(Group)) - {"repair"},
    "data.change.{}": get_args(ChangeOfRow),
    "data.change.count.{}": get_args(ChangeOfRow),
    "data.compare.{}": get_args(ChangeOfRow),
    "data.review.is.{}": get_args(ReviewStatus),
    "data.review.state.{}": get_args(ReviewStatus),
    "findings.severity.{}": get_args(Severity),
    "models.format.{}": {method.saves for method in METHODS},
    "compare.mark.{}": get_args(Mark),
    "compare.state.{}": set(get_args(EntrantState)) - {"base"},
    "compare.column.{}": [*OURS, *COUNTS],
    "compare.about.{}": [*OURS, *COUNTS],
}
IN_PYTHON: dict[str, Iterable[str]] = {
    "nav.{}": [page.key for page in PAGES],
    "status.{}": STATUSES,
    "compare.fact.{}": [param.key for param in SHARED],
}


@pytest.mark.parametrize("pattern", [*BUILT, *IN_PYTHON])
def test_each_value_has_its_text(pattern: str) -> None:
    values = list({**BUILT, **IN_PYTHON}[pattern])
    assert values
    assert [key for value in values if (key := pattern.format(value)) not in catalogue("en")] == []


def test_what_is_listed_here_is_built_in_the_scripts() -> None:
    sources = [(FOLDER / name).read_text(encoding="utf-8") for name in modules()]
    assert [pattern for pattern in BUILT if not any(_builds(pattern, source) for source in sources)] == []


def _builds(pattern: str, source: str) -> bool:
    start, end = (re.escape(part) for part in pattern.split("{}"))
    joined = rf'"{start}" \+ [^,;]*?"{end}"' if end else rf'"{start}" \+ '
    return re.search(rf"{joined}|`{start}\$\{{[^}}]*\}}{end}`", source) is not None


def test_each_headline_has_its_text() -> None:
    """Those that the jobs' kinds do not bring along: of a time there are three, by its unit."""
    tree = ast.parse(Path(status_messages.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    said = {(node.func.id, ast.literal_eval(node.args[0])) for node in calls if _is_literal(node)}  # type: ignore[attr-defined]
    keys = {code for name, code in said if name == "_say"}
    keys |= {f"{code}{unit}" for name, code in said if name in ("_timed", "_took") for unit in (".s", ".m", ".h")}
    assert len(keys) > 15
    assert [key for key in sorted(keys) if f"headline.{key}" not in catalogue("en")] == []


def _is_literal(node: ast.Call) -> bool:
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and isinstance(first.value, str)
