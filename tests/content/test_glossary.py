"""The official terms: the copy that is shipped, the page for translators, and words found in the place of a term."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from handlers.desk import glossary
from handlers.desk.glossary import Term, misused
from tests.conftest import shared

DOCS = Path(__file__).parent.parent.parent / "docs"
COMMUNE = Term(
    en="commune",
    fr="commune",
    ar="جماعة",
    avoid={"ar": ("بلدية", "المجلس البلدي"), "fr": ("municipalité", "comité d'exécution"), "en": ("municipality",)},
    quoted=("quotes-it",),
)


def test_the_shipped_glossary_is_the_projects() -> None:
    """Every term of the project's glossary, word for word; nothing more."""
    known = yaml.safe_load(shared("facts/glossary.yml").read_text("utf-8"))
    assert [(term.en, term.fr, term.ar, term.zgh) for term in glossary.read()] == [
        (each["en"], each["fr"], each["ar"], each["zgh"] or "") for each in known
    ]


def test_the_page_for_translators_has_every_term() -> None:
    page = (DOCS / "glossary.md").read_text("utf-8").splitlines()
    for term in glossary.read():
        zgh = f"{term.zgh} ({term.zgh_confidence})" if term.zgh else "–"
        avoid = "; ".join(f"{language}: {', '.join(words)}" for language, words in term.avoid.items())
        assert f"| {term.en} | {term.fr} | {term.ar} | {zgh} | {avoid} |" in page


def test_no_term_is_to_be_avoided() -> None:
    """A word that the glossary gives for one term is not forbidden by another, but for the two names of open government."""
    terms = glossary.read()
    for term in terms:
        texts = {"ar": term.ar, "fr": term.fr, "en": term.en, "zgh": term.zgh}
        assert [found for found in misused(terms, "", texts) if found[1] != "الحكومة المفتوحة"] == []


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("ar", "اسألوا البلدية", ["بلدية"]),
        ("ar", "وبالبَلَدِيَّة أيضا", ["بلدية"]),
        ("ar", "أعضاء المجلس البلدي", ["المجلس البلدي"]),
        ("ar", "المجلس في البلد", []),
        ("ar", "اسألوا الجماعة", []),
        ("fr", "Les Municipalités concernées", ["municipalité"]),
        ("fr", "le comité d’exécution", ["comité d'exécution"]),
        ("fr", "la commune", []),
        ("en", "your municipality.", ["municipality"]),
        ("en", "municipalityish", []),
    ],
)
def test_a_word_in_the_place_of_a_term_is_found_however_it_is_written(language: str, text: str, found: list[str]) -> None:
    assert [word for _language, word, _official in misused((COMMUNE,), "one", {language: text})] == found


def test_an_entry_may_quote_such_a_word_on_purpose() -> None:
    assert list(misused((COMMUNE,), "quotes-it", {"fr": "municipalité"})) == []


def test_the_official_term_is_told_in_the_language_of_the_text() -> None:
    assert list(misused((COMMUNE,), "one", {"ar": "بلدية"})) == [("ar", "بلدية", "جماعة")]
