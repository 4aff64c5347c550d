"""What is to be sent: replies before notices before announcements, each claimed by one node for a while."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import msgspec
import sqlalchemy as sa

from bot.messages import Shown
from civic.windows import NEWS_LASTS, is_open, is_worth
from storage import announcements, leases, presence
from storage import deliveries as announced
from storage.ledger import wake
from storage.prepared import Prepared
from storage.schema import deliveries, outbox, people

LEASE = dt.timedelta(seconds=120)  # a claim older than this is of a node that died; one part takes a minute at the most
TOPIC = "outbox"


class Lane(IntEnum):
    """Which waits for which: a reply never waits behind an announcement."""

    REPLY = 0
    NOTICE = 1
    BULK = 2


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person, on its way."""

    id: int
    person_id: int
    channel: str
    address: str
    lane: Lane
    shown: Shown
    attempts: int = 0
    parts_sent: int = 0
    leased_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a letter: sent, waiting (for another try at `due_at`), kept (until the person writes), failed, unknown or stopped."""

    letter_id: int
    state: str
    outcome: str = ""
    ref: str = ""
    parts_sent: int = 0
    attempts: int = 0
    due_at: dt.datetime


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Shown).decode
_FILLED = ("person_id", "channel", "lane", "body", "state", "due_at", "claimed_by", "created_at", "expires_at")
_insert = Prepared(outbox.insert().values({name: sa.bindparam(name) for name in _FILLED}).returning(outbox.c.id))
_settle = (
    outbox.update()
    .where(outbox.c.id == sa.bindparam("letter"))
    .values(
        state=sa.bindparam("new_state"),
        outcome=sa.bindparam("new_outcome"),
        ref=sa.bindparam("new_ref"),
        parts_sent=sa.bindparam("new_parts"),
        attempts=sa.bindparam("new_attempts"),
        due_at=sa.bindparam("new_due"),
        claimed_by="",
    )
)


def put(
    db: sa.Connection,
    person_id: int,
    channel: str,
    address: str,
    shown: Shown,
    lane: Lane,
    at: dt.datetime,
    claimed_by: str = "",
    expires_at: dt.datetime | None = None,
) -> Letter:
    """Put a message into the outbox: for whoever claims it first, or already claimed by the node that will send it at once.

    `expires_at` is for one that may have to wait for the person's next message: past it, it is dropped instead of shown.
    """
    row = _insert.first(
        db,
        person_id=person_id,
        channel=channel,
        lane=int(lane),
        body=_encode(shown).decode(),
        state="waiting",
        due_at=at + LEASE if claimed_by else at,
        claimed_by=claimed_by,
        created_at=at,
        expires_at=expires_at,
    )
    if row is None:
        raise AssertionError("an insert that returns its id returned nothing")
    if not claimed_by:
        wake(db, TOPIC)
    return Letter(row[0], person_id, channel, address, lane, shown, leased_until=at + LEASE if claimed_by else None)


def claim(db: sa.Connection, channels: Sequence[str], node: str, most: int, at: dt.datetime) -> tuple[Letter, ...]:
    """Take up to `most` letters that are due, replies first; no other node gets them before the lease ends.

    A letter waits while an older one to the same person waits, so a person reads in order.
    """
    older = outbox.alias("older")
    due = (
        sa.select(outbox.c.id)
        .where(outbox.c.state == "waiting", outbox.c.due_at <= at, outbox.c.channel.in_(channels))
        .where(
            ~sa.exists().where(
                older.c.person_id == outbox.c.person_id,
                older.c.state == "waiting",
                older.c.id < outbox.c.id,
                older.c.lane <= outbox.c.lane,
                older.c.due_at > at,
            )
        )
        .order_by(outbox.c.lane, outbox.c.due_at, outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = [row.id for row in db.execute(due)]
    if not ids:
        return ()
    db.execute(outbox.update().where(outbox.c.id.in_(ids)).values(claimed_by=node, due_at=at + LEASE))
    rows = db.execute(
        sa.select(outbox, people.c.address)
        .join(people, people.c.id == outbox.c.person_id)
        .where(outbox.c.id.in_(ids))
        .order_by(outbox.c.id)
    )
    return tuple(
        Letter(
            row.id,
            row.person_id,
            row.channel,
            row.address.partition(":")[2],
            Lane(row.lane),
            _decode(row.body),
            row.attempts,
            row.parts_sent,
            at + LEASE,
        )
        for row in rows
    )


def extend(db: sa.Connection, letter_id: int, node: str, at: dt.datetime) -> bool:
    """Hold a claim for longer; False when it ran out and another node may have the letter."""
    still_ours = outbox.c.id == letter_id, outbox.c.claimed_by == node, outbox.c.state == "waiting"
    return db.execute(outbox.update().where(*still_ours).values(due_at=at + LEASE)).rowcount == 1


def release(db: sa.Connection, node: str, at: dt.datetime) -> int:
    """Give back the claims a node had when it died, so that they need not run out; how many."""
    held = outbox.c.claimed_by == node, outbox.c.state == "waiting"
    return db.execute(outbox.update().where(*held).values(claimed_by="", due_at=at)).rowcount


def settle(db: sa.Connection, outcomes: Iterable[Outcome]) -> None:
    """Write down what became of letters, all in one statement."""
    db.execute(
        _settle,
        [
            {
                "letter": outcome.letter_id,
                "new_state": outcome.state,
                "new_outcome": outcome.outcome,
                "new_ref": outcome.ref,
                "new_parts": outcome.parts_sent,
                "new_attempts": outcome.attempts,
                "new_due": outcome.due_at,
            }
            for outcome in outcomes
        ],
    )


def keep_if_closed(db: sa.Connection, letter_id: int, person_id: int, window: dt.timedelta, at: dt.datetime) -> bool:
    """Put a letter aside for the person's next message, where their channel's window is closed; True when it was."""
    if is_open(window, presence.heard_at(db, person_id), at):
        return False
    db.execute(outbox.update().where(outbox.c.id == letter_id, outbox.c.state == "waiting").values(state="kept", claimed_by="", due_at=at))
    return True


def keep_news(db: sa.Connection, person_id: int, channel: str, shown: Shown, at: dt.datetime) -> int:
    """Put an announcement aside for a person's next message; the number of its letter."""
    values = {"person_id": person_id, "channel": channel, "lane": int(Lane.BULK), "body": _encode(shown).decode(), "state": "kept"}
    row = _insert.first(db, **values, due_at=at, claimed_by="", created_at=at, expires_at=at + NEWS_LASTS)
    if row is None:
        raise AssertionError("an insert that returns its id returned nothing")
    return int(row[0])


def change_kept(db: sa.Connection, letter_id: int, shown: Shown | None) -> None:
    """Give a letter that waits for its person other words, or none: then it is dropped."""
    this = outbox.c.id == letter_id, outbox.c.state == "kept"
    if shown is None:
        db.execute(outbox.delete().where(*this))
    else:
        db.execute(outbox.update().where(*this).values(body=_encode(shown).decode()))


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter that waited for the person."""

    shown: Shown
    lane: Lane
    written_at: dt.datetime


def take_kept(db: sa.Connection, person_id: int, at: dt.datetime) -> tuple[Kept, ...]:
    """What waited for a person and is still worth showing, newest first; none of it waits any longer.

    Announcements they have unsubscribed from meanwhile are not shown, and none while the switch for all announcements is thrown: those
    wait for the message after.
    """
    waited = outbox.c.person_id == person_id, outbox.c.state == "kept"
    rows = db.execute(sa.select(outbox).where(*waited).order_by(outbox.c.id.desc())).all()
    news = [str(row.id) for row in rows if row.lane == Lane.BULK]
    if news and leases.is_thrown(db, announcements.BULK):
        rows, news = [row for row in rows if row.lane != Lane.BULK], []
    if not rows:
        return ()
    refused = announced.refused(db, person_id, news) if news else frozenset[str]()
    became = {"sent": [row for row in rows if is_worth(row.expires_at, at) and str(row.id) not in refused]}
    became["stopped"] = [row for row in rows if str(row.id) in refused]
    became["failed"] = [row for row in rows if row not in became["sent"] and row not in became["stopped"]]
    for state, these in became.items():
        ids, outcome = [row.id for row in these], _NOT_SHOWN.get(state, "")
        db.execute(outbox.update().where(outbox.c.id.in_(ids)).values(state=state, outcome=outcome or "shown_later", due_at=at))
        if news:  # announcements note what became of theirs
            theirs = deliveries.c.person_id == person_id, deliveries.c.state == "kept", deliveries.c.ref.in_([str(one) for one in ids])
            db.execute(deliveries.update().where(*theirs).values(state=state, outcome=outcome, settled_at=at))
    return tuple(Kept(_decode(row.body), Lane(row.lane), row.created_at) for row in became["sent"])


_NOT_SHOWN = {"stopped": "unsubscribed", "failed": "expired"}


def next_due(db: sa.Connection, channels: Sequence[str]) -> dt.datetime | None:
    """When the next waiting letter is due."""
    return db.execute(sa.select(sa.func.min(outbox.c.due_at)).where(outbox.c.state == "waiting", outbox.c.channel.in_(channels))).scalar()


def ages(db: sa.Connection, at: dt.datetime) -> dict[Lane, float]:
    """How long the oldest letter of each lane has been waiting past its creation, in seconds."""
    rows = db.execute(sa.select(outbox.c.lane, sa.func.min(outbox.c.created_at)).where(outbox.c.state == "waiting").group_by(outbox.c.lane))
    return {Lane(lane): (at - oldest).total_seconds() for lane, oldest in rows}


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Drop settled letters made before a moment: their text is not needed any more."""
    settled = outbox.c.state.not_in(("waiting", "kept"))
    return db.execute(outbox.delete().where(outbox.c.created_at < moment, settled)).rowcount


def drop_kept_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Drop letters made before a moment whose person has not come back; how many."""
    gone = sa.and_(outbox.c.created_at < moment, outbox.c.state == "kept")
    rows = db.execute(sa.select(outbox.c.id, outbox.c.person_id).where(gone, outbox.c.lane == int(Lane.BULK))).all()
    for row in rows:
        this = deliveries.c.person_id == row.person_id, deliveries.c.state == "kept", deliveries.c.ref == str(row.id)
        db.execute(deliveries.update().where(*this).values(state="failed", outcome="expired"))
    return db.execute(outbox.delete().where(gone)).rowcount
