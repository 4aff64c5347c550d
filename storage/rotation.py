"""Seals everything in the database anew, after a key was added to the ring."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from storage import wordlist
from storage.columns import Address, Sealed, SealedBytes
from storage.schema import metadata

A_PAGE = 200  # rows in memory at once; of a table with files, which have megabytes, one


def sealed_columns() -> Iterator[tuple[sa.Table, tuple[sa.Column[object], ...]]]:
    """Every table that holds sealed values, with the columns they stand in."""
    for table in metadata.sorted_tables:
        columns = tuple(column for column in table.columns if isinstance(column.type, Sealed | SealedBytes | Address))
        if columns:
            yield table, columns


def reseal(db: sa.Connection) -> int:
    """Open every sealed value with the ring at hand and seal it with its newest key, and hash words with it; the number of values.

    Raises SealBroken.

    Nobody else may write meanwhile: what another process seals with an older ring would be lost with the older key.
    """
    count = sum(_reseal(db, table, columns) for table, columns in sealed_columns())
    wordlist.renew(db)
    return count


def others_connected(db: sa.Connection) -> int:
    """How many other connections to this PostgreSQL database there are, on whatever machine: each may be a Hiwar with the older ring."""
    if db.dialect.name != "postgresql":
        return 0
    asked = "select count(*) from pg_stat_activity where datname = current_database() and usename is not null and pid <> pg_backend_pid()"
    return int(db.execute(sa.text(asked)).scalar_one())


def _reseal(db: sa.Connection, table: sa.Table, columns: tuple[sa.Column[object], ...]) -> int:
    key = tuple(table.primary_key.columns)
    renew = (
        table.update()
        .where(*(column == sa.bindparam(f"key_{column.name}") for column in key))
        .values({column.name: sa.bindparam(f"new_{column.name}") for column in columns})
    )
    page = sa.select(*key, *columns).order_by(*key).limit(1 if any(isinstance(column.type, SealedBytes) for column in columns) else A_PAGE)
    count = 0
    rows = db.execute(page).all()
    while rows:
        db.execute(
            renew,
            [
                {f"key_{column.name}": row._mapping[column] for column in key}
                | {f"new_{column.name}": row._mapping[column] for column in columns}
                for row in rows
            ],
        )
        count += sum(row._mapping[column] is not None for row in rows for column in columns)
        last = [sa.literal(rows[-1]._mapping[column], column.type) for column in key]
        rows = db.execute(page.where(sa.tuple_(*key) > sa.tuple_(*last))).all()
    return count
