"""What people agreed to have kept for their next registration, and the questions they bring to a session."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema import brought, registrants, registrations

CONSENT = "2026-11"  # the version of the text in handlers/registering.py that people agree to; a new text asks again


@dataclass(frozen=True, slots=True)
class Kept:
    """A name and what a person needs to take part."""

    name: str
    needs: str


@dataclass(frozen=True, slots=True)
class Brought:
    """A question somebody brings to a session."""

    text: str
    at: dt.datetime


def kept(db: sa.Connection, person_id: int) -> Kept | None:
    """What a person agreed to have kept, under the text as it is now."""
    row = db.execute(sa.select(registrants).where(registrants.c.person_id == person_id, registrants.c.consent == CONSENT)).first()
    return None if row is None else Kept(row.name, row.needs)


def keep(db: sa.Connection, person_id: int, name: str, needs: str, at: dt.datetime) -> None:
    """Keep a name and needs for next time: the person has agreed."""
    drop(db, person_id)
    db.execute(registrants.insert().values(person_id=person_id, name=name, needs=needs, consent=CONSENT, agreed_at=at))


def drop(db: sa.Connection, person_id: int) -> None:
    """Keep nothing for next time."""
    db.execute(registrants.delete().where(registrants.c.person_id == person_id))


def bring(db: sa.Connection, registration_id: int, text: str, at: dt.datetime) -> None:
    """Keep a question for a session."""
    db.execute(brought.insert().values(registration_id=registration_id, text=text, at=at))


def brought_to(db: sa.Connection, session_id: int) -> tuple[Brought, ...]:
    """The questions brought to a session, oldest first, without the names of those who bring them."""
    rows = db.execute(
        sa.select(brought.c.text, brought.c.at)
        .join(registrations, registrations.c.id == brought.c.registration_id)
        .where(registrations.c.session_id == session_id)
        .order_by(brought.c.id)
    )
    return tuple(Brought(row.text, row.at) for row in rows)


def forget_brought(db: sa.Connection) -> int:
    """Delete the questions whose registrations were purged."""
    purged = sa.select(registrations.c.id).where(registrations.c.purged_at.is_not(None))
    return db.execute(brought.delete().where(brought.c.registration_id.in_(purged))).rowcount
