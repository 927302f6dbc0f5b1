"""A throw-away format of the base, added as one file, its texts and one line, is there in form, validation, plan, loading and docs."""

from __future__ import annotations

from tests.unit.doors.house import House

_TEXTS = {
    "base_formats.throwaway.label": ("Throw-away", "一次性"),
    "base_formats.throwaway.help": ("Only for a test.", "仅供测试。"),
    "base_formats.throwaway.not_on": ("it needs a GPU", "需要 GPU"),
}
_FILE = '''
"""A format that is only here for a test."""
from dataclasses import replace
from engine.base_formats.declaration import ChatFormat
from engine.base_formats.nf4 import NF4
from engine.core.text import Text
THROWAWAY = replace(
    NF4, key="throwaway", label=Text("base_formats.throwaway.label"), help=Text("base_formats.throwaway.help"),
    packing=replace(NF4.packing, bits=2, weight_bytes=0.25), answering=ChatFormat("throwaway", 0.25),
    not_on=lambda kind: None if kind.accelerator else Text("base_formats.throwaway.not_on"),
)
'''
_ASKED = """
from engine.base_formats import base_format
from engine.commands.document import document
from engine.core.hardware import Device
from engine.devices import precision_for
from engine.devices.cpu import CPU
from engine.devices.cuda import CUDA
from engine.jobs.spec import make_spec
from engine.methods import method_of
from engine.methods.common.shape import ModelShape
from engine.planner.memory.estimate import weight_bytes
from engine.planner.memory.unfit import unfit
from engine.planner.memory.workload import Workload
from engine.planner.search.candidates import candidates_for
from engine.serving.process.admission import base_bytes
from webui.forms import wizard_forms
form = next(one for one in wizard_forms("en")["objectives"][0]["params"] if one["key"] == "quantisation")
raw = {"name": "x", "base_model": 1, "dataset": 1, "method": "lora", "training": {"quantisation": "throwaway"}}
spec = make_spec(raw)
device = Device("cuda:0", "card", 80_000, 80_000, bf16=True, capability=(8, 0))
shape = ModelShape(576, 1536, 30, 9, 3, 64, 49152, tied=True, parameters=134_515_008)
held = base_format(spec.training)
work = Workload(shape, method_of("lora"), spec.method_params, precision_for(device), device, 256, base_format=held)
rest = 4 * (shape.parameters - shape.linear_weights)  # in chats; on GPUs a job holds half of it
tell({
    "form": [one["value"] for one in form["choices"]], "help": form["help"], "spec": spec.training["quantisation"],
    "bits": held.bits, "memory": (weight_bytes(work) - rest / 2 - held.scales(shape, True).bytes) / shape.linear_weights,
    "chat": (base_bytes(shape, "throwaway") - rest) / shape.linear_weights,
    "tried": {kind.key: any(one.held.key == "throwaway" for one in candidates_for("quality", kind)) for kind in (CPU, CUDA)},
    "unfit": {kind.key: list(unfit(kind, spec.training)) for kind in (CPU, CUDA)},
    "docs": ["Throw-away" in document("en"), "一次性" in document("zh")],
})
"""


def test_a_format_of_the_base_is_one_file_and_one_line(house: House) -> None:
    house.add("engine/base_formats/throwaway.py", _FILE)
    house.say("base_formats/throwaway", _TEXTS)
    house.enter("engine/base_formats/__init__.py", "BASE_FORMATS", "THROWAWAY", "engine.base_formats.throwaway")
    told = house.ask(_ASKED)
    assert "throwaway" in told["form"]
    assert "Only for a test." in told["help"]
    assert (told["spec"], told["bits"]) == ("throwaway", 2)
    assert abs(told["memory"] - 0.25) < 1e-6
    assert abs(told["chat"] - 0.25) < 1e-6
    assert told["tried"] == {"cpu": False, "cuda": True}
    assert told["unfit"] == {"cpu": ["training.quantisation"], "cuda": []}
    assert told["docs"] == [True, True]
