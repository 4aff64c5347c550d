"""kill -9 under load: `python -m benchmarks.kill [--postgres]`; ends with 1 when an acknowledged message was lost or an effect doubled.

Citizens write as Telegram delivers: in order for each chat, and what is not answered 2xx is delivered again, the same update. Half of the
kills hit a Hiwar that replies in the webhook's answer, half one that replies by API. Afterwards every round of the dialogue that was
acknowledged must have filed its row exactly once. A reply is sent at least once, so doubled replies are counted and are no failure.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from benchmarks import dialogue
from benchmarks.inbound import LATENCY, hiwar_environment
from benchmarks.processes import CORE_OF_GENERATOR, UnderTest, free_port, pin, postgres, show_table
from benchmarks.telegram import Api, Connection, request, update

CHATS = 100
AHEAD = 120  # seconds the clock is put forward for the last start: letters claimed by the dead are then free


@dataclass
class Post:
    """Telegram's side: what every chat said, and what came back."""

    api: Api = field(init=False)
    port: int = 0
    said: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(20_000, 20_000 + CHATS), 0))
    replies: Counter[tuple[int, int]] = field(default_factory=Counter)  # by chat and step
    odd: list[str] = field(default_factory=list)
    again: int = 0  # deliveries of an update that had been delivered before
    numbers: int = 0
    going: bool = True

    def replied(self, chat: int, body: bytes) -> None:
        for place, step in enumerate(dialogue.STEPS):
            if step.marker in body:
                self.replies[chat, place] += 1
                return
        self.odd.append(f"chat {chat}: {body[:300]!r}")

    async def carry(self, chat: int) -> None:
        """Deliver what one chat says, message after message."""
        connection = Connection()
        while self.going:
            self.numbers += 1
            body = update(self.numbers, chat, dialogue.text(chat, self.said[chat]))
            tries = 0
            while True:
                if not connection.is_open:
                    try:
                        connection = Connection()
                        await connection.open(self.port)
                    except OSError:
                        await asyncio.sleep(0.05)
                        continue
                tries += 1
                status, answer = await self._post(connection, body)
                if 200 <= status < 300:
                    break
                await asyncio.sleep(0.02)
            self.again += tries - 1
            if b"sendMessage" in answer:
                self.replied(chat, answer)
            self.said[chat] += 1
        connection.close()

    async def _post(self, connection: Connection, body: bytes) -> tuple[int, bytes]:
        future: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        told: Callable[[int, bytes], None] = lambda status, answer: future.done() or future.set_result((status, answer))  # noqa: E731
        connection.post(request(self.api.path, self.api.secret, body), told)
        return await future

    @property
    def acknowledged(self) -> int:
        return sum(self.said.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    kills: int
    acknowledged: int
    again: int
    filed: int
    lost: int
    doubled: int
    replies_doubled: int
    replies_missing: int
    odd: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.odd)


async def run(url: str, folder: Path, kills: int, seed: int) -> Outcome:
    """Kill and restart; then let everything arrive and count."""
    chance = random.Random(seed)
    post = Post(port=free_port())
    post.api = Api(LATENCY, post.replied)
    await post.api.start()
    environment = hiwar_environment(folder, post.port, post.api) | {"HIWAR_DATABASE_URL": url, "BENCH_NO_UNDERSTANDING": "1"}

    def start(*, by_api: bool, **more: str) -> UnderTest:
        return UnderTest(
            "benchmarks.hiwar_bot",
            {**environment, **({"BENCH_BY_API": "1"} if by_api else {}), **more},
            log=folder / "log",
            pinned=False,
        )

    couriers: list[asyncio.Task[None]] = []
    for kill in range(kills):
        under_test = start(by_api=kill >= kills // 2)
        before = post.acknowledged
        await until(post.api.webhook_set.is_set, under_test)
        if not couriers:
            couriers = [asyncio.create_task(post.carry(chat)) for chat in post.said]
        enough = before + chance.randint(60, 400)
        await until(lambda enough=enough: post.acknowledged >= enough, under_test)
        await asyncio.sleep(chance.uniform(0, 0.1))
        under_test.kill()
        print(f"  kill {kill + 1}: {post.acknowledged - before} acknowledged", file=sys.stderr, flush=True)
    last = start(by_api=True, BENCH_AHEAD=str(AHEAD))
    before = post.acknowledged
    await until(lambda: post.acknowledged > before, last)
    await asyncio.sleep(0.5)
    post.going = False
    done, missing = await asyncio.wait(couriers, timeout=60)
    for task in done:
        task.result()
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg") if url.startswith("postgres") else url)
    with engine.connect() as db:
        patience = time.perf_counter() + 60
        while db.execute(sa.text("select count(*) from outbox where state = 'waiting'")).scalar() and time.perf_counter() < patience:
            db.rollback()
            await asyncio.sleep(0.2)
        rows = db.execute(sa.text("select title, count(*) from bench_ideas group by title")).all()
        events, letters = (db.execute(sa.text(f"select count(*) from {table}")).scalar() or 0 for table in ("inbox", "dead_letters"))
    engine.dispose()
    last.stop()
    post.api.close()
    filed: Counter[str] = Counter(dict(tuple(row) for row in rows))
    size = len(dialogue.STEPS)
    wanted = {dialogue.title(chat, number * size) for chat, said in post.said.items() for number in range(said // size)}
    odd = list(post.odd)
    if missing:
        odd.append(f"{len(missing)} chats never got an answer")
    if letters:
        odd.append(f"{letters} dead letters")
    if events != post.acknowledged:
        odd.append(f"{events} events in the inbox, {post.acknowledged} acknowledged")
    expected = Counter({(chat, place): (said - place + size - 1) // size for chat, said in post.said.items() for place in range(size)})
    return Outcome(
        kills,
        post.acknowledged,
        post.again,
        sum(filed.values()),
        len(wanted - set(filed)),
        sum(count - 1 for count in filed.values()) + len(set(filed) - wanted),
        (post.replies - expected).total(),
        (expected - post.replies).total(),
        tuple(odd),
    )


async def until(condition: Callable[[], bool], under_test: UnderTest, patience: float = 60.0) -> None:
    limit = time.perf_counter() + patience
    while not condition():
        if under_test.ended() or time.perf_counter() > limit:
            raise SystemExit(f"Hiwar did not come up: {under_test.log_tail()}")
        await asyncio.sleep(0.01)


COLUMNS = ("database", "kills", "acknowledged", "delivered again", "rows filed", "lost", "doubled", "replies doubled", "replies missing")


def measure(kills: int, seed: int, *, with_postgres: bool) -> tuple[tuple[str, ...], Outcome]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgres(folder)) if with_postgres else f"sqlite:///{folder / 'hiwar.db'}"
        outcome = asyncio.run(run(url, folder, kills, seed))
    name = "PostgreSQL" if with_postgres else "SQLite"
    numbers = (outcome.kills, outcome.acknowledged, outcome.again, outcome.filed, outcome.lost, outcome.doubled,
               outcome.replies_doubled, outcome.replies_missing)  # fmt: skip
    return (name, *(f"{number:,}" for number in numbers)), outcome


def main(arguments: list[str] | None = None) -> bool:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(2)))
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    options = parser.parse_args(arguments)
    cores = os.sched_getaffinity(0)
    pin(CORE_OF_GENERATOR)
    row, outcome = measure(options.kills, options.seed, with_postgres=options.postgres)
    os.sched_setaffinity(0, cores)
    show_table(f"kill -9 under load (seed {options.seed})", COLUMNS, [row])
    for one in outcome.odd[:10]:
        print("odd:", one)
    return outcome.is_good


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
