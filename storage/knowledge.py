"""The knowledge base in the database: loaded from content/, changed by editors, read by every node."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from civic.knowledge import Entry
from storage.ledger import wake
from storage.prepared import Prepared
from storage.schema import entries

TOPIC = "knowledge"
_encode, _decode = msgspec.json.Encoder(order="deterministic").encode, msgspec.json.Decoder(Entry).decode
_find = Prepared(sa.select(entries.c.body).where(entries.c.id == sa.bindparam("entry")))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did, by id; conflicts are entries that both an editor and the file changed: the editor's text stands."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def load(db: sa.Connection, wanted: Iterable[Entry], at: dt.datetime) -> Loaded:
    """Bring the database up to what the files say; doing it again changes nothing, and an editor's newer text is never overwritten."""
    known = {row.id: row for row in db.execute(sa.select(entries.c.id, entries.c.digest, entries.c.edited, entries.c.place))}
    added, changed, conflicts = [], [], []
    new: list[dict[str, object]] = []
    seen: set[str] = set()
    for place, entry in enumerate(wanted):
        body = _encode(entry).decode()
        digest = hashlib.sha256(body.encode()).hexdigest()
        seen.add(entry.id)
        old = known.get(entry.id)
        values = {"topic": entry.topic, "place": place, "body": body, "digest": digest, "updated_at": at}
        if old is None:
            new.append({"id": entry.id, **values})
            added.append(entry.id)
        elif old.digest != digest and old.edited:
            conflicts.append(entry.id)
        elif old.digest != digest or old.place != place:
            db.execute(entries.update().where(entries.c.id == entry.id).values(values))
            if old.digest != digest:
                changed.append(entry.id)
    if new:
        db.execute(entries.insert(), new)
    removed = [entry_id for entry_id, old in known.items() if entry_id not in seen and not old.edited]
    if removed:
        db.execute(entries.delete().where(entries.c.id.in_(removed)))
    if added or changed or removed:
        wake(db, TOPIC)
    return Loaded(tuple(added), tuple(changed), tuple(removed), tuple(conflicts))


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
