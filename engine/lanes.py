"""Which queue a job waits in: one a device, and one for light work in the background."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from engine.errors import Fault

BACKGROUND = "background"


def torch_has_cuda() -> bool:
    """Whether the installed torch can use a GPU, by its name alone: importing it takes seconds."""
    try:
        return not version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def gpu_count() -> int:
    """How many NVIDIA GPUs the driver reports."""
    import pynvml

    try:
        pynvml.nvmlInit()
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return 0


def lanes() -> list[str]:
    """The devices that jobs can run on, the best first."""
    gpus = gpu_count() if torch_has_cuda() else 0
    return [*(f"cuda:{number}" for number in range(gpus)), "cpu"]


def lane_for(device: str) -> str:
    """The lane for a spec's device ("auto": the best). Raises Fault("job.no_device")."""
    known = lanes()
    if device == "auto":
        return known[0]
    if device not in known:
        raise Fault("job.no_device", device=device, devices=known)
    return device
