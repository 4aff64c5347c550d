"""Who stands behind a proposal and who follows it: each person once, and each may take it back."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from storage.prepared import Prepared
from storage.schema import follows, proposals, supports

_one = Prepared(
    sa.select(supports.c.number).where(supports.c.number == sa.bindparam("of_number"), supports.c.person_id == sa.bindparam("by_person"))
)
_insert = Prepared(supports.insert().values({column.name: sa.bindparam(column.name) for column in supports.c}))
_add = Prepared(
    proposals.update().where(proposals.c.number == sa.bindparam("of_number")).values(supports=proposals.c.supports + sa.bindparam("more"))
)


def support(db: sa.Connection, number: int, person_id: int, at: dt.datetime) -> bool:
    """Let a person support a proposal; False when they do already."""
    if supported(db, number, person_id):
        return False
    _insert.change(db, number=number, person_id=person_id, at=at)
    _count(db, number, 1)
    return True


def take_back(db: sa.Connection, number: int, person_id: int) -> bool:
    """End a person's support; False when there was none."""
    gone = db.execute(supports.delete().where(supports.c.number == number, supports.c.person_id == person_id)).rowcount == 1
    if gone:
        _count(db, number, -1)
    return gone


def supported(db: sa.Connection, number: int, person_id: int) -> bool:
    return _one.first(db, of_number=number, by_person=person_id) is not None


def follow(db: sa.Connection, number: int, person_id: int, at: dt.datetime, *, is_own: bool = False) -> bool:
    """Let a person follow a proposal; `is_own` for who showed its claim code. False when they do already."""
    known = db.execute(sa.select(follows.c.is_own).where(follows.c.number == number, follows.c.person_id == person_id)).first()
    if known is not None:
        if is_own and not known.is_own:
            db.execute(follows.update().where(follows.c.number == number, follows.c.person_id == person_id).values(is_own=True))
        return False
    db.execute(follows.insert().values(number=number, person_id=person_id, is_own=is_own, at=at))
    return True


def unfollow(db: sa.Connection, number: int, person_id: int) -> bool:
    return db.execute(follows.delete().where(follows.c.number == number, follows.c.person_id == person_id)).rowcount == 1


def follows_it(db: sa.Connection, number: int, person_id: int) -> bool:
    one = sa.select(follows.c.number).where(follows.c.number == number, follows.c.person_id == person_id)
    return db.execute(one).first() is not None


def followed_by(db: sa.Connection, person_id: int, most: int, before: int | None = None) -> tuple[int, ...]:
    """Numbers a person follows or supports, the newest first."""
    mine = sa.union(
        sa.select(follows.c.number).where(follows.c.person_id == person_id),
        sa.select(supports.c.number).where(supports.c.person_id == person_id),
    ).subquery()
    page = sa.select(mine.c.number).order_by(mine.c.number.desc()).limit(most)
    if before is not None:
        page = page.where(mine.c.number < before)
    return tuple(db.execute(page).scalars())


def holders(db: sa.Connection, number: int) -> tuple[int, ...]:
    """Persons who showed the claim code: they are told whatever the author is told."""
    return tuple(db.execute(sa.select(follows.c.person_id).where(follows.c.number == number, follows.c.is_own)).scalars())


def listeners(db: sa.Connection, number: int, after: int, most: int) -> tuple[int, ...]:
    """Persons who support or follow a proposal, each once, in order of their number, past `after`."""
    either = sa.union(
        sa.select(supports.c.person_id).where(supports.c.number == number, supports.c.person_id > after),
        sa.select(follows.c.person_id).where(follows.c.number == number, follows.c.person_id > after),
    ).subquery()
    return tuple(db.execute(sa.select(either.c.person_id).order_by(either.c.person_id).limit(most)).scalars())


def hand_over(db: sa.Connection, number: int, target: int, at: dt.datetime) -> int:
    """Let everyone who supports or follows a proposal do so with another one, which says the same; how many new supports there are."""
    there = sa.select(supports.c.person_id).where(supports.c.number == target)
    author = sa.select(proposals.c.author_id).where(proposals.c.number == target).scalar_subquery()
    new = (
        sa.select(sa.literal(target), supports.c.person_id, sa.literal(at, supports.c.at.type))
        .where(supports.c.number == number, supports.c.person_id.not_in(there))
        .where(supports.c.person_id != sa.func.coalesce(author, 0))
    )
    found = db.execute(supports.insert().from_select(["number", "person_id", "at"], new).returning(supports.c.person_id)).all()
    _count(db, target, len(found))
    followed = sa.select(follows.c.person_id).where(follows.c.number == target)
    likewise = sa.select(sa.literal(target), follows.c.person_id, sa.literal(False), sa.literal(at, follows.c.at.type)).where(
        follows.c.number == number, follows.c.person_id.not_in(followed)
    )
    db.execute(follows.insert().from_select(["number", "person_id", "is_own", "at"], likewise))
    return len(found)


def _count(db: sa.Connection, number: int, more: int) -> None:
    _add.change(db, of_number=number, more=more)
