"""What is known to limit a model, derived from facts: nothing here is an opinion."""

from __future__ import annotations

from collections.abc import Iterator

from engine.base_formats import base_format
from engine.core.text import Text, verbatim
from engine.exports.card.facts import CardFacts
from engine.exports.common.plain_names import plain

_FEW_ROWS = 500
_APART = 1.5  # held-out loss over training loss, from which a model knows its rows by heart
_ROUNDED = 1e-4  # divergence from the tuned model, in nats, from which an export is not the same any more


def limits_of(facts: CardFacts) -> list[Text]:
    """A sentence each, the heavier ones first."""
    return [*_of_data(facts), *_of_training(facts), *_of_export(facts), *_untested(facts)]


def _of_data(facts: CardFacts) -> Iterator[Text]:
    rows, held_out = facts.data.get("train_rows"), facts.data.get("val_rows")
    if rows is not None and rows < _FEW_ROWS:
        yield Text("exports.card.limits.few_rows").filled(rows=rows)
    if held_out == 0 or (facts.metrics.get("val_loss") is None and not facts.merged):
        yield Text("exports.card.limits.no_held_out")


def _of_training(facts: CardFacts) -> Iterator[Text]:
    metrics, training = facts.metrics, facts.spec.get("training") or {}
    loss, before, learnt = metrics.get("val_loss"), metrics.get("base_val_loss"), metrics.get("train_loss")
    if loss is not None and before is not None and loss > before:
        yield Text("exports.card.limits.got_worse").filled(before=f"{before:.3f}", after=f"{loss:.3f}")
    if loss is not None and learnt and loss > _APART * learnt:
        yield Text("exports.card.limits.by_heart").filled(train=f"{learnt:.3f}", held_out=f"{loss:.3f}")
    if base_format(training).quantised:
        yield Text("exports.card.limits.quantised_base").filled(format=base_format(training).label)
    if began := (facts.source.tuned.lineage or {}).get("starts_from"):
        yield Text("exports.card.limits.went_on").filled(name=verbatim(plain(began.get("name"))))
    if training.get("rewards"):
        yield Text("exports.card.limits.rewarded")
    if facts.merged:
        yield Text("exports.card.limits.merged")


def _of_export(facts: CardFacts) -> Iterator[Text]:
    proof = facts.proof
    if "divergence" not in proof:
        yield Text("exports.card.limits.not_read")
    elif proof["divergence"] > _ROUNDED:
        yield Text("exports.card.limits.rounded").filled(
            divergence=f"{proof['divergence']:.2g}", share=f"{100 * proof['agreement']:.1f}"
        )


def _untested(facts: CardFacts) -> Iterator[Text]:
    longest = (facts.spec.get("training") or {}).get("max_length")
    if longest and not facts.merged:
        yield Text("exports.card.limits.length").filled(tokens=longest)
    yield Text("exports.card.limits.untested_scores") if facts.scores else Text("exports.card.limits.untested")
