"""Trainings and events: what is coming, by region, subject, month or online, and what one of them is about."""

from __future__ import annotations

import datetime as dt
import re

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Month, Paragraphs, Text, _
from civic.events import Event, State, Status, coming_first, matches
from civic.local_time import zone
from civic.regions import REGIONS
from handlers.event_words import KINDS, REFUSALS, date_card, facts, in_language, title, way_buttons
from handlers.sources import page, paged, shown_in
from handlers.topics import TOPICS
from storage import events as kept
from storage import registrations

_NUMBER = re.compile(r"(\d{1,9})(?:-([A-Za-z0-9]{1,16}))?\Z")
_MONTH = re.compile(r"m-(\d{4})-(\d{2})\Z")


@feature(
    "events",
    menu=_("Trainings and events"),
    command="events",
    summary=_("Trainings, events and meetings"),
    is_linkable=True,
    link="e",
)
def events(talk: Talk) -> Outgoing:
    """What is coming; by the argument one event "<number>" or "<number>-<invitation>", the filters, or what one of them leaves."""
    if found := _NUMBER.match(talk.argument):
        event = kept.find(talk.db, int(found[1]))
        if event is not None and event.status is not Status.DRAFT:
            return _one(talk, event, (found[2] or "").lower())
        return talk.end(REFUSALS["gone"], buttons=[talk.button(_("All trainings and events"), "events")])
    wish, number = paged(talk.argument)
    coming = coming_first(kept.coming(talk.db, talk.now), talk.now)
    if wish == "filter":
        return _filters(talk, coming)
    shown = [event for event in coming if _fits(talk, event, wish)]
    if not shown:
        none: Text = _("Nothing is announced just now.") if not coming else _("Nothing like this is announced just now.")
        buttons = [talk.button(_("All trainings and events"), "events")] if coming else _mine(talk)
        buttons.append(talk.button(_("Receive the news"), "subscribe"))
        return talk.end(none, buttons=[*buttons, talk.button(_("Menu"), "menu")])
    listed = [talk.button(_line(talk, event), "events", str(event.id)) for event in shown]
    more = [*_mine(talk)]
    if not wish and len(coming) > 1:
        more.insert(0, talk.button(_("Choose by region, subject or month"), "events", "filter"))
    if wish:
        more.append(talk.button(_("All trainings and events"), "events"))
    more.append(talk.button(_("Put them into my calendar"), "calendars", wish if wish.startswith("t-") else ""))
    return talk.end(_("This is coming. Which one interests you?"), buttons=[*page(talk, "events", wish, number, listed), *more])


def _one(talk: Talk, event: Event, invitation: str) -> Outgoing:
    """One event with its dates, and the way to register."""
    details, language = event.details, talk.language
    parts: list[Text] = shown_in(talk, details.title)
    parts.append(Paragraphs((KINDS[details.kind], title(event, language)), "\n"))
    state = event.state(talk.now)
    if state is State.CANCELLED:
        parts.append(_("This was cancelled."))
        return talk.end(Paragraphs(tuple(parts)), buttons=[talk.button(_("All trainings and events"), "events")])
    parts.append(in_language(details.description, language))
    sessions = event.coming(talk.now) or event.sessions
    parts += [date_card(event, session, language, talk.now) for session in sessions]
    parts.append(Paragraphs(tuple(facts(event, language)), "\n"))
    buttons: list[Button] = []
    mine = registrations.of_person_in(talk.db, talk.person.id, event.id)
    argument = f"{event.id}-{invitation}" if invitation else str(event.id)
    if mine is not None:
        buttons.append(talk.button(_("My registration"), "registrations", str(mine.id)))
    elif state is State.OPEN or (state is State.FULL and event.is_invited(invitation)):
        buttons.append(talk.button(_("Register"), "register", argument))
    elif state is State.FULL:
        buttons.append(talk.button(_("Join the waiting list"), "register", argument))
    if len(sessions) == 1:
        buttons += way_buttons(sessions[0], seated=False)
    return talk.end(Paragraphs(tuple(parts)), buttons=[*buttons, talk.button(_("All trainings and events"), "events")])


def _filters(talk: Talk, coming: list[Event]) -> Outgoing:
    """What one can choose by: only what there is."""
    details = [event.details for event in coming]
    buttons = [talk.button(KINDS[kind], "events", f"k-{kind}") for kind in KINDS if any(each.kind == kind for each in details)]
    if any(session.is_online for event in coming for session in event.coming(talk.now)):
        buttons.append(talk.button(_("Online"), "events", "online"))
    for region, names in REGIONS.items():
        if any(each.region == region for each in details):
            buttons.append(talk.button(_("Region: {region}", region=in_language(names, talk.language)), "events", f"r-{region}"))
    for topic, name in TOPICS.items():
        if any(each.topic == topic for each in details):
            buttons.append(talk.button(_("Subject: {subject}", subject=name), "events", f"t-{topic}"))
    months = {_month(session.starts_at) for event in coming for session in event.coming(talk.now)}
    for month in sorted(months, key=lambda month: (month.year, month.month)):
        buttons.append(talk.button(_("In {month}", month=month), "events", f"m-{month.year}-{month.month:02}"))
    return talk.end(_("Choose."), buttons=[*buttons, talk.button(_("All trainings and events"), "events")])


def _fits(talk: Talk, event: Event, wish: str) -> bool:
    if found := _MONTH.match(wish):
        wanted = Month(int(found[1]), int(found[2]))
        return any(_month(session.starts_at) == wanted for session in event.coming(talk.now))
    kind, _dash, value = wish.partition("-")
    match kind:
        case "r":
            return matches(event, talk.now, region=value)
        case "t":
            return matches(event, talk.now, topic=value)
        case "k":
            return matches(event, talk.now, kind=value)
        case "online":
            return matches(event, talk.now, online=True)
    return True


def _line(talk: Talk, event: Event) -> Text:
    first = min(session.starts_at for session in event.coming(talk.now))
    # Translators: a line in a list: the day, and the title of a training or event.
    return _("{day}: {title}", day=first.astimezone(zone()).date(), title=title(event, talk.language))


def _mine(talk: Talk) -> list[Button]:
    has_any = bool(registrations.of_person(talk.db, talk.person.id))
    return [talk.button(_("My registrations"), "registrations")] if has_any else []


def _month(at: dt.datetime) -> Month:
    local = at.astimezone(zone())
    return Month(local.year, local.month)
