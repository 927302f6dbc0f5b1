"""What a GGUF file says of its model before anything of it is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from engine.core.errors import Fault
from engine.models.architecture.shape import shape_of
from engine.models.base import gguf


def write(file: Path, *, layers: int, architecture: str = "llama") -> Path:
    """A file with the metadata of a Llama of width 4,096 and hardly any weights."""
    writer = GGUFWriter(file, architecture)
    writer.add_block_count(layers)
    writer.add_embedding_length(4096)
    writer.add_feed_forward_length(14336)
    writer.add_head_count(32)
    writer.add_head_count_kv(8)
    writer.add_context_length(8192)
    writer.add_token_list([f"word {n}" for n in range(300)])
    writer.add_tensor("output.weight", np.zeros((2, 32), dtype=np.float32))
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        step()
    writer.close()
    return file


def test_the_architecture_is_read_from_metadata(tmp_path: Path) -> None:
    config = gguf.read_config(write(tmp_path / "model.gguf", layers=2))
    shape = shape_of(config)
    assert (shape.layers, shape.hidden, shape.kv_heads, shape.vocabulary, shape.tied) == (2, 4096, 8, 300, False)
    assert config["max_position_embeddings"] == 8192
    assert shape.parameters == 2 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096) + 2 * 300 * 4096 + 4096


def test_a_model_that_cannot_be_unpacked_here_is_refused_before_it_is_read(tmp_path: Path) -> None:
    gguf.check_room(write(tmp_path / "small.gguf", layers=1), tmp_path)
    with pytest.raises(Fault) as refused:
        gguf.check_room(write(tmp_path / "large.gguf", layers=4000), tmp_path)
    assert refused.value.code == "model.gguf_too_large"
    assert refused.value.params["need_mb"] > refused.value.params["memory_mb"]


def test_what_is_no_gguf_file_or_unknown(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 10)
    with pytest.raises(Fault, match=r"model\.gguf_unreadable"):
        gguf.check_room(broken, tmp_path)
    gguf.check_room(write(tmp_path / "new.gguf", layers=2, architecture="mamba"), tmp_path)
