"""Announcements: what is written, how far it is on its way, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from civic.announcements import Announcement, Bulletin
from storage.ledger import wake
from storage.schema import announcements, deliveries

TOPIC = "announcements"
BULK = "bulk"  # the switch that stops every announcement


class Changed(RuntimeError):
    """Somebody else changed the announcement meanwhile."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an announcement is: deliveries by state, those that did not arrive by reason, and what was settled in the last minute."""

    total: int
    states: Mapping[str, int]
    reasons: Mapping[str, int]
    last_minute: int
    digests: int  # of those that wait: for the digest of their day or week

    @property
    def remaining(self) -> int:
        return self.states.get("waiting", 0) + self.states.get("sending", 0)


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Bulletin).decode


def write(db: sa.Connection, bulletin: Bulletin, by: str, at: dt.datetime, news_id: int | None = None) -> int:
    """A new draft; its number."""
    values = {"state": "draft", "body": _encode(bulletin).decode(), "news_id": news_id, "written_by": by, "written_at": at, "version": 1}
    return int(db.execute(announcements.insert().values(values).returning(announcements.c.id)).scalar_one())


def find(db: sa.Connection, number: int) -> Announcement | None:
    row = db.execute(sa.select(announcements).where(announcements.c.id == number)).first()
    return None if row is None else _announcement(row)


def newest(db: sa.Connection, most: int = 100) -> tuple[Announcement, ...]:
    rows = db.execute(sa.select(announcements).order_by(announcements.c.id.desc()).limit(most))
    return tuple(_announcement(row) for row in rows)


def in_state(db: sa.Connection, states: Collection[str]) -> tuple[Announcement, ...]:
    rows = db.execute(sa.select(announcements).where(announcements.c.state.in_(states)).order_by(announcements.c.id))
    return tuple(_announcement(row) for row in rows)


def rewrite(db: sa.Connection, seen: Announcement, bulletin: Bulletin, *, by: str = "", corrected: bool = False) -> None:
    """New words over the version that was seen; with `corrected` also for those who have the message already. Raises Changed."""
    values: dict[str, object] = {"body": _encode(bulletin).decode()}
    if corrected:
        values["revision"] = seen.revision + 1
    elif by:
        values["written_by"] = by  # whoever changed it last cannot be the second person
    _change(db, seen, values)


def move(
    db: sa.Connection,
    seen: Announcement,
    state: str,
    *,
    approved_by: str | None = None,
    due_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> None:
    """Another state over the version that was seen; raises Changed. `at` is the end of what is over with it."""
    values: dict[str, object] = {"state": state}
    if approved_by is not None:
        values["approved_by"] = approved_by
    if due_at is not None:
        values["due_at"] = due_at
    if at is not None:
        values["done_at"] = at
    _change(db, seen, values)


def begin(db: sa.Connection, number: int, last: int, at: dt.datetime) -> bool:
    """Start sending what is scheduled and due, to everybody up to the person `last`; False when it was begun or stopped meanwhile."""
    this = announcements.c.id == number, announcements.c.state == "scheduled", announcements.c.due_at <= at
    values = {"state": "sending", "started_at": at, "last": last, "version": announcements.c.version + 1}
    return db.execute(announcements.update().where(*this).values(values)).rowcount == 1


def due(db: sa.Connection, at: dt.datetime) -> tuple[int, ...]:
    """Scheduled announcements whose time has come."""
    wanted = sa.select(announcements.c.id).where(announcements.c.state == "scheduled", announcements.c.due_at <= at)
    return tuple(db.execute(wanted.order_by(announcements.c.due_at)).scalars())


def next_due(db: sa.Connection) -> dt.datetime | None:
    return db.execute(sa.select(sa.func.min(announcements.c.due_at)).where(announcements.c.state == "scheduled")).scalar()


def unfanned(db: sa.Connection) -> tuple[int, ...]:
    """What is being sent and whose deliveries are not all made."""
    wanted = sa.select(announcements.c.id).where(announcements.c.state == "sending", ~announcements.c.fanned)
    return tuple(db.execute(wanted.order_by(announcements.c.id)).scalars())


def finish(db: sa.Connection, at: dt.datetime) -> tuple[int, ...]:
    """Call done what has nothing left to send; which ones."""
    # Each written out, so that SQLite finds the partial index of what waits, and not a million that are done.
    left = [
        sa.exists().where(deliveries.c.announcement_id == announcements.c.id, deliveries.c.state == sa.literal_column(f"'{state}'"))
        for state in ("waiting", "sending")
    ]
    wanted = sa.select(announcements.c.id).where(announcements.c.state == "sending", announcements.c.fanned, ~sa.or_(*left))
    over = db.execute(wanted).scalars().all()
    for number in over:
        this = announcements.c.id == number, announcements.c.state == "sending"
        db.execute(announcements.update().where(*this).values(state="done", done_at=at, version=announcements.c.version + 1))
    return tuple(over)


def count(db: sa.Connection, number: int, what: str) -> None:
    """One more opened, pressed or stopped; by whom is not noted."""
    column = announcements.c[what]
    db.execute(announcements.update().where(announcements.c.id == number).values({what: column + 1}))


def progress(db: sa.Connection, number: int, at: dt.datetime) -> Progress:
    """How far it is; one pass over its deliveries."""
    recent = sa.func.sum(sa.case((deliveries.c.settled_at > at - dt.timedelta(minutes=1), 1), else_=0))
    digests = sa.func.sum(sa.case((sa.and_(deliveries.c.digest, deliveries.c.state == "waiting"), 1), else_=0))
    rows = db.execute(
        sa.select(deliveries.c.state, deliveries.c.outcome, sa.func.count().label("n"), recent.label("recent"), digests.label("digests"))
        .where(deliveries.c.announcement_id == number)
        .group_by(deliveries.c.state, deliveries.c.outcome)
    ).all()
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for row in rows:
        states[row.state] = states.get(row.state, 0) + row.n
        if row.state in ("stopped", "failed", "unknown"):
            reasons[row.outcome] = reasons.get(row.outcome, 0) + row.n
    return Progress(sum(states.values()), states, reasons, sum(row.recent or 0 for row in rows), sum(row.digests or 0 for row in rows))


def unknown(db: sa.Connection, number: int, most: int = 1000) -> tuple[int, ...]:
    """The people whom it may or may not have reached."""
    wanted = sa.select(deliveries.c.person_id).where(deliveries.c.announcement_id == number, deliveries.c.state == "unknown")
    return tuple(db.execute(wanted.order_by(deliveries.c.person_id).limit(most)).scalars())


def _change(db: sa.Connection, seen: Announcement, values: Mapping[str, object]) -> None:
    this = announcements.c.id == seen.id, announcements.c.version == seen.version
    if db.execute(announcements.update().where(*this).values({**values, "version": seen.version + 1})).rowcount != 1:
        raise Changed(seen.id)
    wake(db, TOPIC)


def _announcement(row: sa.Row[tuple[object, ...]]) -> Announcement:
    return Announcement(
        row.id,
        row.state,
        _decode(row.body),
        row.news_id,
        row.written_by,
        row.approved_by,
        row.written_at,
        row.due_at,
        row.started_at,
        row.done_at,
        row.fanned,
        row.total,
        row.revision,
        row.opened,
        row.pressed,
        row.stopped,
        row.version,
    )
