"""Long polling: order within a chat, chats side by side, and only what was handled is confirmed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from channels import telegram_polling
from channels.contract import Failed
from channels.telegram import Telegram
from channels.telegram_updates import parse
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.telegram_pair import a_pair
from tests.fakes.telegram_trouble import Trouble

Handle = Callable[[bytes], Awaitable[None]]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_polling, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(telegram_polling, "LONGEST_PAUSE", 0.02)


@contextlib.asynccontextmanager
async def polling(channel: Telegram, handle: Handle, trouble: Callable[[Failed], None] | None = None) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(channel.poll(handle, stop=stop, trouble=trouble))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(5):
            assert await task is None


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110  # what is awaited happens in the server and in the channel, which know no event of ours
            await asyncio.sleep(0.002)


class Notebook:
    """A handler that writes down who said what, slower for one chat, refusing what it is told to."""

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []
        self.refuses: set[str] = set()
        self.running = 0
        self.most_running = 0

    async def handle(self, raw: bytes) -> None:
        incoming = parse(raw)
        assert incoming is not None
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await asyncio.sleep(0.01 if incoming.address == "1" else 0.001)
        self.running -= 1
        words = incoming.text or incoming.pressed
        if words in self.refuses:
            raise ConnectionError("the database is down")
        self.read.append((incoming.address, words))

    def of(self, chat: int) -> list[str]:
        return [words for address, words in self.read if address == str(chat)]


async def test_each_chat_is_read_in_order_and_chats_side_by_side() -> None:
    notebook = Notebook()
    async with a_pair() as (fake, channel):
        for number in range(20):
            for chat in (1, 2, 3):
                fake.say(chat, str(number))
        fake.press(1, "pressed")
        async with polling(channel, notebook.handle):
            await until(lambda: len(notebook.read) == 61)
    for chat in (1, 2, 3):
        assert notebook.of(chat)[:20] == [str(number) for number in range(20)]
    assert notebook.of(1)[-1] == "pressed"
    assert notebook.most_running == 3
    assert fake.updates.pending == 0  # the stop confirmed the last batch


async def test_what_was_not_handled_comes_again_and_only_that() -> None:
    notebook = Notebook()
    notebook.refuses = {"b"}
    async with a_pair() as (fake, channel):
        ids = [fake.say(1, words) for words in "abc"] + [fake.say(2, "other")]
        async with polling(channel, notebook.handle):
            await until(lambda: fake.calls["getUpdates"] > 3)
            assert notebook.read == [("2", "other"), ("1", "a")] or notebook.read == [("1", "a"), ("2", "other")]
            assert fake.updates.confirmed == ids[1]  # "a" is confirmed, "b" and what follows it are not
            notebook.refuses.clear()
            await until(lambda: len(notebook.read) == 4)
        assert notebook.of(1) == ["a", "b", "c"]
        assert notebook.of(2) == ["other"]
        assert fake.updates.pending == 0


async def test_a_stop_in_the_middle_of_a_batch_finishes_it() -> None:
    notebook = Notebook()
    async with a_pair() as (fake, channel):
        for number in range(10):
            fake.say(1, str(number))
        async with polling(channel, notebook.handle) as stop:
            await until(lambda: notebook.read != [])
            stop.set()
        assert len(notebook.of(1)) == 10
        assert fake.updates.pending == 0


async def test_a_stop_does_not_wait_for_the_long_poll() -> None:
    async with a_pair() as (fake, channel):
        async with polling(channel, Notebook().handle):
            await until(lambda: fake.calls["getUpdates"] == 1)
        assert fake.calls["getUpdates"] == 1


async def test_faults_of_the_server_are_told_and_survived() -> None:
    notebook, told = Notebook(), list[Failed]()
    async with a_pair() as (fake, channel):
        fake.trouble(Trouble(status=502, times=2, method="getUpdates"))
        fake.trouble(Trouble(kind="cut", times=2, method="getUpdates"))
        fake.say(1, "hello")
        async with polling(channel, notebook.handle, told.append):
            await until(lambda: notebook.read == [("1", "hello")])
    assert [failed.reason for failed in told] == ["vendor_down"] * 2 + ["network_failed"] * 2


async def test_polling_removes_a_webhook_and_drops_nothing() -> None:
    notebook = Notebook()
    async with a_pair() as (fake, channel):
        await channel.set_webhook("http://127.0.0.1:1/hook", "secret")
        fake.say(1, "said while the webhook was broken")
        async with polling(channel, notebook.handle):
            await until(lambda: len(notebook.read) == 1)
        assert fake.updates.url == ""


async def test_a_second_poller_is_reported_as_a_conflict() -> None:
    told = list[Failed]()
    async with a_pair() as (fake, channel):
        other = Telegram(fake.token, base_url=fake.url)
        async with polling(channel, Notebook().handle, told.append), polling(other, Notebook().handle, told.append):
            await until(lambda: len(told) >= 2)
        await other.close()
    assert {failed.reason for failed in told} == {"conflict"}


async def test_a_refused_token_ends_the_polling_with_its_reason() -> None:
    async with FakeTelegram() as fake:
        channel = Telegram("123456:another-token", base_url=fake.url)
        failed = await channel.poll(Notebook().handle, stop=asyncio.Event())
        await channel.close()
    assert failed is not None
    assert failed.reason == "unauthorized"


async def test_a_payload_nobody_can_read_holds_back_nothing() -> None:
    read: list[bytes] = []

    async def handle(raw: bytes) -> None:
        read.append(raw)

    async with a_pair() as (fake, channel):
        fake.push({"message": {"chat": "no object"}})
        fake.say(1, "hello")
        async with polling(channel, handle):
            await until(lambda: len(read) == 2)
        assert fake.updates.pending == 0
