"""Personal data and secrets: what must not be trained on, for a model says it again to anybody who asks well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.core.params import Param
from engine.core.text import Text
from engine.data.privacy.kinds import KINDS, ordered, spans_in
from engine.data.quality.base import Check, Detail, Fix, Span, Values, drop, each
from engine.data.rows.extra_fields import extra_fields_of
from engine.data.rows.row import Row, texts_of


def _look(values: Values) -> Callable[[Row], Detail | None]:
    kinds = ordered(values["kinds"])

    def judge(row: Row) -> Detail | None:
        spans: list[Span] = []
        for part, text in enumerate(texts_of(row)):
            spans += [(part, start, end, kind) for start, end, kind in spans_in(text, kinds)]
        for part, (name, text) in enumerate(extra_fields_of(row), len(texts_of(row))):
            spans += [(part, start, end, kind) for start, end, kind in _named(name, text, kinds)]
        if not spans:
            return None
        return {"code": "personal", "spans": spans, "kinds": sorted({span[3] for span in spans})}

    return judge


def _named(name: str, text: str, kinds: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """What a text holds that stands alone in a column or an argument: its name tells what a number is."""
    lead = f"{name}: "
    for start, end, kind in spans_in(lead + text, kinds):
        if end > len(lead):
            yield max(0, start - len(lead)), end - len(lead), kind


KINDS_PARAM = Param(
    "kinds", "multi", list(KINDS),
    Text("data.quality.personal.kinds.label"),
    Text("data.quality.personal.kinds.help"),
    choices={key: label for key, (label, _find) in KINDS.items()},
)  # fmt: skip

PERSONAL = Check(
    key="personal",
    severity="serious",
    label=Text("data.quality.personal.label"),
    help=Text("data.quality.personal.help"),
    found=Text("data.quality.personal.found"),
    run=each(_look),
    params=(KINDS_PARAM,),
    fixes=(
        Fix("mask_found", {"check": "personal"}, Text("data.quality.personal.mask_found.label")),
        drop("personal"),
    ),
    weight=5,
)
