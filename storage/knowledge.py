"""The knowledge base in the database: loaded from content/, changed by editors, read by every node."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from civic.knowledge import Entry
from storage import editions
from storage.editions import Edition, Loaded
from storage.ledger import wake
from storage.prepared import Prepared
from storage.schema import entries

TOPIC = "knowledge"
_decode = msgspec.json.Decoder(Entry).decode
_find = Prepared(sa.select(entries.c.body).where(entries.c.id == sa.bindparam("entry")))


def load(db: sa.Connection, wanted: Iterable[Entry], at: dt.datetime) -> Loaded:
    """Bring the database up to what the files say, and have the understanding built anew where that changed anything."""
    rows = [Edition((entry.id,), place, editions.encode(entry).decode(), {"topic": entry.topic}) for place, entry in enumerate(wanted)]
    loaded = editions.load(db, entries, rows, at)
    if loaded:
        wake(db, TOPIC)
    return loaded


def put(db: sa.Connection, entry: Entry, at: dt.datetime) -> None:
    """Keep an editor's entry, new or in place of the one with its id; loading the files again leaves it alone."""
    values = {"topic": entry.topic, "body": editions.encode(entry).decode(), "edited": True, "updated_at": at}
    if not db.execute(entries.update().where(entries.c.id == entry.id).values(values)).rowcount:
        last = db.execute(sa.select(sa.func.max(entries.c.place))).scalar()
        db.execute(entries.insert().values(values | {"id": entry.id, "place": 0 if last is None else last + 1, "digest": ""}))
    wake(db, TOPIC)


def listed(db: sa.Connection) -> tuple[tuple[Entry, bool, dt.datetime], ...]:
    """Every entry, whether an editor changed it since the files were loaded, and when it was changed last."""
    rows = db.execute(sa.select(entries.c.body, entries.c.edited, entries.c.updated_at).order_by(entries.c.topic, entries.c.place))
    return tuple((_decode(row.body), row.edited, row.updated_at) for row in rows)


def edited(db: sa.Connection) -> tuple[Entry, ...]:
    """The entries that an editor wrote or changed."""
    return tuple(_decode(row.body) for row in db.execute(sa.select(entries.c.body).where(entries.c.edited).order_by(entries.c.id)))


def mark(db: sa.Connection) -> tuple[int, dt.datetime | None]:
    """What is another whenever an entry came, changed or went."""
    count, newest = db.execute(sa.select(sa.func.count(), sa.func.max(entries.c.updated_at)).select_from(entries)).one()
    return count, newest


def find(db: sa.Connection, entry_id: str) -> Entry | None:
    row = _find.first(db, entry=entry_id)
    return None if row is None else _decode(row[0])


def find_all(db: sa.Connection, ids: Iterable[str]) -> tuple[Entry, ...]:
    """The entries of these ids that exist, in the order of the ids."""
    ids = tuple(ids)
    found = {row.id: _decode(row.body) for row in db.execute(sa.select(entries.c.id, entries.c.body).where(entries.c.id.in_(ids)))}
    return tuple(found[entry_id] for entry_id in ids if entry_id in found)


def everything(db: sa.Connection) -> tuple[Entry, ...]:
    return tuple(_decode(row.body) for row in db.execute(sa.select(entries.c.body).order_by(entries.c.topic, entries.c.place)))


def of_topic(db: sa.Connection, topic: str) -> tuple[Entry, ...]:
    return tuple(
        _decode(row.body) for row in db.execute(sa.select(entries.c.body).where(entries.c.topic == topic).order_by(entries.c.place))
    )


def topics(db: sa.Connection) -> tuple[str, ...]:
    """The topics with at least one entry."""
    return tuple(row.topic for row in db.execute(sa.select(entries.c.topic).distinct().order_by(entries.c.topic)))
