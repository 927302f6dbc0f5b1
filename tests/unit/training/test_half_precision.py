"""A quantised base computes and keeps half precision, with what trains in fp32, and learns as well as in fp32."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bitsandbytes
import pytest
import torch
from torch import Tensor, nn

from benchmarks.half_precision import compare
from engine.base_formats import base_format_of
from engine.core.hardware import Device, Precision, cpu
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method, RunContext
from engine.planner.memory.peak_phases import StepMeasures
from engine.planner.memory.workload import Workload
from engine.training.calibration import dry_run
from engine.training.calibration.fake_quantised import as_on_gpus, scales_of
from engine.training.calibration.live_bytes import LiveBytes
from engine.training.forward.eight_bits import keep_no_inputs, product
from engine.training.forward.forward import Packed
from engine.training.forward.half_precision import compute_in, set_words_aside, settle_in
from engine.training.loop.weights import DTYPES, load_base, save_result
from tests import methods, tiny

QUANTISING = [one for one in METHODS if one.capabilities.trains and one.capabilities.quantised_base]
LENGTHS = [60, 100, 40, 110]
GPU = {
    "bf16": Device("cuda:0", "A GPU", 8000, 8000, bf16=True, capability=(8, 6)),
    "fp16": Device("cuda:0", "An older GPU", 8000, 8000, bf16=False, capability=(7, 5)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"), tied=False)


@pytest.fixture(autouse=True)
def asks_for_the_processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Libraries ask for a GPU's autocast; here the processor's stands for it. What a process is set to is set back."""
    asked = torch.is_autocast_enabled
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda device="cpu": asked(device))
    monkeypatch.setattr(bitsandbytes, "matmul", bitsandbytes.matmul)
    with as_on_gpus():
        yield


def on_gpu(folder: Path, method: Method, held: str, precision: str, scratch: Path) -> tuple[Any, Any, Any]:
    """(the model as a job on a GPU has it, the method's values, the objective's), on this processor."""
    values, training = methods.settings_of(method, {"quantisation": held})
    base = load_base(folder, method, training, cpu(), Precision(precision, ""))  # type: ignore[arg-type]
    compute_in(base, DTYPES[precision], quantised=True)
    scratch.mkdir(exist_ok=True, parents=True)
    model = method.apply(base, values, RunContext(1000, training, scratch, folder))
    settle_in(model, DTYPES[precision])
    return model.train(), values, training


def kept_by(model: Any, precision: str, tokens: int) -> dict[int, Tensor]:
    """What autograd keeps of a pass, by storage, without the model's own numbers."""
    own = {one.untyped_storage()._cdata for one in (*model.parameters(), *model.buffers(), *scales_of(model))}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage()._cdata not in own:
            kept[tensor.untyped_storage()._cdata] = tensor
        return tensor

    example = dry_run.example(tokens)
    forward = Packed(model)
    watch = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with watch, forward.session([example]), torch.autocast("cpu", DTYPES[precision]):
        forward.cross_entropy([example])
    return kept


# ---------------------------------------------------------------- what is held


def test_the_base_is_half_and_what_trains_is_whole(folder: Path, tmp_path: Path) -> None:
    model, _, _ = on_gpu(folder, method_of("lora"), "nf4", "bf16", tmp_path)
    trained = [one for one in model.parameters() if one.requires_grad]
    assert trained
    assert {one.dtype for one in trained} == {torch.float32}
    base = model.get_base_model()
    assert base.get_input_embeddings().weight.dtype == base.get_output_embeddings().weight.dtype == torch.bfloat16


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("held", ["nf4", "int8"])
def test_a_pass_keeps_what_the_plan_says(folder: Path, tmp_path: Path, held: str, precision: str) -> None:
    """In bytes: twice as wide as they should be, they would be 1.5 to 2 times as many."""
    tokens = 200
    model, values, _ = on_gpu(folder, method_of("lora"), held, precision, tmp_path)
    found = sum(one.untyped_storage().nbytes() for one in kept_by(model, precision, tokens).values())
    work = Workload(
        methods.shape(folder), method_of("lora"), values, Precision(precision, ""), GPU[precision], tokens,  # type: ignore[arg-type]
        base_format=base_format_of(held), longest=tokens,
    )  # fmt: skip
    said = StepMeasures(work, work.footprint).kept()
    states = tokens * work.shape.hidden * work.width  # the gradient that the loss makes at once
    assert found == pytest.approx(said + states, rel=0.05)


@pytest.mark.parametrize("method", QUANTISING, ids=lambda one: one.key)
def test_nothing_wide_goes_into_a_quantised_module(folder: Path, tmp_path: Path, method: Method) -> None:
    """A step with the words aside, an answer, and what the job saves."""
    model, _, training = on_gpu(folder, method, "nf4", "bf16", tmp_path / "scratch")
    assert set_words_aside(model) is not None
    seen: set[torch.dtype] = set()
    for module in model.modules():
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            module.register_forward_hook(lambda _module, given, result: seen.update((given[0].dtype, result.dtype)))
    with torch.autocast("cpu", torch.bfloat16):
        loss = methods.learn_step(methods.Padded(model), methods.rows(2, 0, new=True))
        assert seen == {torch.bfloat16}
        loss.backward()
        answer = model.eval().generate(input_ids=torch.arange(1, 9)[None], max_new_tokens=2, do_sample=False)
    assert {one.grad.dtype for one in model.parameters() if one.grad is not None} == {torch.float32}
    assert answer.shape[1] > 8 or answer.shape[1] <= 2  # some give back the new words alone
    save_result(model, method, tmp_path, RunContext(1000, training, tmp_path / "scratch", folder))
    assert any(tmp_path.glob("*.safetensors"))


def test_fp16_adds_up_between_layers_in_fp32(folder: Path, tmp_path: Path) -> None:
    """A number that bf16 can hold and fp16 cannot goes from layer to layer."""
    model, _, _ = on_gpu(folder, method_of("lora"), "nf4", "fp16", tmp_path)
    seen: list[Tensor] = []
    layers = model.get_base_model().model.layers
    layers[1].register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
    layers[0].register_forward_hook(lambda _module, _given, result: result + 1e5)
    with torch.no_grad(), torch.autocast("cpu", torch.float16):
        logits = model(input_ids=torch.arange(1, 9)[None], use_cache=False).logits
    assert seen[0].dtype == torch.float32
    assert torch.isfinite(seen[0]).all()
    assert torch.isfinite(logits).all()


def test_without_autocast_the_model_is_as_it_is_stored(folder: Path, tmp_path: Path) -> None:
    model, _, _ = on_gpu(folder, method_of("lora"), "none", "bf16", tmp_path)
    with torch.no_grad():
        logits = model.float()(input_ids=torch.arange(1, 9)[None], use_cache=False).logits
    assert logits.dtype == torch.float32


# ---------------------------------------------------------------- 8 bits


@pytest.mark.parametrize("processor", [True, False], ids=["unpacked", "in 8 bits"])
def test_products_in_eight_bits_are_the_librarys_and_keep_no_input(
    monkeypatch: pytest.MonkeyPatch, processor: bool
) -> None:
    from bitsandbytes.autograd import _functions as library

    from engine.training.forward import eight_bits

    monkeypatch.setattr(eight_bits, "PROCESSORS", {"cpu"} if processor else set())
    torch.manual_seed(0)
    linear = bitsandbytes.nn.Linear8bitLt(64, 32, bias=True, has_fp16_weights=False, threshold=6.0)
    linear.weight = bitsandbytes.nn.Int8Params(torch.randn(32, 64), requires_grad=False).to("cpu")
    linear.requires_grad_(False)
    results = []
    for multiply, theirs in ((product, False), (library.matmul if processor else _in_eight_bits, True)):
        monkeypatch.setattr(bitsandbytes, "matmul", multiply)
        rows = torch.randn(1, 7, 64, generator=torch.Generator().manual_seed(1)).requires_grad_(True)
        given = linear(rows)
        node: Any = given.grad_fn
        node = node if hasattr(node, "state") else node.next_functions[0][0]
        held = getattr(node, "A", None) if processor else node.tensors[2]
        assert (held is not None) == theirs
        given.square().sum().backward()
        results.append((given.detach(), rows.grad))
    (one, slope), (other, other_slope) = results
    assert torch.equal(one, other)
    assert torch.equal(slope, other_slope)


def _in_eight_bits(inputs: Any, weight: Any, state: Any = None, bias: Any = None) -> Any:
    from bitsandbytes.autograd._functions import MatMul8bitLt

    return MatMul8bitLt.apply(inputs, weight, None, bias, state)


# ---------------------------------------------------------------- words aside


def test_words_aside_are_the_same_words(folder: Path, tmp_path: Path) -> None:
    model, _, _ = on_gpu(folder, method_of("lora"), "nf4", "bf16", tmp_path)
    ids = torch.arange(1, 30)[None]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        before = model(input_ids=ids, use_cache=False).logits
        table = set_words_aside(model)
        after = model(input_ids=ids, use_cache=False).logits
    assert table is not None
    assert torch.equal(before, after)
    assert all(one is not table for one in model.parameters())
    assert model.get_base_model().get_input_embeddings().weight is None
    assert next(model.parameters()).device == model.device == torch.device("cpu")


def test_words_stay_where_they_are_the_output_layers_too_or_are_trained(folder: Path, tmp_path: Path) -> None:
    model, _, _ = on_gpu(folder, method_of("lora"), "nf4", "bf16", tmp_path)
    base = model.get_base_model()
    base.get_input_embeddings().weight.requires_grad_(True)
    assert set_words_aside(model) is None
    base.get_input_embeddings().weight.requires_grad_(False)
    base.get_output_embeddings().weight = base.get_input_embeddings().weight
    assert set_words_aside(model) is None
    assert isinstance(base.get_input_embeddings().weight, nn.Parameter)


# ---------------------------------------------------------------- what a step holds


@pytest.mark.parametrize(
    ("held", "precision", "recompute"),
    [("nf4", "bf16", False), ("int8", "bf16", True), ("nf4", "fp16", True), ("nf4", "fp32", False)],
)
def test_a_dry_run_of_a_quantised_base_holds_what_it_really_holds(
    folder: Path, tmp_path: Path, held: str, precision: str, recompute: bool
) -> None:
    method = method_of("lora")
    model, values, training = on_gpu(folder, method, held, precision, tmp_path)
    base = model.get_base_model()
    config = json.loads((folder / "config.json").read_text())
    if precision != "fp32":
        set_words_aside(model)
    with LiveBytes(base.config.vocab_size) as count:
        count.count_as("weights", dry_run.tensors_of(base))
        count.count_as("quantisation", scales_of(base))
        dry_run.settle(model, base, recompute)
        rows = [dry_run.example(length) for length in LENGTHS]
        dry_run.run_step(count, model, method, values, training, rows, 128, precision)
    found = dry_run.measure(config, method, values, training, LENGTHS, precision, recompute, budget=128)
    assert found.total_bytes == pytest.approx(count.peak, rel=0.02)
    assert found.parts["quantisation"] > 0


def test_keeping_no_inputs_can_be_said_twice() -> None:
    keep_no_inputs()
    keep_no_inputs()
    assert bitsandbytes.matmul is product


# ---------------------------------------------------------------- what it costs


def test_a_base_in_four_bits_loses_nothing_more_by_half_precision(tmp_path: Path) -> None:
    """Of a model that has learnt to speak a little: what bf16 adds is small beside what 4 bits cost, and it learns as well."""
    taught = methods.taught_base(tmp_path / "taught", "llama", steps=40)
    text = tmp_path / "text.txt"
    text.write_text(" ".join(f"The {word} is {colour}." for word in tiny.WORDS for colour in tiny.WORDS) * 20)
    found = compare(taught, text, text, 8, tmp_path, count=2)
    exact, whole, half = found["none, fp32"], found["nf4, fp32"], found["nf4, bf16"]
    assert abs(half.loss - whole.loss) < 0.01
    assert half.distance < whole.distance + 0.005
    assert abs(half.after - whole.after) < 0.05
    assert half.after < exact.loss
