"""Tells people what becomes due about their sessions: reminders, changes, seats from the waiting list, thanks; a batch a transaction.

The letters and the note of how far the batch has come are one transaction: a process that is killed in between has told nobody, and
one that is killed after has told each once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from bot.messages import Button, ButtonKind, Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.events import Event, Session
from handlers.desk.organising import Change, decode_change
from handlers.event_words import code_shown, in_language, title, way_buttons, when, where
from handlers.registrations import RATINGS
from handlers.telling import Post, Recipient, tell
from storage import errands, events, registrations
from storage.errands import Due, Errand
from storage.registrations import Registration

BATCH = 100  # people told in one transaction: long enough to be cheap, short enough that a citizen's message need not wait
_WITH_WAITING = (Errand.CHANGED, Errand.CANCELLED)
_AFTER = (Errand.THANKS, Errand.PAPERS)
_decode_texts = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class Told:
    """What one transaction did with one errand; `dropped` when it was too late for it."""

    kind: Errand
    session_id: int
    people: int = 0
    dropped: bool = False


def tell_next(db: sa.Connection, post: Post, at: dt.datetime) -> Told | None:
    """Do the errand that has been due longest, or a batch of it; None when nothing is due."""
    due = errands.claim(db, at)
    if due is None:
        return None
    event = events.of_session(db, due.session_id)
    session = event.session(due.session_id) if event is not None else None
    if event is None or session is None or (due.too_late_at is not None and at >= due.too_late_at):
        errands.settle(db, due.id, "dropped")
        return Told(due.kind, due.session_id, dropped=True)
    if due.kind is Errand.RELEASE:
        registrations.pass_on(db, session.id, at)
    elif due.kind is Errand.EXPIRE and due.registration_id is not None:
        registrations.expire(db, due.registration_id, at)
    elif due.registration_id is not None:
        made = registrations.find(db, due.registration_id)
        told = made is not None and _is_still(due, made) and _tell(db, post, due, event, session, made, at)
        errands.settle(db, due.id, "done")
        return Told(due.kind, due.session_id, int(told))
    else:
        return _tell_batch(db, post, due, event, session, at)
    errands.settle(db, due.id, "done")
    return Told(due.kind, due.session_id)


def _tell_batch(db: sa.Connection, post: Post, due: Due, event: Event, session: Session, at: dt.datetime) -> Told:
    came = due.kind in _AFTER and registrations.anybody_came(db, session.id)
    batch = registrations.to_tell(db, session.id, due.told, BATCH, with_waiting=due.kind in _WITH_WAITING, came=came)
    told = sum(_tell(db, post, due, event, session, made, at) for made in batch)
    if len(batch) < BATCH:
        errands.settle(db, due.id, "done")
    else:
        errands.go_on(db, due.id, batch[-1].id)
    return Told(due.kind, due.session_id, told)


def _is_still(due: Due, made: Registration) -> bool:
    """Whether what was to be told of one registration is still so."""
    wanted = {Errand.OFFER: "offered", Errand.SEAT: "registered", Errand.LAPSED: "lapsed"}
    return due.kind not in wanted or made.state == wanted[due.kind]


def _tell(db: sa.Connection, post: Post, due: Due, event: Event, session: Session, made: Registration, at: dt.datetime) -> bool:
    return tell(db, post, made.person_id, lambda reader: _word(due, event, session, made, reader), at, language=made.language)


def _word(due: Due, event: Event, session: Session, made: Registration, reader: Recipient) -> Outgoing:
    about = Paragraphs((title(event, reader.language), when(session), where(session, reader.language)), "\n")
    mine = reader.button(_("My registration"), "registrations", str(made.id))
    match due.kind:
        case Errand.REMINDER:
            return _reminder(session, made, about, mine)
        case Errand.CHANGED:
            parts = (_("Something has changed about what you are registered for."), *_changes(decode_change(due.body), session), about)
            cancel = reader.button(_("Cancel my registration"), "unregister", str(made.id))
            return _said(parts, [*way_buttons(session, seated=_seated(made)), mine, cancel])
        case Errand.CANCELLED:
            parts = (_("I am sorry: this was cancelled. You need not do anything."), about)
            return _said(parts, [reader.button(_("All trainings and events"), "events")])
        case Errand.SEAT:
            parts = (_("Good news: a seat has become free, and it is yours."), about, *_entrance(session, made))
            cancel = reader.button(_("Cancel my registration"), "unregister", str(made.id))
            return _said(parts, [*way_buttons(session, seated=True), mine, cancel])
        case Errand.OFFER:
            offered = _("A seat has become free for you. It is held until {until}.", until=made.offer_until)
            take = reader.button(_("Take the seat"), "seat", f"y-{made.id}")
            leave = reader.button(_("Leave it to the next"), "seat", f"n-{made.id}")
            return _said((offered, about), [take, leave])
        case Errand.LAPSED:
            over = _("The time to answer is over, and the seat was offered to the next person. You can register again.")
            return _said((over, about), [reader.button(_("Register again"), "events", str(event.id))])
        case Errand.PAPERS:
            papers = [
                Button(in_language(paper.title, reader.language), kind=ButtonKind.LINK, url=paper.url) for paper in event.details.papers
            ]
            return _said((_("There are documents of what you took part in."), title(event, reader.language)), [*papers, mine])
        case Errand.MESSAGE:
            words = in_language(_decode_texts(due.body), reader.language)
            return _said((_("The organisers write to you:"), words, about), [mine])
    return _thanks(event, made, reader)


def _reminder(session: Session, made: Registration, about: Text, mine: Button) -> Outgoing:
    parts = (_("A reminder: you are registered for this."), about, *_entrance(session, made))
    return _said(parts, [*way_buttons(session, seated=True), mine])


def _thanks(event: Event, made: Registration, reader: Recipient) -> Outgoing:
    parts: list[Text] = [_("Thank you for taking part."), title(event, reader.language)]
    buttons: list[Button] = []
    if event.details.asks_feedback:
        parts.append(_("How was it?"))
        buttons += [reader.button(label, "rate", f"{made.id}-{rating}") for rating, label in RATINGS.items()]
    if event.details.has_certificate and made.arrived_at is not None:
        buttons.append(reader.button(_("Certificate"), "registrations", f"{made.id}-certificate"))
    return _said(tuple(parts), buttons)


def _changes(change: Change, session: Session) -> list[Text]:
    known: Mapping[str, Text] = {
        "time": _("New time, instead of {old}: {new}", old=change.was, new=session.starts_at),
        "place": _("The place has changed."),
        "link": _("The online address has changed."),
    }
    return [known[name] for name in change.fields if name in known]


def _entrance(session: Session, made: Registration) -> list[Text]:
    if session.is_online and not session.place:
        return []
    return [_("At the entrance, show this code: {code}", code=code_shown(made.code))]


def _seated(made: Registration) -> bool:
    return made.state == "registered"


def _said(parts: tuple[Text, ...], buttons: list[Button]) -> Outgoing:
    return Outgoing(Paragraphs(parts), tuple(buttons), numbered=any(button.kind is ButtonKind.REPLY for button in buttons))
