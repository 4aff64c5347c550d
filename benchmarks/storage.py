"""Turns a second through the ledger, without HTTP: `python -m benchmarks.storage [--profile | --by-api | --no-postgres]`.

A turn is `handlers.turn.receive` for one message of the benchmark's dialogue, its reply kept with the inbox row as for a webhook. Each
line of the table is one worker process or two on the same database. On PostgreSQL psycopg in writer threads (the product) stands beside
asyncpg and psycopg driven by `AsyncConnection.run_sync`, one task a writer, with the same statements in the same batches.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import datetime as dt
import json
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import dialogue
from benchmarks.processes import postgres, show_table

ROOT = Path(__file__).parent.parent
CHATS = 600
WRITERS = 3


class Bench:
    """A house, and the messages of many chats in the dialogue's order."""

    def __init__(self, url: str, folder: Path, first_chat: int) -> None:
        import secrets

        from benchmarks.hiwar_bot import BENCH_CONTENTS
        from bot.buttons import Signer
        from bot.phrases import open_voices
        from channels.telegram import Telegram
        from handlers.turn import House
        from service.wiring import LOCALES, open_time_zone
        from storage.sealing import open_seal

        self.url = url
        self.seal = open_seal(folder / "hiwar.key")
        self.house = House(
            contents=BENCH_CONTENTS,
            voices=open_voices(LOCALES, open_time_zone()),
            signer=Signer(self.seal.key_for("buttons")),
            channels={"telegram": Telegram("1:bench")},
            node="bench",
            new_id=lambda: secrets.token_hex(3),
        )
        self.first = first_chat
        self.turns = [0] * CHATS
        self.ready = deque(range(CHATS))
        self.event = first_chat * 1_000_000

    def next(self) -> tuple[int, Any, Any]:
        """A chat that waits for nothing, its next message and what is heard in it."""
        from bot.messages import Incoming
        from bot.routing import Heard

        place = self.ready.popleft()
        chat = self.first + place
        text = dialogue.text(chat, self.turns[place])
        self.event += 1
        incoming = Incoming(
            channel="telegram", event=str(self.event), address=str(chat), at=dt.datetime.now(dt.UTC), text=text,
            message=str(self.event), language="en",
        )  # fmt: skip
        return place, incoming, Heard("skip" if text == "skip" else "")  # understanding's glance is not the ledger's work

    def check(self, place: int, answered: Any, *, instant: bool) -> None:
        step = dialogue.STEPS[self.turns[place] % len(dialogue.STEPS)]
        said = answered.shown[0].text + answered.shown[0].note
        if step.marker.decode() not in said or (answered.instant is None) is instant:
            raise AssertionError(f"turn {self.turns[place]} of chat {self.first + place} was answered {said!r}")
        self.turns[place] += 1
        self.ready.append(place)


# The ledgers


class Batches:
    """A `Watch` that counts turns a commit."""

    def __init__(self) -> None:
        self.pieces = self.commits = 0

    def committed(self, pieces: int, waited: float, seconds: float) -> None:
        self.pieces += pieces
        self.commits += 1


class AsyncLedger:
    """The ledger's work through an AsyncConnection: one task a writer, batches and savepoints as in storage/ledger.py."""

    def __init__(self, url: str, seal: Any, driver: str, watch: Batches) -> None:
        from sqlalchemy.ext.asyncio import create_async_engine

        self.engine = create_async_engine(sa.make_url(url).set(drivername=f"postgresql+{driver}"), pool_size=WRITERS, max_overflow=0)
        self.engine.sync_engine.dialect.hiwar_seal = seal  # type: ignore[attr-defined]
        self.watch = watch
        self.queues: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in range(WRITERS)]
        self.tasks = [asyncio.create_task(self._work(waiting)) for waiting in self.queues]

    def write_for(self, key: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Future[Any]:
        from zlib import crc32

        future = asyncio.get_running_loop().create_future()
        self.queues[crc32(key.encode()) % WRITERS].put_nowait((lambda db: function(db, *args, **kwargs), future))
        return future

    async def _work(self, waiting: asyncio.Queue[Any]) -> None:
        from storage.ledger import MOST_TOGETHER

        while True:
            pieces = [await waiting.get()]
            while len(pieces) < MOST_TOGETHER and not waiting.empty():
                pieces.append(waiting.get_nowait())
            try:
                async with self.engine.begin() as connection:
                    results = await connection.run_sync(self._together, [run for run, _future in pieces])
            except Exception as error:  # nothing to go on with in a benchmark
                for _run, future in pieces:
                    future.set_exception(error)
                return
            self.watch.committed(len(pieces), 0, 0)
            for (_run, future), result in zip(pieces, results, strict=True):
                future.set_result(result)

    @staticmethod
    def _together(db: sa.Connection, runs: list[Callable[[sa.Connection], Any]]) -> list[Any]:
        results = []
        for run in runs:
            with driver_savepoint(db):
                results.append(run(db))
        return results

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await self.engine.dispose()


@contextmanager
def driver_savepoint(db: sa.Connection) -> Iterator[None]:
    """storage.ledger.savepoint for drivers whose connection has no `execute` of its own."""
    depth = db.info["bench_depth"] = db.info.get("bench_depth", 0) + 1
    driver: Any = db.connection.dbapi_connection

    def execute(sql: str) -> None:
        cursor = driver.cursor()
        cursor.execute(sql)
        cursor.close()

    execute(f"SAVEPOINT s{depth}")
    try:
        yield
    except BaseException:
        execute(f"ROLLBACK TO SAVEPOINT s{depth}")
        execute(f"RELEASE SAVEPOINT s{depth}")
        raise
    else:
        execute(f"RELEASE SAVEPOINT s{depth}")
    finally:
        db.info["bench_depth"] = depth - 1


# One worker


async def work(url: str, folder: Path, driver: str, outstanding: int, seconds: float, first_chat: int, instant: bool) -> dict[str, float]:
    """Turns for some seconds; the figures."""
    from handlers import turn
    from storage import engines
    from storage.ledger import Ledger
    from storage.people import full_address

    bench = Bench(url, folder, first_chat)
    batches = Batches()
    ledger: Any
    if driver == "product":
        writers = 1 if engines.is_sqlite(url) else WRITERS
        ledger = Ledger(engines.open_writer(url, bench.seal, writers), writers=writers, watch=batches)
    else:
        turn.savepoint = driver_savepoint
        ledger = AsyncLedger(url, bench.seal, driver, batches)
    latencies: list[float] = []
    until = time.perf_counter() + 1.0  # warm-up

    async def citizen() -> None:
        while time.perf_counter() < until:
            place, incoming, heard = bench.next()
            started = time.perf_counter()
            key, now = full_address("telegram", incoming.address), dt.datetime.now(dt.UTC)
            answered = await ledger.write_for(key, turn.receive, bench.house, incoming, heard, now, by_webhook=instant)
            latencies.append(time.perf_counter() - started)
            bench.check(place, answered, instant=instant)

    await asyncio.gather(*(citizen() for _ in range(outstanding)))
    latencies.clear()
    batches.pieces = batches.commits = 0
    started, cpu = time.perf_counter(), time.process_time()
    until = started + seconds
    await asyncio.gather(*(citizen() for _ in range(outstanding)))
    took, cpu = time.perf_counter() - started, time.process_time() - cpu
    await ledger.close()
    latencies.sort()
    count = len(latencies)
    return {
        "turns_s": count / took,
        "cpu_ms": 1000 * cpu / count,
        "p50_ms": 1000 * latencies[count // 2],
        "p99_ms": 1000 * latencies[int(count * 0.99)],
        "batch": batches.pieces / max(1, batches.commits),
    }


def prepare(url: str, folder: Path) -> None:
    """Make tables and key."""
    from benchmarks.hiwar_bot import make_tables
    from storage import engines
    from storage.sealing import open_seal
    from storage.upgrade import upgrade

    engine = engines.open_writer(url, open_seal(folder / "hiwar.key"))
    upgrade(engine)
    engine.dispose()
    make_tables(url)


def run_workers(
    url: str, folder: Path, driver: str, outstanding: int, seconds: float, processes: int, round_: int, instant: bool
) -> dict[str, float]:
    """One or two worker processes on the same database: turns added up, CPU a turn on average, the worst p99."""
    base = [sys.executable, "-m", "benchmarks.storage", "--worker", url, str(folder), driver, str(outstanding), str(seconds)]
    running = [
        subprocess.Popen([*base, str((round_ * 10 + number + 1) * 1000), str(int(instant))], stdout=subprocess.PIPE, cwd=ROOT)
        for number in range(processes)
    ]
    found = []
    for process in running:
        out, _ = process.communicate(timeout=120)
        if process.returncode:
            raise SystemExit(f"a worker ended with {process.returncode}")
        found.append(json.loads(out))
    total = sum(one["turns_s"] for one in found)
    return {
        "turns_s": total,
        "cpu_ms": sum(one["cpu_ms"] * one["turns_s"] for one in found) / total,
        "p50_ms": sum(one["p50_ms"] for one in found) / len(found),
        "p99_ms": max(one["p99_ms"] for one in found),
        "batch": sum(one["batch"] for one in found) / len(found),
    }


def measure(seconds: float, repeats: int, *, with_postgres: bool = True, instant: bool = True) -> list[tuple[str, ...]]:
    """Every line of the table, each once a round; medians."""
    with ExitStack() as stack:
        lines = []
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'bench.db'}"
        prepare(url, folder)
        lines += [("SQLite", url, folder, "product", processes, outstanding) for processes in (1, 2) for outstanding in (100, 1)]
        if with_postgres:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = stack.enter_context(postgres(folder))
            prepare(url, folder)
            for processes, drivers in ((1, ("product", "asyncpg", "psycopg")), (2, ("product",))):
                for outstanding in (100, 1):
                    lines += [(NAMES[driver], url, folder, driver, processes, outstanding) for driver in drivers]
        found: list[list[dict[str, float]]] = [[] for _line in lines]
        for repeat in range(repeats):
            for at, (name, url, folder, driver, processes, outstanding) in enumerate(lines):
                one = run_workers(url, folder, driver, outstanding, seconds, processes, repeat * len(lines) + at, instant)
                found[at].append(one)
                print(f"  {name}, {processes} process(es), {outstanding} outstanding: {one['turns_s']:.0f}/s, {one['cpu_ms']:.2f} ms CPU",
                      file=sys.stderr, flush=True)  # fmt: skip
    rows = []
    for (name, _url, _folder, _driver, processes, outstanding), figures in zip(lines, found, strict=True):
        one = {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}
        rows.append((name, str(processes), str(outstanding), f"{one['turns_s']:,.0f}", f"{one['cpu_ms']:.2f}",
                     f"{one['p50_ms']:.1f} / {one['p99_ms']:.1f}", f"{one['batch']:.1f}"))  # fmt: skip
    return rows


NAMES = {
    "product": "PostgreSQL, psycopg in threads",
    "asyncpg": "PostgreSQL, asyncpg by run_sync",
    "psycopg": "PostgreSQL, psycopg by run_sync",
}
COLUMNS = ("database", "processes", "outstanding", "turns/s", "CPU ms/turn", "p50 / p99 ms", "turns a commit")


# Where the time goes


def profile(turns: int, batch: int, *, instant: bool, limit: int = 40) -> None:
    """cProfile of the writer's work on SQLite, in this thread: batches as the ledger makes them."""
    from handlers import turn
    from storage import engines
    from storage.ledger import savepoint

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.db'}"
        prepare(url, folder)
        bench = Bench(url, folder, 1000)
        engine = engines.open_writer(url, bench.seal)

        def go(count: int) -> None:
            for _ in range(count // batch):
                taken = [bench.next() for _ in range(batch)]
                with engine.begin() as db:
                    for place, incoming, heard in taken:
                        with savepoint(db):
                            answered = turn.receive(db, bench.house, incoming, heard, dt.datetime.now(dt.UTC), by_webhook=instant)
                        bench.check(place, answered, instant=instant)

        go(CHATS * 2)
        started, cpu = time.perf_counter(), time.process_time()
        go(turns)
        took, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(f"without profiler: {1000 * cpu / turns:.3f} ms CPU a turn, {1000 * took / turns:.3f} ms of clock, {batch} turns a commit")
        watch = cProfile.Profile()
        watch.enable()
        go(turns)
        watch.disable()
        stats = pstats.Stats(watch)
        total = stats.total_tt  # type: ignore[attr-defined]
        print(f"under cProfile: {1000 * total / turns:.3f} ms a turn (times are too long, shares favour what makes many small calls)")
        print("\nby room: share of own time, us a turn")
        rooms: dict[str, float] = {}
        for (file, _number, function), numbers in stats.stats.items():  # type: ignore[attr-defined]
            rooms[_room(file, function)] = rooms.get(_room(file, function), 0.0) + numbers[2]
        for room, seconds in sorted(rooms.items(), key=lambda item: -item[1])[:20]:
            print(f"{seconds / total:6.1%} {1e6 * seconds / turns:7.1f}  {room}")
        for order, title in (("tottime", "by own time"), ("cumulative", "with what it calls")):
            print(f"\n{title}: share, us a turn, calls a turn")
            column = 2 if order == "tottime" else 3
            entries = sorted(stats.stats.items(), key=lambda item: -item[1][column])  # type: ignore[attr-defined]
            for (file, number, function), numbers in entries[:limit]:
                where = f"{file.replace(str(ROOT) + '/', '').rpartition('site-packages/')[2]}:{number}" if number else ""
                seconds = numbers[column]
                print(f"{seconds / total:6.1%} {1e6 * seconds / turns:7.1f} {numbers[1] / turns:6.2f}  {function}  {where}")


def _room(file: str, function: str) -> str:
    """The package or folder a function belongs to."""
    if "site-packages/" in file:
        return file.rpartition("site-packages/")[2].partition("/")[0]
    if file.startswith(str(ROOT)):
        return file.removeprefix(f"{ROOT}/").partition("/")[0]
    if file == "~":
        for name in ("sqlite3", "cryptography", "msgspec", "hmac", "unicodedata", "re."):
            if name in function:
                return f"C: {name}"
        return "C: other"
    return "standard library"


def main(arguments: list[str] | None = None) -> None:
    if arguments is None and len(sys.argv) > 1 and sys.argv[1] == "--worker":
        url, folder, driver, outstanding, seconds, first, instant = sys.argv[2:]
        print(json.dumps(asyncio.run(work(url, Path(folder), driver, int(outstanding), float(seconds), int(first), instant == "1"))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="measured in each line, after 1 s of warming up")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--by-api", action="store_true", help="replies into the outbox instead of the inbox row")
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--profile", action="store_true", help="where the CPU of a turn goes, instead of the table")
    options = parser.parse_args(arguments)
    if options.profile:
        profile(6000, 50, instant=not options.by_api)
        return
    rows = measure(options.seconds, options.repeats, with_postgres=not options.no_postgres, instant=not options.by_api)
    show_table("Storage: a turn through the ledger", COLUMNS, rows)


if __name__ == "__main__":
    main()
