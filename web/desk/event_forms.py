"""Reads what organisers type about events, and words what cannot be taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from bot.answers import clean
from bot.phrases import Phrase, _
from civic.errors import Refusal
from civic.events import Details, Event, Extra, ExtraOption, Kind, Paper, Session, State
from civic.local_time import zone
from civic.regions import REGIONS
from handlers.event_words import REFUSALS
from handlers.topics import TOPICS
from web.forms import Form

WRITTEN = ("ar", "fr", "zgh", "en")  # languages a text may be given in, side by side
_THREE = ("ar", "fr", "en")  # what one line of words side by side has, unless it has all four
EXTRAS = 3  # questions an organiser may ask beyond the name
LONGEST = {"title": 200, "description": 4000, "organiser": 200, "audience": 300}
ExtraKind = Literal["words", "number", "yes", "choice", "date"]

WRONG: dict[str, Phrase] = {
    **REFUSALS,
    "no_title": _("Write a title in one language at least."),
    "question_ids": _("Two questions are the same. Write each once."),
    "question_incomplete": _("A question needs its words, and a choice at least two answers, one a line."),
    "invitation": _("An invitation word has 4 to 16 letters a to z and digits."),
    "reminders": _("Write the reminders as hours before the start, such as 24, 1."),
    "ends_before_start": _("The end must be after the beginning."),
    "capacity": _("The seats must be a number of 0 or more, and the reserved ones no more than all seats."),
    "dates": _("Write beginning and end."),
    "no_session": _("Add a date that is to come first."),
    "published_already": _("This is published already."),
    "point": _("Write the point on the map as latitude, longitude: 34.02090, -6.84160."),
    "link": _("An online address begins with https://."),
    "empty": _("Write the message."),
    "second_person": _("A message to so many people needs a second person: ask a colleague to send it."),
    "unknown_code": _("Nobody has this code."),
    "other_session": _("This code belongs to another date."),
    "no_seat": _("This person has no seat: waiting, or cancelled."),
    "no_name": _("Write the name."),
    "too_large": _("This file is too large: a calendar has at most 1 MB."),
    "no_calendar": _("This is no calendar file (iCalendar, .ics)."),
    "outside": _("The address could not be fetched. Only public addresses of the web can be, and they must answer within a few seconds."),
}

# Why one entry of a calendar was not taken over.
NOT_TAKEN: dict[str, Phrase] = {
    "no_title": _("has no title"),
    "repeats": _("repeats: take over each date by hand"),
    "dates": _("has no usable beginning or end"),
    "unreadable": _("cannot be read"),
    "past": _("is over"),
    "too_many": _("and all after it: too many entries in one file"),
}

STATES: dict[str, tuple[Phrase, str]] = {
    State.DRAFT: (_("Draft"), "quiet"),
    State.ANNOUNCED: (_("Announced"), "open"),
    State.OPEN: (_("Open"), "open"),
    State.FULL: (_("Full"), "needs"),
    State.CLOSED: (_("Registration closed"), "quiet"),
    State.RUNNING: (_("Running"), "open"),
    State.PAST: (_("Over"), "done"),
    State.CANCELLED: (_("Cancelled"), "refused"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """What a form says of one session."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    capacity: int | None
    reserved: int
    reserved_until: dt.datetime | None
    place: dict[str, str]
    point: tuple[float, float] | None
    link: str
    language: str


def read_details(form: Form, papers: tuple[Paper, ...] = ()) -> tuple[Details, dt.datetime | None, dt.datetime | None]:
    """What is said of an event, and when registration opens and closes; raises Refusal."""
    fields, options = form.fields, form.every.get("options", [])
    kind = fields.get("kind", "")
    try:
        reminders = tuple(
            sorted({int(float(hours) * 60) for hours in fields.get("reminders", "").replace("،", ",").split(",") if hours.strip()})
        )
    except ValueError:
        raise Refusal("reminders") from None
    details = Details(
        kind=Kind(kind) if kind in list(Kind) else Kind.TRAINING,
        title=_texts(fields, "title"),
        description=_texts(fields, "description"),
        organiser=_texts(fields, "organiser"),
        audience=_texts(fields, "audience"),
        contact=clean(fields.get("contact", ""))[:200],
        topic=fields["topic"] if fields.get("topic") in TOPICS else "",
        region=fields["region"] if fields.get("region") in REGIONS else "",
        invitation=fields.get("invitation", "").strip().lower(),
        asks_needs="needs" in options,
        has_certificate="certificate" in options,
        asks_feedback="feedback" in options,
        extra=tuple(extra for number in range(EXTRAS) if (extra := _extra(fields, number))),
        reminders=tuple(reversed(reminders)),
        offer_minutes=_whole(fields.get("offer_hours", "24"), "capacity") * 60,
        papers=_papers(fields["papers"]) if "papers" in fields else papers,
    )
    return details, _moment(fields.get("opens_at", "")), _moment(fields.get("closes_at", ""))


def read_dates(fields: Mapping[str, str]) -> Dates:
    """One date with its seats and place; raises Refusal."""
    starts_at, ends_at = _moment(fields.get("starts_at", "")), _moment(fields.get("ends_at", ""))
    if starts_at is None or ends_at is None:
        raise Refusal("dates")
    link = fields.get("link", "").strip()
    if link and not link.startswith("https://"):
        raise Refusal("link")
    capacity, reserved, reserved_until = read_seats(fields)
    return Dates(
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        reserved=reserved,
        reserved_until=reserved_until,
        place=_texts(fields, "place"),
        point=_point(fields.get("point", "")),
        link=link[:500],
        language=fields["language"] if fields.get("language") in WRITTEN else "",
    )


def read_seats(fields: Mapping[str, str]) -> tuple[int | None, int, dt.datetime | None]:
    """Seats, reserved seats and until when they are reserved; raises Refusal."""
    seats = fields.get("capacity", "").strip()
    return (
        _whole(seats, "capacity") if seats else None,
        _whole(fields.get("reserved", "") or "0", "capacity"),
        _moment(fields.get("reserved_until", "")),
    )


def typed_details(event: Event) -> dict[str, str]:
    """The fields of the form as they are now."""
    return {**typed_words(event.details), "opens_at": local(event.opens_at), "closes_at": local(event.closes_at)}


def typed_words(details: Details | None) -> dict[str, str]:
    """What is said of an event as the fields of the form; without any, what is usual."""
    if details is None:
        return {"kind": "training", "reminders": "24, 1", "offer_hours": "24"}
    fields = {
        "kind": str(details.kind),
        "contact": details.contact,
        "topic": details.topic,
        "region": details.region,
        "invitation": details.invitation,
        "reminders": ", ".join(f"{minutes / 60:g}" for minutes in details.reminders),
        "offer_hours": f"{details.offer_minutes // 60}",
        "papers": "\n".join(f"{_joined(paper.title)} | {paper.url}" for paper in details.papers),
    }
    for name in LONGEST:
        fields |= {f"{name}_{language}": text for language, text in getattr(details, name).items()}
    for number, extra in enumerate(details.extra[:EXTRAS]):
        fields[f"extra{number}_kind"] = extra.kind
        fields |= {f"extra{number}_{language}": text for language, text in extra.text.items()}
        fields[f"extra{number}_options"] = "\n".join(_joined(option.label) for option in extra.options)
    return fields


def typed_dates(session: Session | None) -> dict[str, str]:
    if session is None:
        return {"language": "ar"}
    return {
        "starts_at": local(session.starts_at),
        "ends_at": local(session.ends_at),
        "capacity": "" if session.seats.capacity is None else str(session.seats.capacity),
        "reserved": str(session.seats.reserved or ""),
        "reserved_until": local(session.seats.reserved_until),
        "point": "" if session.latitude is None else f"{session.latitude:.5f}, {session.longitude:.5f}",
        "link": session.link,
        "language": session.language,
        **{f"place_{language}": text for language, text in session.place.items()},
    }


def local(at: dt.datetime | None) -> str:
    """A moment as a field for date and time takes it: Morocco's clock."""
    return "" if at is None else at.astimezone(zone()).strftime("%Y-%m-%dT%H:%M")


def _moment(text: str) -> dt.datetime | None:
    if not text.strip():
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).replace(tzinfo=zone()).astimezone(dt.UTC)
    except ValueError:
        raise Refusal("dates") from None


def _texts(fields: Mapping[str, str], name: str) -> dict[str, str]:
    longest = LONGEST.get(name, 300)
    said = {language: clean(fields.get(f"{name}_{language}", "").replace("\r\n", "\n"))[:longest] for language in WRITTEN}
    return {language: text for language, text in said.items() if text}


def _extra(fields: Mapping[str, str], number: int) -> Extra | None:
    kind = fields.get(f"extra{number}_kind", "")
    if kind not in get_args(ExtraKind):
        return None
    options = []
    for place, line in enumerate(line for line in fields.get(f"extra{number}_options", "").splitlines() if line.strip()):
        if label := _apart(line):
            options.append(ExtraOption(f"o{place}", label))
    return Extra(id=f"q{number}", kind=kind, text=_texts(fields, f"extra{number}"), options=tuple(options))  # type: ignore[arg-type]  # one of its kinds


def _papers(text: str) -> tuple[Paper, ...]:
    papers = []
    for line in text.splitlines():
        title, _bar, url = line.rpartition("|")
        if url.strip().startswith("https://"):
            papers.append(Paper(_apart(title) or {"ar": url.strip()}, url.strip()))
    return tuple(papers)


def _apart(line: str) -> dict[str, str]:
    """Words side by side as texts: Arabic | French | English, or with Tamazight as in the form, where there are four."""
    words = [word.strip() for word in line.split("|")]
    return {language: word for language, word in zip(WRITTEN if len(words) > len(_THREE) else _THREE, words, strict=False) if word}


def _joined(texts: Mapping[str, str]) -> str:
    """Texts as they are typed side by side."""
    languages = WRITTEN if "zgh" in texts else _THREE
    return " | ".join(texts.get(language, "") for language in languages).rstrip("| ")


def _point(text: str) -> tuple[float, float] | None:
    if not text.strip():
        return None
    try:
        latitude, longitude = (float(part) for part in text.replace("،", ",").split(","))
    except ValueError:
        raise Refusal("point") from None
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Refusal("point")
    return latitude, longitude


def _whole(text: str, reason: str) -> int:
    try:
        number = int(text.strip())
    except ValueError:
        raise Refusal(reason) from None
    if not 0 <= number <= 1_000_000:
        raise Refusal(reason)
    return number
