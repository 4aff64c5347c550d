"""A news item: what happened or will happen, in the languages it was written in, and the topics it belongs to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from civic.errors import Refusal
from civic.knowledge import LANGUAGES, language_of

LONGEST_TITLE, LONGEST_TEXT = 150, 6000  # characters; a title is also a button, cut by none of our channels at this length
LONGEST_LEAD = 300  # characters of the text that a list or an announcement may quote
MOST_TOPICS = 8


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an editor writes; `url` is where it can be read at its source, `instead` the language read in place of one without words."""

    title: dict[str, str]
    text: dict[str, str]
    topics: tuple[str, ...]
    url: str = ""
    instead: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class News:
    """An item as it is kept; `version` rises with each change, so that two editors cannot overwrite each other."""

    id: int
    state: str  # "draft", "published", "withdrawn"
    item: Item
    picture: str
    written_by: str
    written_at: dt.datetime
    published_at: dt.datetime | None
    version: int

    def title_in(self, language: str) -> str:
        return self.item.title.get(self.language_for(language), "")

    def text_in(self, language: str) -> str:
        return self.item.text.get(self.language_for(language), "") or self.item.text.get(language_of(self.item.text, language), "")

    def language_for(self, language: str) -> str:
        """The language it is read in by someone who prefers `language`."""
        instead = self.item.instead.get(language, "")
        return instead if language not in self.item.title and instead in self.item.title else language_of(self.item.title, language)


def lead(text: str) -> str:
    """The beginning of a text: its first paragraph, ended at a word where it is long."""
    first = text.strip().partition("\n\n")[0].strip()
    if len(first) <= LONGEST_LEAD:
        return first
    return f"{first[:LONGEST_LEAD].rsplit(' ', 1)[0]}…"


def check(item: Item, topics: frozenset[str] | set[str]) -> Item:
    """The item with what is empty left out; raises Refusal when it cannot be kept. `topics` are those there are."""
    title, text = _filled(item.title), _filled(item.text)
    if not title:
        raise Refusal("title_missing", "title")
    for language, words in title.items():
        if len(words) > LONGEST_TITLE:
            raise Refusal("title_too_long", "title", language=language, limit=LONGEST_TITLE, length=len(words))
    for language, words in text.items():
        if len(words) > LONGEST_TEXT:
            raise Refusal("text_too_long", "text", language=language, limit=LONGEST_TEXT, length=len(words))
    if any(language not in title for language in text):
        raise Refusal("title_missing", "title")
    wanted = tuple(dict.fromkeys(item.topics))
    if not wanted or len(wanted) > MOST_TOPICS or any(topic not in topics for topic in wanted):
        raise Refusal("topics_wrong", "topics", limit=MOST_TOPICS)
    if item.url and not item.url.startswith(("https://", "http://")):
        raise Refusal("url_wrong", "url")
    instead = {language: other for language, other in item.instead.items() if language not in title and other in title}
    return Item(title, text, wanted, item.url, instead)


def check_ready(item: Item) -> None:
    """Raises Refusal when an item is not fit to be published."""
    missing = [language for language in item.title if not item.text.get(language)]
    if missing:
        raise Refusal("text_missing", "text", language=missing[0])


def check_complete(item: Item) -> None:
    """Raises Refusal when a language has neither words nor one that is read instead: a program has nobody who looks at a form."""
    missing = [language for language in LANGUAGES if language not in item.title and item.instead.get(language) not in item.title]
    if missing:
        raise Refusal("language_missing", "title", language=missing[0])


def _filled(words: Mapping[str, str]) -> dict[str, str]:
    return {language: stripped for language, text in words.items() if (stripped := text.strip())}
