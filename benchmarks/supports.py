"""Supports of proposals through Telegram's webhook at ten times the load that broke a petition site: `python -m benchmarks.supports`.

In 2019 a petition site went down at about 2,000 signatures a minute. Here 20,000 a minute are offered whatever the answers do: most from
people Hiwar has never met, some from people who press again, some delivered twice. The load and the fake Bot API run on core 1, Hiwar alone
on core 0. Latency runs from the moment a press was due to its 2xx, which is given once the support is committed. At the end every support
is counted in the database.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from benchmarks.inbound import LATENCY, hiwar_environment, idle
from benchmarks.processes import CORE_OF_GENERATOR, UnderTest, free_port, pin, postgres, show_table
from benchmarks.telegram import Api, Connection, request
from bot.buttons import OUTSIDE, Signer
from civic.proposals import Draft, State
from storage import people, proposals
from storage.engines import open_writer
from storage.schema import supports
from storage.sealing import Seal, open_seal
from storage.upgrade import upgrade

RATE = 20_000 / 60  # presses a second
AGAIN, TWICE = 0.05, 0.02  # the shares that press again, and that are delivered twice
PUBLISHED = 20
CONNECTIONS = 100  # Telegram's max_connections
SLOWEST = 1.0  # seconds, the aim for the 95th percentile


@dataclass(slots=True)
class Load:
    """What was offered and what came back."""

    latencies: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    expected: set[tuple[int, int]] = field(default_factory=set)  # proposal and chat
    sent: int = 0


def prepare(url: str, seal: Seal) -> list[int]:
    """A database with published proposals; their numbers."""
    engine = open_writer(url, seal)
    upgrade(engine)
    now = dt.datetime.now(dt.UTC)
    draft = Draft(
        kind="proposal", theme="local", title="A bench at every stop", text="Elderly people wait standing at the stop.", language="en"
    )
    with engine.begin() as db:
        author = people.meet(db, "telegram", "1", now).id
        filed = [proposals.file(db, author, "telegram", draft, now.date(), now) for _ in range(PUBLISHED)]
        for one in filed:
            published = {"public_title": one.title, "public_text": one.text, "published_at": now}
            proposals.change(db, one, now, state=State.PUBLISHED, **published)
    engine.dispose()
    return [one.number for one in filed]


def count(url: str, seal: Seal) -> tuple[set[tuple[int, int]], int]:
    """Who supports what by the rows, and how many supports the proposals say they have."""
    engine = open_writer(url, seal)
    with engine.begin() as db:
        pairs = {(number, int(person.address)) for number, who in db.execute(sa.select(supports.c.number, supports.c.person_id)).all()
                 if (person := people.find(db, who)) is not None}  # fmt: skip
        said = sum(one.supports for one in proposals.newest(db, proposals.Wanted(), PUBLISHED))
    engine.dispose()
    return pairs, said


def press(update: int, chat: int, data: str) -> bytes:
    sender = {"id": chat, "is_bot": False, "first_name": "Citizen", "language_code": "fr"}
    under = {"message_id": 1, "date": 1_790_000_000, "chat": {"id": chat, "type": "private"}, "text": "?"}
    pressed = {"id": str(update), "from": sender, "chat_instance": "1", "data": data, "message": under}
    return json.dumps({"update_id": update, "callback_query": pressed}).encode()


def presses(numbers: list[int], signer: Signer, load: Load, count: int) -> Iterator[bytes]:
    """So many presses: new people, people again, and what was delivered before."""
    chance = random.Random(1)  # not a secret: the same load each time
    last, chats = b"", 0
    for update in range(1, count + 1):
        if last and chance.random() < TWICE:
            yield last
            continue
        if not chats or chance.random() >= AGAIN:
            chats += 1
            chat = 100_000 + chats
        else:
            chat = 100_000 + chance.randint(1, chats)
        number = chance.choice(numbers)
        load.expected.add((number, chat))
        last = press(update, chat, signer.make(f"telegram:{chat}", OUTSIDE, "support", str(number)))
        yield last


async def offer(load: Load, api: Api, port: int, bodies: Iterator[bytes], rate: float) -> None:
    """A press every 1/rate seconds; one that finds no connection free waits, and its latency with it."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        connection = Connection()
        await connection.open(port)
        free.put_nowait(connection)
    started = time.perf_counter()
    for number, body in enumerate(bodies):
        due = started + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        connection = await free.get()

        def told(status: int, answer: bytes, since: float = due, connection: Connection = connection) -> None:
            load.latencies.append(time.perf_counter() - since)
            if not 200 <= status < 300:
                load.wrong.append(f"status {status}: {answer[:100]!r}")
            free.put_nowait(connection)

        connection.post(request(api.path, api.secret, body), told)
        load.sent += 1
    for _ in range(CONNECTIONS):
        (await free.get()).close()


async def run(url: str, folder: Path, seconds: float, rate: float) -> list[tuple[str, str, str]]:
    seal = open_seal(folder / "hiwar.key")
    numbers = prepare(url or f"sqlite:///{folder}/hiwar.db", seal)
    load, api, port = Load(), Api(LATENCY, lambda chat, body: None), free_port()
    await api.start()
    environment = hiwar_environment(folder, port, api) | {"BENCH_NO_UNDERSTANDING": "1"} | ({"HIWAR_DATABASE_URL": url} if url else {})
    under_test = UnderTest("benchmarks.hiwar_bot", environment, log=folder / "log")
    try:
        async with asyncio.timeout(90):
            await api.webhook_set.wait()
        await idle(under_test)
        started, cpu = time.perf_counter(), under_test.cpu()
        bodies = presses(numbers, Signer(seal.key_for("buttons")), load, int(rate * seconds))
        await offer(load, api, port, bodies, rate)
        took, cpu, memory = time.perf_counter() - started, under_test.cpu() - cpu, under_test.memory()
        await idle(under_test)
    finally:
        under_test.stop()
        api.close()
    pairs, said = count(url or f"sqlite:///{folder}/hiwar.db", seal)
    latencies = sorted(load.latencies)
    p50, p95, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.95, 0.99))
    is_whole = pairs == load.expected and said == len(pairs) and not load.wrong and len(latencies) == load.sent
    return [
        ("presses offered", f"{load.sent:,} in {took:.0f} s", f"{60 * load.sent / took:,.0f} a minute"),
        ("people", f"{len({chat for _number, chat in load.expected}):,}", ""),
        ("lost or counted twice", str(len(pairs ^ load.expected) + abs(said - len(pairs))), "met" if is_whole else "NOT met"),
        ("refused or broken", str(len(load.wrong)), load.wrong[0] if load.wrong else "met"),
        ("p50", f"{1000 * p50:.1f} ms", ""),
        ("p95", f"{1000 * p95:.1f} ms", "met" if p95 < SLOWEST else "NOT met"),
        ("p99", f"{1000 * p99:.1f} ms", ""),
        ("CPU a press", f"{1000 * cpu / load.sent:.2f} ms", ""),
        ("memory at the end", f"{memory:.0f} MB", ""),
    ]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def main(arguments: list[str] | None = None) -> bool:
    """Whether everything was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rate", type=float, default=RATE, help="presses a second")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own instead of SQLite")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with _folder() as folder, postgres(folder) if options.postgres else nullcontext("") as url:
        pin(CORE_OF_GENERATOR)
        rows = asyncio.run(run(url, folder, options.seconds, options.rate))
    show_table(f"Supports, {'PostgreSQL' if options.postgres else 'SQLite'}", ("what", "measured", ""), rows)
    return not any("NOT met" in row for row in rows)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
