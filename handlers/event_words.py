"""How an event and a person's place in it are told: kind, dates, place, seats; shared by the talks about events and the notices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.messages import Button, ButtonKind
from bot.phrases import Paragraphs, Phrase, Text, _, _n
from civic.events import Event, Kind, Session, State
from civic.knowledge import language_of
from civic.local_time import zone
from civic.regions import REGIONS
from handlers.language import LANGUAGE_NAMES

KINDS: dict[str, Phrase] = {
    Kind.TRAINING: _("Training"),
    Kind.EVENT: _("Event"),
    Kind.MEETING: _("Public meeting"),
    Kind.CONSULTATION: _("Consultation session"),
    Kind.COMMITTEE: _("Committee meeting"),
}

# Why one cannot register now.
REFUSALS: dict[str, Phrase] = {
    "gone": _("This is not there any more."),
    State.ANNOUNCED: _("Registration has not opened yet."),
    State.CLOSED: _("Registration is closed."),
    State.RUNNING: _("This has begun already."),
    State.PAST: _("This is over."),
    State.CANCELLED: _("This was cancelled."),
    "offer_over": _("The time to answer is over, and the seat was offered to the next person. You can register again."),
}


def in_language(text: Mapping[str, str], language: str) -> str:
    """A text of the organiser in the reader's language, or in the one there is."""
    return text.get(language_of(text, language), "")


def title(event: Event, language: str) -> str:
    return in_language(event.details.title, language)


def when(session: Session) -> Phrase:
    """The time in Morocco, in words."""
    ends = session.ends_at.astimezone(zone())
    if session.starts_at.astimezone(zone()).date() == ends.date():
        return _("{start} to {end} (Morocco time)", start=session.starts_at, end=ends.time())
    return _("From {start} to {end} (Morocco time)", start=session.starts_at, end=session.ends_at)


def where(session: Session, language: str) -> Text:
    """The place, or that it is online; the link itself is for those who have a seat."""
    place = in_language(session.place, language)
    if place and session.is_online:
        return _("Place: {place}, and online", place=place)
    if place:
        return _("Place: {place}", place=place)
    return _("Online") if session.is_online else ""


def seats(event: Event, session: Session, now: dt.datetime) -> Text:
    """Whether there is room, and how much where it is limited."""
    state = event.state_of(session, now)
    if state is State.OPEN:
        free = session.seats.free(now)
        return _("Registration is open.") if free is None else _n("{n} seat is free.", "{n} seats are free.", free)
    if state is State.FULL:
        return _("All seats are taken; there is a waiting list.")
    if state is State.ANNOUNCED and event.opens_at is not None:
        return _("Registration opens on {day}.", day=event.opens_at)
    return REFUSALS.get(state, "")


def date_card(event: Event, session: Session, language: str, now: dt.datetime) -> Paragraphs:
    """One session in a few lines."""
    spoken: Text = ""
    if session.language in LANGUAGE_NAMES:
        spoken = _("Language: {language}", language=LANGUAGE_NAMES[session.language])
    return Paragraphs((when(session), where(session, language), spoken, seats(event, session, now)), "\n")


def facts(event: Event, language: str) -> list[Text]:
    """What else is known: for whom, by whom, where, whom to ask."""
    details = event.details
    told: list[Text] = []
    if audience := in_language(details.audience, language):
        told.append(_("For: {audience}", audience=audience))
    if organiser := in_language(details.organiser, language):
        told.append(_("Organised by: {organiser}", organiser=organiser))
    if details.region in REGIONS:
        told.append(_("Region: {region}", region=in_language(REGIONS[details.region], language)))
    told.append(_("Participation is free."))
    if details.contact:
        told.append(_("Contact: {contact}", contact=details.contact))
    return told


def way_buttons(session: Session, *, seated: bool) -> list[Button]:
    """The way there, and for those who have a seat the way in."""
    buttons = []
    if session.map_url:
        buttons.append(Button(_("Directions"), kind=ButtonKind.LINK, url=session.map_url))
    if seated and session.link.startswith("https://"):
        buttons.append(Button(_("Join online"), kind=ButtonKind.LINK, url=session.link))
    return buttons


def code_shown(code: str) -> str:
    """A code in groups of four, as it is read aloud."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
