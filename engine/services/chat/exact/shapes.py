"""What the Playground sees of how an answer was made, how sure its words were, and where two sides differ."""

from __future__ import annotations

from typing import TypedDict


class PromptPart(TypedDict):
    """A stretch of a prompt."""

    text: str  # of it
    control: bool  # it is a control token, which the template wrote


class ExactAnswer(TypedDict):
    """What made an answer; what was not kept (answers of before) is None or empty."""

    side: str  # that answered
    name: str  # the model's; "" for one that is not there any more
    weights_hash: str | None  # of the weights that answered
    same_weights: bool | None  # whether they are those that would answer now; None where nothing would
    prompt: list[PromptPart]  # as the model read it
    prompt_tokens: int | None  # how many it was
    prompt_sha256: str | None  # of its token ids, as decimal numbers with blanks between them
    template: str | None  # whose it is
    template_sha256: str | None  # of its text; None without a chat template
    temperature: float | None  # of its choices
    top_p: float | None  # of its choices
    max_tokens: int | None  # of the answer
    seed: int | None  # of its choices
    tokens: int | None  # of the answer
    reason: str | None  # why it ended: "end", "length", "stopped" or "failed"
    device: str | None  # that it was given on
    precision: str | None  # number format
    threads: int | None  # of the processor
    first_token_s: float | None  # seconds to the first token
    tokens_per_second: float | None  # after that
    engine: str | None  # version of Tunesmith
    libraries: list[str]  # names with versions
    made_at: float  # seconds since 1970
    again: bool  # enough was kept to ask for the same


class AskedAgain(TypedDict):
    """The same asked once more."""

    text: str  # of the answer
    same: bool  # it is the same, word for word
    at: int | None  # character from which it is another one
    device: str | None  # that it was given on
    precision: str | None  # number format


class LikelyWord(TypedDict):
    """A word that could have stood somewhere."""

    text: str  # of it
    share: float  # its probability at temperature 1


class SureWord(TypedDict):
    """A word (token) of an answer, and how sure the model was of it."""

    text: str  # of it
    share: float  # its probability at temperature 1
    others: list[LikelyWord]  # the likeliest others
    entropy: float  # of all that could stand there, in nats; of the least sure of several tokens


class SureAnswer(TypedDict):
    """An answer word by word."""

    side: str  # that answered
    words: list[SureWord]  # together they are its text; empty where nothing was kept
    end: SureWord | None  # the token that ended it
    tokens: int  # of it, where several may be one word


class TwoWords(TypedDict):
    """A word of an answer as both sides see it."""

    text: str  # of it
    own: float  # its probability for the side that said it
    other: float  # for the side that reads it
    difference: float  # of their logarithms, in nats: above 0, the one that said it thinks it likelier


class SidesAt(TypedDict):
    """A place of an answer with what each side would say there."""

    place: int  # of the word, from 0; that of the end is the number of words
    before: str  # the end of the text before it
    text: str  # that stands there
    own: list[LikelyWord]  # likeliest words of the side that said it
    other: list[LikelyWord]  # of the side that reads it
    difference: float  # as in `TwoWords`


class SideDifferences(TypedDict):
    """The answer of one side, read by another."""

    side: str  # that said it
    other: str  # that read it
    words: list[TwoWords]  # of the answer, its end among them
    ended: bool  # the last one is the token that ended it
    largest: list[SidesAt]  # where they differ most, the largest difference first
    first: SidesAt | None  # the first word that the other would not have said at temperature 0
    agree: float  # share of the words that it would have said at temperature 0
    same_prompt: bool  # both read the same prompt; else each read its own
    greedy: (
        SidesAt | None
    )  # where the answers of both at temperature 0 part; None where they do not within `greedy_words`
    greedy_words: int  # of the answer at temperature 0 that was looked at
    greedy_own: bool  # that answer is the one above: it was given at temperature 0
