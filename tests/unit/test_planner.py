"""The plan: sizes from config.json alone, the memory estimate, time, verdicts, and the exact tokens."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from engine.base_formats import base_format
from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.core.hardware import Device
from engine.core.params import read_all
from engine.data.templates.lengths import count, measure
from engine.data.templates.preview import readable
from engine.data.templates.template import ChatTemplate
from engine.devices import precision_for
from engine.methods import method_of
from engine.models.architecture.shape import body_parameters, shape_of
from engine.optimizers.sgd import SGD
from engine.planner.memory import estimate, verdict
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.workload import Workload
from engine.planner.time import effort, speed
from engine.services.data import datasets
from engine.services.planning import estimates
from storage.tables import LanguageModel

SMOLLM2: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "head_dim": 64,
    "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152, "tie_word_embeddings": True,
    "max_position_embeddings": 8192,
}  # fmt: skip
CONFIGS: dict[str, tuple[dict[str, Any], int]] = {
    "SmolLM2-135M": (SMOLLM2, 134_515_008),
    "Llama-3-8B": (
        {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
         "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256}, 8_030_261_248),
    "Qwen2.5-7B": (
        {"model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
         "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064}, 7_615_616_512),
    "GPT-2": ({"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257}, 124_439_808),
    "Pythia-70M": (
        {"model_type": "gpt_neox", "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 6,
         "num_attention_heads": 8, "vocab_size": 50304}, 70_426_624),
    "Phi-3-mini": (
        {"model_type": "phi3", "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32,
         "num_attention_heads": 32, "vocab_size": 32064}, 3_821_079_552),
}  # fmt: skip
CPU = Device("cpu", "A processor", 16_000, 12_000, bf16=False, cores=2)
GPU = Device("cuda:0", "NVIDIA H100 80GB HBM3", 80_000, 79_000, bf16=True, capability=(9, 0))
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _work(key: str = "lora", device: Device = CPU, tokens: int = 512, config: dict[str, Any] = SMOLLM2) -> Workload:
    method = method_of(key)
    values, faults = read_all(method.params, {}, "method")
    assert not faults
    held = base_format(method.defaults)
    return Workload(shape_of(config), method, values, precision_for(device), device, tokens, base_format=held)


# ------------------------------------------------------------------ shapes


@pytest.mark.parametrize("name", CONFIGS)
def test_parameters_are_counted_from_the_config_alone(name: str) -> None:
    config, real = CONFIGS[name]
    assert shape_of(config).parameters == pytest.approx(real, rel=0.01)
    assert shape_of(config, real).parameters == real


def test_a_config_inside_a_multimodal_one_is_found() -> None:
    assert shape_of({"model_type": "vision", "text_config": SMOLLM2}).layers == 30


def test_a_config_without_sizes_is_refused_by_name() -> None:
    with pytest.raises(Fault) as refused:
        shape_of({"hidden_size": 64, "vocab_size": 100})
    assert (refused.value.code, refused.value.params["missing"]) == ("model.config_unknown", "layers")


# ------------------------------------------------------------------ memory


def test_four_bits_shrink_the_base_and_nothing_else() -> None:
    plain, quantised = _work("lora"), _work("qlora")
    assert estimate.weight_bytes(quantised) == pytest.approx(176e6, rel=0.06)  # measured, against 548 MB
    kept = [
        next(item.bytes for item in estimate.memory_breakdown(work) if item.key == "activations")
        for work in (plain, quantised)
    ]
    assert kept[0] == kept[1]


def test_full_training_costs_sixteen_bytes_a_parameter() -> None:
    work = replace(_work("full", tokens=32), groups=2)
    lines = {item.key: item.bytes for item in estimate.memory_breakdown(work)}
    assert lines["weights"] + lines["optimizer"] == pytest.approx(12 * 134_515_008, rel=0.001)
    assert lines["gradients"] >= 4 * 134_515_008
    assert total_mb(replace(work, optimizer=SGD)) < total_mb(work) - 1000


def test_recomputing_and_shorter_batches_need_less_everywhere() -> None:
    for device in (CPU, GPU):
        work = _work(device=device)
        assert total_mb(replace(work, recompute=True)) < total_mb(work)
        assert total_mb(replace(work, tokens=128)) < total_mb(work)


def test_a_hundred_billion_parameters_are_planned_without_loading_anything() -> None:
    config = SMOLLM2 | {"hidden_size": 12288, "intermediate_size": 32768, "num_hidden_layers": 64}
    config |= {"num_attention_heads": 96, "num_key_value_heads": 96, "head_dim": 128}
    began = time.perf_counter()
    work = _work("qlora", GPU, config=config)
    assert work.shape.parameters > 100e9
    assert 55_000 < estimate.weight_bytes(work) / 1e6 < 65_000
    assert time.perf_counter() - began < 0.05


# ------------------------------------------------------------------ verdict


def test_what_fits_is_said_to_fit() -> None:
    assert verdict.memory_verdict(_work(), 16_000).ok


def test_the_smallest_change_comes_first_and_really_fits() -> None:
    work = _work(tokens=4096)
    need = total_mb(work)
    one_less = verdict.memory_verdict(work, need - 1)
    assert (one_less.code, one_less.change) == ("verdict.recompute", {"training.checkpointing": "on"})
    shorter = verdict.memory_verdict(work, total_mb(replace(work, recompute=True, tokens=1024)))
    assert shorter.code == "verdict.shorter"
    assert shorter.change == {"training.max_length": 1024, "training.checkpointing": "on"}
    other = verdict.memory_verdict(_work("full", tokens=64), total_mb(_work("full", tokens=64)) - 1400)
    assert (other.code, other.change["method"]) == ("verdict.method", "lora")
    assert verdict.memory_verdict(work, 300).code == "verdict.no_model"


def test_recomputing_by_itself_only_when_memory_is_short() -> None:
    work = _work(tokens=2048)
    need = total_mb(work)

    def recomputes(choice: str, limit_mb: int) -> bool:
        return verdict.arrange(work, 2048, 2048, choice, limit_mb).recompute

    assert [recomputes("auto", limit_mb) for limit_mb in (need, need - 1)] == [False, True]
    assert recomputes("on", need)
    assert not recomputes("off", 10)


def test_steps_are_worked_through_in_groups_that_fit() -> None:
    work = _work()
    free = verdict.arrange(work, longest=60, step_tokens=8 * 200, choice="auto", limit_mb=16_000)
    assert (free.tokens, free.recompute) == (1024, False)
    assert verdict.arrange(work, 60, 400, "auto", 16_000).tokens == 400
    tight = verdict.arrange(work, 60, 1600, "auto", total_mb(replace(work, tokens=300)))
    assert (tight.tokens, tight.recompute) == (256, False)
    tighter = verdict.arrange(work, 900, 1600, "auto", total_mb(replace(work, tokens=600)))
    assert (tighter.tokens, tighter.recompute) == (900, True)


# ------------------------------------------------------------------ time


def test_the_starter_trains_at_the_measured_speed_on_two_cores() -> None:
    counts = count([(200, [[52, 200]])] * 100, 1.0, 512, "truncate")
    pace = speed.Pace(1.0, 8)
    assert 90 < speed.duration_of(_work(), counts, counts, pace).tokens_per_s < 170
    assert speed.duration_of(_work(device=GPU), counts, counts, pace).tokens_per_s > 3000


def test_training_every_weight_and_recomputing_cost_more() -> None:
    lora = effort.train_flops(_work(), [200], 0.75) / 200
    assert lora == pytest.approx(4 * (body_parameters(_work().shape) + 0.75 * 28.3e6), rel=0.12)
    assert effort.train_flops(_work("full"), [200], 0.75) / 200 > 1.3 * lora
    assert effort.train_flops(replace(_work(), recompute=True), [200], 0.75) / 200 > 1.3 * lora


@pytest.mark.parametrize(("rows", "epochs", "steps"), [(81, 4, 44), (80, 4, 40), (8, 0.5, 1), (0, 3, 0)])
def test_steps_count_the_last_smaller_batch(rows: int, epochs: float, steps: int) -> None:
    assert speed.steps_of(rows, speed.Pace(epochs, 8)) == steps


# ------------------------------------------------------------------ lengths and tokens


def _template() -> ChatTemplate:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={sign: i for i, sign in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    return ChatTemplate(tokenizer, CHATML, {"eos_token": "<|im_end|>", "eos_token_ids": [257]})


def _chat(question: str, answer: str, split: str = "train") -> dict[str, Any]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"split": split, "line": 1, "messages": turns}


def test_counts_follow_the_limit_and_the_choice() -> None:
    rows = [_chat("ab", "cd"), _chat("ab", "c" * 50), _chat("a" * 50, "c"), _chat("v", "v", "val")]
    table = measure(rows, len(rows), _template(), {"train_on": "assistant"})
    short, long_answer, long_question = (length for length, _runs in table.train)
    whole = count(table.train, table.scale, 512, "truncate")
    assert (whole.rows, whole.tokens) == (3, short + long_answer + long_question)
    assert whole.trained == (2 + 1) + (50 + 1) + (1 + 1)  # each answer and its end
    cut = count(table.train, table.scale, short, "truncate")
    assert (cut.rows, cut.truncated, cut.unlearnable, cut.longest) == (2, 1, 1, short)
    left_out = count(table.train, table.scale, short, "drop")
    assert (left_out.rows, left_out.dropped, left_out.trained) == (1, 2, 3)
    assert len(table.val) == 1


def test_large_data_is_measured_on_some_rows_and_scaled() -> None:
    table = measure([_chat("q", "a")] * 10, 95, _template(), {"train_on": "all"})
    assert len(table.train) == 10
    assert count(table.train, table.scale, 512, "truncate").rows == 95


def test_rows_that_the_template_refuses_are_counted() -> None:
    template = ChatTemplate(_template().tokenizer, "{{ raise_exception('no') }}", {"eos_token": "<|im_end|>"})
    table = measure([_chat("q", "a")], 1, template, {"train_on": "assistant"})
    assert (table.refused, table.train) == (1, [])


def test_preview_shows_whole_characters_and_marks_exactly_the_answer() -> None:
    template = _template()
    row = _chat("你 好", "点灯!\n🙂")
    encoded = template.encode(row)
    tokens = readable(encoded, template)
    assert "".join(token["text"] for token in tokens) == template.render(row["messages"])
    assert {"text": "灯", "trained": True} in tokens
    assert {"text": "🙂", "trained": True} in tokens
    assert "".join(token["text"] for token in tokens if token["trained"]) == "点灯!\n🙂<|im_end|>"


def test_a_cut_in_the_middle_of_a_character_loses_only_that_character() -> None:
    template = _template()
    encoded = template.encode(
        _chat("q", "灯灯"), max_length=len(template.encode_prompt([{"role": "user", "content": "q"}])) + 4
    )
    assert "".join(token["text"] for token in readable(encoded, template)).endswith("assistant\n灯")


# ------------------------------------------------------------------ the service


@pytest.fixture
def spec(ctx: Context) -> dict[str, Any]:
    """A raw spec with the English sample and a ready model that has a tokenizer but no weights."""
    folder = ctx.settings.folder("models", "1", "tokenizer")
    template = _template()
    template.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(CHATML)
    (folder / "special.json").write_text(json.dumps(template.special))
    place = {"path": "models/1/weights", "tokenizer_path": "models/1/tokenizer", "status": "ready"}
    model = LanguageModel(name="m", source="folder", ref="m", config=SMOLLM2, parameters=134_515_008, **place)
    with ctx.db.write() as s:
        s.add(model)
    return {
        "base_model": model.id,
        "dataset": datasets.ensure_sample(ctx, "en"),
        "method": "lora",
        "budget": {"device": "cpu"},
    }


def test_a_plan_is_complete_and_fast_once_lengths_are_known(ctx: Context, spec: dict[str, Any]) -> None:
    estimates.plan(ctx, spec)
    began = time.perf_counter()
    plan = estimates.plan(ctx, spec)
    assert time.perf_counter() - began < 0.2
    assert plan["memory"]["total_mb"] == sum(item["mb"] for item in plan["memory"]["items"])
    assert (plan["rows"], plan["steps"], plan["exact"], plan["truncated"]) == (81, 44, True, 0)
    assert 0 < plan["trained_tokens"] < plan["tokens_per_epoch"]
    assert plan["seconds"] > 0
    assert plan["precision"]["dtype"] == "fp32"
    json.dumps(plan)


def test_an_incomplete_form_says_what_is_missing(ctx: Context) -> None:
    found = estimates.plan(ctx, {"method": "lora"})["verdict"]
    assert (found["ok"], found["params"]["missing"]) == (False, ["base_model", "dataset"])


def test_wrong_settings_are_named_by_field(ctx: Context, spec: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as refused:
        estimates.plan(ctx, spec | {"training": {"epochs": -1}, "method_params": {"rank": "many"}})
    assert set(refused.value.faults) == {"training.epochs", "method.rank"}


def test_budget_and_disk_are_held(ctx: Context, spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    small = estimates.plan(ctx, spec | {"budget": {"device": "cpu", "memory_mb": 200}})
    assert (small["memory"]["limit_mb"], small["verdict"]["ok"], small["recompute"]) == (200, False, True)
    slow = estimates.plan(ctx, spec | {"budget": {"device": "cpu", "minutes": 0.5}})
    assert slow["verdict"]["code"].startswith("verdict.time")
    monkeypatch.setattr("engine.core.hardware.disk", lambda _folder: (1000, 10))
    assert estimates.plan(ctx, spec)["verdict"]["code"] == "verdict.disk"


def test_a_model_without_chat_template_is_said_to_be_the_wrong_one(ctx: Context, spec: dict[str, Any]) -> None:
    (ctx.settings.home / "models" / "1" / "tokenizer" / "chat_template.jinja").unlink()
    found = estimates.plan(ctx, spec)["verdict"]
    assert (found["code"], found["params"]["n"]) == ("verdict.refused", 90)


def test_cut_rows_and_a_four_bit_base_without_gpu_are_warned_of(ctx: Context, spec: dict[str, Any]) -> None:
    plan = estimates.plan(ctx, spec | {"method": "qlora", "training": {"max_length": 96}})
    codes = {warning["code"] for warning in plan["warnings"]}
    assert {"warning.truncated", "warning.quantised_cpu"} <= codes


def test_token_preview_is_what_training_sees(ctx: Context, spec: dict[str, Any]) -> None:
    shown = estimates.token_preview(ctx, spec, n=3)
    assert [row["split"] for row in shown] == ["train"] * 3
    for row in shown:
        learnt = "".join(token["text"] for token in row["tokens"] if token["trained"])
        assert learnt.startswith("Glow hello!")
        assert learnt.endswith("– Pip<|im_end|>")
    cut = estimates.token_preview(ctx, spec | {"training": {"max_length": 48}}, n=1)
    assert cut[0]["truncated"]


def test_devices_say_their_precision_with_a_text(ctx: Context) -> None:
    from engine.core.text import catalogue

    for device in estimates.devices(ctx):
        assert all(f"plan.{note['code']}" in catalogue("en") for note in device["notes"])
    assert estimates.machine(ctx)["cores"] >= 1
