"""What organisers do with the people of an event: let them in, write to all of them, take a calendar of others over as drafts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from civic.calendar_files import Read
from civic.errors import Refusal
from civic.events import LONGEST_NAME, Details, Kind
from civic.local_time import notice_time
from civic.seats import Place
from handlers.desk import organising
from storage import audit, errands, event_messages, events, registrations
from storage.errands import Errand
from storage.event_messages import Message
from storage.registrations import Registration


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a calendar: new drafts, entries that were there already, and why the others were refused."""

    drafts: tuple[int, ...]
    known: int
    refused: tuple[tuple[str, str], ...]


def write_to_all(
    db: sa.Connection, event_id: int, text: Mapping[str, str], actor: str, at: dt.datetime, *, confirm_above: int, team_of_one: bool
) -> tuple[Message, int]:
    """A message to everybody with a seat, and how many that are; to more than `confirm_above` it waits for a second person."""
    said = {language: words.strip() for language, words in text.items() if words.strip()}
    if not said:
        raise Refusal("empty")
    event = events.find(db, event_id)
    if event is None:
        raise Refusal("gone")
    message = event_messages.write(db, event_id, said, actor, at)
    count = sum(session.seats.taken for session in event.coming(at))
    audit.note(db, at, actor, "event_message_written", f"event:{event_id}", f"{count}")
    if count <= confirm_above or team_of_one:
        _send(db, message, actor, at)
    return message, count


def confirm_message(db: sa.Connection, message_id: int, actor: str, at: dt.datetime, *, team_of_one: bool) -> Message:
    """Send a message that waits; refuses the one who wrote it."""
    message = event_messages.find(db, message_id)
    if message is None or message.state != "waiting":
        raise Refusal("gone")
    if message.written_by == actor and not team_of_one:
        raise Refusal("second_person")
    _send(db, message, actor, at)
    return message


def withdraw_message(db: sa.Connection, message_id: int, actor: str, at: dt.datetime) -> Message:
    """Take a message back that was not sent yet."""
    message = event_messages.find(db, message_id)
    if message is None or not event_messages.settle(db, message_id, "withdrawn", actor):
        raise Refusal("gone")
    audit.note(db, at, actor, "event_message_withdrawn", f"event:{message.event_id}")
    return message


def let_in(db: sa.Connection, session_id: int, code: str, actor: str, at: dt.datetime) -> Registration:
    """Check somebody in by the code they show or by their number; twice is once. Refuses codes of other sessions and without a seat."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    number = plain.removeprefix("R") if plain.startswith("R") and plain[1:].isdecimal() and len(plain) < 11 else ""
    made = registrations.find(db, int(number)) if number else registrations.with_code(db, plain)
    if made is None:
        raise Refusal("unknown_code")
    if made.session_id != session_id:
        raise Refusal("other_session")
    if made.state is not Place.REGISTERED:
        raise Refusal("no_seat")
    if made.arrived_at is None:
        made = registrations.check_in(db, made.id, at)
        audit.note(db, at, actor, "person_checked_in", f"registration:{made.id}")
    return made


def cancel_for(db: sa.Connection, registration_id: int, actor: str, at: dt.datetime) -> None:
    """Give a seat back for somebody who asked an organiser for it."""
    registrations.cancel(db, registration_id, at)
    audit.note(db, at, actor, "registration_cancelled", f"registration:{registration_id}")


def walk_in(db: sa.Connection, session_id: int, name: str, code: str, actor: str, at: dt.datetime) -> Registration:
    """Note somebody who came without registering; `code` is made by the phone, so that sending it again changes nothing."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name or events.of_session(db, session_id) is None:
        raise Refusal("no_name")
    known = registrations.with_code(db, code)
    if known is not None:
        return known
    made = registrations.walk_in(db, session_id, name, code, at)
    audit.note(db, at, actor, "walk_in_noted", f"registration:{made.id}")
    return made


def take_over(db: sa.Connection, read: Read, language: str, actor: str, at: dt.datetime) -> Taken:
    """Make a draft of each entry of a calendar that is to come; an entry that was taken over before is left as it is."""
    drafts, known, refused = [], 0, list(read.refused)
    for entry in read.entries:
        if entry.ends_at <= at:
            refused.append((entry.title, "past"))
            continue
        if entry.uid and events.with_uid(db, entry.uid) is not None:
            known += 1
            continue
        details = Details(kind=Kind.EVENT, title={language: entry.title}, description={language: entry.text} if entry.text else {})
        event_id = organising.draft(db, details, actor, at, uid=entry.uid or None)
        link = entry.url if entry.url.startswith("https://") else ""
        place = {language: entry.place} if entry.place else {}
        organising.add_session(db, event_id, actor, at, starts_at=entry.starts_at, ends_at=entry.ends_at, place=place, link=link)
        drafts.append(event_id)
    return Taken(tuple(drafts), known, tuple(refused))


def duplicate(db: sa.Connection, event_id: int, actor: str, at: dt.datetime) -> int:
    """A new draft with what is said of an event, without its dates; the number."""
    event = events.find(db, event_id)
    if event is None:
        raise Refusal("gone")
    return organising.draft(db, msgspec.structs.replace(event.details, papers=()), actor, at)


def _send(db: sa.Connection, message: Message, actor: str, at: dt.datetime) -> None:
    if not event_messages.settle(db, message.id, "sent", actor):
        raise Refusal("gone")
    event = events.find(db, message.event_id)
    if event is None:
        raise Refusal("gone")
    body = msgspec.json.encode(message.text).decode()
    for session in event.coming(at):
        errands.add(db, Errand.MESSAGE, session.id, notice_time(at, session.starts_at), body=body)
    audit.note(db, at, actor, "event_message_sent", f"event:{message.event_id}")
