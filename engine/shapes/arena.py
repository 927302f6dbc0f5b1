"""What the pages see of blind votes: answers without names, what was voted, and who was who once that may be known."""

from __future__ import annotations

from typing import Literal, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.chat import ChatSettings, SideKind

ArenaState = Literal["writing", "ready", "alike", "failed", "stopped"]


class ArenaWish(TypedDict):
    """A blind comparison as a form asks for it."""

    base_id: int  # base model
    sides: list[str]  # names of all that answer
    settings: ChatSettings  # to answer with
    source: Literal["validation", "list", "own"]  # of the questions: `own` is asked by hand
    questions: list[str]  # of a list
    apart: bool  # each question is asked alone, without the turns before it
    reveal: bool  # names are shown after each vote


class BlindVote(TypedDict):
    """What a person thinks of the answers of one turn."""

    ranks: list[int]  # of the answers as they are shown, 1 is best; empty: passed over
    bad: bool  # none of them was good
    best: str | None  # the best answer as the person wrote it


class KeptVote(BlindVote):
    """A vote that is stored."""

    blind: bool  # it was given before the person knew who was who


class ArenaAnswer(TypedDict):
    """An answer without a name."""

    letter: str  # that stands for whoever gave it
    text: str  # of it
    whole: bool  # it ended by itself


class ArenaName(TypedDict):
    """Who gave an answer."""

    letter: str  # that stood for it
    side: str  # "base", "tuned:ID" and the like
    label: str  # the model's name
    kind: SideKind  # as pages colour it
    weights_hash: str  # of the weights that answered


class ArenaTurn(TypedDict):
    """One question with its answers."""

    turn: int  # of the conversation
    prompt: str  # that was asked
    state: ArenaState  # of all answers together
    error: CodedMessage | None  # why there are none
    answers: list[ArenaAnswer]  # once all are there, in this person's order
    vote: KeptVote | None  # of this person
    names: list[ArenaName]  # once this person may know them


class ArenaView(TypedDict):
    """A blind comparison as one person sees it."""

    id: int  # of the conversation
    base_name: str  # of the base model
    among: list[str]  # names of those that answer, by the alphabet
    read_only: CodedMessage | None  # why it cannot go on
    turn: ArenaTurn | None  # that is asked for, else the first without a vote
    busy: bool  # something is being answered
    ahead: int  # further turns that wait for a vote
    left: int  # questions that were not asked yet
    unvoted: int  # questions of the list on which this person has yet to say something, those not asked yet too
    total: int  # questions in all
    votes: int  # of this person
    passed: int  # turns that this person passed over
    alike: int  # turns in which all said the same
    reveal: bool  # names are shown after each vote
    apart: bool  # each question is asked alone
    tuned_ids: list[int]  # tuned models of the base that take part


class VotesMade(TypedDict):
    """Rows that the votes of a comparison would make."""

    rows: dict[str, int]  # by form: "pairs", "ranking", "thumbs"
    form: str  # that suits them best
    objectives: dict[str, str]  # what learns from it, by form
    name: str  # of a data set of them
