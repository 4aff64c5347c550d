"""The whole program beside a strict fake Graph API: webhook, deliveries, and everything that goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from bot.features import Contents
from bot.phrases import Voice
from service.settings import Settings
from service.wiring import Program, open_program
from storage.ledger import LedgerDown
from tests.fakes.graph_api import FakeGraph, Trouble
from tests.running import running
from tests.serve import SMALL
from tests.talks import TEST_CONTENTS
from web.messenger_hook import MessengerHook

AMINA, IDIR = "7001", "7002"


def settings(data: Path, graph: FakeGraph, url: str = "") -> Settings:
    return Settings(
        data=data,
        content=SMALL,
        encoder=False,
        database_url=SecretStr(url),
        messenger_page=graph.page,
        messenger_page_token=SecretStr(graph.token),
        messenger_app=graph.app,
        messenger_app_secret=SecretStr(graph.secret),
        messenger_verify_token=SecretStr(graph.verify),
        messenger_base_url=graph.url,
        messenger_human_agent=graph.human_agent,
    )


@asynccontextmanager
async def program(tmp_path: Path, graph: FakeGraph, url: str = "", contents: Contents = TEST_CONTENTS) -> AsyncIterator[Program]:
    """Hiwar without its web server, delivering to the fake by the fake's clock."""
    async with open_program(settings(tmp_path / "data", graph, url), contents=contents, now=graph.now) as opened:
        delivering = asyncio.create_task(opened.delivery.run())
        try:
            yield opened
        finally:
            delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivering


def hook(opened: Program, patience: float = 1.0) -> MessengerHook:
    assert opened.messenger is not None
    return MessengerHook(opened.messenger, opened.reception, "verify-me", opened.metrics, patience=patience)


def of_graph(graph: FakeGraph) -> dict[str, str]:
    """The settings of a running Hiwar on this page."""
    return {
        "messenger_page": graph.page,
        "messenger_page_token": graph.token,
        "messenger_app": graph.app,
        "messenger_app_secret": graph.secret,
        "messenger_verify_token": graph.verify,
        "messenger_base_url": graph.url,
    }


async def press(graph: FakeGraph, door: MessengerHook, address: str, label: str) -> None:
    """The newest button with this label, as Messenger would send it."""
    for accepted in reversed(graph.sent(address)):
        for title, payload in accepted.buttons:
            if title == label:
                await door.handle(graph.delivery(graph.press(address, payload, title)))
                return
    raise AssertionError(f"no button {label!r} among {[one.buttons for one in graph.sent(address)]}")


async def test_meta_verifies_the_address_and_only_signed_deliveries_come_in(tmp_path: Path) -> None:
    async with FakeGraph() as graph, running(tmp_path / "data", **of_graph(graph)) as hiwar:
        address = f"{hiwar.url}hooks/messenger"
        raw = graph.delivery(graph.text(AMINA, "/help"))
        async with aiohttp.ClientSession() as client:
            asked = []
            for token in (graph.verify, "wrong", ""):
                query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": token}
                async with client.get(address, params=query) as response:
                    asked.append((response.status, await response.text()))
        statuses = [
            await graph.post(address, raw, ""),
            await graph.post(address, raw, "sha256=" + "0" * 64),
            await graph.post(address, raw + b" ", graph.signature(raw)),
            await graph.post(address, raw),
            await graph.post(address, raw),
            await graph.post(address, b"not json"),
            await graph.post(address, b"[" * 100_000),
            await graph.post(address, b"x" * 2_000_000),
        ]
        sent = await graph.wait_for(1, AMINA)
        async with aiohttp.ClientSession() as client, client.get(f"{hiwar.url}metrics") as response:
            metrics = await response.text()
        await graph.wait_until(lambda: bool(graph.actions))
        log = hiwar.log.read_text("utf-8")

    assert asked == [(200, "42"), (403, ""), (403, "")]
    assert statuses == [403, 403, 403, 200, 200, 200, 200, 413]
    assert len(sent) == 1
    assert 'hiwar_refused_requests_total{reason="signature"} 3.0' in metrics
    assert 'hiwar_refused_requests_total{reason="verify"} 2.0' in metrics
    assert (AMINA, "mark_seen") in graph.actions
    assert graph.token not in log
    assert AMINA not in log


async def test_the_page_is_introduced_at_the_start(tmp_path: Path) -> None:
    """Greeting, menu and first questions in Arabic, French and English; the page's events are subscribed."""
    async with FakeGraph() as graph, running(tmp_path / "data", **of_graph(graph)):
        await graph.wait_until(lambda: bool(graph.subscribed))
        profile = graph.profile

    assert graph.refused == []
    assert [entry["locale"] for entry in profile["greeting"]] == ["default", "ar_AR", "fr_FR", "en_US"]
    assert profile["get_started"] == {"payload": "GET_STARTED"}
    assert {action["payload"] for action in profile["persistent_menu"][0]["call_to_actions"]} == {"/menu", "/language", "/help"}
    assert len(profile["ice_breakers"][0]["call_to_actions"]) == 3


async def test_the_webhook_is_set_where_the_apps_id_is_known(tmp_path: Path) -> None:
    async with FakeGraph() as graph, program(tmp_path, graph) as opened:
        assert opened.messenger is not None
        from aiohttp import web

        door = hook(opened)
        app = web.Application()
        app.add_routes(door.routes())
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/messenger"
        await opened.messenger.set_webhook(address, graph.verify)
        state = await opened.messenger.webhook_state()
        refused = await opened.messenger.set_webhook(address, "wrong")
        await runner.cleanup()

    assert getattr(state, "url", "") == address
    assert getattr(refused, "reason", "") == "content_refused"


async def test_several_events_of_one_delivery_are_each_handled_once(tmp_path: Path, database_url: str) -> None:
    async with FakeGraph() as graph, program(tmp_path, graph, database_url) as opened:
        door = hook(opened)
        raw = graph.delivery(graph.text(AMINA, "/language en"), graph.text(AMINA, "/idea"), graph.text(IDIR, "/language fr"))
        await asyncio.gather(door.handle(raw), door.handle(raw))
        await door.handle(raw)
        await graph.wait_for(2, AMINA)
        await graph.wait_for(1, IDIR)
        await opened.delivery.finish()

    assert [one.text.split("\n")[0] for one in graph.sent(AMINA)] == ["From now on I speak English with you.", "What is it about?"]
    assert len(graph.sent(IDIR)) == 1
    assert graph.refused == []


async def test_a_delivery_is_refused_while_nothing_can_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeGraph() as graph, program(tmp_path, graph) as opened:

        async def down(*args: object, **kwargs: object) -> None:
            raise LedgerDown("test")

        monkeypatch.setattr(opened.ledger, "write_for", down)  # the database of a test cannot be taken away under its writer
        with pytest.raises(LedgerDown):
            await hook(opened).handle(graph.delivery(graph.text(AMINA, "/help")))


async def test_a_slow_turn_shows_that_an_answer_is_being_written(tmp_path: Path) -> None:
    async with FakeGraph() as graph, program(tmp_path, graph) as opened:
        await hook(opened, patience=0.0).handle(graph.delivery(graph.text(AMINA, "/help")))
        await graph.wait_until(lambda: (AMINA, "typing_on") in graph.actions)


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_a_question_from_its_first_word_to_was_this_useful(tmp_path: Path, database_url: str, language: str) -> None:
    """Amina opens the page, chooses her language, asks, and says that the answer helped."""
    asked = {"ar": "كيف أطلب وثيقة إدارية؟", "fr": "Comment demander un document administratif ?"}[language]
    name = {"ar": "العربية", "fr": "Français"}[language]
    async with FakeGraph() as graph, program(tmp_path, graph, database_url) as opened:
        door, say = hook(opened), _say(opened, language)
        await door.handle(graph.delivery(graph.event(AMINA, postback={"title": "x", "payload": "GET_STARTED", "mid": "m_start"})))
        await graph.wait_for(1, AMINA)
        await press(graph, door, AMINA, name)
        await graph.wait_for(2, AMINA)
        await door.handle(graph.delivery(graph.text(AMINA, asked)))
        await graph.wait_for(3, AMINA)
        before = len(graph.sent(AMINA))
        await press(graph, door, AMINA, say("This was useful"))
        await graph.wait_for(before + 1, AMINA)
        votes = await opened.ledger.write(_useful)

    assert votes == 1
    assert graph.refused == []


async def test_an_idea_is_written_on_messenger_with_a_picture_and_a_place(tmp_path: Path, database_url: str) -> None:
    async with FakeGraph() as graph, program(tmp_path, graph, database_url) as opened:
        door = hook(opened)
        cdn = "https://scontent.xx.fbcdn.net/a.jpg"
        picture = {"mid": "m_p", "attachments": [{"type": "image", "payload": {"url": cdn}}]}
        place = {"mid": "m_l", "attachments": [{"type": "location", "payload": {"coordinates": {"lat": 31.9, "long": -6.5}}}]}
        for event in (
            graph.text(AMINA, "/language en"),
            graph.text(AMINA, "/idea"),
            graph.text(AMINA, "2"),
            graph.text(AMINA, "Open on Saturdays"),
            graph.text(AMINA, "Town halls."),
            graph.event(AMINA, message=picture),
            graph.event(AMINA, message=place),
        ):
            await door.handle(graph.delivery(event))
        await graph.wait_for(7, AMINA)
        await press(graph, door, AMINA, "Send")
        await graph.wait_for(8, AMINA)

    assert graph.sent(AMINA)[-1].text == "Thank you, that is good to know.\n\nNumber 1"
    assert "pictures: 1" in graph.sent(AMINA)[-2].text
    assert graph.refused == []


@pytest.mark.parametrize(("code", "subcode", "expected"), [(2, 0, "sent"), (100, 0, "failed"), (551, 1545041, "stopped")])
async def test_a_refusal_is_retried_given_up_or_ends_it(tmp_path: Path, code: int, subcode: int, expected: str) -> None:
    async with FakeGraph() as graph, program(tmp_path, graph) as opened:
        graph.troubles.append(Trouble(code=code, subcode=subcode, status=500 if code == 2 else 400, times=2))  # mark_seen takes one
        await hook(opened).handle(graph.delivery(graph.text(AMINA, "/help")))
        if expected == "sent":
            await graph.wait_for(1, AMINA, patience=30)
        await opened.delivery.finish()
        states = await opened.ledger.write(_states)

    assert states == [expected]


def test_the_words_of_the_profile_are_short_enough_in_every_language(voices: dict[str, Voice]) -> None:
    from handlers import profile
    from handlers.contents import CONTENTS

    for voice in voices.values():
        assert len(profile.greeting(voice)) <= 160
        assert all(len(question) <= 80 for question in profile.first_questions(voice))
        assert all(len(title) <= 30 for title in profile.short_menu(CONTENTS, voice).values())


@pytest.fixture
def voices() -> dict[str, Voice]:
    from tests.stage import voices

    return voices()


def _say(opened: Program, language: str):  # type: ignore[no-untyped-def]  # a function of a msgid
    from bot.phrases import Phrase

    return lambda text: opened.voices[language].say(Phrase(text))


def _useful(db):  # type: ignore[no-untyped-def]  # a connection
    import sqlalchemy as sa

    return db.execute(sa.text("select count(*) from feedback where useful")).scalar()


def _states(db):  # type: ignore[no-untyped-def]  # a connection
    import sqlalchemy as sa

    return [row.state for row in db.execute(sa.text("select state from outbox order by id"))]


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_every_feature_with_a_command_talks_within_metas_limits(tmp_path: Path, language: str) -> None:
    """Each is started, its first choice pressed, and left again; a feature added later is played too."""
    async with FakeGraph() as graph, program(tmp_path, graph) as opened:
        door = hook(opened)

        async def answered(event: dict[str, object]) -> None:
            await door.handle(graph.delivery(event))
            await opened.delivery.finish()

        await answered(graph.text(AMINA, f"/language {language}"))
        silent = []
        for feature in TEST_CONTENTS.features:
            if not feature.command or feature.name in ("language", "stop"):
                continue
            before = len(graph.sent(AMINA))
            await answered(graph.text(AMINA, f"/{feature.command}"))
            if len(graph.sent(AMINA)) == before:
                silent.append(feature.name)
                continue
            choices = [payload for _title, payload in graph.sent(AMINA)[-1].buttons if payload.count(".") == 3]
            if choices and not choices[0].startswith("http"):
                await answered(graph.press(AMINA, choices[0]))
            await answered(graph.text(AMINA, "/cancel"))
            await answered(graph.text(AMINA, "/cancel"))

    assert silent == []
    assert graph.refused == []
