"""The one door through which a process writes.

A writer thread takes all the work that waits, runs each piece in a savepoint, and commits the pieces together: a commit
is what costs, so sharing it makes durable writing (synchronous=FULL) as cheap as careless writing. On SQLite there is
one writer; on PostgreSQL several, a key (a chat) always on the same one, which keeps a chat's messages in order.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from zlib import crc32

import sqlalchemy as sa
import structlog

P = ParamSpec("P")
T = TypeVar("T")

MOST_TOGETHER = 64  # pieces a commit: past it the first one waits longer than sharing saves
EVERYTHING = "everything"  # the topic that wakes everyone
_WAKES = "hiwar_wakes"

log = structlog.get_logger(__name__)


class LedgerDown(Exception):
    """The database cannot be written now; nothing of this piece happened."""


class Watch(Protocol):
    """What the ledger tells of itself, for metrics."""

    def committed(self, pieces: int, waited: float, seconds: float) -> None: ...


@dataclass(slots=True)
class _Piece:
    run: Callable[[sa.Connection], Any]  # Any: what the caller of write gets back
    future: asyncio.Future[Any]
    since: float


class Ledger:
    """Writes pieces of work; opened and closed by service/wiring.py."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        writers: int = 1,
        on_wake: Callable[[set[str]], None] = lambda topics: None,
        watch: Watch | None = None,
    ) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._on_wake = on_wake
        self._watch = watch
        self._queues: list[queue.SimpleQueue[_Piece | None]] = [queue.SimpleQueue() for _ in range(writers)]
        self._threads = [
            threading.Thread(target=self._work, args=(waiting,), name=f"ledger-{number}", daemon=True)
            for number, waiting in enumerate(self._queues)
        ]
        for thread in self._threads:
            thread.start()

    async def write(self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(db, ...)` in a savepoint of the next commit and return its result once that is durable.

        What the function raises is raised here, and its writes are undone. Raises LedgerDown when the database cannot
        be written. Pieces of one writer run in the order they came.
        """
        return await self._put(self._queues[0], function, *args, **kwargs)

    async def write_for(self, key: str, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, in order with everything else written for the same key."""
        return await self._put(self._queues[crc32(key.encode()) % len(self._queues)], function, *args, **kwargs)

    def _put(
        self,
        waiting: queue.SimpleQueue[_Piece | None],
        function: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        waiting.put(_Piece(lambda db: function(db, *args, **kwargs), future, time.monotonic()))
        return future

    async def close(self) -> None:
        """Finish the work that waits, then stop."""
        for waiting in self._queues:
            waiting.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._engine.dispose()

    def _work(self, waiting: queue.SimpleQueue[_Piece | None]) -> None:
        stopping = False
        while not stopping:
            piece = waiting.get()
            pieces: list[_Piece] = []
            while piece is not None:
                pieces.append(piece)
                if len(pieces) == MOST_TOGETHER:
                    break
                try:
                    piece = waiting.get_nowait()
                except queue.Empty:
                    break
            stopping = piece is None
            if pieces:
                self._commit(pieces)

    def _commit(self, pieces: list[_Piece], *, again: bool = False) -> None:
        """Run pieces in one transaction; when it cannot be committed whole, each on its own, so that one cannot take others along."""
        started = time.monotonic()
        try:
            results, wakes = self._together(pieces)
        except Exception as error:  # the writer must live: whatever is raised here belongs to these pieces
            if len(pieces) > 1:
                for piece in pieces:
                    self._commit([piece])
                return
            if _is_deadlock(error) and not again:  # another writer had what this one wanted, and went on
                self._commit(pieces, again=True)
                return
            log.error("ledger_failed", error=type(error).__name__)
            results, wakes = [(pieces[0], None, LedgerDown(type(error).__name__))], set()
        if self._watch is not None:
            self._watch.committed(len(pieces), started - min(piece.since for piece in pieces), time.monotonic() - started)
        self._loop.call_soon_threadsafe(self._settle, results, wakes)

    def _together(self, pieces: list[_Piece]) -> tuple[list[tuple[_Piece, Any, BaseException | None]], set[str]]:
        results: list[tuple[_Piece, Any, BaseException | None]] = []
        with self._engine.begin() as db:
            wakes: set[str] = db.info.setdefault(_WAKES, set())
            wakes.clear()
            for piece in pieces:
                try:
                    with savepoint(db):
                        result = piece.run(db)
                    results.append((piece, result, None))
                except sa.exc.DBAPIError as error:
                    if _is_down(error):
                        raise
                    results.append((piece, None, error))
                except Exception as error:  # the caller's, and raised at the caller
                    results.append((piece, None, error))
            if wakes and db.dialect.name == "postgresql":
                for topic in sorted(wakes):
                    db.execute(sa.select(sa.func.pg_notify("hiwar", topic)))
        return results, set(wakes)

    def _settle(self, results: list[tuple[_Piece, Any, BaseException | None]], wakes: set[str]) -> None:
        for piece, result, error in results:
            if piece.future.cancelled():
                continue
            if error is not None:
                piece.future.set_exception(error)
            else:
                piece.future.set_result(result)
        if wakes:
            self._on_wake(wakes)


def _is_down(error: sa.exc.DBAPIError) -> bool:
    """Whether the database is at fault (locked, full, gone) and not the statement."""
    if error.connection_invalidated:
        return True
    # SQLite says OperationalError for a wrong statement too; its code tells them apart.
    return isinstance(error, sa.exc.OperationalError) and getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR"


def _is_deadlock(error: Exception) -> bool:
    return isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "sqlstate", "") == "40P01"  # PostgreSQL: deadlock_detected


def wake(db: sa.Connection, topic: str) -> None:
    """Once this is committed, tell whoever waits for the topic: in this process at once, on PostgreSQL in every node."""
    db.info.setdefault(_WAKES, set()).add(topic)


@contextmanager
def savepoint(db: sa.Connection) -> Iterator[None]:
    """Undo what is written inside when anything is raised, even a BaseException.

    Straight to the driver: SQLAlchemy's own savepoint costs as much as two statements, and every message takes two.
    """
    driver: Any = db.connection.dbapi_connection  # Any: sqlite3 and psycopg share `execute` but no type
    depth = db.info["hiwar_depth"] = db.info.get("hiwar_depth", 0) + 1
    name = f"s{depth}"
    driver.execute(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        driver.execute(f"ROLLBACK TO SAVEPOINT {name}")
        driver.execute(f"RELEASE SAVEPOINT {name}")
        raise
    else:
        driver.execute(f"RELEASE SAVEPOINT {name}")
    finally:
        db.info["hiwar_depth"] = depth - 1
