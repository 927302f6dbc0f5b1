"""Models of the zoo from before chat templates, and those that are there for their oddities alone."""

from __future__ import annotations

from tests.zoo.declaration import ZooModel
from tests.zoo.dense import CHATML, LLAMA_2
from tests.zoo.oddities import in_hub_cache, never_met
from tests.zoo.tokenizers import Tokens

_GPT_2 = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 512}
_OPT = {
    "hidden_size": 64, "ffn_dim": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 512,
    "word_embed_proj_dim": 64,
}  # fmt: skip
_NEOX = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 512,
}  # fmt: skip

ELDERS = (
    ZooModel(
        "gpt-2", "gpt2", "GPT-2",
        frozenset({"Conv1D", "no dtype in config", "no chat template", "no pad token", "tied head", "tiktoken"}),
        Tokens("bytes", named={"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}), None, sizes=_GPT_2, said="",
    ),
    ZooModel(
        "pythia", "gpt_neox", "GPT-NeoX / Pythia",
        frozenset({"stored in fp16", "torch_dtype in config", "fused projections", "no chat template", "untied head"}),
        Tokens("bytes", ("<|endoftext|>", "<|padding|>"), named={"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}),
        None, sizes=_NEOX, stored="fp16", said="torch_dtype",
    ),
    ZooModel(
        "opt", "opt", "OPT",
        frozenset({"flattened tokens", "stored in fp16", "no chat template", "tokenizer begins texts", "tied head"}),
        Tokens("bytes", ("</s>", "<pad>"), named={"bos_token": "</s>", "eos_token": "</s>", "pad_token": "<pad>"}, begins=True),
        None, sizes=_OPT, stored="fp16", said="torch_dtype",
    ),
    ZooModel(
        "bloom", "bloom", "BLOOM",
        frozenset({"fused projections", "no chat template", "tied head", "stored in bf16", "more rows than tokens"}),
        Tokens(
            "bytes", ("<unk>", "<s>", "</s>", "<pad>"),
            named={"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"},
        ),
        None, sizes={"hidden_size": 64, "n_layer": 2, "n_head": 4}, stored="bf16", said="torch_dtype", spare=20,
    ),
)  # fmt: skip

ODD = (
    ZooModel(
        "llama-2-base", "llama", "Llama 2, without a template",
        frozenset({"no chat template", "tokenizer begins texts", "stored in fp16", "no dtype in config", "no pad token"}),
        LLAMA_2, None, stored="fp16", said="", stands_for_family=False,
    ),
    ZooModel(
        "qwen-2.5-base", "qwen2", "Qwen 2.5, before its chat training",
        frozenset({"text ends otherwise than turns", "rows of zeros", "stored in bf16"}),
        Tokens(special=CHATML.special, plain=CHATML.plain, named={"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}),
        "qwen-2.5", {"tie_word_embeddings": True}, stored="bf16", said="torch_dtype",
        finish=(never_met("<|im_start|>", "<|im_end|>"),), stands_for_family=False,
    ),
    ZooModel(
        "more-tokens", "llama", "a tokenizer that grew beyond its model",
        frozenset({"more tokens than rows"}),
        Tokens(special=CHATML.special, plain=CHATML.plain, named=CHATML.named, extra=3), "chatml",
        spare=-3, stands_for_family=False,
    ),
    ZooModel(
        "cached", "llama", "a snapshot in the hub's cache",
        frozenset({"hub cache", "stored in bf16"}),
        CHATML, "chatml", stored="bf16", finish=(in_hub_cache,), stands_for_family=False,
    ),
)  # fmt: skip
