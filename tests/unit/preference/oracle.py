"""TRL's own losses over transformers' own way of reading, on the very same parameters and tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from engine.data.templates.encoded import Bundle

PAD = 5


class Plain:
    """A model as TRL's trainers call theirs: log-probabilities of the labels from whole logits."""

    def __init__(self, model: Any) -> None:
        self.model, self.training = model, False

    def __call__(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor | None = None, **_more: Any) -> Any:
        logits = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        if labels is None:
            return SimpleNamespace(logits=logits)
        wanted = labels[:, 1:]
        scores = logits[:, :-1].log_softmax(-1).gather(2, wanted.clamp(min=0)[..., None])[..., 0]
        none = torch.zeros_like(scores)
        return SimpleNamespace(
            log_probs=scores * (wanted >= 0), entropy=none, mean_logits=none, is_top1=none.bool(), aux_loss=None
        )


def padded(rows: Sequence[tuple[Sequence[int], Sequence[int]]], prefix: str = "") -> dict[str, Tensor]:
    """Prompts and answers as TRL's collators leave them."""
    width = max(len(prompt) + len(answer) for prompt, answer in rows)
    ids, mask, said = (torch.zeros(len(rows), width, dtype=torch.long) for _ in range(3))
    ids += PAD
    for at, (prompt, answer) in enumerate(rows):
        size = len(prompt) + len(answer)
        ids[at, :size] = torch.tensor([*prompt, *answer])
        mask[at, :size], said[at, len(prompt) : size] = 1, 1
    return {f"{prefix}input_ids": ids, f"{prefix}attention_mask": mask, f"{prefix}completion_mask": said}


def sums(model: Any, rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Tensor:
    """Log-probabilities of the answers."""
    batch = padded(rows)
    labels = batch["input_ids"].masked_fill(batch["completion_mask"] == 0, -100)
    found: Tensor = Plain(model)(batch["input_ids"], batch["attention_mask"], labels).log_probs.sum(1)
    return found


def _self(model: Any, **more: Any) -> Any:
    same = SimpleNamespace(gather=lambda one: one, gather_for_metrics=lambda one: one, device=torch.device("cpu"))
    return SimpleNamespace(
        model=Plain(model), accelerator=same, aux_loss_enabled=False, precompute_ref_logps=True, _tp_size=1, _total_train_tokens=0,
        args=SimpleNamespace(gradient_checkpointing_kwargs=None), is_encoder_decoder=False,
        _metrics={"train": defaultdict(list), "eval": defaultdict(list)}, **more,
    )  # fmt: skip


def better(bundles: Sequence[Bundle]) -> list[tuple[Sequence[int], Sequence[int]]]:
    return [(one.prompt, one.answers[0]) for one in bundles]


def worse(bundles: Sequence[Bundle]) -> list[tuple[Sequence[int], Sequence[int]]]:
    return [(one.prompt, one.answers[1]) for one in bundles]


def dpo(model: Any, bundles: Sequence[Bundle], reference: tuple[Tensor, Tensor], values: dict[str, Any]) -> Tensor:
    """The loss of DPOTrainer; with "imitate" together with its "sft"."""
    from trl.trainer.dpo_trainer import DPOTrainer

    imitated = float(values["imitate"])
    trainer = _self(
        model, ld_alpha=None, f_divergence_type="reverse_kl", beta=values["beta"], label_smoothing=values["label_smoothing"],
        loss_types=[values["variant"], *(["sft"] if imitated else [])], loss_weights=[1.0, *([imitated] if imitated else [])],
        use_weighting=False,
    )  # fmt: skip
    inputs = padded([*better(bundles), *worse(bundles)])
    inputs |= {"ref_chosen_logps": reference[0], "ref_rejected_logps": reference[1]}
    found: Tensor = DPOTrainer._compute_loss(trainer, trainer.model, inputs, False)
    return found


def kto(
    model: Any,
    rows: Sequence[tuple[Sequence[int], Sequence[int], bool]],
    foreign: Sequence[tuple[Sequence[int], Sequence[int]]],
    reference: tuple[Tensor, Tensor],
    values: dict[str, Any],
) -> tuple[Tensor, float]:
    """The loss of KTOTrainer, and its distance."""
    from trl.trainer.kto_trainer import KTOTrainer

    trainer = _self(
        model, beta=values["beta"], calculate_KL=True, loss_type="kto",
        desirable_weight=values["good_weight"], undesirable_weight=values["bad_weight"],
    )  # fmt: skip
    trainer._compute_kl_logps = lambda network, batch: KTOTrainer._compute_kl_logps(trainer, network, batch)
    batch: dict[str, Any] = padded([(prompt, answer) for prompt, answer, _ in rows]) | padded(foreign, "KL_")
    batch |= {"label": torch.tensor([good for _, _, good in rows])}
    batch |= {"ref_logps": reference[0], "ref_KL_logps": reference[1]}
    found: Tensor = KTOTrainer._compute_loss(trainer, trainer.model, batch, False)
    return found, trainer._metrics["eval"]["kl"][0]


def without_reference(model: Any, bundles: Sequence[Bundle], trainer: Any, **settings: Any) -> Tensor:
    """The loss of TRL's CPOTrainer (SimPO too) or ORPOTrainer."""
    batch: dict[str, Any] = {}
    for name, rows in (("chosen", better(bundles)), ("rejected", worse(bundles))):
        made = padded(rows)
        batch |= {f"{name}_{key}": made[key] for key in ("input_ids", "attention_mask")}
        batch[f"{name}_labels"] = made["input_ids"].masked_fill(made["completion_mask"] == 0, -100)
    own = _self(model, padding_value=PAD, pad_token_id=PAD, label_pad_token_id=-100, **settings)
    for name in ("concatenated_inputs", "concatenated_forward", "get_batch_logps", "cpo_loss", "odds_ratio_loss"):
        if hasattr(trainer, name):
            raw = vars(trainer)[name]
            setattr(own, name, getattr(trainer, name) if isinstance(raw, staticmethod) else raw.__get__(own))
    own.model.config = SimpleNamespace()
    found: Tensor = trainer.get_batch_loss_metrics(own, own.model, batch, "eval")[0]
    return found
