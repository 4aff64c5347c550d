"""kill -9 in the middle of an announcement: nobody is lost, and nobody gets it twice but what was just then on its way.

The long form (10,000 people, 20 kills, 30 a second) is `make bench-announce`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from storage import announcements
from storage.engines import open_writer
from storage.schema import subscribers
from storage.sealing import Seal, open_seal, write_keys
from tests.announcements.desk import bulletin, crowd, due_now
from tests.fakes.telegram_api import FakeTelegram
from tests.running import Running

PEOPLE = 300
RATE = 150  # messages a second
IN_FLIGHT = 45  # at this rate: what a quarter of a second holds, which is all that is ever claimed and not noted


def plan(url: str, key: Path, *, at_most_once: bool = False) -> int:
    """People with subscriptions and no quiet hours, and an announcement that is due; its number."""

    def prepare(db: sa.Connection) -> int:
        crowd(db, PEOPLE)
        db.execute(subscribers.update().values(quiet_from=0, quiet_to=0))
        return due_now(db, bulletin("meetings", at_most_once=at_most_once), dt.datetime.now(dt.UTC))

    return look(url, key, prepare)  # type: ignore[return-value]


def look(url: str, key: Path, function: object) -> object:
    engine = open_writer(url, open_seal(key))
    try:
        with engine.begin() as db:
            return function(db)  # type: ignore[operator]
    finally:
        engine.dispose()


async def until_done(url: str, key: Path, number: int) -> announcements.Announcement:
    """Look until the announcement is done."""
    async with asyncio.timeout(60):
        while True:
            found = await asyncio.to_thread(look, url, key, lambda db: announcements.find(db, number))
            if found.state == "done":  # type: ignore[attr-defined]
                return found  # type: ignore[return-value]
            await asyncio.sleep(0.3)


async def play(url: str, seal: Seal, folder: Path, *, kills: int, nodes: int, at_most_once: bool = False) -> tuple[Counter[str], set[str]]:
    """Send with so many kills; how often each chat got it, and the chats that are listed as unknown."""
    data = folder / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    key = data / "hiwar.key"
    write_keys(key, seal.masters)
    number = plan(url, key, at_most_once=at_most_once)
    chance = random.Random(11)
    async with FakeTelegram(latency=0.03) as fake:
        more = {
            "HIWAR_DATABASE_URL": url,
            "HIWAR_TELEGRAM_TOKEN": fake.token,
            "HIWAR_TELEGRAM_BASE_URL": fake.url,
            "HIWAR_TELEGRAM_RATE": str(RATE),
        }
        running = [Running(data, more) for _node in range(nodes)]
        try:
            for hiwar in running:
                await hiwar.start()
            for kill in range(kills):
                await fake.wait_for((kill + 1) * PEOPLE // (kills + 2), patience=60)
                await asyncio.sleep(chance.uniform(0, 0.1))
                for hiwar in running:
                    await hiwar.kill()
                for hiwar in running:
                    await hiwar.start()
            await until_done(url, key, number)
            unknown = look(url, key, lambda db: announcements.unknown(db, number))
        finally:
            for hiwar in running:
                if hiwar.process is not None:
                    await hiwar.kill()
        got = Counter(one.chat for one in fake.ledger if one.method == "sendMessage")
    return got, {str(1000 + person) for person in unknown}  # type: ignore[attr-defined]


EVERYONE = {str(1000 + number) for number in range(1, PEOPLE + 1)}


async def test_killed_at_any_moment_nobody_is_lost(database_url: str, seal: Seal, tmp_path: Path) -> None:
    got, unknown = await play(database_url, seal, tmp_path, kills=3, nodes=1)

    assert set(got) == EVERYONE and not unknown
    assert sum(got.values()) - len(got) <= 3 * IN_FLIGHT
    assert max(got.values()) <= 1 + 3  # once more for each kill, for who was on their way each time


async def test_killed_at_any_moment_an_announcement_sent_at_most_once_lists_its_unknown(
    database_url: str, seal: Seal, tmp_path: Path
) -> None:
    got, unknown = await play(database_url, seal, tmp_path, kills=2, nodes=1, at_most_once=True)

    assert max(got.values()) == 1
    assert EVERYONE - set(got) <= unknown
    assert len(unknown) <= 2 * 2 * IN_FLIGHT


async def test_two_nodes_at_once_send_it_once(database_url: str, seal: Seal, tmp_path: Path) -> None:
    """Both run from the beginning, and both are killed in the middle."""
    got, unknown = await play(database_url, seal, tmp_path, kills=1, nodes=2)

    assert set(got) == EVERYONE and not unknown
    assert sum(got.values()) - len(got) <= IN_FLIGHT
