"""How long the checks take: `python -m benchmarks.audit [--rows 10000] [--write]`.

The rows are made: questions and answers of real length in English and Chinese, a few percent of them faulty. What is written
goes into docs/data.md and docs/zh/data.md, between the markers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.sizes import memory_size
from engine.data.audits.packing import PackedFindings
from engine.data.audits.running import ChecksRun, run_check, run_checks
from engine.data.quality import CHECKS, read_settings
from engine.data.rows.index import RowIndex

_ROOT = Path(__file__).parents[1]
_DOCS = {"en": _ROOT / "docs" / "data.md", "zh": _ROOT / "docs" / "zh" / "data.md"}
_BEGIN, _END = "<!-- audit:begin -->", "<!-- audit:end -->"
_ENGLISH = [
    "time",
    "year",
    "people",
    "way",
    "day",
    "man",
    "thing",
    "woman",
    "life",
    "child",
    "world",
    "school",
    "state",
    "family",
    "student",
    "group",
    "country",
    "problem",
    "hand",
    "part",
    "place",
    "case",
    "week",
    "company",
    "system",
    "program",
    "question",
    "work",
    "government",
    "number",
    "night",
    "point",
    "home",
    "water",
    "room",
    "mother",
    "area",
    "money",
    "story",
    "fact",
    "month",
    "lot",
    "right",
    "study",
    "book",
    "eye",
    "job",
    "word",
    "business",
    "issue",
    "side",
    "kind",
    "head",
    "house",
    "service",
    "friend",
    "father",
    "power",
    "hour",
    "game",
    "line",
    "end",
    "member",
    "law",
    "car",
    "city",
    "community",
    "name",
    "president",
    "team",
    "minute",
    "idea",
    "body",
    "information",
    "back",
    "parent",
    "face",
    "others",
    "level",
    "office",
    "door",
    "health",
    "person",
    "art",
    "war",
    "history",
    "party",
    "result",
    "change",
    "morning",
    "reason",
    "research",
    "girl",
    "guy",
    "moment",
    "air",
    "teacher",
    "force",
    "education",
    "make",
    "think",
    "take",
    "come",
    "want",
    "look",
    "use",
    "find",
    "give",
    "tell",
    "work",
    "call",
    "try",
    "ask",
    "need",
    "feel",
    "become",
    "leave",
    "put",
    "mean",
    "keep",
    "let",
    "begin",
    "seem",
    "help",
    "talk",
    "turn",
    "start",
    "show",
    "hear",
    "play",
    "run",
    "move",
    "like",
    "live",
    "believe",
    "hold",
    "bring",
    "happen",
    "write",
    "provide",
    "sit",
    "stand",
    "lose",
    "pay",
    "meet",
    "include",
    "continue",
    "set",
    "learn",
    "lead",
    "understand",
    "the",
    "the",
    "the",
    "a",
    "a",
    "of",
    "of",
    "to",
    "to",
    "in",
    "in",
    "and",
    "and",
    "is",
    "is",
    "that",
    "that",
    "it",
    "for",
    "on",
    "with",
    "as",
    "was",
    "at",
    "by",
    "an",
    "be",
    "this",
    "are",
    "from",
    "or",
    "had",
    "not",
    "but",
]
_CHINESE = "的一是了我不在人有他这上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感"
_FAULTS: list[dict[str, str]] = [
    {"answer": "Write to anna.berger@lampshop.de or call +49 30 901820, password: hX9$kd82!mQz"},
    {"answer": "I'm sorry, but as an AI language model I cannot help with that."},
    {"answer": "We serve cafÃ© au lait every day. " * 4},
    {"answer": "The same few words again. " * 20},
    {"answer": "It is made of brass. It lasts for years. It always faces the window because of the"},
]


def rows(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Rows of about 150 words; every 40th has a fault, every 50th is a near-copy of the one before."""
    rng = random.Random(seed)
    before: tuple[str, str] = ("", "")
    for at in range(count):
        if at % 50 == 48:
            question, answer = before[0], before[1] + " Thank you."
        elif at % 40 == 39:
            question, answer = _text(rng, at, 12), _FAULTS[at // 40 % len(_FAULTS)]["answer"]
        else:
            question, answer = _text(rng, at, rng.randint(8, 60)), _text(rng, at, rng.randint(40, 220))
        before = question, answer
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        yield {"split": "val" if at % 10 == 8 else "train", "id": at, "line": at + 1, "messages": messages}


def _text(rng: random.Random, at: int, words: int) -> str:
    chinese = at % 4 == 3
    made, left = [], words
    while left > 0:
        length = min(left, rng.randint(6, 16))
        left -= length
        part = [rng.choice(_CHINESE if chinese else _ENGLISH) for _ in range(length)]
        made.append("".join(part) + "。" if chinese else " ".join(part).capitalize() + ".")
    return ("" if chinese else " ").join(made)


def _used() -> float:
    """Seconds of processor time of this process and of those that have ended, in all."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


class _Quiet:
    """Nobody listens."""

    def __init__(self) -> None:
        self.found_rows = 0

    def progress(self, share: float) -> None:
        """Not shown."""

    def found(self, check: str, packed: PackedFindings, seconds: float) -> None:
        """Counted."""
        self.found_rows += packed.rows


def measure(count: int, processes: int) -> dict[str, Any]:
    """Processor seconds of each check alone, then all together as the job makes them, with the wall clock."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(count))
        RowIndex.open(path)
        wanted, work = read_settings({}), ChecksRun(path, Path(folder))
        checks = []
        for check in CHECKS:
            begun = time.process_time()
            packed = run_check(work, check.key, wanted[check.key])
            checks.append((check, time.process_time() - begun, packed.rows))
        told, begun, used = _Quiet(), time.monotonic(), _used()
        run_checks(work, wanted, told, processes=processes)
        return {
            "checks": checks, "rows": count, "megabytes": path.stat().st_size / 1e6, "wall": time.monotonic() - begun,
            "used": _used() - used, "peak": memory_size(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3), "processes": processes,
        }  # fmt: skip


_TEXTS = {
    "en": ("| Check | Seconds of one core | Rows found |", "{rows:,} rows ({megabytes:.0f} MB) in {processes} processes on {machine}: "
           "{wall:.0f} s by the clock, {used:.0f} s of processor time in all, at most {peak} in one process."),
    "zh": ("| 检查 | 单核秒数 | 找到的行 |", "{rows:,} 行（{megabytes:.0f} MB），{processes} 个进程，{machine}：实际用时 {wall:.0f} 秒，"
           "处理器时间共 {used:.0f} 秒，单个进程最多占用 {peak}。"),
}  # fmt: skip


def table(found: dict[str, Any], language: str) -> str:
    """The result as Markdown."""
    head, sentence = _TEXTS[language]
    machine = f"{os.cpu_count()} × {platform.machine()}"
    lines = [f"| {check.label.in_(language)} | {seconds:.1f} | {rows:,} |" for check, seconds, rows in found["checks"]]
    return "\n".join([sentence.format(**found, machine=machine), "", head, "|---|---|---|", *lines])


def write(found: dict[str, Any]) -> None:
    """Put the table into the guides, between the markers."""
    for language, path in _DOCS.items():
        text = path.read_text(encoding="utf-8")
        before, rest = text.split(_BEGIN)
        after = rest.split(_END)[1]
        path.write_text(f"{before}{_BEGIN}\n{table(found, language)}\n{_END}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print, and write where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.rows, arguments.processes)
    print(table(found, "en"))
    if arguments.write:
        write(found)


if __name__ == "__main__":
    main()
