"""What the tests of announcements share: people with subscriptions, announcements that are due, and a channel that notes what it sends."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable

import sqlalchemy as sa

from bot.buttons import Signer
from bot.messages import File, Incoming, Shown
from channels.contract import Capabilities, Failed, Sent
from channels.telegram_requests import LIMITS
from civic.announcements import Audience, Bulletin
from civic.knowledge import LANGUAGES
from civic.news import Item, lead
from handlers.desk import announcing
from scheduler.announce import Announcer
from scheduler.bulk import Bulk
from scheduler.pace import Pace, Rates
from service.wiring import open_time_zone
from storage import announcements, news, people, subscriptions
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.sealing import Seal
from tests.stage import voices

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
ZONE = open_time_zone()
WORDS = {"ar": "اجتماع", "fr": "Réunion", "zgh": "ⴰⵎⵓⵏ", "en": "Meeting"}
EDITOR, CHIEF = "editor:1", "editor:2"


def bulletin(*topics: str, at_most_once: bool = False, **audience: tuple[str, ...]) -> Bulletin:
    return Bulletin(WORDS, WORDS, Audience(topics=topics, **audience), at_most_once=at_most_once)


def subscriber(db: sa.Connection, name: str, *topics: str, channel: str = "telegram", language: str = "fr") -> int:
    person = people.meet(db, channel, name, NOON)
    people.set_language(db, person.id, language, chosen=True)
    for topic in topics:
        subscriptions.subscribe(db, person.id, topic, NOON)
    return person.id


def crowd(db: sa.Connection, size: int, topic: str = "meetings") -> None:
    for number in range(1, size + 1):
        subscriber(db, str(1000 + number), topic)


def due_now(db: sa.Connection, wanted: Bulletin, at: dt.datetime = NOON, news_id: int | None = None) -> int:
    """An announcement that was approved and whose time has come."""
    number = announcing.draft(db, wanted, EDITOR, at, news_id)
    seen = announcements.find(db, number)
    assert seen is not None
    announcements.move(db, seen, "scheduled", approved_by=CHIEF, due_at=at)
    return number


class Noting:
    """A vendor's channel that notes what it was given; `answer` may refuse."""

    name = "telegram"
    limits = LIMITS
    capabilities = Capabilities(push=True, edit=True, delete=True)

    def __init__(self, answer: Callable[[str, Shown], Sent | Failed | None] = lambda address, part: None) -> None:
        self.sent: list[tuple[str, Shown]] = []
        self.edited: list[tuple[str, str, Shown]] = []
        self.deleted: list[tuple[str, str]] = []
        self._answer = answer

    @property
    def readers(self) -> Counter[str]:
        return Counter(address for address, _shown in self.sent)

    def instant(self, address: str, part: Shown) -> bytes | None:
        return None

    async def send(self, address: str, part: Shown) -> Sent | Failed:
        await asyncio.sleep(0)
        answer = self._answer(address, part)
        if isinstance(answer, Failed):
            return answer
        self.sent.append((address, part))
        return answer or Sent(f"m{len(self.sent)}")

    async def edit(self, address: str, ref: str, part: Shown) -> Sent | Failed:
        self.edited.append((address, ref, part))
        return Sent(ref)

    async def delete(self, address: str, ref: str) -> Sent | Failed:
        self.deleted.append((address, ref))
        return Sent(ref)

    async def acknowledge(self, incoming: Incoming) -> None:
        pass

    async def fetch(self, file: File, most: int) -> bytes:
        raise NotImplementedError


class Deaf:
    def delivered(self, channel: str, outcome: str, seconds: float) -> None:
        pass


class Desk:
    """A database, its ledger, and what sends announcements on it; `now` is the only clock but for the pace."""

    def __init__(
        self,
        url: str,
        seal: Seal,
        channel: object = None,
        *,
        node: str = "n1",
        rate: float = 100_000,
        most: int = 0,
        signer: Signer | None = None,
    ) -> None:
        self.now = NOON
        self.signer = signer or Signer(b"k" * 32)
        self.ledger = Ledger(open_writer(url, seal))
        self.channel = channel or Noting()
        self.announcer = Announcer(self.ledger, node=node, zone=ZONE, now=lambda: self.now, width=50, most=most)
        self.bulk = Bulk(
            self.ledger,
            self.channel,  # type: ignore[arg-type]
            Pace(Rates(overall=rate)),
            node=node,
            write=announcing.writer(voices()),
            signer=self.signer,
            now=lambda: self.now,
            watch=Deaf(),
        )

    async def __aenter__(self) -> Desk:
        return self

    async def __aexit__(self, *what: object) -> None:
        await self.bulk.settled()
        await self.ledger.close()

    async def send(self) -> None:
        """Everything that is due now."""
        await self.announcer.once()
        await self.bulk.once()
        await self.announcer.once()

    async def progress(self, number: int) -> announcements.Progress:
        return await self.ledger.write(announcements.progress, number, self.now)

    async def find(self, number: int) -> announcements.Announcement:
        found = await self.ledger.write(announcements.find, number)
        assert found is not None
        return found


def publish(db: sa.Connection, language: str, topics: tuple[str, ...], title: str, text: str, at: dt.datetime) -> int:
    """A news item that everyone can read."""
    number = news.write(db, Item({language: title}, {language: text}, topics), EDITOR, at)
    news.publish(db, number, at)
    return number


def announce_newest(db: sa.Connection, at: dt.datetime) -> int:
    """Announce the newest news item to the subscribers of its topics, all of whom read it in its language."""
    item = news.published(db, most=1)[0]
    (language,) = item.item.title
    text = {language: lead(item.item.text[language])}
    others = {other: language for other in LANGUAGES if other != language}
    return due_now(db, Bulletin(item.item.title, text, Audience(topics=item.item.topics), others), at, item.id)
