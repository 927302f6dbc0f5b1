"""Models as GGUF files: what llama.cpp makes of them, family by family, format by format, and of broken ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.exports.forms.gguf import GGUF
from engine.exports.gguf.export import write_model
from engine.exports.gguf.families import FAMILIES, family_of
from engine.exports.gguf.number_formats import BY_KEY, NUMBER_FORMATS
from engine.exports.gguf.tensors import tensors_of
from engine.exports.proof.declaration import ProofLimits
from engine.exports.proof.llama_cpp import LLAMA_CPP
from engine.exports.proof.proving import prove
from engine.exports.proof.questions import ForcedRow, ProofPrompt, Questions
from engine.exports.proof.truth import write_truth
from engine.models.base.tokenizer import save_tokenizer
from tests.zoo import named, tokenizers
from tests.zoo.build import fresh, save, template_of
from tests.zoo.declaration import ZooModel
from tests.zoo.dense import CHATML, LLAMA_2
from tests.zoo.tokenizers import Tokens

EXACT = ProofLimits(divergence=1e-5, divergence_99=1e-4, agreement=0.97)
QUESTIONS = ("What is the colour of the kettle?", "你好，请问 violet 在哪里？", "Naïve  café\n\t1999 👩‍👩‍👧 ribbon!")
_PIECES = Tokens("pieces", LLAMA_2.special, named=LLAMA_2.named, begins=True)
_EXPERTS: dict[str, Any] = {
    "head_dim": 16,
    "moe_intermediate_size": 32,
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "norm_topk_prob": True,
}


def _own(family: str, tokens: Tokens = CHATML, template: str = "chatml", **config: Any) -> ZooModel:
    return ZooModel(f"own {family}", family, family, frozenset(), tokens, template, config)


OWN = (  # families that the zoo has not, or has with a measure that llama.cpp has not
    _own("gemma", head_dim=16),
    _own("gemma3_text", _PIECES, head_dim=16, query_pre_attn_scalar=16, sliding_window=16, num_hidden_layers=6,
         layer_types=["sliding_attention"] * 5 + ["full_attention"]),
    _own("mistral", _PIECES, head_dim=16, sliding_window=None),
    _own("phi3", sliding_window=None, tie_word_embeddings=False),
    _own("qwen3_moe", **_EXPERTS),
    _own("smollm3", no_rope_layers=[1, 1, 1, 0], num_hidden_layers=4),
    _own("starcoder2", sliding_window=None),
    _own("granite", attention_multiplier=0.2, embedding_multiplier=3.0, residual_multiplier=0.5, logits_scaling=2.0),
    _own("olmo", clip_qkv=4.0),
    _own("olmo2"),
    _own("stablelm", partial_rotary_factor=0.5, use_qkv_bias=True),
)  # fmt: skip
ZOO = ("llama-2", "llama-3", "qwen-2.5", "qwen-3", "gemma-2", "phi-4", "glm-4", "mixtral", "qwen-2-moe", "gpt-2", "pythia", "bloom",
       "more-tokens")  # fmt: skip
ALL = (*(named(key) for key in ZOO), *OWN)
CHEAP = ("qwen-3", "llama-2")  # in every run; the others with the zoo


class Nobody:
    """Hears of progress."""

    def phase(self, *_told: Any) -> None:
        """Nothing."""

    def at(self, *_told: Any) -> None:
        """Nothing."""

    def more(self, *_told: Any) -> None:
        """Nothing."""


@dataclass
class Made:
    """A model, its tokenizer folder and what it says."""

    model: Any
    tokenizer: Path
    truth: Path

    def write(self, folder: Path, dtype: str) -> Path:
        folder.mkdir(parents=True)
        write_model(self.model, self.tokenizer, "Tuned phi-3 jina-v2", BY_KEY[dtype], folder / "model.gguf", Nobody())  # type: ignore[arg-type]
        return folder

    def proved(self, folder: Path, limits: ProofLimits) -> dict[str, Any]:
        return prove(LLAMA_CPP, folder, None, self.truth, limits, folder.with_name(folder.name + "-work"), Nobody())  # type: ignore[arg-type]


def make(told: ZooModel, home: Path) -> Made:
    """Random weights, vectors and biases too."""
    source = home / "source"
    source.mkdir(parents=True)
    model = fresh(told, tokenizers.write(told.tokens, source, template_of(told)))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            parameter.copy_(parameter.half().float())
    save(replace(told, stored="fp32"), model, source)
    save_tokenizer(source, home / "tokenizer")
    template = ChatTemplate.load(home / "tokenizer")
    truth = write_truth(model, template, questions(template, model.config.vocab_size), home / "truth", Nobody())  # type: ignore[arg-type]
    return Made(model, home / "tokenizer", truth)


def questions(template: ChatTemplate, rows: int) -> Questions:
    forced = [ForcedRow([one for one in template.encode(text).ids if one < rows][:48], 0) for text in QUESTIONS]
    if not template.has_chat:
        return Questions(forced, [])
    asked = [[{"role": "user", "content": text}] for text in QUESTIONS]
    return Questions(forced, [ProofPrompt(one, None, template.encode_prompt(one), "", held_out=True) for one in asked])


@pytest.mark.parametrize(
    "told",
    [pytest.param(one, marks=() if one.key in CHEAP else (pytest.mark.zoo,)) for one in ALL],
    ids=lambda one: one.key,
)
def test_each_family_says_the_same_in_llama_cpp(told: ZooModel, tmp_path: Path) -> None:
    made = make(told, tmp_path / "made")
    proof = made.proved(made.write(tmp_path / "file", "f16"), EXACT)
    assert proof["failed"] == []
    assert proof["formats"].keys() <= {"F16", "F32"}


def test_the_examples_are_of_every_family() -> None:
    assert {family_of(told.family) for told in ALL} == set(FAMILIES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A model with a head of its own, and measures that a block of 32 does not fit into everywhere."""
    told = named("llama-3")
    return make(
        replace(
            told, config={**told.config, "tie_word_embeddings": False}, sizes={**told.sizes, "intermediate_size": 144}
        ),
        tmp_path_factory.mktemp("gguf"),
    )


STEPS = {
    "F32": 0.0,
    "F16": 2**-11,
    "BF16": 2**-8,
    "Q8_0": 1 / 254 + 2**-11,
    "Q5_0": 1 / 15,
    "Q4_1": 1 / 14,
    "Q4_0": 1 / 7,
}


@pytest.mark.parametrize("dtype", BY_KEY)
def test_every_number_is_as_near_as_its_format_allows(made: Made, tmp_path: Path, dtype: str) -> None:
    """Of each tensor, by gguf's own reading; an error of more than a step of its block is none of rounding."""
    file = made.write(tmp_path / dtype, dtype) / "model.gguf"
    family = family_of("llama")
    assert family is not None
    wanted = {one.name: one.make().numpy() for one in tensors_of(made.model, family)}
    read = gguf.GGUFReader(file).tensors
    assert [one.name for one in read] == list(wanted)
    form = BY_KEY[dtype]
    for tensor in read:
        kind, its = tensor.tensor_type.name, wanted[tensor.name]
        found = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(its.shape)
        block = np.abs(its) if kind in ("F32", "F16", "BF16") else _largest_by_block(its)
        assert np.all(np.abs(found - its) <= STEPS[kind] * block + 1e-8), (tensor.name, kind)
        usual = form.words if tensor.name in ("token_embd.weight", "output.weight") else form.matrices
        fits = its.shape[-1] % 32 == 0 or form.bits == 16
        assert kind == ("F32" if its.ndim == 1 else usual if fits else "F16"), tensor.name
    proof = made.proved(file.parent, GGUF.limits({"dtype": dtype}))
    assert sum(one["tensors"] for one in proof["formats"].values()) == len(read)
    assert not {"template", "tokens", "ends"} & set(proof["failed"])


def _largest_by_block(its: Any) -> Any:
    blocks = its.reshape(*its.shape[:-1], -1, 32)
    return np.broadcast_to(np.abs(blocks).max(-1, keepdims=True), blocks.shape).reshape(its.shape)


def test_the_file_says_template_ends_and_measures(made: Made, tmp_path: Path) -> None:
    reader = gguf.GGUFReader(made.write(tmp_path / "file", "q8_0") / "model.gguf")
    said = {key: field.contents() for key, field in reader.fields.items()}
    template = (made.tokenizer / "chat_template.jinja").read_text(encoding="utf-8")
    assert "date_string" in template, "to which llama.cpp would give today's date"
    assert said["tokenizer.chat_template"] == template.replace("date_string", "own_date_string")
    words = said["tokenizer.ggml.tokens"]
    ends = [words[said[f"tokenizer.ggml.{part}_token_id"]] for part in ("eos", "eot", "eom")]
    assert sorted(ends) == ["<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"]
    assert said["tokenizer.ggml.add_bos_token"] is True
    assert (said["tokenizer.ggml.model"], said["tokenizer.ggml.pre"]) == ("gpt2", "llama-bpe")
    assert (said["llama.block_count"], said["llama.context_length"], said["llama.attention.head_count_kv"]) == (
        2,
        512,
        2,
    )


def test_a_turned_tensor_is_caught(made: Made, tmp_path: Path) -> None:
    """Rows of one matrix upside down: as a forgotten rearrangement leaves them."""
    weight = made.model.model.layers[1].mlp.down_proj.weight
    kept = weight.detach().clone()
    try:
        with torch.no_grad():
            weight.copy_(kept.flip(0))
        folder = made.write(tmp_path / "file", "f16")
    finally:
        with torch.no_grad():
            weight.copy_(kept)
    proof = made.proved(folder, GGUF.limits({"dtype": "q4_0"}))
    assert not made.proved(folder, GGUF.limits({"dtype": "f16"}))["passed"]
    assert not proof["passed"], "not even four bits change so much"


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "opt": ("opt", {}), "layers": ("smollm3", {"no_rope_layers": [1, 0]}), "biases": ("qwen3", {"attention_bias": True}),
    "shares": ("qwen3_moe", {**_EXPERTS, "norm_topk_prob": False}),
    "scale": ("gemma2", {"head_dim": 16, "query_pre_attn_scalar": 100}),
    "rope": ("llama", {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_llama_cpp_would_read_otherwise_is_refused_beforehand(case: str) -> None:
    """By the base's config.json alone."""
    kind, config = REFUSED[case]
    assert GGUF.unfit({"model_type": kind, **config}) is not None
    assert GGUF.unfit({"model_type": "llama"}) is None


def test_a_tokenizer_that_llama_cpp_cuts_otherwise_is_refused(tmp_path: Path) -> None:
    """Pieces by likelihood: whatever way is tried, other tokens come of it."""
    tokens = Tokens("unigram", LLAMA_2.special, named=LLAMA_2.named, begins=True)
    made = make(_own("llama", tokens), tmp_path / "made")
    with pytest.raises(Fault, match=r"export\.gguf_words"):
        made.write(tmp_path / "file", "f16")


def test_every_format_has_its_limits() -> None:
    found = [GGUF.limits({"dtype": one.key}).divergence for one in NUMBER_FORMATS]
    assert found == sorted(found), "fewer bits, wider limits"
