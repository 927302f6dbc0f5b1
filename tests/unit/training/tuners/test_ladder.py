"""The side network: cached and uncached, padded and alone, on and off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import DynamicCache, GenerationConfig

from engine.core.context import Context
from engine.evaluation import sampling
from engine.methods.ladder import LADDER
from engine.serving.runtime.loading import load_model
from engine.training.tuners import ladder
from tests import methods, tiny, workers
from tests.training_jobs import train

IDS = torch.arange(3, 40).view(1, 37)


@pytest.fixture(scope="module", params=["llama", "gpt_neox"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"), family=request.param)


@pytest.fixture
def model(folder: Path) -> Any:
    """A side network with something to say."""
    model = methods.applied(folder, LADDER, folder).eval()
    torch.manual_seed(1)
    for parameter in model.ladder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


@torch.no_grad()
def test_pieces_with_a_cache_give_what_the_whole_gives(model: Any) -> None:
    whole = model(IDS, use_cache=False).logits
    cache = DynamicCache(config=model.config)
    pieces = [
        model(piece, past_key_values=cache, use_cache=True).logits for piece in IDS.split([20, 1, 1, 10, 5], dim=1)
    ]
    assert torch.allclose(torch.cat(pieces, 1), whole, atol=1e-5)


@torch.no_grad()
def test_padding_on_either_side_changes_nothing(model: Any) -> None:
    alone = model(IDS[:, :9], use_cache=False).logits
    left, right = torch.full((2, 14), 2), torch.zeros(2, 14, dtype=torch.long)
    left[0, 5:], left[1], right[0, 5:], right[1] = IDS[0, :9], IDS[0, :14], 1, 1
    places = (right.cumsum(1) - 1).clamp(min=0)
    padded = model(left, attention_mask=right, position_ids=places, use_cache=False).logits
    assert torch.allclose(padded[0, 5:], alone[0], atol=1e-5)
    padded = model(left.flip(1), attention_mask=right.flip(1), use_cache=False).logits
    flipped = model(IDS[:, :9].flip(1), use_cache=False).logits
    assert torch.allclose(padded[0, :9], flipped[0], atol=1e-5)


@torch.no_grad()
def test_generation_takes_the_likeliest_tokens_of_the_whole_model(model: Any) -> None:
    greedy = GenerationConfig(do_sample=False, max_new_tokens=6, use_cache=True, eos_token_id=None, pad_token_id=2)
    asked = IDS[:, :9].repeat(2, 1)
    mask = torch.ones_like(asked)
    mask[1, :4] = 0
    made = model.generate(input_ids=asked, attention_mask=mask, generation_config=greedy)
    for row, start in ((0, 0), (1, 4)):
        for place in range(9, made.shape[1]):
            wanted = model(made[row, start:place][None], use_cache=False).logits[0, -1].argmax()
            assert made[row, place] == wanted


@torch.no_grad()
def test_rows_that_leave_the_cache_leave_the_side_too(model: Any) -> None:
    rows = torch.cat([IDS[:, :12], IDS[:, 12:24]])
    cache = DynamicCache(config=model.config)
    model(rows[:, :8], past_key_values=cache, use_cache=True)
    cache.batch_select_indices(torch.tensor([1]))
    found = model(rows[1:, 8:], past_key_values=cache, use_cache=True).logits
    expected = model(rows[1:], use_cache=False).logits[:, 8:]
    assert torch.allclose(found, expected, atol=1e-5)


@torch.no_grad()
def test_off_is_the_base_bit_for_bit(model: Any, folder: Path, tmp_path: Path) -> None:
    spoken = model(IDS, use_cache=False).logits
    ladder.save(model, tmp_path)
    base = load_model(folder, "fp32", "cpu")
    own = base(IDS).logits
    attached = ladder.attach(base, tmp_path)
    assert torch.equal(attached(input_ids=IDS, use_cache=False).logits, spoken)
    attached.off()
    assert torch.equal(attached(input_ids=IDS).logits, own)
    attached.on()
    assert torch.equal(attached(input_ids=IDS, use_cache=False).logits, spoken)
    attached.remove()
    assert torch.equal(base(IDS).logits, own)
    assert not any(name.startswith("ladder") for name, _ in base.named_parameters())


def test_a_cache_begun_without_the_side_is_refused(model: Any) -> None:
    cache = DynamicCache(config=model.config)
    decoder = model.get_decoder()
    with torch.no_grad():
        type(decoder).forward(decoder, IDS[:, :8], past_key_values=cache, use_cache=True)
        with pytest.raises(ValueError, match="without this side network"):
            model(IDS[:, 8:], past_key_values=cache, use_cache=True)


def test_nothing_of_the_model_is_kept_for_a_backward_pass(model: Any) -> None:
    kept: set[int] = set()

    def look(tensor: torch.Tensor) -> torch.Tensor:
        kept.add(tensor.data_ptr())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(look, lambda tensor: tensor):
        model(IDS, use_cache=False).logits.sum().backward()
    body = {p.data_ptr() for name, p in model.named_parameters() if "layers." in name}
    assert kept
    assert not kept & body


@pytest.mark.parametrize("values", [{"every": 2}, {"reduction": 2}, {"every": 5, "reduction": 3}])
def test_other_measures_are_counted_too(folder: Path, values: dict[str, int]) -> None:
    model = methods.applied(folder, LADDER, folder, **values)
    settings, _ = methods.settings_of(LADDER, **values)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trained == LADDER.trainable(methods.shape(folder), settings)


def test_a_job_trains_beside_a_quantised_base(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(20))
    job = train(ctx, inputs, method="ladder", training={"quantisation": "nf4"})
    assert (job.status, job.error) == ("succeeded", None)
    scores = workers.series(ctx, job.id, "val_loss")
    assert scores[job.step] < scores[0] - 0.1
