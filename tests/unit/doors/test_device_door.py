"""A throw-away kind of device, added as one file, its texts and one line, is there in form, validation, plan, lanes and docs."""

from __future__ import annotations

from tests.unit.doors.house import House

_TEXTS = {
    "devices.throwaway.label": ("Throw-away", "一次性"),
    "devices.throwaway.no_quantisation": ("bitsandbytes has no kernels for it", "bitsandbytes 没有相应的内核"),
}
_FILE = '''
"""A kind of device that is only here for a test."""
from dataclasses import replace
from engine.core.hardware import Device, Precision
from engine.core.text import Text
from engine.devices.cuda import CUDA
THROWAWAY = replace(
    CUDA, key="throwaway", label=Text("devices.throwaway.label"), torch_type="meta", torch_name="meta", icon="box", memory=None,
    find=lambda: [Device("throwaway:0", "A card", 50_000, 40_000, bf16=True)],
    precision=lambda _device: Precision("bf16", "precision.gpu_bf16", {"capability": "-"}), runtime_bytes=7e6, system_mb=2000,
    no_quantisation=Text("devices.throwaway.no_quantisation"),
)
'''
_ASKED = """
from engine.commands.document import document
from engine.devices import device_of, devices, kind_of
from engine.jobs.lanes import lane_for
from engine.jobs.spec import make_spec
from engine.methods import method_of
from engine.methods.common.shape import ModelShape
from engine.planner.memory.estimate import memory_breakdown
from engine.planner.memory.unfit import unfit
from engine.planner.memory.verdict import limit_of
from engine.planner.memory.workload import Workload
from engine.planner.plan_estimate import device_view
from engine.planner.time.effort import step_seconds
from engine.services.planning import estimates
raw = {"name": "x", "base_model": 1, "dataset": 1, "method": "lora", "training": {"quantisation": "nf4"}}
spec = make_spec(raw | {"budget": {"device": "throwaway:0"}})
device = device_of("throwaway:0")
shape = ModelShape(576, 1536, 30, 9, 3, 64, 49152, tied=True, parameters=134_515_008)
kind = kind_of(device)
work = Workload(shape, method_of("lora"), spec.method_params, kind.precision(device), device, 256)
tell({
    "form": [[one["key"], one["icon"]] for one in estimates.devices(None)], "spec": spec.budget.device,
    "lane": lane_for("throwaway:0"), "limit": limit_of(device, None), "named": device_view(device)["kind"]["zh"],
    "runtime": next(line.bytes for line in memory_breakdown(work) if line.key == "runtime"),
    "seconds": step_seconds(work, [100], 0.5) > 0, "unfit": list(unfit(kind, spec.training)),
    "docs": ["Throw-away" in document("en"), "一次性" in document("zh")],
})
"""


def test_a_kind_of_device_is_one_file_and_one_line(house: House) -> None:
    house.add("engine/devices/throwaway.py", _FILE)
    house.say("devices/throwaway", _TEXTS)
    house.enter("engine/devices/__init__.py", "DEVICE_KINDS", "THROWAWAY", "engine.devices.throwaway")
    told = house.ask(_ASKED)
    assert ["throwaway:0", "box"] in told["form"]
    assert (told["spec"], told["lane"]) == ("throwaway:0", "throwaway:0")
    assert (told["limit"], told["runtime"], told["seconds"]) == (48_000, 7e6, True)
    assert told["named"] == "一次性"
    assert told["unfit"] == ["training.quantisation"]
    assert told["docs"] == [True, True]
