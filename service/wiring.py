"""Puts the program together with plain constructor calls, and takes it apart in the opposite order."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import zoneinfo
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.buttons import Signer
from bot.features import Contents
from bot.messages import Incoming
from bot.phrases import Voice, open_voices
from channels.contract import Channel, Sender
from channels.messenger import Messenger
from channels.telegram import Telegram
from channels.webchat import NAME as WEBCHAT
from channels.webchat import WebChat
from channels.whatsapp import WhatsApp
from civic import announcements as rules
from civic.terms import Terms
from handlers.contents import CONTENTS
from handlers.desk import announcing
from handlers.profile import commands
from handlers.reception import Reader, Reception
from handlers.telling import Post
from handlers.turn import House
from scheduler.announce import Announcer
from scheduler.bulk import Bulk
from scheduler.deletions import delete_asked
from scheduler.delivery import Delivery
from scheduler.pace import MARGIN, MESSENGER, WHATSAPP, Pace, Rates
from service import library, vendors
from service.comparer import Comparer
from service.librarian import Librarian
from service.metrics import Metrics
from service.running import node_name
from service.settings import Settings
from storage import announcements, engines, fanning, knowledge, lines, neighbours, outbox, proposals
from storage.ledger import EVERYTHING, Ledger
from storage.sealing import Seal, open_seal
from storage.upgrade import upgrade
from web.rooms import Rooms

TIME_ZONE = "Africa/Casablanca"
LOCALES = Path(__file__).parent.parent / "locales"

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
    post: Post
    reading: Reader
    reception: Reception
    delivery: Delivery
    announcer: Announcer
    bulk: tuple[Bulk, ...]
    sheet: announcing.Sheet
    rooms: Rooms
    telegram: Telegram | None
    senders: Mapping[str, Sender]
    messenger: Messenger | None
    whatsapp: WhatsApp | None
    now: Callable[[], dt.datetime]

    async def delete_asked(self) -> int:
        """Do what people asked a vendor to have deleted; how many requests still wait."""
        matching = {self.messenger.name: self.messenger} if self.messenger is not None else {}
        return await delete_asked(self.ledger, matching, self.now())


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
    voices = await asyncio.to_thread(open_voices, LOCALES, time_zone)

    load = partial(vendors.load_file, reader, voices, settings.public_url)
    telegram = vendors.open_telegram(settings, load)
    messenger = vendors.open_messenger(settings, load)
    whatsapp = vendors.open_whatsapp(settings, voices, load)
    senders: dict[str, Sender] = {sender.name: sender for sender in (telegram, messenger, whatsapp) if sender is not None}
    woken = _Woken(rooms)
    ledger = Ledger(writer, writers=writers, on_wake=woken.hear, watch=metrics)
    paces = {telegram.name: Pace(Rates(overall=settings.telegram_rate))} if telegram else {}
    delivery = Delivery(ledger, senders, node, now=now, watch=metrics, paces=dict(paces))
    paces |= {sender.name: Pace(rates) for sender, rates in ((messenger, MESSENGER), (whatsapp, WHATSAPP)) if sender is not None}
    woken.delivery = delivery
    await ledger.write(outbox.release, node, now())
    loaded = await ledger.write(library.load, await asyncio.to_thread(library.read, settings.content), now())
    if loaded.conflicts:
        log.warning("content_conflicts_found", ids=", ".join(loaded.conflicts))
    reading = Reader(metrics)
    librarian = Librarian(reading, reader, use_encoder=settings.encoder, kept=settings.data / "embeddings.npz")
    woken.librarian = librarian
    comparer = Comparer(reading, reader, use_encoder=settings.encoder)
    woken.comparer = comparer
    house = House(
        contents=contents,
        voices=voices,
        signer=Signer(seal.key_for("buttons")),
        channels={WEBCHAT: WebChat(), **senders, **more_channels},
        node=node,
        new_id=lambda: secrets.token_hex(3),
        terms=Terms(promise_days=settings.promise_days, public_url=settings.public_url),
        places=vendors.places(settings),
    )
    sheet = announcing.Sheet(
        voices=voices,
        signer=house.signer,
        keeping=frozenset(name for name, channel in house.channels.items() if channel.capabilities.keeps),
        channels=house.channels,
        zone=time_zone,
        house=rules.House(
            team_of_one=settings.team_of_one, undo=dt.timedelta(seconds=settings.announcement_undo_seconds), most=settings.most_recipients
        ),
        rates={name: pace.rates.overall * MARGIN for name, pace in paces.items()},
        windows={name: window for name, channel in house.channels.items() if (window := channel.capabilities.window) is not None},
    )
    bulk = tuple(
        Bulk(
            ledger,
            channel,
            paces.get(name),
            node=node,
            write=announcing.writer(voices),
            signer=house.signer,
            now=now,
            watch=metrics,
        )
        for name, channel in house.channels.items()
        if channel.capabilities.announces and (channel.capabilities.keeps or name in paces)
    )
    announcer = Announcer(ledger, node=node, zone=time_zone, now=now, most=settings.most_recipients)
    woken.announcer, woken.bulk = announcer, bulk
    errands: set[asyncio.Task[object]] = set()

    def spoken(incoming: Incoming, language: str) -> None:
        """Telegram shows the commands in the language chosen in this chat: the only way for zgh, which it does not know."""
        if telegram is not None and incoming.channel == telegram.name:
            task = asyncio.create_task(telegram.publish_commands_for(incoming.address, commands(contents, voices[language])))
            errands.add(task)
            task.add_done_callback(errands.discard)

    reception = Reception(house, ledger, reading, deliver=delivery.deliver, spoken=spoken, now=now, watch=metrics)
    tasks = [asyncio.create_task(librarian.run()), asyncio.create_task(comparer.run())]
    if is_sqlite:
        tasks.append(asyncio.create_task(neighbours.watch(reader, woken.hear)))
    else:
        from storage import notices  # not above: the driver of PostgreSQL takes nine megabytes

        tasks.append(asyncio.create_task(notices.listen(settings.url, woken.hear)))
    try:
        yield Program(
            settings=settings,
            seal=seal,
            ledger=ledger,
            reader=reader,
            metrics=metrics,
            voices=voices,
            house=house,
            post=Post(voices=voices, signer=house.signer, keeping=sheet.keeping),
            reading=reading,
            reception=reception,
            delivery=delivery,
            announcer=announcer,
            bulk=bulk,
            sheet=sheet,
            rooms=rooms,
            telegram=telegram,
            senders=senders,
            messenger=messenger,
            whatsapp=whatsapp,
            now=now,
        )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*errands, return_exceptions=True)
        await delivery.finish()
        for one in bulk:
            await one.close()
        await announcer.close()
        await ledger.close()
        reading.close()
        for sender in (telegram, messenger, whatsapp):
            if sender is not None:
                await sender.close()
        await reader.dispose()


class _Woken:
    """Hands what the ledger or another node says to whoever waits for it."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self.delivery: Delivery | None = None
        self.librarian: Librarian | None = None
        self.comparer: Comparer | None = None
        self.announcer: Announcer | None = None
        self.bulk: tuple[Bulk, ...] = ()

    def hear(self, topics: set[str]) -> None:
        for topic in topics:
            if topic == EVERYTHING:
                self.hear({outbox.TOPIC, knowledge.TOPIC, proposals.TOPIC, announcements.TOPIC, fanning.TOPIC})
                self._rooms.wake_all()
            elif topic == outbox.TOPIC and self.delivery is not None:
                self.delivery.wake()
            elif topic == knowledge.TOPIC and self.librarian is not None:
                self.librarian.wake()
            elif topic == proposals.TOPIC and self.comparer is not None:
                self.comparer.wake()
            elif topic == announcements.TOPIC and self.announcer is not None:
                self.announcer.wake()
                self.hear({fanning.TOPIC})
            elif topic == fanning.TOPIC:
                for one in self.bulk:
                    one.wake()
            elif topic.startswith(lines.topic(0)[:-1]):
                self._rooms.wake(topic)


def open_time_zone() -> zoneinfo.ZoneInfo:
    """Morocco's time zone from the tzdata package, never from the system, whose data may be older; raises ClockWrong."""
    zoneinfo.reset_tzpath(to=[])
    zone = zoneinfo.ZoneInfo(TIME_ZONE)
    if dt.datetime(2026, 12, 1, 12, tzinfo=zone).utcoffset() != dt.timedelta():
        raise ClockWrong(
            "the package tzdata is older than 2026.3 and does not know that Morocco is at UTC+0: install the locked requirements again"
        )
    return zone
