"""What an exported folder answers to those who do as its README says, with plain transformers and PEFT."""

from __future__ import annotations

import contextlib
import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.zoo.playground import MOST_TOKENS

_LOADED = re.compile(r"AutoModelForCausalLM\.from_pretrained\(([^()]*)\)")
_MOST = re.compile(r"max_new_tokens=\d+")


@dataclass(frozen=True)
class Said:
    """What the README's code made.

    Attributes:
        text: what it printed.
        ids: the tokens, with the one that ended them.
        prompt: the tokens that it asked.
        model: that answered.
    """

    text: str
    ids: tuple[int, ...]
    prompt: tuple[int, ...]
    model: Any


def code_of(folder: Path) -> str:
    """The Python in the folder's README; "" where there is none."""
    _before, _mark, rest = (folder / "README.md").read_text(encoding="utf-8").partition("```python\n")
    return rest.partition("```")[0]


def is_plain(code: str) -> bool:
    """Whether it needs nothing of ours."""
    return bool(code) and "import engine" not in code


def follow_readme(folder: Path, base: Path, question: str) -> Said:
    """Run the README's code in the folder: with our question, in fp32 as the playground calculates, and not for long."""
    code = code_of(folder).replace('"Hello!"', repr(question)).replace(repr(base.name), repr(str(base)))
    code = _LOADED.sub(lambda found: found[0] if "dtype" in found[1] else found[0][:-1] + ", dtype='float32')", code)
    code = _MOST.sub(f"max_new_tokens={MOST_TOKENS + 1}", code)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed, _inside(folder):
        exec(compile(code, "README.md", "exec"), names)
    asked = names["prompt"]["input_ids"][0].tolist()
    generated = names["answer"][0, len(asked) :].tolist()
    return Said(printed.getvalue().removesuffix("\n"), tuple(generated), tuple(asked), names["model"])


@contextlib.contextmanager
def _inside(folder: Path) -> Any:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
