"""Every place where a model may be wanted: its forms are there, its lines are whole, and where a form cannot be had something is near."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.documents.exports import exports_page
from engine.core.errors import Fault
from engine.core.params import read_all
from engine.core.text import LANGUAGES
from engine.exports import EXPORTS, format_of
from engine.exports.common.declaration import ExportFormat
from engine.exports.destinations import (
    DESTINATIONS,
    SERVED,
    Destination,
    destination_of,
    filled_code,
    short_name,
    way_to,
)
from engine.exports.use import how_to_use
from engine.methods import METHODS
from engine.services.models.offers import ExportOffer

PLACES = pytest.mark.parametrize("place", DESTINATIONS, ids=lambda place: place.key)


@PLACES
def test_a_place_names_forms_and_settings_that_there_are(place: Destination) -> None:
    assert destination_of(place.key) is place
    for way in place.ways:
        assert len(way.lines) == 3
        assert all(line.says.in_(language).strip() for line in way.lines for language in LANGUAGES)
        if way.form:
            form = format_of(way.form)
            assert set(way.params) <= {param.key for param in form.params}
            assert read_all(form.params, way.params, "export")[1] == {}


@PLACES
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)
def test_every_model_gets_to_every_place_somehow(place: Destination, method: object) -> None:
    for config in ({"model_type": "llama"}, {"model_type": "of the future"}, None):
        offer = ExportOffer(method.key, method.saves, False, config)  # type: ignore[attr-defined]
        way = way_to(place, offer.possible, talks=True)
        assert way is not None
        assert way is SERVED if way.form == "" else offer.possible(way.form)
        scores = ExportOffer(method.key, method.saves, True, config)  # type: ignore[attr-defined]
        assert way_to(place, scores.possible, talks=False) is not SERVED


def test_where_llama_cpp_does_not_know_a_base_the_api_is_near() -> None:
    offer = ExportOffer("lora", "adapter", False, {"model_type": "of the future"})
    (ollama,) = [one for one in DESTINATIONS if one.label.in_("en") == "Ollama"]
    assert way_to(ollama, offer.possible, talks=True) is SERVED
    best = offer.meant(ollama.ways[0].form)
    assert best is not None
    assert "architecture" in str(offer.refusal(best).in_("en"))  # type: ignore[union-attr]


def test_names_are_filled_in_as_programs_take_them() -> None:
    assert short_name("House style 家 — v2") == "house-style-v2"
    assert short_name("家") == "my-model"
    code = filled_code('run {tag} {name} {"model": "{model}"} {url}', name="a-b", model='It\'s "A"')
    assert code == 'run it-s-a a-b {"model": "Its \\"A\\""} {url}'
    with pytest.raises(Fault, match=r"export\.unknown_destination"):
        destination_of("the moon")


@pytest.mark.parametrize("form", EXPORTS, ids=lambda form: form.key)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_readme_says_which_file_is_what_and_how_to_use_it(form: ExportFormat, language: str, tmp_path: Path) -> None:
    for name in ("model.gguf", "config.json", "README.md", "odd.bin"):
        (tmp_path / name).touch()
    text = how_to_use(form, tmp_path, "It-x", "It", language, talks=True)
    rows = {
        line.split("|")[1].strip(): line.split("|")[2].strip() for line in text.splitlines() if line.startswith("| `")
    }
    assert set(rows) == {"`model.gguf`", "`config.json`", "`odd.bin`"}
    assert rows["`model.gguf`"]
    serves = [one for one in DESTINATIONS if any(way.form in (form.key, *form.also) for way in one.ways)]
    assert [line[4:] for line in text.splitlines() if line.startswith("### ")] == [
        one.label.in_(language) for one in serves
    ]
    assert "###" not in how_to_use(form, tmp_path, "It-x", "It", language, talks=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_docs_have_every_place(language: str) -> None:
    page = exports_page(language)
    assert all(f"| **{one.label.in_(language)}** | `{one.key}` |" in page for one in DESTINATIONS)
