"""Half characters: code points of surrogates that stand alone. JSON and YAML can write them, nothing can store or send them."""

from __future__ import annotations


def whole(text: str) -> str:
    """The text with U+FFFD for each half character; two halves that belong together become their character."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
