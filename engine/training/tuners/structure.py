"""Where the parts of a transformer are, found by how it is built rather than by the name of its family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

LINEAR = (nn.Linear, Conv1D)
_REACHED = "in_proj"  # of a state space: fused kernels read the weights of the rest without calling it
_UNREACHED = ("x_proj", "dt_proj", "out_proj")


def plain(model: Any) -> Any:
    """The transformers model without what PEFT put around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def decoder(model: Any) -> Any:
    """The part of a causal language model that holds its layers. Raises ValueError where there is no list of them."""
    base = plain(model)
    count = base.config.get_text_config(decoder=True).num_hidden_layers
    for module in (base.get_decoder(), *base.modules()):
        if _listed(module, count) is not None:
            return module
    raise ValueError(f"{type(base).__name__} has no list of {count} layers")


def _listed(module: nn.Module, count: int) -> nn.ModuleList | None:
    lists = (child for child in module.children() if isinstance(child, nn.ModuleList))
    return next((child for child in lists if len(child) == count), None)


def decoder_layers(model: Any) -> nn.ModuleList:
    """The repeated layers of a causal language model. Raises ValueError where there is no list of them."""
    layers = _listed(decoder(model), plain(model).config.get_text_config(decoder=True).num_hidden_layers)
    assert layers is not None
    return layers


def _paths(model: Any, part: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """(path within the whole model, module) of everything in `part`."""
    places = {id(module): name for name, module in model.named_modules()}
    for module in part.modules():
        yield places[id(module)], module


def adaptable(model: Any) -> Mapping[str, Any]:
    """Path -> linear module of the layers, for those that adapters are heard in.

    Not routers, which give more than a vector; nor what a state space reads without calling; nor
    matrices that layers share, which have one weight for several changes; nor what has no name in a list.
    """
    every = dict(_paths(model, decoder_layers(model)))
    uses = Counter(id(module.weight) for module in every.values() if _is_linear(module))
    spaces = [path for path, module in every.items() if hasattr(module, "A_log") and hasattr(module, _REACHED)]
    aside = {f"{path}.{name}" for path in spaces for name in _UNREACHED}
    found = {path: one for path, one in every.items() if _is_linear(one) and path not in aside and _has_name(path)}
    return {path: one for path, one in found.items() if uses[id(one.weight)] == 1}


def _has_name(path: str) -> bool:
    return not path.rsplit(".", 1)[-1].isdigit()


def _is_linear(module: nn.Module) -> bool:
    return isinstance(module, LINEAR) and "Router" not in type(module).__name__


def taken_for_experts(model: Any, paths: Iterable[str]) -> set[str]:
    """Those of the modules whose names PEFT takes for the experts that older versions of transformers had as modules."""
    from peft import LoraConfig
    from peft.utils.transformers_weight_conversion import convert_peft_config_for_transformers

    def kept(name: str) -> bool:
        config = LoraConfig(target_modules=[name])
        try:
            convert_peft_config_for_transformers(config, model, None)
        except ValueError:  # one of several that have become one
            return False
        return name in (config.target_modules or ())

    names = {path.rsplit(".", 1)[-1] for path in paths}
    lost = {name for name in names if not kept(name)}
    return {path for path in paths if path.rsplit(".", 1)[-1] in lost}


def expert_tensors(model: Any) -> list[str]:
    """Paths of the tensors that hold a matrix of all experts of a layer."""
    wrapped = [
        (path, module) for path, module in _paths(model, decoder_layers(model)) if "Experts" in type(module).__name__
    ]
    return [
        f"{path}.{name}"
        for path, module in wrapped
        for name, one in module.named_parameters(recurse=False)
        if one.ndim == 3
    ]


def norms(model: Any, *, final: bool) -> list[str]:
    """Paths of the norms of all layers, and of the last one. Not those that take a gate besides, nor those that layers share."""
    last = final_norm(model)
    found = [*_paths(model, decoder_layers(model)), *((_paths(model, last)) if final and last is not None else ())]
    kinds = ((path, type(module).__name__.lower(), getattr(module, "weight", None)) for path, module in found)
    weighed = [
        (path, weight) for path, kind, weight in kinds if "norm" in kind and "gated" not in kind and weight is not None
    ]
    uses = Counter(id(weight) for _, weight in weighed)
    return [path for path, weight in weighed if uses[id(weight)] == 1]


def endings(model: Any, paths: Collection[str], *, tensors: bool = False) -> list[str]:
    """The shortest endings that name these modules (or tensors) and no other one."""
    wanted = set(paths)
    every = [name for name, _ in (model.named_parameters() if tensors else model.named_modules())]
    fits: dict[str, bool] = {}
    found = set()
    for path in wanted:
        parts = path.split(".")
        for start in range(len(parts) - 1, -1, -1):
            ending = ".".join(parts[start:])
            if ending not in fits:
                fits[ending] = all(name in wanted for name in every if is_named(name, {ending}))
            if fits[ending]:
                found.add(ending)
                break
    return sorted(found)


def final_norm(model: Any) -> nn.Module | None:
    """The norm behind the last layer, where the decoder has one."""
    found = [child for child in decoder(model).children() if "Norm" in type(child).__name__]
    return found[-1] if found else None


def is_named(path: str, names: set[str]) -> bool:
    """Whether `path` is one of `names` or ends with one: "self_attn.q_proj" is named by "q_proj"."""
    return any(path == name or path.endswith(f".{name}") for name in names)
