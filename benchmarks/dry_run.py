"""The memory estimate against a dry run of one step on fake tensors: `python -m benchmarks.dry_run`.

For well-known models from their config alone, without any weights: what `engine.planner.memory.estimate.step_bytes` says a step holds, without
the program itself and without the margin, beside what the engine's own code holds when it goes through that step. Results are
kept in build/dry-run-benchmark.json, so the table can be made in pieces; --again measures anew. The table goes into
docs/planner.md and docs/zh/planner.md between the markers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.published import MODELS, Config
from engine.base_formats import base_format_of
from engine.core.hardware import Device, Precision, cpu
from engine.core.params import read_all
from engine.core.sizes import memory_size
from engine.methods import method_of
from engine.methods.common.declaration import Method
from engine.models.architecture.shape import shape_of
from engine.objectives import usual_objective
from engine.planner.memory.estimate import step_bytes
from engine.planner.memory.peak_phases import StepMeasures
from engine.planner.memory.workload import MB, Workload
from engine.training.calibration.dry_run import measure

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "dry-run-benchmark.json"
PAGES = {"en": ROOT / "docs" / "planner.md", "zh": ROOT / "docs" / "zh" / "planner.md"}
BEGIN, END = "<!-- dry run: begin -->", "<!-- dry run: end -->"
_GPU = Device("cuda:0", "NVIDIA A100 80GB", 80_000, 80_000, bf16=True, capability=(8, 0))
_OLD_GPU = Device("cuda:0", "NVIDIA T4", 16_000, 16_000, bf16=False, capability=(7, 5))
_DEVICES = {"fp32": cpu(), "bf16": _GPU, "fp16": _OLD_GPU}  # that calculate so
_HEADS = {
    "en": ("Model", "Step", "Estimate", "Dry run", "Estimate / dry run", "The dry run took"),
    "zh": ("模型", "训练步", "内存估算", "试运行", "估算 / 试运行", "试运行用时"),
}
_RECOMPUTED = {"en": "recomputed", "zh": "重算激活值"}


@dataclass(frozen=True)
class Step:
    """One step to go through: two examples of half its tokens."""

    method: str
    precision: str = "fp32"
    tokens: int = 1024
    recompute: bool = False
    held: str = "none"  # how the base is held

    def label(self, language: str) -> str:
        """How the table names it."""
        name = method_of(self.method).label.in_(language)
        held = [self.held] if base_format_of(self.held).quantised else []
        recomputed = [_RECOMPUTED[language]] * self.recompute
        return ", ".join([name, *held, self.precision, f"{self.tokens:,}", *recomputed])


STEPS = (Step("lora"), Step("lora", "bf16", 2048, recompute=True))
_FOUR, _FOUR_LEAN = Step("lora", "bf16", 1024, held="nf4"), Step("lora", "bf16", 1024, recompute=True, held="nf4")
_EIGHT = Step("lora", "bf16", 1024, held="int8")
_OLD = Step("lora", "fp16", 1024, recompute=True, held="nf4")
MORE = {
    "Llama 3 8B": (
        Step("full"),
        Step("houlsby"),
        Step("prefix_tuning"),
        _FOUR,
        _FOUR_LEAN,
        _OLD,
        _EIGHT,
        Step("lora", "fp32", 1024, held="nf4"),
    ),
    "Qwen3 8B": (_FOUR, _FOUR_LEAN, _EIGHT),
    "Mistral 7B": (_FOUR, _FOUR_LEAN, _EIGHT),
    "OLMoE 7B (64 experts)": (Step("p_tuning_v2"),),
}


def settings_of(method: Method, held: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The method's own values and the objective's, at their defaults but for the format of the base."""
    objective = usual_objective().params_for(method.defaults)
    return read_all(method.params, {}, "method")[0], read_all(objective, {"quantisation": held}, "training")[0]


def work_of(config: Config, step: Step) -> Workload:
    """The step as plans know it."""
    method = method_of(step.method)
    device = _DEVICES[step.precision]
    precision = Precision(step.precision, "")  # type: ignore[arg-type]
    return Workload(
        shape_of(config), method, settings_of(method, step.held)[0], precision, device, step.tokens, step.recompute,
        base_format=base_format_of(step.held), longest=step.tokens // 2,
    )  # fmt: skip


def estimated(config: Config, step: Step) -> float:
    """Bytes that the plan's formulas say the step holds."""
    return sum(step_bytes(work_of(config, step)).values())


def held(config: Config, step: Step) -> tuple[float, float]:
    """(bytes that the step holds when it is gone through, seconds that this took)."""
    method = method_of(step.method)
    values, training = settings_of(method, step.held)
    lengths = [step.tokens // 2] * 2
    work = work_of(config, step)
    repeat = StepMeasures(work, work.footprint).attention.repeats
    found = measure(
        config, method, values, training, lengths, step.precision, step.recompute, budget=step.tokens, repeat=repeat
    )
    return found.total_bytes, found.seconds


def steps_of(name: str) -> tuple[Step, ...]:
    """What is gone through with this model."""
    return (*STEPS, *MORE.get(name, ()))


def table(kept: Mapping[str, Mapping[str, float]], language: str) -> list[str]:
    """The rows in Markdown; the estimate is calculated anew."""
    heads = _HEADS[language]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * 2}{'---:|' * (len(heads) - 2)}"]
    for name, config in MODELS.items():
        for step in steps_of(name):
            found = kept.get(f"{name}: {step.label('en')}")
            if found is not None:
                said = estimated(config, step)
                cells = (
                    name, step.label(language), memory_size(said / MB), memory_size(found["bytes"] / MB),
                    f"{said / found['bytes']:.2f}", f"{found['seconds']:.0f} s",
                )  # fmt: skip
                lines.append(f"| {' | '.join(cells)} |")
    return lines


def write_pages(kept: Mapping[str, Mapping[str, float]]) -> None:
    """Replace what is between the markers, on each page that has them."""
    for language, page in PAGES.items():
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        if BEGIN in text and END in text:
            before, rest = text.split(BEGIN, 1)
            after = rest.split(END, 1)[1]
            page.write_text("\n".join([before + BEGIN, *table(kept, language), END + after]), encoding="utf-8")


def _wanted(only: str | None) -> Iterable[tuple[str, Step]]:
    names = only.split(",") if only else list(MODELS)
    return ((name, step) for name in names for step in steps_of(name))


def main() -> None:
    """Go through what is missing, then write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", help="models, separated by commas: Llama 3 8B,GPT-2 XL 1.5B")
    parser.add_argument("--again", action="store_true", help="measure also what has a result already")
    options = parser.parse_args()
    kept: dict[str, dict[str, float]] = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    for name, step in _wanted(options.only):
        key = f"{name}: {step.label('en')}"
        if options.again or key not in kept:
            size, seconds = held(MODELS[name], step)
            kept[key] = {"bytes": size, "seconds": seconds}
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(kept, indent=1))
            print(f"{key}: {estimated(MODELS[name], step) / size:.3f}", flush=True)
    write_pages(kept)
    print("\n".join(table(kept, "en")))


if __name__ == "__main__":
    main()
