"""What `hiwar doctor` asks of a database: it only reads, and leaves no file behind."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from storage.rotation import sealed_columns
from storage.schema import metadata
from storage.sealing import Seal

CONNECT_SECONDS = 10
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
_WAL = (2, 2)  # bytes 18 and 19 of a SQLite file (fileformat2.html, "file format version numbers")


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database, or None for a database that is no file."""
    plain = sa.make_url(url)
    return Path(plain.database) if plain.get_backend_name() == "sqlite" and plain.database else None


def open_to_look(url: str, seal: Seal | None) -> sa.Engine:
    """An engine that cannot write; without the ring, sealed values cannot be opened. Only for a SQLite file that is there."""
    file = sqlite_file(url)
    if file is not None:
        engine = sa.create_engine("sqlite://", creator=lambda: _look(file), poolclass=sa.NullPool)
    else:
        engine = sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"),
            poolclass=sa.NullPool,
            connect_args={"options": "-c default_transaction_read_only=on", "connect_timeout": CONNECT_SECONDS},
        )
    engine.dialect.hiwar_seal = seal  # type: ignore[attr-defined]  # read by columns.seal_of
    return engine


def _look(file: Path) -> sqlite3.Connection:
    # A reader of a WAL database makes the files -wal and -shm where there are none, and leaves them behind: made by root, they would
    # lock out the service's own user. Where there are none nobody has the database open, and it can be read as it lies.
    is_open = Path(f"{file}-wal").exists() and Path(f"{file}-shm").exists()
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro{'' if is_open else '&immutable=1'}", uri=True)


def is_wal(file: Path) -> bool:
    """Whether readers and the writer of a SQLite database do not wait for each other."""
    with file.open("rb") as opened:
        return tuple(opened.read(20)[18:20]) == _WAL


def size(file: Path) -> int:
    """Bytes of a SQLite database and of what waits beside it to be written into it."""
    return sum(part.stat().st_size for part in (file, Path(f"{file}-wal")) if part.exists())


def quick_check(db: sa.Connection) -> str:
    """ "ok", or the first fault SQLite finds in its file."""
    return str(db.exec_driver_sql("pragma quick_check(1)").scalar())


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server as this user sees it."""

    version: int  # the major one
    encoding: str
    lacking: tuple[str, ...]  # rights that Hiwar needs and this user does not have


def server(db: sa.Connection) -> Server:
    """What a PostgreSQL server is and allows."""
    version = int(db.execute(sa.text("show server_version_num")).scalar_one()) // 10_000
    encoding = str(db.execute(sa.text("show server_encoding")).scalar_one())
    lacking = []
    if not db.execute(sa.text("select has_schema_privilege(current_schema(), 'CREATE')")).scalar():
        lacking.append("CREATE on the schema")
    present = set(sa.inspect(db).get_table_names())
    may = sa.text("select has_table_privilege(quote_ident(:table), :right)")
    for table in metadata.sorted_tables:
        if table.name in present:
            lacking += [
                f"{right} on {table.name}" for right in _RIGHTS if not db.execute(may, {"table": table.name, "right": right}).scalar()
            ]
    return Server(version, encoding, tuple(lacking))


def open_one_of_each(db: sa.Connection) -> int:
    """Open one value of each sealed column that has any; how many there were. Raises SealBroken."""
    opened = 0
    for _table, columns in sealed_columns():
        for column in columns:
            opened += db.execute(sa.select(column).where(column.is_not(None)).limit(1)).first() is not None
    return opened
