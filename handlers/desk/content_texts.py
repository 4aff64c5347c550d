"""What `hiwar content check` looks for in the words themselves: letters, official terms, and the length of a message on each channel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from civic.knowledge import LANGUAGES, Entry
from handlers.desk import glossary
from handlers.sources import source_site

# One answer is one message, with the line that says which language is shown and the line of its source and date.
# The web chat has no limit of its own.
LONGEST_MESSAGE = {
    "telegram": 4096,  # Bot API, sendMessage
    "messenger": 2000,  # Send API, message.text
}
LANGUAGE_LINE = 80  # characters at most, in every language
SOURCE_LINE = 60  # characters at most beside the site

_TIFINAGH = frozenset("ⴰⴱⴳⴷⴹⴻⴼⴽⵀⵃⵄⵅⵇⵉⵊⵍⵎⵏⵓⵔⵕⵖⵙⵚⵛⵜⵟⵡⵢⵣⵥⵯ")  # the 31 letters of IRCAM and the sign of labialisation
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MARKUP = re.compile(r"</?\w+>|\*\*|__|`|^#+ ", re.MULTILINE)
_EASTERN_DIGITS = re.compile("[٠-٩۰-۹]")
_TO_CHECK = {
    "ar": re.compile("تحق[قّ]|ت[أا]كد"),
    "fr": re.compile("vérifi", re.IGNORECASE),
    "en": re.compile(r"\b(?:check|verify|confirm)", re.IGNORECASE),
    "zgh": re.compile("ⵙⵙⵉⴷⴻⴷ"),
}

_Found = Iterator[tuple[str, str, bool]]  # field, what, whether it is an error


def letters(entry: Entry) -> _Found:
    """Markup, digits and letters that are not written here."""
    for field, text in _texts(entry):
        if found := _MARKUP.search(text):
            yield field, f"markup: {found[0]!r}", True
        if _EASTERN_DIGITS.search(text):
            yield field, "digits are written 0 to 9 in every language", True
        if strange := {letter for letter in text if "\u2d30" <= letter <= "\u2d7f"} - _TIFINAGH:
            yield field, f"{''.join(sorted(strange))}: not letters of standard Moroccan Tamazight", True


def lengths(entry: Entry) -> _Found:
    """Answers that would be cut in two on a channel, with what is said around them."""
    for language in LANGUAGES:
        shown = entry.answer.get(language, "") or entry.answer.get(entry.instead.get(language, ""), "")
        around = 0 if language in entry.answer else LANGUAGE_LINE
        length = len(shown) + around + SOURCE_LINE + len(source_site(entry.sources))
        for channel, longest in LONGEST_MESSAGE.items():
            if shown and length > longest:
                yield f"answer.{language}", f"{length} characters with its source: {channel} takes {longest}", True


def terms(entry: Entry) -> _Found:
    """Words that stand in the place of an official term; whether one is meant is for an editor to say."""
    for field, texts in (("title", entry.title), ("answer", entry.answer)):
        for language, word, official in glossary.misused(_glossary(), entry.id, texts):
            yield f"{field}.{language}", f"{word!r}: the glossary has {official!r}", False


def names_a_year(entry: Entry) -> bool:
    """Whether a reader of any language sees of when the facts are."""
    return all(_YEAR.search(text) for text in entry.answer.values())


def tells_to_check(entry: Entry) -> bool:
    """Whether every answer tells its reader to check."""
    return all(_TO_CHECK[language].search(text) for language, text in entry.answer.items() if language in _TO_CHECK)


def _texts(entry: Entry) -> Iterator[tuple[str, str]]:
    for field, texts in (("title", entry.title), ("answer", entry.answer)):
        for language, text in texts.items():
            yield f"{field}.{language}", text


@cache
def _glossary() -> tuple[glossary.Term, ...]:
    return glossary.read()
