"""The memory estimate against figures that others publish: `python -m benchmarks.published_rows`.

Nothing is measured here: each row holds what a table says, where it says it, and the settings that are known; beside it
stands what the estimate says of the same settings, without its margin. The table goes into docs/planner.md and
docs/zh/planner.md between the markers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.published import LLAMA_2_7B, LLAMA_2_70B, LLAMA_3_8B, LLAMA_30B, QWEN_25_14B, Config
from engine.base_formats import base_format_of
from engine.core.hardware import Device, Precision
from engine.core.params import read_all
from engine.core.sizes import memory_size
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.optimizers import optimizer_of
from engine.optimizers.offload import offload
from engine.optimizers.trained_format import trained_format
from engine.planner.memory.estimate import predicted_mb, step_bytes
from engine.planner.memory.workload import Workload

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"en": ROOT / "docs" / "planner.md", "zh": ROOT / "docs" / "zh" / "planner.md"}
BEGIN, END = "<!-- published: begin -->", "<!-- published: end -->"
CLOSE = 0.15  # of the published figure, where settings are equal
GIB = 2**30 / 1e9
_CARD = Device("cuda:0", "NVIDIA A100 80GB", 80_000, 80_000, bf16=True, capability=(8, 0))
UNSLOTH = "https://unsloth.ai/docs/get-started/fine-tuning-for-beginners/unsloth-requirements"
TORCHTUNE = "https://github.com/pytorch/torchtune/blob/0031bfb080bd35ec533c412df883cf2bf7bf7fe4/README.md#memory-and-training-speed"
LLAMA_FACTORY = "https://github.com/hiyouga/LLaMA-Factory/blob/00409ff28a30f48d13b808029d37861423673a4a/README.md#hardware-requirement"
Said = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One published figure.

    Attributes:
        source: name of the table; `address` is where it stands.
        model: as the table names it; `config` is the one that the estimate takes for it.
        setting: as the table names it.
        gb: what it says.
        method, values: ours, and its settings.
        training: settings of the update and of the base.
        tokens, rows: of a micro-batch, and the rows that it holds.
        recompute: activations are recomputed.
        whole: the figure is all that the card must have; otherwise what torch allocated, without CUDA's own context.
        unlike: why the settings are not equal; "" where they are, as far as they are told.
    """

    source: str
    address: str
    model: str
    config: Config
    setting: str
    gb: float
    method: str
    values: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    tokens: int = 2048
    rows: int = 1
    recompute: bool = True
    whole: bool = False
    unlike: Said = field(default_factory=dict)

    @property
    def ours(self) -> float:
        """GB that the estimate says, without its margin."""
        work = self.work
        return predicted_mb(work) / 1e3 if self.whole else sum(step_bytes(work).values()) / 1e9

    @property
    def work(self) -> Workload:
        """The step as the estimate takes it."""
        method = method_of(self.method)
        values, wrong = read_all(method.params, dict(self.values), "method")
        assert not wrong, wrong
        return Workload(
            shape_of(self.config), method, values, Precision("bf16", ""), _CARD, self.tokens, self.recompute,
            optimizer=optimizer_of(self.training.get("optimizer", "adamw_torch_fused")),
            base_format=base_format_of(self.training.get("quantisation", "none")),
            held=trained_format(self.training), moved=offload(self.training), longest=self.tokens // self.rows,
        )  # fmt: skip


_PURE = {"trained_format": "bf16"}
_LEANEST = {"optimizer": "adamw_8bit", "trained_format": "bf16", "offload": "gradients"}
_NOT_COMPILED = {
    "en": "theirs is compiled, which joins operations and keeps less; ours is not",
    "zh": "对方用了编译，合并运算后保留得更少；我们没有",
}
_UNTOLD = {"en": "their settings are not told", "zh": "对方没有说明设置"}
_LEAST = {
    "en": "the absolute minimum with kernels of their own, lengths not told",
    "zh": "用自有内核时的绝对下限，没有说明长度",
}


def _torchtune() -> list[Row]:
    """Llama 3.1 8B, two packed rows of 2,048 tokens; GiB that torch allocated at most."""

    def row(setting: str, gib: float, method: str, training: Mapping[str, Any] = {}, **more: Any) -> Row:
        return Row(
            "torchtune", TORCHTUNE, "Llama 3.1 8B", LLAMA_3_8B, setting, gib * GIB, method, training=training,
            tokens=4096, rows=2, **more,
        )  # fmt: skip

    rank = {"rank": 8}
    return [
        row("full, bf16, PagedAdamW8bit, optimizer in backward (RTX 4090)", 18.9, "full", _LEANEST),
        row("full (A6000)", 37.4, "full", {**_PURE, "optimizer": "adamw_8bit", "offload": "state"}, unlike=_UNTOLD),
        row("LoRA (RTX 4090)", 16.2, "lora", values=rank),
        row("LoRA (A6000)", 30.3, "lora", values=rank, recompute=False, unlike=_NOT_COMPILED),
        row("QLoRA (RTX 4090)", 7.4, "lora", {"quantisation": "nf4"}, values=rank),
    ]


_SIZES: tuple[tuple[str, Config], ...] = (
    ("7B", LLAMA_2_7B), ("14B", QWEN_25_14B), ("30B", LLAMA_30B), ("70B", LLAMA_2_70B),
)  # fmt: skip
_FACTORY: tuple[tuple[str, str, Mapping[str, Any], Mapping[str, Any], tuple[float, ...]], ...] = (
    ("full, bf16 or fp16 (32)", "full", {}, {}, (120, 240, 600, 1200)),
    ("full, pure_bf16 (16)", "full", {}, _PURE, (60, 120, 300, 600)),
    ("freeze (16)", "freeze", {"top_layers": 2}, _PURE, (16, 32, 64, 160)),
    ("LoRA (16)", "lora", {"rank": 8}, {}, (16, 32, 64, 160)),
    ("QLoRA (8)", "lora", {"rank": 8}, {"quantisation": "int8"}, (10, 20, 40, 80)),
    ("QLoRA (4)", "lora", {"rank": 8}, {"quantisation": "nf4"}, (6, 12, 24, 48)),
)


def _llama_factory() -> list[Row]:
    """All that a card must have, as its makers estimate it. Length and rank are the defaults of their settings."""
    return [
        Row("LLaMA-Factory", LLAMA_FACTORY, name, config, setting, size, method, values, training, whole=True)
        for setting, method, values, training, sizes in _FACTORY
        for (name, config), size in zip(_SIZES, sizes, strict=True)
    ]


def _unsloth() -> list[Row]:
    sizes = (("8B", LLAMA_3_8B, 6.0), ("14B", QWEN_25_14B, 8.5), ("70B", LLAMA_2_70B, 41.0))
    return [
        Row(
            "Unsloth", UNSLOTH, name, config, "QLoRA (4)", size, "lora", {"rank": 8}, {"quantisation": "nf4"},
            tokens=512, whole=True, unlike=_LEAST,
        )
        for name, config, size in sizes
    ]  # fmt: skip


ROWS: tuple[Row, ...] = (*_torchtune(), *_llama_factory(), *_unsloth())
_HEADS = {
    "en": ("Table", "Model", "Setting there", "Published", "Estimate", "Estimate / published", "Settings"),
    "zh": ("表格", "模型", "对方的设置", "公布值", "内存估算", "估算 / 公布值", "设置"),
}
_EQUAL = {"en": "equal", "zh": "相同"}


def table(language: str) -> list[str]:
    """All rows in Markdown."""
    heads = _HEADS[language]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---:|---:|---:|---|"]
    for row in ROWS:
        cells = (
            f"[{row.source}]({row.address})", row.model, row.setting, memory_size(row.gb * 1e3), memory_size(row.ours * 1e3),
            f"{row.ours / row.gb:.2f}", row.unlike.get(language, _EQUAL[language]),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def write_pages() -> None:
    """Replace what is between the markers, on each page that has them."""
    for language, page in PAGES.items():
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        if BEGIN in text and END in text:
            before, rest = text.split(BEGIN, 1)
            after = rest.split(END, 1)[1]
            page.write_text("\n".join([before + BEGIN, *table(language), END + after]), encoding="utf-8")


def main() -> None:
    """Write the tables, and say how far equal rows are apart."""
    write_pages()
    print("\n".join(table("en")))
    apart = sorted(abs(row.ours / row.gb - 1) for row in ROWS if not row.unlike)
    print(f"equal settings: {len(apart)} rows, median {median(apart):.1%}, worst {apart[-1]:.1%}")


if __name__ == "__main__":
    main()
