"""The kinds of question a dialogue can ask, and how a reply becomes a value.

A value is kept as JSON and never as a label, so the language may change in the middle of a talk.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import msgspec

from bot import calendar
from bot.conversation import Reply
from bot.messages import ButtonKind, Contact, File, FileKind, Place
from bot.phrases import Phrase, Text, _, _n

T = TypeVar("T")

LARGEST_FILE = 10 * 1024 * 1024  # bytes; Bot API lets a bot fetch 20 MB, a slow line does not want to send more than 10
FEWEST_DIGITS, MOST_DIGITS = 8, 15  # of a phone number; E.164 allows 15, Moroccan numbers have 9 or 10

# Overrides and unbalanced isolates turn the text around them; ASVS 5.0 1.2: neutralise them at the entrance.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_UNSEEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]")


class Refused(Exception):
    """The reply does not answer the question; `phrase` says why and what would, to the person.

    `meant` is True for a reply that surely was an answer (a number too large, a day too early): it is not taken for
    something else to talk about.
    """

    def __init__(self, phrase: Phrase, *, meant: bool = False) -> None:
        super().__init__(phrase.one)
        self.phrase, self.meant = phrase, meant


class NoLongerOffered(Exception):
    """A remembered answer does not fit its question any more."""


class Option(msgspec.Struct, frozen=True):
    """One thing a question offers on a button."""

    value: str
    label: Text
    kind: ButtonKind = ButtonKind.REPLY


def clean(text: str) -> str:
    """A person's words as they are kept: NFC, without control characters that turn or hide text, trimmed."""
    return _UNSEEN.sub("", _BIDI_CONTROLS.sub("", unicodedata.normalize("NFC", text))).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """One question: what is asked, whether it may be skipped, and how a reply is read."""

    text: Text
    label: Text = ""  # a short noun for it, in "Change: {what}"
    optional: bool = False

    kind: ClassVar[str] = ""

    @property
    def options(self) -> tuple[Option, ...]:
        return ()

    @property
    def takes_words(self) -> bool:
        """Whether any text at all answers it, so that a text is never taken for something else."""
        return False

    @property
    def hint(self) -> Phrase | None:
        """An example, shown when a reply could not be read twice."""
        return None

    def read(self, reply: Reply, today: dt.date) -> T:
        """The value of a reply; raises Refused."""
        raise NotImplementedError

    def keep(self, value: T) -> object:
        return msgspec.to_builtins(value)

    def recall(self, kept: object) -> T:
        """The value kept earlier; raises NoLongerOffered."""
        raise NotImplementedError

    def shown(self, kept: object) -> object:
        """A kept answer as a value a phrase can show."""
        return self.recall(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Question[str]):
    """One of several, by its button or its label; a typed number is turned into its button before it comes here."""

    offered: tuple[Option, ...]
    say: Callable[[Text], str] = str  # the reader's voice, for labels that are typed

    kind: ClassVar[str] = "choice"

    @property
    def options(self) -> tuple[Option, ...]:
        return self.offered

    def read(self, reply: Reply, today: dt.date) -> str:
        if reply.value is not None and any(reply.value == option.value for option in self.offered):
            return reply.value
        typed = folded(reply.text)
        if typed:
            for option in self.offered:
                if typed in (folded(self.say(option.label)), option.value.casefold()):
                    return option.value
        raise Refused(_("Please choose one of these."))

    def recall(self, kept: object) -> str:
        if isinstance(kept, str) and any(kept == option.value for option in self.offered):
            return kept
        raise NoLongerOffered

    def shown(self, kept: object) -> object:
        value = self.recall(kept)
        return next(option.label for option in self.offered if option.value == value)


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Question[bool]):
    """Yes or no, in the words of every language."""

    kind: ClassVar[str] = "choice"

    @property
    def options(self) -> tuple[Option, ...]:
        return (Option("yes", _("Yes")), Option("no", _("No")))

    def read(self, reply: Reply, today: dt.date) -> bool:
        said = reply.value or reply.word
        if said in ("yes", "no"):
            return said == "yes"
        raise Refused(_("Please answer yes or no."))

    def recall(self, kept: object) -> bool:
        if isinstance(kept, bool):
            return kept
        raise NoLongerOffered

    def shown(self, kept: object) -> object:
        return _("Yes") if self.recall(kept) else _("No")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Question[str]):
    """Words of the person's own, counted in characters as a reader counts them."""

    shortest: int = 1
    longest: int

    kind: ClassVar[str] = "words"

    @property
    def takes_words(self) -> bool:
        return True

    @property
    def hint(self) -> Phrase:
        return _("Write it as a message, from {least} to {most} characters.", least=self.shortest, most=self.longest)

    def read(self, reply: Reply, today: dt.date) -> str:
        words = clean(reply.text)
        if not words:
            raise Refused(_voice_refused() if reply.unread == "voice" else _("Please write it in words."))
        if len(words) > self.longest:
            raise Refused(
                _(
                    "This is {length} characters long; the limit is {limit}. Please shorten it and send it again.",
                    length=len(words),
                    limit=self.longest,
                )
            )
        if len(words) < self.shortest:
            raise Refused(_n("Please write at least {n} character.", "Please write at least {n} characters.", self.shortest))
        return words

    def recall(self, kept: object) -> str:
        if isinstance(kept, str) and kept:
            return kept
        raise NoLongerOffered


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Question[int]):
    """A whole number between two bounds, in Western or Arabic-Indic digits."""

    least: int
    most: int

    kind: ClassVar[str] = "number"

    @property
    def hint(self) -> Phrase:
        return _("Write a number from {least} to {most}, for example {example}.", least=self.least, most=self.most, example=self.least)

    def read(self, reply: Reply, today: dt.date) -> int:
        digits = re.sub(r"[\s.,\u066b\u066c\u202f'’]", "", reply.text)
        try:
            number = int(digits)
        except ValueError:
            raise Refused(_("Please write a number.")) from None
        return self._within(number)

    def _within(self, number: int) -> int:
        if not self.least <= number <= self.most:
            raise Refused(_("The number must be between {least} and {most}.", least=self.least, most=self.most), meant=True)
        return number

    def recall(self, kept: object) -> int:
        if isinstance(kept, int) and not isinstance(kept, bool) and self.least <= kept <= self.most:
            return kept
        raise NoLongerOffered


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Question[dt.date]):
    """A day, in digits, in words with the month's name in four languages, or as "tomorrow"."""

    earliest: dt.date | None = None
    latest: dt.date | None = None

    kind: ClassVar[str] = "date"

    @property
    def hint(self) -> Phrase:
        return _("Write the day like this: {example}.", example="31/12/2027")

    def read(self, reply: Reply, today: dt.date) -> dt.date:
        day = calendar.read_day(reply.text, today)
        if day is None:
            raise Refused(_("I could not read a date in this."))
        if self.earliest is not None and day < self.earliest:
            raise Refused(_("The day must not be before {day}.", day=self.earliest), meant=True)
        if self.latest is not None and day > self.latest:
            raise Refused(_("The day must not be after {day}.", day=self.latest), meant=True)
        return day

    def recall(self, kept: object) -> dt.date:
        try:
            return dt.date.fromisoformat(str(kept))
        except ValueError:
            raise NoLongerOffered from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files(Question[tuple[File, ...]]):
    """Pictures or documents; an album is one answer."""

    wanted: FileKind = FileKind.PICTURE
    most: int = 1

    kind: ClassVar[str] = "files"

    def read(self, reply: Reply, today: dt.date) -> tuple[File, ...]:
        fitting = tuple(file for file in reply.files if self._fits(file))
        if not fitting:
            raise Refused(_("Please send a picture.") if self.wanted is FileKind.PICTURE else _("Please send a document or a picture."))
        for file in fitting:
            if file.size > LARGEST_FILE:
                raise Refused(_("This file is too large: the limit is {limit} MB.", limit=LARGEST_FILE // 1024**2), meant=True)
        return fitting[: self.most]

    def _fits(self, file: File) -> bool:
        if file.kind is FileKind.PICTURE or file.mime.startswith("image/"):
            return True
        return self.wanted is FileKind.DOCUMENT and file.kind is FileKind.DOCUMENT

    def recall(self, kept: object) -> tuple[File, ...]:
        try:
            return msgspec.convert(kept, tuple[File, ...])
        except msgspec.ValidationError:
            raise NoLongerOffered from None

    def shown(self, kept: object) -> object:
        count = len(self.recall(kept))
        return _n("{n} file", "{n} files", count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where(Question[Place]):
    """A place, from the device or in words."""

    longest: int = 200

    kind: ClassVar[str] = "place"

    @property
    def options(self) -> tuple[Option, ...]:
        return (Option("", _("Send where I am"), ButtonKind.PLACE),)

    @property
    def takes_words(self) -> bool:
        return True

    def read(self, reply: Reply, today: dt.date) -> Place:
        if reply.place is not None:
            return reply.place
        words = clean(reply.text)
        if not words:
            raise Refused(_("Please send the place, or write its name."))
        if len(words) > self.longest:
            raise Refused(_("Please write only the name of the place, in at most {limit} characters.", limit=self.longest))
        return Place(title=words)

    def recall(self, kept: object) -> Place:
        try:
            return msgspec.convert(kept, Place)
        except msgspec.ValidationError:
            raise NoLongerOffered from None

    def shown(self, kept: object) -> object:
        place = self.recall(kept)
        return place.title or f"{place.latitude}, {place.longitude}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Question[Contact]):
    """How to reach a person: a card of the address book, or a phone number in digits."""

    kind: ClassVar[str] = "contact"

    @property
    def options(self) -> tuple[Option, ...]:
        return (Option("", _("Send my phone number"), ButtonKind.CONTACT),)

    @property
    def hint(self) -> Phrase:
        return _("Write the number in digits, for example {example}.", example="0612345678")

    def read(self, reply: Reply, today: dt.date) -> Contact:
        if reply.contact is not None:
            return reply.contact
        name, digits = _phone(reply.text)
        if not FEWEST_DIGITS <= len(digits.removeprefix("+")) <= MOST_DIGITS:
            raise Refused(_("I could not read a phone number in this."))
        return Contact(name, digits)

    def recall(self, kept: object) -> Contact:
        try:
            return msgspec.convert(kept, Contact)
        except msgspec.ValidationError:
            raise NoLongerOffered from None

    def shown(self, kept: object) -> object:
        return self.recall(kept).phone


def choices(offered: Mapping[str, Text]) -> tuple[Option, ...]:
    return tuple(Option(value, label) for value, label in offered.items())


def folded(text: str) -> str:
    """A short text for comparing: case, compatibility forms, Arabic-Indic digits, marks and outer signs do not count."""
    plain = unicodedata.normalize("NFKD", clean(text)).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain)
    return plain.strip(" \t\n.,;:!?()[]«»\"'،؛؟-–—")


def _phone(text: str) -> tuple[str, str]:
    plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in clean(text))
    found = re.search(r"\+?\d[\d\s().-]{6,}", plain)
    if found is None:
        return "", ""
    name = (plain[: found.start()] + plain[found.end() :]).strip(" ,;:-")
    return name, re.sub(r"[^\d+]", "", found[0])


def _voice_refused() -> Phrase:
    return _("I cannot listen to voice messages yet. Please write it in words.")
