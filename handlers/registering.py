"""Registering for a training, an event or a meeting: only the questions that are needed, and what the person agreed to keep."""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, File, FileKind, Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.errors import Refusal
from civic.events import LONGEST_ANSWER, LONGEST_NAME, Event, Extra, Session, State, Status, coming_first
from civic.seats import Place
from handlers.event_words import REFUSALS, code_shown, in_language, title, way_buttons, when, where
from handlers.places import another_way
from storage import events, registrants, registrations
from storage.registrations import Filled, Registration

_REUSE = "reuse"  # not written out where it is asked: few are asked it, and it would count among everybody's steps


@feature("register", command="register", summary=_("Register for a training or an event"), is_linkable=True)
def register(talk: Talk) -> Outgoing:
    """Register for the event that the argument "<number>" or "<number>-<invitation>" names; without one, choose among the open ones."""
    number, _dash, invitation = talk.argument.partition("-")
    event = events.find(talk.db, int(number)) if number.isdecimal() and len(number) < 10 else None
    if event is None or event.status is Status.DRAFT:
        return _open_ones(talk)
    had = registrations.of_person_in(talk.db, talk.person.id, event.id)
    if had is not None:
        return confirmed(talk, event, had, _("You are registered for this already."))
    talk.ahead = tuple(_name(extra) for extra in event.details.extra)
    dates = event.open_sessions(talk.now)
    if not dates:
        return _not_now(talk, event)
    session = dates[0]
    if len(dates) > 1:
        offered = {str(date.id): _date_line(event, date, talk) for date in dates}
        chosen = talk.choice("session", _("Which date suits you?"), offered, label=_("Date"))
        session = next(date for date in dates if str(date.id) == chosen)
    kept = registrants.kept(talk.db, talk.person.id)
    if kept is not None and talk.yes(_REUSE, _("Shall I use what I kept from last time? Name: {name}", name=kept.name), label=_("Name")):
        name, needs = kept.name, kept.needs
    else:
        name = talk.words(
            "name",
            _("What is your name? It will stand on the list at the entrance and on your certificate."),
            longest=LONGEST_NAME,
            shortest=2,
            label=_("Name"),
        )
        needs = _needs(talk, event)
    answers = {extra.id: _answer(talk, extra) for extra in event.details.extra}
    keep = kept is None and talk.yes("keep", consent(), label=_("Keep for next time"))
    talk.review(_card(talk, event, session, name, needs, answers), send=_("Register"), change=_changeable(event))
    filled = Filled(name=name, needs=needs, answers=answers, language=talk.language, invitation=invitation)
    try:
        made = registrations.register(talk.db, session.id, talk.person.id, filled, talk.new_code, talk.now)
    except Refusal as refusal:
        return talk.end(REFUSALS[refusal.reason], buttons=[talk.button(_("All trainings and events"), "events")])
    if keep:
        registrants.keep(talk.db, talk.person.id, name, needs, talk.now)
    return confirmed(talk, event, made)


def consent() -> Text:
    """What a person agrees to; its version is storage.registrants.CONSENT, to be raised when this changes."""
    return _(
        "May I keep your name, and what you need to take part, for your next registration? "
        "They are encrypted, used for nothing else, and deleted as soon as you ask."
    )


def confirmed(talk: Talk, event: Event, made: Registration, first: Text = "") -> Outgoing:
    """Where a person stands, with all they need: number, time, way, code, and the file for their calendar."""
    session = event.session(made.session_id)
    if session is None:
        return talk.end(REFUSALS["gone"], buttons=[talk.button(_("All trainings and events"), "events")])
    about = Paragraphs((title(event, talk.language), when(session), where(session, talk.language)), "\n")
    mine = talk.button(_("My registration"), "registrations", str(made.id))
    later, ways = another_way(talk)
    if made.state is Place.WAITING:
        return talk.end(Paragraphs((first, *waiting_words(talk, made), about, *later)), buttons=[mine, *ways])
    if made.state is Place.OFFERED:
        buttons = [talk.button(_("Take the seat"), "seat", f"y-{made.id}"), talk.button(_("Leave it to the next"), "seat", f"n-{made.id}")]
        offered = _("A seat has become free for you. It is held until {until}.", until=made.offer_until)
        return talk.end(Paragraphs((offered, about)), buttons=buttons)
    number = _("You have a seat. Your registration has the number {number}.", number=made.number)
    code = _("At the entrance, show this code: {code}", code=code_shown(made.code))
    parts: tuple[Text, ...] = (first, number, about, code)
    if session.is_online and not session.place:
        parts = (first, number, about)
    buttons = [*way_buttons(session, seated=True), mine, *ways]
    return talk.end(Paragraphs((*parts, *later)), buttons=buttons, files=(calendar_file(made),))


def waiting_words(talk: Talk, made: Registration) -> list[Text]:
    """Where somebody stands on the waiting list."""
    place = registrations.place_in_queue(talk.db, made)
    return [
        _("All seats are taken. You are on the waiting list, with the number {number}.", number=made.number),
        _("You are the next.") if place == 1 else _("You are number {n} on the list.", n=place),
        _("When a seat becomes free, I will write to you."),
    ]


def calendar_file(made: Registration) -> File:
    """The session for the person's own calendar; made when it is fetched."""
    return File(f"ics-{made.id}", FileKind.DOCUMENT, f"hiwar-{made.number}.ics", "text/calendar")


def _open_ones(talk: Talk) -> Outgoing:
    ready = [
        event for event in coming_first(events.coming(talk.db, talk.now), talk.now) if event.state(talk.now) in (State.OPEN, State.FULL)
    ]
    if not ready:
        return talk.end(
            _("There is nothing to register for just now."),
            buttons=[talk.button(_("Trainings and events"), "events"), talk.button(_("Menu"), "menu")],
        )
    buttons = [talk.button(title(event, talk.language), "events", str(event.id)) for event in ready[:10]]
    return talk.end(_("For which one would you like to register?"), buttons=buttons)


def _not_now(talk: Talk, event: Event) -> Outgoing:
    state = event.state(talk.now)
    why: Text = REFUSALS.get(state, REFUSALS["gone"])
    if state is State.ANNOUNCED and event.opens_at is not None:
        why = _("Registration opens on {day}.", day=event.opens_at)
    buttons: list[Button] = [talk.button(_("All trainings and events"), "events")]
    return talk.end(Paragraphs((title(event, talk.language), why)), buttons=buttons)


def _date_line(event: Event, session: Session, talk: Talk) -> Text:
    if event.state_of(session, talk.now) is State.FULL:
        return _("{start} (waiting list)", start=session.starts_at)
    return _("{start}, {place}", start=session.starts_at, place=in_language(session.place, talk.language) or _("Online"))


def _needs(talk: Talk, event: Event) -> str:
    if not event.details.asks_needs:
        return ""
    needs = talk.words(
        "needs",
        _("Do you need anything to take part, such as a ramp, sign language or large print? The organisers will be told."),
        longest=300,
        optional=True,
        label=_("Needs"),
    )
    return needs or ""


def _name(extra: Extra) -> str:
    return f"extra_{extra.id}"


def _answer(talk: Talk, extra: Extra) -> object:
    """Ask one of the organiser's questions, of its type."""
    name, text = _name(extra), in_language(extra.text, talk.language)
    match extra.kind:
        case "number":
            return talk.number(name, text, least=extra.least, most=extra.most, label=text)
        case "yes":
            return talk.yes(name, text, label=text)
        case "choice":
            offered = {option.id: in_language(option.label, talk.language) for option in extra.options}
            return talk.choice(name, text, offered, label=text)
        case "date":
            return talk.date(name, text, label=text).isoformat()
        case "words":
            longest = min(extra.longest, LONGEST_ANSWER)
            if extra.optional:
                return talk.words(name, text, longest=longest, optional=True, label=text) or ""
            return talk.words(name, text, longest=longest, label=text)


def _card(talk: Talk, event: Event, session: Session, name: str, needs: str, answers: Mapping[str, object]) -> Text:
    lines: list[Text] = [_("Name: {name}", name=name)]
    if needs:
        lines.append(_("Needs: {needs}", needs=needs))
    for extra in event.details.extra:
        said = _said(talk, extra, answers[extra.id])
        if said:
            # Translators: a question of the organiser and what the person answered.
            lines.append(_("{question} {answer}", question=in_language(extra.text, talk.language), answer=said))
    return Paragraphs(
        (title(event, talk.language), Paragraphs((when(session), where(session, talk.language)), "\n"), Paragraphs(tuple(lines), "\n"))
    )


def _said(talk: Talk, extra: Extra, answer: object) -> object:
    if isinstance(answer, bool):
        return _("Yes") if answer else _("No")
    if extra.kind == "choice":
        return next((in_language(option.label, talk.language) for option in extra.options if option.id == answer), "")
    return answer


def _changeable(event: Event) -> list[str]:
    return ["session", _REUSE, "name", "needs", *(_name(extra) for extra in event.details.extra), "keep"]
