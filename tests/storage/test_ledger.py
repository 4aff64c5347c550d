"""The ledger: shared commits, a savepoint each, order by chat, and what happens when the database fails."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import audit, people
from storage.engines import open_writer
from storage.ledger import Ledger, LedgerDown, savepoint, wake
from storage.schema import audit as audit_table
from storage.sealing import Seal

AT = dt.datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=dt.UTC)


def note(db: sa.Connection, what: str) -> str:
    audit.note(db, AT, "test", what, "")
    return what


def note_and_fail(db: sa.Connection, what: str) -> None:
    note(db, what)
    raise ValueError(what)


def noted(db: sa.Connection) -> list[str]:
    return [row.action for row in db.execute(sa.select(audit_table.c.action).order_by(audit_table.c.id))]


async def test_work_that_waits_together_is_committed_together(database_url: str, seal: Seal) -> None:
    """A hundred pieces take far fewer commits, and each gets its own result."""
    commits: list[int] = []

    class Watch:
        def committed(self, pieces: int, waited: float, seconds: float) -> None:
            commits.append(pieces)

    ledger = Ledger(open_writer(database_url, seal), watch=Watch())
    results = await asyncio.gather(*(ledger.write(note, f"a{number}") for number in range(100)))
    await ledger.close()

    assert results == [f"a{number}" for number in range(100)]
    assert sum(commits) == 100
    assert len(commits) < 20


async def test_a_piece_that_fails_takes_nobody_along(database_url: str, seal: Seal) -> None:
    """Its writes are undone and its error is raised at its caller; the others stand."""
    ledger = Ledger(open_writer(database_url, seal))
    work = [ledger.write(note, "first"), ledger.write(note_and_fail, "bad"), ledger.write(note, "last")]
    results = await asyncio.gather(*work, return_exceptions=True)
    found = await ledger.write(noted)
    await ledger.close()

    assert results[0] == "first" and results[2] == "last"
    assert isinstance(results[1], ValueError)
    assert found == ["first", "last"]


async def test_a_broken_rule_of_the_database_takes_nobody_along(database_url: str, seal: Seal) -> None:
    """A violated constraint inside a shared transaction is undone alone, on PostgreSQL too."""
    ledger = Ledger(open_writer(database_url, seal))
    await ledger.write(people.meet, "console", "amina", AT)
    work = [ledger.write(note, "before"), ledger.write(people.meet, "console", "amina", AT), ledger.write(note, "after")]
    results = await asyncio.gather(*work, return_exceptions=True)
    found = await ledger.write(noted)
    await ledger.close()

    assert isinstance(results[1], sa.exc.IntegrityError)
    assert found == ["before", "after"]


async def test_one_chat_is_written_in_order_by_several_writers(database_url: str, seal: Seal) -> None:
    writers = 1 if database_url.startswith("sqlite") else 3
    ledger = Ledger(open_writer(database_url, seal, writers), writers=writers)
    await asyncio.gather(*(ledger.write_for(f"chat{number % 7}", note, f"{number % 7}-{number:03d}") for number in range(140)))
    found = await ledger.write(noted)
    await ledger.close()

    for chat in range(7):
        own = [what for what in found if what.startswith(f"{chat}-")]
        assert len(own) == 20
        assert own == sorted(own)


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer, which cannot deadlock
async def test_a_piece_that_loses_a_deadlock_is_tried_again(database_url: str, seal: Seal) -> None:
    """The head of the audit log is one lock more: two writers that want it and a row in opposite order both succeed."""
    one, other = (Ledger(open_writer(database_url, seal)) for _ in range(2))
    person = await one.write(people.meet, "webchat", "amina", AT)
    noted_first, changed_first = threading.Event(), threading.Event()

    def note_then_change(db: sa.Connection) -> None:
        note(db, "one")
        noted_first.set()
        assert changed_first.wait(30)
        people.set_language(db, person.id, "ar", chosen=True)

    def change_then_note(db: sa.Connection) -> None:
        people.set_language(db, person.id, "fr", chosen=True)
        changed_first.set()
        assert noted_first.wait(30)
        note(db, "other")

    await asyncio.gather(one.write(note_then_change), other.write(change_then_note))
    assert sorted(await one.write(noted)) == ["one", "other"]
    assert (await one.write(audit.verify)).broken is None
    await one.close()
    await other.close()


async def test_a_savepoint_undoes_even_what_is_no_exception(database_url: str, seal: Seal) -> None:
    """A dialogue pauses with a BaseException; what it wrote must be gone."""

    class Stop(BaseException):
        pass

    def pausing(db: sa.Connection) -> None:
        note(db, "kept")
        try:
            with savepoint(db):
                note(db, "undone")
                raise Stop
        except Stop:
            pass

    ledger = Ledger(open_writer(database_url, seal))
    await ledger.write(pausing)
    found = await ledger.write(noted)
    await ledger.close()

    assert found == ["kept"]


async def test_who_waits_is_woken_once_it_is_committed(database_url: str, seal: Seal) -> None:
    heard: list[set[str]] = []
    ledger = Ledger(open_writer(database_url, seal), on_wake=heard.append)

    def waking(db: sa.Connection) -> None:
        wake(db, "lines:7")

    await ledger.write(waking)
    await ledger.write(note, "quiet")
    await ledger.close()

    assert heard == [{"lines:7"}]


async def test_a_database_that_is_gone_is_said_so_and_nothing_happened(tmp_path: Path, seal: Seal) -> None:
    """The caller hears LedgerDown, so that a hook can answer 503 and the vendor repeats the message."""
    ledger = Ledger(open_writer(f"sqlite:///{tmp_path}/missing/hiwar.db", seal))
    with pytest.raises(LedgerDown):
        await ledger.write(note, "nowhere")
    await ledger.close()


async def test_nothing_personal_stands_in_the_database_in_plain_text(tmp_path: Path, seal: Seal) -> None:
    url = f"sqlite:///{tmp_path}/hiwar.db"
    from storage.upgrade import upgrade

    engine = open_writer(url, seal)
    upgrade(engine)
    ledger = Ledger(engine)
    person = await ledger.write(people.meet, "telegram", "212600112233", AT)
    await ledger.write(audit.note, AT, "test", "noted", "subject", "Amina said something")
    found = await ledger.write(people.find_by_address, "telegram", "212600112233")
    await ledger.close()
    written = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("hiwar.db*")))  # noqa: ASYNC240  # nothing else runs

    assert found == person
    assert b"212600112233" not in written
    assert b"Amina" not in written


async def test_a_moment_comes_back_as_it_was(database_url: str, seal: Seal) -> None:
    """SQLite would drop the offset; a moment without one is refused."""
    morocco = dt.datetime(2026, 9, 1, 10, 0, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    ledger = Ledger(open_writer(database_url, seal))
    await ledger.write(audit.note, morocco, "test", "noted", "")
    found = await ledger.write(lambda db: db.execute(sa.select(audit_table.c.at)).scalar_one())
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        await ledger.write(audit.note, dt.datetime(2026, 9, 1), "test", "noted", "")  # noqa: DTZ001
    await ledger.close()

    assert found == morocco
    assert found.tzinfo is dt.UTC
