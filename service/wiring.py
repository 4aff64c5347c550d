"""Puts the program together with plain constructor calls, and takes it apart in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
import threading
import time
import zoneinfo
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.buttons import Signer
from bot.features import Contents
from bot.messages import Incoming
from bot.phrases import Voice, open_voices
from channels.contract import Channel, Sender
from channels.telegram import Telegram
from channels.webchat import NAME as WEBCHAT
from channels.webchat import WebChat
from civic.knowledge import Entry
from handlers.contents import CONTENTS
from handlers.profile import commands
from handlers.reception import Reader, Reception
from handlers.turn import House
from scheduler.delivery import Delivery
from service import library
from service.metrics import Metrics
from service.running import node_name
from service.settings import Settings
from storage import engines, knowledge, lines, neighbours, notices, outbox
from storage.ledger import Ledger
from storage.sealing import Seal, open_seal
from storage.upgrade import upgrade
from understanding import encoders
from understanding.reading import Example, Understanding
from web.rooms import Rooms

TIME_ZONE = "Africa/Casablanca"
REBUILD_PAUSE = 60.0  # seconds before a build that failed is tried again
LOCALES = Path(__file__).parent.parent / "locales"

T = TypeVar("T")

log = structlog.get_logger(__name__)


class ClockWrong(RuntimeError):
    """The time zone data is too old: every date told to a citizen would be an hour off."""


@dataclass(slots=True, kw_only=True)
class Program:
    """Everything that runs, by name."""

    settings: Settings
    seal: Seal
    ledger: Ledger
    reader: AsyncEngine
    metrics: Metrics
    voices: Mapping[str, Voice]
    house: House
    reading: Reader
    reception: Reception
    delivery: Delivery
    rooms: Rooms
    telegram: Telegram | None
    now: Callable[[], dt.datetime]


@asynccontextmanager
async def open_program(
    settings: Settings,
    *,
    contents: Contents = CONTENTS,
    more_channels: Mapping[str, Channel] | None = None,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> AsyncIterator[Program]:
    """Open everything but the web server and the clock; on leaving, what is in hand is finished."""
    with node_name(settings.data) as node:
        async with _open_program(settings, node, contents, more_channels or {}, now) as program:
            yield program


@asynccontextmanager
async def _open_program(
    settings: Settings, node: str, contents: Contents, more_channels: Mapping[str, Channel], now: Callable[[], dt.datetime]
) -> AsyncIterator[Program]:
    time_zone = open_time_zone()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    seal = open_seal(settings.key_path)
    metrics, rooms = Metrics(), Rooms()
    is_sqlite = engines.is_sqlite(settings.url)
    writers = 1 if is_sqlite else settings.writers
    writer = engines.open_writer(settings.url, seal, writers)
    await asyncio.to_thread(upgrade, writer)
    reader = engines.open_reader(settings.url, seal)
    telegram = open_telegram(settings)
    senders: dict[str, Sender] = {telegram.name: telegram} if telegram else {}
    woken = _Woken(rooms)
    ledger = Ledger(writer, writers=writers, on_wake=woken.hear, watch=metrics)
    delivery = Delivery(ledger, senders, node, now=now, watch=metrics)
    woken.delivery = delivery
    await ledger.write(outbox.release, node, now())
    loaded = await ledger.write(library.load, await asyncio.to_thread(library.read, settings.content), now())
    if loaded.conflicts:
        log.warning("content_conflicts_found", ids=", ".join(loaded.conflicts))
    voices = await asyncio.to_thread(open_voices, LOCALES, time_zone)
    reading = Reader(metrics)
    librarian = Librarian(reading, reader, use_encoder=settings.encoder)
    woken.librarian = librarian
    house = House(
        contents=contents,
        voices=voices,
        signer=Signer(seal.key_for("buttons")),
        channels={WEBCHAT: WebChat(), **senders, **more_channels},
        node=node,
        new_id=lambda: secrets.token_hex(3),
    )
    errands: set[asyncio.Task[object]] = set()

    def spoken(incoming: Incoming, language: str) -> None:
        """Telegram shows the commands in the language chosen in this chat: the only way for zgh, which it does not know."""
        if telegram is not None and incoming.channel == telegram.name:
            task = asyncio.create_task(telegram.publish_commands_for(incoming.address, commands(contents, voices[language])))
            errands.add(task)
            task.add_done_callback(errands.discard)

    reception = Reception(house, ledger, reading, deliver=delivery.deliver, spoken=spoken, now=now, watch=metrics)
    tasks = [asyncio.create_task(librarian.run())]
    others = neighbours.watch(reader, woken.hear) if is_sqlite else notices.listen(settings.url, woken.hear)
    tasks.append(asyncio.create_task(others))
    try:
        yield Program(
            settings=settings,
            seal=seal,
            ledger=ledger,
            reader=reader,
            metrics=metrics,
            voices=voices,
            house=house,
            reading=reading,
            reception=reception,
            delivery=delivery,
            rooms=rooms,
            telegram=telegram,
            now=now,
        )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*errands, return_exceptions=True)
        await delivery.finish()
        await ledger.close()
        reading.close()
        if telegram is not None:
            await telegram.close()
        await reader.dispose()


class Librarian:
    """Builds the understanding in the background, and anew when the knowledge changes; answering never waits for a new one."""

    def __init__(self, reading: Reader, reader: AsyncEngine, *, use_encoder: bool) -> None:
        self._reading, self._reader, self._use_encoder = reading, reader, use_encoder
        self._changed = asyncio.Event()
        self._changed.set()
        self._cache: dict[str, object] = {}  # embeddings by text, so that only new examples cost
        self._built: object = None  # the mark of the entries in use

    def wake(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Build whenever something changed, until cancelled."""
        encoder = await _aside(encoders.load) if self._use_encoder else None
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._build(encoder)
            except Exception as error:  # the loop must live: the understanding in use goes on, and the next change tries again
                log.error("understanding_not_built", error=type(error).__name__)
                asyncio.get_running_loop().call_later(REBUILD_PAUSE, self._changed.set)

    async def _build(self, encoder: encoders.Encoder | None) -> None:
        started = time.perf_counter()
        async with self._reader.connect() as db:
            mark = await db.run_sync(knowledge.mark)
            if mark == self._built:  # woken twice for one change
                return
            entries = await db.run_sync(knowledge.everything)
        understanding = await _aside(lambda: Understanding.build(examples_of(entries), encoder=encoder, cache=self._cache))  # noqa: B023  # awaited here
        self._reading.use(understanding)
        self._built = mark
        log.info("understanding_built", entries=len(entries), seconds=round(time.perf_counter() - started, 1), encoder=encoder is not None)


async def _aside(work: Callable[[], T]) -> T:
    """The result of seconds of work in a thread that nobody waits for when the program ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            _tell(loop, done, error=error)
        else:
            _tell(loop, done, result)

    threading.Thread(target=run, name="building", daemon=True).start()
    return await done


def _tell(loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], result: T | None = None, error: BaseException | None = None) -> None:
    def settle() -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # there is a result where there is no error

    with contextlib.suppress(RuntimeError):  # the loop is closed: the program has ended meanwhile
        loop.call_soon_threadsafe(settle)


class _Woken:
    """Hands what the ledger or another node says to whoever waits for it."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self.delivery: Delivery | None = None
        self.librarian: Librarian | None = None

    def hear(self, topics: set[str]) -> None:
        for topic in topics:
            if topic == notices.EVERYTHING:
                self.hear({outbox.TOPIC, knowledge.TOPIC})
                self._rooms.wake_all()
            elif topic == outbox.TOPIC and self.delivery is not None:
                self.delivery.wake()
            elif topic == knowledge.TOPIC and self.librarian is not None:
                self.librarian.wake()
            elif topic.startswith(lines.topic(0)[:-1]):
                self._rooms.wake(topic)


def open_time_zone() -> zoneinfo.ZoneInfo:
    """Morocco's time zone from the tzdata package, never from the system, whose data may be older; raises ClockWrong."""
    zoneinfo.reset_tzpath(to=[])
    zone = zoneinfo.ZoneInfo(TIME_ZONE)
    if dt.datetime(2026, 12, 1, 12, tzinfo=zone).utcoffset() != dt.timedelta():
        raise ClockWrong("the package tzdata is older than 2026.3 and does not know that Morocco is at UTC+0: install the locked requirements again")
    return zone


def open_telegram(settings: Settings) -> Telegram | None:
    """The Telegram channel, when there is a token."""
    token = settings.telegram_token.get_secret_value()
    return Telegram(token, base_url=settings.telegram_base_url) if token else None


def examples_of(entries: tuple[Entry, ...]) -> list[Example]:
    """Every example question of the knowledge base."""
    return [
        Example(text, entry.id, language) for entry in entries for language, texts in entry.examples.items() for text in texts
    ]
