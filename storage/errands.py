"""What is to be told, or done, about a session by the clock: a row each, claimed and settled in the transaction that does it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from civic.events import Event, Session
from civic.local_time import next_morning, reminder_time
from storage.schema import errands

TRY_AGAIN = dt.timedelta(minutes=10)
AFTERWARDS = dt.timedelta(hours=1)  # between the end of a session and the thanks


class Errand(StrEnum):
    """The kinds; all but the last two are told to people."""

    REMINDER = "reminder"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    SEAT = "seat"  # from the waiting list, given without asking
    OFFER = "offer"
    LAPSED = "lapsed"
    THANKS = "thanks"  # with the questions about how it was
    PAPERS = "papers"
    MESSAGE = "message"
    EXPIRE = "expire"  # an offer that was not answered
    RELEASE = "release"  # reserved seats that nobody took


@dataclass(frozen=True, slots=True)
class Due:
    """One errand that is due; `told` is the last registration of a batch that is under way."""

    id: int
    kind: Errand
    session_id: int
    registration_id: int | None
    due_at: dt.datetime
    too_late_at: dt.datetime | None
    told: int
    body: str


def add(
    db: sa.Connection,
    kind: Errand,
    session_id: int,
    due_at: dt.datetime,
    *,
    registration_id: int | None = None,
    too_late_at: dt.datetime | None = None,
    body: str = "",
) -> int:
    """Write down something to do at a moment; its number."""
    values = {
        "kind": kind,
        "session_id": session_id,
        "registration_id": registration_id,
        "due_at": due_at,
        "too_late_at": too_late_at,
        "body": body,
        "state": "waiting",
    }
    return int(db.execute(errands.insert().values(values).returning(errands.c.id)).scalar_one())


def plan(db: sa.Connection, event: Event, session: Session, at: dt.datetime) -> None:
    """Write down what a session needs by the clock, instead of what was planned for it before: reminders, release of seats, thanks.

    A reminder is dropped when it is late by more than a quarter of its lead.
    """
    planned = (Errand.REMINDER, Errand.RELEASE, Errand.THANKS)
    db.execute(errands.delete().where(errands.c.session_id == session.id, errands.c.state == "waiting", errands.c.kind.in_(planned)))
    if session.is_cancelled:
        return
    for minutes in event.details.reminders:
        lead = dt.timedelta(minutes=minutes)
        due = reminder_time(session.starts_at, lead)
        if at < due < session.starts_at:
            add(db, Errand.REMINDER, session.id, due, too_late_at=min(due + lead / 4, session.starts_at), body=str(minutes))
    if session.seats.reserved and session.seats.reserved_until is not None and at < session.seats.reserved_until:
        add(db, Errand.RELEASE, session.id, session.seats.reserved_until)
    if session.ends_at > at:
        add(db, Errand.THANKS, session.id, next_morning(session.ends_at + AFTERWARDS))


def is_due(db: sa.Connection, at: dt.datetime) -> bool:
    """Whether there is anything to do; for a look before somebody writes."""
    return bool(db.execute(sa.select(sa.exists().where(errands.c.state == "waiting", errands.c.due_at <= at))).scalar())


def claim(db: sa.Connection, at: dt.datetime) -> Due | None:
    """The errand that has been due longest, held by this transaction alone; None when there is none."""
    row = db.execute(
        sa.select(errands)
        .where(errands.c.state == "waiting", errands.c.due_at <= at)
        .order_by(errands.c.due_at, errands.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    return Due(row.id, Errand(row.kind), row.session_id, row.registration_id, row.due_at, row.too_late_at, row.told, row.body)


def go_on(db: sa.Connection, errand_id: int, told: int) -> None:
    """Note how far a batch has come."""
    db.execute(errands.update().where(errands.c.id == errand_id).values(told=told))


def settle(db: sa.Connection, errand_id: int, state: str) -> None:
    """Done or dropped."""
    db.execute(errands.update().where(errands.c.id == errand_id).values(state=state))


def put_off(db: sa.Connection, at: dt.datetime) -> None:
    """Try the errand that is due longest again later, so that one which fails does not stand in the way of all others."""
    due = claim(db, at)
    if due is not None:
        db.execute(errands.update().where(errands.c.id == due.id).values(due_at=at + TRY_AGAIN))


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    return db.execute(errands.delete().where(errands.c.due_at < moment, errands.c.state != "waiting")).rowcount
