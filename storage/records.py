"""The structured content in the database: plans, commitments, bodies, documents and contacts, by kind and id."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from civic.bodies import Body
from civic.commitments import Commitment, HousePlan, LocalPlan, Plan, Rating, Register, Theme
from civic.contacts import Contact
from civic.documents import Document, Library, Shelf
from civic.records import KINDS, Collection, Record
from storage import editions
from storage.editions import Edition, Loaded
from storage.prepared import Prepared
from storage.schema import records

R = TypeVar("R", bound=Record)

_find = Prepared(sa.select(records.c.body).where(records.c.kind == sa.bindparam("kind"), records.c.id == sa.bindparam("id")))


def load(db: sa.Connection, wanted: Iterable[Record], at: dt.datetime) -> Loaded:
    """Bring the database up to what the files say; ids are told as "<kind> <id>"."""
    places: Counter[str] = Counter()
    rows = []
    for record in wanted:
        kind = KINDS[type(record)]
        rows.append(Edition((kind, record.id), places[kind], editions.encode(record).decode(), {}))
        places[kind] += 1
    return editions.load(db, records, rows, at)


def put(db: sa.Connection, record: Record, at: dt.datetime) -> None:
    """Keep what an editor made of a record that is there; loading the files again leaves it alone."""
    values = {"body": editions.encode(record).decode(), "edited": True, "updated_at": at}
    db.execute(records.update().where(records.c.kind == KINDS[type(record)], records.c.id == record.id).values(values))


def find(db: sa.Connection, kind: type[R], record_id: str) -> R | None:
    row = _find.first(db, kind=KINDS[kind], id=record_id)
    return None if row is None else msgspec.json.decode(row[0], type=kind)


def of_kind(db: sa.Connection, kind: type[R]) -> tuple[R, ...]:
    """Every record of a kind, in order."""
    bodies = db.execute(sa.select(records.c.body).where(records.c.kind == KINDS[kind]).order_by(records.c.place, records.c.id)).scalars()
    return tuple(msgspec.json.decode(body, type=kind) for body in bodies)


def collection(db: sa.Connection) -> Collection:
    """All of it, as the files hold it."""
    return Collection(
        Register(
            plans=of_kind(db, Plan),
            ratings=of_kind(db, Rating),
            themes=of_kind(db, Theme),
            commitments=of_kind(db, Commitment),
            parliament=of_kind(db, HousePlan),
            local=of_kind(db, LocalPlan),
        ),
        of_kind(db, Body),
        Library(of_kind(db, Shelf), of_kind(db, Document)),
        of_kind(db, Contact),
    )
