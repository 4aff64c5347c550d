"""Reads a day from what people type: digits, month names in four languages, "tomorrow"."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import cache

from babel import Locale

_NEAR = {
    0: ("today", "aujourd'hui", "aujourdhui", "اليوم", "lyoum", "lyouma", "lyom", "ass-a", "ⴰⵙⵙⴰ"),
    1: ("tomorrow", "demain", "غدا", "غدًا", "ghedda", "ghdda", "gheda", "azekka", "ⴰⵣⴽⴽⴰ"),
    2: ("the day after tomorrow", "apres-demain", "apres demain", "بعد غد", "بعد غدا", "ba3d ghedda", "من بعد غدا"),
}
_LOCALES = ("ar_MA", "ar", "ar_DZ", "fr", "en", "zgh")  # plain ar and ar_DZ: the other month names that Moroccans read


def read_day(text: str, today: dt.date) -> dt.date | None:
    """The day a text names, or None. Day before month, as everywhere in Morocco; without a year the next such day is meant."""
    plain = _plain(text)
    for distance, words in _NEAR.items():
        if plain in {_plain(word) for word in words}:
            return today + dt.timedelta(days=distance)
    if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", plain):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})(?:[-/. ](\d{4}|\d{2}))?", plain):
        return _dated(int(found[1]), int(found[2]), found[3], today)
    if found := re.search(r"(\d{1,2})(?:er|st|nd|rd|th)?\s+(?:de |d'|of |ⵏ )?([^\d\s,]+)\s*,?\s*(\d{4})?", plain):
        month = _months().get(found[2])
        if month:
            return _dated(int(found[1]), month, found[3], today)
    return None


def _dated(day: int, month: int, year: str | None, today: dt.date) -> dt.date | None:
    if year is not None:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this_year = _day(today.year, month, day)
    if this_year is None or this_year >= today:
        return this_year
    return _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.strip().casefold().replace("’", "'"))
    kept = (sign for sign in folded if not unicodedata.combining(sign) and sign not in "\u200e\u200f")
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in kept)


@cache
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for locale in _LOCALES:
        for width in ("wide", "abbreviated"):
            for number, name in Locale.parse(locale).months["format"][width].items():
                names.setdefault(_plain(name).rstrip("."), number)
    return names
