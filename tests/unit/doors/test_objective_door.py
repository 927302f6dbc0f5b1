"""A throw-away objective, added as one file, its texts and one line, is there in form, validation, plan, Learn page and docs."""

from __future__ import annotations

from tests.unit.doors.house import House

_TEXTS = {
    "objectives.throwaway.pull.label": ("Pull", "拉力"),
    "objectives.throwaway.pull.help": ("How hard.", "多大。"),
    "objectives.throwaway.label": ("Throw-away", "一次性"),
    "objectives.throwaway.margin.label": ("Margin", "差距"),
    "objectives.throwaway.margin.help": ("Higher is better.", "越高越好。"),
}
_FILE = '''
"""An objective that is only here for a test."""
from dataclasses import replace
from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.declaration import Chart, Needs
from engine.objectives.sft import SFT
_PULL = Param(key="pull", kind="float", default=0.1, minimum=0, maximum=1, label=Text("objectives.throwaway.pull.label"), help=Text("objectives.throwaway.pull.help"))
THROWAWAY = replace(
    SFT, key="throwaway", label=Text("objectives.throwaway.label"), params=(*SFT.params, _PULL), learns_from=frozenset({"preference"}),
    unfit={}, needs=lambda _values: Needs(reference="beside", value_head=True, passes=2.0),
    charts=(Chart("margin", Text("objectives.throwaway.margin.label"), Text("objectives.throwaway.margin.help")),),
)
'''
_ASKED = """
from dataclasses import replace
from engine.commands.document import document
from engine.core.errors import SpecError
from engine.devices import devices
from engine.core.text import LANGUAGES
from engine.data.templates.lengths import LengthTable
from engine.jobs.spec import make_spec
from engine.planner.plan_estimate import PlanCase, estimate
from engine.services.app.learning import lessons
from storage.tables import Dataset, LanguageModel
from webui.forms import wizard_forms
from webui.pages.jobs import chart_rows, settings_rows
raw = {"name": "x", "base_model": 1, "dataset": 1, "method": "full", "objective": "throwaway"}
def fault(more):
    try: make_spec({**raw, **more})
    except SpecError as error: return {key: one["code"] for key, one in error.faults.items()}
config = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
          "num_key_value_heads": 2, "vocab_size": 4096, "tie_word_embeddings": True}
def plan(objective):
    own = {} if objective == "sft" else {"training": {"pull": 0.5}}
    spec = make_spec({**raw, "objective": objective, **own})
    table = LengthTable([(60, [[10, 60]])] * 40, [])
    found = estimate(PlanCase(spec, LanguageModel(config=config, parameters=None), Dataset(val_rows=0), devices()[-1], table, {}, 10**6))
    return found["memory"]["total_mb"], {part["key"]: part["seconds"] for part in found["time"]["parts"]}["training"]
form = next(one for one in wizard_forms("zh")["objectives"] if one["key"] == "throwaway")
tell({
    "form": [form["label"], form["learns_from"], "pull" in {param["key"] for param in form["params"]}],
    "spec": make_spec(raw).training["pull"], "fault": fault({"training": {"pull": 3}}),
    "plans": [plan("sft"), plan("throwaway")],
    "docs": ["Throw-away" in document("en"), "拉力" in document("zh")],
    "learn": [one["key"] for one in lessons("en")["objectives"]],
    "charts": chart_rows("en", raw), "settings": [row["label"] for row in settings_rows("en", {**raw, "training": {"pull": 1}})],
})
"""


def test_an_objective_is_one_file_and_one_line(house: House) -> None:
    house.add("engine/objectives/throwaway.py", _FILE)
    house.say("objectives/throwaway", _TEXTS)
    house.enter("engine/objectives/__init__.py", "OBJECTIVES", "THROWAWAY", "engine.objectives.throwaway")
    told = house.ask(_ASKED)
    assert told["form"] == ["一次性", ["preference"], True]
    assert told["spec"] == 0.1
    assert told["fault"] == {"training.pull": "param.too_large"}
    (memory, seconds), (more_memory, more_seconds) = told["plans"]
    assert more_memory > memory
    assert seconds < more_seconds <= 2 * seconds + 0.1
    assert told["docs"] == [True, True]
    assert "throwaway" in told["learn"]
    assert told["charts"] == [{"key": "margin", "label": "Margin", "help": "Higher is better."}]
    assert "Pull" in told["settings"]
