"""Requests for deletion that come from a vendor: what became of each, by the code its person holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from storage import audit, people
from storage.schema import deletions


@dataclass(frozen=True, slots=True)
class Deletion:
    """One request: "waiting", "done", or "nothing" for somebody of whom nothing was kept."""

    code: str
    channel: str
    user: str  # the vendor's name for the person; "" once it is settled
    state: str
    asked_at: dt.datetime
    done_at: dt.datetime | None


def ask(db: sa.Connection, code: str, channel: str, user: str, at: dt.datetime) -> None:
    """Take down a request."""
    db.execute(deletions.insert().values(code=code, channel=channel, user=user, state="waiting", asked_at=at))


def find(db: sa.Connection, code: str) -> Deletion | None:
    row = db.execute(sa.select(deletions).where(deletions.c.code == code)).first()
    return None if row is None else _deletion(row)


def waiting(db: sa.Connection) -> tuple[Deletion, ...]:
    rows = db.execute(sa.select(deletions).where(deletions.c.state == "waiting").order_by(deletions.c.asked_at))
    return tuple(_deletion(row) for row in rows)


def settle(db: sa.Connection, deletion: Deletion, addresses: Iterable[str], at: dt.datetime) -> bool:
    """Forget whoever is known by one of these addresses, and the request's name for them; whether anybody was."""
    known = [person for address in addresses if (person := people.find_by_address(db, deletion.channel, address)) is not None]
    for person in known:
        people.forget(db, person.id, at)
    state = "done" if known else "nothing"
    here = deletions.c.code == deletion.code, deletions.c.state == "waiting"
    db.execute(deletions.update().where(*here).values(state=state, user="", done_at=at))
    audit.note(db, at, f"vendor:{deletion.channel}", "deletion_settled", f"deletion {deletion.code}", state)
    return bool(known)


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Drop settled requests made before a moment; how many."""
    old = deletions.c.asked_at < moment, deletions.c.state != "waiting"
    return db.execute(deletions.delete().where(*old)).rowcount


def _deletion(row: sa.Row[tuple[object, ...]]) -> Deletion:
    return Deletion(row.code, row.channel, row.user, row.state, row.asked_at, row.done_at)
