"""What is in a stored row, whatever its kind: its conversation, its texts, its question and its answer.

A row is a JSON object. All kinds: "split" ("train", "val" or "test"), "id" (whole number, stable over versions), "line" (of the file,
counted from 1, or None), and where there is something to say "file", "extra" (other columns: name -> text, number, bool or None)
and "origin" ({"code": ...} of a row that no file held), and "weight" (how much it counts in the loss, 0 or more, where that is not
1). A message is {"role", "content"}, perhaps with "tool_calls", "tool_call_id", "name"; of the assistant's with "reasoning_content" (its
thinking) and a "weight" of its own, which is multiplied with that. By kind:
chat: "messages", perhaps "tools". text: "text". preference: "prompt", "chosen", "rejected", each a list of messages, perhaps
"margin" (a number above 0: how much better the better answer is).
ranking: "prompt", "answers" (a list of lists of messages, two or more), "ranks" (a whole number for each answer: 1 is best, equal
ones are ties, none is left out), perhaps "scores" (a number for each answer, higher is better, of which the ranks were made).
kto: "prompt", "completion" (lists of messages), "label" (bool).
prompt: "prompt" (a list of messages that ends with a question), "reference" (an object: what tells whether an answer is right), perhaps "tools".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]
Message = Mapping[str, Any]
THINKING = "reasoning_content"  # member of a message
ANSWERS = "answers"  # of a ranking: a list of lists of messages
_LISTS = ("messages", "prompt", "chosen", "rejected", "completion")
_BESIDE = ("tools", "label", "reference", "margin", "ranks", "scores", "weight")  # what is trained on besides texts


def kind_of(row: Mapping[str, Any]) -> str:
    """Either "chat", "text", "preference", "kto", "ranking" or "prompt"."""
    if "messages" in row:
        return "chat"
    if ANSWERS in row:
        return "ranking"
    if "chosen" in row:
        return "preference"
    if "completion" in row:
        return "kto"
    return "prompt" if "prompt" in row else "text"


def message_lists(row: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """Every list of messages of the row, in a fixed order."""
    return [messages for _name, messages in named_lists(row)]


def named_lists(row: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """As `message_lists`, each with the name of the member that it stands in; answers of a ranking share one."""
    found = [(key, row[key]) for key in _LISTS if key in row]
    return [*found, *((ANSWERS, one) for one in row[ANSWERS])] if ANSWERS in row else found


def best_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The best answer of a ranking, the first of equals."""
    best: list[dict[str, Any]] = row[ANSWERS][min(range(len(row["ranks"])), key=row["ranks"].__getitem__)]
    return best


def slots_of(row: Mapping[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Where each text of a row's messages stands: the message and its member; the thinking of a turn comes before its words."""
    said = [message for messages in message_lists(row) for message in messages]
    if not any(THINKING in message for message in said):
        return [(message, "content") for message in said]
    return [(message, key) for message in said for key in (THINKING, "content") if key == "content" or key in message]


def texts_of(row: Mapping[str, Any]) -> list[str]:
    """Every text of the row, in order. A turn that only calls tools has an empty one."""
    if "text" in row:
        return [row["text"]]
    texts: list[str] = []
    for messages in message_lists(row):
        for message in messages:
            if THINKING in message:
                texts.append(str(message[THINKING] or ""))
            texts.append(str(message.get("content") or ""))
    return texts


def conversation_of(row: Mapping[str, Any]) -> Sequence[Message]:
    """The conversation with the wanted answer; empty for plain text."""
    if "messages" in row:
        return list(row["messages"])
    if ANSWERS in row:
        return [*row["prompt"], *best_of(row)]
    return [*row.get("prompt", ()), *row.get("chosen", row.get("completion", ()))]


def uses_tools(row: Mapping[str, Any]) -> bool:
    """Whether tools are defined, called or answer in the row."""
    messages = (message for several in message_lists(row) for message in several)
    return bool(row.get("tools")) or any(one.get("tool_calls") or one["role"] == "tool" for one in messages)


def question_of(row: Mapping[str, Any]) -> str:
    """The last thing that the user said; empty for plain text."""
    asked = (str(m.get("content") or "") for m in reversed(conversation_of(row)) if m["role"] == "user")
    return next(asked, "")


def answer_of(row: Mapping[str, Any]) -> str:
    """The last thing that the assistant said, or the whole of a plain text."""
    if "text" in row:
        return str(row["text"])
    said = (str(m.get("content") or "") for m in reversed(conversation_of(row)) if m["role"] == "assistant")
    return next(said, "")


def content_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is trained on of the row, without its place, split and other columns: equal for equal examples."""
    return {key: row[key] for key in ("text", *_LISTS, ANSWERS, *_BESIDE) if key in row}


def said_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """As `content_of`, whatever it counts: equal for rows that say the same."""
    said = content_of(row)
    said.pop("weight", None)
    for key in _LISTS:
        if key in said:
            said[key] = _unweighted(said[key])
    if ANSWERS in said:
        said[ANSWERS] = [_unweighted(messages) for messages in said[ANSWERS]]
    return said


def _unweighted(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not any("weight" in message for message in messages):
        return messages
    return [{name: one for name, one in turn.items() if name != "weight"} for turn in messages]


def any_counts_nothing(row: Mapping[str, Any]) -> bool:
    """Whether the row, or an answer in it, is not to be learnt."""
    messages = (message for several in message_lists(row) for message in several)
    return row.get("weight", 1) == 0 or any(message.get("weight", 1) == 0 for message in messages)


def teaches_its_answer(row: Mapping[str, Any]) -> bool:
    """Whether the last answer of the row is to be learnt: one that is not is no right one either."""
    said = (message for message in reversed(conversation_of(row)) if message["role"] == "assistant")
    return bool(row.get("weight", 1) != 0 and next(said, {}).get("weight", 1) != 0)
