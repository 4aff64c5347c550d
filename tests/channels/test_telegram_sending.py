"""Sending, editing, acknowledging and fetching against the strict fake server, and what happens when it fails."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest
import structlog
from structlog.testing import capture_logs
from telegram.error import NetworkError

from bot.messages import File, FileKind, Incoming, Shown, ShownButton
from channels.contract import LEAVES, Failed, Fault, Sender, Sent
from channels.errors import FileRefused
from channels.telegram import Telegram
from channels.telegram_client import Timeouts
from tests.channels.test_telegram_updates import NOW
from tests.fakes.telegram_api import TOKEN
from tests.fakes.telegram_pair import a_pair
from tests.fakes.telegram_trouble import Trouble

HELLO = Shown("سلام")
IMPATIENT = Timeouts(connect=0.2, answer=0.2, file=0.2)


def reason(answer: Sent | Failed) -> str:
    assert isinstance(answer, Failed), answer
    return answer.reason


async def test_the_channel_keeps_the_contract() -> None:
    async with a_pair() as (_, telegram):
        channel: Sender = telegram
        assert isinstance(await channel.send("77", HELLO), Sent)


async def test_a_sent_message_can_be_edited_said_again_and_deleted() -> None:
    async with a_pair() as (fake, channel):
        sent = await channel.send("77", Shown("one", buttons=(ShownButton("Yes", "y"),)))
        assert isinstance(sent, Sent)
        assert int(sent.ref) == fake.sent(77)[0].message_id
        assert await channel.edit("77", sent.ref, Shown("two")) == Sent(sent.ref)
        assert await channel.edit("77", sent.ref, Shown("two")) == Sent(sent.ref)  # not modified
        assert isinstance(await channel.delete("77", sent.ref), Sent)
        assert await channel.delete("77", sent.ref) == Sent(sent.ref)  # gone already
        assert reason(await channel.edit("77", sent.ref, Shown("three"))) == "message_gone"


async def test_a_pace_hears_when_a_message_leaves_and_of_each_once() -> None:
    async with a_pair() as (fake, channel):
        left: list[int] = []
        LEAVES.set(lambda: left.append(len(fake.sent(77))))
        for count in range(2):
            await channel.send("77", HELLO)

            assert left == list(range(count + 1))  # before the vendor had it


async def test_what_the_vendor_refuses_is_a_value() -> None:
    async with a_pair() as (fake, channel):
        fake.blocked.add("66")
        assert reason(await channel.send("66", HELLO)) == "blocked"
        assert reason(await channel.send("77", Shown(""))) == "content_refused"
        assert reason(await channel.send("77", Shown("a" * 4097))) == "content_refused"
        fake.trouble(Trouble(status=429, parameters={"retry_after": 4}, chat="77", times=1))
        busy = await channel.send("77", HELLO)
        assert isinstance(busy, Failed)
        assert (busy.reason, busy.after, busy.everyone) == ("too_many_requests", 4, False)
        fake.trouble(
            Trouble(status=400, description="Bad Request: group chat was upgraded", parameters={"migrate_to_chat_id": -1009}, times=1)
        )
        moved = await channel.send("-9", HELLO)
        assert isinstance(moved, Failed)
        assert (moved.reason, moved.moved) == ("migrated", "-1009")
        for status in (500, 502):
            fake.trouble(Trouble(status=status, times=1))
            assert reason(await channel.send("77", HELLO)) == "vendor_down"
        assert isinstance(await channel.send("77", HELLO), Sent)


async def test_a_slow_answer_and_a_broken_connection_leave_the_outcome_unknown() -> None:
    async with a_pair(timeouts=IMPATIENT) as (fake, channel):
        fake.trouble(Trouble(kind="slow", seconds=0.5, times=1))
        slow = await channel.send("77", HELLO)
        fake.trouble(Trouble(kind="cut_after", times=1))
        cut = await channel.send("77", HELLO)
        assert isinstance(slow, Failed)
        assert isinstance(cut, Failed)
        assert (slow.reason, slow.unknown, cut.reason, cut.unknown) == ("timed_out", True, "network_failed", True)


async def test_a_server_that_is_not_there_took_nothing() -> None:
    channel = Telegram(TOKEN, base_url="http://127.0.0.1:1", timeouts=IMPATIENT)
    answer = await channel.send("77", HELLO)
    await channel.close()
    assert isinstance(answer, Failed)
    assert (answer.reason, answer.retry, answer.unknown, answer.fault) == ("network_failed", True, False, Fault.VENDOR)


async def test_three_hundred_messages_go_at_once() -> None:
    async with a_pair(latency=0.1, timeouts=Timeouts()) as (fake, channel):
        started = asyncio.get_running_loop().time()
        answers = await asyncio.gather(*(channel.send(str(chat), HELLO) for chat in range(1, 301)))
        assert all(isinstance(answer, Sent) for answer in answers)
        assert len(fake.ledger) == 300
        assert asyncio.get_running_loop().time() - started < 15  # one after another it would be 30 s


async def test_a_press_is_acknowledged_and_a_late_or_failing_acknowledgement_is_no_error() -> None:
    async with a_pair(timeouts=IMPATIENT) as (fake, channel):
        press = Incoming(channel="telegram", event="1", address="77", at=NOW, pressed="a", callback="4242")
        await channel.acknowledge(press)
        assert fake.methods.answered == ["4242"]
        fake.methods.expired.add("4242")
        await channel.acknowledge(press)
        for trouble in (Trouble(kind="slow", seconds=0.5, times=1), Trouble(kind="cut", times=1), Trouble(status=500, times=1)):
            fake.trouble(trouble)
            await channel.acknowledge(press)
        await channel.acknowledge(Incoming(channel="telegram", event="2", address="77", at=NOW, text="no press"))
        assert fake.calls["answerCallbackQuery"] == 5


async def test_a_file_is_fetched_up_to_a_size() -> None:
    async with a_pair() as (fake, channel):
        ref = "telegram:" + fake.methods.add_file(b"x" * 200_000)
        assert await channel.fetch(File(ref), 200_000) == b"x" * 200_000
        for file, most in ((File(ref), 199_999), (File(ref, size=10), 9), (File("telegram:none"), 9), (File("web:1"), 9)):
            with pytest.raises(FileRefused):
                await channel.fetch(file, most)


async def test_a_file_larger_than_announced_is_refused_while_it_arrives() -> None:
    async with a_pair() as (fake, channel):
        fake.methods.files["big"] = b"x" * 300_000
        with pytest.raises(FileRefused):
            await channel._client.download("documents/big", 100_000)


async def test_an_own_file_is_uploaded_once_and_then_sent_by_its_name() -> None:
    loaded: list[str] = []

    async def load(ref: str) -> bytes:
        loaded.append(ref)
        return b"PNG"

    async with a_pair(load=load) as (fake, channel):
        part = Shown("خريطة", files=(File("store:1", FileKind.PICTURE, "خريطة.png", "image/png"),), buttons=(ShownButton("Yes", "y"),))
        for _ in range(3):
            assert isinstance(await channel.send("77", part), Sent)
        assert loaded == ["store:1"]
        assert [one.buttons for one in fake.sent(77)] == [[("Yes", "y")]] * 3
        fake.methods.files.clear()  # Telegram forgot the name
        assert isinstance(await channel.send("77", part), Sent)
        assert loaded == ["store:1", "store:1"]


async def test_a_file_that_cannot_be_loaded_is_refused() -> None:
    async def gone(ref: str) -> bytes:
        raise FileNotFoundError(ref)

    part = Shown("", files=(File("store:1"),))
    async with a_pair(load=gone) as (_, channel):
        assert reason(await channel.send("77", part)) == "file_refused"
        assert reason(await channel.send("77", Shown("", files=part.files * 2))) == "content_refused"
    async with a_pair() as (_, channel):
        assert reason(await channel.send("77", part)) == "file_refused"


@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")  # RetryAfter.retry_after, read both ways
async def test_the_token_is_in_no_text_log_or_error(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    structlog.reset_defaults()
    texts: list[str] = []
    secret = TOKEN.partition(":")[2]
    with capture_logs() as logged:
        async with a_pair(timeouts=IMPATIENT) as (fake, channel):
            press = Incoming(channel="telegram", event="1", address="77", at=NOW, callback="1")
            troubles = (
                Trouble(kind="slow", seconds=0.4),
                Trouble(kind="cut"),
                *(Trouble(status=code) for code in (401, 403, 409, 429, 502)),
            )
            for trouble in troubles:
                fake.trouble(trouble)
                texts += [
                    repr(await channel.send("77", HELLO)),
                    repr(await channel.me()),
                    repr(await channel.set_webhook("https://a.ma", secret)),
                ]
                await channel.acknowledge(press)
                try:
                    await channel.fetch(File("telegram:x"), 10)
                except FileRefused as error:
                    texts.append("".join(traceback.format_exception(error)))
                fake.heal()
            nowhere = Telegram(TOKEN, base_url="http://127.0.0.1:1", timeouts=IMPATIENT)
            with pytest.raises(NetworkError) as caught:
                await nowhere._client.call("getMe", b"")
            texts.append("".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__))
            await nowhere.close()
        texts += [repr(channel), str(channel), repr(channel._client), caplog.text, str(logged), *capsys.readouterr()]
    assert len(texts) > 25
    assert not [text for text in texts if secret in text]
