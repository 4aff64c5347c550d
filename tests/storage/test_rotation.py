"""After a change of the key everything is sealed with the new one and reads the same; a crash in the middle changes nothing."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import inbox, people, rotation
from storage.columns import Instant, SealedBytes
from storage.engines import open_writer
from storage.ledger import savepoint
from storage.schema import metadata
from storage.schema import people as people_table
from storage.sealing import Seal, SealBroken, with_new_key, write_keys

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def value_for(column: sa.Column, row: int) -> object:
    """A value for any column of the schema; the persons that others belong to are numbered from 1."""
    if column.foreign_keys:
        return row
    kind = column.type
    if isinstance(kind, SealedBytes):
        return f"content {row} ملف".encode()
    if isinstance(kind, Instant):
        return NOW
    if isinstance(kind, sa.Date):
        return NOW.date()
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Integer):
        return row
    if isinstance(kind, sa.Float):
        return float(row)
    return f"{row} {column.name} ⴰⵣⵓⵍ"[: getattr(kind, "length", None)]


def fill(url: str, seal: Seal, rows: int = 3) -> None:
    """Put rows into every table, so that each has as many."""

    def insert(db: sa.Connection) -> None:
        for table in metadata.sorted_tables:
            found = db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()  # the head of the audit log is there already
            new = range(found + 1, rows + 1)
            db.execute(table.insert(), [{column.name: value_for(column, row) for column in table.columns} for row in new])

    reading(url, seal, insert)


def reading(url: str, seal: Seal, read: Callable[[sa.Connection], object]) -> object:
    engine = open_writer(url, seal)
    try:
        with engine.begin() as db:
            return read(db)
    finally:
        engine.dispose()


def sealed_values(db: sa.Connection) -> list[object]:
    return [
        value
        for table, columns in rotation.sealed_columns()
        for value in db.execute(sa.select(*table.primary_key.columns, *columns).order_by(*table.primary_key.columns)).all()
    ]


def keys_used(db: sa.Connection) -> set[int]:
    """The numbers of the keys that anything in the database is sealed with."""
    return {
        bytes(raw)[0]
        for _table, columns in rotation.sealed_columns()
        for column in columns
        for raw in db.execute(sa.select(sa.type_coerce(column, sa.LargeBinary)).where(column.is_not(None))).scalars()
    }


def test_every_column_of_bytes_is_known_to_be_sealed() -> None:
    sealed = {column for _table, columns in rotation.sealed_columns() for column in columns}
    of_bytes = {
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type.dialect_impl(sa.create_engine("sqlite://").dialect), sa.LargeBinary)
        or isinstance(getattr(column.type, "impl", column.type), sa.LargeBinary)
    }
    assert sealed == of_bytes
    assert len(sealed) >= 10


def test_everything_is_sealed_with_the_new_key_and_reads_the_same(database_url: str, seal: Seal) -> None:
    fill(database_url, seal)
    before = reading(database_url, seal, sealed_values)
    ring = with_new_key(seal)
    count = reading(database_url, ring, rotation.reseal)
    newest = Seal({ring.current: ring.masters[ring.current]})
    assert reading(database_url, newest, sealed_values) == before
    assert reading(database_url, newest, keys_used) == {ring.current}
    assert count == 3 * sum(len(columns) for _table, columns in rotation.sealed_columns())


def test_doing_it_again_changes_nothing_that_can_be_read(database_url: str, seal: Seal) -> None:
    fill(database_url, seal)
    ring = with_new_key(seal)
    reading(database_url, ring, rotation.reseal)
    before = reading(database_url, ring, sealed_values)
    reading(database_url, ring, rotation.reseal)
    assert reading(database_url, ring, sealed_values) == before


def test_a_person_is_found_by_address_again(database_url: str, seal: Seal) -> None:
    met = reading(database_url, seal, lambda db: people.meet(db, "telegram", "77", NOW))
    ring = with_new_key(seal)
    # With both keys and nothing sealed anew, the address is sealed with the newer one and not found: why a start is then refused.
    assert reading(database_url, ring, lambda db: people.find_by_address(db, "telegram", "77")) is None
    reading(database_url, ring, rotation.reseal)
    assert reading(database_url, ring, lambda db: people.find_by_address(db, "telegram", "77")) == met


def test_what_is_empty_stays_empty_and_a_table_longer_than_a_page_is_done_whole(database_url: str, seal: Seal) -> None:
    rows = 2 * rotation.A_PAGE + 7

    def receive(db: sa.Connection) -> None:
        for number in range(rows):
            inbox.receive(db, f"channel{number % 3}", f"event {number}", NOW, "reply" if number % 2 else None)

    reading(database_url, seal, receive)
    ring = with_new_key(seal)
    assert reading(database_url, ring, rotation.reseal) == rows // 2 + 1  # the head of the audit log
    replies = reading(database_url, ring, lambda db: db.execute(sa.select(metadata.tables["inbox"].c.reply)).scalars().all())
    assert sorted(map(str, replies)) == ["None"] * (rows - rows // 2) + ["reply"] * (rows // 2)
    assert reading(database_url, ring, keys_used) == {ring.current}


def test_a_value_that_cannot_be_opened_undoes_all_of_it(database_url: str, seal: Seal) -> None:
    fill(database_url, seal)

    def spoil(db: sa.Connection) -> None:
        db.execute(sa.text("update lines set body = :body where id = 2"), {"body": b"\x01" + bytes(40)})

    reading(database_url, seal, spoil)
    with pytest.raises(SealBroken, match=r"lines\.body"):
        reading(database_url, with_new_key(seal), rotation.reseal)
    assert reading(database_url, seal, keys_used) == {seal.current}


def test_inside_a_savepoint_it_is_undone_with_it(database_url: str, seal: Seal) -> None:
    fill(database_url, seal)
    ring = with_new_key(seal)

    def fail_afterwards(db: sa.Connection) -> None:
        with savepoint(db):
            rotation.reseal(db)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        reading(database_url, ring, fail_afterwards)
    assert reading(database_url, seal, keys_used) == {seal.current}


_KILLED = """
import os, signal, sys
from pathlib import Path
from storage import rotation
from storage.engines import open_writer
from storage.sealing import open_seal
engine = open_writer(sys.argv[1], open_seal(Path(sys.argv[2])))
with engine.begin() as db:
    assert rotation.reseal(db)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_before_the_commit_everything_is_as_it_was(database_url: str, seal: Seal, tmp_path: Path) -> None:
    fill(database_url, seal)
    before = reading(database_url, seal, sealed_values)
    ring = with_new_key(seal)
    write_keys(tmp_path / "both.key", ring.masters)
    done = subprocess.run([sys.executable, "-c", _KILLED, database_url, str(tmp_path / "both.key")], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert reading(database_url, ring, keys_used) == {seal.current}
    assert reading(database_url, ring, sealed_values) == before


@pytest.mark.postgres
def test_other_programs_on_the_same_postgresql_database_are_counted(database_url: str, seal: Seal) -> None:
    if database_url.startswith("sqlite"):
        assert reading(database_url, seal, rotation.others_connected) == 0
        return
    other = open_writer(database_url, seal)
    with other.connect():
        assert reading(database_url, seal, rotation.others_connected) == 1
    other.dispose()
    assert reading(database_url, seal, lambda db: db.execute(sa.select(sa.func.count()).select_from(people_table)).scalar()) == 0
