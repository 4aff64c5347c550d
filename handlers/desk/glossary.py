"""The official terms of open government in Morocco, and the words that are not to stand in their place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec
import yaml

FILE = Path(__file__).parents[2] / "content" / "terms" / "glossary.yml"

# In Arabic the article and one-letter words are written together with the word: «بالبلديات» holds «بلديات».
_ARABIC_BEFORE = "[وف]?[بلك]?(?:ال|لل)?"


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One term in each language that has one, and what not to write instead; `quoted` names entries that quote such a word on purpose."""

    en: str
    fr: str
    ar: str
    zgh: str = ""
    zgh_confidence: str = ""
    avoid: dict[str, tuple[str, ...]] = {}
    quoted: tuple[str, ...] = msgspec.field(name="except", default=())

    def official(self, language: str) -> str:
        """The term in a language."""
        return {"ar": self.ar, "fr": self.fr, "en": self.en, "zgh": self.zgh}[language]


def read(path: Path = FILE) -> tuple[Term, ...]:
    """The glossary; raises msgspec.ValidationError where it is not one."""
    return msgspec.convert(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader), tuple[Term, ...])


def misused(terms: Sequence[Term], entry_id: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each language of a text with a word to avoid in it, the word, and the official term."""
    for language, text in texts.items():
        plain = _plain(text)
        for term in terms:
            if entry_id in term.quoted:
                continue
            for word in term.avoid.get(language, ()):
                if _pattern(language, word).search(plain):
                    yield language, word, term.official(language)


@cache
def _pattern(language: str, word: str) -> re.Pattern[str]:
    before, after = (_ARABIC_BEFORE, "") if language == "ar" else ("", "s?" if language in ("fr", "en") else "")
    words = (one.removeprefix("ال") if language == "ar" else one for one in _plain(word).split())
    spelt = r"\s+".join(f"{before}{re.escape(one)}{after}" for one in words)
    return re.compile(rf"(?<!\w){spelt}(?!\w)")


def _plain(text: str) -> str:
    """Case, typographic apostrophes and Arabic vowel signs do not matter."""
    return "".join(letter for letter in text.casefold().replace("’", "'") if unicodedata.category(letter) != "Mn")
