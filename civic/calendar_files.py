"""Calendar files (iCalendar, RFC 5545): written in UTC for people and feeds, read from elsewhere into what a draft needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from civic.errors import Refusal
from civic.local_time import zone

LARGEST = 1_000_000  # bytes of a calendar that is read; a year of a ministry's calendar is a tenth of it
MOST_ENTRIES = 500
LONGEST_TITLE, LONGEST_TEXT = 300, 8000
_PRODUCT = "-//Hiwar//Open Government Morocco//EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One session as a calendar shows it."""

    uid: str
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    changed_at: dt.datetime
    text: str = ""
    place: str = ""
    point: tuple[float, float] | None = None
    url: str = ""
    sequence: int = 0
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A calendar as it was read: what can become drafts, and why each of the others cannot."""

    entries: tuple[Entry, ...]
    refused: tuple[tuple[str, str], ...] = field(default=())  # title or number, reason


def write(entries: Iterable[Entry], name: str = "") -> bytes:
    """A calendar that any program reads: times in UTC, so that no time zone table has to be believed."""
    import icalendar  # not above: few processes ever write a calendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
    for entry in entries:
        event = icalendar.Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", entry.changed_at.astimezone(dt.UTC).replace(microsecond=0))
        event.add("dtstart", entry.starts_at.astimezone(dt.UTC))
        event.add("dtend", entry.ends_at.astimezone(dt.UTC))
        event.add("summary", entry.title)
        event.add("sequence", entry.sequence)
        event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
        if entry.text:
            event.add("description", entry.text)
        if entry.place:
            event.add("location", entry.place)
        if entry.point is not None:
            event.add("geo", entry.point)
        if entry.url:
            event.add("url", entry.url)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def read(content: bytes) -> Read:
    """What stands in a calendar file. Entries that cannot be used are named with a reason; raises Refusal for what is no calendar."""
    import icalendar

    if len(content) > LARGEST:
        raise Refusal("too_large", limit=LARGEST // 1000)
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise Refusal("no_calendar") from None  # the parser raises what it stumbles over
    entries: list[Entry] = []
    refused: list[tuple[str, str]] = []
    number = 0
    for calendar in calendars:
        for component in calendar.walk("VEVENT"):
            number += 1
            if number > MOST_ENTRIES:
                refused.append((f"{number}", "too_many"))
                return Read(tuple(entries), tuple(refused))
            title = _text(component, "SUMMARY")[:LONGEST_TITLE]
            try:
                entries.append(_entry(component, title))
            except Refusal as refusal:
                refused.append((title or f"{number}", refusal.reason))
            except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
                refused.append((title or f"{number}", "unreadable"))
    if not entries and not refused:
        raise Refusal("empty")
    return Read(tuple(entries), tuple(refused))


def _entry(component: object, title: str) -> Entry:
    from icalendar.error import InvalidCalendar

    if not title:
        raise Refusal("no_title")
    if component.get("RRULE") is not None or component.get("RDATE") is not None:  # type: ignore[attr-defined]  # icalendar's Component
        raise Refusal("repeats")  # which of its days are meant, only a person can say
    try:
        starts_at = _moment(component.DTSTART)  # type: ignore[attr-defined]
        ends_at = _moment(component.end)  # type: ignore[attr-defined]
    except InvalidCalendar:
        raise Refusal("dates") from None
    if ends_at < starts_at:
        raise Refusal("dates")
    if ends_at == starts_at:
        ends_at = starts_at + dt.timedelta(hours=1)
    return Entry(
        uid=_text(component, "UID")[:200],
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        changed_at=starts_at,
        text=_text(component, "DESCRIPTION")[:LONGEST_TEXT],
        place=_text(component, "LOCATION")[:LONGEST_TITLE],
        url=_text(component, "URL")[:LONGEST_TITLE],
        is_cancelled=_text(component, "STATUS").upper() == "CANCELLED",
    )


def _moment(value: object) -> dt.datetime:
    """An instant; a time without a zone is meant in Morocco, a whole day begins there at midnight."""
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=zone())
        return aware.astimezone(dt.UTC)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), zone()).astimezone(dt.UTC)
    raise Refusal("dates")


def _text(component: object, name: str) -> str:
    value = component.get(name, "")  # type: ignore[attr-defined]
    if isinstance(value, list):
        value = value[0]
    return "".join(sign for sign in str(value) if sign.isprintable() or sign in "\n\t").strip()
