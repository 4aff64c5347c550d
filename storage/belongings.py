"""Everything that belongs to a person, whatever tables there are: found by its foreign key, and carried from one person to another.

A table that is added later is carried without a word here. What could not be carried, because the other has the same already (a support of
the same proposal), is dropped and remembered; drafts of both stay where they are, and so does what other rows depend on.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from storage import backing
from storage.columns import Instant, SealedBytes
from storage.ledger import savepoint
from storage.schema import metadata, people

# What is a channel's own stays with it: what was said there, what is on its way there, when the person was heard there, and moving itself.
# The conversation is carried by storage/moving.py, for its version guards it.
STAYS = frozenset({"lines", "outbox", "presence", "nudges", "conversations", "moving_codes", "moving_attempts", "moves"})
BOTH = frozenset({"drafts"})  # the citizen's own words: of two, neither is dropped

_SUPPORTS = "supports.person_id"  # the one kind of row that is counted beside itself

Rows = dict[str, list[list[object]]]  # "table.column" -> the rest of the key of each row


class Carried(msgspec.Struct, omit_defaults=True):
    """What went from one to the other."""

    moved: Rows = {}
    dropped: dict[str, list[dict[str, object]]] = {}


def owned() -> Iterator[tuple[sa.Table, sa.Column[object]]]:
    """Every column that says whose a row is."""
    for table in metadata.sorted_tables:
        if table.name not in STAYS:
            for column in table.columns:
                if any(key.column is people.c.id for key in column.foreign_keys):
                    yield table, column


def rows_of(db: sa.Connection, person_id: int) -> Rows:
    """The rows that are a person's now."""
    found: Rows = {}
    for table, column in owned():
        rows = [list(row)[1:] for row in db.execute(sa.select(column, *_rest(table, column)).where(column == person_id))]
        if rows:
            found[f"{table.name}.{column.name}"] = rows
    return found


def carry(db: sa.Connection, source: int, target: int, *, drops: bool = True) -> Carried:
    """Make everything of `source` belong to `target`; doubles are dropped where nothing depends on them, unless `drops` is False."""
    carried = Carried({}, {})
    for name, rows in rows_of(db, source).items():
        table, column = _column(name)
        for key in rows:
            if _give(db, table, column, key, source, target):
                carried.moved.setdefault(name, []).append(key)
            elif drops and table.name not in BOTH and not _is_leant_on(table):
                carried.dropped.setdefault(name, []).append(_drop(db, table, column, key, source))
    backing.recount(db, [row["number"] for row in carried.dropped.get(_SUPPORTS, ())])
    return carried


def give_back(db: sa.Connection, rows: Rows, holder: int, owner: int) -> None:
    """Make rows belong to their former owner again, those of them that `holder` still has."""
    for name, keys in rows.items():
        if (found := _known(name)) is not None:
            for key in keys:
                _give(db, *found, key, holder, owner)


def restore(db: sa.Connection, dropped: dict[str, list[dict[str, object]]]) -> None:
    """Bring back what was dropped as a double, where it is still possible."""
    for name, rows in dropped.items():
        if (found := _known(name)) is None:
            continue
        table = found[0]
        for values in rows:
            known = {column.name: _read(column, values[column.name]) for column in table.columns if column.name in values}
            try:
                with savepoint(db):
                    db.execute(table.insert().values(known))
            except sa.exc.IntegrityError:
                continue  # what it hung on is gone meanwhile
    backing.recount(db, [row["number"] for row in dropped.get(_SUPPORTS, ())])


def _give(db: sa.Connection, table: sa.Table, column: sa.Column[object], key: list[object], source: int, target: int) -> bool:
    """Hand over one row; False where the other has the same already. Whether it has, the database itself knows best."""
    try:
        with savepoint(db):
            return db.execute(table.update().where(*_at(table, column, key, source)).values({column.name: target})).rowcount == 1
    except sa.exc.IntegrityError:
        return False


def _drop(db: sa.Connection, table: sa.Table, column: sa.Column[object], key: list[object], source: int) -> dict[str, object]:
    there = _at(table, column, key, source)
    row = db.execute(sa.select(table).where(*there)).one()
    db.execute(table.delete().where(*there))
    values: dict[str, object] = msgspec.to_builtins(dict(row._mapping))
    return values


def _at(table: sa.Table, column: sa.Column[object], key: list[object], person_id: int) -> list[sa.ColumnElement[bool]]:
    rest = _rest(table, column)
    return [column == person_id, *(part == _read(part, value) for part, value in zip(rest, key, strict=True))]


def _rest(table: sa.Table, column: sa.Column[object]) -> list[sa.Column[object]]:
    """The columns that name a row beside whose it is."""
    return [part for part in table.primary_key.columns if part is not column]


def _is_leant_on(table: sa.Table) -> bool:
    """Whether rows of other tables hang on this one's, and would go with them."""
    return any(key.column.table is table for other in metadata.sorted_tables if other is not table for key in other.foreign_keys)


def _column(name: str) -> tuple[sa.Table, sa.Column[object]]:
    table, _, column = name.partition(".")
    return metadata.tables[table], metadata.tables[table].c[column]


def _known(name: str) -> tuple[sa.Table, sa.Column[object]] | None:
    """None for a table or column that an upgrade took away."""
    table, _, column = name.partition(".")
    found = metadata.tables.get(table)
    return None if found is None or column not in found.c else _column(name)


def _read(column: sa.Column[object], value: object) -> object:
    """A value as its column takes it, from JSON or as it was."""
    if isinstance(value, str) and isinstance(column.type, Instant | sa.DateTime):
        return dt.datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(column.type, sa.Date):
        return dt.date.fromisoformat(value)
    if isinstance(value, str) and isinstance(column.type, SealedBytes | sa.LargeBinary):
        return base64.b64decode(value)
    return value
