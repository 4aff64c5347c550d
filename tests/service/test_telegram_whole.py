"""The whole program beside a strict fake Telegram: polling, webhook, deliveries, and everything that goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot.dialogue import Talk
from bot.features import Contents, feature
from bot.messages import Outgoing, Shown
from channels.contract import Fault
from scheduler.delivery import MOST_ATTEMPTS
from service.settings import Settings
from service.wiring import Program, open_program
from storage import inbox, outbox, people
from storage.sealing import open_seal
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.telegram_trouble import Trouble
from tests.running import running
from tests.serve import SMALL
from tests.talks import TEST_CONTENTS
from web.hooks import TelegramHook

SECRET = "s" * 32


@feature("broken", command="broken")
def broken(talk: Talk) -> Outgoing:
    """A dialogue with a mistake in it."""
    raise ZeroDivisionError("a secret: 123456:AAbbccddeeffgghhiijjkkllmmnnooppqq")


@asynccontextmanager
async def program(tmp_path: Path, fake: FakeTelegram, url: str = "", contents: Contents = TEST_CONTENTS) -> AsyncIterator[Program]:
    """Hiwar without its web server, delivering to the fake."""
    settings = Settings(
        data=tmp_path / "data",
        content=SMALL,
        encoder=False,
        database_url=SecretStr(url),
        telegram_token=SecretStr(fake.token),
        telegram_base_url=fake.url,
    )
    async with open_program(settings, contents=contents) as opened:
        delivering = asyncio.create_task(opened.delivery.run())
        try:
            yield opened
        finally:
            delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivering


def update(number: int, chat: int, text: str) -> bytes:
    import json

    sender = {"id": chat, "is_bot": False, "first_name": "Amina"}
    message = {"message_id": number, "date": 1_790_000_000, "chat": {"id": chat, "type": "private"}, "from": sender, "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


def hook(opened: Program) -> TelegramHook:
    assert opened.telegram is not None
    return TelegramHook(opened.telegram, opened.reception, SECRET, opened.metrics)


async def test_a_talk_by_polling_survives_being_killed_between_any_two_messages(tmp_path: Path) -> None:
    """Amina sends an idea; the process dies after each of her messages; she is asked each question once and one idea is filed."""
    said = ["/language en", "/idea", "2", "Open on Saturdays", "Town halls.", "/skip", "Azilal", "1"]
    async with FakeTelegram() as fake, running(tmp_path / "data", telegram_token=fake.token, telegram_base_url=fake.url) as hiwar:
        for number, text in enumerate(said):
            fake.say(7, text)
            await fake.wait_for(number + 1, 7, patience=30)
            await _noted(tmp_path / "data" / "hiwar.db")  # a reply sent and not noted yet would rightly be sent again
            await hiwar.kill()
            await hiwar.start()
        asked = [one.text.split("\n")[0] for one in fake.sent(7)]
        refused = fake.refused
        await hiwar.stop()

    assert refused == []
    assert asked[1:8] == [
        "What is it about?",
        "Give it a short title.",
        "Tell us your idea.",
        "Add pictures?",
        "Which place is it about?",
        "Public services",
        "Thank you, that is good to know.",
    ]
    assert "Number 1" in fake.sent(7)[7].text
    assert len(asked) == 8


async def test_the_same_update_twice_is_done_once_and_answered_the_same(tmp_path: Path, database_url: str) -> None:
    async with FakeTelegram() as fake, program(tmp_path, fake, database_url) as opened:
        door = hook(opened)
        first = await door.handle(update(1, 7, "/help"), by_webhook=True)
        again = await door.handle(update(1, 7, "/help"), by_webhook=True)
        both = await asyncio.gather(*(door.handle(update(2, 7, "/menu"), by_webhook=True) for _ in range(5)))

    assert first is not None
    assert again == first
    assert set(both) == {both[0]}


async def test_a_reply_travels_in_the_webhooks_answer_and_two_go_by_api(tmp_path: Path) -> None:
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        door = hook(opened)
        await door.handle(update(1, 7, "/idea"))
        one = await door.handle(update(2, 7, "2"), by_webhook=True)
        two = await door.handle(update(3, 7, "/help"), by_webhook=True)
        sent = await fake.wait_for(3, 7)

    assert one is not None and '"method":"sendMessage"' in one
    assert two is None  # help, and the prompt again
    assert [each.text.split("\n")[0] for each in sent][-1] == "Give it a short title."


async def test_the_hook_lets_nobody_in_without_the_secret(tmp_path: Path) -> None:
    async with FakeTelegram() as fake, running(tmp_path / "data", telegram_token=fake.token, telegram_base_url=fake.url) as hiwar:
        path = f"hooks/telegram/{open_seal(tmp_path / 'data' / 'hiwar.key').key_for('telegram path').hex()[:32]}"
        secret = open_seal(tmp_path / "data" / "hiwar.key").key_for("telegram secret").hex()
        async with aiohttp.ClientSession() as client:
            statuses = []
            for headers, body in (
                ({}, update(1, 7, "/help")),
                ({"X-Telegram-Bot-Api-Secret-Token": "wrong"}, update(1, 7, "/help")),
                ({"X-Telegram-Bot-Api-Secret-Token": secret}, update(1, 7, "/help")),
                ({"X-Telegram-Bot-Api-Secret-Token": secret}, b"[" * 100_000),
                ({"X-Telegram-Bot-Api-Secret-Token": secret}, b"not json"),
                ({"X-Telegram-Bot-Api-Secret-Token": secret}, io.BytesIO(b"x" * 2_000_000)),
            ):
                async with client.post(hiwar.url + path, data=body, headers=headers) as response:
                    statuses.append(response.status)
            async with client.get(hiwar.url + "metrics") as response:
                metrics = await response.text()

    assert statuses == [401, 401, 200, 200, 200, 413]
    assert 'hiwar_refused_requests_total{reason="secret"} 2.0' in metrics


async def test_a_message_that_breaks_the_program_is_kept_and_the_person_is_told(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """200, a dead letter, an apology, and no secret in the log; later messages go on."""
    contents = Contents((*TEST_CONTENTS.features, broken))
    async with FakeTelegram() as fake, program(tmp_path, fake, database_url, contents) as opened:
        door = hook(opened)
        await door.handle(update(1, 7, "/broken"), by_webhook=True)
        await door.handle(update(1, 7, "/broken"), by_webhook=True)
        apology = await fake.wait_for(1, 7)
        await door.handle(update(2, 7, "/help"))
        await fake.wait_for(2, 7)
        letters = await opened.ledger.write(inbox.dead_letters_in, "waiting")

    assert len(apology) == 1
    assert [letter.error for letter in letters] == [letters[0].error]
    assert letters[0].error.startswith("ZeroDivisionError in broken, test_telegram_whole.py line")
    assert "/broken" in letters[0].payload
    assert "AAbbccddee" not in capsys.readouterr().err


async def test_who_blocks_the_bot_is_stopped_and_coming_back_starts_nothing(tmp_path: Path) -> None:
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        door = hook(opened)
        await door.handle(update(1, 7, "/help"))
        await fake.wait_for(1, 7)
        fake.trouble(Trouble(status=403, description="Forbidden: bot was blocked by the user", chat="7"))
        await door.handle(update(2, 7, "/menu"))
        await opened.delivery.finish()
        gone = await opened.ledger.write(_person)
        fake.heal()
        await door.handle(update(3, 7, "/menu"))
        await fake.wait_for(2, 7)
        back = await opened.ledger.write(_person)

    assert gone.left_at is not None and gone.stopped_at is not None
    assert back.left_at is None and back.stopped_at is not None


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=429, parameters={"retry_after": 1}, times=1),
        Trouble(status=500, times=1),
        Trouble(status=502, times=2),
        Trouble(kind="cut", times=1),
    ],
    ids=lambda trouble: f"{trouble.kind}-{trouble.status}",
)
async def test_a_reply_is_tried_again_and_arrives_once_in_order(tmp_path: Path, trouble: Trouble) -> None:
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        door = hook(opened)
        fake.trouble(trouble)
        await door.handle(update(1, 7, "/idea"))
        await door.handle(update(2, 7, "2"))
        sent = await fake.wait_for(2, 7, patience=30)
        states = await _states(opened)

    assert [one.text.split("\n")[0] for one in sent] == ["What is it about?", "Give it a short title."]
    assert states == ["sent", "sent"]


async def test_a_chat_that_is_not_there_is_given_up_at_once(tmp_path: Path) -> None:
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        fake.trouble(Trouble(status=400, description="Bad Request: chat not found", chat="7"))
        await hook(opened).handle(update(1, 7, "/help"))
        await opened.delivery.finish()
        states = await _states(opened)
        calls = fake.calls["sendMessage"]

    assert states in (["failed"], ["stopped"])
    assert calls == 1 < MOST_ATTEMPTS
    assert Fault.PERSON == "person"


async def test_a_letter_claimed_twice_by_the_same_node_is_sent_once(tmp_path: Path) -> None:
    """Its claim ran out while it waited behind a slow one."""
    async with FakeTelegram(latency=0.05) as fake, program(tmp_path, fake) as opened:
        shown = Shown("Only once")
        person = await opened.ledger.write(people.meet, "telegram", "7", opened.now())
        letter = await opened.ledger.write(
            outbox.put, person.id, "telegram", "7", shown, outbox.Lane.REPLY, opened.now(), claimed_by=opened.house.node
        )
        opened.delivery.deliver([letter])
        opened.delivery.deliver([letter])
        await opened.delivery.finish()
        sent = fake.sent(7)

    assert len(sent) == 1


async def test_a_moved_chat_gets_its_reply_at_the_new_address(tmp_path: Path) -> None:
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        fake.trouble(
            Trouble(
                status=400,
                description="Bad Request: group chat was upgraded to a supergroup chat",
                parameters={"migrate_to_chat_id": -1009},
                chat="7",
            )
        )
        await hook(opened).handle(update(1, 7, "/help"))
        sent = await fake.wait_for(1, -1009, patience=30)

    assert len(sent) == 1


async def test_the_commands_of_a_chat_speak_its_language(tmp_path: Path) -> None:
    """Telegram knows no zgh, so the commands are set for the chat."""
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        await hook(opened).handle(update(1, 7, "/language zgh"))
        await fake.wait_for(1, 7)

    assert fake.calls["setMyCommands"] == 1
    assert fake.refused == []


async def test_a_database_that_cannot_be_written_answers_503_and_loses_nothing(tmp_path: Path) -> None:
    """Telegram keeps the message and delivers it again when the database is back."""
    async with FakeTelegram() as fake, program(tmp_path, fake) as opened:
        door = hook(opened)
        await door.handle(update(1, 7, "/help"))
        await fake.wait_for(1, 7)
        blocker = sa.create_engine(f"sqlite:///{tmp_path / 'data' / 'hiwar.db'}")
        await opened.ledger.write(lambda db: db.exec_driver_sql("pragma busy_timeout=50"))
        with blocker.connect() as other:
            other.exec_driver_sql("begin immediate")
            request = _Request(update(2, 7, "/menu"))
            refused = await door.receive(request)  # type: ignore[arg-type]  # all that the hook reads of a request
            other.exec_driver_sql("rollback")
        taken = await door.receive(_Request(update(2, 7, "/menu")))  # type: ignore[arg-type]
        blocker.dispose()

    assert refused.status == 503
    assert taken.status == 200


class _Request:
    """All that the hook reads of a request."""

    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}  # noqa: RUF012

    def __init__(self, body: bytes) -> None:
        self._body = body

    @property
    def content(self) -> _Request:
        return self

    content_length = None

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        yield self._body


async def _noted(file: Path) -> None:
    """Wait until the outcome of every letter is written down."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
                if not db.execute("select count(*) from outbox where state = 'waiting'").fetchone()[0]:
                    return
            await asyncio.sleep(0.02)  # the outcome is written by another process, which tells nobody


def _person(db: sa.Connection) -> sa.Row[tuple[dt.datetime | None, ...]]:
    return db.execute(sa.text("select left_at, stopped_at from people")).one()


async def _states(opened: Program) -> list[str]:
    await opened.delivery.finish()
    return await opened.ledger.write(lambda db: [row.state for row in db.execute(sa.text("select state from outbox order by id"))])
