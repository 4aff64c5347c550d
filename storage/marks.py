"""When something that is not to be done too often was done last."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from storage.schema import marks


def last(db: sa.Connection, name: str) -> dt.datetime | None:
    return db.execute(sa.select(marks.c.at).where(marks.c.name == name)).scalar()


def put(db: sa.Connection, name: str, at: dt.datetime) -> None:
    """Note that it was done now."""
    if db.execute(marks.update().where(marks.c.name == name).values(at=at)).rowcount != 1:
        db.execute(marks.insert().values(name=name, at=at))
