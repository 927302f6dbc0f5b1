"""Bottleneck adapters as a PEFT tuner: a small two-layer network behind the output of a linear module.

Houlsby et al. 2019, arXiv:1902.00751: h + up(act(down(h))). The up-projection starts at zero, so the start is the base.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from peft import PeftConfig, PeftType, get_peft_model
from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from peft.utils import register_peft_method
from torch import Tensor, nn

from engine.training.tuners.structure import LINEAR

NAME = "bottleneck"
ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU}


@dataclass
class BottleneckConfig(PeftConfig):
    """What PEFT stores of such an adapter."""

    target_modules: list[str] | str | None = field(default=None)  # names of linear modules with an adapter behind them
    size: int = 64  # width of the bottleneck
    activation: str = "gelu"  # key of ACTIVATIONS

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = PeftType[NAME.upper()]
        if not isinstance(self.target_modules, str | None):
            self.target_modules = sorted(self.target_modules)


class BottleneckLayer(nn.Module, BaseTunerLayer):
    """A linear module with adapters behind it."""

    adapter_layer_names = ("bottleneck_down", "bottleneck_up")
    other_param_names = ("size", "activation")

    def __init__(self, base_layer: nn.Module, name: str, config: BottleneckConfig) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.bottleneck_down, self.bottleneck_up = nn.ModuleDict(), nn.ModuleDict()
        self.activation: dict[str, nn.Module] = {}
        self.size: dict[str, int] = {}
        self._disable_adapters = False
        self.merged_adapters: list[str] = []
        self._active_adapter = name
        self.add(name, config)

    def add(self, name: str, config: BottleneckConfig) -> None:
        """One more adapter."""
        base: Any = self.get_base_layer()
        width = base.nf if hasattr(base, "nf") else base.out_features
        down, up = nn.Linear(width, config.size), nn.Linear(config.size, width)
        for start in (down.bias, up.weight, up.bias):
            nn.init.zeros_(start)
        self.bottleneck_down[name], self.bottleneck_up[name] = down, up
        self.activation[name], self.size[name] = ACTIVATIONS[config.activation](), config.size
        self._move_adapter_to_device_of_base_layer(name)
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def forward(self, inputs: Tensor, *rest: Any, **options: Any) -> Tensor:
        """The base's output, and each active adapter's correction of it."""
        result: Tensor = self.base_layer(inputs, *rest, **options)
        for name in () if self.disable_adapters else self.active_adapters:
            if name in self.bottleneck_down:
                down, up = self.bottleneck_down[name], self.bottleneck_up[name]
                added = up(self.activation[name](down(result.to(down.weight.dtype))))
                result = result + added.to(result.dtype)
        return result


class BottleneckModel(BaseTuner):
    """PEFT's way of putting `BottleneckLayer` around the target modules."""

    prefix = f"{NAME}_"
    tuner_layer_cls = BottleneckLayer
    target_module_mapping: ClassVar[dict[str, list[str]]] = {}

    def _create_and_replace(
        self,
        peft_config: Any,
        adapter_name: str,
        target: Any,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        parameter_name: str | None = None,
    ) -> None:
        if isinstance(target, BottleneckLayer):
            target.add(adapter_name, peft_config)
            return
        if not isinstance(target, LINEAR):
            raise ValueError(f"{current_key} is not a linear module")
        layer = BottleneckLayer(target, adapter_name, peft_config)
        if adapter_name not in self.active_adapters:
            layer.requires_grad_(False)
        self._replace_module(parent, target_name, layer, target)


def _name_kind(name: str) -> None:
    """One more kind of adapter: PEFT names them in an enumeration, which cannot be subclassed."""
    member: Any = str.__new__(PeftType, name)
    member._name_ = member._value_ = name
    member._sort_order_ = len(PeftType)
    PeftType._member_names_.append(name)
    PeftType._member_map_[name] = PeftType._value2member_map_[name] = member


_name_kind(NAME.upper())
register_peft_method(name=NAME, config_cls=BottleneckConfig, model_cls=BottleneckModel)


def wrap(model: Any, names: list[str], size: int, activation: str) -> Any:
    """`model` with adapters behind its modules `names`. Raises ValueError where it has none of them."""
    settings = BottleneckConfig(target_modules=names, size=size, activation=activation, task_type="CAUSAL_LM")
    return get_peft_model(model, settings)
