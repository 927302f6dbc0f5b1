"""KTO: learns from thumbs: answers that are good become more likely than at the start, answers that are bad less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.answer_sums import answer_notes, answer_sums, answer_tags, label_counts
from engine.objectives.charts import THUMBS_RIGHT
from engine.objectives.declaration import (
    Card,
    Chart,
    ForwardPass,
    GroupLoss,
    LeftOut,
    Needs,
    Objective,
    Parts,
    Row,
    SumsReader,
    Values,
)
from engine.objectives.families import THUMBS
from engine.objectives.preference.bundling import MASK
from engine.objectives.preference.charts import ACCURACY, CHOSEN, KL, REJECTED
from engine.objectives.preference.counts import counts
from engine.objectives.preference.losses import kto
from engine.objectives.preference.makers import answers_in, read_row, views
from engine.objectives.preference.pairs import weight_of
from engine.objectives.preference.params import BETA, GENTLE, settings_of
from engine.objectives.preference.refusals import without_start

if TYPE_CHECKING:
    from torch import Tensor

    from engine.data.bundles.sizes import BundleSize
    from engine.data.templates.template import ChatTemplate

GOOD, BAD, FOREIGN = 1.0, 0.0, -1.0  # tags: an answer with a thumb up, with a thumb down, and one to another question

# Each answer says less than a pair does: twice the rate of pairs.
RATES = {family: 2 * share for family, share in GENTLE.items()} | {"context": 1.0}
MOVED = Chart(ACCURACY.key, Text("objectives.kto.charts.moved.label"), Text("objectives.kto.charts.moved.help"))
UPS = Chart("good_rise", Text("objectives.kto.charts.good_rise.label"), Text("objectives.kto.charts.good_rise.help"))
DOWNS = Chart("bad_rise", Text("objectives.kto.charts.bad_rise.label"), Text("objectives.kto.charts.bad_rise.help"))

# fmt: off
_BETA = replace(BETA, default=0.1, help=Text("objectives.kto.beta.help"), usual=Text("objectives.kto.beta.usual"))
_GOOD_WEIGHT = Param(
    key="good_weight", kind="float", default=None, minimum=0.0, maximum=100.0, step=0.1, optional=True,
    label=Text("objectives.kto.good_weight.label"),
    help=Text("objectives.kto.good_weight.help"),
    usual=Text("objectives.kto.weight.usual"),
)
_BAD_WEIGHT = Param(
    key="bad_weight", kind="float", default=None, minimum=0.0, maximum=100.0, step=0.1, optional=True,
    label=Text("objectives.kto.bad_weight.label"),
    help=Text("objectives.kto.bad_weight.help"),
    usual=Text("objectives.kto.weight.usual"),
)
# fmt: on


class _Thumbs:
    """Rows with a thumb, and pairs as a good and a bad answer; behind them an answer to another question, for the distance."""

    def __init__(self, template: ChatTemplate, values: Values, left_out: LeftOut) -> None:
        self._template, self._most, self._left_out = template, int(values["max_length"]), left_out
        self._latest: tuple[list[int], list[int]] = ([], [])
        self._foreign: list[int] | None = None  # the latest answer to another question than the latest one

    def add(self, row: Row) -> Iterator[Parts]:
        from engine.data.templates.encoded import Bundle

        answers, tags = answers_in(row)
        tags = [GOOD if tag else BAD for tag in tags]
        weight = float(row.get("weight", 1))
        found = read_row(self._template, row, answers, self._most, self._left_out) if weight else None
        if found is None:
            self._left_out("unlearnable", int(not weight))
        elif len(tags) > 1 and found.answers[0] == found.answers[1]:
            self._left_out("identical_answers")
        else:
            other = self._other(found.prompt, found.answers[0])
            more = [] if other is None or len(found.prompt) + len(other) > self._most else [other]
            yield Bundle(found.prompt, [*found.answers, *more], [*tags, *[FOREIGN] * len(more)], weight)

    def _other(self, prompt: list[int], answer: list[int]) -> list[int] | None:
        """The latest answer to another question; thumbs of the same question often follow each other."""
        asked, said = self._latest
        if asked and asked != prompt:
            self._foreign = said
        self._latest = (prompt, answer)
        return self._foreign

    def close(self) -> Iterator[Parts]:
        return iter(())


def _seen(examples: Any) -> Values:
    """How many answers of each kind there are, for the weights."""
    import numpy as np

    tags = examples.tags if hasattr(examples, "tags") else np.concatenate([one.tags for one in examples])
    return {"good_answers": int((tags == GOOD).sum()), "bad_answers": int((tags == BAD).sum())}


def weights_in(values: Values) -> tuple[float, float]:
    """What a good and a bad answer count: where nobody chose, so that both kinds count alike together (section 4.2 of the paper
    keeps their ratio within 1 to 4/3) and all answers count once on average."""
    good, bad = int(values.get("good_answers", 0)), int(values.get("bad_answers", 0))
    usual = ((good + bad) / (2 * good), (good + bad) / (2 * bad)) if good and bad else (1.0, 1.0)
    chosen = values["good_weight"], values["bad_weight"]
    return usual[0] if chosen[0] is None else float(chosen[0]), usual[1] if chosen[1] is None else float(chosen[1])


def _apart(size: BundleSize) -> tuple[BundleSize, BundleSize | None]:
    """The answers of an example that are learnt, and the one to another question, which is read with the same prompt. Few rows have
    none: a first one, or one too long for it."""
    if len(size.answers) < 2:
        return size, None
    return replace(size, answers=size.answers[:-1]), replace(size, answers=size.answers[-1:])


def _before_step(read: SumsReader, examples: Sequence[Any], _values: Values) -> Sequence[Any]:
    """Note how far the model has drifted from its start: by how much it rates answers to other questions higher, on average of the
    step; and the distance (KL) that follows, which is never below 0."""
    import numpy as np

    foreign = [one.only([len(one.tags) - 1]) for one in examples if one.tags[-1] == FOREIGN]
    rises = [float(now[0] - one.answer_notes["reference"][0]) for now, one in zip(read(foreign), foreign, strict=True)]
    drift = float(np.mean(rises)) if rises else 0.0
    own = [one.only([place for place, tag in enumerate(one.tags) if tag != FOREIGN]) for one in examples]
    noted = {"kl": max(0.0, drift), "drift": drift}
    return [
        replace(
            one,
            answer_notes={
                **one.answer_notes,
                **{name: np.full(len(one.tags), value, np.float32) for name, value in noted.items()},
            },
        )
        for one in own
    ]


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    """Each example counts as the mean over its own answers."""
    sums = answer_sums(forward.read(group).log_probs, group)
    good, kl = answer_tags(group, sums) == GOOD, answer_notes(group, "kl", sums)
    rise, (up, down) = sums - answer_notes(group, "reference", sums), weights_in(values)
    share, beta = _shares(group, sums), float(values["beta"])
    lost = kto(rise, good, kl, beta) * (up * good + down * ~good)
    beyond = rise.detach() - answer_notes(group, "drift", sums)
    right = _right(beyond, good, group)
    drawn, of = _drawn(beta * rise.detach(), right, good, (sums / label_counts(group, sums)).detach(), kl, share)
    return GroupLoss((lost * share).sum(), drawn, of)


def _shares(group: Sequence[Any], like: Tensor) -> Tensor:
    """What each answer counts of its example."""
    import torch

    shares = [weight_of(one) / len(one.tags) for one in group for _ in one.tags]
    return torch.tensor(shares, device=like.device)


def _right(beyond: Tensor, good: Tensor, group: Sequence[Any]) -> Tensor:
    """1 for each answer that has moved the right way, 0 for others, a half where it is level (as all are at first).

    An answer has where it rose by more than answers to other questions (or less, where its thumb is down): training makes all
    answers rise or fall together besides, which says nothing of any of them. Of a pair, the better one has to rise by more than the
    worse one.
    """
    lead, first = beyond.clone(), 0
    for example in group:
        pair = slice(first, first + len(example.tags))
        if sorted(example.tags) == [BAD, GOOD]:
            lead[pair] = beyond[pair] - beyond[pair].flip(0)
        first = pair.stop
    return ((lead > 0) & good | (lead < 0) & ~good).float() + (lead == 0).float() / 2


def _drawn(
    reward: Tensor, right: Tensor, good: Tensor, a_token: Tensor, kl: Tensor, share: Tensor
) -> tuple[dict[str, float], dict[str, float]]:
    """What charts draw, and what that of one kind of answers alone is divided by."""
    ups, downs = share * good, share * ~good
    drawn = {ACCURACY.key: right * share, KL.key: kl * share, UPS.key: reward * ups, DOWNS.key: reward * downs}
    drawn |= {CHOSEN.key: a_token * ups, REJECTED.key: a_token * downs}
    of = dict.fromkeys((UPS.key, CHOSEN.key), float(ups.sum())) | dict.fromkeys(
        (DOWNS.key, REJECTED.key), float(downs.sum())
    )
    return {key: float(value.sum()) for key, value in drawn.items()}, of


KTO = Objective(
    key="kto",
    label=Text("objectives.kto.label"),
    tagline=Text("objectives.kto.tagline"),
    help=Text("objectives.kto.help"),
    params=settings_of(_BETA, _GOOD_WEIGHT, _BAD_WEIGHT),
    learns_from=frozenset({"kto", "preference"}),
    family=THUMBS,
    mask=lambda _values: MASK,
    examples=_Thumbs,
    views=views,
    counts=counts,
    loss=_loss,
    needs=lambda _values: Needs(reference="before", apart=_apart),
    whole=True,
    weigh=weight_of,
    outcomes=(THUMBS_RIGHT,),
    charts=(MOVED, UPS, DOWNS, CHOSEN, REJECTED, KL),
    refusals=without_start,
    example=Text("objectives.kto.example"),
    rates=RATES,
    own=frozenset({"epochs"}),
    seen=_seen,
    before_step=_before_step,
    learn=Card(
        what=Text("objectives.kto.learn.what"),
        data=Text("objectives.kto.learn.data"),
        when=Text("objectives.kto.learn.when"),
        when_not=Text("objectives.kto.learn.when_not"),
        loss="1 − σ(± β · (log p(answer) − log p₀(answer) − KL))",
        paper="Ethayarajh et al. 2024, KTO: Model Alignment as Prospect Theoretic Optimization, arXiv:2402.01306",
    ),
)
