"""What was received: each event once, and letters nobody could answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from storage.prepared import Prepared
from storage.schema import dead_letters, inbox

_insert = Prepared(inbox.insert().values({column.name: sa.bindparam(column.name) for column in inbox.c}))


class SeenBefore(Exception):
    """Another process received the same event at the same moment."""


def receive(db: sa.Connection, channel: str, event: str, at: dt.datetime, reply: str | None) -> None:
    """Note an event as done, with what the webhook's answer said; raises SeenBefore."""
    try:
        _insert.change(db, channel=channel, event=event, at=at, reply=reply)
    except sa.exc.IntegrityError:
        raise SeenBefore(event) from None


def is_received(db: sa.Connection, channel: str, event: str) -> bool:
    return db.execute(sa.select(inbox.c.event).where(inbox.c.channel == channel, inbox.c.event == event)).first() is not None


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Drop events received before a moment; no vendor repeats an event after a day."""
    return db.execute(inbox.delete().where(inbox.c.at < moment)).rowcount


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that made the program fail, kept so that nothing is lost; `payload` is an Incoming as JSON."""

    id: int
    channel: str
    event: str
    at: dt.datetime
    payload: str
    error: str
    state: str


def bury(db: sa.Connection, channel: str, event: str, at: dt.datetime, payload: str, error: str) -> int:
    """Keep a message that could not be answered; its number."""
    values = {"channel": channel, "event": event, "at": at, "payload": payload, "error": error, "state": "waiting"}
    known = db.execute(sa.select(dead_letters.c.id).where(dead_letters.c.channel == channel, dead_letters.c.event == event)).scalar()
    if known is not None:
        db.execute(dead_letters.update().where(dead_letters.c.id == known).values(error=error, state="waiting"))
        return int(known)
    return int(db.execute(dead_letters.insert().values(values).returning(dead_letters.c.id)).scalar_one())


def dead_letters_in(db: sa.Connection, state: str) -> tuple[DeadLetter, ...]:
    rows = db.execute(sa.select(dead_letters).where(dead_letters.c.state == state).order_by(dead_letters.c.id))
    return tuple(DeadLetter(row.id, row.channel, row.event, row.at, row.payload, row.error, row.state) for row in rows)


def settle(db: sa.Connection, letter_id: int, state: str) -> None:
    """Mark a dead letter "answered" or "dropped"."""
    db.execute(dead_letters.update().where(dead_letters.c.id == letter_id).values(state=state))
