"""What `hiwar content check` looks for in the entries of content/knowledge; the rules are those of docs/content.md."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from bot.buttons import OUTSIDE, Signer
from civic.knowledge import LANGUAGES, Entry
from handlers.desk import content_texts
from understanding.text import fold

LONGEST_ID = 34  # it travels in a button's 64 bytes, and is as long as its columns (storage/schema/)
LONGEST_TITLE = 60  # characters; a button of a telephone shows no more
LONGEST_ANSWER = 900  # characters: with its note under the 1,024 of a Telegram caption
MOST_LINKS = 3
FEWEST_EXAMPLES = 8
OLD_AFTER = 12  # months
ALWAYS = ("ar", "fr", "en")  # an answer in Tamazight is given only where its wording can be supported
WITH_EXAMPLES = ("ar", "fr", "en", "ary", "ary-Latn")
EXAMPLE_LANGUAGES = frozenset({*WITH_EXAMPLES, "zgh"})
REVIEWS = frozenset({"draft", "reviewed"})

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_AS_OF = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?\Z")
_HOST = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}(:\d+)?\Z", re.IGNORECASE)
_SIGNER = Signer(bytes(32))  # only the length of what it makes counts here


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something to mend in one field of one entry; what is not an error is for an editor to look at."""

    file: str
    entry: str
    field: str
    what: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.file}, {self.entry}, {self.field}: {self.what}"


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and the file it stands in."""

    file: str
    entry: Entry


_Found = Iterator[tuple[str, str, bool]]  # field, what, whether it is an error


def decode(file: str, content: object) -> tuple[tuple[Placed, ...], tuple[Mistake, ...]]:
    """The entries of a parsed file, and what of it is not the schema's."""
    if not isinstance(content, list):
        return (), (Mistake(file, "-", "-", "a list of entries is expected"),)
    placed, mistakes = [], []
    for number, raw in enumerate(content, start=1):
        name = str(raw["id"]) if isinstance(raw, dict) and raw.get("id") else f"entry {number}"
        try:
            placed.append(Placed(file, msgspec.convert(raw, Entry, strict=False)))
        except msgspec.ValidationError as error:
            what, _at, where = str(error).partition(" - at `$.")
            mistakes.append(Mistake(file, name, where.rstrip("`") or "-", what))
    return tuple(placed), tuple(mistakes)


def check(entries: Sequence[Placed], today: dt.date, topics: Collection[str]) -> tuple[Mistake, ...]:
    """Everything that is wrong with decoded entries; `topics` are those the menu knows."""
    mistakes: list[Mistake] = []
    for placed in entries:
        for look in _OF_ONE:
            mistakes += [Mistake(placed.file, placed.entry.id, *found) for found in look(placed.entry)]
        mistakes += [Mistake(placed.file, placed.entry.id, *found) for found in _age(placed.entry, today)]
        mistakes += [Mistake(placed.file, placed.entry.id, *found) for found in _topic(placed, topics)]
    return (*mistakes, *_same_ids(entries), *_next_that_is_not(entries), *_same_examples(entries))


def check_answer(entry: Entry, today: dt.date, topics: Collection[str]) -> tuple[Mistake, ...]:
    """Everything that is wrong with an entry an editor answered a question with: it need not know every language, nor many examples."""
    file = f"{entry.topic}.yml"
    looks = [look for look in _OF_ONE if look not in (_languages, _examples)]
    found = [Mistake(file, entry.id, *told) for look in looks for told in look(entry)]
    found += [Mistake(file, entry.id, *told) for told in (*_age(entry, today), *_topic(Placed(file, entry), topics))]
    return tuple(mistake for mistake in found if mistake.is_error)


# One entry


def _name(entry: Entry) -> _Found:
    if not _ID.match(entry.id):
        yield "id", "only lower-case ASCII letters, digits and single '-' between them", True
    if len(entry.id) > LONGEST_ID:
        yield "id", f"{len(entry.id)} characters, at most {LONGEST_ID}", True


def _buttons(entry: Entry) -> _Found:
    for question, value in (("ask", entry.id), ("useful", f"y-{entry.id}"), ("useful", f"n-{entry.id}")):
        try:
            _SIGNER.make("owner", OUTSIDE, question, value)
        except ValueError as error:
            yield "id", str(error), True


def _titles(entry: Entry) -> _Found:
    for language in entry.answer:
        if language not in entry.title:
            yield f"title.{language}", "missing, though there is an answer", True
    for language, title in entry.title.items():
        if language not in LANGUAGES:
            yield f"title.{language}", "not a language of Hiwar", True
        if not title.strip():
            yield f"title.{language}", "empty", True
        if len(title) > LONGEST_TITLE:
            yield f"title.{language}", f"{len(title)} characters, at most {LONGEST_TITLE}", True
        if title.endswith("."):
            yield f"title.{language}", "ends with a full stop", True


def _answers(entry: Entry) -> _Found:
    for language, answer in entry.answer.items():
        if language not in LANGUAGES:
            yield f"answer.{language}", "not a language of Hiwar", True
        if not answer.strip():
            yield f"answer.{language}", "empty", True
        if len(answer) > LONGEST_ANSWER:
            yield f"answer.{language}", f"{len(answer)} characters, at most {LONGEST_ANSWER}", True
        if "://" in answer:
            yield f"answer.{language}", "holds a link: it belongs into `links`", True


def _languages(entry: Entry) -> _Found:
    for language in LANGUAGES:
        if language in entry.answer and language in entry.instead:
            yield f"instead.{language}", "there is an answer in this language", True
        if language not in entry.answer and language not in entry.instead:
            yield f"answer.{language}", "neither an answer nor an `instead`", True
    for language in ALWAYS:
        if language in entry.instead:
            yield f"instead.{language}", "every entry is answered in this language", True
    for language, other in entry.instead.items():
        if language not in LANGUAGES:
            yield f"instead.{language}", "not a language of Hiwar", True
        if other not in entry.answer:
            yield f"instead.{language}", f"there is no answer in {other!r}", True


def _reviews(entry: Entry) -> _Found:
    for language in entry.answer:
        if language not in entry.review:
            yield f"review.{language}", "missing, though there is an answer", True
    for language, state in entry.review.items():
        if language not in entry.answer:
            yield f"review.{language}", "there is no answer in this language", True
        if state not in REVIEWS:
            yield f"review.{language}", f"{state!r} is neither draft nor reviewed", True


def _links(entry: Entry) -> _Found:
    if len(entry.links) > MOST_LINKS:
        yield "links", f"{len(entry.links)} links, at most {MOST_LINKS}", True
    for link in entry.links:
        if not is_link(link):
            yield "links", f"{link!r} is no web address", True


def is_link(text: str) -> bool:
    """Whether a text is a web address that a button can open."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(_HOST.match(parts.netloc)) and not re.search(r"[\s<>\"]", text)


def _sources(entry: Entry) -> _Found:
    if not entry.sources:
        yield "sources", "none: no fact without a source", True
    for source in entry.sources:
        if not source.name.strip():
            yield "sources", "a source without a name", True
        if "own knowledge" in source.name.casefold() and not content_texts.tells_to_check(entry):
            yield "sources", "own knowledge: find a source, leave the fact out, or say in every answer with whom to check", False


def _examples(entry: Entry) -> _Found:
    for language in WITH_EXAMPLES:
        count = len({fold(text) for text in entry.examples.get(language, ())})
        if count < FEWEST_EXAMPLES:
            yield f"examples.{language}", f"{count} different questions, at least {FEWEST_EXAMPLES}", True
    for field, texts in (("examples", entry.examples), ("held_out", entry.held_out)):
        for language in texts:
            if language not in EXAMPLE_LANGUAGES:
                yield f"{field}.{language}", "not a language people ask in", True
            if not all(fold(text) for text in texts[language]):
                yield f"{field}.{language}", "a question without a word", True


_OF_ONE: tuple[Callable[[Entry], _Found], ...] = (
    *(_name, _buttons, _titles, _answers, _languages, _reviews, _links, _sources, _examples),
    *(content_texts.letters, content_texts.lengths, content_texts.terms),
)


def _age(entry: Entry, today: dt.date) -> _Found:
    read = _AS_OF.match(entry.as_of)
    if read is None:
        yield "as_of", f"{entry.as_of!r} is neither YYYY-MM nor YYYY", True
        return
    months = (today.year - int(read[1])) * 12 + today.month - int(read[2] or 12)  # of a bare year its end counts
    if months > OLD_AFTER and not content_texts.names_a_year(entry):
        yield "as_of", f"checked {months} months ago: check the facts again, or name the year in every answer", False
    if int(read[1]) > today.year or (read[2] and months < 0):
        yield "as_of", f"{entry.as_of} is still to come", True


def old(entries: Iterable[Placed], today: dt.date) -> tuple[str, ...]:
    """The ids of entries checked too long ago whose answers name the year, so that a reader sees how old the facts are."""
    undated = (msgspec.structs.replace(placed.entry, answer=dict.fromkeys(placed.entry.answer, "")) for placed in entries)
    return tuple(entry.id for entry in undated if any(what.startswith("checked") for _field, what, _error in _age(entry, today)))


def _topic(placed: Placed, topics: Collection[str]) -> _Found:
    if placed.file.removesuffix(".yml") != placed.entry.topic:
        yield "topic", f"{placed.entry.topic!r} is not the name of its file", True
    if placed.entry.topic not in topics:
        yield "topic", f"{placed.entry.topic!r} is not in the menu of subjects (handlers/topics.py)", True


# Entries beside each other


def _same_ids(entries: Sequence[Placed]) -> Iterator[Mistake]:
    counted = Counter(placed.entry.id for placed in entries)
    for placed in entries:
        if counted[placed.entry.id] > 1:
            yield Mistake(placed.file, placed.entry.id, "id", f"stands {counted[placed.entry.id]} times")


def _next_that_is_not(entries: Sequence[Placed]) -> Iterator[Mistake]:
    known = {placed.entry.id for placed in entries}
    for placed in entries:
        for other in placed.entry.next:
            if other not in known:
                yield Mistake(placed.file, placed.entry.id, "next", f"there is no entry {other!r}")
            elif other == placed.entry.id:
                yield Mistake(placed.file, placed.entry.id, "next", "names the entry itself")


def _same_examples(entries: Sequence[Placed]) -> Iterator[Mistake]:
    """Questions that stand under two entries, or that both find an entry and measure whether it is found."""
    used: dict[str, str] = {}
    for placed in entries:
        for language, text in _texts(placed.entry.examples):
            owner = used.setdefault(fold(text), placed.entry.id)
            if owner != placed.entry.id:
                yield Mistake(placed.file, placed.entry.id, f"examples.{language}", f"{text!r} stands under {owner} too")
    for placed in entries:
        for language, text in _texts(placed.entry.held_out):
            if fold(text) in used:
                yield Mistake(placed.file, placed.entry.id, f"held_out.{language}", f"{text!r} is an example of {used[fold(text)]}")


def _texts(questions: dict[str, tuple[str, ...]]) -> Iterable[tuple[str, str]]:
    return ((language, text) for language, texts in questions.items() for text in texts)
