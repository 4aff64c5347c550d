"""Opens the database: one kind of engine writes (for the ledger), the other only reads and is refused any write by the database itself."""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.sealing import Seal

BUSY_MS = 10_000  # how long a writer waits for another process's write on SQLite
READERS = 4


def is_sqlite(url: str) -> bool:
    return sa.make_url(url).get_backend_name() == "sqlite"


def open_writer(url: str, seal: Seal, writers: int = 1) -> sa.Engine:
    """The engine of the ledger: nobody else may hold one (tests/storage/test_one_door.py)."""
    plain = sa.make_url(url)
    if plain.get_backend_name() == "sqlite":
        # One connection, made in the writer's thread and used only there.
        engine = sa.create_engine(
            plain.set(drivername="sqlite"), poolclass=sa.StaticPool, connect_args={"check_same_thread": False, "cached_statements": 512}
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_immediate)
    else:
        engine = sa.create_engine(plain.set(drivername="postgresql+psycopg"), pool_size=writers, max_overflow=0, pool_pre_ping=True)
    engine.dialect.hiwar_seal = seal  # type: ignore[attr-defined]  # read by columns.seal_of
    return engine


def open_reader(url: str, seal: Seal) -> AsyncEngine:
    """The engine of pages, feeds and the API."""
    plain = sa.make_url(url)
    if plain.get_backend_name() == "sqlite":
        engine = create_async_engine(plain.set(drivername="sqlite+aiosqlite"), pool_size=READERS, max_overflow=0)
        sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite_reader)
    else:
        engine = create_async_engine(
            plain.set(drivername="postgresql+psycopg"),
            pool_size=READERS,
            pool_pre_ping=True,
            connect_args={"options": "-c default_transaction_read_only=on"},
        )
    engine.sync_engine.dialect.hiwar_seal = seal  # type: ignore[attr-defined]  # read by columns.seal_of
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # sqlite3 would begin deferred transactions by itself, which lose updates
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_sqlite_reader(connection: Any, record: object) -> None:  # Any: aiosqlite's connection as SQLAlchemy adapts it
    cursor = connection.cursor()
    for pragma in ("query_only=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
