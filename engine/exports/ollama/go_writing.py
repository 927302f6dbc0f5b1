"""Turns of a conversation as a Go template, in the words that Ollama's templates have."""

from __future__ import annotations

import re

from engine.exports.ollama.turns import Turns

_DELICATE = re.compile(r'(\{+|"""|[^\n\t -~]+)')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_LAST = "{{ $last := eq (len (slice $.Messages $i)) 1 }}"


def go_template(turns: Turns, own_system: str = "") -> str:
    """A template for Ollama.

    Args:
        own_system: a system text that stands in the template itself, where no other one is given.
    """
    system = "$system" if own_system else "$.System"
    head = f"{{{{ $system := or .System {go_string(own_system)} }}}}" if own_system else ""
    before_last = ""
    if turns.system == "first":
        text = _plain(turns.before_system) + _action(system) + _plain(turns.after_system)
        head += f"{{{{ if {system} }}}}{text}{{{{ else }}}}{_plain(turns.head)}{{{{ end }}}}"
    else:
        head += _plain(turns.head)
    if turns.system == "last":
        text = _plain(turns.before_system) + _action(system) + _plain(turns.after_system)
        before_last = f"{{{{ if and $last {system} }}}}{text}{{{{ end }}}}"
    user = f"{before_last}{{{{ .Content }}}}{{{{ if $last }}}}{_plain(turns.asks)}{{{{ end }}}}"
    ends = f"{{{{ if $last }}}}{_plain(turns.asks_again)}{{{{ else }}}}{_plain(turns.to_user)}{{{{ end }}}}"
    answer = f"{_plain(turns.to_answer)}{{{{ .Content }}}}{ends}"
    return (
        f"{head}{{{{ range $i, $_ := .Messages }}}}{_LAST}"
        f'{{{{ if eq .Role "user" }}}}{user}{{{{ else if eq .Role "assistant" }}}}{answer}{{{{ end }}}}{{{{ end }}}}'
    )


def go_string(text: str) -> str:
    """A text as a literal of Go, in letters that can be printed."""
    return '"' + "".join(map(_letter, text)) + '"'


def _letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    number = ord(letter)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _action(name: str) -> str:
    return f"{{{{ {name} }}}}"


def _plain(text: str) -> str:
    """A text as it stands in a template; what a Modelfile or a template would read otherwise is written as a literal."""
    return "".join(_piece(piece) for piece in _DELICATE.split(text))


def _piece(piece: str) -> str:
    safe = piece != '"""' and "{" not in piece and all(one.isprintable() or one in "\n\t" for one in piece)
    return piece if safe else _action(go_string(piece))
