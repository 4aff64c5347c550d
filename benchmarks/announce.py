"""Announcements at full rate: `python -m benchmarks.announce [--small]`, also by `make bench-announce`.

Hiwar as it runs, beside a Telegram that enforces its limits and extends penalties (benchmarks/limits.py): achieved of the allowed rate,
CPU, memory by the number of subscribers, how long a fan-out makes others wait, replies meanwhile, kill -9; and what others do in the same
run: python-telegram-bot with its own rate limiter where aiolimiter is installed, else waiting as it is told, and a plain sequential loop.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import logging
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import sqlalchemy as sa

from benchmarks.limits import TOKEN, Limits
from benchmarks.processes import CORE_OF_GENERATOR, ROOT, UnderTest, pin, postgres, show_table
from civic.announcements import Audience, Bulletin
from scheduler.announce import Announcer
from service.wiring import open_time_zone
from storage import announcements, audit
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.schema import announcements as announcements_table
from storage.schema import people, subscribers
from storage.schema import subscriptions as subscriptions_table
from storage.sealing import Seal, open_seal
from storage.upgrade import upgrade

FIRST = 1_000_000  # the first chat
LANGUAGES = ("ar", "fr", "zgh", "en")
WORDS = dict.fromkeys(LANGUAGES, "Une réunion publique sur le plan d’action se tient le 3 décembre à Rabat. Inscription sur place.")
IDLE_REPLIES = 60


def prepare(url: str, seal: Seal, size: int, *, at_most_once: bool = False) -> int:
    """A database with so many subscribers and an announcement that is due; its number."""
    engine = open_writer(url, seal)
    upgrade(engine)
    now = dt.datetime.now(dt.UTC)
    with engine.begin() as db:
        for first in range(0, size, 20_000):
            rows = range(first, min(size, first + 20_000))
            db.execute(
                people.insert(),
                [
                    {"id": row + 1, "channel": "telegram", "address": f"telegram:{FIRST + row}", "language": LANGUAGES[row % 4],
                     "chose_language": True, "created_at": now}
                    for row in rows
                ],
            )  # fmt: skip
            db.execute(subscriptions_table.insert(), [{"person_id": row + 1, "topic": "meetings", "since": now} for row in rows])
            habits = {"frequency": "once", "quiet_from": 0, "quiet_to": 0, "since": now}
            db.execute(subscribers.insert(), [{"person_id": row + 1, **habits} for row in rows])
        bulletin = Bulletin(WORDS, WORDS, Audience(topics=("meetings",)), at_most_once=at_most_once)
        number = announcements.write(db, bulletin, "bench", now)
        db.execute(announcements_table.update().values(state="scheduled", due_at=now))
    engine.dispose()
    return number


def under_test(folder: Path, url: str, api: str, rate: float) -> UnderTest:
    environment = {
        "HIWAR_DATA": str(folder),
        "HIWAR_DATABASE_URL": url,
        "HIWAR_PORT": "0",
        "HIWAR_TELEGRAM_TOKEN": TOKEN,
        "HIWAR_TELEGRAM_BASE_URL": api,
        "HIWAR_TELEGRAM_RATE": str(rate),
        "HIWAR_CONTENT": str(ROOT / "tests" / "small_content"),
        "HIWAR_ENCODER": "false",
        "HIWAR_LOG_LEVEL": "WARNING",
        "BENCH_NO_UNDERSTANDING": "1",
    }
    return UnderTest("benchmarks.hiwar_bot", environment, log=folder / "log")


class Place:
    """A folder, a key and a database for one measurement."""

    def __init__(self, stack: ExitStack, *, with_postgres: bool = False) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.seal = open_seal(self.folder / "hiwar.key")
        self.url = stack.enter_context(postgres(self.folder)) if with_postgres else f"sqlite:///{self.folder / 'hiwar.db'}"


async def until(condition: Callable[[], bool], process: UnderTest | None, patience: float) -> None:
    limit = time.perf_counter() + patience
    while not condition():
        if process is not None and process.ended():
            raise SystemExit(f"Hiwar ended: {process.log_tail()}")
        if time.perf_counter() > limit:
            return
        await asyncio.sleep(0.05)


def achieved(api: Limits, rate: float, wanted: int) -> str:
    """Accepted of what was allowed, from the first message to the last, or until now where not all were accepted, in per cent."""
    times = [at for at, _chat in api.accepted]
    ended = times[-1] if len(times) >= wanted else time.monotonic()
    return f"{100 * (len(times) - 1) / (ended - times[0]) / rate:.1f} %" if len(times) > 1 else "0 %"


# At full rate


async def at_rate(rate: int, size: int) -> tuple[str, ...]:
    with ExitStack() as stack:
        place = Place(stack)
        prepare(place.url, place.seal, size)
        api = Limits(rate)
        return await _sent("Hiwar", api, under_test(place.folder, place.url, await api.start(), rate), rate, size)


async def bare(rate: int, size: int) -> tuple[str, ...]:
    """An aiohttp session that posts and does nothing else, where nothing is refused: what the CPU of this machine can do now."""
    api = Limits(rate * 10)
    url = f"{await api.start()}/bot{TOKEN}/sendMessage"
    environment = {"BENCH_URL": url, "BENCH_RATE": str(rate * 0.99), "BENCH_COUNT": str(size), "BENCH_TEXT": WORDS["fr"]}
    return await _sent("an aiohttp session that only posts, no limit", api, UnderTest("benchmarks.bare_sender", environment), rate, size)


async def _sent(name: str, api: Limits, process: UnderTest, rate: int, size: int) -> tuple[str, ...]:
    await until(lambda: bool(api.accepted), process, 60)
    api.longest_stall = 0.0
    cpu, started, before = process.cpu(), time.perf_counter(), len(api.accepted)
    await until(lambda: len(api.accepted) >= size, None, size / rate * 3 + 20)
    spent, most = process.cpu() - cpu, process.memory() if not process.ended() else 0.0
    share = 100 * spent / (time.perf_counter() - started)
    each = 1000 * spent / max(1, len(api.accepted) - before)
    process.stop()
    api.close()
    repeated = len(api.accepted) - len({chat for _at, chat in api.accepted})
    numbers = f"{api.refused}", f"{repeated}", f"{share:.0f} %", f"{each:.2f}", f"{most:.0f}", f"{1000 * api.longest_stall:.0f}"
    return (name, f"{rate}/s", f"{size:,}", achieved(api, rate, size), *numbers)


async def sequential(rate: int, size: int, patience: float) -> tuple[str, ...]:
    """What many bots do: one message after the other, waiting where Telegram says so."""
    api = Limits(rate)
    url = f"{await api.start()}/bot{TOKEN}/sendMessage"
    limit = time.perf_counter() + patience
    async with aiohttp.ClientSession() as session:
        for chat in range(FIRST, FIRST + size):
            while time.perf_counter() < limit:
                async with session.post(url, json={"chat_id": chat, "text": WORDS["fr"]}) as answer:
                    told = await answer.json()
                if answer.status == 200:
                    break
                await asyncio.sleep(told["parameters"]["retry_after"])
    api.close()
    return ("a sequential loop", f"{rate}/s", f"{size:,}", achieved(api, rate, size), f"{api.refused}", "0", "", "", "", "")


async def with_ptb(rate: int, size: int, patience: float) -> tuple[str, ...]:
    """python-telegram-bot, all messages at once: by its own AIORateLimiter, or waiting for as long as each refusal says."""
    from telegram.error import RetryAfter, TelegramError
    from telegram.ext import ExtBot
    from telegram.request import HTTPXRequest

    try:
        from telegram.ext import AIORateLimiter

        limiter, name = AIORateLimiter(max_retries=5), "python-telegram-bot, AIORateLimiter"
        logging.getLogger("telegram.ext").setLevel(logging.CRITICAL)  # a page for each message it gives up
    except (ImportError, RuntimeError):
        limiter, name = None, "python-telegram-bot, waiting as told (aiolimiter is not installed)"
    api = Limits(rate)
    base = await api.start()
    bot = ExtBot(TOKEN, base_url=f"{base}/bot", request=HTTPXRequest(connection_pool_size=64), rate_limiter=limiter)
    await bot.initialize()
    limit = time.perf_counter() + patience

    async def one(chat: int) -> None:
        while time.perf_counter() < limit:
            try:
                await bot.send_message(chat, WORDS["fr"])
                return
            except RetryAfter as refused:
                after = refused.retry_after
                await asyncio.sleep(after if isinstance(after, int | float) else after.total_seconds())
            except TelegramError:
                return

    waiting = asyncio.Semaphore(64)

    async def bounded(chat: int) -> None:
        async with waiting:
            await one(chat)

    await asyncio.gather(*(bounded(chat) for chat in range(FIRST, FIRST + size)))
    await bot.shutdown()
    api.close()
    return (name, f"{rate}/s", f"{size:,}", achieved(api, rate, size), f"{api.refused}", "", "", "", "", "")


# Replies meanwhile


async def replies(rate: int, seconds: float) -> tuple[str, ...]:
    """How long a citizen waits for an answer, idle and during a broadcast, both counted against the limit."""
    with ExitStack() as stack:
        place = Place(stack)
        engine = open_writer(place.url, place.seal)
        upgrade(engine)
        engine.dispose()
        size = int(rate * (seconds + 30))
        number = prepare(place.url, place.seal, size)
        _set_state(place, number, "paused")
        api = Limits(rate)
        process = under_test(place.folder, place.url, await api.start(), rate)
        idle = await _ask(api, process, seconds, 1)
        _set_state(place, number, "scheduled")
        await until(lambda: len(api.accepted) > IDLE_REPLIES + rate, process, 60)
        busy = await _ask(api, process, seconds, 100_000)
        process.stop()
        api.close()
    told = []
    for way in (0, 1):
        waits = [sorted(one[way] for one in found) for found in (idle, busy)]
        p99 = [found[int(0.99 * len(found))] for found in waits]
        told += [f"{1000 * statistics.median(found):.0f} / {1000 * most:.0f}" for found, most in zip(waits, p99, strict=True)]
        told.append(f"{p99[1] / p99[0]:.2f}x")
    return (f"{rate}/s", f"{len(idle)} + {len(busy)}", *told, f"{api.refused}")


def _set_state(place: Place, number: int, state: str) -> None:
    engine = open_writer(place.url, place.seal)
    with engine.begin() as db:
        db.execute(announcements_table.update().where(announcements_table.c.id == number).values(state=state))
    engine.dispose()


async def _ask(api: Limits, process: UnderTest, seconds: float, first: int) -> list[tuple[float, float]]:
    """Citizens who each write once, some two a second; from their message until Telegram lets the answer in, and until it has said so."""
    waited, chance = [], random.Random(first)
    for chat in range(first, first + max(20, int(seconds * 2))):
        since = time.monotonic()
        answered = api.awaited[chat] = asyncio.get_running_loop().create_future()
        api.say(chat, "/help")
        try:
            async with asyncio.timeout(60):
                let_in, said = await answered
                waited.append((let_in - since, said - since))
        except TimeoutError:
            raise SystemExit(f"a citizen got no answer: {process.log_tail()}") from None
        await asyncio.sleep(chance.uniform(0.1, 0.7))
    return waited[1:]  # the first one waits for the start


# Fan-out and memory


async def fan_out(size: int, *, with_postgres: bool) -> tuple[str, ...]:
    """Deliveries for everybody, while somebody else writes every few milliseconds."""
    with ExitStack() as stack:
        place = Place(stack, with_postgres=with_postgres)
        prepare(place.url, place.seal, size)
        ledger = Ledger(open_writer(place.url, place.seal))
        now = lambda: dt.datetime.now(dt.UTC)  # noqa: E731
        idle = await _others(ledger, asyncio.create_task(asyncio.sleep(2)))
        announcer = Announcer(ledger, node="bench", zone=open_time_zone(), now=now)
        started = time.perf_counter()
        task = asyncio.create_task(announcer.once())
        busy = await _others(ledger, task)
        took = time.perf_counter() - started
        made = await ledger.write(lambda db: db.execute(sa.select(announcements_table.c.total)).scalar())
        await ledger.close()
    name = "PostgreSQL" if with_postgres else "SQLite"
    spread = [f"{1000 * sorted(found)[int(0.99 * len(found))]:.0f} / {1000 * max(found):.0f}" for found in (idle, busy)]
    return (name, f"{made:,}", f"{took:.1f} s", *spread)


async def _others(ledger: Ledger, task: asyncio.Task[object]) -> list[float]:
    waited = []
    while not task.done():
        started = time.perf_counter()
        await ledger.write(audit.note, dt.datetime.now(dt.UTC), "bench", "noted", "")
        waited.append(time.perf_counter() - started)
        await asyncio.sleep(0.003)
    return waited


async def memory(size: int, seconds: float) -> tuple[str, ...]:
    with ExitStack() as stack:
        place = Place(stack)
        prepare(place.url, place.seal, size)
        api = Limits(1000)
        process = under_test(place.folder, place.url, await api.start(), 1000)
        await until(lambda: bool(api.accepted), process, 120)
        most, limit = 0.0, time.perf_counter() + seconds
        while time.perf_counter() < limit:
            most = max(most, process.memory())
            await asyncio.sleep(0.2)
        process.stop()
        api.close()
    return (f"{size:,}", f"{most:.0f} MB", f"{len(api.accepted):,}", f"{api.refused}")


# kill -9


async def kills(count: int, size: int, *, with_postgres: bool, at_most_once: bool) -> tuple[tuple[str, ...], bool]:
    """So many kills while an announcement goes to so many people at 30 a second."""
    chance = random.Random(5)
    with ExitStack() as stack:
        place = Place(stack, with_postgres=with_postgres)
        number = prepare(place.url, place.seal, size, at_most_once=at_most_once)
        api = Limits(30)
        base = await api.start()
        process = under_test(place.folder, place.url, base, 30)
        for kill in range(count):
            wanted = (kill + 1) * size // (count + 1)
            await until(lambda wanted=wanted: len(api.accepted) >= wanted, process, size / 10 + 60)  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0, 0.2))
            process.kill()
            process = under_test(place.folder, place.url, base, 30)
        engine = open_writer(place.url, place.seal)
        state, limit = "", time.perf_counter() + size / 10 + 60
        while state != "done" and time.perf_counter() < limit:
            await asyncio.sleep(0.5)
            with engine.begin() as db:
                found = announcements.find(db, number)
                state = found.state if found else ""
        with engine.begin() as db:
            unknown = {FIRST + person - 1 for person in announcements.unknown(db, number, size)}
        engine.dispose()
        process.stop()
        api.close()
    got = Counter(chat for _at, chat in api.accepted)
    lost = set(range(FIRST, FIRST + size)) - set(got) - unknown
    twice = sum(times - 1 for times in got.values())
    name = f"{'PostgreSQL' if with_postgres else 'SQLite'}, {'at most once' if at_most_once else 'at least once'}"
    row = (name, f"{size:,}", f"{count}", f"{len(lost)}", f"{twice}", f"{twice / max(1, count):.1f}", f"{len(unknown)}", f"{api.refused}")
    return row, not lost and twice <= (0 if at_most_once else 5 * count)


RATES = ("what", "allowed", "people", "achieved", "429", "twice", "CPU of a core", "CPU ms each", "MB", "fake's longest stall, ms")


PARTS = ("rates", "replies", "memory", "fan-out", "kills")


async def measure(options: argparse.Namespace) -> bool:
    """Print the tables that were asked for; whether nothing was lost or sent twice."""
    small, parts = options.small, options.only or PARTS
    if "rates" in parts:
        seconds = 8 if small else 30
        rows = [await at_rate(rate, rate * seconds) for rate in (30, 1000)] + [await bare(1000, 1000 * seconds)]
        peers = (20.0, 6) if small else (60.0, 20)
        rows += [await sequential(30, 30 * peers[1], peers[0]), await with_ptb(30, 30 * peers[1], peers[0])]
        show_table("Achieved of the allowed rate (latency 40 to 60 ms)", RATES, rows)
    if "replies" in parts:
        found = [await replies(rate, 10 if small else 60) for rate in (30, 1000)]
        columns = "broadcast at", "replies", "let in, idle", "broadcast", "p99", "confirmed, idle", "broadcast", "p99", "429"
        show_table("A reply meanwhile: p50 / p99 in ms", columns, found)
    sizes = (2_000, 20_000) if small else (10_000, 100_000, 1_000_000)
    if "memory" in parts:
        found = [await memory(size, 5 if small else 15) for size in sizes]
        show_table("Memory while sending at 1,000/s", ("subscribers", "RSS at most", "sent meanwhile", "429"), found)
    if "fan-out" in parts:
        found = [await fan_out(sizes[-1], with_postgres=which) for which in (False, True)]
        others = "others wait, idle: p99 / longest ms", "during: p99 / longest ms"
        show_table("Fan-out", ("database", "deliveries", "took", *others), found)
    if "kills" not in parts:
        return True
    count, size = (2, 240) if small else (20, 10_000)
    ends = [
        await kills(count, size, with_postgres=which, at_most_once=once) for which, once in ((False, False), (True, False), (False, True))
    ]
    columns = ("database, mode", "people", "kills", "lost", "twice", "twice a kill", "unknown", "429")
    show_table("kill -9 at 30/s", columns, [row for row, _good in ends])
    return all(good for _row, good in ends)


def main(arguments: list[str] | None = None) -> bool:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="every part in a short form, in about three minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts alone")
    options = parser.parse_args(arguments)
    pin(CORE_OF_GENERATOR)  # or the fake Telegram is held up by what it watches, and judges late
    return asyncio.run(measure(options))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
