"""Webhook, identity and profile."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.messages import Shown
from channels.contract import Failed, Sent
from channels.telegram import Me, Telegram, WebhookState
from channels.telegram_profile import Profile, Words
from tests.fakes.telegram_pair import a_pair
from tests.fakes.telegram_trouble import Trouble

PROFILE = Profile(
    default=Words(commands={"help": "Help", "privacy": "Privacy"}, description="Ask about open government", short_description="Hiwar"),
    languages={
        "ar": Words(commands={"help": "مساعدة"}, description="اسأل عن الحكومة المنفتحة", short_description="حوار"),
        "fr": Words(commands={"help": "Aide"}, description="Le gouvernement ouvert", short_description="Hiwar"),
    },
)


async def test_a_profile_is_published_once_and_then_only_where_it_differs() -> None:
    async with a_pair() as (fake, channel):
        assert await channel.publish_profile(PROFILE) == Sent()
        assert fake.methods.commands["", "fr"] == [{"command": "help", "description": "Aide"}]
        assert fake.methods.texts["description", "ar"] == "اسأل عن الحكومة المنفتحة"
        assert fake.methods.menu == {"type": "commands"}
        written = sum(count for method, count in fake.calls.items() if method.startswith("set"))
        assert await channel.publish_profile(PROFILE) == Sent()
        assert sum(count for method, count in fake.calls.items() if method.startswith("set")) == written
        assert fake.refused == []


async def test_a_menu_button_can_open_a_page() -> None:
    async with a_pair() as (fake, channel):
        profile = Profile(default=PROFILE.default, menu_label="Hiwar", menu_url="https://hiwar.example.ma/")
        assert await channel.publish_profile(profile) == Sent()
        assert fake.methods.menu["web_app"] == {"url": "https://hiwar.example.ma/"}


async def test_who_chose_tamazight_gets_their_commands_in_their_own_chat() -> None:
    async with a_pair() as (fake, channel):
        assert await channel.publish_commands_for("77", {"help": "ⵜⵉⵡⵉⵙⵉ"}) == Sent()
        assert fake.methods.commands["77", ""] == [{"command": "help", "description": "ⵜⵉⵡⵉⵙⵉ"}]


async def test_a_language_telegram_does_not_know_is_refused_as_a_value() -> None:
    async with a_pair() as (_, channel):
        refused = await channel.publish_profile(Profile(default=PROFILE.default, languages={"zgh": PROFILE.default}))
        assert isinstance(refused, Failed)
        assert refused.reason == "content_refused"


async def test_the_bot_knows_its_name_and_leaves_commands_for_others_alone() -> None:
    async with a_pair(username="HiwarBot") as (_, channel):
        assert await channel.me() == Me(123456, "HiwarBot")
        said = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "group"}, "from": {"id": 5}, "text": "/vote@OtherBot"}
        raw = json.dumps({"update_id": 1, "message": said}).encode()
        assert channel.parse(raw) is None


async def test_a_webhook_that_cannot_be_is_refused_with_its_reason() -> None:
    async with a_pair() as (_, channel):
        for url, secret in (("http://hiwar.example.ma/t", "s"), ("https://hiwar.example.ma:8444/t", "s")):
            refused = await channel.set_webhook(url, secret)
            assert isinstance(refused, Failed)
            assert refused.reason == "webhook_refused"


@pytest.mark.parametrize("failing", [0, 3])
async def test_an_update_comes_to_the_webhook_until_it_is_taken_and_the_reply_travels_in_the_answer(failing: int) -> None:
    taken: list[tuple[str, str]] = []
    failures = iter(range(failing))

    async with a_pair() as (fake, channel):

        async def hook(request: web.Request) -> web.Response:
            if next(failures, None) is not None:
                return web.Response(status=503)
            incoming = channel.parse(await request.read())
            assert incoming is not None
            taken.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], incoming.text))
            reply = channel.instant(incoming.address, Shown(f"you said {incoming.text}"))
            return web.Response(body=reply, content_type="application/json")

        app = web.Application()
        app.router.add_post("/hook", hook)
        async with TestServer(app) as server:
            assert await channel.set_webhook(str(server.make_url("/hook")), "our-secret") == Sent()
            for words in ("one", "two"):
                fake.say(77, words)
            replies = await fake.wait_for(2)
            async with asyncio.timeout(5):
                while fake.updates.pending:  # noqa: ASYNC110  # the server counts it down after the reply
                    await asyncio.sleep(0.002)
            state = await channel.webhook_state()
            await channel._client.bot.delete_webhook()
    assert taken == [("our-secret", "one"), ("our-secret", "two")]
    assert [(one.text, one.instant) for one in replies] == [("you said one", True), ("you said two", True)]
    assert isinstance(state, WebhookState)
    assert state.pending == 0
    assert ("503" in state.last_error) == bool(failing)
    assert (state.last_error_at is not None) == bool(failing)


async def test_setting_up_fails_as_a_value_when_telegram_is_away() -> None:
    async with a_pair() as (fake, channel):
        fake.trouble(Trouble(status=502))
        answers = [
            await channel.set_webhook("https://hiwar.example.ma/t", "s"),
            await channel.webhook_state(),
            await channel.me(),
            await channel.publish_profile(PROFILE),
            await channel.publish_commands_for("77", {"help": "Help"}),
        ]
        assert [answer.reason for answer in answers if isinstance(answer, Failed)] == ["vendor_down"] * 5


async def test_a_closed_channel_opens_again_when_it_is_used() -> None:
    async with a_pair() as (fake, _):
        channel = Telegram(fake.token, base_url=fake.url)
        assert isinstance(await channel.send("77", Shown("a")), Sent)
        await channel.close()
        await channel.close()
        assert isinstance(await channel.send("77", Shown("b")), Sent)
        await channel.close()
