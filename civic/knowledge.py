"""What Hiwar knows: entries with an answer in each language, where it comes from and how old it is."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

LANGUAGES = ("ar", "fr", "zgh", "en")


def language_of(text: Mapping[str, str], language: str) -> str:
    """The language a record's text is read in: the one asked for, else Arabic, else the first there is."""
    return next((known for known in (language, *LANGUAGES) if known in text), language)


class Source(msgspec.Struct, frozen=True):
    """Who says so, and when."""

    name: str
    date: str = ""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One question a citizen may have, with its answer; docs/content.md describes each field."""

    id: str
    topic: str
    as_of: str
    title: dict[str, str]
    answer: dict[str, str]
    review: dict[str, str]
    sources: tuple[Source, ...]
    examples: dict[str, tuple[str, ...]]
    instead: dict[str, str] = {}
    links: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    held_out: dict[str, tuple[str, ...]] = {}

    def language_for(self, language: str) -> str:
        """The language the answer is read in: the one asked for, the one the entry names instead, or the first there is."""
        if language in self.answer:
            return language
        instead = self.instead.get(language, "")
        return instead if instead in self.answer else next(known for known in LANGUAGES if known in self.answer)

    def title_for(self, language: str) -> str:
        return self.title.get(language) or self.title[self.language_for(language)]
