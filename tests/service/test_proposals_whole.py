"""Proposals in the whole program: many people at once, drafts compared with what is published, and links that lead to one."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path

import aiohttp
import sqlalchemy as sa

from bot.buttons import OUTSIDE
from civic.proposals import Act, Draft
from handlers.telling import Post
from service.comparer import Comparer
from service.wiring import Program
from storage import people, proposals
from storage.schema import supports
from tests.fakes.telegram_api import FakeTelegram
from tests.moderators import decide
from tests.running import running
from tests.service.test_telegram_whole import hook, program

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DRAFT = Draft(
    kind="proposal",
    theme="local",
    title="نشر ميزانيات الجماعات",
    text="نقترح أن تنشر كل جماعة ميزانيتها كل سنة على موقع واحد، حتى يعرف المواطنون أين تصرف الأموال.",
    language="ar",
)


def publish(db: sa.Connection, post: Post) -> int:
    author = people.meet(db, "telegram", "1", NOW).id
    number = proposals.file(db, author, "telegram", DRAFT, NOW.date(), NOW).number
    decide(db, post, number, Act.PUBLISH, NOW)
    return number


def press(opened: Program, update: int, chat: int, feature: str, argument: str) -> bytes:
    """A press as Telegram delivers it."""
    data = opened.house.signer.make(f"telegram:{chat}", OUTSIDE, feature, argument)
    sender = {"id": chat, "is_bot": False, "first_name": "Citizen"}
    under = {"message_id": 1, "date": 1_790_000_000, "chat": {"id": chat, "type": "private"}, "text": "?"}
    pressed = {"id": str(update), "from": sender, "chat_instance": "1", "data": data, "message": under}
    return json.dumps({"update_id": update, "callback_query": pressed}).encode()


async def test_people_who_press_at_the_same_moment_are_each_counted_once(tmp_path: Path, database_url: str) -> None:
    """Idir presses ten times, nine others once, two of these are delivered twice: ten supports."""
    async with FakeTelegram() as fake, program(tmp_path, fake, database_url) as opened:
        number = str(await opened.ledger.write(publish, opened.post))
        door = hook(opened)
        presses = [press(opened, update, 7, "support", number) for update in range(1, 11)]
        presses += [press(opened, 100 + chat, chat, "support", number) for chat in range(11, 20)]
        presses += presses[-2:]
        await asyncio.gather(*(door.handle(one) for one in presses))

        def found(db: sa.Connection) -> tuple[int, int]:
            rows = db.execute(sa.select(sa.func.count()).select_from(supports)).scalar_one()
            return rows, proposals.get(db, int(number)).supports

        assert await opened.ledger.write(found) == (10, 10)
        await asyncio.gather(*(door.handle(press(opened, 300 + chat, chat, "support", f"{number}-off")) for chat in (7, 7, 11)))
        assert await opened.ledger.write(found) == (8, 8)


async def test_a_draft_is_compared_with_what_is_published_by_then(tmp_path: Path) -> None:
    same = "ميزانيات الجماعات\nيجب أن تنشر كل جماعة ميزانيتها كل سنة حتى يعرف المواطنون أين تصرف أموالهم."
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        comparer = Comparer(opened.reading, opened.reader, use_encoder=False)
        assert await opened.reading.compare(same) == ()  # nothing is published: nothing is loaded
        number = await opened.ledger.write(publish, opened.post)
        await comparer._renew()
        assert await opened.reading.compare(same) == (number,)
        await opened.ledger.write(lambda db: decide(db, opened.post, number, Act.REJECT, NOW, "unclear"))
        await comparer._renew()
        assert await opened.reading.compare(same) == ()


async def test_a_shared_link_leads_into_the_chat(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, aiohttp.ClientSession() as client:
        async with client.get(f"{hiwar.url}p/12", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "/?start=p-12")
        async with client.get(f"{hiwar.url}p/12") as answer:
            assert answer.status == 200
        async with client.get(f"{hiwar.url}p/x") as answer:
            assert answer.status == 404
