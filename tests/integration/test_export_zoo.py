"""Exports of models as they are published: in the format of their base, and ending where chat ends, by the README's own code."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GenerationConfig

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.exports.proof.prints import print_of
from engine.models.base.number_formats import stored_format
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model
from storage.job_tables import Job, JobStatus
from storage.tables import LanguageModel, TunedModel
from tests import workers
from tests.homes import new_home
from tests.integration.test_export import World
from tests.tiny import add_dataset
from tests.zoo.keeper import ZooKeeper, register
from tests.zoo.lessons import QUESTION, WORDS, rows

ASKED = QUESTION.format(word=WORDS[0])
MOST = 40
Write = Callable[[Path, Path], None]


@dataclass
class Kept:
    """A taught base that lies in a home, whose own settings do not name the end of its template's turns."""

    world: World
    tokenizer: Path

    def add(self, method: str, format: str, write: Write) -> int:
        """A tuned model with the files that `write` makes of the base's folder."""
        with self.world.ctx.db.write() as s:
            job = Job(name=method, kind="train", status=JobStatus.SUCCEEDED, lane="cpu", position=1.0, spec={}, method=method,
                      dataset_id=self.world.dataset, base_model_id=self.world.base)  # fmt: skip
            s.add(job)
            s.flush()
            folder = self.world.ctx.settings.folder("tuned", str(job.id))
            write(self.world.weights, folder)
            files = sorted(folder.glob("*.safetensors"))
            tuned = TunedModel(
                name=method, job_id=job.id, base_model_id=self.world.base, dataset_id=self.world.dataset, method=method,
                format=format, path=self.world.ctx.settings.relative(folder), bytes=sum(f.stat().st_size for f in files),
                weights_hash=hashlib.sha256(files[0].read_bytes()).hexdigest(),
            )  # fmt: skip
            s.add(tuned)
            s.flush()
            return tuned.id

    def take(self, tuned: int, form: str, target: Path, **params: Any) -> tuple[Path, dict[str, Any]]:
        """The unpacked export and its job's result."""
        from engine.services.models import tuned as service

        job_id = service.start_export(self.world.ctx, tuned, form, params)
        result = self.world.work(job_id)
        return self.world.unpack(job_id, target), result

    def folder(self, tuned: int) -> Path:
        with self.world.ctx.db.read() as s:
            return self.world.ctx.settings.absolute(s.get_one(TunedModel, tuned).path)

    def chat(self, tuned: int) -> dict[str, Any]:
        """What the playground answers."""
        template = ChatTemplate.load(self.tokenizer)
        folder = self.folder(tuned)
        whole = (folder / "config.json").is_file()
        trunk = SharedBase(load_model(folder if whole else self.world.weights, "fp32", "cpu"))
        key = BASE if whole else "it"
        if not whole:
            trunk.add("it", str(folder))
        ids = tuple(template.encode_prompt([{"role": "user", "content": ASKED}]))
        plan = ResidentModels("x", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
        events: list[dict[str, Any]] = []
        request = Request(1, plan, (Ask(key, key, ids, 7, MOST),), stop_ids=tuple(template.eos_ids))
        generate(request, {key: AdaptedModel(trunk, key)}, template, lambda: False, events.append)
        return next(event for event in events if event["event"] == "side")


@pytest.fixture(scope="module")
def homes(zoo: ZooKeeper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Kept]]:
    """Of a model of the zoo, once: its home."""
    made: dict[str, Kept] = {}

    def home(key: str) -> Kept:
        if key not in made:
            root = tmp_path_factory.mktemp("home")
            ctx = new_home(root / "home")
            folder = zoo.copy(key, root / "base", taught=True)
            file = folder / "generation_config.json"
            settings = json.loads(file.read_text())
            file.write_text(json.dumps(settings | {"eos_token_id": 0}))
            base = register(ctx, folder)
            with ctx.db.read() as s:
                tokenizer = ctx.settings.absolute(str(s.get_one(LanguageModel, base).tokenizer_path))
            made[key] = Kept(World(ctx, base, add_dataset(ctx, rows(new=False)), folder), tokenizer)
        return made[key]

    yield home
    for kept in made.values():
        kept.world.ctx.db.close()


def adapter(base: Path, folder: Path) -> None:
    """A little noise on every linear layer: it still answers as it was taught."""
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, generation_config=GenerationConfig())
    names = [
        n for n, m in model.named_modules() if n.endswith(("q_proj", "v_proj", "qkv_proj", "c_attn", "query_key_value"))
    ]
    tuned = get_peft_model(model, LoraConfig(r=4, target_modules=names, task_type="CAUSAL_LM"))
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.01)
    tuned.save_pretrained(folder)


def whole(base: Path, folder: Path) -> None:
    """As earlier versions stored it: in fp32, with the settings of the base."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.0001)
    model.save_pretrained(folder)
    (folder / "generation_config.json").write_bytes((base / "generation_config.json").read_bytes())


def delta(base: Path, folder: Path) -> None:
    """One tensor as a whole, and a few numbers of another."""
    parameters = dict(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).named_parameters())
    first, second = [name for name, parameter in parameters.items() if parameter.ndim == 2][1:3]
    index = torch.tensor([0, 5, 99])
    values = {f"{second}::index": index, f"{second}::value": parameters[second].detach().view(-1)[index] + 0.01}
    save_file({first: parameters[first].detach() * 1.01, **values}, folder / "delta.safetensors")


def told(readme: Path, base: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], str]:
    """The new tokens and the text that the README's code makes, run in the folder as it stands there."""
    code = readme.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    code = (
        code.replace(repr(name), repr(str(base)))
        .replace("Hello!", ASKED)
        .replace("max_new_tokens=200", f"max_new_tokens={MOST}")
    )
    monkeypatch.chdir(readme.parent)
    found: dict[str, Any] = {}
    exec(code, found)
    new = found["answer"][0, found["prompt"]["input_ids"].shape[1] :]
    return new.tolist(), found["tokenizer"].decode(new, skip_special_tokens=True)


KINDS: dict[str, tuple[str, str, Write, str]] = {
    "adapter": ("lora", "adapter", adapter, "adapter"),
    "merged": ("lora", "adapter", adapter, "merged"),
    "delta": ("freeze", "delta", delta, "delta"),
    "whole": ("full", "full", whole, "whole"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "kind"),
    [("qwen-2.5", kind) for kind in KINDS] + [("llama-2", "merged"), ("gpt-2", "whole")],
)
def test_the_readmes_code_answers_and_ends_as_chat_does(
    homes: Callable[[str], Kept], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, kind: str
) -> None:
    """The base's own settings name another end (llama-2's are refused besides); qwen-2.5's have a penalty that chat knows nothing of."""
    kept = homes(key)
    method, format, write, form = KINDS[kind]
    tuned = kept.add(method, format, write)
    expected = kept.chat(tuned)
    folder, _result = kept.take(tuned, form, tmp_path)
    with kept.world.ctx.db.read() as s:
        name = s.get_one(LanguageModel, kept.world.base).name
    ids, text = told(folder / "README.md", kept.world.weights, name, monkeypatch)
    template = ChatTemplate.load(kept.tokenizer)
    assert text.strip() == expected["text"].strip()
    assert ids[-1] in template.eos_ids
    assert len(ids) < MOST
    settings = json.loads((folder / "generation_config.json").read_text())
    assert settings["eos_token_id"] == template.eos_ids


def test_the_base_itself_talks_on_with_its_own_settings(homes: Callable[[str], Kept]) -> None:
    """Else the test above would find nothing."""
    kept = homes("qwen-2.5")
    ids = ChatTemplate.load(kept.tokenizer).encode_prompt([{"role": "user", "content": ASKED}])
    model = AutoModelForCausalLM.from_pretrained(kept.world.weights)
    assert (
        model.generate(input_ids=torch.tensor([ids]), max_new_tokens=MOST, do_sample=False).shape[1] == len(ids) + MOST
    )


# ---------------------------------------------------------------- number formats


MERGED = ["llama-2", "llama-3", "gemma-3", "phi-3", "mixtral", "gpt-2", "cached"]


@pytest.mark.parametrize("key", MERGED)
def test_a_merge_is_stored_as_its_base_is(zoo: ZooKeeper, tmp_path: Path, key: str) -> None:
    """Sharded ones and ones whose config says nothing too; the numbers are those of a plain merge, rounded once."""
    from engine.exports.writing.merging import merger, with_result
    from engine.exports.writing.rounded import write_rounded
    from engine.methods import method_of

    base, target = zoo.folder(key), tmp_path / "merged"
    adapter(base, tmp_path / "adapter")
    own = stored_format(base)
    tuned = with_result(load_model(base, "fp32", "cpu"), tmp_path / "adapter")
    merged = merger(tuned, tmp_path / "adapter", method_of("lora"), [[5, 9, 40, 77], [3, 8]])()
    told = write_rounded(merged, own, target, _Quiet())  # type: ignore[arg-type]
    assert (told["dtype"], stored_format(target)) == (own, own)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, generation_config=GenerationConfig())
    plain = PeftModel.from_pretrained(model, tmp_path / "adapter").merge_and_unload().state_dict()
    fresh = AutoModelForCausalLM.from_pretrained(target)
    assert fresh.dtype == {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[own]
    apart = [
        name for name, tensor in fresh.state_dict().items() if not torch.equal(plain[name].to(tensor.dtype), tensor)
    ]
    assert apart == []
    wide = AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32)
    assert print_of(wide.state_dict().values()) == told["numbers"], "what a proof finds, bit for bit"


class _Quiet:
    """Progress that nobody hears of."""

    def phase(self, name: str) -> None:
        """A phase begins."""


def test_the_base_is_read_once_and_never_more_than_one_model_is_held(
    homes: Callable[[str], Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many forms there are; which is what the estimate of memory counts."""
    from engine.exports.writing import opening
    from engine.jobs.reporter import Reporter
    from engine.services.models import tuned as service

    kept = homes("qwen-2.5")
    tuned = kept.add("lora", "adapter", adapter)
    gc.collect()
    told: list[tuple[str, int]] = []
    read: list[Path] = []
    phase, load = Reporter.phase, opening.load_model

    def held() -> int:
        return sum(type(thing).__name__ == "Qwen2ForCausalLM" for thing in gc.get_objects())

    def told_phase(self: Reporter, name: str) -> None:
        told.append((name, held() - before))
        phase(self, name)

    def read_model(folder: Path, dtype: str, device: str) -> Any:
        read.append(folder)
        return load(folder, dtype, device)

    before = held()
    monkeypatch.setattr(Reporter, "phase", told_phase)
    monkeypatch.setattr(opening, "load_model", read_model)
    forms = [
        {"format": "adapter", "params": {}},
        {"format": "merged", "params": {}},
        {"format": "merged", "params": {"dtype": "fp32"}},
    ]
    files = kept.world.work_all(service.make_export(kept.world.ctx, tuned, forms, "zip"))
    assert [(one["error"], one["proof"]["passed"]) for one in files] == [(None, True)] * 3
    assert len({one["name"] for one in files}) == len({one["path"] for one in files}) == 3
    assert len(read) == 1
    assert [name for name, _held in told] == [
        "loading", "asking", "checking", "merging", "saving", "merging", "saving", *["proving", "packing"] * 3,
    ]  # fmt: skip
    assert max(count for _name, count in told) == 1
    assert {count for name, count in told if name in ("proving", "packing")} == {0}


def test_weights_that_fp16_holds_but_does_not_calculate_with_are_told_of(
    homes: Callable[[str], Kept], tmp_path: Path
) -> None:
    def loud(base: Path, folder: Path, strength: float = 3_000.0) -> None:
        parameters = dict(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).named_parameters())
        names = [f"model.layers.0.mlp.{part}_proj.weight" for part in ("up", "down")]
        save_file({name: parameters[name].detach() * strength for name in names}, folder / "delta.safetensors")

    kept = homes("qwen-2.5")
    for write, expected in ((delta, False), (loud, True)):
        kept.take(kept.add("freeze", "delta", write), "merged", tmp_path / write.__name__, dtype="fp16")
        with kept.world.ctx.db.read() as s:
            job = max(one.id for one in s.query(Job).filter_by(kind="export"))
        assert ("fp16_overflows" in workers.event_codes(kept.world.ctx, job)) == expected


def test_another_format_is_written_where_it_is_asked_for(homes: Callable[[str], Kept], tmp_path: Path) -> None:
    kept = homes("qwen-2.5")
    tuned = kept.add("lora", "adapter", adapter)
    sizes = {}
    for asked, stored in (("own", "BF16"), ("fp32", "F32"), ("fp16", "F16")):
        folder, result = kept.take(tuned, "merged", tmp_path / asked, dtype=asked)
        assert set(result["proof"]["stored_bytes_by_dtype"]) == {stored}
        assert result["proof"]["passed"]
        sizes[asked] = (folder / "model.safetensors").stat().st_size
        assert result["proof"]["dtype"] in (folder / "README.md").read_text()
    assert 1.9 < sizes["fp32"] / sizes["own"] < 2.0
    assert abs(sizes["fp16"] - sizes["own"]) < 100


def test_a_whole_model_of_an_earlier_version_leaves_as_its_base_is_stored(
    homes: Callable[[str], Kept], tmp_path: Path
) -> None:
    kept = homes("qwen-2.5")
    tuned = kept.add("full", "full", whole)
    before = load_file(kept.folder(tuned) / "model.safetensors")
    folder, result = kept.take(tuned, "whole", tmp_path / "own")
    assert set(result["proof"]["stored_bytes_by_dtype"]) == {"BF16"}
    found = load_file(folder / "model.safetensors")
    assert all(torch.equal(found[name], before[name].bfloat16()) for name in before.keys() | found.keys())
    assert (folder / "tokenizer.json").is_file()
    assert (folder / "chat_template.jinja").is_file()
    folder, result = kept.take(tuned, "whole", tmp_path / "asked", dtype="fp32")
    assert "numbers" not in result["proof"], "it is stored in fp32 already: the very file"
    assert (folder / "model.safetensors").read_bytes() == (kept.folder(tuned) / "model.safetensors").read_bytes()
    ends = ChatTemplate.load(kept.tokenizer).eos_ids
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == ends
    stored = json.loads((kept.folder(tuned) / "generation_config.json").read_text())
    assert stored["eos_token_id"] == 0, "the tuned model's own files stay as they are"


def test_fp16_that_does_not_hold_the_numbers_is_refused(homes: Callable[[str], Kept], tmp_path: Path) -> None:
    def large(base: Path, folder: Path) -> None:
        tensors = {"model.layers.0.mlp.up_proj.weight": torch.full((128, 64), 70_000.0)}
        save_file(tensors, folder / "delta.safetensors")

    kept = homes("qwen-2.5")
    tuned = kept.add("freeze", "delta", large)
    with pytest.raises(Fault, match=r"export\.overflow"):
        kept.take(tuned, "merged", tmp_path / "half", dtype="fp16")
    kept.take(tuned, "merged", tmp_path / "brain", dtype="bf16")


def test_mended_settings_are_said_once_the_export_is_made(homes: Callable[[str], Kept], tmp_path: Path) -> None:
    kept = homes("llama-2")
    for form in ("adapter", "merged"):
        tuned = kept.add("lora", "adapter", adapter)
        kept.take(tuned, form, tmp_path / form)
        with kept.world.ctx.db.read() as s:
            job = max(one.id for one in s.query(Job).filter_by(kind="export"))
        assert "generation_mended" in workers.event_codes(kept.world.ctx, job)
