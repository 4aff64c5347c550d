"""The chats in which members of staff are citizens, so that nobody decides about their own proposals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from storage import audit
from storage.schema import people, staff, staff_chats, staff_codes
from storage.staff import digest


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat that is a member's; since when that is known."""

    person_id: int
    channel: str
    at: dt.datetime


def issue(db: sa.Connection, member_id: int, code: str, expires_at: dt.datetime) -> None:
    """Keep a new code in place of the member's earlier one."""
    db.execute(staff_codes.delete().where(staff_codes.c.member_id == member_id))
    db.execute(staff_codes.insert().values(member_id=member_id, digest=digest(code), expires_at=expires_at))


def link(db: sa.Connection, code: str, person_id: int, at: dt.datetime) -> bool:
    """Take a chat as that of the member whose code this is, and use the code up; False for a code that does not count (any more)."""
    alive = sa.select(staff_codes.c.member_id).join(staff, staff.c.id == staff_codes.c.member_id)
    alive = alive.where(staff_codes.c.digest == digest(code), staff_codes.c.expires_at > at, staff.c.active)
    member_id = db.execute(alive).scalar()
    if member_id is None or db.execute(staff_codes.delete().where(staff_codes.c.member_id == member_id)).rowcount != 1:
        return False
    if person_id not in persons_of(db, member_id):
        db.execute(staff_chats.insert().values(member_id=member_id, person_id=person_id, at=at))
        audit.note(db, at, f"staff:{member_id}", "chat_linked", f"staff:{member_id}", f"person: {person_id}")
    return True


def unlink(db: sa.Connection, member_id: int, person_id: int, at: dt.datetime) -> bool:
    """No longer take a chat as a member's; False where it was none."""
    this = staff_chats.c.member_id == member_id, staff_chats.c.person_id == person_id
    if db.execute(staff_chats.delete().where(*this)).rowcount != 1:
        return False
    audit.note(db, at, f"staff:{member_id}", "chat_unlinked", f"staff:{member_id}", f"person: {person_id}")
    return True


def persons_of(db: sa.Connection, member_id: int) -> tuple[int, ...]:
    """Who a member is known to be in the chats."""
    return tuple(db.execute(sa.select(staff_chats.c.person_id).where(staff_chats.c.member_id == member_id)).scalars())


def chats_of(db: sa.Connection, member_id: int) -> tuple[Chat, ...]:
    """A member's chats, those linked first first."""
    wanted = sa.select(staff_chats.c.person_id, people.c.channel, staff_chats.c.at).join(people, people.c.id == staff_chats.c.person_id)
    rows = db.execute(wanted.where(staff_chats.c.member_id == member_id).order_by(staff_chats.c.at, staff_chats.c.person_id))
    return tuple(Chat(row.person_id, row.channel, row.at) for row in rows)
