"""What is known to limit a model, derived from facts: nothing here is an opinion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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


def _said(key: str, **params: Any) -> Text:
    return Text(f"exports.card.limits.{key}").filled(**params)


def _of_data(facts: CardFacts) -> Iterator[Text]:
    rows, held_out = facts.data.get("train_rows"), facts.data.get("val_rows")
    if rows is not None and rows < _FEW_ROWS:
        yield _said("few_rows", rows=rows)
    if held_out == 0 or (facts.metrics.get("val_loss") is None and not facts.merged):
        yield _said("no_held_out")


def _of_training(facts: CardFacts) -> Iterator[Text]:
    metrics, training = facts.metrics, facts.spec.get("training") or {}
    loss, before, learnt = metrics.get("val_loss"), metrics.get("base_val_loss"), metrics.get("train_loss")
    if loss is not None and before is not None and loss > before:
        yield _said("got_worse", before=f"{before:.3f}", after=f"{loss:.3f}")
    if loss is not None and learnt and loss > _APART * learnt:
        yield _said("by_heart", train=f"{learnt:.3f}", held_out=f"{loss:.3f}")
    if base_format(training).quantised:
        yield _said("quantised_base", format=base_format(training).label)
    if began := (facts.source.tuned.lineage or {}).get("starts_from"):
        yield _said("went_on", name=verbatim(plain(began.get("name"))))
    if training.get("rewards"):
        yield _said("rewarded")
    if facts.merged:
        yield _said("merged")


def _of_export(facts: CardFacts) -> Iterator[Text]:
    proof = facts.proof
    if "divergence" not in proof:
        yield _said("not_read")
    elif proof["divergence"] > _ROUNDED:
        yield _said("rounded", divergence=f"{proof['divergence']:.2g}", share=f"{100 * proof['agreement']:.1f}")


def _untested(facts: CardFacts) -> Iterator[Text]:
    longest = (facts.spec.get("training") or {}).get("max_length")
    if longest and not facts.merged:
        yield _said("length", tokens=longest)
    yield _said("untested_scores" if facts.scores else "untested")
