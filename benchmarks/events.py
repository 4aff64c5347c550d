"""Registrations a second and reminders for many people: `python -m benchmarks.events [--people 10000] [--no-postgres]`.

Registrations go through the ledger at once, for one session of a quarter as many seats: every one locks the session and counts its seats.
Reminders are told in the product's own batches, each person's in their language, into the outbox.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import itertools
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from benchmarks.processes import postgres, show_table

AIMS = {  # by the beginning of a row's name; without one, a row is only shown
    "registrations": "at least 100",
    "reminders for": "at most 60 for 10,000",
    "reminders a second": "at least 170",
    "longest": "at most 1,000",
}
AT = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
WRITERS = 3


async def measure(url: str, folder: Path, people_count: int) -> list[tuple[str, str]]:
    """Rows of the table for one database."""
    from bot.buttons import Signer
    from bot.phrases import open_voices
    from civic.events import Details, Kind
    from civic.seats import Place
    from handlers.desk import organising
    from handlers.event_notices import tell_next
    from handlers.telling import Post
    from scheduler.reminders import remind
    from service.wiring import LOCALES, open_time_zone
    from storage import people, registrations
    from storage.engines import is_sqlite, open_writer
    from storage.ledger import Ledger
    from storage.registrations import Filled
    from storage.schema import outbox
    from storage.sealing import open_seal
    from storage.upgrade import upgrade

    seal = open_seal(folder / "hiwar.key")
    writers = 1 if is_sqlite(url) else WRITERS
    engine = open_writer(url, seal, writers)
    upgrade(engine)
    voices = open_voices(LOCALES, open_time_zone())
    ledger = Ledger(engine, writers=writers)
    starts = AT + dt.timedelta(days=10)

    def prepare(db: sa.Connection, capacity: int | None) -> int:
        details = Details(kind=Kind.TRAINING, title={"ar": "ورشة", "fr": "Atelier"})
        event_id = organising.draft(db, details, "bench", AT)
        session_id = organising.add_session(
            db, event_id, "bench", AT, starts_at=starts, ends_at=starts + dt.timedelta(hours=3), capacity=capacity, place={"ar": "الرباط"}
        )
        organising.publish(db, event_id, "bench", AT)
        return session_id

    def meet(db: sa.Connection, first: int, count: int) -> list[int]:
        met = [people.meet(db, "telegram", str(first + number), AT).id for number in range(count)]
        for number, person_id in enumerate(met):
            people.set_language(db, person_id, ("ar", "fr", "zgh", "en")[number % 4], chosen=True)
        return met

    numbers = itertools.count()
    everybody = [
        person_id for first in range(0, people_count, 500) for person_id in await ledger.write(meet, first, min(500, people_count - first))
    ]
    filled = Filled(name="Amina", answers={}, language="ar")

    def register(db: sa.Connection, session_id: int, person_id: int) -> registrations.Registration:
        return registrations.register(db, session_id, person_id, filled, lambda: f"B{next(numbers):08}", AT)

    asking = everybody[: min(1000, people_count)]
    limited = await ledger.write(prepare, len(asking) // 4)
    started = time.perf_counter()
    made = await asyncio.gather(*(ledger.write_for(str(person_id), register, limited, person_id) for person_id in asking))
    at_once = len(asking) / (time.perf_counter() - started)
    seated = sum(one.state is Place.REGISTERED for one in made)
    if seated != len(asking) // 4:
        raise SystemExit(f"{seated} seats were given instead of {len(asking) // 4}")

    unlimited = await ledger.write(prepare, None)
    for first in range(0, people_count, 500):
        await asyncio.gather(*(ledger.write_for(str(one), register, unlimited, one) for one in everybody[first : first + 500]))
    post = Post(voices=voices, signer=Signer(seal.key_for("buttons")), keeping=frozenset())
    due = starts - dt.timedelta(days=1)
    longest = 0.0

    def timed(db: sa.Connection, at: dt.datetime) -> object:
        nonlocal longest
        begun = time.perf_counter()
        done = tell_next(db, post, at)
        longest = max(longest, time.perf_counter() - begun)
        return done

    started = time.perf_counter()
    told = await remind(ledger, timed, lambda: due)  # type: ignore[arg-type]  # what tell_next gives
    seconds = time.perf_counter() - started
    letters = await ledger.write(lambda db: db.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one())
    await ledger.close()
    if told != people_count + seated or letters != told:
        raise SystemExit(f"{told} reminders and {letters} letters instead of {people_count + seated}")
    return [
        (f"registrations a second, {len(asking)} people for {seated} seats at once", f"{at_once:,.0f}"),
        (f"reminders for {told:,} people, seconds", f"{seconds:.1f}"),
        ("reminders a second", f"{told / seconds:,.0f}"),
        ("longest transaction, ms", f"{longest * 1000:.0f}"),
        ("memory at its highest, MB", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"),
    ]


def databases(*, with_postgres: bool) -> Iterator[tuple[str, str, Path]]:
    """SQLite in a temporary file, and a PostgreSQL server that ends with it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield "SQLite", f"sqlite:///{folder / 'hiwar.db'}", folder
        if with_postgres:
            yield "PostgreSQL", stack.enter_context(postgres(folder)), folder


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--no-postgres", action="store_true")
    options = parser.parse_args(arguments)
    columns: list[str] = ["", "aim"]
    rows: dict[str, list[str]] = {}
    for name, url, folder in databases(with_postgres=not options.no_postgres):
        columns.append(name)
        for what, value in asyncio.run(measure(url, folder, options.people)):
            rows.setdefault(what, []).append(value)
    show_table("Events", columns, [[what, _aim(what), *values] for what, values in rows.items()])
    return 0


def _aim(what: str) -> str:
    return next((aim for beginning, aim in AIMS.items() if what.startswith(beginning)), "")


if __name__ == "__main__":
    raise SystemExit(main())
