"""A throw-away metric, added as one file, its texts and one line, is there in results, leaderboard, tables, page and docs."""

from __future__ import annotations

import csv
import io

from tests.unit.doors.house import House

_TEXTS = {
    "evaluation.metrics.throwaway.label": ("Throw-away", "一次性"),
    "evaluation.metrics.throwaway.help": ("Letters too many", "多余的字符"),
}
_FILE = '''
"""A metric that is only here for a test."""
from engine.core.text import Text
from engine.evaluation.metrics.declaration import EvaluationMetric

THROWAWAY = EvaluationMetric(
    key="throwaway", label=Text("evaluation.metrics.throwaway.label"), help=Text("evaluation.metrics.throwaway.help"), source="nobody", better="low",
    decimals=2, of_answers=lambda expected, said: float(sum(map(len, said)) - sum(map(len, expected))), lowest=None,
)
'''
_ASKED = """
from dataclasses import dataclass
from engine.commands.documents.metrics import metrics_page
from engine.evaluation.comparison.leaderboard import Entered, RunState, leaderboard
from engine.evaluation.comparison.report import csv_text, markdown_text
from engine.evaluation.scores import score_answers
from webui.pages.compare import metric_columns

@dataclass
class Asked:
    text: str
    expected: str

questions = [Asked("a", "one"), Asked("b", "two")]
base, short, long = (score_answers(questions, said) for said in (["one!", "two!"], ["one", "two!"], ["one!!", "two!!"]))
def entered(key, scores):
    return Entered(key, "tuned", [RunState(1, 1, "succeeded", {"base_val_loss": 2.0, "val_loss": 1.0, "answers": scores.as_result(base)})])
rows = leaderboard([entered("short", short), entered("long", long)])
old = RunState(1, 1, "succeeded", {"val_loss": 1.0, "answers": {"count": 2, "exact": 0.5, "chrf": 3.0, "base_exact": None, "base_chrf": None}})
tell({
    "result": short.as_result(base), "rows": {row["key"]: row["cells"]["throwaway"] for row in rows},
    "old": "throwaway" in leaderboard([Entered("old", "tuned", [old])])[1]["cells"],
    "csv": csv_text(rows, {key: key for key in ("base", "short", "long")}),
    "markdown": markdown_text(rows, {key: key for key in ("base", "short", "long")}, lambda key: key, "t", []),
    "page": metric_columns("zh"), "docs": [metrics_page("en"), metrics_page("zh")],
})
"""


def test_a_metric_is_one_file_and_one_line(house: House) -> None:
    house.add("engine/evaluation/metrics/throwaway.py", _FILE)
    house.say("evaluation/metrics/throwaway", _TEXTS)
    house.enter("engine/evaluation/metrics/__init__.py", "METRICS", "THROWAWAY", "engine.evaluation.metrics.throwaway")
    told = house.ask(_ASKED)
    assert (told["result"]["throwaway"], told["result"]["base_throwaway"]) == (1.0, 2.0)
    assert {key: (cell["mean"], cell["mark"]) for key, cell in told["rows"].items()} == {
        "base": (2.0, None), "short": (1.0, "best"), "long": (4.0, None),
    }  # fmt: skip
    assert not told["old"], "results of earlier jobs do not have it"
    table = {row["key"]: row for row in csv.DictReader(io.StringIO(told["csv"]))}
    assert table["short"]["throwaway"] == "1"
    assert "column.throwaway" in told["markdown"]
    assert "**1.00** ✓" in told["markdown"]
    column = next(one for one in told["page"] if one["key"] == "throwaway")
    assert (column["key"], column["label"], column["help"], column["better"]) == (
        "throwaway", "一次性", "多余的字符", "low",
    )  # fmt: skip
    assert all(
        f"| **{label}** | `throwaway` |" in page
        for label, page in zip(("Throw-away", "一次性"), told["docs"], strict=True)
    )
