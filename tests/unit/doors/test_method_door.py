"""A throw-away method, added as one file, its texts and one line, is there in form, validation, plan and docs."""

from __future__ import annotations

from tests.unit.doors.house import House

_TEXTS = {
    "methods.throwaway.label": ("Throw-away", "一次性"),
}
_FILE = '''
"""A method that is only here for a test."""
from dataclasses import replace
from engine.core.text import Text
from engine.methods.lora import LORA
THROWAWAY = replace(LORA, key="throwaway", label=Text("methods.throwaway.label"), variants=())
'''
_ASKED = """
from engine.commands.document import document
from engine.core.text import LANGUAGES
from engine.jobs.spec import make_spec
from webui.forms import wizard_forms
spec = make_spec({"name": "x", "base_model": 1, "dataset": 1, "method": "throwaway"})
tell({"form": sorted(f["key"] for f in wizard_forms("en")["methods"]), "spec": spec.method,
      "docs": ["Throw-away" in document(LANGUAGES[0])]})
"""


def test_a_method_is_one_file_and_one_line(house: House) -> None:
    house.add("engine/methods/throwaway.py", _FILE)
    house.say("methods/throwaway", _TEXTS)
    house.enter("engine/methods/__init__.py", "METHODS", "THROWAWAY", "engine.methods.throwaway")
    told = house.ask(_ASKED)
    assert "throwaway" in told["form"]
    assert told["spec"] == "throwaway"
    assert told["docs"] == [True]
