"""A throw-away optimizer, added as one file, its texts and one line, is there in form, validation, plan, training and docs."""

from __future__ import annotations

from tests.unit.doors.house import House

_TEXTS = {
    "optimizers.throwaway.label": ("Throw-away", "一次性"),
    "optimizers.throwaway.help": ("Only for a test.", "仅供测试。"),
    "optimizers.throwaway.not_on": ("it needs a GPU", "需要 GPU"),
}
_FILE = '''
"""An optimizer that is only here for a test."""
from dataclasses import replace
from engine.core.formula import Basis, Counted
from engine.core.text import Text
from engine.optimizers.adamw import ADAMW
def _make():
    from torch.optim import Adagrad
    return Adagrad, {"eps": 1e-9}
THROWAWAY = replace(
    ADAMW, key="throwaway", label=Text("optimizers.throwaway.label"), help=Text("optimizers.throwaway.help"), make=_make,
    state=lambda trained, _rank: Counted(3.0 * trained, "3 B"), adamw=False, quality=Basis(0.5, "a test"),
    not_on=lambda kind: None if kind.accelerator else Text("optimizers.throwaway.not_on"),
)
'''
_ASKED = """
from dataclasses import replace
from engine.commands.document import document
from engine.core.hardware import Device
from engine.core.text import LANGUAGES
from engine.devices import precision_for
from engine.devices.cpu import CPU
from engine.devices.cuda import CUDA
from engine.jobs.spec import make_spec
from engine.methods import method_of
from engine.methods.common.shape import ModelShape
from engine.optimizers import optimizer_of
from engine.planner.memory.estimate import memory_breakdown
from engine.planner.memory.unfit import unfit
from engine.planner.memory.workload import Workload
from engine.planner.search.candidates import candidates_for
from webui.forms import wizard_forms
form = next(one for one in wizard_forms("en")["objectives"][0]["params"] if one["key"] == "optimizer")
spec = make_spec({"name": "x", "base_model": 1, "dataset": 1, "method": "full", "training": {"optimizer": "throwaway"}})
device = Device("cuda:0", "card", 80_000, 80_000, bf16=True, capability=(8, 0))
shape = ModelShape(576, 1536, 30, 9, 3, 64, 49152, tied=True, parameters=134_515_008)
work = Workload(shape, method_of("full"), spec.method_params, precision_for(device), device, 256,
                optimizer=optimizer_of(spec.training["optimizer"]))
lines = {line.key: line.bytes for line in memory_breakdown(work)}
tell({
    "form": [one["value"] for one in form["choices"]], "help": form["help"], "spec": spec.training["optimizer"],
    "memory": lines["optimizer"] / work.trained, "made": optimizer_of("throwaway").make()[0].__name__,
    "tried": {kind.key: any(one.optimizer.key == "throwaway" for one in candidates_for("quality", kind)) for kind in (CPU, CUDA)},
    "unfit": {kind.key: list(unfit(kind, spec.training)) for kind in (CPU, CUDA)},
    "docs": ["Throw-away" in document("en"), "一次性" in document("zh")],
})
"""


def test_an_optimizer_is_one_file_and_one_line(house: House) -> None:
    house.add("engine/optimizers/throwaway.py", _FILE)
    house.say("optimizers/throwaway", _TEXTS)
    house.enter("engine/optimizers/__init__.py", "OPTIMIZERS", "THROWAWAY", "engine.optimizers.throwaway")
    told = house.ask(_ASKED)
    assert "throwaway" in told["form"]
    assert "Only for a test." in told["help"]
    assert (told["spec"], told["memory"], told["made"]) == ("throwaway", 3.0, "Adagrad")
    assert told["tried"] == {"cpu": False, "cuda": True}
    assert told["unfit"] == {"cpu": ["training.optimizer"], "cuda": []}
    assert told["docs"] == [True, True]
