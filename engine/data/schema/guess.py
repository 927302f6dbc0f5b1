"""Which shape the columns at hand have, and why: by their contents and by whole names, never by parts of names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.data.records.record import clip, show
from engine.data.schema.beside_text import beside_text
from engine.data.schema.classes import classes_of, one_class
from engine.data.schema.contents import (
    HOLDS,
    Rows,
    asking_only,
    example_of,
    is_answer_list,
    list_in,
    mostly_answered,
    mostly_asking,
    mostly_keyed,
    mostly_turns,
    says_something,
    thumb_of,
    turn_of,
    values_of,
)
from engine.data.schema.declared import REFERENCES, SHAPES, Field, plain_name, shape_of
from engine.data.schema.doubts import doubts
from engine.data.schema.extras import MAX_EXTRA, can_be_kept
from engine.data.schema.layouts.turn_lists import TURN_KEYS, usual_turns
from engine.data.schema.majority import most
from engine.data.schema.members import is_thinking
from engine.data.schema.ranked import ordered_within
from engine.data.schema.weighted import MARKS, remarks

_BY_NAMES = ("alpaca", "qa_context", "prompt_completion", "classification", "text")
_KNOWN_KEYS = {"role", "content", "from", "value", "tool_calls", "tool_call_id", "name", "function_call", *MARKS}
_MOST_SHOWN = 20
_RARE, _SEVERAL = 50, 4  # a column that one row of so many has does not compete; where there are several


@dataclass
class Guess:
    """What the columns look like: a shape (or None), its mapping and wordings, and remarks [(code, params)]."""

    shape: str | None = None  # key of a `Shape`
    mapping: dict[str, str] = field(default_factory=dict)  # field -> column
    templates: dict[str, list[str]] = field(default_factory=dict)  # field -> wordings
    remarks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # sentences `detect.<code>`

    @property
    def whole(self) -> bool:
        """Whether every needed field has its column."""
        return self.shape is not None and all(f.key in self.mapping for f in shape_of(self.shape).fields if f.required)

    def notes(self) -> list[dict[str, Any]]:
        """The remarks as notes: {"what", "value", "code", "params"} with sentences `detect.<code>`."""
        return [self._note(code, {key: clip(str(text), 300) for key, text in p.items()}) for code, p in self.remarks]

    def _note(self, code: str, params: dict[str, str]) -> dict[str, Any]:
        what = code.split(".", 1)[0]
        value = {"columns": params.get("columns"), "field": params.get("field")}.get(what, self.shape)
        return {
            "what": what if what in ("columns", "field") else "shape",
            "value": value,
            "code": code,
            "params": params,
        }


def guess_shape(columns: Sequence[str], rows: Rows) -> Guess:
    """The shape of a file by its columns' contents, then by their names: the first one that most rows have the columns of."""
    guess = _best(columns, rows)
    if guess.shape:
        if guess.shape == "classification" and guess.whole:
            text, label = guess.mapping["text"], guess.mapping["label"]
            params, wording = classes_of(text, label, rows)
            guess.remarks.append(("shape.labels", params))
            guess.templates["text"] = [wording]
        _remark_extra(guess, columns, rows)
        guess.remarks += doubts(guess.shape, list(guess.mapping.values()), columns, rows)
        _remark_weights(guess, columns, rows)
    return guess


def _best(columns: Sequence[str], rows: Rows) -> Guess:
    found: list[Guess] = []
    for find in (_pairs, _ranked, _thumbs, _asked, _prompts, _turns, _names):
        guess = find(columns, rows)
        if guess is not None:
            found.append(guess)
            if not guess.whole or most(_held(guess, rows), len(rows)):
                return guess
    return max(found, key=lambda one: _held(one, rows))  # the first of equals


def _held(guess: Guess, rows: Rows) -> int:
    """How many rows have something in every needed column."""
    if guess.shape is None:
        return 0
    needed = [guess.mapping[f.key] for f in shape_of(guess.shape).fields if f.required and f.key in guess.mapping]
    return sum(all(says_something(row.get(column)) for column in needed) for row in rows)


def _pairs(columns: Sequence[str], rows: Rows) -> Guess | None:
    """Preference pairs: a column "chosen" and one "rejected"."""
    guess = _try("preference", columns, rows)
    if not {"chosen", "rejected"} <= guess.mapping.keys() or HOLDS["thumb"](guess.mapping["rejected"], rows):
        return None
    named = {key: guess.mapping[key] for key in ("chosen", "rejected")}
    guess.remarks.insert(0, ("shape.preference", named))
    whole = mostly_turns(named["chosen"], rows)
    if "prompt" not in guess.mapping:
        chosen = values_of(named["chosen"], rows)
        dialogues = most(sum(str(value).startswith("\n\nHuman:") for value in chosen), len(chosen))
        code = "shape.common_beginning" if whole or dialogues else "shape.no_question"
        guess.remarks.append((code, named))
    return guess


def _ranked(columns: Sequence[str], rows: Rows) -> Guess | None:
    """Several answers to a question, with their ranks or scores beside them or in them."""
    guess = _try("ranking", columns, rows)
    if not guess.whole:
        return None
    column = guess.mapping["answers"]
    order = guess.mapping.get("ranks") or guess.mapping.get("scores")
    if order is None and not ordered_within([list_in(value) for value in values_of(column, rows)]):
        return None
    guess.remarks.insert(0, ("shape.ranking", {"column": column, "order": order or column}))
    return guess


def _thumbs(columns: Sequence[str], rows: Rows) -> Guess | None:
    """Answers with a thumb: question, answer and a label that says good or bad; or conversations with such a label."""
    guess = _try("kto", columns, rows)
    if not guess.whole:
        return None
    if "completion" not in guess.mapping and not mostly_answered(guess.mapping["prompt"], rows):
        return None
    column = guess.mapping["label"]
    thumbs = [thumb_of(value) for value in values_of(column, rows)]
    params = {"column": column, "good": thumbs.count(True), "bad": thumbs.count(False)}
    guess.remarks.insert(0, ("shape.kto", params))
    if odd := thumbs.count(None):
        guess.remarks.append(("shape.kto_odd", {"column": column, "rows": odd}))
    return guess


def _asked(columns: Sequence[str], rows: Rows) -> Guess | None:
    """Question and answer in two columns, of which one is a list of turns, or with the turns before them in a third."""
    for key in _BY_NAMES[:3]:
        guess = _try(key, columns, rows)
        if not guess.whole:
            continue
        said, asked = (guess.mapping[f.key] for f in _last_needed(key))
        if not mostly_answered(asked, rows) and (mostly_turns(asked, rows) or mostly_turns(said, rows)):
            guess.remarks.insert(0, ("shape.asked", {"prompt": asked, "completion": said}))
            return guess
        if "history" in guess.mapping:
            guess.remarks.insert(0, ("shape.names", {"columns": ", ".join(guess.mapping.values())}))
            return guess
    return None


def _last_needed(key: str) -> tuple[Field, Field]:
    """The fields of the answer and of the question of a shape."""
    needed = [f for f in shape_of(key).fields if f.required]
    return needed[-1], needed[-2]


def _prompts(columns: Sequence[str], rows: Rows) -> Guess | None:
    """Questions alone, beside columns that tell whether an answer is right."""
    guess = _try("prompt", columns, rows)
    column = guess.mapping.get("prompt")
    if column is None or not mostly_turns(column, rows):
        return None
    reference = [c for c in columns if c not in guess.mapping.values() and is_common(c, rows)]
    known = "reference" in guess.mapping or any(plain_name(c) in REFERENCES for c in reference)
    if not (known and mostly_asking(column, rows)) and not (reference and asking_only(column, rows)):
        return None
    kept = guess.mapping.get("reference") or ", ".join(reference[:_MOST_SHOWN])
    guess.remarks.insert(0, ("shape.prompt", {"column": column, "columns": kept}))
    return guess


def _turns(columns: Sequence[str], rows: Rows) -> Guess | None:
    every = {column: key for column in columns if (key := mostly_turns(column, rows)) and not _rare(column, rows)}
    found = {column: every[column] for column in _common(list(every), rows)}
    if not found:
        return None
    named = [c for c in found if plain_name(c) in {n for s in SHAPES[:2] for n in s.fields[0].names}]
    choice = list(found) if len(found) == 1 else named
    if len(choice) != 1:
        return Guess(remarks=[("shape.ambiguous", {"columns": ", ".join(found), "field": "messages"})])
    column, key = choice[0], found[choice[0]]
    turns, *others = shape_of(key).fields
    guess = Guess(key, {turns.key: column})
    first, second = TURN_KEYS[key]
    told = {"column": column, "first": first, "second": second}
    such = "" if mostly_keyed(column, rows, key) else "_such"
    if such:
        told = {"column": column, "example": show(example_of(column, rows))}
    guess.remarks.append((f"shape.turns{such}", told))
    guess.remarks.append((f"field.turns{such}", {"field": turns.key, **told}))
    for other in others:
        _fill(guess, other, columns, rows)
    if marks := _marks(column, rows):
        guess.remarks.append(("columns.turn_weights", {"columns": ", ".join(marks), "column": column}))
    if thinking := _thinking(column, rows):
        guess.remarks.append(("columns.turn_thinking", {"columns": ", ".join(thinking), "column": column}))
    _without_repeated(guess, column, rows)
    if lost := _other_keys(column, rows):
        guess.remarks.append(("columns.turn_keys", {"columns": ", ".join(lost), "column": column}))
    return guess


def _without_repeated(guess: Guess, column: str, rows: Rows) -> None:
    """An instruction that the turns themselves hold is no system prompt beside them."""
    system = guess.mapping.get("system")
    if system is None or plain_name(system).startswith("system"):
        return
    both = [(row[system], row[column]) for row in rows if says_something(row.get(system)) and row.get(column)]
    if most(sum(str(said).strip() in str(turns) for said, turns in both), len(both)):
        del guess.mapping["system"]
        guess.remarks = [one for one in guess.remarks if one[1].get("field") != "system"]


def _usual(turns: list[Any]) -> list[Any]:
    return turns if turn_of(turns[0] if turns else None) else usual_turns(turns)


def _other_keys(column: str, rows: Rows) -> list[str]:
    """Members of turns that mean nothing here."""
    return [key for key in _keys(column, rows) if key not in _KNOWN_KEYS][:_MOST_SHOWN]


def _marks(column: str, rows: Rows) -> list[str]:
    """Members of turns that say how much they count."""
    return [key for key in _keys(column, rows) if key in MARKS]


def _keys(column: str, rows: Rows) -> dict[str, None]:
    """Every member of a turn that says something."""
    return dict.fromkeys(key for turn, key in _members(column, rows) if not is_thinking(turn, key))


def _thinking(column: str, rows: Rows) -> list[str]:
    """Members of turns that hold thinking."""
    return list(dict.fromkeys(key for turn, key in _members(column, rows) if turn[key] and is_thinking(turn, key)))


def _members(column: str, rows: Rows) -> Iterator[tuple[dict[str, Any], str]]:
    lists = map(list_in, values_of(column, rows))
    turns = (turn for some in lists if isinstance(some, list) for turn in _usual(some) if isinstance(turn, dict))
    return ((turn, key) for turn in turns for key in turn if turn[key] is not None)


def _names(columns: Sequence[str], rows: Rows) -> Guess:
    trials = [_try(key, columns, rows) for key in _BY_NAMES]
    trials.sort(
        key=lambda guess: not (guess.whole and most(_held(guess, rows), len(rows)))
    )  # what most rows have comes first
    for guess in trials:
        if guess.shape == "text" and guess.whole and (beside := _beside(columns, rows)):
            return Guess(remarks=[("shape.text_beside", {"text": guess.mapping["text"], "columns": ", ".join(beside)})])
        if guess.whole and not (guess.shape == "classification" and one_class(guess.mapping["label"], rows)):
            guess.remarks.insert(0, ("shape.names", {"columns": ", ".join(guess.mapping.values())}))
            if guess.shape == "qa_context" and _has_answer_lists(guess, rows):
                guess.remarks.append(("shape.first_answer", {"column": guess.mapping["answer"]}))
            return guess
    unsure = next((guess for guess in trials if any(code == "shape.ambiguous" for code, _ in guess.remarks)), None)
    return unsure or Guess(remarks=[("shape.unknown", {})])


def mappings_by_name(columns: Sequence[str]) -> dict[str, dict[str, str]]:
    """For each shape, the columns whose names mean its fields, whatever they hold: where another shape is chosen."""
    return {shape.key: _by_name(shape.key, columns) for shape in SHAPES}


def _by_name(key: str, columns: Sequence[str]) -> dict[str, str]:
    guess = Guess(key)
    for wanted in shape_of(key).fields:
        if wanted.holds in ("weight", "marks", "thoughts"):  # of such names, contents alone tell what they are
            continue
        _fill(guess, replace(wanted, holds="anything", spare_holds=""), columns, ())
    return guess.mapping


def _has_answer_lists(guess: Guess, rows: Rows) -> bool:
    return any(is_answer_list(value) for value in values_of(guess.mapping["answer"], rows))


def _try(key: str, columns: Sequence[str], rows: Rows) -> Guess:
    guess = Guess(key)
    for wanted in shape_of(key).fields:
        _fill(guess, wanted, columns, rows)
    _thought_out(guess, columns, rows)
    return guess


def _thought_out(guess: Guess, columns: Sequence[str], rows: Rows) -> None:
    """The answer where it bears the name that it has in turns: "content", beside a column of thinking."""
    answer = next((f for f in shape_of(guess.shape).fields if f.required and f.part == "answer"), None)
    if answer and answer.key not in guess.mapping and "reasoning" in guess.mapping:
        _fill(guess, replace(answer, names=("content", "内容"), spare=()), columns, rows)


def _fill(guess: Guess, wanted: Field, columns: Sequence[str], rows: Rows) -> None:
    """Map `wanted` to the column that bears its usual name, or the only one that bears any of its names."""
    taken = set(guess.mapping.values())
    free = _frequent(wanted, [c for c in columns if c not in taken], rows)
    fits = _bearing(wanted.names, wanted.holds, free, rows)
    spare = _bearing(wanted.spare, wanted.spare_holds or wanted.holds, free, rows)
    if wanted.required:
        fits, spare = _common(fits, rows), _common(spare, rows)
        fits = spare if spare and fits and not is_common(fits[0], rows) and is_common(spare[0], rows) else fits
    fits = fits or spare
    usual = [c for c in fits if plain_name(c) == wanted.names[0]]
    if len(usual) == 1 or len(fits) == 1:
        column = (usual or fits)[0]
        guess.mapping[wanted.key] = column
        others = ", ".join(c for c in fits if c != column)
        params = {"field": wanted.key, "column": column}
        guess.remarks.append(("field.usual", {**params, "columns": others}) if others else ("field.name", params))
    elif fits:
        guess.remarks.append(("shape.ambiguous", {"columns": ", ".join(fits), "field": wanted.key}))


def _frequent(wanted: Field, columns: list[str], rows: Rows) -> list[str]:
    """The columns without those of a name for `wanted` that hardly any row has, where most rows have another of such a name."""
    named = [c for c in columns if plain_name(c) in wanted.names or plain_name(c) in wanted.spare]
    if len(named) < 2 or not rows or wanted.key == "input":
        return columns
    if not any(is_common(c, rows) for c in named):
        return columns
    return [c for c in columns if c not in named or not _rare(c, rows)]


def _rare(column: str, rows: Rows) -> bool:
    """Whether hardly any row of several has something in a column."""
    filled = sum(says_something(row.get(column)) for row in rows)
    return len(rows) >= _SEVERAL and filled <= max(1, len(rows) // _RARE)


def _beside(columns: Sequence[str], rows: Rows) -> list[str]:
    """The columns that plain text would lose, but for those of single odd rows."""
    return [column for column in beside_text(columns) if not _rare(column, rows)]


def _common(columns: list[str], rows: Rows) -> list[str]:
    """Of several columns those that most rows have something in, where there are any."""
    return [column for column in columns if is_common(column, rows)] or columns if len(columns) > 1 else columns


def is_common(column: str, rows: Rows) -> bool:
    """Whether most rows have something in a column."""
    return most(sum(says_something(row.get(column)) for row in rows), len(rows))


def _bearing(names: Sequence[str], holds: str, columns: Sequence[str], rows: Rows) -> list[str]:
    return [column for column in columns if plain_name(column) in names and HOLDS[holds](column, rows)]


def _remark_extra(guess: Guess, columns: Sequence[str], rows: Rows) -> None:
    used = set(guess.mapping.values())
    unused = [] if _takes_rest(guess) else [column for column in columns if column not in used]
    gone = [column for column in unused if not can_be_kept(column, rows)]
    kept = [column for column in unused if column not in gone]
    if kept:
        guess.remarks.append(("columns.unused", {"columns": ", ".join(kept[:_MOST_SHOWN])}))
    if gone:
        guess.remarks.append(("columns.left_out", {"columns": ", ".join(gone[:_MOST_SHOWN]), "limit": MAX_EXTRA}))


def _remark_weights(guess: Guess, columns: Sequence[str], rows: Rows) -> None:
    """What a column that tells how much rows count is taken for, and why another is not."""
    found = list(remarks(str(guess.shape), guess.mapping, columns, lambda column: values_of(column, rows)))
    if any(code.startswith("field.") for code, _ in found):
        guess.remarks = [one for one in guess.remarks if one[1].get("field") != "weight"]
    guess.remarks += found


def _takes_rest(guess: Guess) -> bool:
    rest = shape_of(guess.shape).rest
    return bool(rest) and rest not in guess.mapping
