"""A process of its own that loads saved results as the playground does and writes what they answer: `python -m tests.fresh`.

The request is JSON: {"ids": [...], "out": path, "results": [{"key", "base", "dtype", "folder"}]}. Each result's logits are
written under its key, and the base's, after all results were loaded beside it, under "base:<folder>:<dtype>". What cannot be loaded is
printed: {"<key>": "<reason>"}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from engine.models.tuned.results import kind_of
from engine.serving.protocol import BASE
from engine.serving.runtime.adapted_model import SharedBase
from engine.serving.runtime.loading import load_model


def main(request: dict[str, Any]) -> None:
    """Load, answer, write."""
    torch.set_num_threads(1)
    ids = torch.tensor([request["ids"]])
    trunks: dict[tuple[str, str], SharedBase] = {}
    broken: dict[str, str] = {}
    for result in request["results"]:
        where = (result["base"], result["dtype"])
        if where not in trunks:
            trunks[where] = SharedBase(load_model(*where, "cpu"))
        if kind_of(Path(result["folder"])) != "model":
            broken |= _add(trunks[where], result)
    answers = {f"base:{base}:{dtype}": _logits(trunk, BASE, ids) for (base, dtype), trunk in trunks.items()}
    for result in request["results"]:
        if result["key"] in broken:
            continue
        trunk, key = trunks[result["base"], result["dtype"]], result["key"]
        if kind_of(Path(result["folder"])) == "model":
            trunk, key = SharedBase(load_model(result["folder"], result["dtype"], "cpu")), BASE
        answers[result["key"]] = _logits(trunk, key, ids)
    save_file(answers, request["out"])
    print(json.dumps(broken))


def _add(trunk: SharedBase, result: dict[str, Any]) -> dict[str, str]:
    try:
        trunk.add(result["key"], result["folder"])
    except Exception as error:  # the other results are still to be looked at
        return {result["key"]: repr(error)}
    return {}


@torch.inference_mode()
def _logits(trunk: SharedBase, key: str, ids: torch.Tensor) -> torch.Tensor:
    cache, _length = trunk.open(key)
    logits: torch.Tensor = trunk.forward([key], input_ids=ids, past_key_values=cache, use_cache=True).logits
    return logits.float().contiguous()


if __name__ == "__main__":
    main(json.loads(sys.stdin.read()))
