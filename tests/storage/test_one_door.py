"""Everything is written through the ledger: the readers are refused by the database, and nobody else opens a writer."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import audit, engines
from storage.engines import open_reader
from storage.sealing import Seal

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("bot", "channels", "handlers", "scheduler", "service", "storage", "web")
AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


async def test_a_reader_cannot_write(database_url: str, seal: Seal) -> None:
    """The connections of pages and API are read-only in the database's own eyes."""
    reader = open_reader(database_url, seal)
    try:
        with pytest.raises(sa.exc.DBAPIError):
            async with reader.begin() as db:
                await db.run_sync(audit.note, AT, "somebody", "wrote", "past the ledger")
    finally:
        await reader.dispose()


def test_only_the_ledger_and_the_upgrade_hold_a_writer() -> None:
    """Engines are made in storage/engines.py; a writer is opened in few places, each of which hands it to the ledger or runs alone."""
    makers: dict[str, set[str]] = {"create_engine": set(), "create_async_engine": set(), "open_writer": set()}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name in makers:
                        makers[name].add(path.relative_to(ROOT).as_posix())

    # soundness.py opens one that cannot write, for the doctor (tests/service/test_doctor.py)
    assert makers["create_engine"] | makers["create_async_engine"] == {"storage/engines.py", "storage/soundness.py"}
    assert makers["open_writer"] <= {"service/wiring.py", "service/operations.py"}
    assert engines.is_sqlite("sqlite:///x.db")
