"""Who may not file proposals for a while, until when and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema import blocks


@dataclass(frozen=True, slots=True)
class Block:
    """Keeps one person from filing until a moment."""

    person_id: int
    until: dt.datetime
    by: str
    reason: str
    at: dt.datetime


def put(db: sa.Connection, block: Block) -> None:
    """Keep somebody from filing; an earlier block of theirs is replaced."""
    lift(db, block.person_id)
    values = {"person_id": block.person_id, "until": block.until, "by": block.by, "reason": block.reason, "at": block.at}
    db.execute(blocks.insert().values(values))


def lift(db: sa.Connection, person_id: int) -> bool:
    """End a block before its time; False when there was none."""
    return db.execute(blocks.delete().where(blocks.c.person_id == person_id)).rowcount == 1


def lift_some(db: sa.Connection, by: str, most: int) -> tuple[int, ...]:
    """End blocks of one doing, so many at a time; whose they were."""
    some = sa.select(blocks.c.person_id).where(blocks.c.by == by).order_by(blocks.c.person_id).limit(most)
    return tuple(db.execute(blocks.delete().where(blocks.c.person_id.in_(some)).returning(blocks.c.person_id)).scalars())


def find(db: sa.Connection, person_id: int, at: dt.datetime) -> Block | None:
    """The block that keeps somebody from filing now."""
    row = db.execute(sa.select(blocks).where(blocks.c.person_id == person_id, blocks.c.until > at)).first()
    return None if row is None else _block(row)


def standing(db: sa.Connection, at: dt.datetime, most: int, after: int = 0) -> tuple[Block, ...]:
    """A page of the blocks that stand now, by person; `after` is the last person of the page before."""
    page = sa.select(blocks).where(blocks.c.until > at, blocks.c.person_id > after).order_by(blocks.c.person_id).limit(most)
    return tuple(_block(row) for row in db.execute(page))


def _block(row: sa.Row[tuple[object, ...]]) -> Block:
    return Block(row.person_id, row.until, row.by, row.reason, row.at)
