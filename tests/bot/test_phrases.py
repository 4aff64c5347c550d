"""Words in four languages: complete catalogues, right plurals, values that cannot turn the sentence around them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.phrases import LANGUAGES, Month, _, _n, open_voices
from service.catalogues import FOLDER, PLURALS, extract, update
from tests.stage import voices


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_sentence(language: str) -> None:
    """A sentence in the source without its translation fails the build."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        known = read_po(file)
    missing = []
    for message in extract():
        found = known.get(message.id if isinstance(message.id, str) else message.id[0]) if message.id else None
        if message.id and (found is None or not found.string or (isinstance(found.string, tuple) and not all(found.string))):
            missing.append(message.id)

    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_are_the_same_in_every_language(language: str) -> None:
    import re

    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(re.findall(r"\{(\w+)\}", message.id if isinstance(message.id, str) else message.id[1]))
        for text in texts:
            found = set(re.findall(r"\{(\w+)\}", text))
            assert found <= wanted, message.id
            assert wanted - found <= ({"n"} if isinstance(message.id, tuple) else set()), message.id


@pytest.mark.parametrize(("language", "header"), PLURALS.items())
def test_plural_forms_are_pinned(language: str, header: str) -> None:
    assert f'"Plural-Forms: {header}\\n"' in (FOLDER / f"{language}.po").read_text("utf-8")


def _form(number: int) -> int:
    """The Arabic plural form as grammars give it: zero, one, two, few 3-10, many 11-99, other 100-102 and whole hundreds."""
    if number < 3:
        return number
    rest = number % 100
    return 3 if 3 <= rest <= 10 else 4 if rest >= 11 else 5


def test_arabic_counts_as_arabs_do() -> None:
    """For every n from 0 to 111 the form is the one grammar asks for: Babel has numbered two of them both ways."""
    with (FOLDER / "ar.po").open("rb") as file:
        message = next(each for each in read_po(file) if isinstance(each.id, tuple) and each.id[0] == "{n} file")
    forms = message.string
    voice = voices()["ar"]
    for number in range(112):
        assert voice.say(_n("{n} file", "{n} files", number)) == forms[_form(number)].format(n=number)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "لا ملف"),
        (1, "ملف واحد"),
        (2, "ملفان"),
        (3, "3 ملفات"),
        (10, "10 ملفات"),
        (11, "11 ملفا"),
        (99, "99 ملفا"),
        (100, "100 ملف"),
        (102, "102 ملف"),
        (103, "103 ملفات"),
        (111, "111 ملفا"),
        (1000, "1.000 ملف"),
    ],
)
def test_a_count_reads_as_an_arab_writes_it(number: int, said: str) -> None:
    assert voices()["ar"].say(_n("{n} file", "{n} files", number)) == said


def test_every_counted_sentence_has_its_six_arabic_forms() -> None:
    """The number stands in the forms of 3 and more, and two, 3-10 and 11-99 are told apart."""
    with (FOLDER / "ar.po").open("rb") as file:
        counted = {message.id[0]: message.string for message in read_po(file) if isinstance(message.id, tuple)}
    assert counted
    for english, forms in counted.items():
        assert len(forms) == 6 and all(forms), english
        assert all("{n}" in form for form in forms[3:]), english
        assert len({forms[2], forms[3], forms[4]}) == 3, english


def test_what_a_person_wrote_is_isolated() -> None:
    assert voices()["en"].say(_("Remove {name}", name="شكاية")) == "Remove \u2068شكاية\u2069"


@pytest.mark.parametrize(
    ("language", "day", "month"),
    [
        ("ar", "5 دجنبر 2026", "غشت 2026"),
        ("fr", "5 décembre 2026", "août 2026"),
        ("zgh", "5 ⴷⵓⵊⴰⵏⴱⵉⵔ 2026", "ⵖⵓⵛⵜ 2026"),
        ("en", "5 December 2026", "August 2026"),
    ],
)
def test_dates_have_moroccan_month_names_and_western_digits(language: str, day: str, month: str) -> None:
    assert voices()[language].show(dt.date(2026, 12, 5)) == day
    assert voices()[language].show(Month(2026, 8)) == month


def test_the_time_of_day_is_moroccos() -> None:
    """UTC+0 since 20 September 2026, whatever the operating system's data says."""
    shown = voices()["en"].show(dt.datetime(2026, 12, 1, 10, 0, tzinfo=dt.UTC))

    assert shown.endswith("10:00")


def test_a_missing_catalogue_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_voices(tmp_path)


def test_updating_the_catalogues_changes_nothing_when_they_are_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Extraction is idempotent, so the files in the repository are what it writes."""
    import shutil

    import service.catalogues as catalogues

    for path in FOLDER.glob("*.po"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    template = extract()
    for language in LANGUAGES:
        assert update(language, template) == []
        assert (tmp_path / f"{language}.po").read_text("utf-8") == (
            Path(__file__).parent.parent.parent / "locales" / f"{language}.po"
        ).read_text("utf-8")
