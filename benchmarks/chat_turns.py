"""What is spared in a chat by what was read or said before: `python -m benchmarks.chat_turns FOLDER` (weights/ and tokenizer/ in it).

Turns: a conversation of several turns, with everything read anew each time and with what was read before kept, both in turn:
seconds to the first token of each turn, and how many answers differ (in full they may only where roundings decide between
two tokens). Drafts: questions whose answers repeat what stood before and ordinary ones, with drafts and without: processor
seconds, passes, and how many answers differ.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from benchmarks.chat_weights import Talker, questions
from engine.serving.protocol import EIGHT_BITS
from engine.serving.runtime import decode_batch

_KEPT = 1 << 30
TEXT = (
    "The old lighthouse at Brannock Point was built in 1871 by the engineer Thomas Weir. It stands 34 metres tall and its lamp "
    "could be seen from 19 miles away. In 1986 the lamp was automated, and the last keeper, Agnes Doyle, moved to the village. "
    "Today the lighthouse is a small museum that opens on weekends from May to September."
)
COPYING = (
    f"Repeat this text word for word: {TEXT}",
    f"Correct the spelling of this text and give it back whole: {TEXT}",
    f"{TEXT}\n\nWho built the lighthouse, when, and how tall is it?",
)
ORDINARY = (
    "Write a short story about a dragon.",
    "Explain how rain forms.",
    "Give me five ideas for dinner.",
    "What should I think of when I buy a bicycle?",
)


def turns(talker: Talker, count: int, tokens: int) -> dict[str, Any]:
    """A conversation of so many turns, each answered twice: as if nothing had been read, and after what was."""
    history: list[dict[str, str]] = []
    firsts: dict[str, list[float]] = {"anew": [], "kept": []}
    reused, differ, length = [], 0, 0
    kept = talker.trunk.kept
    kept.forget()
    for question in (f"{TEXT}\n\n{questions(1)[0]}", *questions(count)[1:]):
        history.append({"role": "user", "content": question})
        ids = talker.template.encode_prompt(history)
        said: dict[str, str] = {}
        for way in ("anew", "kept"):
            held, kept.limit = kept._texts, _KEPT if way == "kept" else 0
            kept._texts = held if way == "kept" else []
            end = talker.answer(ids, tokens)
            kept._texts = kept._texts if way == "kept" else held
            said[way] = end["text"]
            firsts[way].append(end["first_token_s"])
        reused.append(end["reused_tokens"])
        length = len(ids)
        differ += said["anew"] != said["kept"]
        history.append({"role": "assistant", "content": said["anew"]})
    kept.shrink(0)
    return {"first token s": firsts, "not read again": reused, "last prompt": length, "differ": differ, "turns": count}


def drafted(talker: Talker, asked: tuple[str, ...], tokens: int, runs: int) -> dict[str, Any]:
    """Answers with drafts and without: the shortest processor time of some runs, all questions together."""
    spent = {"plain": 0.0, "drafts": 0.0}
    passes, differ = {"plain": 0, "drafts": 0}, 0
    for question in asked:
        ids, said = talker.ids(question), {}
        times: dict[str, list[float]] = {"plain": [], "drafts": []}
        for run in range(runs):
            for way, may in (("plain", lambda *_said: False), ("drafts", decode_batch.draftable)):
                end, seconds, count = _timed(talker, ids, tokens, may)
                said[way] = end["text"]
                times[way].append(seconds)
                passes[way] += count if run == 0 else 0
        differ += said["plain"] != said["drafts"]
        for way, found in times.items():
            spent[way] += min(found)
    return {"faster": spent["plain"] / spent["drafts"], "passes": passes, "differ": differ, "answers": len(asked)}


def _timed(talker: Talker, ids: tuple[int, ...], tokens: int, may: Callable[..., bool]) -> tuple[Any, float, int]:
    count = [0]
    forward = talker.trunk.forward

    def counted(*keys: Any, **inputs: Any) -> Any:
        count[0] += 1
        return forward(*keys, **inputs)

    with patch.object(decode_batch, "draftable", may), patch.object(talker.trunk, "forward", counted):
        began = time.process_time()
        end = talker.answer(ids, tokens)
        return end, time.process_time() - began, count[0]


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    full = Talker.load(options.folder, "fp32")
    for name, asked in (("copying", COPYING), ("ordinary", ORDINARY)):
        print("drafts,", name, drafted(full, asked, options.tokens, options.runs))
    print("turns, in full", turns(full, options.turns, options.tokens))
    print("turns, 8 bits", turns(Talker.load(options.folder, EIGHT_BITS), options.turns, options.tokens))


if __name__ == "__main__":
    main()
