"""ONNX exports: what ONNX Runtime says, without torch, is what the tuned model says, at every length, with the cache and without it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from engine.core.errors import Fault
from engine.exports.common.declaration import ExportSource
from engine.exports.common.model_card import model_card
from engine.exports.forms.onnx import ONNX
from engine.exports.onnx.hollow import tell_model
from engine.exports.proof.measures import divergence, log_softmax
from engine.exports.proof.proving import prove
from engine.exports.writing.opening import open_shop
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled
from engine.models.base.download_progress import ByteProgress
from storage.tables import LanguageModel, TunedModel
from tests.integration.test_export_zoo import Kept, adapter, homes  # noqa: F401 (a fixture)
from tests.integration.test_export_zoo import whole as all_anew
from tests.machines import small_disk
from tests.zoo.keeper import ZooKeeper, config_of

LENGTH = 21  # five times the traced one, and beyond the window of 16 tokens that some layers see
PADDED = 5


class Quiet(ByteProgress):
    """Progress that nobody hears of; `stop_at` names the phase in which the user cancels."""

    def __init__(self, stop_at: str = "") -> None:
        super().__init__(cast("Reporter", self))
        self._stop_at, self._now = stop_at, ""

    def phase(self, name: str, total: int = 0) -> None:
        self._now = name

    def at(self, done: int) -> None:
        if self._now == self._stop_at:
            raise Cancelled

    def more(self, count: int) -> None:
        self.at(count)

    def event(self, *told: Any, **params: Any) -> None:
        return


@dataclass
class Exported:
    """A tuned model with its shop, and one form of it."""

    source: ExportSource
    folder: Path
    values: dict[str, str]
    told: dict[str, Any]

    def proof(self, folder: Path | None = None) -> dict[str, Any]:
        """By a fresh process."""
        reader, truth = ONNX.reader(self.source), self.source.shop.truth
        assert reader is not None
        assert truth is not None
        where = folder or self.folder
        work = where.with_name(where.name + "-proof")
        return prove(reader, where, None, truth, ONNX.limits(self.values), work, Quiet())


def exported(kept: Kept, target: Path, dtype: str = "fp32", source: ExportSource | None = None) -> Exported:
    """A form of an adapter, written as the job writes it."""
    source, values, folder = source or opened(kept, target), {"dtype": dtype}, target / dtype
    folder.mkdir(parents=True)
    told = ONNX.write(source, values, folder, Quiet())
    return Exported(source, folder, values, told)


def opened(kept: Kept, target: Path) -> ExportSource:
    """The source of a job with its shop; what has no layers of the usual names is tuned as a whole."""
    try:
        tuned = kept.add("lora", "adapter", adapter)
    except ValueError:
        tuned = kept.add("full", "full", all_anew)
    ctx = kept.world.ctx
    with ctx.db.read() as s:
        row, base = s.get_one(TunedModel, tuned), s.get_one(LanguageModel, kept.world.base)
    source = ExportSource(ctx, row, base, ctx.settings.absolute(row.path))
    return replace(source, shop=open_shop(source, target / "truth", Quiet(), proved=True))


@pytest.fixture(scope="module")
def whole(homes: Callable[[str], Kept], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:  # noqa: F811
    """qwen-2.5 in fp32: tied head, more rows than tokens."""
    made = exported(homes("qwen-2.5"), tmp_path_factory.mktemp("家 with spaces"))
    yield made
    made.source.shop.close()


# ---------------------------------------------------------------- what it says


def judged(folder: Path, model: Any) -> tuple[float, float]:
    """Divergence from torch over a batch with padding on the left: read at once, and in parts by the cache."""
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    torch.manual_seed(0)
    ids, mask = torch.randint(3, 200, (2, LENGTH)), torch.ones(2, LENGTH, dtype=torch.long)
    mask[0, :PADDED] = 0
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    told = {"position_ids": places} if "position_ids" in type(model).forward.__code__.co_varnames else {}
    with torch.inference_mode():
        expected = model(input_ids=ids, attention_mask=mask, use_cache=False, **told).logits.numpy()
    parts = [read(session, ids, mask, places, steps) for steps in ([LENGTH], [9, 1, 1, 7, 1, 2])]
    seen = mask.bool().numpy()
    apart = [divergence(log_softmax(expected[seen]), log_softmax(found[seen])).mean() for found in parts]
    return float(apart[0]), float(apart[1])


def read(session: Any, ids: Any, mask: Any, places: Any, steps: list[int]) -> Any:
    """Logits, in so many calls."""
    types = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
    caches = [one for one in session.get_inputs() if one.name.startswith("past_key_values.")]
    past = {one.name: np.zeros([2, one.shape[1], 0, one.shape[3]], types[one.type]) for one in caches}
    made: list[Any] = []
    at = 0
    for step in steps:
        until = at + step
        asked = {"input_ids": ids[:, at:until], "attention_mask": mask[:, :until], "position_ids": places[:, at:until]}
        logits, *cache = session.run(None, {name: value.numpy() for name, value in asked.items()} | past)
        made, at, past = [*made, logits], until, dict(zip(past, cache, strict=True))
    return np.concatenate(made, 1)


def test_it_answers_as_the_tuned_model(whole: Exported) -> None:
    proof = whole.proof()
    assert proof["failed"] == []
    assert proof["divergence"] < 1e-9
    assert (proof["agreement"], proof["same_answers"], proof["flips"]) == (1.0, proof["prompts"], 0)
    assert proof["library"].startswith("onnxruntime 1.")
    assert proof["formats"].keys() == {"FLOAT", "INT64"}
    at_once, by_cache = judged(whole.folder, whole.source.shop.plain())
    assert max(at_once, by_cache) < 1e-9


def test_the_layout_is_optimums(whole: Exported) -> None:
    session = onnxruntime.InferenceSession(whole.folder / "model.onnx")
    shapes = {one.name: one.shape for one in session.get_inputs()}
    config = whole.source.shop.plain().config
    assert shapes == {
        "input_ids": ["batch_size", "sequence_length"],
        "attention_mask": ["batch_size", "total_sequence_length"],
        "position_ids": ["batch_size", "sequence_length"],
    } | {
        f"past_key_values.{layer}.{part}": ["batch_size", config.num_key_value_heads, "past_sequence_length", 16]
        for layer in range(config.num_hidden_layers)
        for part in ("key", "value")
    }
    assert [one.name for one in session.get_outputs()][:3] == ["logits", "present.0.key", "present.0.value"]
    names = {file.name for file in whole.folder.iterdir()}
    assert names >= {"model.onnx", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"}


def test_tied_weights_are_there_once_and_no_place_of_this_machine(whole: Exported) -> None:
    model = whole.source.shop.plain()
    file = whole.folder / "model.onnx"
    assert file.stat().st_size < sum(one.numel() * 4 for one in model.parameters()) + 60_000
    onnx.checker.check_model(str(file), full_check=True)
    content = file.read_bytes()
    assert not any(place.encode() in content for place in (str(Path.cwd()), str(Path.home()), "site-packages"))


def test_the_shared_model_is_left_as_it_is(whole: Exported) -> None:
    model = whole.source.shop.plain()
    assert model.config._attn_implementation != "eager"
    assert all(parameter.isfinite().all() and parameter.is_contiguous() for parameter in model.parameters())


def test_the_readmes_code_answers_without_torch(whole: Exported) -> None:
    """Copied out of the README, run in the folder, where torch cannot be imported."""
    readme = model_card(whole.source, ONNX.readme(whole.source), "fp32")
    told = json.loads((whole.source.shop.truth / "truth.json").read_text())  # type: ignore[operator]
    prompt = next(one for one in told["prompts"] if one["text"])
    question = prompt["messages"][-1]["content"]
    assert len(prompt["messages"]) == 1
    code = readme.split("```python\n")[1].split("```")[0].replace('"Hello!"', repr(question))
    code = code.replace("< 200", f"< {told['most_tokens']}")
    guarded = "import sys\nfor name in ('torch', 'transformers'): sys.modules[name] = None\n" + code
    done = subprocess.run([sys.executable, "-c", guarded], cwd=whole.folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == prompt["text"].strip()


@pytest.mark.parametrize(("dtype", "most"), [("int8", 0.01), pytest.param("fp16", 0.001, marks=pytest.mark.zoo)])
def test_fewer_bits_answer_nearly_so(
    homes: Callable[[str], Kept],  # noqa: F811
    whole: Exported,
    tmp_path: Path,
    dtype: str,
    most: float,
) -> None:
    made = exported(homes("qwen-2.5"), tmp_path, dtype, whole.source)
    proof = made.proof()
    assert proof["failed"] == []
    assert 1e-9 < proof["divergence"] < most
    sizes = [(one.folder / "model.onnx").stat().st_size for one in (made, whole)]
    assert sizes[0] < {"int8": 0.4, "fp16": 0.6}[dtype] * sizes[1]
    assert {"int8": "UINT8", "fp16": "FLOAT16"}[dtype] in proof["formats"]


# ---------------------------------------------------------------- what is wrong with it


def flipped(folder: Path) -> None:
    file = folder / "model.onnx"
    model = onnx.load(file)
    large = max(model.graph.initializer, key=lambda one: len(one.raw_data) * (len(one.dims) == 2))
    numbers = onnx.numpy_helper.to_array(large)
    large.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(numbers[::-1]), large.name))
    onnx.save(model, file)


def other_template(folder: Path) -> None:
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text(encoding="utf-8").replace("|>assistant", "|>helper"), encoding="utf-8")


def endless(folder: Path) -> None:
    file = folder / "generation_config.json"
    settings = json.loads(file.read_text())
    file.write_text(json.dumps(settings | {"eos_token_id": settings["eos_token_id"][1:]}))


@pytest.mark.parametrize(("spoil", "check"), [(flipped, "divergence"), (other_template, "template"), (endless, "ends")])
def test_a_broken_export_fails_its_proof(
    whole: Exported, tmp_path: Path, spoil: Callable[[Path], None], check: str
) -> None:
    shutil.copytree(whole.folder, tmp_path / "broken")
    spoil(tmp_path / "broken")
    proof = whole.proof(tmp_path / "broken")
    assert not proof["passed"]
    assert check in proof["failed"]


def test_a_file_that_is_cut_off_is_not_read(whole: Exported, tmp_path: Path) -> None:
    shutil.copytree(whole.folder, tmp_path / "cut")
    file = tmp_path / "cut" / "model.onnx"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(Fault, match=r"export\.unreadable"):
        whole.proof(tmp_path / "cut")


@pytest.mark.parametrize("phase", ["tracing", pytest.param("saving", marks=pytest.mark.zoo)])
def test_a_cancel_ends_it_and_leaves_nothing_behind(whole: Exported, tmp_path: Path, phase: str) -> None:
    draft = tmp_path / "draft"
    draft.mkdir()
    with pytest.raises(Cancelled):
        ONNX.write(whole.source, {"dtype": "int8"}, draft, Quiet(stop_at=phase))
    assert [file.name for file in tmp_path.iterdir()] == ["draft"]
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(draft) not in listed


def test_what_keeps_another_state_is_refused_before_the_job_and_in_it(zoo: ZooKeeper, tmp_path: Path) -> None:
    from engine.serving.runtime.loading import load_model

    for key in ("falcon-h1", "lfm-2"):
        assert "running state" in ONNX.unfit(config_of(zoo.folder(key))).in_("en")  # type: ignore[union-attr]
        with pytest.raises(Fault, match=r"export\.other_state"):
            tell_model(load_model(zoo.folder(key), "fp32", "cpu"), tmp_path)


def test_what_cannot_be_drawn_is_known_by_its_config(zoo: ZooKeeper) -> None:
    for config in (
        {"rope_scaling": {"type": "dynamic"}},
        {"rope_parameters": {"full_attention": {"rope_type": "dynamic"}}},
    ):
        assert "each length" in ONNX.unfit({"model_type": "llama", **config}).in_("en")  # type: ignore[union-attr]
    assert "complex" in ONNX.unfit(config_of(zoo.folder("llama-4"))).in_("en")  # type: ignore[union-attr]
    assert [key for key in FAMILIES if ONNX.unfit(config_of(zoo.folder(key)))] == []


# ---------------------------------------------------------------- families

FAMILIES = [
    "llama-2", "llama-3", "qwen-3", "gemma-2", "gemma-3", "mistral", "phi-3", "phi-4", "glm-4", "smollm-3", "exaone-4", "minicpm-3",
    "mixtral", "qwen-2-moe", "qwen-3-moe", "gpt-oss", "deepseek-v2", "deepseek-r1", "starcoder-2", "gpt-2", "pythia", "opt", "bloom",
]  # fmt: skip


@pytest.mark.zoo
@pytest.mark.parametrize("key", FAMILIES)
def test_every_family_answers_as_its_tuned_model(homes: Callable[[str], Kept], tmp_path: Path, key: str) -> None:  # noqa: F811
    made = exported(homes(key), tmp_path)
    proof = made.proof()
    assert proof["failed"] == []
    assert proof["divergence"] < 1e-6
    assert max(judged(made.folder, made.source.shop.plain())) < 1e-6


@pytest.mark.zoo
def test_a_graph_that_cannot_be_drawn_says_why(zoo: ZooKeeper, tmp_path: Path) -> None:
    from engine.exports.onnx.writing import write_model
    from engine.serving.runtime.loading import load_model

    model = load_model(zoo.folder("llama-4"), "fp32", "cpu")
    with pytest.raises(Fault, match="complex") as caught:
        write_model(model, "fp32", tmp_path, tmp_path / "work", Quiet())
    assert caught.value.code == "export.no_graph"


@pytest.mark.zoo
def test_a_full_disk_is_told_as_that(zoo: ZooKeeper, tmp_path: Path) -> None:
    from engine.exports.onnx.writing import write_model
    from engine.serving.runtime.loading import load_model

    model = load_model(zoo.folder("llama-3"), "fp32", "cpu")
    with small_disk(tmp_path / "disk", 1) as disk:
        room = (os.statvfs(disk).f_bavail - 2) * os.statvfs(disk).f_frsize
        (disk / "filler").write_bytes(b"0" * (room - 12_000))  # the model's settings fit, its graph does not
        with pytest.raises(Fault, match=r"obstacle\.disk_full"):
            write_model(model, "fp32", disk, disk / "work", Quiet())


@pytest.mark.zoo
def test_a_long_context_has_both_sets_of_frequencies(zoo: ZooKeeper, tmp_path: Path) -> None:
    """Phi-3's long variants change them where a text becomes longer than the first training's."""
    import copy

    from engine.exports.onnx.writing import write_model
    from engine.serving.runtime.loading import load_model

    short = load_model(zoo.folder("phi-3"), "fp32", "cpu")
    config = copy.deepcopy(short.config)
    half = config.hidden_size // config.num_attention_heads // 2
    config.rope_parameters = {
        "rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": LENGTH - 8,
        "short_factor": [1.0 + place / 10 for place in range(half)], "long_factor": [2.0 + place for place in range(half)],
    }  # fmt: skip
    config.original_max_position_embeddings = LENGTH - 8
    model = type(short)._from_config(config).eval()
    model.load_state_dict(short.state_dict())
    write_model(model, "fp32", tmp_path, tmp_path / "work", Quiet())
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for length in (5, LENGTH):
        ids = torch.arange(3, 3 + length)[None].repeat(2, 1)
        with torch.inference_mode():
            expected = model(input_ids=ids, use_cache=False).logits.numpy()
        found = read(session, ids, torch.ones_like(ids), torch.arange(length)[None].repeat(2, 1), [length])
        assert divergence(log_softmax(expected), log_softmax(found)).mean() < 1e-6
