"""The static files of the page: which there are, in which order they load, and one version for the browser's cache."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path

from engine.core.text import LANGUAGES, page_texts

FOLDER = Path(__file__).parent / "static"
_STYLES = (
    "styles/kit/theme.css", "styles/kit/controls.css", "styles/kit/display.css", "styles/kit/shell.css",
    "vendor/uplot/uPlot.min.css", "styles/kit/chart.css",
)  # fmt: skip
_SCRIPTS = (
    "kit/kit.js", "kit/icons.js", "kit/parts.js", "kit/shell.js",
    "vendor/uplot/uPlot.iife.min.js", "kit/chart-math.js", "kit/chart.js",
)  # fmt: skip
_FONTS = ("vendor/fonts/ibm-plex-sans-latin-400-normal.woff2", "vendor/fonts/ibm-plex-sans-latin-600-normal.woff2")


class Assets:
    """What the head of each page loads. Read once, when the server starts."""

    @cached_property
    def styles(self) -> list[str]:
        """Style sheets: tokens, kit, shell and charts first, then whatever the pages add (of an area its parts first)."""
        return [*_STYLES, *(name for name in _below("styles", "*.css") if name not in _STYLES)]

    @cached_property
    def scripts(self) -> list[str]:
        """Scripts: the kit, then every view."""
        return [*_SCRIPTS, *_below("views", "*.js")]

    @cached_property
    def texts(self) -> dict[str, bytes]:
        """For each language the script that holds its catalogue."""
        return {lang: _texts_script(lang) for lang in LANGUAGES}

    @cached_property
    def version(self) -> str:
        """A hash over everything served: a changed file gets a new address, so browsers may keep files for good."""
        digest = hashlib.sha256()
        for name in [*self.styles, *self.scripts]:
            digest.update((FOLDER / name).read_bytes())
        for lang in LANGUAGES:
            digest.update(self.texts[lang])
        return digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a static file."""
        return f"/static/{name}?v={self.version}"

    def head(self, lang: str) -> str:
        """The tags that load fonts, styles, texts and scripts."""
        fonts = [
            f'<link rel="preload" as="font" type="font/woff2" crossorigin href="/static/{name}">' for name in _FONTS
        ]
        styles = [f'<link rel="stylesheet" href="{self.url(name)}">' for name in self.styles]
        scripts = [f'<script defer src="{self.url(name)}"></script>' for name in [f"texts-{lang}.js", *self.scripts]]
        return "\n".join([*fonts, *styles, *scripts])


def _below(folder: str, pattern: str) -> list[str]:
    """The files in a folder's rooms, name by name of their paths: `data/rows.css` before `data.css`."""
    return [file.relative_to(FOLDER).as_posix() for file in sorted((FOLDER / folder).rglob(pattern), key=_parts)]


def _parts(file: Path) -> tuple[str, ...]:
    return file.relative_to(FOLDER).parts


def _texts_script(lang: str) -> bytes:
    texts = json.dumps(dict(page_texts(lang)), ensure_ascii=False, separators=(",", ":"))
    return f"window.TS = window.TS || {{ views: {{}} }};\nTS.texts = {texts};\n".encode()
