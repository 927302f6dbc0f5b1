"""What a kind of device is: one frozen value that plans, limits, training and chat derive from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.core.hardware import Device, Precision
from engine.core.text import Text
from engine.devices.attention import Attention, processor_attention

if TYPE_CHECKING:
    import torch

EVERYTHING = float("inf")


@dataclass(frozen=True)
class Rates:
    """What training gets out of a device.

    Attributes:
        flops: matrix operations a second.
        bandwidth: bytes a second between memory and cores.
        layer_s: seconds that one layer takes besides its calculations, forward and backward: calls, launches.
        word_layer_s: the same for one layer of one generated token.
        step_s: seconds of an optimizer step besides its groups.
        unpack_s: seconds to bring one weight of a quantised base into the format that is calculated in.
    """

    flops: float
    bandwidth: float
    layer_s: float
    word_layer_s: float
    step_s: float
    unpack_s: float


@dataclass(frozen=True)
class DeviceMemory:
    """Memory of a device's own, as torch sees it; torch is loaded within.

    Attributes:
        limit: (device, bytes) -> None: what this process allocates beyond it fails.
        peak: (device) -> the most bytes that were allocated since it was last asked.
        held: () -> bytes that are allocated now, on all devices of the kind.
        give_back: () -> None: what nothing uses any more goes back to the system.
    """

    limit: Callable[[torch.device, float], None]
    peak: Callable[[torch.device], int]
    held: Callable[[], int]
    give_back: Callable[[], None]


@dataclass(frozen=True)
class DeviceKind:
    """Devices that work alike.

    Attributes:
        key: name in specs and in the database; a device is called "key", or "key:N" where there may be several.
        several: whether a machine may have more than one.
        label: what people call one.
        place: the sentence which says that a job runs on this machine's one.
        icon: of the page's icon set.
        find: () -> the devices that a worker would see. Opens no context and imports no torch.
        torch_type: what torch calls the kind; also the type of its autocast.
        torch_name: what torch calls the one device that is left visible to a job.
        accelerator: whether it is something else than the processor that Python itself runs on.
        reserve: (device) -> None: leaves only this device visible, before torch starts.
        memory: of its own; None where it is RAM, which the system limits for the whole process (RLIMIT_DATA).
        precision: (device) -> the number format to train in, and why.
        answering: () -> number format that a quantised base is unpacked to when it answers: "fp32", "bf16" or "fp16".
        rates: (device with its known speeds) -> what training gets out of it.
        fast_lora: whether adapters run as one function on it (`engine.training.forward.fast_lora`).
        tokens_at_once: of the largest group of examples; more is not faster.
        many_parameters: of a model from which on training takes unreasonably long.
        slow_when_quantised: whether a quantised base trains clearly more slowly than a plain one.
        runtime_bytes: what a worker takes up there before it loads a model, in bytes.
        runtime_source: where that number is from, with an address, for the memory estimate.
        serving_mb: the same of the process that answers in chats.
        system_mb: of the device's memory, left to the system and to the page.
        margin: share of the memory estimate that is added for what cannot be known.
        slack: share of all that comes and goes which the allocator cannot use again at once.
        slack_renewed: the same where each pass makes all weights anew.
        unified: whether memory can be shared with RAM page by page, and state be moved there.
        attention: (device, number format, width of a head, masked=...) -> what calculates attention there.
        no_quantisation: why bitsandbytes does not run there; None where it does.
    """

    key: str
    label: Text
    place: Text
    icon: str
    find: Callable[[], list[Device]]
    torch_type: str
    torch_name: str
    accelerator: bool
    reserve: Callable[[Device], None]
    precision: Callable[[Device], Precision]
    answering: Callable[[], Literal["fp32", "bf16", "fp16"]]
    rates: Callable[[Device], Rates]
    tokens_at_once: int
    runtime_bytes: float
    runtime_source: str
    serving_mb: int
    margin: float
    several: bool = False
    memory: DeviceMemory | None = None
    fast_lora: bool = False
    many_parameters: float = EVERYTHING
    slow_when_quantised: bool = False
    system_mb: int = 0
    slack: float = 0.0
    slack_renewed: float = 0.0
    unified: bool = False
    attention: Callable[..., Attention] = processor_attention
    no_quantisation: Text | None = None

    def names(self, key: str) -> bool:
        """Whether a device called `key` is of this kind, here or on another machine."""
        return key.startswith(f"{self.key}:") if self.several else key == self.key
