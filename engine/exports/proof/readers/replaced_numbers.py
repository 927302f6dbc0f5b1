"""Numbers of the base that training changed, put into it as the export's README says: by plain torch and transformers."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from engine.exports.proof.declaration import ForeignReading
from engine.exports.proof.readers.plain_transformers import Plain


class Replaced(Plain):
    """A plain model of the base with those numbers."""

    @torch.no_grad()
    def _put_on(self) -> None:
        parameters = dict(self._model.named_parameters(remove_duplicate=False))
        changed = load_file(self._folder / "delta.safetensors")
        for name, tensor in changed.items():
            if name in parameters:
                parameters[name].copy_(tensor)
            elif name.endswith("::index"):
                name = name.removesuffix("::index")
                parameters[name].view(-1)[tensor] = changed[f"{name}::value"].to(parameters[name].dtype)


def open_export(folder: Path, base: Path | None) -> ForeignReading:
    """Read a folder on its base."""
    return Replaced(folder, base)
