"""How a reward model scores a data set: a histogram, the pull of length, and what it says of answers that were spoilt on purpose.

A reward model learns whatever tells the better answers of its data from the worse ones. Where that is their length, it scores
nonsense of the right length above a good answer: the spoilt answers show it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.rows.row import kind_of
from engine.data.rows.store import read_rows
from engine.evaluation.score_statistics import bars_of, edges_of, rank_correlation
from engine.services.data.slow_work import kept_file, made
from engine.services.scoring.asking import AskedScorer, Talk
from engine.services.scoring.shapes import ScoreSpread
from storage.tables import Dataset

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

_MOST_ROWS = 200
_PROBED = 24
_SLICE = 8  # rows between two looks at the clock
BETTER, WORSE, ANSWERS = "better", "worse", "answers"
Row = Mapping[str, Any]


def score_spread(ctx: Context, chat: Chat, dataset_id: int, scorer_id: int) -> ScoreSpread:
    """The scores of a data set's answers, or {"working": share done}: then ask again.

    Raises:
        NotFound: there is no such data set or reward model.
        Fault: "reward.nothing_to_score" for a data set without answers; and why nothing can be scored.
    """
    with ctx.db.read() as s:
        dataset = s.get(Dataset, dataset_id)
    if dataset is None or dataset.deleted_at is not None or dataset.rows_path is None:
        raise NotFound(dataset=dataset_id)
    rows = _rows(ctx, dataset)
    if not rows:
        raise Fault("reward.nothing_to_score", name=dataset.name)
    scorer = AskedScorer(ctx, chat, scorer_id)
    name = f"scores-{(dataset.content_hash or '')[:16]}-{scorer.tuned.id}-{scorer.tuned.weights_hash[:16]}"
    total = int(dataset.accepted or len(rows))
    return cast(ScoreSpread, made(kept_file(ctx, name), lambda found: _steps(scorer, rows, total, found)))


def _rows(ctx: Context, dataset: Dataset) -> list[Row]:
    """Held-out rows first, as many as are scored; those with answers alone."""
    path = ctx.settings.absolute(str(dataset.rows_path))
    found: list[Row] = []
    for split in ("val", "test", "train"):
        for row in read_rows(path, split):
            if len(found) >= _MOST_ROWS:
                return found
            if _answers(row):
                found.append(row)
    return found


# ---------------------------------------------------------------- answers of a row


def _words(messages: Any) -> str:
    said = (str(one.get("content") or "") for one in reversed(messages) if one.get("role") == "assistant")
    return next(said, "")


def _question(row: Row) -> list[Mapping[str, Any]]:
    if "messages" in row:
        last = max((place for place, one in enumerate(row["messages"]) if one["role"] == "assistant"), default=0)
        return list(row["messages"][:last])
    return list(row.get("prompt", ()))


def _answers(row: Row) -> list[tuple[str, float, str]]:
    """(answer, how good it is, its group) of each answer of the row that has words."""
    kind = kind_of(row)
    if kind == "preference":
        found = [(_words(row["chosen"]), 1.0, BETTER), (_words(row["rejected"]), 0.0, WORSE)]
    elif kind == "ranking":
        best = min(row["ranks"])
        told = zip(row["answers"], row["ranks"], strict=True)
        found = [(_words(one), -float(rank), BETTER if rank == best else WORSE) for one, rank in told]
    elif kind == "kto":
        found = [(_words(row["completion"]), float(row["label"]), BETTER if row["label"] else WORSE)]
    elif kind == "chat":
        found = [(_words(row["messages"]), 0.0, ANSWERS)]
    else:
        found = []
    return [one for one in found if one[0].strip()]


# ---------------------------------------------------------------- the work


@dataclass
class _Tally:
    """What is gathered on the way."""

    scores: dict[str, list[float]] = field(default_factory=dict)
    lengths: list[float] = field(default_factory=list)  # of all scored answers, in characters
    every: list[float] = field(default_factory=list)  # their scores
    right: list[float] = field(default_factory=list)  # of pairs: 1, 0, or half of equal scores
    longer: list[float] = field(
        default_factory=list
    )  # of pairs of unequal length: whether the better answer is the longer one
    good: list[tuple[list[Mapping[str, Any]], str, float]] = field(default_factory=list)  # question, answer, score
    left_out: int = 0


def _steps(scorer: AskedScorer, rows: list[Row], total: int, found: dict[str, Any]) -> Iterator[float]:
    tally, share = _Tally(), 1 / (1 + _PROBED * len(_PROBES) / (2 * len(rows)))
    for start in range(0, len(rows), _SLICE):
        _take(scorer, rows[start : start + _SLICE], tally)
        yield share * min(1.0, (start + _SLICE) / len(rows))
    if not tally.every:
        raise Fault("reward.nothing_to_score", name=scorer.tuned.name)
    probes: list[dict[str, Any]] = []
    for place, (key, spoil) in enumerate(_PROBES.items()):
        probes += _probe(scorer, key, spoil, tally.good)
        yield share + (1 - share) * (place + 1) / len(_PROBES)
    edges = edges_of(tally.every)
    found |= {
        "edges": edges,
        "groups": [
            {"key": key, "counts": bars_of(scores, edges)["counts"], "mean": fmean(scores), "count": len(scores)}
            for key, scores in tally.scores.items()
        ],
        "right": fmean(tally.right) if tally.right else None,
        "length": rank_correlation(tally.every, tally.lengths),
        "longer_better": fmean(tally.longer) if tally.longer else None,
        "probes": probes,
        "rows": len(rows),
        "total": total,
        "left_out": tally.left_out,
    }


def _take(scorer: AskedScorer, rows: list[Row], tally: _Tally) -> None:
    asked: list[tuple[int, list[Mapping[str, Any]], str, float, str]] = []
    for place, row in enumerate(rows):
        asked += [(place, _question(row), *one) for one in _answers(row)]
    told = scorer.score([(question, answer) for _, question, answer, _, _ in asked])
    scored: dict[int, list[tuple[float, float, int]]] = {}
    for (place, question, answer, good, group), score in zip(asked, told, strict=True):
        if (number := score["score"]) is None:
            tally.left_out += 1
            continue
        tally.scores.setdefault(group, []).append(number)
        tally.every.append(number)
        tally.lengths.append(float(len(answer)))
        scored.setdefault(place, []).append((good, number, len(answer)))
        if group != WORSE and len(tally.good) < _PROBED:
            tally.good.append((question, answer, number))
    for answers in scored.values():
        _compare(answers, tally)


def _compare(answers: list[tuple[float, float, int]], tally: _Tally) -> None:
    for good, number, size in answers:
        for other_good, other, other_size in answers:
            if good > other_good:
                tally.right.append(float(number > other) if number != other else 0.5)
                if size != other_size:
                    tally.longer.append(float(size > other_size))


# ---------------------------------------------------------------- answers that were spoilt


def _half(answer: str) -> str:
    return answer[: max(1, len(answer) // 2)]


def _shuffled(answer: str) -> str:
    """Its words in another order; its characters where it is not written in words."""
    words = answer.split()
    parts, joint = (words, " ") if len(words) > 2 else (list(answer), "")
    random.Random(0).shuffle(parts)
    return joint.join(parts)


def _word(answer: str) -> str:
    """Its first word, or its first two characters where it is not written in words."""
    words = answer.split()
    return words[0] if len(words) > 2 else answer[:2]


_PROBES: Mapping[str, Callable[[str, str], str]] = {
    "twice": lambda answer, _other: f"{answer} {answer}",
    "half": lambda answer, _other: _half(answer),
    "shuffled": lambda answer, _other: _shuffled(answer),
    "other": lambda _answer, other: other,
    "word": lambda answer, _other: _word(answer),
}


def _probe(
    scorer: AskedScorer,
    key: str,
    spoil: Callable[[str, str], str],
    good: list[tuple[list[Mapping[str, Any]], str, float]],
) -> Iterator[dict[str, Any]]:
    """The scores of good answers that were spoilt in one way, beside what they had before."""
    others = [answer for _, answer, _ in good[1:] + good[:1]]
    spoilt = [spoil(answer, other) for (_, answer, _), other in zip(good, others, strict=True)]
    changed = [place for place, (_, answer, _) in enumerate(good) if spoilt[place] != answer]
    talks: list[Talk] = [(good[place][0], spoilt[place]) for place in changed]
    found = [
        (score["score"], good[place][2])
        for place, score in zip(changed, scorer.score(talks), strict=True)
        if score["score"] is not None
    ]
    if found:
        worse = fmean(float(now < before) + (now == before) / 2 for now, before in found)
        yield {"key": key, "mean": fmean(now for now, _ in found), "worse": worse, "count": len(found)}
