"""Normal forms: what is taken away, and what is not."""

import pytest

from understanding.text import fold, form, script, tidy


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("الحُكُومَةُ", "الحكومه"),
        ("أإآا", "ا"),
        ("مـــرحبا", "مرحبا"),
        ("إلى", "الي"),
        ("سلااااام", "سلام"),
        ("merciiiii", "merci"),
        ("٢٠٢٦", "2026"),
        ("\u200fMenu\u200e", "menu"),
        ("Éléments d’été", "elements d ete"),
        ("👋 Salam 😀!!", "salam"),
        ("ⴰⵣⵓⵍ", "azul"),
        ("گريمة ڭريمة", "كريمه كريمه"),
        ("cœur", "coeur"),
        ("Menu", "menu"),
        ("   ", ""),
    ],
)
def test_spelling_habits_marks_and_decoration_are_taken_away(written, plain):
    assert fold(written) == plain


def test_a_normal_form_is_its_own_normal_form():
    for text in ("الحُكُومَةُ المُنفتحة", "Où en est ma proposition ?", "ⴰⵣⵓⵍ ⴼⵍⵍⴰⵡⵏ", "n9adem i9tira7"):
        assert fold(fold(text)) == fold(text)


def test_a_message_of_punctuation_alone_is_its_own_form():
    assert form(" ? ") == "?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("مرحبا", "arabic"), ("bonjour", "latin"), ("ⴰⵣⵓⵍ", "tifinagh"), ("123 ?", ""), ("", ""), ("واش OGP مزيان", "arabic")],
)
def test_the_script_is_that_of_most_letters(text, expected):
    assert script(text) == expected


def test_tidying_keeps_accents_and_case():
    assert tidy("  Élan\u200f   vitaaaal ") == "Élan vital"
