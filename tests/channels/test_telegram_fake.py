"""The fake server is as strict as Telegram: each wrong call is refused, each fault comes on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_html import plain
from tests.fakes.telegram_spec import SPEC_FILE, Refusal
from tests.fakes.telegram_trouble import Trouble

pytestmark = pytest.mark.skipif(not SPEC_FILE.exists(), reason="../shared/fixtures is not beside this checkout")


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


async def call(fake: FakeTelegram, method: str, token: str = TOKEN, **parameters: Any) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{fake.url}/bot{token}/{method}", json=parameters) as answer,
    ):
        return answer.status, await answer.json()


def message(**parameters: Any) -> tuple[str, dict[str, Any]]:
    return "sendMessage", {"chat_id": 77, "text": "hello", **parameters}


def keys(*rows: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    return message(reply_markup={"inline_keyboard": list(rows)})


def commands(**command: str) -> tuple[str, dict[str, Any]]:
    return "setMyCommands", {"commands": [{"command": "help", "description": "Help", **command}]}


KEY = {"text": "Yes", "callback_data": "y"}
WRONG: dict[str, tuple[tuple[str, dict[str, Any]], str]] = {
    "an unknown parameter": (message(tekst="a"), "unknown parameter"),
    "a missing parameter": (("sendMessage", {"chat_id": 77}), "required"),
    "a number for a text": (message(text=5), "must be String"),
    "a truth value for a number": (("getUpdates", {"limit": True}), "must be Integer"),
    "an object for a list": (("setMyCommands", {"commands": {}}), "must be a list"),
    "an unknown field": (message(link_preview_options={"disabled": True}), "unknown field"),
    "a button without text": (keys([{"callback_data": "y"}]), "required"),
    "a scope of no kind": (("setMyCommands", {**commands()[1], "scope": {"type": "village"}}), "must be"),
    "no text": (message(text=" \n"), "message text is empty"),
    "only tags": (message(text="<b></b>", parse_mode="HTML"), "message text is empty"),
    "a long text": (message(text="ا" * 4097), "message is too long"),
    "a long caption": (("sendPhoto", {"chat_id": 77, "photo": "https://a.ma/a.png", "caption": "a" * 1025}), "caption is too long"),
    "an unknown tag": (message(text="<p>a</p>", parse_mode="HTML"), 'Unsupported start tag "p" at byte offset 0'),
    "an open tag": (message(text="<b>a", parse_mode="HTML"), "Can't find end tag"),
    "crossed tags": (message(text="<b><i>a</b></i>", parse_mode="HTML"), "Unmatched end tag at byte offset 7"),
    "an end without a start": (message(text="a</b>", parse_mode="HTML"), "Unexpected end tag"),
    "a bare angle": (message(text="5 < 6", parse_mode="HTML"), "can't parse entities"),
    "an unknown mode": (message(parse_mode="BBCode"), "unsupported parse_mode"),
    "long data": (keys([{"text": "a", "callback_data": "ⵣ" * 22}]), "BUTTON_DATA_INVALID"),
    "empty data": (keys([{"text": "a", "callback_data": ""}]), "BUTTON_DATA_INVALID"),
    "nine in a row": (keys([KEY] * 9), "reply markup is too long"),
    "a hundred and one buttons": (keys(*([KEY] for _ in range(101))), "reply markup is too long"),
    "a button that does nothing": (keys([{"text": "a"}]), "text buttons are unallowed"),
    "a button that does two things": (keys([{**KEY, "url": "https://a.ma"}]), "text buttons are unallowed"),
    "an empty label": (keys([{"text": " ", "callback_data": "y"}]), "must be non-empty"),
    "an address without a host": (keys([{"text": "a", "url": "https://"}]), "BUTTON_URL_INVALID"),
    "another scheme": (keys([{"text": "a", "url": "ftp://a.ma"}]), "BUTTON_URL_INVALID"),
    "a deep link in Arabic": (keys([{"text": "a", "url": "https://t.me/HiwarBot?start=تكوين"}]), "BUTTON_URL_INVALID"),
    "a long deep link": (keys([{"text": "a", "url": "https://t.me/HiwarBot?start=" + "a" * 65}]), "BUTTON_URL_INVALID"),
    "a place asked in a group": (
        message(chat_id=-100, reply_markup={"keyboard": [[{"text": "Here", "request_location": True}]]}),
        "private chats only",
    ),
    "no chat": (message(chat_id=0), "chat not found"),
    "a command in capitals": (commands(command="Help"), "BOT_COMMAND_INVALID"),
    "a long command": (commands(command="a" * 33), "BOT_COMMAND_INVALID"),
    "a long description of a command": (commands(description="a" * 257), "BOT_COMMAND_DESCRIPTION_INVALID"),
    "too many commands": (("setMyCommands", {"commands": commands()[1]["commands"] * 101}), "TOO_MUCH"),
    "a language of three letters": (("setMyDescription", {"description": "a", "language_code": "zgh"}), "language code"),
    "a long description": (("setMyDescription", {"description": "a" * 513}), "too long"),
    "a long short description": (("setMyShortDescription", {"short_description": "a" * 121}), "too long"),
    "a long answer to a press": (("answerCallbackQuery", {"callback_query_id": "1", "text": "a" * 201}), "MESSAGE_TOO_LONG"),
    "a webhook without TLS": (("setWebhook", {"url": "http://hiwar.example.ma/"}), "HTTPS"),
    "a webhook on another port": (("setWebhook", {"url": "https://hiwar.example.ma:5000/"}), "ports"),
    "a secret in Arabic": (("setWebhook", {"url": "https://hiwar.example.ma/", "secret_token": "سر"}), "secret token"),
    "too many connections": (("setWebhook", {"url": "https://hiwar.example.ma/", "max_connections": 101}), "max_connections"),
    "a batch of none": (("getUpdates", {"limit": 0}), "limit"),
    "an unknown file": (("sendPhoto", {"chat_id": 77, "photo": "AgAC-nothing"}), "wrong file identifier"),
    "an edit of nothing": (("editMessageText", {"chat_id": 77, "message_id": 1, "text": "a"}), "to edit not found"),
    "a deletion of nothing": (("deleteMessage", {"chat_id": 77, "message_id": 1}), "to delete not found"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_call_is_refused(case: str, fake: FakeTelegram) -> None:
    (method, parameters), words = WRONG[case]
    status, answer = await call(fake, method, **parameters)
    assert (status, answer["ok"], answer["error_code"]) == (400, False, 400)
    assert words in answer["description"]
    assert fake.ledger == []


RIGHT: dict[str, tuple[str, dict[str, Any]]] = {
    "the longest text": message(text="ا" * 4096),
    "the longest text within tags": message(text="<b>" + "&amp;" * 4096 + "</b>", parse_mode="HTML"),
    "the fullest keyboard": keys(*([KEY] * 8 for _ in range(12)), [KEY] * 4),
    "the longest data": keys([{"text": "a", "callback_data": "ⵣ" * 21}]),
    "a deep link": keys([{"text": "a", "url": "https://t.me/HiwarBot?start=" + "a" * 64}]),
    "a chat by its name": message(chat_id="@hiwar"),
}


@pytest.mark.parametrize("case", RIGHT)
async def test_a_call_within_the_limits_is_accepted(case: str, fake: FakeTelegram) -> None:
    method, parameters = RIGHT[case]
    status, answer = await call(fake, method, **parameters)
    assert status == 200, answer
    assert set(answer["result"]) >= {"message_id", "chat", "date", "text", "from"}
    assert len(fake.ledger) == 1


async def test_an_unknown_method_and_a_wrong_token_are_refused(fake: FakeTelegram) -> None:
    assert (await call(fake, "sendMesage"))[0] == 404
    assert (await call(fake, "getMe", token="123456:other"))[0] == 401
    assert (await call(fake, "getMe", token="no-token"))[0] == 404


def test_html_is_read_as_telegram_reads_it() -> None:
    assert plain('a &lt;b&gt; <a href="https://a.ma?x=1&amp;y=2">&#8205;c</a> &nbsp; &quot;') == 'a <b> \u200dc &nbsp; "'
    with pytest.raises(Refusal):
        plain("<b")


async def test_rates_are_kept_when_asked_for() -> None:
    async with FakeTelegram(per_chat=1, burst=2) as fake:
        answers = [await call(fake, *message()[:1], **message()[1]) for _ in range(3)]
        assert [status for status, _ in answers] == [200, 200, 429]
        assert answers[2][1]["parameters"]["retry_after"] >= 1
        assert (await call(fake, "sendMessage", chat_id=78, text="another chat waits for nobody"))[0] == 200
    async with FakeTelegram(overall=3) as fake:
        assert [(await call(fake, "sendMessage", chat_id=chat, text="a"))[0] for chat in range(1, 5)] == [200, 200, 200, 429]


async def test_faults_come_for_a_chat_a_method_a_number_of_calls_and_a_share(fake: FakeTelegram) -> None:
    fake.trouble(Trouble(status=403, chat="78"))
    fake.trouble(Trouble(status=500, method="getMe", times=1))
    assert [(await call(fake, "sendMessage", chat_id=chat, text="a"))[0] for chat in (77, 78)] == [200, 403]
    assert [(await call(fake, "getMe"))[0] for _ in range(2)] == [500, 200]
    fake.heal()
    fake.trouble(Trouble(status=502, share=0.3))
    statuses = [(await call(fake, "getMe"))[0] for _ in range(60)]
    assert 5 <= statuses.count(502) <= 35
    fake.heal()
    fake.trouble(Trouble(kind="cut", times=1))
    with pytest.raises(aiohttp.ClientError):
        await call(fake, "sendMessage", chat_id=77, text="lost")
    fake.trouble(Trouble(kind="cut_after", times=1))
    with pytest.raises(aiohttp.ClientError):
        await call(fake, "sendMessage", chat_id=77, text="arrived")
    assert [one.text for one in fake.ledger] == ["a", "arrived"]


async def test_a_second_poller_ends_the_first(fake: FakeTelegram) -> None:
    first = asyncio.create_task(call(fake, "getUpdates", timeout=5))
    while not fake.calls["getUpdates"]:  # noqa: ASYNC110  # the server's own count
        await asyncio.sleep(0.002)
    second = asyncio.create_task(call(fake, "getUpdates", timeout=5))
    assert (await first)[0] == 409
    update_id = fake.say(77, "hello")
    status, answer = await second
    assert (status, answer["result"][0]["update_id"]) == (200, update_id)
    assert fake.updates.pending == 1
    await call(fake, "getUpdates", offset=update_id + 1)
    assert fake.updates.pending == 0


async def test_kinds_that_were_not_asked_for_do_not_come(fake: FakeTelegram) -> None:
    await call(fake, "getUpdates", allowed_updates=["message"])
    fake.press(77, "data")
    fake.say(77, "hello")
    assert [list(update) for update in (await call(fake, "getUpdates"))[1]["result"]] == [["message", "update_id"]]


async def test_accepted_messages_are_appended_to_a_file(tmp_path: Path) -> None:
    ledger = tmp_path / "accepted.jsonl"
    async with FakeTelegram(ledger_file=ledger, fast=True) as fake:
        await call(fake, "sendMessage", chat_id=77, text="one")
        await call(fake, "sendMessage", chat_id=78, text="two", reply_markup={"inline_keyboard": [[KEY]]})
        written = [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]
    assert [(one["chat"], one["text"], one["buttons"]) for one in written] == [("77", "one", []), ("78", "two", [["Yes", "y"]])]


async def test_another_process_steers_it_over_http(fake: FakeTelegram) -> None:
    async with aiohttp.ClientSession() as session:
        await session.post(f"{fake.url}/fake/say", json={"chat": 77, "text": "hello"})
        await session.post(f"{fake.url}/fake/trouble", json={"status": 500, "times": 1, "method": "getMe"})
        assert (await call(fake, "getMe"))[0] == 500
        await call(fake, "sendMessage", chat_id=77, text="hi")
        async with session.get(f"{fake.url}/fake/ledger") as answer:
            assert [one["text"] for one in await answer.json()] == ["hi"]
        async with session.get(f"{fake.url}/fake/state") as answer:
            assert (await answer.json())["pending"] == 1
