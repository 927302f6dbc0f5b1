"""The docs say what the code does: parameters, settings, dependencies, links."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.commands.document import FILES, FOLDERS
from engine.commands.document import PAGES as GENERATED
from engine.commands.documents.models import NOT_RUN, sign_of
from engine.core.settings import SETTINGS
from engine.core.text import LANGUAGES
from engine.evaluation.metrics import METRICS
from engine.exports import EXPORTS
from engine.methods import METHODS
from engine.objectives import OBJECTIVES
from tests.zoo import representatives

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GENERATED)
def test_generated_pages_are_fresh(name: str, language: str) -> None:
    page = (FOLDERS[language] / name).read_text(encoding="utf-8")
    assert page == GENERATED[name](language), "run: python -m engine.commands.document"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_export_is_explained(language: str) -> None:
    page = (FOLDERS[language] / "export.md").read_text(encoding="utf-8")
    for form in EXPORTS:
        assert f"## {form.label.in_(language)} (`{form.key}`)" in page
        assert form.help.in_(language) in page
        assert form.proof.in_(language) in page
        assert all(f"`{param.key}`" in page for param in form.params)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_metric_is_explained(language: str) -> None:
    page = (FOLDERS[language] / "metrics.md").read_text(encoding="utf-8")
    for metric in METRICS:
        assert f"| **{metric.label.in_(language)}** | `{metric.key}` |" in page
        assert metric.help.in_(language) in page
        assert metric.source in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_model_and_every_method_was_tried(language: str) -> None:
    page = (FOLDERS[language] / "models.md").read_text(encoding="utf-8")
    lines = {line.split(" | ")[0] + " | " + line.split(" | ")[1]: line for line in page.splitlines() if " | " in line}
    for model in representatives():
        assert NOT_RUN not in lines[f"| **{model.likeness}** | `{model.family}`"].split(" | "), "run make test-zoo"
    head = next(line for line in page.splitlines() if line.startswith("| "))
    assert re.findall(r"`(\w+)`", head) == [method.key for method in METHODS], "run make test-zoo"


def test_a_cell_of_the_table_says_what_fails() -> None:
    facts: dict[str, object] = {
        "trains": None,
        "chats": None,
        "adapter made": None,
        "merged made": None,
        "merged stops": None,
    }
    assert sign_of({"facts": facts}) == "✓"
    assert sign_of({"facts": facts | {"merged stops": {"kind": "on"}, "trains": {"text": "KeyError"}}}) == "TS"
    assert sign_of({"facts": facts | {"adapter same": {"kind": "other"}, "merged same": {"kind": "other"}}}) == "MP"
    assert sign_of({"refused": {"code": "houlsby.family", "params": {}}}) == "–"
    assert sign_of(None) == NOT_RUN


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_parameter_is_explained(language: str) -> None:
    page = FILES[language].read_text(encoding="utf-8")
    for params in (*(objective.params for objective in OBJECTIVES), *(method.params for method in METHODS)):
        for param in params:
            assert f"`{param.key}`" in page
            assert param.help.in_(language).replace("|", "\\|") in page


def test_every_setting_is_documented_with_its_default_and_help() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for setting in SETTINGS.values():
        default = f"`{setting.default}`" if setting.default else "empty"
        assert f"| `{setting.variable}` | {default} | {setting.help}" in page
    assert set(re.findall(r"\| `(TUNESMITH_\w+)`", page)) == {setting.variable for setting in SETTINGS.values()}


def test_every_dependency_is_explained_and_pinned() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-r "))
    ]
    assert [line for line in lines if "==" not in line] == []
    packages = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert [version for version in packages.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    wanted = {line.split("==")[0].strip() for line in lines} | packages.keys()
    explained = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", page, re.MULTILINE)
    assert {name for names in explained for name in re.findall(r"`([^`]+)`", names)} == wanted


def test_links_between_pages_lead_somewhere() -> None:
    dead = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                dead.append(f"{page.relative_to(ROOT)}: {target}")
    assert dead == []


def test_both_languages_have_the_same_pages_for_users() -> None:
    for name in ("guide.md", *GENERATED):
        english, chinese = ((ROOT / "docs" / part / name).read_text(encoding="utf-8") for part in ("", "zh"))
        assert len(re.findall(r"^#+ ", english, re.MULTILINE)) == len(re.findall(r"^#+ ", chinese, re.MULTILINE))
        assert re.findall(r"images/[\w-]+\.\w+", english) == re.findall(r"images/[\w-]+\.\w+", chinese)


_ROOMS = r"(?:engine|storage|webui|tests|benchmarks)"
_NAMED = re.compile(rf"(?<![\w/.-])({_ROOMS}/[\w./-]*\w|{_ROOMS}(?:\.\w+)+)(?![\w{{*/])")


def _is_there(name: str) -> bool:
    """Whether a path, a module, or a name within a module exists."""
    if "/" in name:
        return (ROOT / name).exists()
    parts = name.split(".")
    places = [ROOT.joinpath(*parts[:end]) for end in (len(parts), len(parts) - 1)]
    if places[0].is_dir() or places[0].with_suffix(".py").exists():
        return True
    sources = [file for file in (places[1].with_suffix(".py"), places[1] / "__init__.py") if file.exists()]
    return any(re.search(rf"\b{parts[-1]}\b", file.read_text(encoding="utf-8")) for file in sources)


def test_files_and_modules_that_the_docs_name_exist() -> None:
    others = [
        ROOT / name for name in ("Makefile", "Dockerfile", "pyproject.toml", ".pre-commit-config.yaml", ".ci/run")
    ]
    pages = [*PAGES, *(ROOT / "docs" / "images").glob("*.svg"), *others]
    named = {(page.name, name) for page in pages for name in _NAMED.findall(page.read_text(encoding="utf-8"))}
    assert len(named) > 60
    assert sorted((page, name) for page, name in named if not _is_there(name)) == []


def test_commands_in_the_docs_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"^make ([\w-]+)", text, re.MULTILINE)) <= targets


def test_the_image_runs_without_root_and_is_watched() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER tunesmith" in lines
    assert "VOLUME /data" in lines
    assert "EXPOSE 7860" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert "/healthz" in "\n".join(lines)
