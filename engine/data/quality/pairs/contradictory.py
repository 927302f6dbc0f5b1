"""Votes that contradict each other: the same two answers in both orders, or better than each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.quality.base import Check, Fix, Material, Values, drop
from engine.data.rows.judged import KINDS, answers_in, judged_pairs
from engine.data.rows.wording import context_of, mark, plain

Edge = tuple[int, int]  # marks of the better and of the worse answer


def _run(material: Material, _values: Values) -> Iterator[FoundRow]:
    asked: dict[int, list[tuple[int, list[Edge]]]] = {}
    for row in material.rows():
        said = [mark(plain(one)) for one in answers_in(row)]
        edges = [(said[better], said[worse]) for better, worse in judged_pairs(row) if said[better] != said[worse]]
        if edges:
            asked.setdefault(mark(context_of(row)), []).append((int(row["id"]), edges))
    number = 0
    for votes in asked.values():
        for circle in _groups(votes):
            both = {edge for _row, edges in circle for edge in edges}
            code = "votes.opposite" if any((worse, better) in both for better, worse in both) else "votes.circle"
            yield from (
                FoundRow(row, number, {"code": code, "answers": len({one for edge in both for one in edge})})
                for row, _ in circle
            )
            number += 1


def _groups(votes: Sequence[tuple[int, list[Edge]]]) -> Iterator[list[tuple[int, list[Edge]]]]:
    """For each knot of answers that are better than each other, the rows that tie it, with their votes in it."""
    below: dict[int, set[int]] = {}
    for _row, edges in votes:
        for better, worse in edges:
            below.setdefault(better, set()).add(worse)
            below.setdefault(worse, set())
    knot = knots(below)
    tied: dict[int, list[tuple[int, list[Edge]]]] = {}
    for row, edges in votes:
        for one in sorted({knot[better] for better, worse in edges if knot[better] == knot[worse]}):
            tied.setdefault(one, []).append((row, [edge for edge in edges if knot[edge[0]] == knot[edge[1]] == one]))
    yield from tied.values()


def knots(below: Mapping[int, set[int]]) -> dict[int, int]:
    """A number for each node, the same for nodes that reach each other (Kosaraju's two searches)."""
    order: list[int] = []
    seen: set[int] = set()
    for start in below:
        stack = [(start, False)]
        while stack:
            node, left = stack.pop()
            if left:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack += [(node, True), *((other, False) for other in below[node])]
    above: dict[int, list[int]] = {node: [] for node in below}
    for node, others in below.items():
        for other in others:
            above[other].append(node)
    found: dict[int, int] = {}
    for number, start in enumerate(reversed(order)):
        stack_of = [start]
        while stack_of:
            node = stack_of.pop()
            if node not in found:
                found[node] = number
                stack_of += [other for other in above[node] if other not in found]
    return found


CONTRADICTORY_VOTES = Check(
    key="contradictory_votes",
    severity="look",
    label=Text("data.quality.pairs.contradictory.label"),
    help=Text("data.quality.pairs.contradictory.help"),
    found=Text("data.quality.pairs.contradictory.found"),
    run=_run,
    fixes=(
        drop("contradictory_votes"),
        Fix("keep_one", {"check": "contradictory_votes", "which": "first"}, Text("data.quality.pairs.contradictory.keep_one.label")),
    ),
    kinds=KINDS,
    weight=2,
)  # fmt: skip
