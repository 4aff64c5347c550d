"""A sentence not yet in any language.

A handler writes `_("Thank you, {name}.", name=...)`. What travels is the phrase; it becomes text when its reader is
known, so one announcement serves every language.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = ("ar", "fr", "zgh", "en")
LOCALES = {"ar": "ar_MA", "fr": "fr_MA", "zgh": "zgh_MA", "en": "en_GB"}  # plain "ar" has the month names of the Levant
RIGHT_TO_LEFT = frozenset({"ar"})
ISOLATE, END = "\u2068", "\u2069"  # first strong isolate and pop: user text cannot turn the sentence around it


class Phrase(msgspec.Struct, frozen=True):
    """A source sentence (English, final copy) with its named values, and its plural where a number decides."""

    one: str
    many: str = ""
    count: int = 0
    values: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a year, as in "November 2026"."""

    year: int
    month: int


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Several texts one under the other; each is whole in itself, so no sentence is built from pieces."""

    parts: tuple[Text, ...]
    gap: str = "\n\n"


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A phrase said in every language of Hiwar, a paragraph each: for someone whose language is not known yet."""

    phrase: Phrase


Text = Phrase | Paragraphs | Everywhere | str


def _(text: str, **values: object) -> Phrase:
    """Mark a sentence for translation; fields in braces are filled from `values` in the reader's language."""
    return Phrase(text, values=values)


def _n(one: str, many: str, count: int, **values: object) -> Phrase:
    """Mark a sentence whose form depends on `count`, which is also the field {n}."""
    return Phrase(one, many, count, {"n": count, **values})


class Voice:
    """Says phrases in one language."""

    __slots__ = ("_catalogue", "_locale", "_time_zone", "language", "others")

    def __init__(self, language: str, catalogue: NullTranslations, time_zone: dt.tzinfo = dt.UTC) -> None:
        self.language = language
        self._catalogue = catalogue
        self._locale = Locale.parse(LOCALES[language])
        self._time_zone = time_zone
        self.others: tuple[Voice, ...] = ()  # of every language, this one among them

    def say(self, phrase: Text) -> str:
        """Turn a phrase into text; a plain string is content already in the reader's language and stays as it is."""
        if isinstance(phrase, str):
            return phrase
        if isinstance(phrase, Paragraphs):
            return phrase.gap.join(said for part in phrase.parts if (said := self.say(part)))
        if isinstance(phrase, Everywhere):
            return "\n\n".join(voice.say(phrase.phrase) for voice in self.others)
        one, many = phrase.one, phrase.many
        text = self._catalogue.ngettext(one, many, phrase.count) if many else self._catalogue.gettext(one)
        if not phrase.values:
            return text
        return text.format_map({name: self.show(value) for name, value in phrase.values.items()})

    def show(self, value: object) -> str:
        """Format a value by its type for this reader; text a person wrote is isolated, so it cannot turn the sentence."""
        if isinstance(value, bool):
            raise TypeError("a truth value is not a word: choose the phrase for it")
        match value:
            case Phrase() | Paragraphs() | Everywhere():
                return self.say(value)
            case dt.datetime():
                comma = "،" if self.language == "ar" else ","
                return format_datetime(value.astimezone(self._time_zone), f"EEEE d MMMM y{comma} HH:mm", locale=self._locale)
            case dt.date():
                return format_date(value, "d MMMM y", locale=self._locale)
            case Month():
                return format_date(dt.date(value.year, value.month, 1), "MMMM y", locale=self._locale)
            case dt.time():
                return format_time(value, "HH:mm", locale=self._locale)
            case int() if 0 <= value < 1000:
                return str(value)  # no locale of ours groups or changes these digits, and formatting costs forty times as much
            case int() | float():
                return format_decimal(value, locale=self._locale)
            case _:
                return f"{ISOLATE}{value}{END}"


def open_voices(folder: Path, time_zone: dt.tzinfo = dt.UTC) -> dict[str, Voice]:
    """Read the catalogues `<folder>/<language>.po` into a voice for each language of Hiwar; English is the source and may have none.

    Raises FileNotFoundError for a missing catalogue and ValueError for one that does not parse.
    """
    voices = {language: Voice(language, _catalogue(folder, language), time_zone) for language in LANGUAGES}
    for voice in voices.values():
        voice.others = tuple(voices.values())
    return voices


def _catalogue(folder: Path, language: str) -> NullTranslations:
    path = folder / f"{language}.po"
    if language == "en" and not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=LOCALES[language], abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
