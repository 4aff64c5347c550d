"""The deliveries of announcements: claimed by the one node that sends in bulk on a channel, and settled by what became of each.

A delivery that was claimed when its node died is sent again, unless the announcement wants to be sent at most once: then it is
listed as unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from civic.announcements import Announcement
from storage import announcements as written
from storage import leases
from storage.columns import Instant
from storage.fanning import subscribed
from storage.schema import announcements, deliveries, people


@dataclass(frozen=True, slots=True)
class Mail:
    """What one person gets: one announcement, or several as a digest; `ref` where a message that was sent is to be changed."""

    announcements: tuple[int, ...]
    person_id: int
    address: str
    language: str
    attempts: int = 0
    is_digest: bool = False
    ref: str = ""
    is_kept: bool = False  # it waits in the outbox for the person's next message; `ref` is its letter there


@dataclass(frozen=True, slots=True)
class Batch:
    """Mail that was claimed, and the announcements it is about."""

    mail: tuple[Mail, ...] = ()
    announcements: Mapping[int, Announcement] | None = None
    is_stopped: bool = False  # by the switch for all announcements


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one mail: sent, waiting (until `due_at`), kept (until the person writes), failed, unknown, stopped, deleted."""

    announcements: tuple[int, ...]
    person_id: int
    state: str
    at: dt.datetime
    outcome: str = ""
    ref: str = ""
    attempts: int = 0
    revision: int = 0
    due_at: dt.datetime | None = None


_settle = (
    deliveries.update()
    .where(deliveries.c.announcement_id == sa.bindparam("announcement"), deliveries.c.person_id == sa.bindparam("person"))
    .values(
        state=sa.bindparam("new_state"),
        outcome=sa.bindparam("new_outcome"),
        ref=sa.bindparam("new_ref"),
        attempts=sa.bindparam("new_attempts"),
        revision=sa.bindparam("new_revision"),
        due_at=sa.func.coalesce(sa.bindparam("new_due", type_=Instant()), deliveries.c.due_at),
        settled_at=sa.bindparam("settled", type_=Instant()),
    )
)
# Written out, not bound: SQLite uses a partial index only where it can see that its condition holds.
_WAITING = deliveries.c.state == sa.literal_column("'waiting'")
_SENDING = deliveries.c.state == sa.literal_column("'sending'")
_A_PIECE = 400  # values of one IN: past it statements grow slower than they gain


def claim(db: sa.Connection, channel: str, most: int, at: dt.datetime) -> Batch:
    """Take up to `most` mails that are due on a channel. The caller holds the lease of the channel, so nobody else takes any.

    Whoever stopped or unsubscribed since the deliveries were made gets nothing more.
    """
    if leases.is_thrown(db, written.BULK):
        return Batch(is_stopped=True)
    live = {announcement.id: announcement for announcement in written.in_state(db, ("sending",))}
    mail: list[Mail] = []
    for announcement in live.values():
        if len(mail) < most:
            mail += _due(db, announcement, channel, most - len(mail), at)
    if len(mail) < most and live:
        mail += _digests(db, live, channel, most - len(mail), at)
    return Batch(tuple(mail), live)


def _due(db: sa.Connection, announcement: Announcement, channel: str, most: int, at: dt.datetime) -> list[Mail]:
    here = deliveries.c.channel == channel, deliveries.c.announcement_id == announcement.id
    rows = db.execute(
        _with_people(announcement).where(*here, _WAITING, deliveries.c.digest == sa.false(), deliveries.c.due_at <= at).limit(most)
    ).all()
    _mark(db, announcement.id, [row.person_id for row in rows if not row.wanted], at)
    wanted = [row for row in rows if row.wanted]
    _mark(db, announcement.id, [row.person_id for row in wanted], None)
    return [Mail((announcement.id,), row.person_id, row.address.partition(":")[2], row.language, row.attempts) for row in wanted]


def _digests(db: sa.Connection, live: Mapping[int, Announcement], channel: str, most: int, at: dt.datetime) -> list[Mail]:
    """Everything of one person's digest as one mail."""
    due = deliveries.c.channel == channel, _WAITING, deliveries.c.digest == sa.true(), deliveries.c.due_at <= at
    people_due = sa.select(deliveries.c.person_id).where(*due, deliveries.c.announcement_id.in_(live)).distinct().limit(most)
    readers = db.execute(people_due).scalars().all()
    found: dict[int, list[tuple[int, sa.Row[tuple[object, ...]]]]] = {}
    for announcement in live.values() if readers else ():
        this = deliveries.c.announcement_id == announcement.id, deliveries.c.person_id.in_(readers)
        rows = db.execute(_with_people(announcement).where(*due, *this)).all()
        _mark(db, announcement.id, [row.person_id for row in rows if not row.wanted], at)
        _mark(db, announcement.id, [row.person_id for row in rows if row.wanted], None)
        for row in rows:
            if row.wanted:
                found.setdefault(row.person_id, []).append((announcement.id, row))
    mail = []
    for person_id, parts in found.items():
        first = parts[0][1]
        ids = tuple(number for number, _row in parts)
        attempts = max(row.attempts for _number, row in parts)
        mail.append(Mail(ids, person_id, first.address.partition(":")[2], first.language, attempts, is_digest=True))
    return mail


def _with_people(announcement: Announcement) -> sa.Select[tuple[object, ...]]:
    wanted = sa.case((_wants(announcement), 1), else_=0).label("wanted")
    return sa.select(deliveries.c.person_id, deliveries.c.attempts, people.c.address, people.c.language, wanted).join(
        people, people.c.id == deliveries.c.person_id
    )


def _wants(announcement: Announcement) -> sa.ColumnElement[bool]:
    """Whether a person still gets an announcement."""
    audience = announcement.bulletin.audience
    groups = [topics for topics in (audience.topics, audience.regions) if topics] or [()]
    return sa.and_(people.c.stopped_at.is_(None), people.c.left_at.is_(None), *(subscribed(topics) for topics in groups))


def refused(db: sa.Connection, person_id: int, letters: Sequence[str]) -> frozenset[str]:
    """Of the letters kept for a person's next message, those they have unsubscribed from since; a digest only as a whole."""
    mine = deliveries.c.person_id == person_id, deliveries.c.state == "kept", deliveries.c.ref.in_(letters)
    kept = db.execute(sa.select(deliveries.c.announcement_id, deliveries.c.ref).where(*mine)).all()
    wanted = set()
    for number in {row.announcement_id for row in kept}:
        announcement = written.find(db, number)
        if announcement is not None and db.execute(sa.select(people.c.id).where(people.c.id == person_id, _wants(announcement))).first():
            wanted |= {row.ref for row in kept if row.announcement_id == number}
    return frozenset(row.ref for row in kept) - wanted


def _mark(db: sa.Connection, number: int, readers: Sequence[int], stopped: dt.datetime | None) -> None:
    values: dict[str, object] = {"state": "sending"}
    if stopped is not None:
        values = {"state": "stopped", "outcome": "unsubscribed", "settled_at": stopped}
    for first in range(0, len(readers), _A_PIECE):
        this = deliveries.c.announcement_id == number, deliveries.c.person_id.in_(readers[first : first + _A_PIECE])
        db.execute(deliveries.update().where(*this).values(values))


def release(db: sa.Connection, channel: str, at: dt.datetime) -> int:
    """Deal with what was claimed on a channel by a node that is gone: send it again, or list it as unknown; how many."""
    held = deliveries.c.channel == channel, _SENDING
    count = 0
    for number in db.execute(sa.select(deliveries.c.announcement_id).where(*held).distinct()).scalars().all():
        announcement = written.find(db, number)
        values: dict[str, object] = {"state": "waiting"}
        if announcement is not None and announcement.bulletin.at_most_once:
            values = {"state": "unknown", "outcome": "node_died", "settled_at": at}
        count += db.execute(deliveries.update().where(*held, deliveries.c.announcement_id == number).values(values)).rowcount
    return count


def settle(db: sa.Connection, settled: Iterable[Settled]) -> None:
    """Write down what became of mail, all in one statement."""
    values = [
        {
            "announcement": number,
            "person": one.person_id,
            "new_state": one.state,
            "new_outcome": one.outcome,
            "new_ref": one.ref,
            "new_attempts": one.attempts,
            "new_revision": one.revision,
            "new_due": one.due_at,
            "settled": None if one.state == "waiting" else one.at,
        }
        for one in settled
        for number in one.announcements
    ]
    if values:
        db.execute(_settle, values)


def amended(db: sa.Connection) -> dict[int, Announcement]:
    """The announcements that were corrected or recalled after they went out."""
    wanted = sa.select(announcements.c.id).where(sa.or_(announcements.c.revision > 0, announcements.c.state == "recalled"))
    if leases.is_thrown(db, written.BULK):
        return {}
    found = (written.find(db, number) for number in db.execute(wanted).scalars().all())
    return {announcement.id: announcement for announcement in found if announcement is not None and announcement.state != "cancelled"}


def to_amend(db: sa.Connection, channel: str, announcement: Announcement, after: int, width: int) -> tuple[Mail, ...] | None:
    """Messages to correct or delete among the next `width` people past `after`; None when there is nobody past it.

    A digest names several announcements and is left as it is.
    """
    last = db.execute(sa.select(announcements.c.last).where(announcements.c.id == announcement.id)).scalar() or 0
    if after >= last:
        return None
    outdated = [] if announcement.state == "recalled" else [deliveries.c.revision < announcement.revision]
    rows = db.execute(
        sa.select(deliveries.c.person_id, deliveries.c.ref, deliveries.c.state, deliveries.c.attempts, people.c.address, people.c.language)
        .join(people, people.c.id == deliveries.c.person_id)
        .where(
            deliveries.c.announcement_id == announcement.id,
            deliveries.c.person_id > after,
            deliveries.c.person_id <= after + width,
            deliveries.c.channel == channel,
            deliveries.c.state.in_(("sent", "kept")),
            deliveries.c.ref != "",
            deliveries.c.digest == sa.false(),
            people.c.left_at.is_(None),
            *outdated,
        )
        .order_by(deliveries.c.person_id)
    )
    return tuple(
        Mail(
            (announcement.id,),
            row.person_id,
            row.address.partition(":")[2],
            row.language,
            row.attempts,
            ref=row.ref,
            is_kept=row.state == "kept",
        )
        for row in rows
    )


def next_due(db: sa.Connection, channel: str) -> dt.datetime | None:
    """When the next delivery of what is being sent is due on a channel."""
    live = db.execute(sa.select(announcements.c.id).where(announcements.c.state == "sending")).scalars().all()
    found = []
    for number in live:
        for is_digest in (
            deliveries.c.digest == sa.true(),
            deliveries.c.digest == sa.false(),
        ):  # each is the first entry of a stretch of the index
            here = deliveries.c.announcement_id == number, deliveries.c.channel == channel, is_digest, _WAITING
            first = db.execute(sa.select(deliveries.c.due_at).where(*here).order_by(deliveries.c.due_at).limit(1)).scalar()
            if first is not None:
                found.append(first)
    return min(found, default=None)
