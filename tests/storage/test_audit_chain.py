"""The audit log is only added to, each row chained to the one before, and a proof finds whatever was done to it."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
import sqlalchemy as sa

from storage import audit, rotation
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.sealing import Seal, with_new_key

NOW = dt.datetime(2026, 11, 22, 12, 30, 1, 5, tzinfo=dt.UTC)


@pytest.fixture
def engine(database_url: str, seal: Seal) -> sa.Engine:
    engine = open_writer(database_url, seal)
    with engine.begin() as db:
        for number in range(1, 6):
            audit.note(db, NOW, f"staff:{number}", "proposal_published", f"proposal:{number}", f"because {number} ⴰⵣⵓⵍ")
    yield engine
    engine.dispose()


def proof(engine: sa.Engine) -> audit.Proof:
    with engine.connect() as db:
        return audit.verify(db)


def forged(engine: sa.Engine, statement: str, **values: object) -> None:
    """Change the database as somebody who may drop the triggers."""
    with engine.begin() as db:
        on_table = " ON audit" if engine.dialect.name == "postgresql" else ""
        for name in ("audit_stays", "audit_stands"):
            db.execute(sa.text(f"DROP TRIGGER {name}{on_table}"))
        db.execute(sa.text(statement), values)


def test_an_empty_log_and_a_log_with_rows_are_unbroken(engine: sa.Engine, database_url: str) -> None:
    found = proof(engine)
    assert (found.rows, found.broken) == (5, None)
    assert len(found.newest) == 64


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("update audit set actor = 'staff:9' where id = 3", 3),
        ("update audit set at = '2026-11-22T12:30:01.000006+00:00' where id = 2", 2),
        ("update audit set details = (select details from audit where id = 1) where id = 4", 4),
        ("update audit set salt = details where id = 4", 4),
        ("delete from audit where id = 2", 3),
        ("delete from audit where id = 5", 5),
        ("insert into audit select 9, at, actor, action, subject, details, salt, hash from audit where id = 5", 9),
    ],
)
def test_the_first_row_that_was_tampered_with_is_named(engine: sa.Engine, statement: str, broken: int) -> None:
    forged(engine, statement)
    assert proof(engine).broken == broken


@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit where id = 5",
        "update audit set actor = 'staff:9' where id = 3",
        "update audit set hash = '' where id = 3",
        "update audit set id = 33 where id = 3",
        "delete from audit_head",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_noted(engine: sa.Engine, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="the audit log is only added to"), engine.begin() as db:
        db.execute(sa.text(statement))
    assert proof(engine).broken is None


def test_a_new_key_leaves_the_chain_whole(engine: sa.Engine, database_url: str, seal: Seal) -> None:
    before = proof(engine)
    ring = with_new_key(seal)
    newer = open_writer(database_url, ring)
    with newer.begin() as db:
        rotation.reseal(db)
    newer.dispose()
    newest = open_writer(database_url, Seal({ring.current: ring.masters[ring.current]}))
    assert proof(newest) == before
    with newest.begin() as db:
        audit.note(db, NOW, "operator", "key_rotated", "key 2")
    assert proof(newest).rows == 6
    newest.dispose()


def test_a_note_that_is_undone_leaves_no_gap(engine: sa.Engine) -> None:
    with pytest.raises(RuntimeError), engine.begin() as db:
        audit.note(db, NOW, "staff:1", "proposal_published", "proposal:6")
        raise RuntimeError
    with engine.begin() as db:
        audit.note(db, NOW, "staff:1", "proposal_published", "proposal:7")
    assert (proof(engine).rows, proof(engine).broken) == (6, None)


async def test_several_writers_at_once_make_one_chain(database_url: str, seal: Seal) -> None:
    writers = 1 if database_url.startswith("sqlite") else 3
    ledgers = [Ledger(open_writer(database_url, seal, writers), writers=writers) for _ in range(2)]
    written = (
        ledgers[number % 2].write_for(f"key {number}", audit.note, NOW, f"staff:{number}", "proposal_published", f"proposal:{number}")
        for number in range(60)
    )
    await asyncio.gather(*written)
    for ledger in ledgers:
        await ledger.close()
    engine = open_writer(database_url, seal)
    assert (proof(engine).rows, proof(engine).broken) == (60, None)
    engine.dispose()


def test_the_newest_are_shown_first_and_can_be_narrowed(engine: sa.Engine) -> None:
    with engine.connect() as db:
        assert [note.id for note in audit.page(db, limit=2)] == [5, 4]
        assert [note.id for note in audit.page(db, limit=2, before=4)] == [3, 2]
        assert [note.id for note in audit.page(db, limit=9, actor="staff:2")] == [2]
        assert [note.id for note in audit.page(db, limit=9, subject="proposal:")] == [5, 4, 3, 2, 1]
        assert audit.page(db, limit=9, subject="proposal%") == ()
        assert audit.kinds(db) == ("proposal_published",)
