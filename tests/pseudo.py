"""An invented language: each text of the catalogue in ⟦brackets⟧ and with accents, its placeholders kept.

What the product says outside the brackets is text that does not come from the catalogue.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from string import Formatter

from engine.core.text import FALLBACK, FOLDER

CODE = "qps"
HTML = "en-XA"  # what browsers call an invented language
_ACCENTED = str.maketrans("aeiouAEIOUcnyzs", "åéîøûÅÉÎØÛçñýžš")
_FIXED = {"language.html": HTML}


def pseudo(text: str) -> str:
    """The text in the invented language."""
    parts = [_part(*part) for part in Formatter().parse(text)]
    return f"⟦{''.join(parts)}⟧"


def _part(literal: str, name: str | None, form: str | None, conversion: str | None) -> str:
    said = literal.translate(_ACCENTED).replace("{", "{{").replace("}", "}}")
    if name is None:
        return said
    number, *words = name.split("|")
    inside = "|".join([number, *(word.translate(_ACCENTED) for word in words)])
    return f"{said}{{{inside}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"


def write_texts(folder: Path) -> Path:
    """All languages of the product in `folder`, and the invented one beside them: one folder more, and no code."""
    shutil.copytree(FOLDER, folder)
    for file in sorted((folder / FALLBACK).rglob("*.json")):
        target = folder / CODE / file.relative_to(folder / FALLBACK)
        target.parent.mkdir(parents=True, exist_ok=True)
        texts = json.loads(file.read_text(encoding="utf-8"))
        said = {key: _FIXED.get(key) or pseudo(text) for key, text in texts.items()}
        target.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return folder


def outside(text: str) -> str:
    """What stands outside all brackets."""
    depth, left = 0, []
    for character in text:
        depth += (character == "⟦") - (character == "⟧")
        if depth == 0 and character != "⟧":
            left.append(character)
    return "".join(left)
