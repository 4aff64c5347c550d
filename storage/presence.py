"""When each person was last heard, for channels that let a bot write only for a while after that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from civic.windows import heard_since
from storage.prepared import Prepared
from storage.schema import nudges, people, presence

DAY = dt.timedelta(days=1)  # in which a budget of paid messages counts

_later = Prepared(
    presence.update()
    .where(presence.c.person_id == sa.bindparam("person"), presence.c.heard_at < sa.bindparam("new", type_=presence.c.heard_at.type))
    .values(heard_at=sa.bindparam("new", type_=presence.c.heard_at.type))
)


def heard(db: sa.Connection, person_id: int, at: dt.datetime) -> None:
    """Note that a person wrote at a moment; an older moment changes nothing."""
    if _later.change(db, person=person_id, new=at) or heard_at(db, person_id) is not None:
        return
    db.execute(presence.insert().values(person_id=person_id, heard_at=at))


def heard_at(db: sa.Connection, person_id: int) -> dt.datetime | None:
    return db.execute(sa.select(presence.c.heard_at).where(presence.c.person_id == person_id)).scalar()


def take_nudge(db: sa.Connection, person_id: int, channel: str, most: int, at: dt.datetime) -> bool:
    """Whether a person may be told now, at a price, that something waits: once after each of their words, `most` people of a channel a day.

    Where they may, it counts as done.
    """
    told_at = db.execute(sa.select(nudges.c.at).where(nudges.c.person_id == person_id)).scalar()
    last = heard_at(db, person_id)
    if last is None or (told_at is not None and told_at >= last):
        return False
    of_channel = nudges.join(people, people.c.id == nudges.c.person_id)
    lately = people.c.channel == channel, nudges.c.at > at - DAY
    if db.execute(sa.select(sa.func.count()).select_from(of_channel).where(*lately)).scalar_one() >= most:
        return False
    db.execute(nudges.delete().where(nudges.c.person_id == person_id))
    db.execute(nudges.insert().values(person_id=person_id, at=at))
    return True


@dataclass(frozen=True, slots=True)
class Reach:
    """How many of a channel's people can be written to: now, and of how many who want messages."""

    now: int
    all: int


def reachable(db: sa.Connection, windows: Mapping[str, dt.timedelta | None], at: dt.datetime) -> dict[str, Reach]:
    """For each channel with its window (None: always) how many could be told something now, of those who neither left nor stopped."""
    found = {}
    for channel, window in windows.items():
        wanting = sa.and_(people.c.channel == channel, people.c.left_at.is_(None), people.c.stopped_at.is_(None))
        everyone = db.execute(sa.select(sa.func.count()).select_from(people).where(wanting)).scalar_one()
        now = everyone
        if window is not None:
            near = people.join(presence, presence.c.person_id == people.c.id)
            heard_lately = presence.c.heard_at > heard_since(window, at)
            now = db.execute(sa.select(sa.func.count()).select_from(near).where(wanting, heard_lately)).scalar_one()
        found[channel] = Reach(now, everyone)
    return found
