"""How answers are written: each as it would be alone, drawn from the model's own distribution, and weights are left as they were."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GenerationConfig

from engine.core.errors import Fault
from engine.data.templates.encoded import Bundle
from engine.training.batches.batches import EpochOrder
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Headless, Packed
from engine.training.reference.tokens import noted_log_probs
from engine.training.rollout import stored_examples
from engine.training.rollout.decode import AnswerDecoder, Asked, Writing
from engine.training.rollout.draw import next_tokens, numbers_of
from engine.training.rollout.kept_answers import WrittenAnswers
from engine.training.rollout.merged import merged
from tests import tiny

ENDS = frozenset(range(0, 512, 16))
PROMPTS = ([1, 5, 9], [7, 8, 9, 10, 11, 12], [4])


@pytest.fixture(scope="module", params=["llama", "gpt_neox"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny.write_model(tmp_path_factory.mktemp("tiny"), family=request.param)
    base: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    made = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")).eval()
    torch.manual_seed(3)
    for name, one in made.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(one, std=0.1)
    return made


def asked(answers: int = 3, seed: int = 0) -> list[Asked]:
    return [Asked(one, (seed, 1, place, n)) for place, one in enumerate(PROMPTS) for n in range(answers)]


def how(temperature: float = 1.0, ends: frozenset[int] = ENDS, most: int = 24) -> Writing:
    return Writing(ends, 0, most, temperature)


def test_an_answer_does_not_depend_on_its_company(model: Any) -> None:
    decoder = AnswerDecoder(model)
    assert decoder.batched
    together, rows = decoder.write(asked(), how(), 64)
    assert rows == 64
    assert decoder.write(asked(), how(), 2)[0] == together
    assert decoder.write(asked()[4:], how(), 64)[0] == together[4:]
    decoder.batched = False
    assert decoder.write(asked(), how(), 64)[0] == together
    assert any(one.ended for one in together)
    assert all(one.ended == (one.ids[-1] in ENDS) for one in together)
    assert AnswerDecoder(model).write(asked(seed=1), how(), 64)[0] != together


def test_short_of_memory_fewer_are_written_at_a_time(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    together, sizes = AnswerDecoder._together, []

    def short(decoder: AnswerDecoder, some: Any, writing: Writing) -> Any:
        sizes.append(len(some))
        if len(some) > 2:
            raise MemoryError
        return together(decoder, some, writing)

    expected, _rows = AnswerDecoder(model).write(asked(), how(), 64)
    monkeypatch.setattr(AnswerDecoder, "_together", short)
    assert AnswerDecoder(model).write(asked(), how(), 64) == (expected, 2)
    assert sizes == [9, 4, 2, 2, 2, 2, 1]


def test_the_likeliest_answers_are_those_of_generate(model: Any) -> None:
    found, _rows = AnswerDecoder(model).write(asked(1), how(0.0), 64)
    for prompt, one in zip(PROMPTS, found, strict=True):
        config = GenerationConfig(do_sample=False, max_new_tokens=24, eos_token_id=sorted(ENDS), pad_token_id=0)
        made = model.generate(input_ids=torch.tensor([prompt]), generation_config=config)
        assert made[0, len(prompt) :].tolist() == list(one.ids)


def test_merged_weights_say_the_same_and_go_bit_for_bit(model: Any) -> None:
    before = {name: one.clone() for name, one in model.state_dict().items()}
    places = {name: one.data_ptr() for name, one in model.named_parameters()}
    decoder = AnswerDecoder(model)
    expected, _rows = decoder.write(asked(), how(), 64)
    with merged(model) as count:
        assert count > 0
        assert decoder.write(asked(), how(), 64)[0] == expected
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())
    assert {name: one.data_ptr() for name, one in model.named_parameters()} == places
    with pytest.raises(ZeroDivisionError), merged(model):
        raise ZeroDivisionError
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())


def test_what_was_drawn_is_as_likely_as_training_reads_it(model: Any) -> None:
    """The ratio of the first step is 1: numbers at which tokens were drawn lie where training's log-probabilities put them."""
    found, _rows = AnswerDecoder(model).write(asked(), how(0.8), 64)
    made = [
        bundle_example(Bundle(prompt, [one.ids for one in found[3 * n : 3 * n + 3]], [0.0] * 3))
        for n, prompt in enumerate(PROMPTS)
    ]
    forward = Packed(model) if model.config.model_type == "llama" else Headless(model)
    trainer: Any = SimpleNamespace(
        model=model, forward=forward, budget=10_000, between_groups=lambda: None, autocast=torch.no_grad
    )
    noted = noted_log_probs(trainer, made, "old", temperature=0.8)
    answers = iter(found)
    for one, prompt in zip(noted, PROMPTS, strict=True):
        counts = np.cumsum(one.label_counts)[:-1]
        for old in np.split(one.label_notes["old"], counts):
            written = list(next(answers).ids)
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([[*prompt, *written]])).logits[0, len(prompt) - 1 : -1]
            plain = (logits / 0.8).log_softmax(-1)[range(len(written)), written]
            assert np.allclose(old, plain.numpy(), atol=1e-4)


def test_draws_follow_the_distribution() -> None:
    logits = torch.linspace(-2, 2, 300)[None].repeat(20_000, 1)
    numbers = torch.from_numpy(np.random.default_rng(0).random(20_000))
    found = np.bincount(next_tokens(logits, 0.5, numbers).numpy(), minlength=300) / 20_000
    expected = torch.softmax(logits[0] / 0.5, -1).numpy()
    assert np.abs(np.cumsum(found) - np.cumsum(expected)).max() < 1.63 / np.sqrt(20_000)  # Kolmogorov, 1 %
    ends = torch.tensor([0.0, 1.0 - 1e-16], dtype=torch.float64)
    assert next_tokens(logits[:2], 1.0, ends).tolist() == [0, 299]
    assert next_tokens(logits[:1], 0.0, ends[:1]).tolist() == [299]
    with pytest.raises(Fault):
        next_tokens(torch.full((1, 5), float("nan")), 1.0, ends[:1])
    assert numbers_of((1, 2, 3, 4), 5).tolist() == numbers_of((1, 2, 3, 4), 9)[:5].tolist()
    assert numbers_of((1, 2, 3, 4), 5).tolist() != numbers_of((1, 2, 4, 3), 5).tolist()


def test_kept_answers_are_read_for_the_same_prompts_alone(tmp_path: Any, model: Any) -> None:
    kept = WrittenAnswers(tmp_path)
    found, _rows = AnswerDecoder(model).write(asked(), how(most=4), 64)
    kept.keep_answers(3, 0, asked()[:5], found[:5])
    assert kept.answers(3, 0, asked()) == found[:5]
    assert kept.answers(3, 0, asked(seed=1)) is None
    assert kept.answers(3, 5, asked()[5:]) is None
    (tmp_path / "3-0.json").write_text("{")
    assert kept.answers(3, 0, asked()) is None
    kept.keep_scores(4, found, {"totals": [1.0]})
    assert kept.scores(4, found) == {"totals": [1.0]}
    assert kept.scores(4, found[1:]) is None
    kept.forget_before(4)
    assert [file.name for file in tmp_path.iterdir()] == ["4-scores.json"]


def test_what_a_rollout_teaches_comes_back_from_a_checkpoint(tmp_path: Any) -> None:
    one = bundle_example(Bundle([1, 2, 3], [[4, 5], [6]], [1.0, 0.5]))
    noted = Example(
        one.ids, one.labels, one.trained, one.parts, None, one.shared, one.tags, 7,
        {"share": np.array([0.5, 0.5], np.float32)}, {"old": np.array([-1, -2, -3], np.float32)},
    )  # fmt: skip
    assert stored_examples.load(tmp_path) is None
    stored_examples.store(tmp_path, 6, [noted, noted])
    found = stored_examples.load(tmp_path)
    assert found is not None
    step, (first, second) = found
    assert (step, first.parts, first.shared, first.place, first.trained) == (6, (3, 2), 2, 7, 3)
    assert second.label_notes["old"].tolist() == [-1, -2, -3]
    assert second.answer_notes["share"].tolist() == [0.5, 0.5]
    assert (first.ids.tolist(), first.labels.tolist()) == (one.ids.tolist(), one.labels.tolist())


def test_a_batch_comes_as_often_as_it_serves() -> None:
    once, twice = EpochOrder(5, 2, 0), EpochOrder(5, 2, 0, 2)
    assert [one for one in once for _ in range(2)] == list(twice)
    assert len(twice) == 6
