"""Going from one channel to another: codes, what was carried, and two channels of one person.

Two channels that are joined share everything, and the one used last has it: with the first message on the other, all goes there. So no
other function has to know of it, and what is told unasked goes to the channel used last.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from bot.conversation import Conversation, TalkState, dump, load
from civic.moving import LASTS
from storage import audit
from storage.belongings import Carried, Rows, carry, give_back, restore, rows_of
from storage.conversations import keep_draft
from storage.schema import conversations, moves, moving_attempts, moving_codes


class _Record(msgspec.Struct, omit_defaults=True):
    """What a move keeps to be able to part two people's things again."""

    carried: Carried
    own: Rows = {}  # of the target before
    talks: list[str] = []  # ids of the open talks that came along


@dataclass(frozen=True, slots=True)
class Code:
    """A code that is alive: whose it is and what they want."""

    person_id: int
    wish: str


@dataclass(frozen=True, slots=True)
class Move:
    """A move that was made and not undone."""

    id: int
    source_id: int
    target_id: int
    wish: str
    at: dt.datetime


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Record).decode


def issue(db: sa.Connection, person_id: int, digest: str, wish: str, at: dt.datetime) -> bool:
    """Keep a new code in place of the person's earlier one; False for one that somebody else has just now."""
    db.execute(moving_codes.delete().where(sa.or_(moving_codes.c.person_id == person_id, moving_codes.c.expires_at <= at)))
    if db.execute(sa.select(moving_codes.c.person_id).where(moving_codes.c.digest == digest)).first() is not None:
        return False
    db.execute(moving_codes.insert().values(digest=digest, person_id=person_id, wish=wish, expires_at=at + LASTS))
    return True


def find(db: sa.Connection, digest: str, at: dt.datetime) -> Code | None:
    alive = moving_codes.c.digest == digest, moving_codes.c.expires_at > at
    row = db.execute(sa.select(moving_codes).where(*alive)).first()
    return None if row is None else Code(row.person_id, row.wish)


def attempts(db: sa.Connection, person_id: int, at: dt.datetime) -> tuple[int, int]:
    """How many wrong codes this person and everybody gave lately."""
    lately = moving_attempts.c.at > at - LASTS
    count = sa.select(sa.func.count()).select_from(moving_attempts)
    own = db.execute(count.where(lately, moving_attempts.c.person_id == person_id)).scalar_one()
    return own, db.execute(count.where(lately)).scalar_one()


def note_attempt(db: sa.Connection, person_id: int, at: dt.datetime) -> None:
    """Count a wrong code."""
    db.execute(moving_attempts.insert().values(person_id=person_id, at=at))


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Drop wrong codes given, and moves made for good, before a moment; the joined stay joined."""
    db.execute(moving_attempts.delete().where(moving_attempts.c.at < moment))
    ended = sa.or_(moves.c.wish == "carry", moves.c.undone_at.is_not(None))
    return db.execute(moves.delete().where(moves.c.at < moment, ended)).rowcount


def move_of(db: sa.Connection, person_id: int, move_id: int | None = None) -> Move | None:
    """The newest move of a person that was not undone, or the one named, if it is theirs."""
    theirs = sa.or_(moves.c.source_id == person_id, moves.c.target_id == person_id), moves.c.undone_at.is_(None)
    query = sa.select(moves).where(*theirs).order_by(moves.c.id.desc())
    row = db.execute(query if move_id is None else query.where(moves.c.id == move_id)).first()
    return None if row is None else Move(row.id, row.source_id, row.target_id, row.wish, row.at)


def is_joined(db: sa.Connection, person_id: int) -> bool:
    joined = moves.c.wish == "join", moves.c.undone_at.is_(None)
    return db.execute(sa.select(moves.c.id).where(*joined, _of(person_id))).first() is not None


def make(db: sa.Connection, digest: str, source: int, target: int, wish: str, at: dt.datetime) -> tuple[Move, list[TalkState]]:
    """Use a code: everything of `source` belongs to `target`; its open talks are for whoever plays the target's conversation."""
    db.execute(moving_codes.delete().where(moving_codes.c.digest == digest))
    own = rows_of(db, target)
    carried = carry(db, source, target)
    talks = _take_talks(db, source, elsewhere=target if wish == "join" else 0, at=at)
    record = _Record(carried, own, [talk.id for talk in talks])
    values = {"source_id": source, "target_id": target, "wish": wish, "holds": "target", "carried": _encode(record).decode(), "at": at}
    move_id = int(db.execute(moves.insert().values(values).returning(moves.c.id)).scalar_one())
    action = "conversation_carried" if wish == "carry" else "channels_joined"
    audit.note(db, at, f"person:{target}", action, f"person {source}", f"move {move_id}")
    return Move(move_id, source, target, wish, at), talks


def undo(db: sa.Connection, move: Move, here: int, at: dt.datetime) -> tuple[list[TalkState], list[str]]:
    """Part again: each gets back what was theirs, what is new stays where it is.

    `here` is who asks, whose own open conversation the caller plays: returns the talks to bring there, and the ids of those to take out
    of it, which the caller keeps as drafts of the other.
    """
    record = _decode(db.execute(sa.select(moves.c.carried).where(moves.c.id == move.id)).scalar_one())
    db.execute(moves.update().where(moves.c.id == move.id).values(undone_at=at))
    action = "conversation_brought_back" if move.wish == "carry" else "channels_parted"
    audit.note(db, at, f"person:{here}", action, f"person {move.source_id}", f"move {move.id}")
    if move.wish == "join":
        other = move.source_id if here == move.target_id else move.target_id
        give_back(db, record.carried.moved if other == move.source_id else record.own, here, other)
        _take_talks(db, other, elsewhere=0, at=at)
        if other == move.source_id:
            restore(db, record.carried.dropped)
        return [], []
    give_back(db, record.carried.moved, move.target_id, move.source_id)
    restore(db, record.carried.dropped)
    if here == move.source_id:
        return _take_talks(db, move.target_id, elsewhere=0, at=at, only=record.talks), []
    return [], record.talks


def gather(db: sa.Connection, person_id: int, at: dt.datetime) -> bool:
    """Bring everything here from the channel this one is joined with, if it is there; whether it was."""
    row = _held_elsewhere(db, person_id)
    if row is None:
        return False
    other = row.target_id if row.source_id == person_id else row.source_id
    db.execute(moves.update().where(moves.c.id == row.id).values(holds="source" if row.source_id == person_id else "target"))
    carry(db, other, person_id, drops=False)
    talks = _take_talks(db, other, elsewhere=person_id, at=at)
    _put(db, person_id, Conversation(talks=talks), at)
    return True


def reclaim(db: sa.Connection, person_id: int) -> None:
    """Bring back what the joined channel has, before this person is forgotten: all of one person goes, on whichever channel they ask."""
    row = _held_elsewhere(db, person_id)
    if row is not None:
        other = row.target_id if row.source_id == person_id else row.source_id
        carry(db, other, person_id)
        db.execute(conversations.delete().where(conversations.c.person_id == other))


def _held_elsewhere(db: sa.Connection, person_id: int) -> sa.Row[tuple[object, ...]] | None:
    """The joining by which the other channel has everything now."""
    there = sa.or_(
        sa.and_(moves.c.source_id == person_id, moves.c.holds == "target"),
        sa.and_(moves.c.target_id == person_id, moves.c.holds == "source"),
    )
    joined = moves.c.wish == "join", moves.c.undone_at.is_(None), there
    return db.execute(sa.select(moves).where(*joined).with_for_update()).first()


def _take_talks(db: sa.Connection, person_id: int, *, elsewhere: int, at: dt.datetime, only: list[str] | None = None) -> list[TalkState]:
    """The open talks of a person, no longer theirs; a turn of theirs that is under way is overtaken by it."""
    state = db.execute(sa.select(conversations.c.state).where(conversations.c.person_id == person_id)).scalar()
    conversation = load(state) if state else Conversation()
    taken = [talk for talk in conversation.talks if only is None or talk.id in only]
    for talk in taken:
        talk.sources = {}  # messages of the other channel
    conversation.talks = [talk for talk in conversation.talks if talk not in taken]
    conversation.trace, conversation.offered, conversation.elsewhere = None, [], elsewhere
    if state or elsewhere:
        _put(db, person_id, conversation, at)
    return taken


def _put(db: sa.Connection, person_id: int, conversation: Conversation, at: dt.datetime) -> None:
    """Write a conversation whatever version it stands at."""
    values = {"state": dump(conversation), "updated_at": at}
    newer = conversations.update().where(conversations.c.person_id == person_id).values(version=conversations.c.version + 1, **values)
    if db.execute(newer).rowcount == 0:
        db.execute(conversations.insert().values(person_id=person_id, version=1, **values))


def put_aside(db: sa.Connection, person_id: int, talks: list[TalkState], at: dt.datetime) -> None:
    """Keep talks as drafts of a person."""
    for talk in talks:
        keep_draft(db, person_id, talk, at)


def _of(person_id: int) -> sa.ColumnElement[bool]:
    return sa.or_(moves.c.source_id == person_id, moves.c.target_id == person_id)
