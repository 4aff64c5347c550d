"""People by their address in a channel."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from civic.people import Person
from storage import moving, registrations
from storage.prepared import Prepared
from storage.schema import conversations, inbox, people, proposals, supports


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that is known when a message arrives, read in one statement."""

    person: Person | None
    state: str | None  # of the conversation
    version: int
    seen: bool  # this very event was received before
    reply: str | None  # what was answered to it then


def full_address(channel: str, address: str) -> str:
    return f"{channel}:{address}"


_one = sa.select(sa.bindparam("address", type_=people.c.address.type).label("address")).subquery("one")
_arrival = Prepared(
    sa.select(
        people.c.id,
        people.c.language,
        people.c.chose_language,
        people.c.stopped_at,
        people.c.left_at,
        conversations.c.state,
        conversations.c.version,
        inbox.c.event,
        inbox.c.reply,
    ).select_from(
        _one.outerjoin(people, people.c.address == _one.c.address)
        .outerjoin(conversations, conversations.c.person_id == people.c.id)
        .outerjoin(inbox, sa.and_(inbox.c.channel == sa.bindparam("channel"), inbox.c.event == sa.bindparam("event")))
    )
)


_insert = Prepared(
    people.insert().values({name: sa.bindparam(name) for name in ("channel", "address", "created_at")}).returning(people.c.id)
)
_speak = Prepared(
    people.update()
    .where(people.c.id == sa.bindparam("person"))
    .values(language=sa.bindparam("spoken"), chose_language=sa.bindparam("chosen"))
)


def arrive(db: sa.Connection, channel: str, address: str, event: str) -> Arrival:
    """Who writes, where the conversation stands, and whether this event is new."""
    row = _arrival.first(db, address=full_address(channel, address), channel=channel, event=event)
    if row is None:
        raise AssertionError("an outer join from one row gives one row")
    person_id, language, chose_language, stopped_at, left_at, state, version, seen, reply = row
    person = None
    if person_id is not None:
        person = Person(person_id, channel, address, language, bool(chose_language), stopped_at is not None, left_at is not None)
    return Arrival(person, state, version or 0, seen is not None, reply)


def meet(db: sa.Connection, channel: str, address: str, at: dt.datetime) -> Person:
    """A person written to for the first time."""
    row = _insert.first(db, channel=channel, address=full_address(channel, address), created_at=at)
    if row is None:
        raise AssertionError("an insert that returns gives one row")
    return Person(row[0], channel, address)


def find(db: sa.Connection, person_id: int) -> Person | None:
    row = db.execute(sa.select(people).where(people.c.id == person_id)).first()
    return None if row is None else _person(row)


def find_by_address(db: sa.Connection, channel: str, address: str) -> Person | None:
    row = db.execute(sa.select(people).where(people.c.address == full_address(channel, address))).first()
    return None if row is None else _person(row)


def set_language(db: sa.Connection, person_id: int, language: str, *, chosen: bool) -> None:
    _speak.change(db, person=person_id, spoken=language, chosen=chosen)


def stop(db: sa.Connection, person_id: int, at: dt.datetime) -> None:
    """No more messages but replies."""
    db.execute(people.update().where(people.c.id == person_id).values(stopped_at=at))


def leave(db: sa.Connection, person_id: int, at: dt.datetime) -> None:
    """Blocked the bot or closed the account: that stops every message, and coming back does not start them again."""
    stopped = sa.func.coalesce(people.c.stopped_at, sa.bindparam("now", at, type_=people.c.stopped_at.type))
    db.execute(people.update().where(people.c.id == person_id).values(left_at=at, stopped_at=stopped))


def come_back(db: sa.Connection, person_id: int) -> None:
    db.execute(people.update().where(people.c.id == person_id).values(left_at=None))


def move(db: sa.Connection, person_id: int, channel: str, address: str) -> None:
    """The chat has a new address."""
    db.execute(people.update().where(people.c.id == person_id).values(address=full_address(channel, address)))


def forget(db: sa.Connection, person_id: int, at: dt.datetime) -> None:
    """Delete a person with the conversation, drafts, messages and files, and what a channel joined with this one has.

    Questions stay without their asker, proposals without their author and the name shown; what the person supported has one less.
    Seats at what is to come go to those who wait; that somebody took part in what is over stays countable.
    """
    moving.reclaim(db, person_id)
    registrations.give_back(db, person_id, at)
    theirs = sa.select(supports.c.number).where(supports.c.person_id == person_id)
    db.execute(proposals.update().where(proposals.c.number.in_(theirs)).values(supports=proposals.c.supports - 1))
    db.execute(proposals.update().where(proposals.c.author_id == person_id).values(name=""))
    db.execute(people.delete().where(people.c.id == person_id))


def _person(row: sa.Row[tuple[object, ...]]) -> Person:
    channel, _, address = row.address.partition(":")
    return Person(row.id, channel, address, row.language, row.chose_language, row.stopped_at is not None, row.left_at is not None)
