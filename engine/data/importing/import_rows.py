"""From an upload to stored rows: read, normalise, count, split. Memory stays small whatever the file's size."""

from __future__ import annotations

import contextlib
import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from engine.data.detection.detect_upload import DetectedUpload
from engine.data.importing.arranging import forget_written, plan_of, used_of, written_source
from engine.data.importing.import_work import ImportWork, disk_fault, first_rejected
from engine.data.importing.making import Makers, Recipe, helpers_for
from engine.data.importing.reading import Convert, Outcome, Place, first_pieces, outcomes, pieces
from engine.data.records.bounds import LOOK_BYTES, Later, ReadingBudget, check_disk
from engine.data.records.record import Rejected
from engine.data.rows.store import Stored, finish
from engine.data.schema.contents import MOST_LABELS
from engine.data.schema.declared import shape_of
from engine.data.schema.left_out import LeftOutColumn, LeftOutCounter
from engine.data.schema.mapping import make_plan
from engine.data.schema.normalise import Row, normaliser
from engine.data.schema.normalise.tidy import TidyCounter, check_tidy
from engine.data.splits.plan import SplitPlan, read_plan

_PREVIEW_ROWS = 500
Templates = Mapping[str, Sequence[str]]
Tell = Callable[[Place, int, int], None]


@dataclass(frozen=True)
class Imported:
    """The outcome: stored rows (None when no row could be used) and counts.

    Attributes:
        stored: the finished rows file; None when no row could be used.
        rejected: how many rows could not be used.
        kept: the first of the rejected rows, as the table of rejected rows has them.
        rejected_path: the file of all of them; None where there is none.
        stats: as `Tally.as_dict` gives them.
        left_out: columns that are not learnt although rows have something there, where that was asked for.
        tidy: repairs of conversations with the rows that each saves, as `TidyCounter.found` gives them, where that was asked for.
    """

    stored: Stored | None
    rejected: int
    kept: list[dict[str, Any]]
    rejected_path: Path | None
    stats: dict[str, Any]
    left_out: list[LeftOutColumn] = field(default_factory=list)
    tidy: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Preview:
    """The first rows under a mapping.

    Attributes:
        rows: the first rows that can be used, normalised.
        rejected: the first of the rows that cannot be used; `rejected_rows` counts all that were seen.
        checked: how many rows were looked at.
        whole: whether these are all.
        rejected_rows: how many of them cannot be used.
        kept: columns that are not trained on and stay as extra fields.
        classes: of a classification, how often each answer was seen, the most frequent first.
        left_out: columns that are not learnt although rows have something there.
        splits: rows that were seen and can be used, by their part; empty where parts are drawn.
    """

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    checked: int = 0
    whole: bool = True
    rejected_rows: int = 0
    kept: list[str] = field(default_factory=list)
    classes: dict[str, int] = field(default_factory=dict)
    left_out: list[LeftOutColumn] = field(default_factory=list)
    tidy: list[dict[str, Any]] = field(
        default_factory=list
    )  # repairs of conversations, as `TidyCounter.found` gives them
    tidy_together: int = 0  # rows that all repairs together save
    splits: dict[str, int] = field(default_factory=dict)


def converter(
    source: DetectedUpload,
    shape: str | None,
    mapping: Mapping[str, str],
    templates: Templates | None = None,
    tidy: Sequence[str] = (),
    splits: Mapping[str, Any] | None = None,
) -> Convert:
    """What makes rows of records under a mapping. Raises Fault when mapping or parts do not fit the files."""
    return recipe_of(source, shape, mapping, templates, tidy, splits).convert()


def split_plan(source: DetectedUpload, splits: Mapping[str, Any] | None) -> SplitPlan | None:
    """Where the rows' parts come from: as wished, else as the files have them. Raises Fault, see `read_plan`."""
    columns = [*source.columns, *source.plain_columns]
    return read_plan(source.splits if splits is None else splits, [file.name for file in source.files], columns)


def left_out_counter(recipe: Recipe) -> LeftOutCounter:
    """Counts columns that are neither learnt nor say a row's part or its conversation."""
    told = recipe.arrangement.used if recipe.arrangement.spans else frozenset[str]()
    told |= {recipe.splits.column} if recipe.splits and recipe.splits.column else set()
    return LeftOutCounter(lambda column: column in told or recipe.plan.takes(column))


def recipe_of(
    source: DetectedUpload,
    shape: str | None,
    mapping: Mapping[str, str],
    templates: Templates | None = None,
    tidy: Sequence[str] = (),
    splits: Mapping[str, Any] | None = None,
) -> Recipe:
    """How records become rows. Raises Fault when mapping or parts do not fit the files."""
    plan = make_plan(shape_of(shape), mapping, source.columns, templates)
    files = tuple(file.name for file in source.files)
    return Recipe(replace(plan, tidy=check_tidy(tidy)), plan_of(source), split_plan(source, splits), files)


class _Beside:
    """Counts what is not learnt of the records that become rows, and rows that repairs save."""

    def __init__(self, source: DetectedUpload, recipe: Recipe) -> None:
        self._source, self._recipe = source, recipe
        self._columns = left_out_counter(recipe)
        self.differing = LeftOutCounter(used_of(source).__contains__)  # of single messages of a conversation
        self.repairs = TidyCounter(lambda names: normaliser(replace(recipe.plan, tidy=names)), recipe.plan.tidy)

    def convert(self) -> Convert:
        """The converter of the recipe, which counts what passes through it."""
        return self._recipe.around(self.repairs.watching(self._columns.watching(normaliser(self._recipe.plan))))

    def look_at_messages(self, budget: ReadingBudget) -> None:
        """Look at every message of conversations that span records."""
        if self._recipe.arrangement.spans:
            for item in self._source.records(ReadingBudget(heed=budget.heed)):
                if not isinstance(item, Rejected):
                    self.differing.count(item.values)

    def left_out(self) -> list[LeftOutColumn]:
        """Columns that are not learnt although rows have something there."""
        return [*self.differing.found(), *self._columns.found()]

    def tidy(self) -> list[dict[str, Any]]:
        """As `TidyCounter.found` gives it."""
        return self.repairs.found()


def preview(
    source: DetectedUpload,
    shape: str | None,
    mapping: dict[str, str],
    limit: int,
    templates: Templates | None = None,
    budget: ReadingBudget | None = None,
    tidy: Sequence[str] = (),
    splits: Mapping[str, Any] | None = None,
) -> Preview:
    """At most `limit` rows that work and as many that do not, from the beginning of the file, as far as the budget goes."""
    found, kept, classes = Preview(), dict[str, None](), Counter[str]()
    recipe = recipe_of(source, shape, mapping, templates, tidy, splits)
    beside = _Beside(source, recipe)
    budget = budget or ReadingBudget()
    items = outcomes(source, beside.convert(), budget, beside.differing.count)
    for item in _in_time(islice(items, _PREVIEW_ROWS), found):
        found.checked += 1
        if isinstance(item, Rejected):
            found.rejected_rows += 1
            if len(found.rejected) < limit:
                found.rejected.append(item)
            continue
        kept.update(dict.fromkeys(item.get("extra", ())))
        if part := item.get("split"):
            found.splits[part] = found.splits.get(part, 0) + 1
        if shape == "classification":
            classes[item["messages"][-1]["content"]] += 1
        if len(found.rows) < limit:
            found.rows.append(item)
        if budget.size > LOOK_BYTES:
            break
    found.kept, found.classes = list(kept), dict(classes.most_common(MOST_LABELS))
    found.left_out, found.tidy, found.tidy_together = beside.left_out(), beside.tidy(), beside.repairs.together
    found.whole = found.whole and next(_in_time(items, found), None) is None and found.whole
    return found


def _in_time(items: Iterator[Outcome], found: Preview) -> Iterator[Outcome]:
    """The rows that come before the time is over; then there may be more."""
    try:
        yield from items
    except Later:
        found.whole = False


def import_rows(
    source: DetectedUpload,
    shape: str | None,
    mapping: Mapping[str, str],
    folder: Path,
    *,
    val_fraction: float,
    seed: int,
    templates: Templates | None = None,
    tell: Tell = lambda _place, _rows, _rejected: None,
    lasting: bool = False,
    budget: ReadingBudget | None = None,
    processes: int = 1,
    tidy: Sequence[str] = (),
    splits: Mapping[str, Any] | None = None,
    look_beside: bool = False,
    most: int | None = None,
) -> Imported:
    """Read the whole source and store its rows under `folder`, which is the import's own. A row's id is its place among all records.

    Args:
        tell: hears now and then how far it is: the place, rows so far, rejected rows so far. What it raises ends the import.
        lasting: after any end but a good one, the same call goes on where it was; else nothing remains of it.
        budget: how long it may take, and who is asked meanwhile whether to go on.
        processes: how many may work on a large source at once.
        tidy: repairs of whole conversations that are made, as `TIDIES` has them.
        splits: where the rows' parts come from, as `SplitPlan` says; None: as the files have them.
        look_beside: whether columns are counted that are not learnt, and rows that repairs save.
        most: how many records are read; None: all.

    Raises:
        Fault: of the mapping or the parts; "data.import.disk_full"; OverBounds.
        Later: it takes longer than `budget` says.
    """
    recipe = recipe_of(source, shape, mapping, templates, tidy, splits)
    beside = _Beside(source, recipe) if look_beside else None
    budget = budget or ReadingBudget()
    work = ImportWork(folder, lasting=lasting)
    done = False
    try:
        written = written_source(source, folder, budget)
        with work, _uncollected(), _makers(recipe, written, 1 if most is not None else processes, beside) as makers:
            read = first_pieces(pieces(written, work.place, budget), most)
            for made, place in makers.made(read, work.place.items):
                check_disk(folder)
                work.add(made, place)
                tell(place, len(work.draft), work.rejected.count)
                gc.collect(0)  # readers of documents do make some
            if lasting:
                work.save()
        outcome = _finish(work, folder, val_fraction if recipe.splits is None or recipe.splits.draw else 0.0, seed)
        done = True
    except OSError as error:
        raise disk_fault(error, folder) from error
    finally:
        if done or not lasting:
            work.discard(keep_rejected=done)
            forget_written(folder)
    if beside is None:
        return outcome
    beside.look_at_messages(budget)
    return replace(outcome, left_out=beside.left_out(), tidy=beside.tidy())


def _makers(recipe: Recipe, source: DetectedUpload, processes: int, beside: _Beside | None) -> Makers:
    """What makes rows; with helpers where the source is large and nobody counts what passes."""
    size = sum(file.path.stat().st_size for file in source.files if file.path.is_file())
    return Makers(recipe, helpers_for(size, processes)) if beside is None else Makers(recipe, 0, beside.convert())


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Rows make no cycles: looking for some among thousands of them again and again would take a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _finish(work: ImportWork, folder: Path, val_fraction: float, seed: int) -> Imported:
    stored = finish(work.draft, folder, val_fraction, seed) if len(work.draft) else None
    stats = work.draft.tally.as_dict(stored.duplicates if stored else 0)
    count, path = work.rejected.count, work.rejected.path
    return Imported(stored, count, first_rejected(path), path if count else None, stats)
