"""The head of each page: fonts, styles and modules, and a version for each, so that browsers may keep them.

A sheet `<page>-<part>.css` is not loaded before the page asks for it (`laterStyles` of kit/server.js).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache, cached_property

from webui.scripts import EVERYWHERE, FOLDER, scripts

_FONTS = ("vendor/fonts/ibm-plex-sans-latin-400-normal.woff2", "vendor/fonts/ibm-plex-sans-latin-600-normal.woff2")
_KIT = ("theme", "controls", "display", "shell", "fields", "shared")
_CHARTS = ("vendor/uplot/uPlot.min.css", "styles/kit/chart.css")
_DRAWS_CHARTS = "kit/chart.js"


class Assets:
    """What the head of each page loads. Read once, when the server starts."""

    @cached_property
    def styles(self) -> dict[str, bytes]:
        """Style sheets by name: the kit's, the charts', and one a page (of an area its parts first)."""
        sheets = {"kit": [f"styles/kit/{name}.css" for name in _KIT], "charts": list(_CHARTS)}
        for file in sorted((FOLDER / "styles").glob("*.css")):
            parts = sorted((FOLDER / "styles" / file.stem).rglob("*.css"))
            sheets[file.stem] = [one.relative_to(FOLDER).as_posix() for one in (*parts, file)]
        return {name: b"\n".join((FOLDER / one).read_bytes() for one in files) for name, files in sheets.items()}

    def style_url(self, name: str) -> str:
        """The address of a style sheet, with the version of it alone."""
        return f"/styles/{name}.css?v={self._style_versions[name]}"

    @cached_property
    def _style_versions(self) -> dict[str, str]:
        return {name: _version(body) for name, body in self.styles.items()}

    def url(self, name: str) -> str:
        """The address of a file below static, with its version."""
        return f"/static/{name}?v={_file_version(name)}"

    def is_current(self, path: str, query: str) -> bool:
        """Is `path` below /static asked for by its version?"""
        return query.startswith("v=") and (FOLDER / path).is_file() and query == f"v={_file_version(path)}"

    def import_map(self, lang: str, page: str | None) -> str:
        """Where the modules of a page are. It stands before the first module: browsers overlook one that comes later."""
        mapped = scripts(lang).map_of(_starts(page))
        return f'<script type="importmap">{json.dumps({"imports": mapped}, separators=(",", ":"))}</script>'

    def head(self, lang: str, page: str | None) -> str:
        """The tags that load fonts, styles and modules of the page with the key `page` (None: a plain page of ours)."""
        modules = scripts(lang)
        at_once = modules.loaded_at_once(_starts(page))
        charts = ["charts"] if modules.address(_DRAWS_CHARTS) in modules.map_of(_starts(page)) else []
        sheets = ["kit", *charts, *([page] if page in self.styles else [])]
        later = [name for name in self.styles if page and name.startswith(f"{page}-")]
        fonts = [
            f'<link rel="preload" as="font" type="font/woff2" crossorigin href="/static/{name}">' for name in _FONTS
        ]
        return "\n".join(
            [
                *fonts,
                *(f'<link rel="stylesheet" href="{self.style_url(name)}">' for name in sheets),
                *(
                    f'<link rel="stylesheet" data-later="{name}" disabled href="{self.style_url(name)}">'
                    for name in later
                ),
                *(f'<link rel="modulepreload" href="{modules.url(name)}">' for name in at_once),
                f'<script type="module" src="{modules.url(EVERYWHERE[0])}"></script>',
            ]
        )


def _starts(page: str | None) -> list[str]:
    return [*EVERYWHERE, *([f"views/{page}/page.js"] if page else [])]


@cache
def _file_version(name: str) -> str:
    return _version((FOLDER / name).read_bytes())


def _version(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]
