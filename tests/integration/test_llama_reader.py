"""The reader of llama.cpp's files: what it finds in a sound file, and what it says of broken ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import llama_gguf
from engine.core.errors import Fault
from engine.core.text import Text
from engine.exports.proof.declaration import ForeignReader, ProofLimits
from engine.exports.proof.llama_cpp import LLAMA_CPP
from engine.exports.proof.proving import prove
from engine.exports.proof.questions import ForcedRow, ProofPrompt, Questions
from engine.exports.proof.truth import write_truth
from tests.integration.chat_models import stir
from tests.tiny import CHATML, write_model

LIMITS = ProofLimits(divergence=1e-4, divergence_99=1e-3, agreement=0.99)
QUESTIONS = (
    "What is the colour of the kettle?",
    "Tell me about the lantern.",
    "你好，请问violet在哪里？",
    "Naïve  café\n\tribbon!",
)


class NoReporter:
    """Nobody listens."""

    def phase(self, *_told: Any) -> None:
        """Nothing."""

    def at(self, *_told: Any) -> None:
        """Nothing."""

    def more(self, *_told: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with a file of llama.cpp, and what its model says itself."""
    from transformers import AutoModelForCausalLM

    from engine.data.templates.template import ChatTemplate

    home = tmp_path_factory.mktemp("llama")
    weights = stir(write_model(home / "weights", tied=False))
    (home / "made").mkdir()
    llama_gguf.write(weights, weights, home / "made" / "model.gguf", "F32", CHATML)
    template = ChatTemplate.load(weights)
    prompts, rows = [], []
    for question in QUESTIONS:
        asked = [{"role": "user", "content": question}]
        ids = template.encode_prompt(asked)
        prompts.append(ProofPrompt(asked, None, ids, "", held_out=True))
        rows.append(ForcedRow([*ids, *template.encode_prompt([{"role": "user", "content": "violet"}])], len(ids) - 1))
    model = AutoModelForCausalLM.from_pretrained(weights)
    return home / "made", write_truth(model, template, Questions(rows, prompts), home / "truth", NoReporter())  # type: ignore[arg-type]


def held(reader: ForeignReader, folder: Path, truth: Path, work: Path) -> dict[str, Any]:
    return prove(reader, folder, None, truth, LIMITS, work, NoReporter())  # type: ignore[arg-type]


def test_a_sound_file_answers_as_its_model(sound: tuple[Path, Path], tmp_path: Path) -> None:
    folder, truth = sound
    proof = held(LLAMA_CPP, folder, truth, tmp_path / "work")
    assert proof["passed"], {key: value for key, value in proof.items() if key != "answers"}
    assert proof["places"] > 40
    assert proof["formats"].keys() == {"F32"}
    assert "llama.cpp" in proof["library"]


def _changed(raw: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert old in raw
    return raw.replace(old, new)


@pytest.mark.parametrize("part", ["template", "ends", "divergence"])
def test_a_changed_file_fails_its_proof(sound: tuple[Path, Path], tmp_path: Path, part: str) -> None:
    folder, truth = sound
    raw = (folder / "model.gguf").read_bytes()
    if part == "template":
        raw = _changed(raw, b"helpful AI assistant<", b"helpful AI servants.<")
    elif part == "ends":
        raw = _changed(raw, b"tokenizer.ggml.eos_token_id", b"tokenizer.ggml.xxx_token_id")
    else:
        middle = len(raw) * 3 // 4
        raw = raw[:middle] + bytes(8192) + raw[middle + 8192 :]
    (tmp_path / "model.gguf").write_bytes(raw)
    proof = held(LLAMA_CPP, tmp_path, truth, tmp_path / "work")
    assert part in proof["failed"]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda raw: b"", id="empty"),
        pytest.param(lambda raw: raw[: len(raw) // 2], id="cut"),
        pytest.param(lambda raw: raw.replace(b"blk.1.attn_q.weight", b"blk.1.attn_q.wrong!"), id="tensor"),
        pytest.param(lambda raw: raw.replace(b"{% endif %}", b"{% elseif %}"[:11]), id="syntax"),
    ],
)
def test_what_it_cannot_read_is_one_sentence(sound: tuple[Path, Path], tmp_path: Path, broken: Any) -> None:
    folder, truth = sound
    (tmp_path / "model.gguf").write_bytes(broken((folder / "model.gguf").read_bytes()))
    with pytest.raises(Fault) as caught:
        held(LLAMA_CPP, tmp_path, truth, tmp_path / "work")
    assert caught.value.code == "export.unreadable"
    assert "\n" not in caught.value.params["reason"]


def test_a_library_that_takes_the_process_down_is_one_sentence(sound: tuple[Path, Path], tmp_path: Path) -> None:
    folder, truth = sound
    dying = ForeignReader(Text("exports.proof.llama_cpp.label"), "tests.integration.dying_reader")
    with pytest.raises(Fault) as caught:
        held(dying, folder, truth, tmp_path / "work")
    assert caught.value.code == "export.unreadable"
    assert caught.value.params["reason"] == "it ended at once (signal 6): GGML_ASSERT(a == b) failed"


def test_it_needs_neither_torch_nor_transformers() -> None:
    code = "import sys, engine.exports.proof.readers.llama_cpp as it; assert it; print({'torch', 'transformers'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
