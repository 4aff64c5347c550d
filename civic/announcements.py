"""An announcement: words in four languages, an audience, and the life it leads from the draft to the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from civic.errors import Refusal
from civic.knowledge import LANGUAGES

LONGEST_TITLE, LONGEST_TEXT = 150, 1500  # characters; with buttons and note one message on every channel but the narrowest

# What may be done in which state, and the state it leads to. What is being sent is "sending" until the last digest is out.
ACTS: dict[str, tuple[frozenset[str], str]] = {
    "approve": (frozenset({"draft"}), "approved"),
    "schedule": (frozenset({"approved"}), "scheduled"),
    "reopen": (frozenset({"approved", "scheduled"}), "draft"),
    "begin": (frozenset({"scheduled"}), "sending"),
    "pause": (frozenset({"scheduled", "sending"}), "paused"),
    "resume": (frozenset({"paused"}), "sending"),
    "cancel": (frozenset({"draft", "approved", "scheduled", "sending", "paused"}), "cancelled"),
    "finish": (frozenset({"sending"}), "done"),
    "correct": (frozenset({"sending", "paused", "done"}), ""),
    "recall": (frozenset({"sending", "paused", "done", "cancelled"}), "recalled"),
}


class Audience(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is meant: subscribed to one of the topics, and to one of the regions, with one of the languages, on one of the channels.

    What is empty does not narrow it; without topics and regions, everyone with a subscription. Who fits twice is meant once.
    """

    topics: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class Bulletin(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is announced. `fallback` names, for a language without words, the one that is read instead: nothing falls back by itself."""

    title: dict[str, str]
    text: dict[str, str]
    audience: Audience = Audience()
    fallback: dict[str, str] = {}
    at_most_once: bool = False  # after a crash, list those it may not have reached instead of writing to some of them twice

    def language_for(self, language: str) -> str:
        """The language it is read in by someone who prefers `language`; "" where nothing is allowed."""
        if language in self.title:
            return language
        instead = self.fallback.get(language, "")
        return instead if instead in self.title else ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement as it is kept."""

    id: int
    state: str
    bulletin: Bulletin
    news_id: int | None
    written_by: str
    approved_by: str
    written_at: dt.datetime
    due_at: dt.datetime | None
    started_at: dt.datetime | None
    done_at: dt.datetime | None
    fanned: bool
    total: int
    revision: int
    opened: int
    pressed: int
    stopped: int
    version: int

    def may(self, act: str) -> bool:
        return self.state in ACTS[act][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What an institution sets: whether one person may approve their own, how long there is to think again, how many at most."""

    team_of_one: bool = False
    undo: dt.timedelta = dt.timedelta(minutes=2)
    most: int = 0  # recipients; 0: no limit


@dataclass(frozen=True, slots=True)
class Reach:
    """How many are meant, how many of them can be told at once, and how long that takes at the pace of each channel."""

    meant: int
    now: int
    channels: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # meant, now
    seconds: float = 0.0


def step(announcement: Announcement, act: str) -> str:
    """The state an act leads to; raises Refusal where it is not possible any more."""
    allowed, after = ACTS[act]
    if announcement.state not in allowed:
        raise Refusal("not_now", act, state=announcement.state)
    if act == "resume" and announcement.started_at is None:
        return "scheduled"
    return after or announcement.state


def check(bulletin: Bulletin) -> Bulletin:
    """The bulletin with what is empty left out; raises Refusal when it cannot be kept."""
    title = {language: words.strip() for language, words in bulletin.title.items() if words.strip()}
    text = {language: words.strip() for language, words in bulletin.text.items() if words.strip()}
    for language in LANGUAGES:
        if len(title.get(language, "")) > LONGEST_TITLE:
            raise Refusal("title_too_long", "title", language=language, limit=LONGEST_TITLE, length=len(title[language]))
        if len(text.get(language, "")) > LONGEST_TEXT:
            raise Refusal("text_too_long", "text", language=language, limit=LONGEST_TEXT, length=len(text[language]))
        if (language in title) != (language in text):
            raise Refusal("half_written", "text", language=language)
    if not title:
        raise Refusal("title_missing", "title")
    fallback = {language: instead for language, instead in bulletin.fallback.items() if language not in title and instead in title}
    return msgspec.structs.replace(bulletin, title=title, text=text, fallback=fallback)


def missing(bulletin: Bulletin) -> tuple[str, ...]:
    """The languages of the audience in which there are neither words nor an explicit fallback."""
    wanted = bulletin.audience.languages or LANGUAGES
    return tuple(language for language in wanted if not bulletin.language_for(language))


def check_approval(announcement: Announcement, by: str, reach: Reach, house: House, too_long: Mapping[str, str]) -> bool:
    """Raises Refusal where an announcement must not be approved by this person; True when a team of one approves its own.

    `too_long` names a language for each channel on which the message would not be one.
    """
    step(announcement, "approve")
    if lacking := missing(announcement.bulletin):
        raise Refusal("language_missing", "text", language=lacking[0])
    if too_long:
        channel, language = next(iter(too_long.items()))
        raise Refusal("too_long_for_channel", "text", channel=channel, language=language)
    if house.most and reach.meant > house.most:
        raise Refusal("too_many", "audience", limit=house.most, meant=reach.meant)
    if announcement.written_by == by:
        if not house.team_of_one:
            raise Refusal("second_person", "approve")
        return True
    return False


def due(wanted: dt.datetime | None, at: dt.datetime, house: House) -> dt.datetime:
    """When an approved announcement goes out: as wished, but never before there was time to think again."""
    earliest = at + house.undo
    return max(wanted, earliest) if wanted is not None else earliest


def duration(channels: Mapping[str, int], rates: Mapping[str, float]) -> float:
    """Seconds that the slowest channel needs at its pace; channels without one take no time worth telling."""
    return max((count / rates[channel] for channel, count in channels.items() if rates.get(channel)), default=0.0)
