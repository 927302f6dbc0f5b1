"""Ollama: templates in Go's language write what Jinja's do, and a Modelfile is read as it is meant."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import jinja2
import pytest

from engine.core.errors import Fault
from engine.data.templates.sandbox import sandbox
from engine.exports.ollama.go_reading import GoTemplateError, rendered
from engine.exports.ollama.go_writing import go_template
from engine.exports.ollama.modelfile import (
    Instruction,
    ModelfileError,
    holds,
    read_modelfile,
    write_modelfile,
)
from engine.exports.ollama.turns import SAMPLES, Conversation, Render, Turns, learnt

_PLACES = (Path(__file__).parent / "data" / "templates", Path(__file__).parents[1] / "zoo" / "templates")
TEMPLATES = sorted(file for place in _PLACES for file in place.glob("*.jinja"))
HARD = (
    "{",
    "{{",
    "}}",
    '"""',
    "\\",
    "\r\n",
    "\u3000\u00a0",
    '"',
    "`",
    "{{ .System }}",
    "x{{",
    "🙂",
    "{% x %}",
    "- ",
    "中文。",
    "\\n",
)


def by_jinja(source: str) -> Render:
    """What the template itself writes."""
    template = sandbox().from_string(source)

    def render(messages: Conversation) -> str:
        try:
            return template.render(
                messages=[dict(one) for one in messages], add_generation_prompt=True, bos_token="<s>", eos_token="</s>"
            )
        except jinja2.TemplateError as error:
            raise Fault("template.refuses", reason=str(error)) from None

    return render


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_a_go_template_writes_what_the_jinja_template_does(file: Path) -> None:
    render = by_jinja(file.read_text(encoding="utf-8").removesuffix("\n"))
    turns = learnt(render)
    assert turns is not None
    written, compared = go_template(turns), 0
    for messages in SAMPLES:
        try:
            expected = render(messages)
        except Fault:
            continue
        assert rendered(written, messages) == expected
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ messages|length }}{% for m in messages %}[{{ m.content }}]{% endfor %}", id="counts"),
        pytest.param("{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}", id="twice"),
        pytest.param("{% for m in messages|reverse %}[{{ m.content }}]{% endfor %}", id="backwards"),
        pytest.param("{{ messages[0].content }}", id="first alone"),
        pytest.param("{{ messages[0].content|upper }}", id="loud"),
    ],
)
def test_what_is_not_the_same_in_every_turn_is_not_guessed(source: str) -> None:
    assert learnt(by_jinja(source)) is None


@pytest.mark.parametrize(("one", "other"), list(product(HARD, HARD[:6])))
def test_hard_words_survive(one: str, other: str) -> None:
    for place in ("first", "last", "nowhere"):
        turns = Turns("H" + one, other + "A" + one, one + other, other, "z" + other, place, other + one, one)  # type: ignore[arg-type]
        for own in ("", one + other):
            template = go_template(turns, own)
            for messages in SAMPLES[:6]:
                assert rendered(template, messages) == _expected(turns, messages, own)
            asked = Instruction("template", template)
            assert read_modelfile(write_modelfile([Instruction("from", "./a.gguf"), asked]))[1] == asked


def _expected(turns: Turns, messages: Conversation, own: str) -> str:
    system = next((one["content"] for one in messages if one["role"] == "system"), own)
    talk = [one["content"] for one in messages if one["role"] != "system"]
    told = turns.before_system + system + turns.after_system if system else ""
    text = told if told and turns.system == "first" else turns.head
    for place, said in enumerate(talk):
        last = place == len(talk) - 1
        text += (told if last and turns.system == "last" else "") + said
        text += turns.asks if last else (turns.to_user if place % 2 else turns.to_answer)
    return text


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{{ "a\\u00e4\\n" }}|{{ `\\n` }}', "aä\n|\\n"),
        ("a {{- 1 -}} b", "a1b"),
        ('{{ if eq 2 1 2 }}y{{ else if eq 1 1 }}z{{ end }}{{ if not "" }}n{{ end }}', "yn"),
        ('{{ or "" "x" "y" }}{{ and "x" "" "y" }}', "x"),
        ("{{ range $i, $m := .Messages }}{{ $i }}{{ $m.Role }}{{ .Content }}{{ end }}", "0userHi"),
        ("{{ range (slice .Messages 1) }}x{{ else }}none{{ end }}", "none"),
        ("{{ len .Messages }}{{ (index .Messages 0).Role }}", None),
        ("{{ if 1 }}", None), ("{{ end }}", None), ("{{ .Nothing }}", None), ("{{ shout 1 }}", None), ("{{ $x }}", None), ("a {{ b", None),
    ],
)  # fmt: skip
def test_the_language_of_go(template: str, expected: str | None) -> None:
    """As `text/template` says; what it says otherwise, or what is not known here, is refused."""
    messages = [{"role": "user", "content": "Hi"}]
    if expected is None:
        with pytest.raises(GoTemplateError):
            rendered(template, messages)
    else:
        assert rendered(template, messages) == expected


DOCUMENTED = '''# comment
FROM llama3.2
# sets the temperature to 1 [higher is more creative, lower is more coherent]
PARAMETER temperature 1
parameter num_ctx 4096
PARAMETER stop "AI assistant:"
SYSTEM You are Mario from super mario bros, acting as an assistant.
Template """{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}"""
ADAPTER ./ollama-lora.gguf
LICENSE """
<license text>
"""
MESSAGE user Is Toronto in Canada?
MESSAGE assistant yes
REQUIRES 0.14.0'''


def test_the_documented_language_of_modelfiles() -> None:
    assert read_modelfile(DOCUMENTED) == [
        Instruction("from", "llama3.2"),
        Instruction("parameter", "1", "temperature"),
        Instruction("parameter", "4096", "num_ctx"),
        Instruction("parameter", "AI assistant:", "stop"),
        Instruction("system", "You are Mario from super mario bros, acting as an assistant."),
        Instruction("template", "{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n{{ end }}"),
        Instruction("adapter", "./ollama-lora.gguf"),
        Instruction("license", "\n<license text>\n"),
        Instruction("message", "Is Toronto in Canada?", "user"),
        Instruction("message", "yes", "assistant"),
        Instruction("requires", "0.14.0"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SYSTEM x", "FROM x\nSHOUT y", "FROM x\nSYSTEM \"\"\"open", "FROM x\nPARAMETER warmth 1", "FROM x\nPARAMETER top_k 0.5",
        "FROM x\nPARAMETER temperature hot", "FROM x\nMESSAGE robot hi", "FROM x\nPARAMETER stop", "FROM",
    ],
)  # fmt: skip
def test_what_is_no_modelfile(text: str) -> None:
    with pytest.raises(ModelfileError):
        read_modelfile(text)


@pytest.mark.parametrize(
    "text", [*(one + other for one, other in product(HARD, HARD)), "a\nb", " a ", "", "\n", "# x", "FROM y"]
)
def test_a_system_text_is_read_as_it_is_meant_or_not_written(text: str) -> None:
    asked: list[Any] = [
        Instruction("from", "./a.gguf"),
        Instruction("system", text),
        Instruction("parameter", "0", "top_k"),
    ]
    if holds(asked[1]):
        assert read_modelfile(write_modelfile(asked)) == asked
    else:
        assert not text.isprintable() or '"' in text
        with pytest.raises(Fault) as caught:
            write_modelfile(asked)
        assert caught.value.code == "export.modelfile"
