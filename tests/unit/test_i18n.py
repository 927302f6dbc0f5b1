"""Both languages say everything, every key that is asked for exists, and no text hides in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

import pytest

from engine.core.text import DECLARED, FALLBACK, LANGUAGES, catalogue, own_texts, page_texts
from webui.i18n import t
from webui.wire import WireValue

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
PYTHON = sorted(file for folder in ("engine", "webui", "storage") for file in (ROOT / folder).rglob("*.py"))
SCRIPTS = sorted(f for f in (ROOT / "webui" / "static").rglob("*.js") if "vendor" not in f.parts)
NAMES = ("简体中文", "中文", "Tunesmith")
TEXT = ROOT / "engine" / "core" / "text.py"
SAMPLES = (
    "engine/exports/gguf/words/samples.py",
    "engine/exports/ollama/turns.py",
)  # what tokenizers and templates are tried with
FORMULAS = "engine/services/app/formulas.py"
ANYTHING = "{}"
ENDS = {"_named", ".help", ".unit"}  # what code appends to a whole key


def _placeholders(text: str) -> set[str]:
    """Their names; of one that says its number in words, as {rows|row|rows}, what stands first."""
    return {
        name.partition("|")[0] for _literal, name, _form, _conversion in Formatter().parse(text) if name is not None
    }


def _place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node


def _literal(node: ast.Call, place: int) -> str | None:
    """The text of an argument that is one; the beginning of an f-string, with `{}` behind it."""
    if len(node.args) <= place:
        return None
    argument = node.args[place]
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        return f"{argument.values[0].value}{ANYTHING}"
    return None


def _known(key: str, texts: Mapping[str, str] | None = None) -> bool:
    texts = catalogue(FALLBACK) if texts is None else texts
    if key.endswith(ANYTHING):
        return any(known.startswith(key[: -len(ANYTHING)]) for known in texts)
    return key in texts


# ------------------------------------------------------------------ the catalogues


OTHERS = [language for language in LANGUAGES if language != FALLBACK]


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_the_same_keys_in_the_same_files(language: str) -> None:
    keys, english = (
        {(name, key) for name, part in own_texts(one).items() for key in part} for one in (language, FALLBACK)
    )
    assert (sorted(english - keys), sorted(keys - english)) == ([], [])


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_fills_in_the_same_things(language: str) -> None:
    english, texts = catalogue(FALLBACK), catalogue(language)
    assert [key for key in english if _placeholders(english[key]) != _placeholders(texts[key])] == []


def test_chinese_texts_are_chinese_and_english_ones_are_not() -> None:
    def untranslated(text: str) -> bool:
        return not CHINESE.search(text) and len(re.findall(r"[a-z]{3,}", re.sub(r"\{\w+\}", "", text))) >= 4

    def shows_a_sample(key: str) -> bool:
        return key.startswith("data.sample.")

    chinese, english = catalogue("zh"), catalogue("en")
    assert [key for key, text in chinese.items() if untranslated(text) and not shows_a_sample(key)] == []
    wrong = [key for key, text in english.items() if re.search(r"[\u4e00-\u9fff]", text) and not shows_a_sample(key)]
    assert [key for key in wrong if english[key] not in NAMES] == []


def test_no_text_is_empty_or_unfinished() -> None:
    unfinished = re.compile(r"^\s*$|\b(TO" r"DO|FIX" r"ME|lorem|tbd)\b", re.IGNORECASE)
    assert [(lang, key) for lang in LANGUAGES for key, text in catalogue(lang).items() if unfinished.search(text)] == []


# ------------------------------------------------------------------ keys that are asked for


def test_keys_asked_for_in_python_exist() -> None:
    asked = [
        (file.relative_to(ROOT).as_posix(), key)
        for file in PYTHON
        for name, call in _calls(file)
        if name == "t" and (key := _literal(call, 1)) is not None
    ]
    assert len(asked) > 15
    assert [(file, key) for file, key in asked if not _known(key)] == []


def test_keys_asked_for_in_scripts_exist() -> None:
    whole = re.compile(r"""\bt\(\s*(["'`])([\w.\-]+)\1\s*[,)]""")
    start = re.compile(r"""\bt\(\s*(?:(["'])([\w.\-]+)\1\s*\+|`([\w.\-]+)\$\{)""")
    known = page_texts(FALLBACK)  # what the browser gets
    missing, asked = [], set()
    for file in SCRIPTS:
        source = file.read_text(encoding="utf-8")
        keys = {found[2] for found in whole.finditer(source)}
        keys |= {(found[2] or found[3]) + ANYTHING for found in start.finditer(source)}
        missing += [(_place(file), key) for key in sorted(keys) if not _known(key, known)]
        asked |= keys
    assert len(asked) > 600
    assert missing == []


def test_no_key_is_left_over() -> None:
    """A key is used where it stands whole in the code, or where the code builds keys that begin or end like it."""
    files = [*PYTHON, *SCRIPTS, ROOT / "app.py"]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    whole = set(re.findall(r"""["'`]([\w.\-]+)["'`]""", source))
    built = set(re.findall(r"""["'`](\w+\.[\w.\-]*)(?:["'`]\s*\+|\$?\{)""", source))
    built |= {"error.", "event.", "detect.", "headline.", "plan.", "fit."}  # prefixed codes
    built |= {key for key in whole if "." in key and any(f"{key}{end}" in catalogue("en") for end in ENDS & whole)}
    left = [key for key in page_texts(FALLBACK) if key not in whole and not key.startswith(tuple(built))]
    assert left == []


def _declared_keys() -> set[str]:
    return {key for name, part in own_texts(FALLBACK).items() if name.startswith(f"{DECLARED}/") for key in part}


def test_each_declared_text_stands_in_one_declaration() -> None:
    """Keys of declarations stand whole in the code; `language.` and words of formulas are asked for by what they begin with."""
    files = [file for file in PYTHON if file != TEXT]
    asked = {(_place(file), _literal(call, 0)) for file in files for name, call in _calls(file) if name == "Text"}
    assert len(asked) > 1200
    assert [(file, key) for file, key in asked if (key is None and file != FORMULAS) or (key and not _known(key))] == []
    used = {key for _file, key in asked}
    assert [key for key in sorted(_declared_keys() - used) if not key.startswith("services.app.formulas.words.")] == []


def test_every_code_with_a_sentence_is_raised_somewhere() -> None:
    """Sentences of plans and errors whose code stands nowhere in the code."""
    source = "\n".join(file.read_text(encoding="utf-8") for file in [*PYTHON, *SCRIPTS, ROOT / "app.py"])
    built = set(re.findall(r"""["'`]([\w.]+[._])(?:["'`]\s*\+|\$?\{)""", source))
    left = []
    for key in catalogue("en"):
        prefix, _, code = key.partition(".")
        if prefix not in ("error", "plan") or key.endswith(".means"):  # beside the key of what they explain
            continue
        names = (code, code.partition(".")[2])
        if not any(f'"{name}"' in source for name in names if name) and not code.startswith(tuple(built)):
            left.append(key)
    assert left == []


def _raised() -> Iterator[tuple[str, str]]:
    """Codes of faults, in raises and in classes."""
    for file in PYTHON:
        where = file.relative_to(ROOT).as_posix()
        for name, call in _calls(file):
            if name in ("Fault", "ParamFault") and (code := _literal(call, 0)) is not None:
                yield where, code
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            bases = [ast.unparse(base) for base in node.bases] if isinstance(node, ast.ClassDef) else []
            if any(base.endswith(("Error", "Fault", "NotFound")) for base in bases):
                assert isinstance(node, ast.ClassDef)
                yield from ((where, code) for code in _codes_of(node))


def _codes_of(node: ast.ClassDef) -> Iterator[str]:
    for line in node.body:
        if (
            isinstance(line, ast.Assign)
            and ast.unparse(line.targets[0]) == "code"
            and isinstance(line.value, ast.Constant)
        ):
            yield str(line.value.value)


def test_every_fault_has_its_sentence() -> None:
    raised = list(_raised())
    assert len(raised) > 300
    assert [(file, code) for file, code in raised if not _known(f"error.{code}")] == []


@pytest.mark.parametrize(("call", "place", "prefix"), [("Verdict", 0, "plan."), ("Precision", 1, "plan.")])
def test_every_verdict_has_its_sentence(call: str, place: int, prefix: str) -> None:
    found = [key for file in PYTHON for name, node in _calls(file) if name == call and (key := _literal(node, place))]
    assert found
    assert [key for key in found if not _known(prefix + key)] == []


def test_every_event_of_a_job_has_its_sentence() -> None:
    found = [
        (file.name, code)
        for file in PYTHON
        for name, call in _calls(file)
        if name == "event" and isinstance(call.func, ast.Attribute) and (code := _literal(call, 1)) is not None
    ]
    assert len(found) > 12
    assert [(file, code) for file, code in found if not _known(f"event.{code}")] == []


# ------------------------------------------------------------------ texts in code


def _docstrings(tree: ast.AST) -> set[int]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, holders) and node.body]
    return {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}


def test_no_chinese_in_code() -> None:
    found = []
    recognised = ROOT / "engine" / "data"  # Chinese names of columns and roles
    for file in (f for f in PYTHON if not f.is_relative_to(recognised) and _place(f) not in SAMPLES):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        allowed = _docstrings(tree)
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if id(node) not in allowed and len(re.findall(r"[\u4e00-\u9fff]", text)) > 1 and not _is_pattern(text):
                found.append((file.relative_to(ROOT).as_posix(), text[:60]))
    for file in SCRIPTS:
        source = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [
            (_place(file), line.strip()[:60]) for line in source.splitlines() if re.search(r"[\u4e00-\u9fff]", line)
        ]
    assert [entry for entry in found if entry[1] not in NAMES] == []


def _is_pattern(text: str) -> bool:
    """Ranges of characters and lists of them are data, not sentences."""
    return "[" in text or "-" in text


_SHOWN = {"label", "placeholder", "info", "title", "description", "value"}


def test_widgets_take_their_words_from_the_catalogue() -> None:
    found = []
    for file in (f for f in PYTHON if f.is_relative_to(ROOT / "webui")):
        for name, call in _calls(file):
            if not (isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "gr"):
                continue
            for keyword in call.keywords:
                text = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                if (
                    keyword.arg in _SHOWN
                    and isinstance(text, str)
                    and text not in NAMES
                    and re.search(r"[A-Za-z]{3}", text)
                ):
                    found.append((file.name, name, text))
    assert found == []


def test_scripts_hold_no_sentences() -> None:
    sentence = re.compile(r"""(["'`])([A-Z][a-z]+(?: [a-z'’]+){2,}[.!?…]?)\1""")
    found = []
    for file in SCRIPTS:
        source = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        source = re.sub(r"(throw new Error|console\.\w+)\([^\n]*", "", source)
        found += [(_place(file), match[2]) for match in sentence.finditer(source)]
    assert found == []


def test_a_stored_value_that_does_not_fit_its_text_breaks_no_page() -> None:
    stored = {"code": "tools", "params": {"n": None, "rows": 3, "model": "Small"}}
    assert WireValue("en", [stored]).value[0]["message"] == t("en", "fit.tools")
