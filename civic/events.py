"""Trainings, events and consultation meetings: what an organiser says of them, and what follows from that and the clock."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import msgspec

from civic.errors import Refusal
from civic.seats import Seats

LONGEST_NAME = 80  # characters of a person's name; a certificate has one line for it
LONGEST_ANSWER = 500
_INVITATION = re.compile(r"[a-z0-9]{4,16}\Z")


class Kind(StrEnum):
    TRAINING = "training"
    EVENT = "event"
    MEETING = "meeting"
    CONSULTATION = "consultation"
    COMMITTEE = "committee"


class Status(StrEnum):
    """What the organiser has decided; everything else follows from the clock and the seats."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class State(StrEnum):
    """Where an event or one of its sessions stands now."""

    DRAFT = "draft"
    ANNOUNCED = "announced"  # registration has not opened yet
    OPEN = "open"
    FULL = "full"  # open, and the next one waits
    CLOSED = "closed"  # registration is over, the session has not begun
    RUNNING = "running"
    PAST = "past"
    CANCELLED = "cancelled"


COMING = (State.ANNOUNCED, State.OPEN, State.FULL, State.CLOSED, State.RUNNING)


class ExtraOption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing an extra question offers."""

    id: str
    label: dict[str, str]


class Extra(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A question an organiser asks beyond the name, of a type, so that the answer can be read and counted."""

    id: str
    kind: Literal["words", "number", "yes", "choice", "date"]
    text: dict[str, str]
    optional: bool = False  # words only: the others are short enough to answer
    options: tuple[ExtraOption, ...] = ()
    longest: int = 300
    least: int = 0
    most: int = 1000


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document or minutes, by its address on the web."""

    title: dict[str, str]
    url: str


class Details(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """What an organiser says of an event, whatever its dates; texts by language."""

    kind: Kind
    title: dict[str, str]
    description: dict[str, str] = {}
    organiser: dict[str, str] = {}
    audience: dict[str, str] = {}
    contact: str = ""
    topic: str = ""
    region: str = ""
    invitation: str = ""  # the word that opens reserved seats
    asks_needs: bool = True
    extra: tuple[Extra, ...] = ()
    reminders: tuple[int, ...] = (1440, 60)  # minutes before the start
    offer_minutes: int = 1440  # how long a freed seat is held for the next one; 0 gives it without asking
    has_certificate: bool = True
    asks_feedback: bool = True
    papers: tuple[Paper, ...] = ()  # for the follow-up


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One date of an event, with its seats as they stand."""

    id: int
    event_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    seats: Seats
    place: dict[str, str]
    latitude: float | None = None
    longitude: float | None = None
    link: str = ""  # the address of an online meeting, for those who have a seat
    language: str = ""
    is_cancelled: bool = False
    sequence: int = 0  # raised with every change, as calendars want it

    @property
    def is_online(self) -> bool:
        return bool(self.link)

    @property
    def map_url(self) -> str:
        """The way there; "" where no point is known."""
        if self.latitude is None or self.longitude is None:
            return ""
        point = f"{self.latitude:.5f}", f"{self.longitude:.5f}"
        return f"https://www.openstreetmap.org/?mlat={point[0]}&mlon={point[1]}#map=17/{point[0]}/{point[1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event with its sessions, earliest first."""

    id: int
    details: Details
    status: Status
    sessions: tuple[Session, ...]
    opens_at: dt.datetime | None = None  # None: as soon as it is published
    closes_at: dt.datetime | None = None  # None: until a session begins
    uid: str = ""  # of the calendar entry it was imported from
    changed_at: dt.datetime | None = None

    def session(self, session_id: int) -> Session | None:
        return next((session for session in self.sessions if session.id == session_id), None)

    def state_of(self, session: Session, now: dt.datetime) -> State:
        """Where one session stands."""
        if self.status is Status.DRAFT:
            return State.DRAFT
        if self.status is Status.CANCELLED or session.is_cancelled:
            return State.CANCELLED
        if now >= session.ends_at:
            return State.PAST
        if now >= session.starts_at:
            return State.RUNNING
        if self.opens_at is not None and now < self.opens_at:
            return State.ANNOUNCED
        if self.closes_at is not None and now >= self.closes_at:
            return State.CLOSED
        return State.OPEN if session.seats.waiting == 0 and session.seats.has_room(now) else State.FULL

    def state(self, now: dt.datetime) -> State:
        """Where the event stands: as open as the most open of its sessions; past when all of them are."""
        if self.status is Status.DRAFT:
            return State.DRAFT
        if self.status is Status.CANCELLED:
            return State.CANCELLED
        states = {self.state_of(session, now) for session in self.sessions if not session.is_cancelled}
        order = (State.OPEN, State.FULL, State.ANNOUNCED, State.RUNNING, State.CLOSED, State.PAST)
        return next((state for state in order if state in states), State.CANCELLED if self.sessions else State.ANNOUNCED)

    def coming(self, now: dt.datetime) -> tuple[Session, ...]:
        """The sessions that are not over."""
        return tuple(session for session in self.sessions if self.state_of(session, now) in COMING)

    def open_sessions(self, now: dt.datetime) -> tuple[Session, ...]:
        """The sessions one may register for, or wait for."""
        return tuple(session for session in self.sessions if self.state_of(session, now) in (State.OPEN, State.FULL))

    def is_invited(self, invitation: str) -> bool:
        """Whether a word opens the reserved seats."""
        return bool(self.details.invitation) and invitation.casefold() == self.details.invitation


def check_open(event: Event | None, session: Session | None, now: dt.datetime) -> tuple[Event, Session]:
    """The event and the session when one may register; else refuses: gone, draft, announced, closed, running, past or cancelled."""
    if event is None or session is None or event.status is Status.DRAFT:
        raise Refusal("gone")
    state = event.state_of(session, now)
    if state not in (State.OPEN, State.FULL):
        raise Refusal(str(state), "session", opens_at=event.opens_at)
    return event, session


def check_details(details: Details) -> None:
    """Refuses what cannot be published: title, questions, reminders, invitation."""
    if not any(text.strip() for text in details.title.values()):
        raise Refusal("no_title")
    ids = [extra.id for extra in details.extra]
    if len(set(ids)) != len(ids) or not all(re.fullmatch(r"[a-z][a-z0-9_]{0,15}", name) for name in ids):
        raise Refusal("question_ids")
    for extra in details.extra:
        if not extra.text or (extra.kind == "choice" and len(extra.options) < 2) or extra.least > extra.most:
            raise Refusal("question_incomplete", question=extra.id)
    if details.invitation and not _INVITATION.match(details.invitation):
        raise Refusal("invitation")
    if any(minutes <= 0 or minutes > 60 * 24 * 30 for minutes in details.reminders):
        raise Refusal("reminders")


def check_dates(starts_at: dt.datetime, ends_at: dt.datetime, capacity: int | None, reserved: int) -> None:
    """Refuses a session that ends before it begins, and more reserved seats than there are."""
    if ends_at <= starts_at:
        raise Refusal("ends_before_start")
    if capacity is not None and (capacity < 0 or reserved > capacity):
        raise Refusal("capacity")
    if reserved < 0:
        raise Refusal("capacity")


def changed_fields(before: Session, after: Session) -> tuple[str, ...]:
    """What a person who is coming has to know of a change: time, place or link."""
    changes = []
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        changes.append("time")
    if (before.place, before.latitude, before.longitude) != (after.place, after.latitude, after.longitude):
        changes.append("place")
    if before.link != after.link:
        changes.append("link")
    return tuple(changes)


def matches(event: Event, now: dt.datetime, *, region: str = "", topic: str = "", kind: str = "", online: bool = False) -> bool:
    """Whether an event is one of those looked for; every wish must be met."""
    if region and event.details.region != region:
        return False
    if topic and event.details.topic != topic:
        return False
    if kind and event.details.kind != kind:
        return False
    return not online or any(session.is_online for session in event.coming(now))


def coming_first(events: Iterable[Event], now: dt.datetime) -> list[Event]:
    """Events that are still to come or under way, the nearest first."""
    with_dates = [(min(session.starts_at for session in sessions), event) for event in events if (sessions := event.coming(now))]
    return [event for _starts, event in sorted(with_dates, key=lambda pair: (pair[0], pair[1].id))]
